"""What a service does with its database connections when things go wrong."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from lienthong.db.heartbeat import Heartbeat
from lienthong.db.pool import open_pool

pytestmark = pytest.mark.asyncio


@pytest.fixture
def url(stack_variable: Callable[[str], str]) -> str:
    return stack_variable("DATABASE_URL_IDENTITY")


async def backends(url: str, application: str, state: str = "%") -> list[int]:
    """The server's processes of an application (those of our own role are visible)."""
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND state LIKE %s AND pid <> pg_backend_pid()"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        rows: list[Any] = await (await connection.execute(query, [application, state])).fetchall()
    return [row[0] for row in rows]


async def test_a_query_ends_in_the_server_when_its_deadline_passes(url: str) -> None:
    async with open_pool(url, name="deadline-test", connections=1) as pool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), pool.connection() as connection:
                await connection.execute("SELECT pg_sleep(30)")
        assert await backends(url, "lienthong-deadline-test", "active") == []
        async with pool.connection() as connection:  # and the connection is of use again
            assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_no_statement_runs_longer_than_the_services_bound(url: str) -> None:
    bounded = open_pool(url, name="bound-test", connections=1, statement_timeout_s=0.1)
    async with bounded as pool, pool.connection() as connection:
        with pytest.raises(psycopg.errors.QueryCanceled):
            await connection.execute("SELECT pg_sleep(30)")


async def test_the_heartbeat_notices_a_lost_connection_and_makes_a_new_one(url: str) -> None:
    heartbeat = Heartbeat(url, name="beat-test")
    await heartbeat.check()
    (pid,) = await backends(url, "lienthong-beat-test-heartbeat")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(psycopg.OperationalError):
        await heartbeat.check()
    await heartbeat.check()
    assert await backends(url, "lienthong-beat-test-heartbeat") != [pid]
    await heartbeat.close()


async def test_the_heartbeat_of_a_database_that_is_not_there_fails_at_once() -> None:
    heartbeat = Heartbeat("postgresql://nobody@127.0.0.1:1/none", name="beat-test")
    async with asyncio.timeout(1):
        with pytest.raises(psycopg.OperationalError):
            await heartbeat.check()
