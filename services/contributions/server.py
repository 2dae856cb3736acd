"""The servicer: translate, query, domain, translate."""

from typing import Any, NamedTuple

import grpc.aio

from lienthong.clock import Today, vietnam_today
from lienthong.db.pool import Pool
from lienthong.rpc.errors import NotFound, PermissionDenied
from lienthong.rpc.service import Service
from lienthong.statistics.reading import Statistics
from lienthong.statistics.serving import StatisticsService
from services.contributions.domain.months import MonthQuery
from services.contributions.domain.statements import statement
from services.contributions.queries.debtors import Debtors, PostgresDebtors
from services.contributions.queries.ledgers import Ledgers, PostgresLedgers
from services.contributions.queries.months import Contributions, PostgresContributions
from services.contributions.queries.reports import PostgresReports, Reports
from services.contributions.queries.statements import PostgresStatements, Statements
from services.contributions.tokens import Listing
from services.contributions.translate import debtors, ledger, months, reports, statements
from services.contributions.translate.commands import employer_unknown
from vss.contributions.v1 import contributions_pb2 as pb
from vss.contributions.v1 import contributions_pb2_grpc, statistics_pb2_grpc

FULL_NAME = "vss.contributions.v1.ContributionsQueryService"
STATISTICS = "vss.contributions.v1.ContributionsStatisticsService"


class Sources(NamedTuple):
    """Where the answers come from, one for each question."""

    months: Contributions
    ledgers: Ledgers
    statements: Statements
    debtors: Debtors
    reports: Reports


def postgres(pool: Pool) -> Sources:
    """The real database."""
    return Sources(
        PostgresContributions(pool),
        PostgresLedgers(pool),
        PostgresStatements(pool),
        PostgresDebtors(pool),
        PostgresReports(pool),
    )


class ContributionsQuery(contributions_pb2_grpc.ContributionsQueryServiceServicer):
    """``vss.contributions.v1.ContributionsQueryService``."""

    def __init__(self, sources: Sources, *, today: Today = vietnam_today) -> None:
        self._sources = sources
        self._today = today

    async def ListContributionMonths(
        self, request: pb.ListContributionMonthsRequest, _context: Any
    ) -> pb.ListContributionMonthsResponse:
        """See the contract."""
        query = months.to_query(request)
        _check_somebody(query)
        today = self._today()
        page = await self._sources.months.page(query, this_month=today.replace(day=1))
        _check_row(query, known=page.known)
        return months.to_response(query, page, today=today)

    async def GetLedger(self, request: pb.GetLedgerRequest, _context: Any) -> pb.GetLedgerResponse:
        """See the contract."""
        query = months.to_query(request, Listing.LEDGER)
        _check_somebody(query)
        today = self._today()
        whole = query.sees_all and query.after is None
        page = await self._sources.ledgers.page(query, today=today, whole=whole)
        _check_row(query, known=page.known)
        return ledger.to_response(query, page, today=today, whole=whole)

    async def GetEmployerStatement(
        self, request: pb.GetEmployerStatementRequest, _context: Any
    ) -> pb.GetEmployerStatementResponse:
        """See the contract."""
        today = self._today()
        query = statements.to_query(request, today=today)
        account = await self._sources.statements.account(
            query.employer_code, as_of=query.as_of, past=query.as_of < today
        )
        if account is None:
            raise employer_unknown()
        unit, charges = account
        statements.check_province(query, unit)
        found = statement(
            unit, charges, as_of=query.as_of.toordinal(), today=today.toordinal(), days=query.days
        )
        return statements.to_response(query, unit, found)

    async def ListDebtors(self, request: pb.ListDebtorsRequest, _context: Any) -> pb.ListDebtorsResponse:
        """See the contract."""
        query = debtors.to_query(request)
        today = self._today()
        page = await self._sources.debtors.page(query, today=today)
        return debtors.to_response(query, page, today=today)

    async def GetReport(self, request: pb.GetReportRequest, _context: Any) -> pb.GetReportResponse:
        """See the contract."""
        report_id, viewer = reports.to_question(request)
        found = await self._sources.reports.history(report_id, viewer)
        if found is None:
            raise reports.unknown()
        return reports.to_history(found)

    async def ListReports(self, request: pb.ListReportsRequest, _context: Any) -> pb.ListReportsResponse:
        """See the contract."""
        query = reports.to_query(request)
        return reports.to_list(query, await self._sources.reports.page(query))


def _check_somebody(query: MonthQuery) -> None:
    """Raises ``NotFound`` for nobody, except to who sees a part only and learns it from the row rule alone."""
    if query.sees_all and query.person_id == 0:
        reason = "PERSON_NOT_FOUND"
        raise NotFound(reason, "nobody has this identifier")


def _check_row(query: MonthQuery, *, known: bool) -> None:
    """Raises ``PermissionDenied`` when an employer asks for somebody whom it never declared.

    And when an inspector asks for somebody whom no unit of his province ever declared.
    Also for nobody at all: neither learns anything about who exists.
    """
    if not query.sees_all and not known:
        reason = "ROW_DENIED"
        where = "in this province" if query.employer_code is None else "by this employer"
        raise PermissionDenied(reason, f"this person was never declared {where}")


class ContributionsStatistics(StatisticsService, statistics_pb2_grpc.ContributionsStatisticsServiceServicer):
    """``vss.contributions.v1.ContributionsStatisticsService``."""


Servicers = tuple[ContributionsQuery, ContributionsStatistics]


def _servicers(pool: Pool) -> Servicers:
    return ContributionsQuery(postgres(pool)), ContributionsStatistics(Statistics(pool))


def _add(servicers: Servicers, server: grpc.aio.Server) -> None:
    query, statistics = servicers
    contributions_pb2_grpc.add_ContributionsQueryServiceServicer_to_server(query, server)  # type: ignore[no-untyped-call]
    statistics_pb2_grpc.add_ContributionsStatisticsServiceServicer_to_server(statistics, server)  # type: ignore[no-untyped-call]


SERVICE = Service(
    name="contributions",
    full_name=FULL_NAME,
    servicer=_servicers,
    add=_add,
    also=(STATISTICS,),
)
