"""What is wrong or remarkable in a dossier: where, and which of the codes of ``findings.toml``.

A finding holds names of tables and fields as the standard gives them, and never a value of the file.
"""

import tomllib
from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

KEPT: Final = 100
"""Findings of a dossier that are told, errors first; the others are counted."""

DOSSIER: Final = "HOSO"
"""Stands for the table where the dossier itself is meant."""


class Severity(IntEnum):
    """The values of the contract."""

    WARNING = 1
    ERROR = 2


class Meaning(NamedTuple):
    """What a code means to people, and whether it refuses the dossier."""

    severity: Severity
    vi: str
    en: str


class Finding(NamedTuple):
    """One of them. ``line`` from 1, 0 for the table as a whole; ``field`` empty for the line as a whole."""

    table: str
    line: int
    field: str
    code: str


@cache
def meanings() -> Mapping[str, Meaning]:
    """The meaning of each code."""
    text = resources.files(__package__).joinpath("findings.toml").read_text(encoding="utf-8")
    return {
        code: Meaning(Severity[told["severity"].upper()], told["vi"], told["en"])
        for code, told in tomllib.loads(text).items()
    }


class Findings:
    """The findings of one dossier: all counted, some kept."""

    __slots__ = ("_errors", "_warnings", "errors", "warnings")

    def __init__(self) -> None:
        self.errors = 0
        self.warnings = 0
        self._errors: list[Finding] = []
        self._warnings: list[Finding] = []

    def add(self, table: str, code: str, *, line: int = 0, field: str = "") -> None:
        """One more. Raises ``KeyError`` for a code that ``findings.toml`` does not list."""
        if meanings()[code].severity is Severity.ERROR:
            self.errors += 1
            kept = self._errors
        else:
            self.warnings += 1
            kept = self._warnings
        if len(kept) < KEPT:
            kept.append(Finding(table, line, field, code))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Several more."""
        for finding in findings:
            self.add(finding.table, finding.code, line=finding.line, field=finding.field)

    def kept(self) -> list[Finding]:
        """At most a hundred of them, errors first, otherwise in the order of the file."""
        return [*self._errors, *self._warnings][:KEPT]
