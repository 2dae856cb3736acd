"""Expected failures as one line on standard error and an exit code."""

import contextvars
import json
import os
import sys
import traceback
from enum import IntEnum
from pathlib import Path

import psycopg
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lienthong.agencies.admin import AdminRefused
from lienthong.bus.errors import BrokerUnavailable, BusRefused
from lienthong.client import (
    AnswerNotTrusted,
    InvalidRequest,
    NotConfigured,
    NotCovered,
    NotFound,
    Refused,
    TooManyRequests,
    Unavailable,
    WrongFile,
)

as_json: contextvars.ContextVar[bool] = contextvars.ContextVar("as_json", default=False)


class Exit(IntEnum):
    """See the package's docstring."""

    YES = 0
    NO = 1
    USAGE = 2
    REFUSED = 3
    UNAVAILABLE = 4
    NOT_TRUSTED = 5
    FAULT = 6


class UsageProblem(Exception):
    """What was asked for cannot be done as asked; nothing was sent or changed."""


_REFUSALS: dict[type[Refused], Exit] = {
    InvalidRequest: Exit.USAGE,
    NotFound: Exit.NO,
    NotCovered: Exit.NO,
    TooManyRequests: Exit.UNAVAILABLE,
}


def report(error: Exception) -> int:
    """Say on standard error what went wrong; the exit code.

    What nobody foresaw is said too, with where it was, and raised again where
    ``LIENTHONG_TRACEBACK`` is set.
    """
    console = Console(stderr=True, soft_wrap=True)
    if isinstance(error, Refused):
        return _refused(console, error)
    if isinstance(error, WrongFile):
        return _wrong_file(console, error)
    for kinds, code in _SIMPLE:
        if isinstance(error, kinds):
            text = escape(_printable(str(error).strip()))
            console.print(f"[red]{code.name.lower()}[/]: {text}", highlight=False)
            return code
    return _foreseen_elsewhere(console, error)


def _foreseen_elsewhere(console: Console, error: Exception) -> int:
    """Of the machine, of its files, or a fault of this program."""
    if os.environ.get("LIENTHONG_TRACEBACK"):
        raise error
    if isinstance(error, OSError):
        what = error.strerror or type(error).__name__
        text = f"{error.filename}: {what}" if error.filename is not None else what
    elif isinstance(error, UnicodeError):
        text = f"not UTF-8: {error}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        kind = type(error).__name__
        console.print(
            f"[red]fault[/]: {escape(kind + place)}: not of what was asked, but of this program;"
            " LIENTHONG_TRACEBACK=1 shows all of it",
            highlight=False,
        )
        return Exit.FAULT
    console.print(f"[red]usage[/]: {escape(_printable(text))}", highlight=False)
    return Exit.USAGE


def _printable(text: str) -> str:
    """A file's name need not be text."""
    return text.encode("utf-8", "backslashreplace").decode()


_SERVER_ERROR = 500
_SIMPLE: tuple[tuple[tuple[type[Exception], ...], Exit], ...] = (
    ((NotConfigured, UsageProblem), Exit.USAGE),
    ((AdminRefused, BusRefused, psycopg.errors.InsufficientPrivilege), Exit.REFUSED),
    # After the refusal above, which is one of its kinds: a database without our tables, a URL that is none.
    ((psycopg.ProgrammingError,), Exit.USAGE),
    ((Unavailable, BrokerUnavailable, psycopg.OperationalError), Exit.UNAVAILABLE),
    ((AnswerNotTrusted,), Exit.NOT_TRUSTED),
)


def _wrong_file(console: Console, error: WrongFile) -> int:
    """Everything that is wrong with a file, by line and field."""
    table = Table("Dòng / line", "Trường / field", "", box=SIMPLE, show_edge=False)
    for problem in error.problems:
        table.add_row(str(problem.line), escape(problem.field), escape(problem.text))
    console.print("[red]không nhận tệp / nothing was done[/]: the file cannot be taken as it is")
    console.print(table)
    if error.more:
        console.print(f"… {error.more} more")
    if as_json.get():
        rows = [{"line": p.line, "field": p.field, "text": p.text} for p in error.problems]
        json.dump({"problems": rows, "more": error.more}, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    return Exit.USAGE


def _refused(console: Console, error: Refused) -> int:
    problem = error.problem
    console.print(f"[red]refused[/]: {problem.status} [bold]{escape(problem.reason)}[/]", highlight=False)
    for text in (problem.title, problem.detail):
        if text:
            console.print(f"  {escape(text)}", highlight=False)
    for wrong in problem.fields:
        console.print(f"  {escape(wrong.field)}: {escape(wrong.description)}", highlight=False)
    if problem.retry_after is not None:
        console.print(f"  try again in {problem.retry_after:g} s", highlight=False)
    if problem.request_id:
        console.print(f"  request id {escape(problem.request_id)}", highlight=False)
    if as_json.get():
        sys.stdout.write(problem.body.decode() + "\n")
    if problem.status >= _SERVER_ERROR:
        return Exit.UNAVAILABLE
    return _REFUSALS.get(type(error), Exit.REFUSED)
