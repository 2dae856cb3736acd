"""How the bus stands: queues as the broker tells without its management plug-in, outboxes from their databases.

Known of a queue: ready messages, consumers, and how the ready ones change. Not known
without the plug-in: the age of its oldest message, what is delivered and not yet
acknowledged, and rates in and out. Taking the head of a queue to read its age would
change the order of a queue with a single active consumer, so nobody does.

Known of an outbox: messages, age of the oldest, and rates in and out.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from lienthong.bus.broker import Broker
from lienthong.bus.operating import connected, look
from lienthong.bus.topology import Topology

_CONNECT_TIMEOUT_S: Final = 5

_THERE: Final = b"SELECT to_regclass('outbox') IS NOT NULL"
_OUTBOX: Final = b"""
SELECT count(*),
       (SELECT greatest(0, extract(epoch FROM clock_timestamp() - created_at))::float8
        FROM outbox ORDER BY id LIMIT 1),
       coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')), 0)
FROM outbox
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One queue or outbox. None is "not known"; ``depth`` None is "not there". Rates are a second's."""

    name: str
    depth: int | None
    consumers: int | None = None
    oldest_s: float | None = None
    rate_in: float | None = None
    rate_out: float | None = None
    change: float | None = None


def status(
    broker: Broker,
    topology: Topology,
    databases: Mapping[str, str],
    *,
    over_s: float = 2.0,
    pause: Callable[[float], None] = time.sleep,
) -> list[Line]:
    """Outboxes of ``databases`` (name -> URL), then queues; rates over ``over_s`` seconds.

    Raises ``BrokerUnavailable``, ``BusRefused`` and ``psycopg.OperationalError``.
    """
    with ExitStack() as stack:
        broker_connection = stack.enter_context(connected(broker))
        boxes = {}
        for name, url in databases.items():
            connection = stack.enter_context(_database(url))
            if _one(connection, _THERE)[0]:
                boxes[name] = connection
        names = [queue.name for queue in topology.queues]
        before = [look(broker_connection, name) for name in names]
        stood = {name: _one(connection, _OUTBOX) for name, connection in boxes.items()}
        begun = time.monotonic()
        pause(over_s)
        seconds = time.monotonic() - begun
        after = [look(broker_connection, name) for name in names]
        stands = {name: _one(connection, _OUTBOX) for name, connection in boxes.items()}
    return [
        *(_outbox_line(name, stood[name], stands[name], seconds) for name in boxes),
        *(_queue_line(*one, seconds) for one in zip(names, before, after, strict=True)),
    ]


def _outbox_line(name: str, before: tuple[Any, ...], after: tuple[Any, ...], seconds: float) -> Line:
    # Numbers of transactions that rolled back count as well: they are few.
    put = after[2] - before[2]
    sent = put - (after[0] - before[0])
    return Line(
        name=f"outbox of {name}",
        depth=after[0],
        oldest_s=after[1],
        rate_in=put / seconds,
        rate_out=max(0, sent) / seconds,
    )


def _queue_line(
    name: str, before: tuple[int, int] | None, after: tuple[int, int] | None, seconds: float
) -> Line:
    if after is None:
        return Line(name=name, depth=None)
    ready, consumers = after
    change = (ready - before[0]) / seconds if before is not None else None
    return Line(name=name, depth=ready, consumers=consumers, change=change)


@contextmanager
def _database(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S, autocommit=True) as connection:
        yield connection


def _one(connection: psycopg.Connection[Any], query: bytes) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    return tuple(row) if row is not None else ()
