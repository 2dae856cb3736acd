"""Which exchanges and queues there are, derived from the contracts and one table of subscriptions.

    vss.commands (direct)   <service>          quorum, one active consumer, one a command service
                            <queue>.retry.5s   quorum, gives back to <queue> after its time
                            <queue>.dead       quorum, what was set aside, until an operator decides
    vss.events (topic)      <name>.events      one a subscribing service, with retry and dead
    default exchange        gateway.results    with retry and dead;  reply.<uuid> is a caller's own

Services declare nothing; ``lienthong bus declare`` does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from google.protobuf.descriptor import FileDescriptor

from lienthong.access import options
from vss.access.v1 import access_pb2
from vss.contributions.v1 import commands_pb2
from vss.health_claims.v1 import claims_pb2

COMMANDS: Final = "vss.commands"
EVENTS: Final = "vss.events"
RESULTS: Final = "gateway.results"

RETRY_DELAYS_S: Final = (1, 5, 30, 120)
"""How long a message waits before it is tried again, growing."""

SUBSCRIPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "health_claims": ("vss.contributions.v1.ParticipationChanged",),
}
"""Which service hears of which events, by the full names of their messages."""

COMMAND_FILES: Final[tuple[FileDescriptor, ...]] = (commands_pb2.DESCRIPTOR, claims_pb2.DESCRIPTOR)
"""The contracts whose RPCs travel over the bus."""

_TEMPORARY: Final = "reply."


def command_queue(service: str) -> str:
    """The queue of a command service (``vss.contributions.v1.ContributionsCommandService``): its own name."""
    return service


def events_queue(service: str) -> str:
    """The queue of what a service (``health_claims``) subscribed to."""
    return f"{service}.events"


def retry_queue(queue: str, delay_s: int) -> str:
    """Where a message of ``queue`` waits for ``delay_s``, one of :data:`RETRY_DELAYS_S`."""
    return f"{queue}.retry.{delay_s}s"


def dead_queue(queue: str) -> str:
    """Where a message of ``queue`` is set aside."""
    return f"{queue}.dead"


def temporary_queue() -> str:
    """A new name for a caller's own reply queue, exclusive and gone with its connection."""
    return f"{_TEMPORARY}{uuid4()}"


def is_temporary(queue: str) -> bool:
    """Whether a queue is a caller's own."""
    return queue.startswith(_TEMPORARY)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange; ``kind`` is ``direct`` or ``topic``."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue and the arguments it is declared with."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Binding:
    """What an exchange passes on to a queue."""

    exchange: str
    queue: str
    routing_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Everything that must stand in the broker. ``work`` names the queues that are consumed."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    work: tuple[str, ...]


def command_services(files: Iterable[FileDescriptor] = COMMAND_FILES) -> tuple[str, ...]:
    """Full names of the services whose RPCs are delivered by the bus."""
    return tuple(
        service.full_name
        for file in files
        for service in file.services_by_name.values()
        if any(_by_bus(options.method_access(method)) for method in service.methods)
    )


def derive(
    files: Iterable[FileDescriptor] = COMMAND_FILES,
    subscriptions: Mapping[str, tuple[str, ...]] = SUBSCRIPTIONS,
) -> Topology:
    """The topology of these contracts and subscriptions."""
    commands = tuple(command_queue(service) for service in command_services(files))
    subscribed = {events_queue(service): types for service, types in subscriptions.items()}
    single: dict[str, Any] = {"x-single-active-consumer": True}
    queues = [
        *(q for name in commands for q in _family(name, exchange=COMMANDS, own=single)),
        *(q for name in subscribed for q in _family(name, exchange="", own={})),
        *_family(RESULTS, exchange="", own={}),
    ]
    return Topology(
        exchanges=(Exchange(COMMANDS, "direct"), Exchange(EVENTS, "topic")),
        queues=tuple(queues),
        bindings=(
            *(Binding(COMMANDS, name, name) for name in commands),
            *(Binding(EVENTS, queue, kind) for queue, kinds in subscribed.items() for kind in kinds),
        ),
        work=(*commands, *subscribed, RESULTS),
    )


def _by_bus(access: access_pb2.MethodAccess | None) -> bool:
    return access is not None and access.delivery == access_pb2.DELIVERY_BUS


def _family(name: str, *, exchange: str, own: dict[str, Any]) -> list[Queue]:
    """A queue that is consumed, those that its messages wait in, and the one where they are set aside.

    What the broker itself would drop (a consumer rejects, a limit on deliveries of a
    later version of RabbitMQ) goes to the dead-letter queue as well.
    """
    quorum: dict[str, Any] = {"x-queue-type": "quorum"}
    # At least once, also between queues; the broker asks for this overflow with it.
    kept = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
    return [
        Queue(name, quorum | own | kept | _dead_letter_to("", dead_queue(name))),
        *(
            Queue(
                retry_queue(name, delay),
                quorum | kept | _dead_letter_to(exchange, name) | {"x-message-ttl": delay * 1000},
            )
            for delay in RETRY_DELAYS_S
        ),
        Queue(dead_queue(name), quorum),
    ]


def _dead_letter_to(exchange: str, routing_key: str) -> dict[str, Any]:
    return {"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": routing_key}
