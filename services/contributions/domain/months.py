"""Months of contribution: what is asked, in which order it is answered, what was paid. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import IntEnum, IntFlag
from typing import Final, NamedTuple

from lienthong import law

MOST_ROWS: Final = 500
USUAL_ROWS: Final = 100


class Scheme(IntFlag):
    """Schemes as stored: a bit mask."""

    SOCIAL = 1
    HEALTH = 2
    UNEMPLOYMENT = 4
    VOLUNTARY_SOCIAL = 8


class PaymentState(IntEnum):
    """Whether a month is paid; the values of the contract."""

    DUE = 1
    PAID = 2
    UNPAID = 3


class Position(NamedTuple):
    """Where a row stands in the order of answers: newest month first, then by employer and period."""

    month: date
    employer_id: int
    period_from: date


class MonthQuery(NamedTuple):
    """Whose months, with which units, between which months (both included), after which row."""

    person_id: int
    employer_code: str | None
    """Set when an employer asks: it sees the months with itself only."""
    province_code: str | None
    """Set when an inspector asks: he sees the months with units of his province only."""
    first: date | None
    last: date | None
    rows: int
    after: Position | None

    @property
    def sees_all(self) -> bool:
        """Whether every month of the person may be answered, whoever declared it."""
        return self.employer_code is None and self.province_code is None


class MonthRow(NamedTuple):
    """One month of one period of participation."""

    month: date
    employer_id: int
    period_from: date
    employer_code: str
    employer_name: str
    schemes: int
    base_vnd: int
    unpaid_schemes: int
    """What the employer was charged for this month and has not fully paid; 0 when all is paid."""
    charged: bool
    """The employer was charged for this month; if not, it was taken over as settled."""
    opened: bool
    """Employers have been charged for this month at all."""

    @property
    def position(self) -> Position:
        """Where this row stands."""
        return Position(self.month, self.employer_id, self.period_from)


class Page(NamedTuple):
    """The rows of one page. ``known``: the person was ever declared, by this employer or in this province if one asks."""

    known: bool
    rows: list[MonthRow]
    more: bool


def payment_state(row: MonthRow, *, today: date) -> PaymentState:
    """Paid; or, if a scheme that the person is in is not, due until the deadline and unpaid after it.

    A month without a charge counts as settled only when everybody was charged for it
    and its deadline has passed.
    """
    in_time = today <= deadline(row.month)
    settled = row.charged or (row.opened and not in_time)
    if settled and not row.schemes & row.unpaid_schemes:
        return PaymentState.PAID
    return PaymentState.DUE if in_time else PaymentState.UNPAID


def deadline(month: date) -> date:
    """The last day on which the contribution of ``month`` (its first day) is in time.

    The rule in force in that month counts: Law 41/2024/QH15 Art. 34.4 from July 2025.
    """
    rule = law.deadlines().at("employer_monthly", month).value
    return add_months(month, rule.months_after + 1) - timedelta(days=1)


def add_months(month: date, count: int) -> date:
    """The first day of the month that is ``count`` months later (earlier when negative)."""
    index = month_index(month) + count
    return date(index // 12, index % 12 + 1, 1)


def month_index(month: date) -> int:
    """Months since the year 0: consecutive months have consecutive numbers."""
    return month.year * 12 + month.month - 1


def months_back(newest: date, oldest: date) -> Iterator[date]:
    """Every month from ``newest`` back to ``oldest``, both included."""
    for index in range(month_index(newest), month_index(oldest) - 1, -1):
        yield date(index // 12, index % 12 + 1, 1)


def schemes_of(mask: int) -> list[Scheme]:
    """The schemes in a mask, in the order of the contract."""
    return [scheme for scheme in Scheme if mask & scheme]
