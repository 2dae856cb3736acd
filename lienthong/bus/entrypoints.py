"""The bus's own entry points for nameko: deliveries of a queue, and turns of a timer.

nameko brings the container (start, stop and drain in order, a pool of green workers)
and, by kombu, a connection that comes back. What becomes of a message is decided here
and nowhere else. Two ways in which the stock entry point would lose one are closed:

- kombu acknowledges what it cannot decode. Here nothing is decoded by kombu: a
  delivery comes as bytes (``on_message``), and what kombu stumbles over before that
  (a compression it does not know) is set aside like everything unreadable.
- nameko acknowledges a message whose handler raised. Here a message is acknowledged
  for one of two reasons: the database knows about it, or another queue has it.
"""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol, TypeAlias

import amqp.exceptions
from greenlet import GreenletExit
from kombu import Connection, Queue
from kombu.message import Message
from nameko.extensions import Entrypoint
from nameko.messaging import QueueConsumer
from nameko.timer import Timer

from lienthong.bus import failpoints, measures
from lienthong.bus.database import Stopping
from lienthong.bus.moving import Mover
from lienthong.bus.retrying import Ack, Dead, Retry, Verdict
from lienthong.bus.topology import dead_queue, retry_queue
from lienthong.bus.work import Delivery, Work
from lienthong.telemetry import logs, metrics

PREFETCH_KEY: Final = "lienthong_prefetch"
URL_KEY: Final = "AMQP_URI"
TLS_KEY: Final = "AMQP_SSL"
HEARTBEAT_KEY: Final = "HEARTBEAT"

SHARED: Final = 32
"""Small messages in one transaction, at most."""
AT_ONCE: Final = 2
"""Such transactions under way in one queue; what comes meanwhile gathers for the next."""
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_GONE: Final = (amqp.exceptions.ConnectionError, amqp.exceptions.ChannelError, OSError)
_log = logs.get_logger("bus")


_Taken: TypeAlias = tuple[Message, Delivery]


class Points(Protocol):
    """The failpoints around one kind of message."""

    def before(self) -> None:
        """Received, nothing committed."""

    def after(self) -> None:
        """Committed, not acknowledged."""


class HandlerPoints:
    """Failpoints of commands and events."""

    def before(self) -> None:
        """None."""

    def after(self) -> None:
        """See :mod:`lienthong.bus.failpoints`."""
        failpoints.reach("consumer.committed")


class CompletionPoints:
    """Failpoints of results."""

    def before(self) -> None:
        """See :mod:`lienthong.bus.failpoints`."""
        failpoints.reach("completion.received")

    def after(self) -> None:
        """See :mod:`lienthong.bus.failpoints`."""
        failpoints.reach("completion.committed")


class BusConsumer(QueueConsumer):
    """nameko's consumer of queues, which here declares nothing, decodes nothing and comes back at once."""

    _connected = False

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        """One consumer a queue, each with the prefetch; called after every (re)connection."""
        del channel
        for provider in self._providers:
            self._consumers[provider] = consumer_cls(
                queues=[Queue(provider.work.queue, no_declare=True)],
                auto_declare=False,
                on_message=provider.on_message,
                on_decode_error=provider.on_stumble,
                prefetch_count=self.container.config[PREFETCH_KEY],
            )
        return self._consumers.values()

    @contextmanager
    def establish_connection(self) -> Any:
        """As kombu's, but asks again within a second instead of half a minute."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.1, interval_step=0.2, interval_max=1
            )
            yield connection

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        """The broker is away. Who wants to stop does not wait for it."""
        self._connected = False
        metrics.dependency("broker").set(0)
        _log.warning("broker.down", again_in_s=round(interval, 1), **logs.describe_exception(exc))
        if self._pending_remove_providers:
            for removed in self._pending_remove_providers.values():
                removed.send()
            raise GreenletExit

    def on_consume_ready(self, connection: Connection, channel: Any, consumers: Any, **kwargs: Any) -> None:
        """The broker is there and sends."""
        self._connected = True
        metrics.dependency("broker").set(1)
        _log.info("broker.up", queues=len(consumers))
        super().on_consume_ready(connection, channel, consumers, **kwargs)

    def unregister_provider(self, provider: Any) -> None:
        """As nameko's, which waits for the broker, and knows one queue only, while it is away."""
        if self._connected:
            super().unregister_provider(provider)
            return
        self._providers.discard(provider)
        if not self._providers:
            self._last_provider_unregistered.send()
            if self._consumers_ready.ready():
                self._gt.kill()

    def stop(self) -> None:
        """As nameko's; its thread was ended by us if the broker was away."""
        with suppress(GreenletExit):
            super().stop()


class Deliveries(Entrypoint):
    """Fires for the messages of a queue; in turn for those of one key, else at the same time.

    Small ones of which a method takes several, and which arrive while others are at work,
    are carried out together afterwards.

    Bounds: the prefetch limits what is in hand; beyond, messages stay with the broker.
    """

    queue_consumer = BusConsumer()

    def __init__(self, work: Work, points: Points, mover: Mover, **kwargs: Any) -> None:
        super().__init__(expected_exceptions=(Stopping,), **kwargs)
        self.work = work
        self._points = points
        self._mover = mover
        self._in_hand = measures.IN_HAND.labels(work.queue)
        # Keys that a worker is busy with, and what waits for it.
        self._busy: dict[str, deque[_Taken]] = {}
        # Small messages whose turn has come, while others share a transaction.
        self._gathered: deque[_Taken] = deque()
        self._sharing = 0
        self._stopping = threading.Event()

    # --- life

    def setup(self) -> None:
        """Ask for the deliveries of the queue."""
        self.queue_consumer.register_provider(self)

    def stop(self) -> None:
        """Take no more; what is at work is finished, what waits goes back to the broker."""
        self._stopping.set()
        self.queue_consumer.unregister_provider(self)

    # --- what arrives

    def on_message(self, message: Message) -> None:
        """A delivery, as bytes."""
        properties = message.properties or {}
        self._take(
            message,
            Delivery.read(
                message.content_type,
                properties.get("type"),
                bytes(message.body) if not isinstance(message.body, str) else message.body.encode(),
                message.headers,
                redelivered=_redelivered(message),
            ),
        )

    def on_stumble(self, message: Message, error: Exception) -> None:
        """A delivery that kombu could not even make a message of."""
        _log.warning("bus.undecodable", queue=self.work.queue, **logs.describe_exception(error))
        self._take(
            message, Delivery(message=None, headers=message.headers or {}, redelivered=_redelivered(message))
        )

    def _take(self, message: Message, delivery: Delivery) -> None:
        self._in_hand.inc()
        if delivery.key:
            waiting = self._busy.get(delivery.key)
            if waiting is not None:
                waiting.append((message, delivery))
                return
            self._busy[delivery.key] = deque()
        self._begin(message, delivery)

    def _begin(self, message: Message, delivery: Delivery) -> None:
        if not self.work.shares(delivery):
            self._spawn([(message, delivery)], shared=False)
            return
        self._gathered.append((message, delivery))
        self._share()

    def _share(self) -> None:
        """Carry out together what has gathered, unless others are at it: the busier, the more share."""
        if self._sharing >= AT_ONCE:
            return
        taken: list[_Taken] = []
        while self._gathered and len(taken) < SHARED:
            message, delivery = self._gathered.popleft()
            if self._is_ours(message):
                taken.append((message, delivery))
            else:
                self._in_hand.dec()
                self._next(delivery.key)
        if taken:
            self._sharing += 1
            self._spawn(taken, shared=True)

    def _spawn(self, taken: Sequence[_Taken], *, shared: bool) -> None:
        def settle(worker: Any, verdicts: list[Verdict] | None, failure: Any) -> tuple[Any, Any]:
            del worker
            found: list[Verdict | None] = [*verdicts] if verdicts else [None] * len(taken)
            for (message, delivery), verdict in zip(taken, found, strict=True):
                try:
                    self._settle(message, verdict)
                finally:
                    self._in_hand.dec()
                    self._next(delivery.key)
            if shared:
                self._sharing -= 1
                self._share()
            return verdicts, failure

        deliveries = [delivery for _, delivery in taken]
        self.container.spawn_worker(self, (self.work, deliveries, self._points), {}, handle_result=settle)

    def _next(self, key: str) -> None:
        """The next message of the key; those of a connection that is gone come again by themselves."""
        if not key:
            return
        waiting = self._busy[key]
        while waiting:
            message, delivery = waiting.popleft()
            if not self._is_ours(message):
                self._in_hand.dec()
                continue
            self._begin(message, delivery)
            return
        del self._busy[key]

    def _is_ours(self, message: Message) -> bool:
        """Whether it may be begun: its connection lives, and this process goes on."""
        return message.channel.connection is not None and not self._stopping.is_set()

    # --- what becomes of it

    def _settle(self, message: Message, verdict: Verdict | None) -> None:
        """Acknowledge, after the copy in another queue if there is to be one.

        ``None``: nothing was begun; the broker gives the message to the next process.
        """
        match verdict:
            case Ack(outcome=outcome):
                if outcome in {"done", "refused", "too_late"}:
                    self._points.after()
            case Retry(delay_s=delay, headers=headers):
                if not self._moved(message, retry_queue(self.work.queue, delay), headers):
                    return
            case Dead(headers=headers):
                if not self._moved(message, dead_queue(self.work.queue), headers):
                    return
            case None:
                return
        if message.channel.connection is not None:
            try:
                message.ack()
            except _GONE as error:
                # It comes again, and the inbox knows it.
                _log.warning("bus.ack_lost", queue=self.work.queue, **logs.describe_exception(error))

    def _moved(self, message: Message, queue: str, headers: Mapping[str, Any]) -> bool:
        """Copy the message; tries until it is done, or until the original is not ours any more."""
        pause = _FIRST_PAUSE_S
        while message.channel.connection is not None:
            try:
                self._mover.move(message, queue, headers)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the original stays unacknowledged
                _log.warning("bus.move_failed", queue=queue, **logs.describe_exception(error))
            else:
                return True
            if self._stopping.wait(pause):
                return False
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        return False


class Turns(Timer):
    """Fires at the start and then every ``interval`` seconds; a turn is never begun before the last has ended."""

    def __init__(self, turn: Any, interval: float, **kwargs: Any) -> None:
        super().__init__(interval, eager=True, expected_exceptions=(Stopping,), **kwargs)
        self.turn = turn

    def handle_timer_tick(self) -> None:
        """A turn is due."""
        self.container.spawn_worker(self, (self.turn,), {}, handle_result=self.handle_result)


def _redelivered(message: Message) -> bool:
    return bool((message.delivery_info or {}).get("redelivered"))
