"""Sends a message on to a retry or dead-letter queue, and returns when the broker has it.

At least once: confirmed, mandatory, persistent. Whoever moves a message acknowledges
the original only after that.
"""

import threading
from collections.abc import Mapping
from typing import Any, Final

from kombu import Connection
from kombu.message import Message

CONFIRM_S: Final = 10.0
_PERSISTENT: Final = 2
# What the broker writes about its own dead-lettering; it writes it anew, and it grows.
_BROKERS_OWN: Final = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count")


class Mover:
    """One connection of its own, made when it is needed and made again when it failed."""

    def __init__(self, url: str, *, tls: Mapping[str, Any] | None) -> None:
        self._url = url
        self._tls = tls
        self._connection: Connection | None = None
        # One at a time: the confirm that arrives is for the message that was sent.
        self._lock = threading.Lock()

    def move(self, message: Message, queue: str, headers: Mapping[str, Any]) -> None:
        """Copy ``message`` into ``queue`` with ``headers`` over its own.

        Raises whatever kombu and amqp raise when the broker does not confirm it within
        ten seconds, or has no such queue.
        """
        with self._lock:
            try:
                self._publish(message, queue, headers)
            except Exception:
                self._drop()
                raise

    def close(self) -> None:
        """Give the connection up."""
        with self._lock:
            self._drop()

    def _publish(self, message: Message, queue: str, headers: Mapping[str, Any]) -> None:
        if self._connection is None:
            # No heartbeat: nobody reads from it between two moves. A dead one is found by the confirm.
            self._connection = Connection(
                self._url,
                heartbeat=0,
                connect_timeout=3,
                ssl=dict(self._tls) if self._tls is not None else False,
                transport_options={"confirm_publish": True},
            )
        channel = self._connection.default_channel
        copy = channel.prepare_message(
            bytes(message.body) if not isinstance(message.body, str) else message.body.encode(),
            content_type=message.content_type,
            content_encoding=message.content_encoding,
            headers={**_own(message), **headers},
            properties={**_kept(message.properties), "delivery_mode": _PERSISTENT},
        )
        channel.basic_publish(copy, exchange="", routing_key=queue, mandatory=True, confirm_timeout=CONFIRM_S)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Without a goodbye: that would wait for an answer.
            connection.collect()


def _own(message: Message) -> dict[str, Any]:
    """The message's headers without those that the broker writes."""
    own = {
        name: value
        for name, value in (message.headers or {}).items()
        if not str(name).startswith(_BROKERS_OWN)
    }
    if not message.errors:
        own.pop("compression", None)  # kombu has unpacked the body
    return own


def _kept(properties: Mapping[str, Any]) -> dict[str, Any]:
    names = ("type", "message_id", "correlation_id", "timestamp", "app_id", "priority")
    return {name: properties[name] for name in names if properties.get(name) is not None}
