"""Units' accounts and reports for tests, in memory and in PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from services.contributions.domain.debtors import DebtorPage, DebtorQuery, DebtorRow
from services.contributions.domain.dues import Fund
from services.contributions.domain.interest import Paid
from services.contributions.domain.ledger import ALL_FUNDS, deadline_day
from services.contributions.domain.months import month_index
from services.contributions.domain.report_views import (
    ReportHistory,
    ReportPage,
    ReportQuery,
    ReportRow,
    StepRow,
    Viewer,
)
from services.contributions.domain.statements import ChargeAsOf, Unit
from services.contributions.domain.states import LegalState
from services.contributions.queries.statements import UnitAccount
from services.contributions.server import Sources
from tests.support.ledger import FakeContributions, FakeLedgers, await_folded

TODAY = date(2026, 11, 22)


class Account(NamedTuple):
    """A unit with its account."""

    employer_id: int
    code: str
    name: str
    province_code: str
    sector: str
    urged_on: date | None = None
    underdeclared: int = 0
    unregistered: bool = False
    advance_vnd: int = 0


class Owed(NamedTuple):
    """A charge with what it was paid, by value date."""

    employer_id: int
    month: date
    entry: int
    fund: Fund
    due_vnd: int
    paid: Sequence[tuple[date, int]] = ()
    received_on: date | None = None
    """When the declaration of its entry was received."""


def month_of(account: Account, month: date, due_vnd: int, *paid: tuple[date, int]) -> list[Owed]:
    """A unit's month, alike in every fund."""
    return [Owed(account.employer_id, month, 0, fund, due_vnd, paid) for fund in ALL_FUNDS]


# Provinces that do not exist, so that nobody else's units are listed.
# Days after the deadline on 22 November 2026: October -8, September 22, August 53, July 83.
ON_TIME = Account(9_000_000_011, "9900000011DNA03", "Công ty Đúng Hạn", "98", "private", advance_vnd=70_000)
LATE = Account(9_000_000_012, "9900000012DNA03", "Công ty Chậm Đóng", "98", "private")
URGED = Account(9_000_000_013, "9900000013DNA03", "Công ty Đã Đôn Đốc", "98", "state", date(2026, 10, 5))
EARLY_LETTER = Account(9_000_000_014, "9900000014DNA03", "Công ty Thư Cũ", "98", "foreign", date(2026, 8, 31))
LOW_BASE = Account(9_000_000_015, "9900000015DNA03", "Công ty Lương Thấp", "98", "private", underdeclared=2)
HIDDEN = Account(9_000_000_016, "9900000016DNA03", "Công ty Không Khai", "98", "public", unregistered=True)
ELSEWHERE = Account(9_000_000_017, "9900000017DNA03", "Công ty Tỉnh Khác", "99", "private", date(2026, 10, 5))
PAID_OFF = Account(9_000_000_018, "9900000018DNA03", "Công ty Trả Hết", "98", "private", date(2026, 10, 5), 3)
ACCOUNTS = [ON_TIME, LATE, URGED, EARLY_LETTER, LOW_BASE, HIDDEN, ELSEWHERE, PAID_OFF]
OCTOBER, SEPTEMBER, AUGUST, JULY = (date(2026, month, 1) for month in (10, 9, 8, 7))
OWED = [
    *month_of(ON_TIME, OCTOBER, 1_000_000),
    *month_of(ON_TIME, JULY, 1_000_000, (date(2026, 8, 31), 1_000_000)),
    *month_of(LATE, JULY, 100_000_000, (date(2026, 9, 10), 100_000_000)),
    *month_of(LATE, SEPTEMBER, 100_000_000, (date(2026, 11, 10), 40_000_000)),
    *month_of(LATE, OCTOBER, 5_000_000),
    Owed(LATE.employer_id, AUGUST, 3, Fund.HEALTH, 2_000_000, (), date(2026, 11, 15)),
    *month_of(URGED, JULY, 30_000_000),
    *month_of(EARLY_LETTER, JULY, 20_000_000),
    *month_of(LOW_BASE, OCTOBER, 3_000_000),
    *month_of(HIDDEN, SEPTEMBER, 4_000_000),
    *month_of(ELSEWHERE, JULY, 9_000_000),
]


class Report(NamedTuple):
    """A report with its steps."""

    row: ReportRow
    province_code: str
    employer_id: int
    steps: Sequence[StepRow]


CITIZEN, OTHER_CITIZEN = 9_000_000_001, 9_000_000_002


def _report(number: int, person_id: int, account: Account, state: int, at: datetime) -> Report:
    row = ReportRow(
        UUID(int=(0x0193 << 112) | number), person_id, account.code, account.name, 1, month_index(AUGUST),
        month_index(SEPTEMBER), 0, f"Công ty nợ, lần {number}.", state, at,
    )  # fmt: skip
    steps = [
        StepRow(1, at, "citizens-demo", "001190000017", "", 0),
        StepRow(2, at, "inspector-demo", "Nguyễn Thanh Tra", "Phân công.", 0),
    ][:state]
    return Report(row, account.province_code, account.employer_id, steps)


REPORTS = [
    _report(1, CITIZEN, LATE, 1, datetime(2026, 11, 1, 8, tzinfo=UTC)),
    _report(2, CITIZEN, ELSEWHERE, 2, datetime(2026, 11, 2, 8, tzinfo=UTC)),
    _report(3, OTHER_CITIZEN, LATE, 2, datetime(2026, 11, 2, 8, 30, 0, 123456, tzinfo=UTC)),
    _report(4, OTHER_CITIZEN, URGED, 1, datetime(2026, 11, 2, 8, 30, 0, 123456, tzinfo=UTC)),
]


def _owed_by(account: Account) -> list[Owed]:
    return [owed for owed in OWED if owed.employer_id == account.employer_id]


def unpaid(owed: Owed) -> int:
    """What is left of a charge."""
    return owed.due_vnd - sum(vnd for _, vnd in owed.paid)


class FakeStatements:
    """``Statements`` in memory."""

    async def account(self, employer_code: str, *, as_of: date, past: bool) -> UnitAccount | None:
        """As in ``Statements``; every day is looked at in the same way."""
        del past
        for account in ACCOUNTS:
            if account.code == employer_code:
                return UnitAccount(self._unit(account, as_of), self._charges(account, as_of))
        return None

    def _unit(self, account: Account, as_of: date) -> Unit:
        urged = account.urged_on if account.urged_on and account.urged_on <= as_of else None
        return Unit(
            account.employer_id, account.code, account.name, account.province_code, 1, False,
            urged.toordinal() if urged else None, account.underdeclared, account.unregistered,
            account.advance_vnd if date(2026, 11, 1) <= as_of else 0, 0,
        )  # fmt: skip

    def _charges(self, account: Account, as_of: date) -> list[ChargeAsOf]:
        found = []
        for owed in _owed_by(account):
            paid = sorted(Paid(day.toordinal(), vnd) for day, vnd in owed.paid if day <= as_of)
            charge = ChargeAsOf(month_index(owed.month), owed.entry, owed.fund, owed.due_vnd, paid)
            late = charge.settled is None or charge.settled > deadline_day(charge.month)
            known = owed.month <= as_of and (owed.received_on is None or owed.received_on <= as_of)
            if late and known:
                found.append(charge)
        return found


class FakeDebtors:
    """``Debtors`` in memory: every unit looked at, then filtered."""

    async def page(self, query: DebtorQuery, *, today: date) -> DebtorPage:
        """As in ``Debtors``."""
        rows = [
            row
            for account in ACCOUNTS
            if account.province_code == query.province_code and query.sector in (None, account.sector)
            for row in self._row(account)
            if row.owed_vnd >= query.least_vnd
            and row.verdict(today.toordinal()).state
            in ([LegalState.LATE, LegalState.EVASION] if query.state is None else [query.state])
        ]
        rows.sort(key=lambda row: (row.oldest_unpaid, row.employer_id))
        if query.after is not None:
            after = (month_index(query.after.oldest_unpaid), query.after.employer_id)
            rows = [row for row in rows if (row.oldest_unpaid, row.employer_id) > after]
        return DebtorPage(rows[: query.rows], len(rows) > query.rows)

    def _row(self, account: Account) -> list[DebtorRow]:
        owed = [owed for owed in _owed_by(account) if unpaid(owed)]
        if not owed:
            return []
        return [
            DebtorRow(
                account.employer_id, account.code, account.name, sum(map(unpaid, owed)),
                min(month_index(one.month) for one in owed),
                account.urged_on.toordinal() if account.urged_on else None, account.underdeclared,
                account.unregistered,
            )
        ]  # fmt: skip


class FakeReports:
    """``Reports`` in memory."""

    async def history(self, report_id: UUID, viewer: Viewer) -> ReportHistory | None:
        """As in ``Reports``."""
        for report in self._seen_by(viewer):
            if report.row.report_id == report_id:
                return ReportHistory(report.row, list(report.steps))
        return None

    async def page(self, query: ReportQuery) -> ReportPage:
        """As in ``Reports``."""
        rows = [report.row for report in self._seen_by(query.viewer)]
        rows = [row for row in rows if query.state in (None, row.state)]
        rows.sort(key=lambda row: row.position, reverse=True)
        if query.after is not None:
            rows = [row for row in rows if row.position < query.after]
        return ReportPage(rows[: query.rows], len(rows) > query.rows)

    def _seen_by(self, viewer: Viewer) -> list[Report]:
        if viewer.citizen_id is not None:
            return [report for report in REPORTS if report.row.person_id == viewer.citizen_id]
        return [report for report in REPORTS if report.province_code == viewer.province_code]


def memory() -> Sources:
    """Every source, in memory."""
    naive = FakeContributions()
    return Sources(naive, FakeLedgers(naive), FakeStatements(), FakeDebtors(), FakeReports())


def forget(connection: psycopg.Connection[Any]) -> None:
    """Delete the samples from the real database."""
    numbers = [account.employer_id for account in ACCOUNTS]
    ids = [report.row.report_id for report in REPORTS]
    connection.execute("DELETE FROM report_step WHERE report_id = ANY (%s)", [ids])
    for table in ("report", "allocation", "payment", "urge", "declaration", "charge"):
        connection.execute(f"DELETE FROM {table} WHERE employer_id = ANY (%s)", [numbers])  # noqa: S608 - fixed names
    await_folded(connection)
    for table in ("employer_account", "employer"):
        connection.execute(f"DELETE FROM {table} WHERE employer_id = ANY (%s)", [numbers])  # noqa: S608 - fixed names


def store(connection: psycopg.Connection[Any]) -> None:
    """Write the samples into the real database."""
    for account in ACCOUNTS:
        _store_account(connection, account)
        for owed in _owed_by(account):
            _store_charge(connection, owed)
    for report in REPORTS:
        _store_report(connection, report)


def _store_account(connection: psycopg.Connection[Any], account: Account) -> None:
    connection.execute(
        "INSERT INTO employer (employer_id, employer_code, name, province_code, sector, region, changed_at)"
        " VALUES (%s, %s, %s, %s, %s, 1, now())",
        account[:5],
    )
    owed = [owed for owed in _owed_by(account) if unpaid(owed)]
    connection.execute(
        "INSERT INTO employer_account (employer_id, province_code, sector, taken_over, owed_vnd, oldest_unpaid,"
        " urged_on, underdeclared, unregistered, changed_at)"
        " VALUES (%s, %s, %s, '2026-01-01', %s, %s, %s, %s, %s, now())",
        [
            account.employer_id, account.province_code, account.sector, sum(map(unpaid, owed)),
            min((one.month for one in owed), default=None), account.urged_on, account.underdeclared,
            account.unregistered,
        ],
    )  # fmt: skip
    if account.urged_on is not None:
        connection.execute(
            "INSERT INTO urge (employer_id, document_number, issued_on, agency_id, staff, operation_id)"
            " VALUES (%s, '1/BHXH', %s, 'inspector-demo', 'x', gen_random_uuid())",
            [account.employer_id, account.urged_on],
        )
    if account.advance_vnd:
        connection.execute(
            "INSERT INTO payment (bank_id, reference, employer_id, value_date, amount_vnd, unallocated_vnd,"
            " operation_id, recorded_at) VALUES ('test', %s, %s, '2026-11-01', %s, %s, gen_random_uuid(), now())",
            [account.code, account.employer_id, account.advance_vnd, account.advance_vnd],
        )


def _store_charge(connection: psycopg.Connection[Any], owed: Owed) -> None:
    if owed.received_on is not None:
        connection.execute(
            "INSERT INTO declaration (employer_id, entry, received_at, operation_id, lines, accepted, refused, digest,"
            " content) VALUES (%s, %s, %s, gen_random_uuid(), 1, 1, 0, sha256('x'), '')",
            [owed.employer_id, owed.entry, datetime.combine(owed.received_on, datetime.min.time(), UTC)],
        )
    paid_on = max((day for day, _ in owed.paid), default=None)
    left = unpaid(owed)
    connection.execute(
        "INSERT INTO charge (employer_id, month, entry, fund, due_vnd, paid_vnd, paid_on, settled_on, changed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now())",
        [*owed[:5], owed.due_vnd - left, paid_on, None if left else paid_on],
    )
    for day, vnd in owed.paid:
        connection.execute(
            "INSERT INTO allocation (payment_id, employer_id, month, entry, fund, amount_vnd, value_date)"
            " VALUES (0, %s, %s, %s, %s, %s, %s)",
            [*owed[:4], vnd, day],
        )


def _store_report(connection: psycopg.Connection[Any], report: Report) -> None:
    row = report.row
    connection.execute(
        "INSERT INTO report (report_id, person_id, employer_id, province_code, kind, from_month, to_month,"
        " actual_base_vnd, statement, state, reported_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            row.report_id, row.person_id, report.employer_id, report.province_code, row.kind, AUGUST, SEPTEMBER,
            row.actual_base_vnd, row.statement, row.state, row.reported_at,
        ],
    )  # fmt: skip
    for number, step in enumerate(report.steps, start=1):
        connection.execute(
            "INSERT INTO report_step (report_id, step, state, at, agency_id, staff, reason, recovered_vnd)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [row.report_id, number, *step],
        )
