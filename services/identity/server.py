"""The servicer: translate, query, translate. A single request is a batch of one."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import grpc.aio

from lienthong.clock import Today, vietnam_today
from lienthong.db.pool import Pool
from lienthong.rpc.batches import each, in_chunks, require_batch
from lienthong.rpc.errors import Refusal, to_status
from lienthong.rpc.service import Service
from lienthong.statistics.reading import Statistics
from lienthong.statistics.serving import StatisticsService
from services.identity import translate
from services.identity.domain import Verdict, verify
from services.identity.queries import Persons, PostgresPersons
from services.identity.verifications import Verifications
from vss.identity.v1 import identity_pb2 as pb
from vss.identity.v1 import identity_pb2_grpc, statistics_pb2_grpc
from vss.types.v1 import text_pb2

FULL_NAME = "vss.identity.v1.IdentityQueryService"
STATISTICS = "vss.identity.v1.IdentityStatisticsService"

_LOOKED_UP_AT_ONCE = 1_000
"""One statement each: a whole declaration as a rule, and a few milliseconds of the event loop."""


Note = Callable[[date, Sequence[Verdict]], None]
"""Hears the first day of the month and what was answered in it."""


def _unnoted(_month: date, _verdicts: Sequence[Verdict]) -> None:
    """Nobody counts."""


class IdentityQuery(identity_pb2_grpc.IdentityQueryServiceServicer):
    """``vss.identity.v1.IdentityQueryService``.

    ``note`` hears what was verified: not what other parts of this system look up.
    """

    def __init__(self, persons: Persons, *, today: Today = vietnam_today, note: Note = _unnoted) -> None:
        self._persons = persons
        self._today = today
        self._note = note

    async def VerifyIdentity(
        self, request: pb.VerifyIdentityRequest, _context: Any
    ) -> pb.VerifyIdentityResponse:
        """See the contract."""
        (verdict,) = await self._verdicts([request])
        if isinstance(verdict, Refusal):
            raise verdict
        response = pb.VerifyIdentityResponse()
        translate.fill(response, verdict)
        return response

    async def BatchVerifyIdentity(
        self, request: pb.BatchVerifyIdentityRequest, _context: Any
    ) -> pb.BatchVerifyIdentityResponse:
        """See the contract."""
        require_batch(request.requests)
        answer = pb.BatchVerifyIdentityResponse()
        for verdict in await in_chunks(request.requests, self._verdicts):
            result = answer.results.add()
            if isinstance(verdict, Refusal):
                result.error.CopyFrom(to_status(verdict))
            else:
                translate.fill(result.response, verdict)
        return answer

    async def ResolvePersons(
        self, request: pb.ResolvePersonsRequest, _context: Any
    ) -> pb.ResolvePersonsResponse:
        """See the contract."""
        identifiers = translate.to_identifiers(request)
        return pb.ResolvePersonsResponse(person_ids=await in_chunks(identifiers, self._persons.person_ids))

    async def LookUpPersons(
        self, request: pb.LookUpPersonsRequest, _context: Any
    ) -> pb.LookUpPersonsResponse:
        """See the contract."""
        identifiers = translate.to_looked_up(request)
        persons = await in_chunks(identifiers, self._looked_up, chunk=_LOOKED_UP_AT_ONCE)
        return pb.LookUpPersonsResponse(persons=persons)

    async def _looked_up(self, identifiers: Sequence[str]) -> list[text_pb2.Person]:
        return translate.to_persons(await self._persons.records(identifiers))

    async def _verdicts(self, requests: Sequence[pb.VerifyIdentityRequest]) -> list[Verdict | Refusal]:
        today = self._today()
        claims = each(requests, partial(translate.to_claim, today=today))
        asked = [claim.identifier for claim in claims if not isinstance(claim, Refusal)]
        persons = iter(await self._persons.persons(asked) if asked else ())
        answers = [claim if isinstance(claim, Refusal) else verify(claim, next(persons)) for claim in claims]
        self._note(today.replace(day=1), [answer for answer in answers if isinstance(answer, Verdict)])
        return answers


class IdentityStatistics(StatisticsService, statistics_pb2_grpc.IdentityStatisticsServiceServicer):
    """``vss.identity.v1.IdentityStatisticsService``."""


class Servicers(NamedTuple):
    """What the process serves, and what it writes down behind the answers."""

    query: IdentityQuery
    statistics: IdentityStatistics
    verifications: Verifications


def _servicers(pool: Pool) -> Servicers:
    persons = PostgresPersons(pool)
    verifications = Verifications(persons.write_verified)
    return Servicers(
        IdentityQuery(persons, note=verifications.note), IdentityStatistics(Statistics(pool)), verifications
    )


def _add(servicers: Servicers, server: grpc.aio.Server) -> None:
    identity_pb2_grpc.add_IdentityQueryServiceServicer_to_server(servicers.query, server)  # type: ignore[no-untyped-call]
    statistics_pb2_grpc.add_IdentityStatisticsServiceServicer_to_server(servicers.statistics, server)  # type: ignore[no-untyped-call]


async def _finish(servicers: Servicers) -> None:
    await servicers.verifications.finish()


SERVICE = Service(
    name="identity",
    full_name=FULL_NAME,
    servicer=_servicers,
    add=_add,
    also=(STATISTICS,),
    finish=_finish,
)
