"""The servicer: translate, query, translate. A single request is a batch of one."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from lienthong.clock import Today, vietnam_today
from lienthong.rpc.batches import each, in_chunks, require_batch
from lienthong.rpc.errors import Refusal, to_status
from lienthong.rpc.service import Service
from services.identity import translate
from services.identity.domain import Verdict, verify
from services.identity.queries import Persons, PostgresPersons
from vss.identity.v1 import identity_pb2 as pb
from vss.identity.v1 import identity_pb2_grpc
from vss.types.v1 import text_pb2

FULL_NAME = "vss.identity.v1.IdentityQueryService"

_LOOKED_UP_AT_ONCE = 1_000
"""One statement each: a whole declaration as a rule, and a few milliseconds of the event loop."""


class IdentityQuery(identity_pb2_grpc.IdentityQueryServiceServicer):
    """``vss.identity.v1.IdentityQueryService``."""

    def __init__(self, persons: Persons, *, today: Today = vietnam_today) -> None:
        self._persons = persons
        self._today = today

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
        claims = each(requests, partial(translate.to_claim, today=self._today()))
        asked = [claim.identifier for claim in claims if not isinstance(claim, Refusal)]
        persons = iter(await self._persons.persons(asked) if asked else ())
        return [claim if isinstance(claim, Refusal) else verify(claim, next(persons)) for claim in claims]


SERVICE = Service(
    name="identity",
    full_name=FULL_NAME,
    servicer=lambda pool: IdentityQuery(PostgresPersons(pool)),
    add=identity_pb2_grpc.add_IdentityQueryServiceServicer_to_server,
)
