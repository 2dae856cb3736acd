"""Takes in what tells instead of commanding: events of other services, and results of commands.

The mark of an event is its row in ``inbox_event``. A result has no mark here: the
operation that it completes is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, LiteralString
from uuid import UUID

from google.protobuf.message import DecodeError, Message

from lienthong.bus import outbox, sharing
from lienthong.bus.dispatch import EventMethod
from lienthong.bus.handling import EventContext, ResultContext, ResultHandler
from lienthong.bus.transactions import (
    Clock,
    Connection,
    Outcome,
    Publishing,
    Unknown,
    Unreadable,
    rolled_back_on_error,
)
from vss.bus.v1 import bus_pb2

# After the commit, as outbox.RING is and for the same reason.
_NOTIFY: Final[LiteralString] = (
    "SELECT pg_notify(n.channel, n.payload) FROM unnest(%s::text[], %s::text[]) AS n (channel, payload)"
)

_MARK_EVENT: Final[LiteralString] = (
    "INSERT INTO inbox_event (event_id) VALUES (%(id)b) ON CONFLICT DO NOTHING RETURNING true"
)


class EventInbox:
    """Takes in the events that one service subscribed to. ``methods`` by full name of the event."""

    def __init__(self, methods: Mapping[str, EventMethod], *, clock: Clock) -> None:
        self._methods = methods
        self._clock = clock

    def receive(self, connection: Connection, event: bus_pb2.Event) -> Outcome:
        """Take ``event`` in, once. Raises as :meth:`CommandInbox.receive` does."""
        taken = self._read(event)
        with rolled_back_on_error(connection):
            connection.execute(b"BEGIN")
            marked = connection.execute(_MARK_EVENT, {"id": taken.event_id})
            if marked.fetchone() is None:
                connection.execute(b"ROLLBACK")
                return "duplicate"
            taken.method.call(taken.payload, taken.context(connection, self._clock()))
            outbox.put(connection, taken.publishing.events)
            outbox.commit(connection, taken.publishing.events)
            return "done"

    def receive_all(self, connection: Connection, events: Sequence[bus_pb2.Event]) -> None:
        """Take all of them in, in one transaction. Raises as :meth:`CommandInbox.receive_all` does."""
        every = [self._read(event) for event in events]
        with rolled_back_on_error(connection):
            sharing.claim_events(connection, [taken.event_id for taken in every])
            for method, alike in groupby(sorted(every, key=_name), key=_method):
                _take_in(method, list(alike), connection, self._clock())
            messages = [message for taken in every for message in taken.publishing.events]
            outbox.put(connection, messages)
            outbox.commit(connection, messages)

    def _read(self, event: bus_pb2.Event) -> "_Taken":
        method = self._methods.get(event.type)
        if method is None:
            raise Unknown(event.type)
        try:
            event_id = UUID(event.event_id)
            operation_id = UUID(event.operation_id) if event.operation_id else None
            payload = method.payload.FromString(event.payload)
        except (ValueError, DecodeError):
            raise Unreadable("event") from None
        publishing = Publishing(self._clock, operation_id=event.operation_id, traceparent=event.traceparent)
        occurred_at = event.occurred_at.ToDatetime(UTC)
        return _Taken(event_id, operation_id, occurred_at, method, payload, publishing)


@dataclass(frozen=True, slots=True)
class _Taken:
    """An event and what takes it in."""

    event_id: UUID
    operation_id: UUID | None
    occurred_at: datetime
    method: EventMethod
    payload: Message
    publishing: Publishing

    def context(self, connection: Connection, now: datetime) -> EventContext:
        """What the method is given besides the event."""
        return EventContext(
            connection=connection,
            event_id=self.event_id,
            operation_id=self.operation_id,
            occurred_at=self.occurred_at,
            now=now,
            publish=self.publishing,
        )


def _take_in(method: EventMethod, some: Sequence[_Taken], connection: Connection, now: datetime) -> None:
    """Events of one kind, all at once."""
    if method.call_all is None:
        raise sharing.Apart
    method.call_all([taken.payload for taken in some], [taken.context(connection, now) for taken in some])


def _name(taken: _Taken) -> str:
    return taken.method.name


def _method(taken: _Taken) -> EventMethod:
    return taken.method


class ResultInbox:
    """Takes in results; ``handler`` must leave an operation alone that is finished."""

    def __init__(self, handler: ResultHandler, *, clock: Clock) -> None:
        self._handler = handler
        self._clock = clock

    def receive(self, connection: Connection, result: bus_pb2.Result) -> Outcome:
        """Take ``result`` in, in one transaction. Raises what the handler raises."""
        self._take_in(connection, [result])
        return "done"

    def receive_all(self, connection: Connection, results: Sequence[bus_pb2.Result]) -> None:
        """As :meth:`receive`, for all of them. Raises :class:`lienthong.bus.sharing.Apart` for two of one operation."""
        if len({result.operation_id for result in results}) < len(results):
            raise sharing.Apart
        self._take_in(connection, results)

    def _take_in(self, connection: Connection, results: Sequence[bus_pb2.Result]) -> None:
        with rolled_back_on_error(connection):
            connection.execute(b"BEGIN")
            notices: list[tuple[str, str]] = []
            context = ResultContext(connection=connection, now=self._clock(), notices=notices)
            self._handler(results, context)
            connection.execute(b"COMMIT")
            if notices:
                connection.execute(_NOTIFY, [list(column) for column in zip(*notices, strict=True)])
