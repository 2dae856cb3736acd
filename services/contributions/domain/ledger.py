"""A person's ledger: each month with each employer, what each fund gets for it and whether it got it. Pure.

What a unit owes is stored by unit, month and fund; a person's month is settled when
her unit's is. Months are indices, days are ordinals: a career is hundreds of months
and five funds each.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lienthong import law
from lienthong.law import Row
from services.contributions.domain.dues import Fund, Tariff, rows_used, tariff, under
from services.contributions.domain.months import Scheme, deadline

ALL_FUNDS: Final = (Fund.RETIREMENT, Fund.SICKNESS, Fund.OCCUPATIONAL, Fund.UNEMPLOYMENT, Fund.HEALTH)
UNSETTLED: Final = 0
"""Instead of the day on which a charge was settled."""

_SCHEMES_OF: Final = {
    Fund.RETIREMENT: Scheme.SOCIAL | Scheme.VOLUNTARY_SOCIAL,
    Fund.SICKNESS: Scheme.SOCIAL,
    Fund.OCCUPATIONAL: Scheme.SOCIAL,
    Fund.UNEMPLOYMENT: Scheme.UNEMPLOYMENT,
    Fund.HEALTH: Scheme.HEALTH,
}
_MASKS: Final = 64


class FundState(IntEnum):
    """Whether a fund got a month; the values of the contract."""

    DUE = 1
    PAID = 2
    PAID_LATE = 3
    LATE = 4


class Standing(NamedTuple):
    """How one charge stands today."""

    state: FundState
    settled: int | None
    """Day on which it was settled; ``None`` when it is not, or was before the account was kept."""
    days_late: int


class Period(NamedTuple):
    """A period of participation without a change, with what its unit brings to the amounts."""

    employer_id: int
    first: int
    last: int
    """Last month with rows: an open period ends with the current month."""
    schemes: int
    base_vnd: int
    entry: int
    """The declaration that charged the months before ``regular_from``; 0 when none did."""
    regular_from: int
    region: int
    reduced: bool
    employer_code: str
    employer_name: str
    position: str | None

    def entry_of(self, month: int) -> int:
        """Which charge of the unit this month belongs to: 0 is the regular one."""
        return self.entry if month < self.regular_from else 0


class Owed(NamedTuple):
    """What one fund gets for one person and month, in VND."""

    fund: Fund
    capped_base_vnd: int
    employer_vnd: int
    employee_vnd: int


class LedgerRow(NamedTuple):
    """One month with one employer, and when each of ``ALL_FUNDS`` was settled: as in ``standing``."""

    month: int
    period: Period
    settled: tuple[int | None, ...]


class Clock(NamedTuple):
    """What day it is, and until which month the units were charged."""

    today: int
    opened_through: int
    """Last month for which units were charged; later ones owe what their participants bring."""


def standing(month: int, settled: int | None, clock: Clock) -> Standing:
    """How a charge of ``month`` stands.

    ``settled``: the day, ``UNSETTLED``, or ``None`` when the unit has no such charge. A
    month without one was taken over as settled, unless its deadline has not passed or
    nobody was charged for it yet.
    """
    last = deadline_day(month)
    if settled is None:
        settled = UNSETTLED if clock.today <= last or month > clock.opened_through else None
        if settled is None:
            return _TAKEN_OVER
    if settled != UNSETTLED:
        late = settled - last
        if late <= 0:
            return Standing(FundState.PAID, settled, 0)
        return Standing(FundState.PAID_LATE, settled, late)
    if clock.today <= last:
        return _DUE
    return Standing(FundState.LATE, None, clock.today - last)


def owed(rows: Iterable[LedgerRow]) -> Iterator[tuple[LedgerRow, list[Owed]]]:
    """Each row with what the funds get for it, in ``Fund`` order.

    Months that follow each other mostly have one base and one law: then it is computed once.
    """
    before: tuple[int, tuple[Tariff, ...]] | None = None
    amounts: list[Owed] = []
    for row in rows:
        period = row.period
        asked = (period.base_vnd, tariff(row.month, period.schemes, period.region, period.reduced))
        if asked != before:
            before, amounts = asked, _owed(*asked)
        yield row, amounts


def _owed(base_vnd: int, rows: tuple[Tariff, ...]) -> list[Owed]:
    return [
        Owed(fund, min(base_vnd, row.cap_vnd), employer, employee)
        for row, (fund, employer, employee) in zip(rows, under(base_vnd, rows), strict=True)
    ]


def law_of(rows: Iterable[tuple[int, Period]]) -> list[Row[Any]]:
    """Every row of law on which these months' amounts and states rest, each once."""
    found: dict[int, Row[Any]] = {}
    asked = {(month, period.schemes, period.region, period.reduced) for month, period in rows}
    for month, schemes, region, reduced in sorted(asked, reverse=True):
        for row in (*rows_used(month, schemes, region, reduced), deadline_row(month)):
            found.setdefault(id(row), row)
    return sorted(found.values(), key=lambda row: (row.code, row.valid_from))


@lru_cache(_MASKS)
def schemes_of_funds(funds: int) -> int:
    """The schemes to which the funds of a mask (1 << fund) belong."""
    schemes = 0
    for fund in ALL_FUNDS:
        if funds >> fund & 1:
            schemes |= _SCHEMES_OF[fund]
    return schemes


@lru_cache(_MASKS)
def funds_of_schemes(schemes: int) -> int:
    """The funds, as a mask (1 << fund), that a participant in these schemes pays into."""
    return sum(1 << fund for fund in ALL_FUNDS if _SCHEMES_OF[fund] & schemes)


@lru_cache(4096)
def deadline_day(month: int) -> int:
    """The deadline of a month, as an ordinal."""
    return deadline(first_day(month)).toordinal()


@lru_cache(4096)
def deadline_row(month: int) -> Row[Any]:
    """The row of law that gives a month its deadline."""
    return law.deadlines().at("employer_monthly", first_day(month))


def first_day(month: int) -> date:
    """A month's first day."""
    return date(month // 12, month % 12 + 1, 1)


_TAKEN_OVER: Final = Standing(FundState.PAID, None, 0)
_DUE: Final = Standing(FundState.DUE, None, 0)
