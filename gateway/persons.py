"""The persons behind identifiers, from the identity service, for commands that carry them along.

One call for up to 10,000 identifiers; small commands that come while one is under way
share the next. Requests and answers of large ones stay serialised: what is done with
them is done by whoever holds the command, ``gateway.helper``.
"""

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import grpc.aio

from gateway.accepting import GATHER_S
from gateway.upstream import MARGIN_SECONDS
from lienthong.rpc.channels import refusal_of
from lienthong.rpc.coalesce import Coalescer, Item
from lienthong.rpc.errors import Refusal, Unavailable
from lienthong.telemetry import metrics, traces
from vss.identity.v1 import identity_pb2

_LOOK_UP = "/vss.identity.v1.IdentityQueryService/LookUpPersons"
# One caller's calls that are under way at once.
_AT_ONCE = 2
# Some twenty identifiers: what is longer has a call of its own.
_SHARED_BYTES = 320
_MOST_SHARED = 100


class _Asked(NamedTuple):
    """One command's question."""

    request: bytes
    request_id: str
    traceparent: str


class Persons:
    """Asks ``LookUpPersons``."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_LOOK_UP)
        size = metrics.batch("look_up")
        self._shared: Coalescer[_Asked, bytes] = Coalescer(
            self._together,
            max_batch=_MOST_SHARED,
            max_in_flight=1,
            on_batch=lambda sent, _: size(sent),
            pause_s=GATHER_S,
        )

    async def look_up(
        self, requests: Sequence[bytes], *, request_id: str, traceparent: str, deadline: float
    ) -> list[bytes]:
        """The answers, in order, by ``deadline`` (loop time). Raises ``lienthong.rpc.errors.Refusal``."""
        if len(requests) == 1 and len(requests[0]) <= _SHARED_BYTES:
            asked = _Asked(requests[0], request_id, traceparent)
            return [await self._shared.submit(asked, deadline=deadline - MARGIN_SECONDS)]
        answers: list[bytes] = []
        for i in range(0, len(requests), _AT_ONCE):
            calls = [
                self._one(request, request_id, traceparent, deadline)
                for request in requests[i : i + _AT_ONCE]
            ]
            answers += await asyncio.gather(*calls)
        return answers

    async def _together(self, items: Sequence[Item[_Asked]]) -> list[bytes | Exception]:
        """One call for all of them; the most patient decides how long. Refused, each asks for himself."""
        asked = [item.request for item in items]
        deadline = max(item.deadline for item in items) + MARGIN_SECONDS
        try:
            # Serialised messages one after the other are one message with the identifiers of all.
            whole = b"".join(one.request for one in asked)
            ids = ",".join(one.request_id for one in asked)
            answer = await self._one(whole, ids, asked[0].traceparent, deadline)
        except Unavailable:
            raise
        except Refusal as error:
            if len(asked) == 1:
                return [error]
            # Which one it was is not told.
            return [outcome for item in items for outcome in await self._together([item])]
        return [*_parted(asked, answer)] if len(asked) > 1 else [answer]

    async def _one(self, request: bytes, request_id: str, traceparent: str, deadline: float) -> bytes:
        timeout = deadline - MARGIN_SECONDS - asyncio.get_running_loop().time()
        if timeout <= 0:
            raise Unavailable("DEADLINE_EXCEEDED", "no time left to ask")
        with traces.span(_LOOK_UP[1:], kind="client", parent=traceparent) as passed_on:
            metadata = (("x-request-id", request_id), ("traceparent", passed_on))
            try:
                return await self._call(request, timeout=timeout, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                raise refusal_of(error) from None


def _parted(asked: Sequence[_Asked], answer: bytes) -> list[bytes]:
    """The answer of each of those who shared a call. Raises ``ValueError`` for one that is too short or long."""
    persons = iter(identity_pb2.LookUpPersonsResponse.FromString(answer).persons)
    parts = []
    for one in asked:
        wanted = len(identity_pb2.LookUpPersonsRequest.FromString(one.request).identifiers)
        mine = list(islice(persons, wanted))
        if len(mine) != wanted:
            raise ValueError("fewer persons than were asked for")
        parts.append(identity_pb2.LookUpPersonsResponse(persons=mine).SerializeToString())
    if next(persons, None) is not None:
        raise ValueError("more persons than were asked for")
    return parts
