"""Values of a line as what they mean; ``None`` where they are missing or malformed (a finding says so already)."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from lienthong.clock import VIETNAM
from lienthong.fields import Born
from services.health_claims.domain.claims import fields
from services.health_claims.domain.claims.tables import Line

_MONEY: Final = re.compile(r"([0-9]{1,15})(?:[.]([0-9]{1,2}))?")
_DAYS_OF_DRUG: Final = re.compile(r"(?<![/\w.,])([0-9]{1,3})\s*ngày\b", re.IGNORECASE)
_MOST_DAYS_OF_DRUG: Final = 366


def cents(line: Line, field: str) -> int | None:
    """An amount in hundredths of a đồng."""
    found = _MONEY.fullmatch(line.get(field, ""))
    if found is None:
        return None
    whole, decimals = found.groups()
    return int(whole) * 100 + (int(decimals.ljust(2, "0")) if decimals else 0)


def vnd(amount: int) -> int:
    """Hundredths of a đồng as đồng, half upwards."""
    return (amount + 50) // 100


@lru_cache(maxsize=8_192)
def day(value: str) -> date | None:
    """The day of ``yyyymmdd``, or of a time."""
    if not fields.is_day(value[:8]) or len(value) not in {8, 12}:
        return None
    return date(int(value[:4]), int(value[4:6]), int(value[6:8]))


def time(value: str) -> datetime | None:
    """The time of ``yyyymmddHHMM``, in Việt Nam."""
    found = day(value) if fields.is_time(value) else None
    if found is None:
        return None
    return datetime(found.year, found.month, found.day, int(value[8:10]), int(value[10:12]), tzinfo=VIETNAM)


def born(value: str) -> Born | None:
    """A date of birth; the year alone where the month is 00."""
    if not fields.is_birth(value):
        return None
    known = day(value)
    return Born(int(value[:4])) if known is None else Born(known.year, known)


def several(value: str) -> tuple[str, ...]:
    """What ``;`` parts, each once."""
    return tuple(dict.fromkeys(part.strip() for part in value.split(";") if part.strip()))


def lasts_until(ordered_on: date, dosage: str) -> date | None:
    """The last day of a drug whose LIEU_DUNG ends with for how many days: "... * 2 lần/ngày * 30 ngày"."""
    days = [int(found) for found in _DAYS_OF_DRUG.findall(dosage)]
    if not days or not 0 < days[-1] <= _MOST_DAYS_OF_DRUG:
        return None
    return ordered_on + timedelta(days=days[-1] - 1)
