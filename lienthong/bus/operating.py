"""An operator's conversation with the broker: synchronous, short, each step confirmed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, ProbableAccessDeniedError

from lienthong.bus.broker import Broker
from lienthong.bus.errors import BrokerUnavailable, BusRefused

_NOT_FOUND = 404


@contextmanager
def connected(broker: Broker) -> Iterator[pika.BlockingConnection]:
    """A connection for one command.

    Raises :class:`BrokerUnavailable` when there is none or it ends, :class:`BusRefused`
    when the broker refuses the user or closes a channel that the block did not guard.
    """
    try:
        connection = pika.BlockingConnection(broker.pika_parameters(name="operator"))
    except (ProbableAccessDeniedError, pika.exceptions.ProbableAuthenticationError) as error:
        raise BusRefused(f"the broker refuses {broker.user}") from error
    except (AMQPConnectionError, OSError) as error:
        raise BrokerUnavailable(f"no broker at {broker.host}:{broker.port}") from error
    try:
        yield connection
    except ChannelClosedByBroker as error:
        raise BusRefused(f"{error.reply_code} {error.reply_text}") from error
    except AMQPConnectionError as error:
        raise BrokerUnavailable(f"{broker.host}:{broker.port}: {type(error).__name__}") from error
    finally:
        if connection.is_open:
            connection.close()


def look(connection: Any, queue: str) -> tuple[int, int] | None:
    """Ready messages and consumers of a queue; None if it is not there. Disturbs nothing."""
    channel = connection.channel()
    try:
        found = channel.queue_declare(queue, passive=True).method
    except ChannelClosedByBroker as error:
        if error.reply_code == _NOT_FOUND:
            return None
        raise
    channel.close()
    return found.message_count, found.consumer_count
