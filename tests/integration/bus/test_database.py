"""The consumer's database through a crash that happens while nobody uses it."""

import os
import signal
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from deploy.local import health, waiting
from deploy.local.stack import Stack, from_environment
from deploy.local.supervisor import Supervisor
from lienthong.bus.database import open_database
from tests.support.stack import until

_CONNECTIONS = 8


@pytest.fixture(scope="module")
def stack(stack_variable: Callable[[str], str]) -> Stack:
    return from_environment({"RUN": stack_variable("RUN"), "PORT_BASE": stack_variable("PORT_BASE")})


def _kill_the_database(stack: Stack) -> None:
    """Killed, restarted by the supervisor, ready again."""

    def pid() -> int:
        return next(state.pid for state in Supervisor(stack).states() if state.name == "postgres")

    before = pid()
    os.kill(before, signal.SIGKILL)
    waiting.until(
        lambda: "still away" if pid() in {0, before} else health.missing(stack, "postgres"), seconds=40
    )


def _open(url: str) -> bool:
    """Whether all connections of the database under test are there."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lienthong-test-consumers'"
        ).fetchone()
    return found == (_CONNECTIONS,)


def test_of_all_connections_that_died_in_the_pool_work_meets_one(stack: Stack) -> None:
    url = stack.database_url("contributions", "contributions")
    tried: list[int] = []

    def backend(connection: psycopg.Connection[Any]) -> int:
        tried.append(connection.info.backend_pid)
        connection.execute("SELECT 1")
        return connection.info.backend_pid

    with open_database(url, name="test", connections=_CONNECTIONS) as database:
        until(lambda: _open(url), seconds=20, what="the pool is full")
        _kill_the_database(stack)
        answered = [database.run(backend) for _ in range(2 * _CONNECTIONS)]
    assert tried[1:] == answered
