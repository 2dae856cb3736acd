"""Arrays and dates on their way into a statement.

Numbers go as the text of an array: much cheaper than a list, which is adapted number
by number. A month goes as its index (``make_date(n / 12, n % 12 + 1, 1)`` in SQL), a day
as the days since 2000-01-01.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from services.contributions.domain.months import month_index
from services.contributions.domain.periods import OPEN

_EPOCH: Final = date(2000, 1, 1).toordinal()


def numbers(values: Iterable[int]) -> str:
    """For ``%s::bigint[]`` and its like."""
    return "{" + ",".join(map(str, values)) + "}"


def optional_numbers(values: Iterable[int | None]) -> str:
    """As ``numbers``, with NULL for None."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def texts(values: Iterable[str]) -> str:
    """For ``%s::text[]``."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return '{"' + '","'.join(quoted) + '"}'


def month_of(day: date | None) -> int:
    """The index of a month's first day; ``OPEN`` for NULL."""
    return OPEN if day is None else month_index(day)


def day_number(day: int | None) -> int | None:
    """An ordinal as days since 2000-01-01, which SQL adds to that date."""
    return None if day is None else day - _EPOCH
