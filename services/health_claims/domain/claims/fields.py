"""What the fields of each table may hold, from ``fields.toml``: kinds as checks that are quick to ask.

A check takes a value without surrounding space, not empty, and returns the code of what is
wrong with it, or ``None``.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, NamedTuple

Check = Callable[[str], str | None]

TABLES: Final = tuple(f"XML{number}" for number in range(1, 16))


class Table(NamedTuple):
    """One table of the standard."""

    checks: Mapping[str, Check]
    """By field, in the order of the standard."""
    required: tuple[str, ...]


@cache
def tables() -> Mapping[str, Table]:
    """The tables whose fields are known, by name."""
    data = _data()
    return {name: _table(fields, data["most"]) for name, fields in data.items() if name in TABLES}


@cache
def names() -> frozenset[str]:
    """Every field of every table: what a finding may name."""
    return frozenset(field for table in tables().values() for field in table.checks)


def _data() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("fields.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _table(fields: Mapping[str, Mapping[str, Any]], most: Mapping[str, int]) -> Table:
    checks = {
        name: _KINDS[told["kind"]](told.get("most", most[told["kind"]])) for name, told in fields.items()
    }
    return Table(checks, tuple(name for name, told in fields.items() if told.get("required", False)))


_KEY: Final = re.compile(r"[A-Za-z0-9._/-]+")
_CODE: Final = re.compile(r"[^\s;\x00-\x1f\x7f-\x9f]+")
_CODES: Final = re.compile(rf"{_CODE.pattern}(?:;{_CODE.pattern})*;?")
_ICD10: Final = r"[A-Z][0-9]{2}(?:[.]?[0-9A-Z]{1,3})?"
_ONE_ICD10: Final = re.compile(_ICD10)
_MANY_ICD10: Final = re.compile(rf"{_ICD10}(?:\s*;\s*{_ICD10})*;?")
_MONEY: Final = re.compile(r"[0-9]{1,15}(?:[.][0-9]{1,2})?")
_NUMBER: Final = re.compile(r"[0-9]{1,12}(?:[.][0-9]{1,4})?")
_WHOLE: Final = re.compile(r"[0-9]+")
_BROKEN_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def _matching(pattern: re.Pattern[str], wrong: str) -> Callable[[int], Check]:
    fits = pattern.fullmatch

    def of(most: int) -> Check:
        def check(value: str) -> str | None:
            if len(value) > most:
                return "FIELD_TOO_LONG"
            return None if fits(value) else wrong

        return check

    return of


def _text(most: int) -> Check:
    broken = _BROKEN_TEXT.search

    def check(value: str) -> str | None:
        if len(value) > most:
            return "FIELD_TOO_LONG"
        return None if value.isprintable() or not broken(value) else "TEXT_MALFORMED"

    return check


def _dated(fits: Callable[[str], bool]) -> Callable[[int], Check]:
    def of(most: int) -> Check:
        def check(value: str) -> str | None:
            return None if len(value) <= most and fits(value) else "DATE_MALFORMED"

        return check

    return of


@lru_cache(maxsize=8_192)
def is_day(value: str) -> bool:
    """Whether it is a day that exists, yyyymmdd."""
    if len(value) != 8 or not (value.isascii() and value.isdigit()):
        return False
    try:
        date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return False
    return True


def is_time(value: str) -> bool:
    """Whether it is a minute of a day that exists, yyyymmddHHMM."""
    if len(value) != 12 or not (value.isascii() and value.isdigit()):
        return False
    return is_day(value[:8]) and value[8:10] < "24" and value[10:] < "60"


def _is_moment(value: str) -> bool:
    return is_time(value) if len(value) == 12 else is_day(value)


def _are_days(value: str) -> bool:
    return all(is_day(day.strip()) for day in value.rstrip(";").split(";"))


def is_birth(value: str) -> bool:
    """Whether it is a day; or a year, with zeros for what is not known; hours and minutes may follow."""
    if len(value) not in {4, 8, 12} or not (value.isascii() and value.isdigit()) or value < "1":
        return False
    if len(value) == 12 and not (value[8:10] < "24" and value[10:] < "60"):
        return False
    return len(value) == 4 or value[4:8] == "0000" or is_day(value[:8])


_KINDS: Final[Mapping[str, Callable[[int], Check]]] = {
    "key": _matching(_KEY, "KEY_MALFORMED"),
    "code": _matching(_CODE, "CODE_MALFORMED"),
    "codes": _matching(_CODES, "CODE_MALFORMED"),
    "icd10": _matching(_ONE_ICD10, "ICD_MALFORMED"),
    "icd10s": _matching(_MANY_ICD10, "ICD_MALFORMED"),
    "money": _matching(_MONEY, "MONEY_MALFORMED"),
    "number": _matching(_NUMBER, "NUMBER_MALFORMED"),
    "whole": _matching(_WHOLE, "NUMBER_MALFORMED"),
    "text": _text,
    "day": _dated(is_day),
    "days": _dated(_are_days),
    "time": _dated(is_time),
    "moment": _dated(_is_moment),
    "birth": _dated(is_birth),
}
