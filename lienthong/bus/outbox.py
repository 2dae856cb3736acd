"""How a message is written: in the transaction of what it tells.

At least once: a message that was put and committed is published until the broker
confirms it, by :mod:`lienthong.bus.relay`; one that was rolled back never existed.
Order of one key: see :mod:`lienthong.bus.tables`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString
from zlib import crc32

from psycopg import Connection

from lienthong.bus import envelope, topology
from lienthong.bus.tables import CHANNEL, LANES
from vss.bus.v1 import bus_pb2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message on its way out.

    ``type`` is the full name of the message in ``body``. ``mandatory``: it must reach a
    queue. Messages of one ``key`` leave in the order in which they were put; an empty
    ``key`` asks for no order.
    """

    exchange: str
    routing_key: str
    mandatory: bool
    type: str
    message_id: str
    body: bytes
    key: str = ""


def command(message: bus_pb2.Command) -> Outgoing:
    """A command on its way to the queue of its service, in the order of its key."""
    service = message.method.partition("/")[0]
    return Outgoing(
        exchange=topology.COMMANDS,
        routing_key=topology.command_queue(service),
        mandatory=True,
        type=envelope.COMMAND,
        message_id=message.operation_id,
        body=message.SerializeToString(),
        key=message.ordering_key,
    )


def result(message: bus_pb2.Result, *, reply_to: str) -> Outgoing:
    """A result on its way to ``reply_to``. Whoever waited on a temporary queue may be gone by then."""
    return Outgoing(
        exchange="",
        routing_key=reply_to,
        mandatory=not topology.is_temporary(reply_to),
        type=envelope.RESULT,
        message_id=message.operation_id,
        body=message.SerializeToString(),
    )


def event(message: bus_pb2.Event, *, key: str = "") -> Outgoing:
    """An event on its way to everybody who subscribed to it; nobody may have."""
    return Outgoing(
        exchange=topology.EVENTS,
        routing_key=message.type,
        mandatory=False,
        type=envelope.EVENT,
        message_id=message.event_id,
        body=message.SerializeToString(),
        key=key,
    )


def lane(message: Outgoing) -> int:
    """The lane of a message: that of its key, or any."""
    return crc32((message.key or message.message_id).encode()) % LANES


PUT: Final[LiteralString] = """
INSERT INTO outbox (lane, exchange, routing_key, mandatory, type, message_id, body)
SELECT m.lane, m.exchange, m.routing_key, m.mandatory, m.type, m.message_id, m.body
FROM unnest(%(lanes)b::smallint[], %(exchanges)b::text[], %(routing_keys)b::text[], %(mandatory)b::boolean[],
            %(types)b::text[], %(message_ids)b::text[], %(bodies)b::bytea[])
     WITH ORDINALITY AS m (lane, exchange, routing_key, mandatory, type, message_id, body, place)
ORDER BY m.place
"""
"""The statement behind :func:`put`, for whoever sends it in a pipeline with others."""


def parameters(messages: Sequence[Outgoing]) -> dict[str, Any]:
    """The parameters of :data:`PUT`."""
    return {
        "lanes": [lane(m) for m in messages],
        "exchanges": [m.exchange for m in messages],
        "routing_keys": [m.routing_key for m in messages],
        "mandatory": [m.mandatory for m in messages],
        "types": [m.type for m in messages],
        "message_ids": [m.message_id for m in messages],
        "bodies": [m.body for m in messages],
    }


RING: Final[LiteralString] = f"NOTIFY {CHANNEL}"
"""Wakes the relays: to be sent after the commit, as a transaction of its own.

A transaction that notifies holds one lock of the whole server until its commit is on
disk, so all that notify go to disk one after the other. One that does nothing else has
nothing to bring there. A ring that is lost costs a relay's next look, a second at most.
"""


def commit(connection: Connection[Any], messages: Sequence[Outgoing]) -> None:
    """Commit the transaction that ``BEGIN`` began and, if it put ``messages``, ring: one round trip."""
    connection.execute(f"COMMIT; {RING}" if messages else "COMMIT", prepare=False)


def put(connection: Connection[Any], messages: Sequence[Outgoing]) -> None:
    """Write messages in the transaction of ``connection``; they leave when it commits."""
    if messages:
        connection.execute(PUT, parameters(messages))
