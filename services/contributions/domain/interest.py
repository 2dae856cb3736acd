"""Interest on what is paid late (*tiền chậm đóng*): 0.03 % of the unpaid amount a day, not compounded. Pure.

Law 41/2024/QH15 Art. 40.1 and 41.1 for social and unemployment insurance, the Health
Insurance Law for health: one row of law a fund (``lienthong/law/interest.toml``), and
each day takes the row in force on it. Days are counted from the day after the deadline
to the day paid, both included; a day before the first row bears none.

What one charge (month, entry, fund) has borne is rounded to the đồng once, half up;
an account is the sum of its charges.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Final, NamedTuple

from lienthong import law
from lienthong.law import DailyRate, Row
from services.contributions.domain.dues import Fund

UNITS: Final = 10_000
"""A daily rate is in hundredths of a percent: amounts are summed in 1/10000 đồng and rounded once."""

_CODES: Final = {
    Fund.RETIREMENT: "interest_si",
    Fund.SICKNESS: "interest_si",
    Fund.OCCUPATIONAL: "interest_si",
    Fund.UNEMPLOYMENT: "interest_ui",
    Fund.HEALTH: "interest_hi",
}


class Paid(NamedTuple):
    """What reached a charge on a day: the value date of the money; negative when a lowered charge gave back."""

    day: int
    """``date.toordinal``."""
    vnd: int


class Stretch(NamedTuple):
    """Days with one unpaid amount, first and last included (``date.toordinal``)."""

    first: int
    last: int
    unpaid_vnd: int


def accrued(fund: Fund, due_vnd: int, paid: Iterable[Paid], *, deadline: int, until: int) -> int:
    """The interest, VND, that a charge has borne until the day ``until``, paid or not.

    ``deadline`` and ``until`` are ordinals. The day on which money arrives still counts.
    """
    stretches = unpaid(due_vnd, paid, deadline=deadline, until=until)
    return rounded(
        sum(stretch.unpaid_vnd * rate_days(fund, stretch.first, stretch.last) for stretch in stretches)
    )


def unpaid(due_vnd: int, paid: Iterable[Paid], *, deadline: int, until: int) -> Sequence[Stretch]:
    """How much of a charge was unpaid on the days after its deadline, oldest first, without days of nothing."""
    found: list[Stretch] = []
    left, first = due_vnd, deadline + 1
    for day, vnd in sorted(paid):
        if day >= until:
            break
        if day >= first:
            if left > 0:
                found.append(Stretch(first, day, left))
            first = day + 1
        left -= vnd
    if left > 0 and first <= until:
        found.append(Stretch(first, until, left))
    return found


def rate_days(fund: Fund, first: int, last: int) -> int:
    """The daily rates of the days from ``first`` to ``last`` added up, in 1/10000."""
    return sum(
        max(0, min(last, ends) - max(first, begins) + 1) * rate for begins, ends, rate in _rates(_CODES[fund])
    )


def rounded(units: int) -> int:
    """1/10000 đồng to đồng, half up."""
    return (units + UNITS // 2) // UNITS


def rows_used(funds: Iterable[Fund], first: date, last: date) -> list[Row[DailyRate]]:
    """The rows of law in force on a day from ``first`` to ``last`` for these funds, each once."""
    codes = {_CODES[fund] for fund in funds if fund in _CODES}
    return [
        row
        for code in sorted(codes)
        for row in law.interest().of(code)
        if row.valid_from <= last and (row.valid_to is None or row.valid_to >= first)
    ]


@cache
def _rates(code: str) -> tuple[tuple[int, int, int], ...]:
    return tuple(
        (row.valid_from.toordinal(), (row.valid_to or date.max).toordinal(), row.value.hundredths)
        for row in law.interest().of(code)
    )
