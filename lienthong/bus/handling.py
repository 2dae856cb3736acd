"""What a handler of the bus is given. A handler is a plain method; this is all that it needs to know of the bus.

    class ContributionsCommands:
        def UrgePayment(self, request, context: CommandContext) -> UrgePaymentResponse: ...
    class HealthClaimsEvents:
        def ParticipationChanged(self, event, context: EventContext) -> None: ...

A method has the name of its RPC, or of its event's message. It works on
``context.connection`` and never commits: its changes, what it publishes and the mark
that it is done become true together, or not at all. It is called again if that
failed. To refuse a command it raises ``lienthong.rpc.errors.Refusal``: its changes
are undone and the refusal is the result. Any other exception is a failed attempt.

A handler shares its process with others, as a green thread: it waits on the
database as it likes, and computes for no longer than a second or two at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from google.protobuf.message import Message
from psycopg import Connection

from vss.bus.v1 import bus_pb2


class Publish(Protocol):
    """Puts an event into the outbox, in the transaction of the handler.

    Events of one ``key`` leave in the order in which they were published; without it
    the key is the command's ordering key, if there is one.
    """

    def __call__(self, event: Message, *, key: str = "") -> None:
        """Publish ``event``, a message of the service's ``events.proto``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """Around one command. Times are UTC; ``now`` is that of the process's clock."""

    connection: Connection[Any]
    operation_id: UUID
    caller: bus_pb2.Caller
    purpose: str
    sequence: int
    """Its place among the commands of its ordering key, from 1; 0 when it has no key."""
    evidence: bytes
    """SHA-256 over the body of the request that the agency signed."""
    accepted_at: datetime
    now: datetime
    publish: Publish
    metadata: Mapping[str, str] = field(default_factory=dict)
    """As gRPC metadata: keys in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContext:
    """Around one event of another service. Times are UTC."""

    connection: Connection[Any]
    event_id: UUID
    operation_id: UUID | None
    """The operation that caused the event; ``None`` when the calendar did."""
    occurred_at: datetime
    now: datetime
    publish: Publish


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultContext:
    """Around results of commands, each of another operation.

    One operation may have several, one after the other: held, then done after a replay.
    """

    connection: Connection[Any]
    now: datetime
    notices: list[tuple[str, str]]
    """Channels and payloads to notify once the transaction has committed: hints, which may be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerContext:
    """Around one turn of a timer; another process may have the same turn at the same time."""

    connection: Connection[Any]
    now: datetime
    publish: Publish


ResultHandler = Callable[[Sequence[bus_pb2.Result], ResultContext], None]
TimerHandler = Callable[[TimerContext], bool | None]
"""True: more is left, and its next turn begins at once, in a transaction of its own."""
