"""Makes the topology of the contracts, and names what differs from it.

Needs no management plug-in. To declare what stands already changes nothing, and is
refused when it stands with another argument: that is how a drift is seen. Queues and
bindings that the contracts do not name are not seen; nothing is ever deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pika.exceptions import ChannelClosedByBroker

from lienthong.bus.broker import Broker
from lienthong.bus.errors import Drift
from lienthong.bus.operating import connected
from lienthong.bus.topology import Exchange, Queue, Topology

_NOT_FOUND = 404
_PRECONDITION_FAILED = 406


@dataclass(frozen=True, slots=True)
class Declared:
    """What was made now, and what stood already as it should."""

    made: tuple[str, ...]
    stood: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing to declare: ``ask`` fails with 404 when it is not there, ``declare`` with 406 when it differs."""

    what: str
    ask: Callable[[Any], None]
    declare: Callable[[Any], None]


def declare(broker: Broker, topology: Topology, *, check_only: bool = False) -> Declared:
    """Make what is missing, as a user who may configure.

    With ``check_only`` nothing is made, and what is missing is a difference as well.
    Raises :class:`Drift` naming every difference, after everything else was made; also
    ``BrokerUnavailable`` and ``BusRefused``.
    """
    steps = [*map(_exchange_step, topology.exchanges), *map(_queue_step, topology.queues)]
    made: list[str] = []
    stood: list[str] = []
    differences: list[str] = []
    with connected(broker) as connection:
        for step in steps:
            missing = _fails_with(connection, step.ask, _NOT_FOUND) is not None
            if missing and check_only:
                differences.append(f"{step.what}: is missing")
                continue
            differs = _fails_with(connection, step.declare, _PRECONDITION_FAILED)
            if differs is not None:
                differences.append(f"{step.what}: {differs}")
            else:
                (made if missing else stood).append(step.what)
        if not check_only:
            _bind(connection, topology)
    if differences:
        raise Drift(differences)
    return Declared(tuple(made), tuple(stood))


def _bind(connection: Any, topology: Topology) -> None:
    channel = connection.channel()
    for binding in topology.bindings:
        channel.queue_bind(binding.queue, binding.exchange, binding.routing_key)
    channel.close()


def _exchange_step(exchange: Exchange) -> _Step:
    return _Step(
        f"exchange {exchange.name}",
        lambda channel: channel.exchange_declare(exchange.name, passive=True),
        lambda channel: channel.exchange_declare(exchange.name, exchange.kind, durable=True),
    )


def _queue_step(queue: Queue) -> _Step:
    return _Step(
        f"queue {queue.name}",
        lambda channel: channel.queue_declare(queue.name, passive=True),
        lambda channel: channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments)),
    )


def _fails_with(connection: Any, act: Callable[[Any], None], code: int) -> str | None:
    """What the broker says if it refuses ``act`` with ``code``; None if it does as asked."""
    channel = connection.channel()
    try:
        act(channel)
    except ChannelClosedByBroker as error:
        if error.reply_code != code:
            raise
        return str(error.reply_text).removeprefix("PRECONDITION_FAILED - ")
    channel.close()
    return None
