"""The supervisor's configuration says what we mean, whatever the values hold."""

from configparser import ConfigParser
from pathlib import Path

import pytest

from deploy.local.stack import StackError, from_environment
from deploy.local.supervisor import Program, configuration, socket_path


def _parsed(program: Program) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read_string(configuration(from_environment({"RUN": "/tmp/x"}), [program]))
    return parser


def test_every_process_is_restarted_without_an_upper_bound() -> None:
    section = _parsed(Program(name="p", command=["/bin/true"]))["program:p"]
    assert section["autorestart"] == "true"
    assert int(section["startretries"]) >= 10**9
    assert section["autostart"] == "false"


def test_a_percent_sign_survives_the_interpolation() -> None:
    program = Program(name="p", command=["/bin/echo", "50%"], environment={"URL": "amqp://h/%2F,x=y"})
    section = _parsed(program)["program:p"]
    assert section["command"].endswith("'50%%'") or section["command"].endswith("50%%")
    assert section["environment"] == 'URL="amqp://h/%%2F,x=y"'


@pytest.mark.parametrize("value", ['a"b', "a\nb", "a\\b"])
def test_a_value_that_could_break_out_of_its_quotes_is_refused(value: str) -> None:
    with pytest.raises(StackError, match="quote"):
        _parsed(Program(name="p", command=["/bin/true"], environment={"K": value}))


def test_a_deep_folder_gets_its_socket_where_the_kernel_takes_the_path() -> None:
    deep = from_environment({"RUN": "/tmp/" + "d" * 150})
    assert len(str(socket_path(deep))) < 100
    assert socket_path(from_environment({"RUN": "/tmp/x"})) == Path("/tmp/x/supervisor/control.sock")
    assert socket_path(deep) != socket_path(from_environment({"RUN": "/tmp/" + "e" * 150}))
