"""The dead-letter queues: what was set aside, to be looked at, sent again or dropped.

Looking takes every message in hand and gives it back, so that for a moment another
operator sees fewer. Sending again is at least once: a message is acknowledged here
only after the broker has confirmed it there.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, TypeAlias

import pika
from google.protobuf import descriptor_pool
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from pika.exceptions import ChannelClosedByBroker, NackError, UnroutableError

from lienthong.bus import envelope, topology
from lienthong.bus.broker import Broker
from lienthong.bus.errors import BusRefused, NoSuchLetter
from lienthong.bus.operating import connected
from vss.bus.v1 import bus_pb2

MOST: Final = 1_000
"""Messages that one command looks at, oldest first."""

Recording: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Records what is done to the message of this id, before the block in which it is done."""

_SUFFIX: Final = topology.dead_queue("")
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that was set aside: what its envelope says, nothing of what it carries.

    ``letter_id`` is its message id, or ``sha256:`` and the beginning of its digest
    when it has none. ``about`` holds fields of the envelope by name.
    """

    letter_id: str
    type: str
    reason: str
    error: str
    attempts: int
    held_at: datetime | None
    octets: int
    about: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Delivery:
    tag: int
    properties: Any
    body: bytes


def queues(which: topology.Topology) -> tuple[str, ...]:
    """The dead-letter queues of a topology."""
    return tuple(topology.dead_queue(name) for name in which.work)


def letters(broker: Broker, queue: str, *, limit: int = MOST) -> list[Letter]:
    """What lies in ``queue``, oldest first, at most ``limit``. Raises ``BusRefused`` without such a queue."""
    with _opened(broker, queue) as channel:
        return [_letter(delivery) for delivery in _deliveries(channel, queue, limit)]


def payload(broker: Broker, queue: str, letter_id: str) -> dict[str, Any]:
    """The message inside the envelope, in JSON names: personal data. Raises :class:`NoSuchLetter`."""
    with _opened(broker, queue) as channel:
        return _content(next(_chosen(channel, queue, [letter_id])))


def replay(
    broker: Broker, queue: str, letter_ids: Collection[str] | None, *, recording: Recording
) -> Iterator[str]:
    """Send messages to the queue that they were set aside from, marked as replayed; yields each id.

    ``letter_ids`` None stands for all that are there now. Raises :class:`NoSuchLetter`
    after the others were sent; ``BusRefused`` if the broker does not take one, which is
    then still here.
    """
    target = queue.removesuffix(_SUFFIX)
    with _opened(broker, queue) as channel:
        channel.confirm_delivery()
        for delivery in _chosen(channel, queue, letter_ids):
            with recording(_id(delivery)):
                try:
                    channel.basic_publish("", target, delivery.body, _marked(delivery), mandatory=True)
                except (UnroutableError, NackError) as error:
                    raise BusRefused(f"{target}: {type(error).__name__}") from error
                channel.basic_ack(delivery.tag)
            yield _id(delivery)


def drop(
    broker: Broker, queue: str, letter_ids: Collection[str] | None, *, recording: Recording
) -> Iterator[str]:
    """Forget messages for good; yields each id. As :func:`replay`."""
    with _opened(broker, queue) as channel:
        for delivery in _chosen(channel, queue, letter_ids):
            with recording(_id(delivery)):
                channel.basic_ack(delivery.tag)
            yield _id(delivery)


def _marked(delivery: _Delivery) -> pika.BasicProperties:
    kept = delivery.properties
    return pika.BasicProperties(
        content_type=kept.content_type,
        delivery_mode=2,
        type=kept.type,
        message_id=kept.message_id,
        headers={envelope.REPLAYED: True},
    )


@contextmanager
def _opened(broker: Broker, queue: str) -> Iterator[Any]:
    """A channel; what is in hand at its end goes back into the queue."""
    if not queue.endswith(_SUFFIX):
        raise BusRefused(f"{queue}: is no dead-letter queue")
    with connected(broker) as connection:
        channel = connection.channel()
        try:
            yield channel
        except ChannelClosedByBroker as error:
            if error.reply_code == _NOT_FOUND:
                raise BusRefused(f"{queue}: is not there") from error
            raise
        channel.close()


def _deliveries(channel: Any, queue: str, limit: int) -> Iterator[_Delivery]:
    for _ in range(limit):
        method, properties, body = channel.basic_get(queue, auto_ack=False)
        if method is None:
            return
        yield _Delivery(method.delivery_tag, properties, body)


def _chosen(channel: Any, queue: str, letter_ids: Collection[str] | None) -> Iterator[_Delivery]:
    """The messages with these ids, oldest first; every other stays in hand until the channel closes."""
    # The queue is asked how long it is: what comes later need not be looked at.
    count = channel.queue_declare(queue, passive=True).method.message_count
    missing = None if letter_ids is None else set(letter_ids)
    for delivery in _deliveries(channel, queue, count):
        if missing is None:
            yield delivery
        elif _id(delivery) in missing:
            missing.discard(_id(delivery))
            yield delivery
        if missing is not None and not missing:
            return
    if missing:
        raise NoSuchLetter(f"{', '.join(sorted(missing))}: not in {queue}")


def _id(delivery: _Delivery) -> str:
    named = delivery.properties.message_id
    return str(named) if named else f"sha256:{sha256(delivery.body).hexdigest()[:16]}"


def _letter(delivery: _Delivery) -> Letter:
    properties = delivery.properties
    headers = properties.headers or {}
    held_at = headers.get(envelope.HELD_AT)
    return Letter(
        letter_id=_id(delivery),
        type=str(properties.type or ""),
        reason=str(headers.get(envelope.REASON, "")),
        error=str(headers.get(envelope.ERROR, "")),
        attempts=_number(headers.get(envelope.ATTEMPTS)),
        held_at=datetime.fromtimestamp(_number(held_at), UTC) if held_at is not None else None,
        octets=len(delivery.body),
        about=_about(properties, delivery.body),
    )


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _about(properties: Any, body: bytes) -> dict[str, str]:
    """Fields of the envelope that say nothing of a person; empty when it cannot be read."""
    try:
        message = envelope.parse(properties.content_type, properties.type, body)
    except envelope.Unreadable as error:
        return {"unreadable": str(error)}
    if isinstance(message, bus_pb2.Command):
        told = {
            "method": message.method,
            "ordering_key": message.ordering_key,
            "sequence": str(message.sequence or ""),
            "agency_id": message.caller.agency_id,
            "purpose": message.purpose,
            "accepted_at": message.accepted_at.ToJsonString() if message.HasField("accepted_at") else "",
            "reply_to": message.reply_to,
        }
    elif isinstance(message, bus_pb2.Result):
        told = {"method": message.method, "outcome": message.WhichOneof("outcome") or ""}
    else:
        told = {"event": message.type, "operation_id": message.operation_id}
    told["traceparent"] = message.traceparent
    return {name: value for name, value in told.items() if value}


def _content(delivery: _Delivery) -> dict[str, Any]:
    properties = delivery.properties
    try:
        message = envelope.parse(properties.content_type, properties.type, delivery.body)
        inner = _inner(message)
    except (envelope.Unreadable, DecodeError, KeyError) as error:
        return {"unreadable": str(error), "hex": delivery.body.hex()}
    return {"envelope": _as_dict(message), "content": None if inner is None else _as_dict(inner)}


def _inner(message: envelope.Envelope) -> Message | None:
    """The message that the envelope carries. Raises ``KeyError`` for a name that no contract has."""
    pool = descriptor_pool.Default()
    if isinstance(message, bus_pb2.Event):
        return GetMessageClass(pool.FindMessageTypeByName(message.type)).FromString(message.payload)
    service, _, name = message.method.partition("/")
    method = pool.FindServiceByName(service).methods_by_name[name]
    if isinstance(message, bus_pb2.Command):
        return GetMessageClass(method.input_type).FromString(message.request)
    if message.WhichOneof("outcome") != "response":
        return None
    return GetMessageClass(method.output_type).FromString(message.response)


def _as_dict(message: Message) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)
