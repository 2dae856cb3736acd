"""An outbox as its relay sees it: lanes to lock, batches to take, rows to delete.

One transaction holds the lanes from the look at their rows until these are deleted,
so two relays never have messages of one key in hand, and a relay that dies gives
everything back at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString, Self, TypeAlias

from psycopg import AsyncConnection, IsolationLevel
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from lienthong.bus.outbox import Outgoing
from lienthong.bus.tables import LANES

_AT_ONCE: Final = LANES // 2
"""Lanes that one batch may hold, so that another always finds some."""

Destination: TypeAlias = tuple[str, str]
"""Exchange and routing key."""

Connection: TypeAlias = AsyncConnection[TupleRow]

_PARKED: Final[LiteralString] = "o.exchange || ' ' || o.routing_key <> ALL (%(parked)b::text[])"

_LOCK: Final[LiteralString] = f"""
SELECT l.lane FROM outbox_lane AS l
WHERE EXISTS (SELECT FROM outbox AS o WHERE o.lane = l.lane AND {_PARKED})
ORDER BY (l.lane + %(turn)s) %% {LANES} LIMIT {_AT_ONCE}
FOR UPDATE OF l SKIP LOCKED
"""  # noqa: S608 -- constants of this module

# A statement of its own: its snapshot must be younger than the lock, or it would
# show rows that whoever had the lane before has just deleted.
_TAKE: Final[LiteralString] = f"""
SELECT id, exchange, routing_key, mandatory, type, message_id, body
FROM (SELECT o.*, sum(octet_length(o.body)) OVER (ORDER BY o.id) - octet_length(o.body) AS before
      FROM unnest(%(lanes)b::smallint[]) AS l (lane)
      CROSS JOIN LATERAL (SELECT o.* FROM outbox AS o WHERE o.lane = l.lane AND {_PARKED}
                          ORDER BY o.id LIMIT %(each)s) AS o) AS batch
WHERE before < %(bytes)s
ORDER BY id
"""  # noqa: S608 -- constants of this module

_DELETE: Final[LiteralString] = "DELETE FROM outbox WHERE id = ANY (%(ids)b::bigint[])"

_STATE: Final[LiteralString] = """
SELECT (SELECT count(*) FROM outbox),
       (SELECT greatest(0, extract(epoch FROM clock_timestamp() - created_at))::float8
        FROM outbox ORDER BY id LIMIT 1)
"""

_OPTIONS: Final = (
    "-c TimeZone=UTC -c jit=off"
    # Plans are made while the outbox is empty and kept while a million rows wait in it.
    " -c enable_seqscan=off -c enable_bitmapscan=off"
    # A delete that a crash of the server forgets is a message sent twice, which is allowed.
    " -c synchronous_commit=off"
    " -c statement_timeout=30s"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a batch may be."""

    messages: int
    octets: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A batch in the order to send it, and the rows that it came from."""

    ids: Sequence[int]
    messages: Sequence[Outgoing]

    def destinations(self) -> set[Destination]:
        """Where its messages go."""
        return {(m.exchange, m.routing_key) for m in self.messages}

    def of_one_destination(self) -> Self:
        """Those of its messages that go where the first goes."""
        first = self.messages[0]
        kept = [
            place
            for place, m in enumerate(self.messages)
            if (m.exchange, m.routing_key) == (first.exchange, first.routing_key)
        ]
        return type(self)([self.ids[place] for place in kept], [self.messages[place] for place in kept])


async def connect(url: str, *, name: str, idle_s: float) -> Connection:
    """A connection to take batches over.

    The server gives its lanes back when it hears nothing for ``idle_s`` within a
    transaction. Raises ``psycopg.OperationalError``.
    """
    given = conninfo_to_dict(url).get("options") or ""
    own = f"{_OPTIONS} -c idle_in_transaction_session_timeout={int(idle_s * 1000)}"
    connection = await AsyncConnection.connect(
        url,
        autocommit=True,
        prepare_threshold=0,
        application_name=f"lienthong-{name}",
        options=f"{given} {own}",
        connect_timeout=3,
        keepalives_idle=10,
        keepalives_interval=3,
        keepalives_count=3,
        tcp_user_timeout=10_000,
    )
    await connection.set_isolation_level(IsolationLevel.READ_COMMITTED)
    return connection


async def take(
    connection: Connection, limits: Limits, *, turn: int, parked: Collection[Destination]
) -> Taken | None:
    """Lock lanes and take their oldest messages; None when nothing waits, or others have it.

    To be called in a transaction. ``turn`` moves on from call to call, so that no lane
    is always first. Messages to ``parked`` destinations stay.
    """
    left_out = [f"{exchange} {key}" for exchange, key in parked]
    cursor = connection.cursor(binary=True)
    await cursor.execute(_LOCK, {"parked": left_out, "turn": turn % LANES})
    lanes = [row[0] for row in await cursor.fetchall()]
    if not lanes:
        return None
    each = max(1, limits.messages // len(lanes))
    await cursor.execute(_TAKE, {"lanes": lanes, "parked": left_out, "each": each, "bytes": limits.octets})
    rows = await cursor.fetchall()
    return Taken([row[0] for row in rows], [_outgoing(row) for row in rows]) if rows else None


async def delete(connection: Connection, ids: Sequence[int]) -> None:
    """Forget messages that the broker has confirmed. In the transaction of :func:`take`."""
    if ids:
        await connection.execute(_DELETE, {"ids": ids})


async def state(connection: Connection) -> tuple[int, float]:
    """How many messages wait, and since how many seconds the oldest does (0 when none)."""
    cursor = await connection.execute(_STATE)
    row = await cursor.fetchone()
    return (row[0], row[1] or 0.0) if row else (0, 0.0)


def _outgoing(row: tuple[Any, ...]) -> Outgoing:
    _, exchange, routing_key, mandatory, kind, message_id, body = row
    return Outgoing(
        exchange=exchange,
        routing_key=routing_key,
        mandatory=mandatory,
        type=kind,
        message_id=message_id,
        body=body,
    )
