"""What the gateway does with a command: read, complete, name, accept; the answer is 202.

The agency's Idempotency-Key names the operation: the same key with the same request is
the same operation again, with another request it is refused. A request that was accepted
is never lost; one that was not leaves nothing behind but its entry in the log.
"""

from dataclasses import dataclass, replace
from typing import Any

from gateway.accepting import Acceptance, Accepting, Operation, Outcome, digest_text, now_utc, uuid7
from gateway.citizens import check_citizen
from gateway.exchange import Exchange
from gateway.forms import Bound
from gateway.helper import Helper, filled, look_ups
from gateway.operation_rows import pending, row_values
from gateway.persons import Persons
from gateway.problems import Problem
from gateway.replies import Replies, Reply
from gateway.routes import Ask, Question, Route
from vss.access.v1 import access_pb2

# A longer body is read outside of the event loop.
_LARGE = 64 * 1024
# Somebody else gave the operation its name meanwhile: looked up again so often.
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A command with everything that the gateway adds, serialised."""

    request: bytes
    ordering_value: str


class Commands:
    """Accepts the commands of the contract."""

    def __init__(
        self,
        *,
        accepting: Accepting,
        persons: Persons,
        resolve_person: Ask,
        helper: Helper,
        replies: Replies,
    ) -> None:
        self._accepting = accepting
        self._persons = persons
        self._resolve_person = resolve_person
        self._helper = helper
        self._replies = replies

    async def accept(self, exchange: Exchange, route: Route, bound: Bound, body: bytes) -> Reply:
        """202 with the operation, new or known. Raises what ``problem_of`` knows."""
        ready: _Ready | None = None
        # A small one is taken for new: looking for its name first would cost more than reading it.
        look = len(body) > _LARGE
        for _ in range(_TRIES):
            if look and (known := await self._known_reply(exchange, route)) is not None:
                return known
            look = True
            if ready is None:
                try:
                    ready = await self._ready(exchange, route, bound, body)
                except Exception:
                    # Perhaps it was accepted before, and only now cannot be read or completed.
                    if (known := await self._known_reply(exchange, route)) is not None:
                        return known
                    raise
            operation = _operation(exchange, route, ready)
            reply = self._replies.accepted(exchange, str(operation.operation_id), pending(operation))
            entry = self._replies.entry(exchange, reply)
            match await self._written(exchange, Acceptance(operation, entry)):
                case Outcome.ACCEPTED:
                    return replace(reply, recorded=True)
                case Outcome.REPLAYED:
                    exchange.spends_nonce = False
                    raise Problem("replayed", "nonce in the log")
        raise Problem("unavailable", "the operation's name changes hands")

    async def _written(self, exchange: Exchange, acceptance: Acceptance) -> Outcome:
        try:
            return await self._accepting.accept(acceptance, deadline=exchange.deadline)
        except Exception:
            # It may have been written all the same, and then has spent the nonce: the refusal
            # must not look like a replay. Sent again under its name it is the same operation.
            exchange.spends_nonce = False
            raise

    async def _known_reply(self, exchange: Exchange, route: Route) -> Reply | None:
        known = await self._known(exchange, route)
        if known is None:
            return None
        return self._replies.accepted(exchange, str(known["operation_id"]), row_values(known))

    async def _known(self, exchange: Exchange, route: Route) -> dict[str, Any] | None:
        if exchange.agency is None or exchange.idempotency_key is None or exchange.digest is None:
            raise TypeError
        row = await self._accepting.find(exchange.agency.agency_id, exchange.idempotency_key)
        if row is None:
            return None
        same = row["rpc"] == route.capability.rpc and row["request_digest"] == digest_text(exchange.digest)
        # A citizens' portal asks for many: one of them is not told of another's operation.
        if not same or (exchange.citizen is not None and row["staff"] != exchange.staff):
            raise Problem("idempotency_conflict", f"names operation {row['operation_id']}")
        return row

    async def _ready(self, exchange: Exchange, route: Route, bound: Bound, body: bytes) -> _Ready:
        if len(body) > _LARGE and exchange.citizen is None:
            return await self._ready_large(exchange, route, bound, body)
        form = route.form
        request: Any = form.decode(body)
        exchange.subjects_asked = form.asked(request)
        form.bind(request, bound)
        if exchange.citizen is not None:
            question = Question(request, exchange.request_id, exchange.traceparent, exchange.deadline)
            person = await check_citizen(
                exchange.citizen, exchange.subjects_asked, question, self._resolve_person
            )
            form.bind(request, {access_pb2.BINDING_CITIZEN_ID: person})
        ordering = form.ordering_value(request)
        data: bytes = request.SerializeToString()
        wanted = look_ups(form.identifiers(request))
        if wanted:
            data = filled(form, data, await self._look_up(exchange, wanted))
        return _Ready(request=data, ordering_value=ordering)

    async def _ready_large(self, exchange: Exchange, route: Route, bound: Bound, body: bytes) -> _Ready:
        """The same, with every step that takes long in the helper."""
        form, deadline = route.form, exchange.deadline
        prepared = await self._helper.prepare(form, body, bound, deadline=deadline)
        exchange.pseudonyms = prepared.asked
        data = prepared.request
        if prepared.look_ups:
            persons = await self._look_up(exchange, prepared.look_ups)
            data = await self._helper.fill(form, data, persons, deadline=deadline)
        return _Ready(request=data, ordering_value=prepared.ordering)

    async def _look_up(self, exchange: Exchange, wanted: list[bytes]) -> list[bytes]:
        return await self._persons.look_up(
            wanted,
            request_id=exchange.request_id,
            traceparent=exchange.traceparent,
            deadline=exchange.deadline,
        )


def _operation(exchange: Exchange, route: Route, ready: _Ready) -> Operation:
    if exchange.agency is None or exchange.key is None or exchange.purpose is None:
        raise TypeError
    if exchange.idempotency_key is None or exchange.digest is None:
        raise TypeError
    accepted_at = now_utc()
    return Operation(
        operation_id=uuid7(accepted_at.timestamp()),
        agency_id=exchange.agency.agency_id,
        key_id=exchange.key.key_id,
        staff=exchange.staff,
        rpc=route.capability.rpc,
        purpose=exchange.purpose,
        legal_basis=exchange.legal_basis,
        idempotency_key=exchange.idempotency_key,
        evidence=exchange.digest,
        ordering_value=ready.ordering_value,
        request=ready.request,
        traceparent=exchange.traceparent,
        accepted_at=accepted_at,
    )
