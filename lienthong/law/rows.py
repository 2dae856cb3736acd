"""Loads the rows of a list and finds the one in force on a day.

    benefits().at("4", date(2026, 11, 22)).value.percent   -> 80

A list is a TOML file beside this module. Its rows are checked when it is loaded:
a list with two rows of one code in force on the same day does not load.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class UnknownRule(LookupError):
    """No row of this code is in force on this day."""


@dataclass(frozen=True, slots=True)
class Row(Generic[V]):
    """What the law says: ``value`` holds from ``valid_from`` to ``valid_to``, both included."""

    code: str
    valid_from: date
    valid_to: date | None
    value: V
    legal_basis: str
    verified: bool

    def in_force(self, day: date) -> bool:
        """Whether this row holds on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class PortalCode:
    """A result code of the card check (*mã kết quả*, maKetQua)."""

    vi: str
    en: str
    covered: bool
    """Whether a claim for a visit with this code is accepted."""
    visit_code: str
    """The same as the claim file codes it (00 valid, 01 expired, 02 not yet valid, 05 unknown ...)."""
    shows_card: bool
    """Whether the card's data may be answered: only when the person was matched."""


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a benefit digit (*mã mức hưởng*) gives."""

    percent: int
    """Percentage that the fund pays on the right route, 0 to 100."""
    rank: int
    """Orders the digits by what they pay, higher is more: two digits with one percentage differ in limits."""

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            msg = f"not a percentage: {self.percent}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a month is to be paid: the last day of the n-th month after it."""

    months_after: int

    def __str__(self) -> str:
        return f"last day of the month + {self.months_after}"


class Rules(Generic[V]):
    """One list."""

    def __init__(self, rows: list[Row[V]]) -> None:
        self._rows: dict[str, list[Row[V]]] = {}
        for row in sorted(rows, key=lambda row: (row.code, row.valid_from)):
            self._rows.setdefault(row.code, []).append(row)
        for code, dated in self._rows.items():
            for earlier, later in pairwise(dated):
                if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
                    msg = f"{code}: two rows are in force on {later.valid_from}"
                    raise ValueError(msg)

    def at(self, code: str, day: date) -> Row[V]:
        """The row of ``code`` in force on ``day``. Raises ``UnknownRule``."""
        for row in self._rows.get(code, ()):
            if row.in_force(day):
                return row
        msg = f"no row {code} on {day}"
        raise UnknownRule(msg)

    def of(self, code: str) -> Sequence[Row[V]]:
        """Every row of ``code``, oldest first; none for an unknown code."""
        return self._rows.get(code, ())

    def all_at(self, day: date) -> Mapping[str, Row[V]]:
        """Every row in force on ``day``, by code."""
        return {row.code: row for dated in self._rows.values() for row in dated if row.in_force(day)}


@cache
def portal_codes() -> Rules[PortalCode]:
    """Result codes of the card check and what they mean."""
    return load("portal_codes", lambda value: PortalCode(**value))


@cache
def benefits() -> Rules[Benefit]:
    """What each benefit digit gives."""
    return load("benefits", lambda value: Benefit(**value))


@cache
def managed_provinces() -> Rules[str]:
    """Province codes on a card that stand for an administration, and the portal code they give."""
    return load("managed_provinces", str)


@cache
def ages() -> Rules[int]:
    """Ages, in completed years, on which a rule turns."""
    return load("ages", int)


@cache
def deadlines() -> Rules[Deadline]:
    """Until when contributions are to be paid."""
    return load("deadlines", lambda value: Deadline(**value))


def load(name: str, read: Callable[[Any], V]) -> Rules[V]:
    """The list ``<name>.toml``; ``read`` makes a row's value of what the file says."""
    text = resources.files("lienthong.law").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return Rules(
        [
            Row(
                code=row["code"],
                valid_from=row["valid_from"],
                valid_to=row.get("valid_to"),
                value=read(row["value"]),
                legal_basis=row["legal_basis"],
                verified=row["verified"],
            )
            for row in tomllib.loads(text)["row"]
        ]
    )
