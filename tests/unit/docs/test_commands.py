"""Every command that the documentation names exists, with its options."""

import importlib.util
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from lienthong.cli.app import app
from tests.support.documents import ROOT, code, pages, title

TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
COMMAND = typer.main.get_command(app)
# Not a command: the text that a proof of possession begins with.
_PROOF = "lienthong key enrolment"
_END = {"|", ">", ">>", "&&", ";", "#"}
_MODULE = re.compile(r"python3? -m ([\w.]+)")
_MAKE = re.compile(r"(?:^|&& )make ([a-z][a-z-]*)")


def words(line: str) -> list[str]:
    """The words of a shell line up to where the command ends."""
    try:
        found = shlex.split(line.strip().removeprefix("$ "))
    except ValueError:  # half a line of something longer
        found = line.split()
    for number, word in enumerate(found):
        if word in _END:
            return found[:number]
    return found


def check(command: Any, given: list[str]) -> None:
    """Walk down the command's tree. Raises ``LookupError`` for what is not there.

    Typed by what a click command offers: typer brings its own copy of click.
    """
    rest = iter(given)
    for word in rest:
        if "…" in word or word == "--help":
            return
        if word.startswith("--"):
            option = next((p for p in command.params if word in p.opts), None)
            if option is None:
                raise LookupError(word)
            if not option.is_flag:
                next(rest, None)
        elif hasattr(command, "commands"):
            if word not in command.commands:
                raise LookupError(word)
            command = command.commands[word]


@pytest.mark.parametrize("page", pages(), ids=title)
def test_every_lienthong_command_exists_with_its_options(page: Path) -> None:
    for line in code(page):
        given = words(line)
        if given[:1] != ["lienthong"] or len(given) == 1 or line == _PROOF:
            continue
        try:
            check(COMMAND, given[1:])
        except LookupError as error:
            pytest.fail(f"{title(page)}: {line!r} knows no {error}")


def test_a_command_or_option_that_does_not_exist_is_noticed() -> None:
    check(COMMAND, words("--agency DIR coverage check --id 1 --name 'a b' … --nonsense"))
    with pytest.raises(LookupError, match="dead"):
        check(COMMAND, words("agency dead"))
    with pytest.raises(LookupError, match="--nonsense"):
        check(COMMAND, words("agency list --nonsense"))


@pytest.mark.parametrize("page", pages(), ids=title)
def test_every_make_target_exists(page: Path) -> None:
    named = {target for line in code(page) for target in _MAKE.findall(line)}
    assert named <= TARGETS, title(page)


@pytest.mark.parametrize("page", pages(), ids=title)
def test_every_python_module_to_run_exists(page: Path) -> None:
    for module in {name for line in code(page) for name in _MODULE.findall(line)}:
        assert importlib.util.find_spec(module) is not None, f"{title(page)}: python -m {module}"


def test_the_readme_opens_with_the_two_commands_that_do_everything() -> None:
    first = re.search(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert first is not None
    assert _MAKE.findall(first[1].splitlines()[0]) + _MAKE.findall(first[1].splitlines()[1]) == [
        "demo",
        "test",
    ]


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    assert set(re.findall(r"^([a-z][a-z-]*):[^\n]*## ", text, re.MULTILINE)) == TARGETS
