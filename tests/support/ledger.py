"""Contribution records for tests, in memory and in PostgreSQL."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import psycopg

from deploy.local import waiting
from services.contributions.domain.dues import Fund
from services.contributions.domain.ledger import ALL_FUNDS, LedgerRow, funds_of_schemes, schemes_of_funds
from services.contributions.domain.ledger import Period as LedgerPeriod
from services.contributions.domain.months import (
    MonthQuery,
    MonthRow,
    Page,
    deadline,
    month_index,
    months_back,
)
from services.contributions.domain.totals import Charges
from services.contributions.queries.ledgers import LedgerPage

TODAY = date(2026, 11, 22)


class Employer(NamedTuple):
    """A unit."""

    employer_id: int
    code: str
    name: str
    province_code: str


class Period(NamedTuple):
    """A period of participation; ``last`` is ``None`` while it is open."""

    person_id: int
    employer_id: int
    first: date
    last: date | None
    schemes: int
    base_vnd: int
    position: str | None = None
    entry: int = 0
    regular_from: date | None = None


class Charge(NamedTuple):
    """What a unit owes for a month in a fund; settled when there is a day."""

    employer_id: int
    month: date
    entry: int
    fund: Fund
    due_vnd: int
    paid_vnd: int
    settled_on: date | None


class Ledger(NamedTuple):
    """All that is recorded."""

    employers: Sequence[Employer]
    periods: Sequence[Period]
    charges: Sequence[Charge]


def charged(
    employer: Employer, month: date, *, owing: int, entry: int = 0, days_late: int = 0
) -> list[Charge]:
    """A unit's month: the funds of ``owing`` (a mask of schemes) unpaid, the others paid so many days late."""
    open_funds = funds_of_schemes(owing)
    day = deadline(month) + timedelta(days_late)
    return [
        Charge(employer.employer_id, month, entry, fund, 1_000, 400, None)
        if open_funds >> fund & 1
        else Charge(employer.employer_id, month, entry, fund, 1_000, 1_000, day)
        for fund in ALL_FUNDS
    ]


SAO = Employer(9_000_000_001, "9900000001DNA03", "Công ty Sao Mai", "01")
BEN = Employer(9_000_000_002, "9900000002DNA03", "Công ty Bến Nghé", "79")
WORKER, NEIGHBOUR, NOBODY = 9_000_000_001, 9_000_000_002, 9_000_000_098
LATE_ENTRY = 7
LEDGER = Ledger(
    employers=[SAO, BEN],
    periods=[
        Period(WORKER, SAO.employer_id, date(2024, 3, 1), date(2025, 12, 1), 7, 9_000_000, "Thợ may"),
        Period(WORKER, SAO.employer_id, date(2026, 1, 1), None, 7, 10_000_000, "Tổ trưởng"),
        Period(WORKER, BEN.employer_id, date(2025, 6, 1), date(2026, 2, 1), 3, 4_000_000),
        Period(
            NEIGHBOUR,
            BEN.employer_id,
            date(2026, 1, 1),
            None,
            7,
            8_000_000,
            None,
            LATE_ENTRY,
            date(2026, 4, 1),
        ),
    ],
    charges=[
        *charged(SAO, date(2026, 11, 1), owing=7),
        *charged(SAO, date(2026, 10, 1), owing=1),
        *charged(SAO, date(2026, 9, 1), owing=7),
        *charged(SAO, date(2026, 7, 1), owing=0, days_late=12),
        *charged(SAO, date(2026, 6, 1), owing=0, days_late=-3),
        *charged(BEN, date(2026, 1, 1), owing=4),
        *charged(BEN, date(2026, 1, 1), owing=4, entry=LATE_ENTRY),
        *charged(BEN, date(2026, 2, 1), owing=7, entry=LATE_ENTRY),
    ],
)
OPENED = date(2026, 11, 1)


class FakeContributions:
    """``Contributions`` and ``Ledgers`` in memory: every month of every period, one by one. The naive model."""

    def __init__(self, ledger: Ledger = LEDGER, *, opened_through: date = OPENED) -> None:
        self._ledger = ledger
        self._employers = {employer.employer_id: employer for employer in ledger.employers}
        self._opened = opened_through

    async def page(self, query: MonthQuery, *, this_month: date) -> Page:
        """As in ``Contributions``."""
        mine = self._periods(query)
        rows, more = self._page(query, this_month)
        return Page(known=bool(mine), rows=[self._row(period, month) for period, month in rows], more=more)

    def _periods(self, query: MonthQuery) -> list[Period]:
        return [
            period
            for period in self._ledger.periods
            if period.person_id == query.person_id
            and query.employer_code in (None, self._employers[period.employer_id].code)
            and query.province_code in (None, self._employers[period.employer_id].province_code)
        ]

    def _page(self, query: MonthQuery, this_month: date) -> tuple[list[tuple[Period, date]], bool]:
        rows = [
            (period, month)
            for period in self._periods(query)
            for month in months_back(min(period.last or this_month, this_month), period.first)
            if (query.first is None or query.first <= month) and (query.last is None or month <= query.last)
        ]
        rows.sort(key=_order)
        if query.after is not None:
            after = query.after
            rows = [
                row
                for row in rows
                if _order(row) > (-after.month.toordinal(), after.employer_id, after.period_from)
            ]
        return rows[: query.rows], len(rows) > query.rows

    def charges(self, period: Period, month: date) -> list[Charge]:
        """Those that the month of a period belongs to."""
        late = period.regular_from is not None and month < period.regular_from
        key = (period.employer_id, month, period.entry if late else 0)
        return [charge for charge in self._ledger.charges if charge[:3] == key]

    def _row(self, period: Period, month: date) -> MonthRow:
        employer = self._employers[period.employer_id]
        charges = self.charges(period, month)
        unpaid = schemes_of_funds(sum(1 << charge.fund for charge in charges if charge.settled_on is None))
        return MonthRow(
            month, employer.employer_id, period.first, employer.code, employer.name, period.schemes,
            period.base_vnd, unpaid, bool(charges), month <= self._opened,
        )  # fmt: skip


class FakeLedgers:
    """``Ledgers`` in memory."""

    def __init__(self, naive: FakeContributions) -> None:
        self._naive = naive

    async def page(self, query: MonthQuery, *, today: date, whole: bool) -> LedgerPage:
        """As in ``Ledgers``."""
        this_month = today.replace(day=1)
        naive = self._naive
        mine = naive._periods(query)
        rows, more = naive._page(query, this_month)
        found = [
            LedgerRow(month_index(month), self._period(period, this_month), self._settled(period, month))
            for period, month in rows
        ]
        charges: dict[tuple[int, int, int], Charges] = {}
        for period in mine if whole else []:
            for month in months_back(min(period.last or this_month, this_month), period.first):
                known = naive.charges(period, month)
                if known:
                    masks = Charges(
                        _mask(known), _mask(charge for charge in known if charge.settled_on is None)
                    )
                    charges[period.employer_id, month_index(month), known[0].entry] = masks
        return LedgerPage(
            bool(mine),
            [self._period(period, this_month) for period in mine if period.first <= this_month],
            month_index(naive._opened),
            found,
            more,
            charges,
        )

    def _period(self, period: Period, this_month: date) -> LedgerPeriod:
        employer = self._naive._employers[period.employer_id]
        return LedgerPeriod(
            period.employer_id, month_index(period.first), month_index(min(period.last or this_month, this_month)),
            period.schemes, period.base_vnd, period.entry,
            month_index(period.regular_from) if period.regular_from else 0, 1, False, employer.code, employer.name,
            period.position,
        )  # fmt: skip

    def _settled(self, period: Period, month: date) -> tuple[int | None, ...]:
        by_fund = {charge.fund: charge for charge in self._naive.charges(period, month)}
        return tuple(_day(by_fund.get(fund)) for fund in ALL_FUNDS)


def _day(charge: Charge | None) -> int | None:
    if charge is None:
        return None
    return 0 if charge.settled_on is None else charge.settled_on.toordinal()


def _mask(charges: Iterable[Charge]) -> int:
    return sum(1 << charge.fund for charge in charges)


def _order(row: tuple[Period, date]) -> tuple[int, int, date]:
    period, month = row
    return -month.toordinal(), period.employer_id, period.first


def forget(connection: psycopg.Connection[Any]) -> None:
    """Delete the samples from the real database."""
    connection.execute("DELETE FROM participation WHERE person_id BETWEEN 9000000000 AND 9000000099")
    connection.execute("DELETE FROM charge WHERE employer_id BETWEEN 9000000000 AND 9000000099")
    await_folded(connection)
    for table in ("employer_account", "employer"):
        connection.execute(f"DELETE FROM {table} WHERE employer_id BETWEEN 9000000000 AND 9000000099")  # noqa: S608


def await_folded(connection: psycopg.Connection[Any]) -> None:
    """Return once the stack's worker has counted every change.

    No unit's account ever goes away, so its going away is no change that is counted: while charges wait to be
    counted out their unit must be there, or they stay in the figures for ever.
    """

    def waits() -> str | None:
        row = connection.execute("SELECT since FROM stat_waiting").fetchone()
        return None if row == (None,) else f"changes since {row} wait to be folded"

    waiting.until(waits, seconds=60)


def store(connection: psycopg.Connection[Any], ledger: Ledger = LEDGER) -> None:
    """Write a ledger into the real database."""
    for employer in ledger.employers:
        connection.execute(
            "INSERT INTO employer (employer_id, employer_code, name, province_code, sector, region, changed_at)"
            " VALUES (%s, %s, %s, %s, 'private', 1, now())",
            employer,
        )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO participation (person_id, employer_id, valid_from, valid_to, schemes, base_vnd, position,"
            " entry, regular_from, changed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now())",
            ledger.periods,
        )
        cursor.executemany(
            "INSERT INTO charge (employer_id, month, entry, fund, due_vnd, paid_vnd, settled_on, changed_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, now())",
            ledger.charges,
        )
