"""Asynchronous PostgreSQL pools for the read path.

Autocommit (a read is one statement), every statement prepared at its first use
and planned once (``force_generic_plan``: planning a join over eight partitions
costs more than running it), a ``statement_timeout`` on every connection. A pool
opens without its database and finds it again within a second of its return; a
connection that died while it lay in the pool is replaced before anybody gets it.
"""

import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.pq import ConnStatus
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_PARAMETERS: dict[str, Any] = {
    "autocommit": True,
    "prepare_threshold": 0,
    "connect_timeout": 2,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
}


async def refuse_dead(connection: AsyncConnection[TupleRow]) -> None:
    """Raise OperationalError, and close the connection, if its server is gone.

    An idle connection has nothing to read. If there is something, it is the end of
    the stream, or a parting word before it; else a notice or a changed setting, which
    is taken in. Asking the kernel costs 2 µs, asking the server a round trip.
    """
    native = connection.pgconn
    poll = select.poll()
    poll.register(native.socket, select.POLLIN)
    while poll.poll(0):
        try:
            native.consume_input()
        except OperationalError:
            await connection.close()
            raise
        if native.status != ConnStatus.OK:
            await connection.close()
            raise OperationalError("the server closed the connection")


class _LivePool(AsyncConnectionPool[AsyncConnection[TupleRow]]):
    """Gives out live connections only.

    The library's own ``check`` pauses for about a second after each dead connection
    that it meets; after a restart of the server that is one second for each.
    """

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[AsyncConnection[TupleRow]]:  # noqa: ASYNC109 - the library's signature
        """As the library's; waits at most ``timeout`` seconds in all, or raises PoolTimeout."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        connection = await self._live(deadline)
        try:
            async with connection:
                yield connection
        finally:
            await self.putconn(connection)

    async def _live(self, deadline: float) -> AsyncConnection[TupleRow]:
        # Ends: every dead connection leaves the pool here, and new ones are alive.
        while True:
            self._drop_those_who_left()
            connection = await self.getconn(deadline - monotonic())
            try:
                await refuse_dead(connection)
            except OperationalError:
                await self.putconn(connection)
            else:
                return connection

    def _drop_those_who_left(self) -> None:
        """The library keeps whoever has given up waiting in the queue until a connection comes.

        After an outage of some length the queue would be full of them: everybody is then refused at
        once, nobody asks for a new connection, and none ever comes.
        """
        while self._waiting and self._waiting[0].error is not None:
            self._waiting.popleft()


@asynccontextmanager
async def open_pool(
    url: str,
    *,
    name: str,
    connections: int = 4,
    wait_s: float = 1.0,
    statement_timeout_s: float = 10.0,
    most_waiting: int = 200,
) -> AsyncIterator[Pool]:
    """A pool of at most ``connections``; closed at the end of the block.

    Waiting for a connection is bounded by ``wait_s`` (``psycopg_pool.PoolTimeout``)
    and at most ``most_waiting`` wait (``TooManyRequests``).
    """
    options = (
        f"-c plan_cache_mode=force_generic_plan -c jit=off -c TimeZone=UTC"
        f" -c statement_timeout={int(statement_timeout_s * 1000)}"
    )
    pool: Pool = _LivePool(
        url,
        kwargs={**_PARAMETERS, "options": options, "application_name": f"lienthong-{name}"},
        min_size=connections,
        max_size=connections,
        open=False,
        timeout=wait_s,
        max_waiting=most_waiting,
        # Give up quickly: the next request starts afresh, without the pool's growing pauses.
        reconnect_timeout=1.0,
        name=name,
    )
    await pool.open(wait=False)
    try:
        yield pool
    finally:
        await pool.close()
