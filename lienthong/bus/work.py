"""From a delivery to its verdict: what a consumer does with one message, whoever brings it.

Knows no broker and no green threads. Never raises: whatever happens is a verdict, but
for :class:`lienthong.bus.database.Stopping`, after which the message is left as it is.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

import psycopg

from lienthong.bus import envelope, measures, retrying
from lienthong.bus.database import Database, Stopping
from lienthong.bus.dispatch import CommandMethod, EventMethod
from lienthong.bus.hearing import EventInbox, ResultInbox
from lienthong.bus.inbox import CommandInbox
from lienthong.bus.pacing import Pace
from lienthong.bus.retrying import Ack, Dead, History, Retry, Verdict
from lienthong.bus.transactions import Outcome, Unknown, Unreadable
from lienthong.telemetry import logs
from vss.bus.v1 import bus_pb2

SHARED_BYTES: Final = 8 * 1024
"""A larger message has a transaction of its own."""
_log = logs.get_logger("bus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message as it was delivered. ``message`` is ``None`` if it is not one of this bus."""

    message: envelope.Envelope | None
    headers: Mapping[str, Any]
    redelivered: bool
    """By the broker, after a connection ended with it in hand."""
    octets: int = 0

    @classmethod
    def read(
        cls, content_type: str | None, kind: str | None, body: bytes, headers: Any, *, redelivered: bool
    ) -> "Delivery":
        """Parse what was delivered; what does not parse is kept as unreadable."""
        try:
            message: envelope.Envelope | None = envelope.parse(content_type, kind, body)
        except envelope.Unreadable:
            message = None
        told = headers if isinstance(headers, Mapping) else {}
        return cls(message=message, headers=told, redelivered=redelivered, octets=len(body))

    @property
    def key(self) -> str:
        """Deliveries of one key are worked on one after the other; empty: at any time."""
        return self.message.ordering_key if isinstance(self.message, bus_pb2.Command) else ""


class Receiver(Protocol):
    """Does one kind of message on one connection."""

    known: frozenset[str]
    together: frozenset[str]
    """Those of them that can be carried out several at once."""

    def name_of(self, message: envelope.Envelope) -> str | None:
        """Full name of the method for this message; ``None`` if it is not of this kind."""

    def receive(self, connection: psycopg.Connection[Any], message: Any, history: History) -> Outcome:
        """Carry it out."""

    def receive_all(self, connection: psycopg.Connection[Any], messages: Sequence[Any]) -> None:
        """Carry all of them out in one transaction. Raises whatever hinders one of them, with nothing changed."""

    def hold(self, connection: psycopg.Connection[Any], message: Any, verdict: Dead) -> Outcome:
        """Note that it is set aside."""


class Commands:
    """Commands of one service."""

    def __init__(self, served: CommandInbox, methods: Mapping[str, CommandMethod]) -> None:
        self._inbox = served
        self.known = frozenset(methods)
        self.together = frozenset(name for name, method in methods.items() if method.call_all is not None)

    def name_of(self, message: envelope.Envelope) -> str | None:
        """See :class:`Receiver`."""
        return message.method if isinstance(message, bus_pb2.Command) else None

    def receive(
        self, connection: psycopg.Connection[Any], message: bus_pb2.Command, history: History
    ) -> Outcome:
        """See :class:`Receiver`."""
        return self._inbox.receive(connection, message, replayed=history.replayed)

    def receive_all(self, connection: psycopg.Connection[Any], messages: Sequence[bus_pb2.Command]) -> None:
        """See :class:`Receiver`."""
        self._inbox.receive_all(connection, messages)

    def hold(self, connection: psycopg.Connection[Any], message: bus_pb2.Command, verdict: Dead) -> Outcome:
        """See :class:`Receiver`."""
        return self._inbox.hold(connection, message, verdict.reason, verdict.attempts)


class Events:
    """Events that a service subscribed to."""

    def __init__(self, served: EventInbox, methods: Mapping[str, EventMethod]) -> None:
        self._inbox = served
        self.known = frozenset(methods)
        self.together = frozenset(name for name, method in methods.items() if method.call_all is not None)

    def name_of(self, message: envelope.Envelope) -> str | None:
        """See :class:`Receiver`."""
        return message.type if isinstance(message, bus_pb2.Event) else None

    def receive(
        self, connection: psycopg.Connection[Any], message: bus_pb2.Event, history: History
    ) -> Outcome:
        """See :class:`Receiver`."""
        del history
        return self._inbox.receive(connection, message)

    def receive_all(self, connection: psycopg.Connection[Any], messages: Sequence[bus_pb2.Event]) -> None:
        """See :class:`Receiver`."""
        self._inbox.receive_all(connection, messages)

    def hold(self, connection: psycopg.Connection[Any], message: object, verdict: Dead) -> Outcome:
        """Nothing to note: nobody waits for an event's result."""
        del connection, message, verdict
        return "held"


class Results:
    """Results of commands."""

    def __init__(self, served: ResultInbox) -> None:
        self._inbox = served
        self.known = self.together = frozenset({envelope.RESULT})

    def name_of(self, message: envelope.Envelope) -> str | None:
        """See :class:`Receiver`."""
        return envelope.RESULT if isinstance(message, bus_pb2.Result) else None

    def receive(
        self, connection: psycopg.Connection[Any], message: bus_pb2.Result, history: History
    ) -> Outcome:
        """See :class:`Receiver`."""
        del history
        return self._inbox.receive(connection, message)

    def receive_all(self, connection: psycopg.Connection[Any], messages: Sequence[bus_pb2.Result]) -> None:
        """See :class:`Receiver`."""
        self._inbox.receive_all(connection, messages)

    def hold(self, connection: psycopg.Connection[Any], message: object, verdict: Dead) -> Outcome:
        """Nothing to note."""
        del connection, message, verdict
        return "held"


Wall: TypeAlias = Callable[[], float]


class Work:
    """Finds the verdict on each delivery of one queue."""

    def __init__(
        self,
        queue: str,
        receiver: Receiver,
        database: Database,
        *,
        pace: Pace | None = None,
        wall: Wall = time.time,
    ) -> None:
        self.queue = queue
        self._receiver = receiver
        self._database = database
        self._pace = pace
        self._wall = wall

    def shares(self, delivery: Delivery) -> bool:
        """Whether it may be carried out in one transaction with others.

        It is small, on its first way, and there is a method for several of its kind.
        """
        return (
            delivery.message is not None
            and self._receiver.name_of(delivery.message) in self._receiver.together
            and delivery.octets <= SHARED_BYTES
            and not delivery.redelivered
            and History.of(delivery.headers) == History()
        )

    def together(self, deliveries: Sequence[Delivery]) -> list[Verdict]:
        """Do what the deliveries ask, in one transaction; if one of them cannot, each in its own.

        All of them are ones that :meth:`shares`. Raises :class:`Stopping`, and nothing else.
        """
        if len(deliveries) > 1:
            started = time.perf_counter()
            messages = [delivery.message for delivery in deliveries]
            try:
                self._database.run(partial(self._receiver.receive_all, messages=messages))
            except Stopping:
                raise
            except Exception as error:  # noqa: BLE001 -- nothing was changed: each by itself says what it is
                _log.info(
                    "bus.apart", queue=self.queue, messages=len(messages), **logs.describe_exception(error)
                )
            else:
                return [self._done(delivery, started, len(messages)) for delivery in deliveries]
        return [self(delivery) for delivery in deliveries]

    def _done(self, delivery: Delivery, started: float, shared: int) -> Verdict:
        method = measures.UNKNOWN if delivery.message is None else self._receiver.name_of(delivery.message)
        seconds = time.perf_counter() - started
        measures.SECONDS.labels(method).observe(seconds)
        verdict = Ack("done")
        self._tell(delivery, method or measures.UNKNOWN, verdict, seconds, shared=shared)
        return verdict

    def __call__(self, delivery: Delivery) -> Verdict:
        """Do what the delivery asks. Raises :class:`Stopping`, and nothing else."""
        if self._pace is not None and delivery.octets > SHARED_BYTES:
            self._pace.wait()
        started = time.perf_counter()
        method = measures.UNKNOWN
        if delivery.message is not None:
            named = self._receiver.name_of(delivery.message)
            method = named if named in self._receiver.known else measures.UNKNOWN
        verdict = self._verdict(delivery)
        measures.SECONDS.labels(method).observe(time.perf_counter() - started)
        self._tell(delivery, method, verdict, time.perf_counter() - started)
        return verdict

    def _verdict(self, delivery: Delivery) -> Verdict:
        history = History.of(delivery.headers)
        if delivery.message is None or self._receiver.name_of(delivery.message) is None:
            return retrying.dead(history, retrying.UNREADABLE, now=self._wall())
        try:
            outcome = self._database.run(
                partial(self._receiver.receive, message=delivery.message, history=history)
            )
        except Stopping:
            raise
        except Unknown:
            dead = retrying.dead(history, retrying.UNKNOWN_METHOD, now=self._wall())
            return self._hold(delivery, history, dead)
        except Unreadable:
            dead = retrying.dead(history, retrying.UNREADABLE, now=self._wall())
            return self._hold(delivery, history, dead)
        except Exception as error:  # noqa: BLE001 -- whatever a handler raises is a failed attempt
            return self._failed(delivery, history, error)
        return self._settled(delivery, history, outcome)

    def _failed(self, delivery: Delivery, history: History, error: Exception) -> Verdict:
        if retrying.is_database_trouble(error):
            _log.warning("bus.trouble", queue=self.queue, **logs.describe_exception(error))
            return retrying.wait(history, type(error).__name__)
        _log.warning(
            "bus.attempt_failed",
            queue=self.queue,
            attempt=history.attempts + 1,
            **logs.describe_exception(error),
        )
        verdict = retrying.attempt_failed(history, error, now=self._wall())
        return self._hold(delivery, history, verdict) if isinstance(verdict, Dead) else verdict

    def _hold(self, delivery: Delivery, history: History, dead: Dead) -> Verdict:
        """Note in the database that the message is set aside, then say so."""
        try:
            outcome = self._database.run(partial(self._receiver.hold, message=delivery.message, verdict=dead))
        except Stopping:
            raise
        except Unreadable:
            return dead  # it does not even say which operation it is
        except Exception as error:  # noqa: BLE001 -- the note comes first, so it is tried again as a whole
            _log.warning("bus.hold_failed", queue=self.queue, **logs.describe_exception(error))
            return retrying.wait(history, type(error).__name__)
        if outcome == "held":
            return dead
        return self._settled(delivery, history, outcome)

    def _settled(self, delivery: Delivery, history: History, outcome: Outcome) -> Verdict:
        if outcome == "out_of_turn":
            return retrying.wait(history, "OUT_OF_TURN")
        if outcome == "held" and delivery.redelivered:
            # A process died between the note and the move: move it now. A copy that
            # was not in anybody's hand is another one of a message that lies there already.
            spent = History(attempts=retrying.MOST_ATTEMPTS, replayed=history.replayed)
            return retrying.dead(spent, retrying.ATTEMPTS_SPENT, now=self._wall())
        return Ack(outcome)

    def _tell(
        self, delivery: Delivery, method: str, verdict: Verdict, seconds: float, *, shared: int = 1
    ) -> None:
        outcome = _count(self.queue, verdict)
        measures.HANDLED.labels(self.queue, method, outcome).inc()
        message = delivery.message
        _log.info(
            "bus",
            method=method,
            outcome=outcome,
            ms=round(seconds * 1000, 2),
            shared=shared,
            operation_id="" if message is None else message.operation_id,
            traceparent="" if message is None else message.traceparent,
        )


def _count(queue: str, verdict: Verdict) -> str:
    match verdict:
        case Ack(outcome=outcome):
            return outcome
        case Retry(why=why):
            measures.RETRIES.labels(queue, why).inc()
            return "retry"
        case Dead(reason=reason):
            measures.DEAD.labels(queue, reason).inc()
            return "dead"
