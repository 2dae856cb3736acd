"""How long a referral slip (*giấy chuyển cơ sở*) is valid."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from lienthong import law
from services.health_claims.domain.benefit.rules import BenefitLaw

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def last_day_of_referral(slip_on: date, prefix: str | None, rules: BenefitLaw) -> date:
    """Ten working days after the slip's own day; for ``prefix``, a listed disease, a year with its own day."""
    if prefix is not None:
        return _months_later(slip_on, rules.figures["referral_listed_months"]) - _DAY
    return working_days_after(slip_on, rules.figures["referral_working_days"])


@lru_cache(maxsize=4_096)
def working_days_after(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``: neither weekend nor public holiday."""
    holidays = law.holidays()
    while count:
        day += _DAY
        if day.weekday() < _SATURDAY and not holidays.all_at(day):
            count -= 1
    return day


def _months_later(day: date, months: int) -> date:
    """The same day of the month; of a shorter month its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + (day.day - 1) * _DAY, following - _DAY)
