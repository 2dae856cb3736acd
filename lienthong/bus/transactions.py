"""What all inboxes share: their words, what a handler publishes, and no transaction left open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import uuid4

import psycopg
from google.protobuf.message import Message
from psycopg.pq import TransactionStatus

from lienthong.bus import envelope, outbox
from vss.bus.v1 import bus_pb2

Clock: TypeAlias = Callable[[], datetime]
"""Now, in UTC."""

Connection: TypeAlias = psycopg.Connection[Any]
Outcome: TypeAlias = Literal["done", "refused", "too_late", "duplicate", "out_of_turn", "held"]


class Unknown(Exception):
    """No method is known for this message; set aside at once."""


class Unreadable(Exception):
    """The envelope reads, but not what is in it; set aside at once."""


class Publishing:
    """Collects what one handler publishes; the inbox writes it with the rest."""

    __slots__ = ("_clock", "_key", "_operation_id", "_traceparent", "events")

    def __init__(self, clock: Clock, *, operation_id: str = "", traceparent: str = "", key: str = "") -> None:
        self._clock = clock
        self._operation_id = operation_id
        self._traceparent = traceparent
        self._key = key
        self.events: list[outbox.Outgoing] = []

    def __call__(self, event: Message, *, key: str = "") -> None:
        """See :class:`lienthong.bus.handling.Publish`."""
        wrapped = bus_pb2.Event(
            event_id=str(uuid4()),
            type=event.DESCRIPTOR.full_name,
            payload=event.SerializeToString(),
            operation_id=self._operation_id,
            traceparent=self._traceparent,
            schema_version=envelope.SCHEMA_VERSION,
        )
        wrapped.occurred_at.FromDatetime(self._clock())
        self.events.append(outbox.event(wrapped, key=key or self._key))


@contextmanager
def rolled_back_on_error(connection: Connection) -> Iterator[None]:
    """Whatever is raised inside leaves the connection without a transaction, or closed."""
    try:
        yield
    except BaseException:
        if connection.pgconn.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
            try:
                connection.execute(b"ROLLBACK")
            except psycopg.Error:
                connection.close()
        elif connection.pgconn.transaction_status != TransactionStatus.IDLE:
            connection.close()  # in the middle of a statement: its end is unknown
        raise
