"""The lists that contributions rest on: levels, limits, rates, days, interest, order of payment.

A contribution takes the rows in force on the first day of its month; interest takes
for each day the row in force on that day.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from lienthong.law.rows import Rules, load


@dataclass(frozen=True, slots=True)
class Level:
    """An amount that other rules are multiples of (*mức tham chiếu*, *lương tối thiểu vùng*)."""

    vnd: int
    """A month."""

    def __str__(self) -> str:
        return f"{self.vnd} VND"


@dataclass(frozen=True, slots=True)
class Limit:
    """Floor or cap of a monthly base: so many times a level."""

    times: int
    of: str
    """Code of a level; ``regional_minimum_wage`` without the region, which the unit brings."""

    def __str__(self) -> str:
        return f"{self.times} × {self.of}"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of a base or of a debt."""

    hundredths: int
    """Of a percent: 1400 is 14 %."""

    def __str__(self) -> str:
        return f"{self.hundredths / 100:g} %"


@dataclass(frozen=True, slots=True)
class DailyRate(Rate):
    """Interest of one day."""

    def __str__(self) -> str:
        return f"{self.hundredths / 100:g} % a day"


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days on which a rule turns."""

    number: int

    def __str__(self) -> str:
        return f"{self.number} days"


@dataclass(frozen=True, slots=True)
class Order:
    """In which order a payment goes to the funds of one month."""

    funds: tuple[str, ...]
    """Names of the contract's ``Fund`` without prefix, in lower case."""

    def __str__(self) -> str:
        return ", ".join(self.funds)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a code says to people."""

    vi: str
    en: str

    def __str__(self) -> str:
        return self.vi


@cache
def levels() -> Rules[Level]:
    """Reference level, minimum wages, poverty line."""
    return load("levels", Level)


@cache
def limits() -> Rules[Limit]:
    """Floor and cap of each scheme's base."""
    return load("limits", lambda value: Limit(**value))


@cache
def rates() -> Rules[Rate]:
    """What each payer pays into each fund."""
    return load("rates", Rate)


@cache
def days() -> Rules[Days]:
    """Numbers of days: unpaid leave, registration, evasion."""
    return load("days", Days)


@cache
def interest() -> Rules[DailyRate]:
    """Interest on what is paid late, by fund."""
    return load("interest", DailyRate)


@cache
def allocation() -> Rules[Order]:
    """Which fund of a month is paid first."""
    return load("allocation", _order)


@cache
def debt_reasons() -> Rules[Wording]:
    """Why a unit's debt is late or evasion, by the stable code of the reason."""
    return load("debt_reasons", lambda value: Wording(**value))


def _order(names: Any) -> Order:
    return Order(tuple(str(name) for name in names))
