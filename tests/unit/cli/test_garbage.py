"""Whatever stands in an option or an argument: one line that says what is wrong, and an exit code; never a traceback.

Every command of the program, with what a stranger types: numbers beyond every bound, dates of no
calendar, folders and devices where a file is meant, text that is none. Neither the gateway nor
a database is there.
"""

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
import typer

from lienthong import cli
from lienthong.cli.app import app
from lienthong.cli.failures import Exit
from lienthong.client import Client, RetryPolicy

_NOBODY = "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=1"
_USUAL = {
    "--database-url": _NOBODY,
    "--amqp-url": "amqp://nobody:x@127.0.0.1:9/",
    "--kind": "hospital",
    "--born": "1990-05-17",
    "--id": "001190000017",
    "queue": "gateway.results",
    "flow": "DF_COVERAGE",
    "file": "people.csv",
    "--document": "decision.pdf",
    "--issued-on": "2026-01-01",
    "--keys": "gateway-keys.json",
}
# What all commands share is tried with one of them; "connect" does not end.
_SHARED = {"--purpose", "--staff", "--legal-basis", "--timeout", "--key", "--as", "--language", "--because"}
_ENDLESS = {("connect",)}
_GARBAGE = (
    "",
    "-1",
    "99999999999999999999",
    "nan",
    "0001-01-01",
    "9999-12-31",
    "0000-00",
    "é\udc80",
    "[bold]x[/nope]",
    "x" * 5_000,
    "/dev/zero",
    "/",
    "garbage",
    "deep.json",
    "loop",
)


def _commands() -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    def within(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
        if hasattr(command, "commands"):
            for name, one in sorted(command.commands.items()):
                yield from within(one, (*path, name))
        else:
            yield path, [p for p in command.params if p.name != "help" and not getattr(p, "is_flag", False)]

    yield from within(typer.main.get_command(app), ())


COMMANDS = [(path, parameters) for path, parameters in _commands() if path not in _ENDLESS]


@pytest.fixture
def folder(agency_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The agency's, with a gateway that is not there; and the garbage."""
    (agency_folder / "garbage").write_bytes(os.urandom(500) + b"\0\n\xff")
    (agency_folder / "deep.json").write_text("[" * 100_000)
    (agency_folder / "loop").symlink_to("loop")
    (agency_folder / "people.csv").write_text("identifier,full_name,born\n001190000017,A,1990\n")
    monkeypatch.chdir(agency_folder)
    monkeypatch.setenv("RUN", "nowhere")

    def nobody(_request: httpx.Request) -> NoReturn:
        raise httpx.ConnectError("no line")

    asking = functools.partial(Client, transport=httpx.MockTransport(nobody), retry=RetryPolicy(tries=1))
    monkeypatch.setattr("lienthong.cli.ask.Client", asking)
    return agency_folder


def _words(path: tuple[str, ...], parameters: list[Any], wrong: Any, garbage: str) -> list[str]:
    options, arguments = [], []
    for one in parameters:
        is_argument = one.param_type_name == "argument"
        name = one.name if is_argument else one.opts[0]
        value = garbage if one is wrong else _USUAL.get(name, "x")
        if is_argument and (one.required or wrong.param_type_name == "argument"):
            arguments.append(value)
        elif not is_argument and (one is wrong or one.required or name in {"--database-url", "--amqp-url"}):
            options += [name, value]
    return [*path, *options, "--", *arguments]


@pytest.mark.parametrize(("path", "parameters"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_garbage_is_answered_with_a_line_and_a_code(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: tuple[str, ...],
    parameters: list[Any],
) -> None:
    own = [p for p in parameters if p.opts[0] not in _SHARED or path == ("stay", "open")]
    for number, wrong in enumerate(own):
        # A fifth of it for each, another fifth for the next.
        for garbage in _GARBAGE[number % 5 :: 5]:
            words = ["lienthong", "--agency", str(folder), *_words(path, parameters, wrong, garbage)]
            monkeypatch.setattr("sys.argv", words)
            with pytest.raises(SystemExit) as left:
                cli.main()
            told = capsys.readouterr()
            assert left.value.code in set(Exit) - {Exit.FAULT}, (words, told.err)
            assert "Traceback" not in told.err, words
            assert told.err.strip() or left.value.code in {Exit.YES, Exit.NO}, words


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "-1", "soon"])
def test_a_wait_has_an_end(folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    words = ["lienthong", "--agency", str(folder), "operation", "wait", "x", "--timeout", seconds]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == Exit.USAGE


def test_a_fault_of_the_command_says_where_and_shows_itself_on_demand(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise KeyError("not foreseen")

    monkeypatch.setattr("lienthong.cli.ask.Client", broken)
    monkeypatch.setattr("sys.argv", ["lienthong", "--agency", str(folder), "coverage", "get", "--id", "x"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == Exit.FAULT
    assert "KeyError at test_garbage.py" in capsys.readouterr().err
    monkeypatch.setenv("LIENTHONG_TRACEBACK", "1")
    with pytest.raises(KeyError):
        cli.main()


@pytest.mark.parametrize("words", [("nothing",), ("agency",), ("stats", "--nothing"), ("coverage", "check")])
def test_what_is_no_command_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.argv", ["lienthong", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == Exit.USAGE
    told = capsys.readouterr()
    assert told.err or told.out
