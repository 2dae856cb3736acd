"""The pool of the servers through the loss of its database."""

import os
import signal
from collections.abc import Callable

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from deploy.local import health, waiting
from deploy.local.stack import Stack, from_environment
from deploy.local.supervisor import Supervisor
from lienthong.db.pool import open_pool

_BACK_WITHIN_S = 15


@pytest.fixture(scope="module")
def stack(stack_variable: Callable[[str], str]) -> Stack:
    return from_environment({"RUN": stack_variable("RUN"), "PORT_BASE": stack_variable("PORT_BASE")})


def _kill_the_database(stack: Stack) -> None:
    """Killed, restarted by the supervisor, ready again."""
    pid = next(state.pid for state in Supervisor(stack).states() if state.name == "postgres")
    os.kill(pid, signal.SIGKILL)

    def missing() -> str | None:
        now = next(state.pid for state in Supervisor(stack).states() if state.name == "postgres")
        return health.missing(stack, "postgres") if now not in {0, pid} else "not started yet"

    waiting.until(missing, seconds=_BACK_WITHIN_S)


async def test_nobody_gets_a_connection_that_died_in_the_pool(stack: Stack) -> None:
    async with open_pool(stack.database_url("identity", "identity"), name="test") as pool:
        await pool.wait()
        _kill_the_database(stack)
        for _ in range(2 * pool.max_size):
            async with pool.connection() as connection:
                assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_a_pool_opens_without_its_database_and_says_so_within_its_wait() -> None:
    url = "postgresql://nobody@127.0.0.1:1/nowhere"
    async with open_pool(url, name="test", wait_s=0.2) as pool:
        with pytest.raises(PoolTimeout):
            async with pool.connection():
                pytest.fail("a connection to nowhere")


async def test_whoever_has_given_up_waiting_takes_nobodys_place(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = stack.database_url("identity", "identity")
    monkeypatch.setenv("PGPORT", "1")
    nowhere = url.replace(f":{stack.database_host_port[1]}/", "/")
    async with open_pool(nowhere, name="test", connections=1, wait_s=0.05, most_waiting=5) as pool:
        for _ in range(20):
            with pytest.raises(PoolTimeout):
                async with pool.connection():
                    pytest.fail("a connection to nowhere")
        monkeypatch.setenv("PGPORT", str(stack.database_host_port[1]))
        async with pool.connection(timeout=_BACK_WITHIN_S) as connection:
            assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_a_statement_that_takes_too_long_is_cancelled(stack: Stack) -> None:
    url = stack.database_url("identity", "identity")
    async with open_pool(url, name="test", statement_timeout_s=0.1) as pool, pool.connection() as connection:
        with pytest.raises(psycopg.errors.QueryCanceled):
            await connection.execute("SELECT pg_sleep(5)")
