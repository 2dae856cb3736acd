"""One connection to the broker for calls: commands go out with confirms, results come to a queue of its own.

At most once as seen from here: a command that was sent is never sent again, and when
the connection ends before its result, what became of it is not known. The queue is
exclusive and goes with the connection, and with it the results under way.

Everything of pika's happens in one thread; :meth:`Line.submit` and :meth:`Line.close`
may be called from any.
"""

import threading
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

import pika
from google.protobuf.message import DecodeError
from pika.adapters.select_connection import IOLoop, SelectConnection

from lienthong.bus import broker, envelope, outbox, topology
from lienthong.telemetry import logs
from vss.bus.v1 import bus_pb2

State: TypeAlias = Literal["connecting", "ready", "away", "shut"]
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_CLOSE_S: Final = 5.0
_log = logs.get_logger("bus.channel")


@dataclass(frozen=True, slots=True)
class Sending:
    """A command on its way. ``patient``: it waits for a broker that is away, until its deadline."""

    command: bus_pb2.Command
    timeout_s: float
    patient: bool


class Listener(Protocol):
    """Who is told what becomes of commands; called in the line's thread, and must not block it."""

    def answered(self, result: bus_pb2.Result) -> None:
        """A result came; perhaps of nobody's command any more."""

    def failed(self, operation_id: str, reason: str, message: str) -> None:
        """The command did not go out, or nothing will be heard of it."""

    def expired(self, operation_id: str) -> None:
        """Its deadline has passed."""

    def changed(self, state: State) -> None:
        """The line has another state."""


class Line:
    """Connects by itself, again and again, until it is closed."""

    def __init__(self, where: broker.Broker, *, name: str, listener: Listener) -> None:
        self._parameters = where.pika_parameters(name=name)
        self._listener = listener
        self._loop: Any = IOLoop()
        self._connection: Any = None
        self._channel: Any = None
        self._queue = ""
        self._pause = _FIRST_PAUSE_S
        self._closing = False
        self._state: State = "connecting"
        self._waiting: dict[str, Sending] = {}
        self._sent: dict[int, str] = {}
        self._unanswered: set[str] = set()
        self._next_tag = 1
        self._thread = threading.Thread(target=self._run, name=f"bus-{name}", daemon=True)
        self._thread.start()

    # --- from any thread

    def submit(self, sending: Sending) -> None:
        """Send a command as soon as the line is ready; its deadline runs from now."""
        self._loop.add_callback_threadsafe(lambda: self._take(sending))

    def forget(self, operation_id: str) -> None:
        """Nobody waits for this result any more."""
        self._loop.add_callback_threadsafe(lambda: self._drop(operation_id))

    def close(self) -> None:
        """End the connection and the thread, within some seconds."""
        self._loop.add_callback_threadsafe(self._shut)
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE_S)

    # --- in the line's thread

    def _run(self) -> None:
        self._connect()
        try:
            self._loop.start()
        except Exception as error:  # noqa: BLE001 -- nobody may wait for ever, whatever ended the thread
            _log.error("channel.broken", **logs.describe_exception(error))
            self._lose("CHANNEL_BROKEN", "the channel's thread ended", also_patient=True)
            self._change("shut")

    def _take(self, sending: Sending) -> None:
        operation_id = sending.command.operation_id
        if self._closing:
            self._listener.failed(operation_id, "CHANNEL_CLOSED", "the channel is closed")
            return
        if self._state == "away" and not sending.patient:
            self._listener.failed(operation_id, "BROKER_UNAVAILABLE", "the broker does not answer")
            return
        self._waiting[operation_id] = sending
        self._loop.call_later(sending.timeout_s, lambda: self._expire(operation_id))
        if self._state == "ready":
            self._send(self._waiting.pop(operation_id))

    def _send(self, sending: Sending) -> None:
        command = sending.command
        command.reply_to = self._queue
        message = outbox.command(command)
        self._unanswered.add(command.operation_id)
        self._sent[self._next_tag] = command.operation_id
        self._next_tag += 1
        self._channel.basic_publish(
            message.exchange, message.routing_key, message.body, broker.properties(message), mandatory=True
        )

    def _expire(self, operation_id: str) -> None:
        if operation_id in self._waiting or operation_id in self._unanswered:
            self._drop(operation_id)
            self._listener.expired(operation_id)

    def _drop(self, operation_id: str) -> None:
        self._waiting.pop(operation_id, None)
        self._unanswered.discard(operation_id)

    def _fail(self, operation_id: str, reason: str, message: str) -> None:
        if operation_id in self._waiting or operation_id in self._unanswered:
            self._drop(operation_id)
            self._listener.failed(operation_id, reason, message)

    def _change(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self._listener.changed(state)

    # --- connecting

    def _connect(self) -> None:
        if self._closing:
            return
        self._connection = SelectConnection(
            self._parameters,
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._opened),
            on_open_error_callback=lambda *_: self._gone(),
            on_close_callback=lambda *_: self._gone(),
            custom_ioloop=self._loop,
        )

    def _opened(self, channel: Any) -> None:
        self._channel = channel
        self._queue = topology.temporary_queue()
        self._sent.clear()
        self._next_tag = 1
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirmed, callback=lambda _: self._declare(channel))

    def _declare(self, channel: Any) -> None:
        channel.queue_declare(
            self._queue, exclusive=True, auto_delete=True, callback=lambda _: self._consume(channel)
        )

    def _consume(self, channel: Any) -> None:
        # No acknowledgements: who has died cannot take a result in, and his queue is gone.
        channel.basic_consume(
            self._queue, self._delivered, auto_ack=True, exclusive=True, callback=lambda _: self._ready()
        )

    def _ready(self) -> None:
        self._pause = _FIRST_PAUSE_S
        self._change("ready")
        while self._waiting and self._state == "ready":
            self._send(self._waiting.pop(next(iter(self._waiting))))

    def _channel_closed(self, channel: Any, why: Exception) -> None:
        if not self._closing and self._connection.is_open:
            # An exchange that is not there, a right that is missing: the code says which.
            _log.warning("channel.refused", code=getattr(why, "reply_code", 0))
            self._connection.close()
        del channel

    def _gone(self) -> None:
        self._channel = None
        if self._closing:
            self._loop.stop()
            return
        self._lose("BROKER_UNAVAILABLE", "the connection to the broker ended", also_patient=False)
        self._change("away")
        self._loop.call_later(self._pause, self._connect)
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_S)

    def _lose(self, reason: str, message: str, *, also_patient: bool) -> None:
        for operation_id in [*self._unanswered]:
            self._fail(operation_id, reason, message)
        for operation_id, sending in [*self._waiting.items()]:
            if also_patient or not sending.patient:
                self._fail(operation_id, reason, message)

    def _shut(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._lose("CHANNEL_CLOSED", "the channel is closed", also_patient=True)
        self._change("shut")
        if self._connection is not None and self._connection.is_open:
            self._connection.close()
        else:
            self._loop.stop()

    # --- what the broker says

    def _confirmed(self, frame: Any) -> None:
        tag = frame.method.delivery_tag
        tags = [t for t in self._sent if t <= tag] if frame.method.multiple else [tag]
        for one in tags:
            operation_id = self._sent.pop(one, None)
            if operation_id is not None and isinstance(frame.method, pika.spec.Basic.Nack):
                self._fail(operation_id, "BROKER_REFUSED", "the broker did not take the command")

    def _returned(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        del channel, method, body
        self._fail(properties.message_id or "", "NO_QUEUE", "no queue of this service stands in the broker")

    def _delivered(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        del channel, method
        try:
            result = envelope.parse(properties.content_type, properties.type, body)
        except (envelope.Unreadable, DecodeError):
            _log.warning("channel.unreadable")
            return
        if isinstance(result, bus_pb2.Result):
            self._unanswered.discard(result.operation_id)
            self._listener.answered(result)
