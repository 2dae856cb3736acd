"""SDMX periods as months (SDMX 2.1, section 6, "Time": observational and reporting periods)."""

import calendar
import re
from datetime import UTC, date, datetime
from typing import Final

_FORMS: Final = re.compile(
    r"(?P<year>[0-9]{4})"
    r"(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})(?:T[0-9:.+-]{5,30}Z?)?)?"
    r"|-(?P<kind>[ASTQMWD])(?P<number>[0-9]{1,3}))?"
)
_MONTHS_IN: Final = {"A": 12, "S": 6, "T": 4, "Q": 3, "M": 1}
_LONGEST: Final = 40


class NoPeriod(ValueError):
    """Not a period."""


def months(text: str) -> tuple[str, str]:
    """The first and last month (YYYY-MM) that a period touches. Raises NoPeriod."""
    found = _FORMS.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or int(found["year"]) < 1900:
        raise NoPeriod(text)
    year = int(found["year"])
    try:
        if found["day"]:
            day = date(year, int(found["month"]), int(found["day"]))
            return _month(day), _month(day)
        if found["month"]:
            month = _month(date(year, int(found["month"]), 1))
            return month, month
        return _reporting(year, found["kind"] or "A", int(found["number"] or 1))
    except ValueError:
        raise NoPeriod(text) from None


def _reporting(year: int, kind: str, number: int) -> tuple[str, str]:
    """A reporting period of a year that begins in January, as ours do."""
    if kind == "W":
        return _month(date.fromisocalendar(year, number, 1)), _month(date.fromisocalendar(year, number, 7))
    if kind == "D":
        if not 1 <= number <= 365 + calendar.isleap(year):
            raise NoPeriod(str(number))
        day = date.fromordinal(date(year, 1, 1).toordinal() + number - 1)
        return _month(day), _month(day)
    length = _MONTHS_IN[kind]
    last = number * length
    if not length <= last <= 12:
        raise NoPeriod(str(number))
    return f"{year:04}-{last - length + 1:02}", f"{year:04}-{last:02}"


def _month(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"


def moment(text: str) -> str:
    """A moment as RFC 3339 in UTC; one without an offset is taken to be in UTC. Raises NoPeriod."""
    if len(text) > _LONGEST or not text.isascii():
        raise NoPeriod(text)
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            read = read.replace(tzinfo=UTC)
        return read.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise NoPeriod(text) from None
