"""A unit's account as of a day: what it owes, what that costs, and what the law calls it. Pure.

A past day sees what was charged for months until then, declarations received until
then, and money with a value date until then. Two things are known as they are today
only: how much the regular charge of a month is, and the participants and reports with a
base too low, which therefore count for today and not for a past day.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from lienthong import law
from lienthong.law import Row
from services.contributions.domain import interest, states
from services.contributions.domain.dues import Fund, rows_used
from services.contributions.domain.interest import Paid
from services.contributions.domain.ledger import ALL_FUNDS, deadline_day, deadline_row
from services.contributions.domain.months import Scheme

MOST_DAYS: Final = 366

_EVERY_SCHEME: Final = Scheme.SOCIAL | Scheme.HEALTH | Scheme.UNEMPLOYMENT


class Unit(NamedTuple):
    """The unit, and what of its account is no charge."""

    employer_id: int
    code: str
    name: str
    province_code: str
    region: int
    reduced: bool
    urged_on: int | None
    """Day of the last letter until the day of the statement."""
    underdeclared: int
    unregistered: bool
    advance_vnd: int
    interest_paid_vnd: int


class ChargeAsOf(NamedTuple):
    """Principal of a month in a fund, as it stood on the day of the statement."""

    month: int
    entry: int
    fund: Fund
    due_vnd: int
    paid: Sequence[Paid]
    """Oldest first."""

    @property
    def paid_vnd(self) -> int:
        """All that was paid."""
        return sum(part.vnd for part in self.paid)

    @property
    def settled(self) -> int | None:
        """Day with which it was paid in full; ``None`` while it is not."""
        return self.paid[-1].day if self.paid and self.paid_vnd >= self.due_vnd else None


class StatementRow(NamedTuple):
    """One charge with what it costs."""

    charge: ChargeAsOf
    deadline: int
    days_late: int
    interest_vnd: int
    """Borne until the day of the statement, paid or not."""


class InterestDay(NamedTuple):
    """One day: what bore interest on it, and how much."""

    day: int
    unpaid_vnd: int
    interest_vnd: int


class Statement(NamedTuple):
    """The account as of a day."""

    verdict: states.Verdict
    late_vnd: int
    due_vnd: int
    interest_vnd: int
    days_late: int
    days_to_evasion: int
    rows: list[StatementRow]
    """What is not paid, and what was paid late while interest is unpaid; oldest month first."""
    days: list[InterestDay]
    law: list[Row[Any]]


def statement(unit: Unit, charges: Sequence[ChargeAsOf], *, as_of: int, today: int, days: int) -> Statement:
    """The account on the day ``as_of``, with the interest of each of the ``days`` days that end with it.

    Raises ``UnknownRule`` for a day before July 2025: then another law ruled.
    """
    rows = [_row(charge, as_of) for charge in charges]
    open_rows = [row for row in rows if row.charge.settled is None]
    late = [row for row in open_rows if row.days_late]
    oldest = min((row.charge.month for row in open_rows), default=None)
    account = states.Account(
        oldest,
        unit.urged_on,
        unit.underdeclared if as_of == today else 0,
        unit.unregistered and as_of == today,
    )
    verdict = states.decide(account, as_of)
    days_late = max((row.days_late for row in late), default=0)
    left = max(0, sum(row.interest_vnd for row in rows) - unit.interest_paid_vnd)
    shown = [row for row in rows if row.charge.settled is None or (left and row.interest_vnd)]
    return Statement(
        verdict=verdict,
        late_vnd=sum(_left(row) for row in late),
        due_vnd=sum(_left(row) for row in open_rows if not row.days_late),
        interest_vnd=left,
        days_late=days_late,
        days_to_evasion=states.evasion_days(as_of) - days_late if days_late else 0,
        rows=sorted(shown, key=_place),
        days=interest_days(charges, first=as_of - days + 1, last=as_of),
        law=_law(unit, shown, as_of),
    )


def interest_days(charges: Iterable[ChargeAsOf], *, first: int, last: int) -> list[InterestDay]:
    """The days from ``first`` to ``last``, both included.

    Each is rounded so that the days of a range add up to the range's exact sum.
    """
    length = last - first + 1
    if length <= 0:
        return []
    steps: dict[Fund, list[int]] = {fund: [0] * (length + 1) for fund in ALL_FUNDS}
    for charge in charges:
        step = steps[charge.fund]
        for stretch in interest.unpaid(
            charge.due_vnd, charge.paid, deadline=deadline_day(charge.month), until=last
        ):
            if stretch.last >= first:
                step[max(stretch.first, first) - first] += stretch.unpaid_vnd
                step[stretch.last + 1 - first] -= stretch.unpaid_vnd
    found = []
    unpaid = dict.fromkeys(ALL_FUNDS, 0)
    units = 0
    for at in range(length):
        before = interest.rounded(units)
        for fund in ALL_FUNDS:
            unpaid[fund] += steps[fund][at]
            if unpaid[fund]:
                units += unpaid[fund] * interest.rate_days(fund, first + at, first + at)
        found.append(InterestDay(first + at, sum(unpaid.values()), interest.rounded(units) - before))
    return found


def _row(charge: ChargeAsOf, as_of: int) -> StatementRow:
    deadline = deadline_day(charge.month)
    settled = charge.settled
    until = as_of if settled is None else settled
    borne = interest.accrued(charge.fund, charge.due_vnd, charge.paid, deadline=deadline, until=until)
    return StatementRow(charge, deadline, max(0, until - deadline), borne)


def _left(row: StatementRow) -> int:
    return row.charge.due_vnd - row.charge.paid_vnd


def _place(row: StatementRow) -> tuple[int, int, int]:
    return row.charge.month, row.charge.entry, row.charge.fund


def _law(unit: Unit, rows: Sequence[StatementRow], as_of: int) -> list[Row[Any]]:
    """Every row of law on which an amount, a deadline or the state rests, each once."""
    found: dict[int, Row[Any]] = {}

    def use(*used: Row[Any]) -> None:
        found.update((id(row), row) for row in used)

    use(law.days().at("evasion_days", date.fromordinal(as_of)))
    for month in {row.charge.month for row in rows}:
        use(deadline_row(month), *rows_used(month, _EVERY_SCHEME, unit.region, unit.reduced))
    if rows:
        begins = min(row.deadline for row in rows) + 1
        use(
            *interest.rows_used(
                {row.charge.fund for row in rows}, date.fromordinal(begins), date.fromordinal(as_of)
            )
        )
    return sorted(found.values(), key=lambda row: (row.code, row.valid_from))
