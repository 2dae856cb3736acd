"""Which stack: folders, ports, and the refusal of what cannot work."""

from pathlib import Path

import pytest

from deploy.local.stack import WRITERS, StackError, from_environment


def test_ports_follow_from_the_base() -> None:
    ports = from_environment({"PORT_BASE": "7600"}).ports
    assert (ports.gateway, ports.postgresql, ports.amqp) == (7600, 7632, 7672)
    assert [ports.service(s) for s in ("identity", "contributions", "health_claims")] == [7611, 7612, 7613]
    assert [ports.metrics(p) for p in ("gateway-0", "gateway-1", "identity")] == [7620, 7621, 7626]
    assert [ports.metrics(p) for p in WRITERS] == [7629, 7630, 7631, *range(7633, 7641)]


def test_no_two_uses_share_a_port() -> None:
    ports = list(from_environment({"GATEWAY_WORKERS": "6"}).own_ports().values())
    assert len(ports) == len(set(ports))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PORT_BASE", "abc"),
        ("PORT_BASE", "80"),
        ("PORT_BASE", "65530"),
        ("GATEWAY_WORKERS", "0"),
        ("GATEWAY_WORKERS", "7"),
        ("RUN", "/tmp/with space"),
        ("RUN", "/tmp/100%"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(key: str, value: str) -> None:
    with pytest.raises(StackError, match=key):
        from_environment({key: value})


def test_the_folder_is_absolute_wherever_the_command_is_given() -> None:
    assert from_environment({"RUN": ".run/x"}).run == Path.cwd() / ".run" / "x"


def test_database_urls_name_their_password_by_path_only() -> None:
    url = from_environment({"RUN": "/tmp/x", "PORT_BASE": "7600"}).database_url("identity", "identity_owner")
    assert (
        url
        == "postgresql://identity_owner@127.0.0.1:7632/identity?passfile=/tmp/x/secrets/identity_owner.pgpass"
    )


def test_a_named_server_replaces_the_private_one_and_its_port() -> None:
    stack = from_environment({"DATABASE_URL": "postgresql://admin@db.example:5433/postgres"})
    assert stack.database_host_port == ("db.example", 5433)
    assert "PostgreSQL" not in stack.own_ports()


def test_a_shell_that_read_stack_env_does_not_turn_our_broker_into_a_foreign_one() -> None:
    environment = {"PORT_BASE": "7600", "AMQP_URL": "amqp://lienthong:x@127.0.0.1:7672/%2F"}
    assert from_environment(environment).external_amqp is None
    environment["AMQP_URL"] = "amqp://lienthong:x@broker.example:5672/%2F"
    assert from_environment(environment).external_amqp is not None
