"""The servicer: translate, query, translate. A single request is a batch of one."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import grpc.aio

from lienthong.clock import Today, vietnam_today
from lienthong.db.pool import Pool
from lienthong.rpc.batches import each, in_chunks, require_batch
from lienthong.rpc.errors import NotFound, Refusal, to_status
from lienthong.rpc.service import Service
from lienthong.statistics.serving import StatisticsService
from lienthong.statistics.shares import StatisticsWithShares
from services.health_claims import history_server
from services.health_claims.certificate_server import Certificates, certificates
from services.health_claims.domain.coverage import CARD_CODE_LENGTH, Decision, Inquiry, cards_on
from services.health_claims.domain.visit import decide_visit
from services.health_claims.history_queries import PostgresHistory
from services.health_claims.history_server import HistoryQuery
from services.health_claims.queries import CoverageRecords, PostgresCoverage
from services.health_claims.translate import coverage as translate
from vss.health_claims.v1 import health_claims_pb2 as pb
from vss.health_claims.v1 import health_claims_pb2_grpc, history_pb2_grpc, statistics_pb2_grpc

FULL_NAME = "vss.health_claims.v1.HealthClaimsQueryService"
STATISTICS = "vss.health_claims.v1.HealthClaimsStatisticsService"

Answer = tuple[Inquiry, Decision] | Refusal


class HealthClaimsQuery(health_claims_pb2_grpc.HealthClaimsQueryServiceServicer):
    """``vss.health_claims.v1.HealthClaimsQueryService``."""

    def __init__(
        self,
        records: CoverageRecords,
        *,
        today: Today = vietnam_today,
        certificates: Certificates | None = None,
    ) -> None:
        self._records = records
        self._certificates = certificates or Certificates(records)
        self._today = today

    async def CheckCoverage(
        self, request: pb.CheckCoverageRequest, _context: Any
    ) -> pb.CheckCoverageResponse:
        """See the contract."""
        facilities = await self._records.facilities()
        (answer,) = await self._answers([request])
        if isinstance(answer, Refusal):
            raise answer
        response = pb.CheckCoverageResponse()
        inquiry, decision = answer
        translate.fill(response, decision, inquiry, facilities)
        return response

    async def BatchCheckCoverage(
        self, request: pb.BatchCheckCoverageRequest, _context: Any
    ) -> pb.BatchCheckCoverageResponse:
        """See the contract."""
        require_batch(request.requests)
        facilities = await self._records.facilities()
        whole = pb.BatchCheckCoverageResponse()
        add = whole.results.add
        for answer in await in_chunks(request.requests, self._answers):
            if isinstance(answer, Refusal):
                add().error.CopyFrom(to_status(answer))
            else:
                inquiry, decision = answer
                translate.fill(add().response, decision, inquiry, facilities)
        return whole

    async def GetCoverage(self, request: pb.GetCoverageRequest, _context: Any) -> pb.GetCoverageResponse:
        """See the contract."""
        asked = translate.to_as_of(request, today=self._today())
        facilities = await self._records.facilities()
        (holder,) = await self._records.holders([asked.identifier])
        wrong_card = len(asked.identifier) == CARD_CODE_LENGTH and (
            holder is None or all(card.code != asked.identifier for card in holder.cards)
        )
        if holder is None or wrong_card:
            reason = "HOLDER_NOT_FOUND"
            raise NotFound(reason, "nobody has this identifier")
        return translate.as_of_response(asked, holder, cards_on(holder, asked.day), facilities)

    async def IssueCertificate(
        self, request: pb.IssueCertificateRequest, _context: Any
    ) -> pb.IssueCertificateResponse:
        """See the contract."""
        return await self._certificates.issue(request)

    async def _answers(self, requests: Sequence[pb.CheckCoverageRequest]) -> list[Answer]:
        inquiries = each(requests, partial(translate.to_inquiry, today=self._today()))
        asked = [inquiry for inquiry in inquiries if not isinstance(inquiry, Refusal)]
        keys = [inquiry.identifier for inquiry in asked]
        years = [0 if inquiry.visit is None else inquiry.day.year for inquiry in asked]
        facilities = await self._records.facilities()
        holders = iter(await self._records.holders(keys, years) if keys else ())
        return [
            inquiry
            if isinstance(inquiry, Refusal)
            else (inquiry, decide_visit(inquiry, next(holders), facilities))
            for inquiry in inquiries
        ]


class HealthClaimsStatistics(StatisticsService, statistics_pb2_grpc.HealthClaimsStatisticsServiceServicer):
    """``vss.health_claims.v1.HealthClaimsStatisticsService``."""


Servicers = tuple[HealthClaimsQuery, HistoryQuery, HealthClaimsStatistics]


def _servicers(pool: Pool) -> Servicers:
    coverage = PostgresCoverage(pool)
    return (
        HealthClaimsQuery(coverage, certificates=certificates(pool)),
        HistoryQuery(PostgresHistory(pool), coverage.facilities),
        HealthClaimsStatistics(StatisticsWithShares(pool)),
    )


def _add(servicers: Servicers, server: grpc.aio.Server) -> None:
    query, history, statistics = servicers
    health_claims_pb2_grpc.add_HealthClaimsQueryServiceServicer_to_server(query, server)  # type: ignore[no-untyped-call]
    history_pb2_grpc.add_HistoryQueryServiceServicer_to_server(history, server)  # type: ignore[no-untyped-call]
    statistics_pb2_grpc.add_HealthClaimsStatisticsServiceServicer_to_server(statistics, server)  # type: ignore[no-untyped-call]


SERVICE = Service(
    name="health_claims",
    full_name=FULL_NAME,
    servicer=_servicers,
    add=_add,
    also=(history_server.FULL_NAME, STATISTICS),
)
