"""Workers that share a day's budget of observations through a real PostgreSQL, as the gateway's role."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import count

import psycopg
import pytest

from gateway.budget import Budget
from gateway.problems import Problem
from lienthong.agencies.registry import Grant
from lienthong.db.pool import Pool

MIDNIGHT = datetime(2026, 11, 21, 17, tzinfo=UTC).timestamp()
"""In Việt Nam."""
_grants = count(-1, -1)  # of no agency: nothing of the stack uses them


def grant(budget: int | None) -> Grant:
    everything = frozenset({"x"})
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return Grant(next(_grants), "x", "x:y", everything, everything, since, None, None, budget)


@pytest.fixture
async def budget(pool: Pool, stack_variable: object) -> AsyncIterator[Budget]:
    yield Budget(pool)
    assert callable(stack_variable)
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY_OWNER"), autocommit=True) as owner:
        owner.execute("DELETE FROM observations_pulled WHERE grant_id < 0")


async def charged(budget: Budget, limited: Grant, some: int, now: float = MIDNIGHT) -> int | None:
    """None when it was; else the seconds to wait."""
    deadline = asyncio.get_running_loop().time() + 5
    try:
        await budget.charge(limited, some, now, deadline=deadline)
    except Problem as problem:
        if problem.reason.name != "quota_exceeded":
            raise
        return int(dict(problem.headers)[b"retry-after"])
    return None


async def test_an_answer_that_no_longer_fits_is_refused_and_costs_nothing(budget: Budget) -> None:
    limited = grant(100)
    assert await charged(budget, limited, 101) == 86_400
    assert [await charged(budget, limited, some) for some in (60, 41, 40, 1)] == [None, 86_400, None, 86_400]


async def test_a_budget_holds_however_many_ask_at_once(budget: Budget) -> None:
    limited = grant(50)
    told = await asyncio.gather(*(charged(budget, limited, 7) for _ in range(20)))
    assert told.count(None) == 50 // 7


async def test_a_day_begins_at_midnight_in_viet_nam(budget: Budget) -> None:
    limited = grant(10)
    assert await charged(budget, limited, 10, MIDNIGHT - 1) is None
    assert await charged(budget, limited, 1, MIDNIGHT - 1) == 1
    assert await charged(budget, limited, 10, MIDNIGHT) is None
    assert await charged(budget, limited, 1, MIDNIGHT + 3600) == 86_400 - 3600


async def test_without_a_budget_and_without_a_figure_nothing_is_charged(budget: Budget, pool: Pool) -> None:
    free, limited = grant(None), grant(1)
    assert await charged(budget, free, 1_000_000) is None
    assert await charged(budget, limited, 0) is None
    async with pool.connection() as connection:
        found = await connection.execute(
            "SELECT count(*) FROM observations_pulled WHERE grant_id IN (%s, %s)",
            (free.grant_id, limited.grant_id),
        )
        assert await found.fetchone() == (0,)


async def test_what_was_pulled_cannot_be_taken_back_by_the_gateway(pool: Pool) -> None:
    async with pool.connection() as connection:
        for statement in ("DELETE FROM observations_pulled", "UPDATE observations_pulled SET day = now()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement.encode())
