"""Publishing with confirms, on asyncio: a batch goes out at once and is awaited whole.

    PublishError
    ├── BrokerGone       the connection ended or never came; nothing is known of what was under way
    └── ChannelRefused   the broker closed the channel because of what was sent to it

Guarantee: a message that :meth:`Publisher.publish` calls confirmed is kept by every
queue that it was routed to. Any other may have arrived as well.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Self

from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import AMQPError

from lienthong.bus import broker, failpoints
from lienthong.bus.outbox import Outgoing

_CONNECT_S: Final = 10.0
_CLOSE_S: Final = 2.0

_Mark = tuple[str, str, str]


class PublishError(Exception):
    """Publishing ended before everything was confirmed; the message says why, without content."""


class BrokerGone(PublishError):
    """There is no connection, or it ended."""


class ChannelRefused(PublishError):
    """The broker closed the channel: an exchange that is not there (404), or no right to it (403)."""


@dataclass(slots=True)
class Outcome:
    """What became of a batch: places of the messages that are not confirmed, by why, and how long it took.

    ``unanswered``: the broker said nothing in time. The publisher must then be closed.
    """

    unroutable: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(slots=True)
class _Batch:
    """Messages under way together. ``waiting`` holds the tags without an answer."""

    first_tag: int
    done: asyncio.Future[None]
    waiting: set[int] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)


class Publisher:
    """One connection with one channel in confirm mode. Made by :meth:`connect`."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._channel: Any = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()
        self._ended: PublishError | None = None
        self._next_tag = 1
        self._under_way: dict[int, _Batch] = {}  # by tag, rising
        self._returned: set[_Mark] = set()

    @classmethod
    async def connect(cls, where: broker.Broker, *, name: str) -> Self:
        """A publisher that is ready. Raises :class:`BrokerGone` within some ten seconds."""
        made = cls()
        made._connection = AsyncioConnection(
            where.pika_parameters(name=name),
            on_open_callback=made._connection_open,
            on_open_error_callback=made._connection_ended,
            on_close_callback=made._connection_ended,
            custom_ioloop=asyncio.get_running_loop(),
        )
        try:
            async with asyncio.timeout(_CONNECT_S):
                await made._ready
        except TimeoutError:
            await made.close()
            raise BrokerGone("no answer to the handshake") from None
        return made

    async def publish(self, messages: Sequence[Outgoing], *, timeout_s: float) -> Outcome:
        """Send ``messages`` in order and wait until the broker has answered for each.

        Several calls may be under way. Raises :class:`PublishError`; after it, after
        messages that stayed unanswered for ``timeout_s``, and after its cancellation,
        the publisher must be closed: late answers would be another's.
        """
        self.expect_alive()
        begun = monotonic()
        batch = _Batch(self._next_tag, asyncio.get_running_loop().create_future())
        try:
            for message in messages:
                batch.waiting.add(self._next_tag)
                self._under_way[self._next_tag] = batch
                self._next_tag += 1
                self._send(message)
            await asyncio.wait([batch.done], timeout=timeout_s)
            if batch.done.done():
                batch.done.result()
        finally:
            batch.done.cancel()
        marks = [(m.exchange, m.routing_key, m.message_id) for m in messages]
        unroutable = [place for place, mark in enumerate(marks) if mark in self._returned]
        self._returned.difference_update(marks)
        unanswered = sorted(tag - batch.first_tag for tag in batch.waiting)
        return Outcome(unroutable, batch.refused, unanswered, monotonic() - begun)

    def expect_alive(self) -> None:
        """Raise :class:`PublishError` if the connection or its channel has ended."""
        if self._ended is not None:
            raise self._ended

    async def close(self) -> None:
        """End the connection; returns when it is ended, or after two seconds."""
        if not (self._connection.is_closed or self._connection.is_closing):
            self._connection.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._closed.wait()
        except TimeoutError:
            self._fail(BrokerGone("did not close"))

    def _send(self, message: Outgoing) -> None:
        try:
            self._channel.basic_publish(
                message.exchange,
                message.routing_key,
                message.body,
                broker.properties(message),
                mandatory=message.mandatory,
            )
        except AMQPError as error:  # the channel closed a moment ago, its callback is yet to come
            raise BrokerGone(type(error).__name__) from error

    # --- what the broker says

    def _connection_open(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._channel_open)

    def _channel_open(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._came_back)
        channel.confirm_delivery(self._answered, callback=self._confirming)

    def _confirming(self, _frame: Any) -> None:
        if not self._ready.done():
            self._ready.set_result(None)

    def _came_back(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        # Comes before the confirm of the same message (AMQP 0-9-1, confirms of RabbitMQ).
        self._returned.add((method.exchange, method.routing_key, properties.message_id))

    def _answered(self, frame: Any) -> None:
        failpoints.reach("relay.published")
        method = frame.method
        accepted = method.NAME == "Basic.Ack"
        tags = [method.delivery_tag]
        if method.multiple:
            tags = []
            for tag in self._under_way:
                if tag > method.delivery_tag:
                    break
                tags.append(tag)
        for tag in tags:
            self._settle(tag, accepted=accepted)

    def _settle(self, tag: int, *, accepted: bool) -> None:
        batch = self._under_way.pop(tag, None)
        if batch is None:
            return
        if not accepted:
            batch.refused.append(tag - batch.first_tag)
        batch.waiting.discard(tag)
        if not batch.waiting and not batch.done.done():
            batch.done.set_result(None)

    def _channel_closed(self, _channel: Any, reason: Any) -> None:
        code = getattr(reason, "reply_code", None)
        if code in {403, 404, 406, 311}:  # refused, not there, argument that does not fit, too large
            self._fail(ChannelRefused(f"{code} {reason.reply_text}"))
        else:
            self._fail(BrokerGone(type(reason).__name__))

    def _connection_ended(self, _connection: Any, reason: Any) -> None:
        self._fail(BrokerGone(type(reason).__name__))
        self._closed.set()

    def _fail(self, why: PublishError) -> None:
        self._ended = self._ended or why
        if not self._ready.done():
            self._ready.set_exception(why)
        for batch in self._under_way.values():
            if not batch.done.done():
                batch.done.set_exception(why)
        self._under_way.clear()
