"""Days and months as numbers, and the text of each: what the generators count with.

A day is its number since 1970-01-01, a month is ``year * 12 + month - 1``.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
FIRST_YEAR = 1900
LAST_YEAR = 2120
VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")
RENEWAL_LEAD = timedelta(days=60)
"""Yearly cards are renewed this long before the year ends."""


def today() -> date:
    """The date in Việt Nam now."""
    return datetime.now(VIET_NAM).date()


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def month_number(day: date) -> int:
    """``year * 12 + month - 1``."""
    return day.year * 12 + day.month - 1


def month_start(month: int) -> date:
    """The first day of a month given by its number."""
    return date(month // 12, month % 12 + 1, 1)


@dataclass(frozen=True)
class Calendar:
    """The day as of which the nation is, and the dates that follow from it."""

    as_of: date

    @property
    def day(self) -> int:
        """``as_of`` as a day number."""
        return day_number(self.as_of)

    @property
    def month(self) -> int:
        """The month of ``as_of`` as a month number."""
        return month_number(self.as_of)

    @property
    def year_start(self) -> int:
        """1 January of the year of ``as_of``."""
        return day_number(date(self.as_of.year, 1, 1))

    @property
    def year_end(self) -> int:
        """The last day of yearly cards: 31 December, of next year when that is near."""
        return day_number(date((self.as_of + RENEWAL_LEAD).year, 12, 31))

    @cached_property
    def _day_texts(self) -> NDArray[np.object_]:
        first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
        count = (last - first).days + 1
        return np.array([(first + timedelta(days=n)).isoformat() for n in range(count)], dtype=object)

    @cached_property
    def _month_texts(self) -> NDArray[np.object_]:
        months = range(FIRST_YEAR * 12, (LAST_YEAR + 1) * 12)
        return np.array([month_start(month).isoformat() for month in months], dtype=object)

    def days(self, numbers: NDArray[np.int64]) -> NDArray[np.object_]:
        """``YYYY-MM-DD`` of each day number."""
        return self._day_texts[numbers - day_number(date(FIRST_YEAR, 1, 1))]

    def months(self, numbers: NDArray[np.int64]) -> NDArray[np.object_]:
        """``YYYY-MM-01`` of each month number."""
        return self._month_texts[numbers - FIRST_YEAR * 12]

    def instants(self, numbers: NDArray[np.int64]) -> NDArray[np.object_]:
        """A moment in the night before each day, never later than ``as_of``: when a change was booked."""
        texts: NDArray[np.object_] = self.days(np.minimum(numbers, self.day)) + " 00:00:00+07"
        return texts


def years_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """The calendar year of each day number."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + EPOCH.year


def months_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """The month number of each day number."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + EPOCH.year * 12
