"""The command service fits its contract, and every refusal of a line has its text."""

import ast
import subprocess
import sys
from pathlib import Path

import services.contributions
from lienthong.bus.dispatch import command_methods
from services.contributions.commands.arrays import numbers, optional_numbers, texts
from services.contributions.commands.servicer import ContributionsCommands
from services.contributions.translate.refusals import texts as refusal_texts
from vss.contributions.v1 import commands_pb2

SOURCES = Path(services.contributions.__file__).parent
SERVICE = commands_pb2.DESCRIPTOR.services_by_name["ContributionsCommandService"]


def test_every_rpc_of_the_contract_has_its_method() -> None:
    assert len(command_methods(SERVICE, ContributionsCommands())) == len(SERVICE.methods)


def test_the_consumers_import_no_grpc() -> None:
    code = "import services.contributions.consumers, sys; sys.exit('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env=_environment()).returncode == 0


def test_every_reason_that_is_given_has_a_text_in_both_languages_and_every_text_a_reason() -> None:
    given = set()
    for source in (
        *SOURCES.glob("domain/*.py"),
        *SOURCES.glob("translate/*.py"),
        *SOURCES.glob("commands/*.py"),
    ):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"LineRefused", "line_refusal"}:
                given |= {
                    a.value for a in node.args if isinstance(a, ast.Constant) and str(a.value).isupper()
                }
    assert given == set(refusal_texts())
    assert all(text.vi and text.en for text in refusal_texts().values())


def test_arrays_are_written_as_postgresql_reads_them() -> None:
    assert numbers([1, -2]) == "{1,-2}"
    assert numbers([]) == "{}"
    assert optional_numbers([1, None]) == "{1,NULL}"
    assert texts(['a"b', "c\\d", ""]) == '{"a\\"b","c\\\\d",""}'


def _environment() -> dict[str, str]:
    root = SOURCES.parents[1]
    return {"PYTHONPATH": f"{root}:{root / 'protos' / 'gen'}", "PATH": ""}
