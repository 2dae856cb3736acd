"""What travels over the bus, and the AMQP properties around it.

A body is a serialised message of ``vss.bus.v1``; its AMQP ``type`` is the message's
full name and its content type :data:`CONTENT_TYPE`. Delivery is at least once.
"""

from typing import Final, TypeAlias

from google.protobuf.message import DecodeError

from vss.bus.v1 import bus_pb2

CONTENT_TYPE: Final = "application/vnd.vss.bus+protobuf"
SCHEMA_VERSION: Final = 1
"""Version of the envelope; a consumer sets aside what it does not know."""

ATTEMPTS: Final = "x-attempts"
"""Header: how often a message was tried and failed; absent on its first way."""
REPLAYED: Final = "x-replayed"
"""Header, true: an operator sent it again from the dead-letter queue."""
REASON: Final = "x-reason"
"""Header on a message set aside: the code of :class:`vss.bus.v1.Held`."""
ERROR: Final = "x-error"
"""Header on a message set aside: the class of the last error, never its text."""
HELD_AT: Final = "x-held-at"
"""Header on a message set aside: seconds since 1970, UTC."""

Envelope: TypeAlias = bus_pb2.Command | bus_pb2.Result | bus_pb2.Event

COMMAND: Final = "vss.bus.v1.Command"
RESULT: Final = "vss.bus.v1.Result"
EVENT: Final = "vss.bus.v1.Event"

_CLASSES: Final[dict[str, type[Envelope]]] = {
    COMMAND: bus_pb2.Command,
    RESULT: bus_pb2.Result,
    EVENT: bus_pb2.Event,
}


class Unreadable(Exception):
    """Not a message of this bus; says which property is wrong, never what the body held."""


def parse(content_type: str | None, kind: str | None, body: bytes) -> Envelope:
    """The message in a delivery.

    ``kind`` is the AMQP property ``type``. Raises :class:`Unreadable` for a foreign
    content type, an unknown type, a body that does not parse or another version.
    """
    if content_type != CONTENT_TYPE:
        raise Unreadable("content type")
    known = _CLASSES.get(kind or "")
    if known is None:
        raise Unreadable("type")
    try:
        message = known.FromString(body)
    except DecodeError:
        raise Unreadable("body") from None
    if message.schema_version != SCHEMA_VERSION:
        raise Unreadable("schema version")
    return message
