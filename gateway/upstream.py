"""How each capability is reached: shared gRPC calls for those that the contract marks.

A shared call carries the request ids of everybody in it; one item's refusal is
its own. Guarantee: reads only, each answered once or refused with
``lienthong.rpc.errors.Refusal``, ``Overloaded`` or ``TooLate`` within its deadline.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import grpc.aio
from google.protobuf.message import Message

from gateway.routes import Ask, Question
from lienthong.access.contract import BatchCall, Capability
from lienthong.fields import WrongField, card_identifier
from lienthong.rpc.channels import Caller
from lienthong.rpc.coalesce import Coalescer, Item
from lienthong.rpc.errors import FieldViolation, InvalidArgument, Unavailable, from_status
from lienthong.telemetry import metrics, traces
from vss.identity.v1 import identity_pb2

# What the gateway keeps of the budget for its own work after a call: signing,
# the log's commit, sending.
MARGIN_SECONDS = 0.5
# Metadata of one call is limited to 8 KiB: this many request ids of 16 digits fit.
_MOST_IDS = 200
_CARD_CODE_LENGTH = 15
_RESOLVE = "vss.identity.v1.IdentityQueryService/ResolvePersons"


class Sharing:
    """How waiting is shared: bounds of every coalescer, or each request by itself."""

    def __init__(self, *, on: bool) -> None:
        self.max_batch = 200 if on else 1
        self.max_in_flight = 2 if on else 256

    def coalescer(self, name: str, send: Callable[[Sequence[Item[Any]]], Any]) -> Coalescer[Any, Any]:
        """A coalescer with its metrics."""
        return Coalescer(
            send,
            max_batch=self.max_batch,
            max_in_flight=self.max_in_flight,
            on_batch=batch_metrics(name),
        )


def batch_metrics(name: str) -> Callable[[int, int], None]:
    """Records the size of each batch and what was left waiting."""
    size, queue = metrics.batch(name), metrics.queue(name)

    def record(sent: int, left: int) -> None:
        size(sent)
        queue.set(left)

    return record


def ask_over_grpc(capability: Capability, channel: grpc.aio.Channel, sharing: Sharing) -> Ask:
    """The way to a capability's service: shared when the contract names a batch RPC."""
    if capability.batch is not None:
        return _shared_ask(capability.rpc, capability.batch, channel, sharing)
    call = Caller(channel, capability.rpc, capability.response_class)

    async def ask(question: Question) -> Message:
        return await _call(call, question.request, [question])

    return ask


def _shared_ask(name: str, batch: BatchCall, channel: grpc.aio.Channel, sharing: Sharing) -> Ask:
    call = Caller(channel, batch.rpc, batch.response_class)

    async def send(items: Sequence[Item[Question]]) -> list[Message | Exception]:
        questions = [item.request for item in items]
        request = batch.request_class(requests=[q.request for q in questions])
        response: Any = await _call(call, request, questions)
        return [_outcome(result) for result in response.results]

    coalescer = sharing.coalescer(name, send)

    def ask(question: Question) -> asyncio.Future[Message]:
        return coalescer.submit(question, deadline=question.deadline - MARGIN_SECONDS)

    return ask


def _outcome(result: Any) -> Message | Exception:
    if result.HasField("error"):
        return from_status(result.error)
    response: Message = result.response
    return response


def resolve_persons(channel: grpc.aio.Channel, sharing: Sharing) -> Ask:
    """The way from an identifier to its person_id (0 when unknown), shared like a read."""
    call = Caller(channel, _RESOLVE, identity_pb2.ResolvePersonsResponse)

    async def send(items: Sequence[Item[Question]]) -> list[int | Exception]:
        questions = [item.request for item in items]
        request = identity_pb2.ResolvePersonsRequest(identifiers=[q.request for q in questions])
        response: Any = await _call(call, request, questions)
        return list(response.person_ids)

    coalescer = sharing.coalescer(_RESOLVE, send)

    def ask(question: Question) -> asyncio.Future[Any]:
        # Refused here: the service refuses a call for one wrong item, and others share the call.
        try:
            identifier = card_identifier(question.request)
        except WrongField as error:
            raise InvalidArgument(FieldViolation("identifier", str(error))) from None
        # A card code ends in the social-insurance number.
        if len(identifier) == _CARD_CODE_LENGTH:
            question = replace(question, request=identifier[-10:])
        return coalescer.submit(question, deadline=question.deadline - MARGIN_SECONDS)

    return ask


async def _call(call: Caller, request: Message, questions: Sequence[Question]) -> Message:
    # The most patient of those who share the call decides; each of the others
    # still fails at its own deadline.
    latest = max(q.deadline for q in questions)
    timeout = latest - MARGIN_SECONDS - asyncio.get_running_loop().time()
    if timeout <= 0:
        raise Unavailable("DEADLINE_EXCEEDED", "no time left to ask")
    with traces.span(
        call.rpc, kind="client", parent=questions[0].traceparent, links=_others(questions)
    ) as traceparent:
        metadata = (
            ("x-request-id", ",".join(q.request_id for q in questions[:_MOST_IDS])),
            ("traceparent", traceparent),
        )
        return await call(request, timeout=timeout, metadata=metadata)


def _others(questions: Iterable[Question]) -> list[str]:
    return [q.traceparent for q in questions] if traces.enabled() else []
