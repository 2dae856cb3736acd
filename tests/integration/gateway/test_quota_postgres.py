"""Workers that share a quota through a real PostgreSQL."""

import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from itertools import count

import pytest

from gateway.quota import QuotaLedger
from lienthong.agencies.registry import Grant
from lienthong.db.pool import Pool

NOW = 1_795_000_020.0  # a full minute
_grants = count(-1, -1)  # of no agency: nothing of the stack uses them


def grant(quota: int | None) -> Grant:
    everything = frozenset({"x"})
    return Grant(
        next(_grants), "x", "x:y", everything, everything, datetime(2026, 1, 1, tzinfo=UTC), None, quota
    )


@pytest.fixture
async def ledgers(pool: Pool) -> AsyncIterator[Callable[[], QuotaLedger]]:
    """Makes ledgers of workers whose counts are gone after the test."""
    run = uuid.uuid4().hex
    yield lambda: QuotaLedger(f"test-{run}-{uuid.uuid4().hex}")
    async with pool.connection() as connection:
        await connection.execute("DELETE FROM quota_use WHERE worker LIKE %s", (f"test-{run}-%",))


async def exchange(pool: Pool, *ledgers: QuotaLedger, now: float = NOW) -> None:
    async with pool.connection() as connection:
        for _ in range(2):  # so that the first hears of the last, too
            for ledger in ledgers:
                await ledger.exchange(connection, now)


async def test_two_workers_share_one_quota(pool: Pool, ledgers: Callable[[], QuotaLedger]) -> None:
    one, other, limited = ledgers(), ledgers(), grant(5)
    assert [one.take(limited, NOW) for _ in range(3)] == [None] * 3
    await exchange(pool, one, other)
    assert [other.take(limited, NOW) for _ in range(3)] == [None, None, 60]
    await exchange(pool, one, other)
    assert one.take(limited, NOW) == 60


async def test_a_worker_learns_before_it_lets_anything_through(
    pool: Pool, ledgers: Callable[[], QuotaLedger]
) -> None:
    one, newcomer, limited = ledgers(), ledgers(), grant(1)
    assert one.take(limited, NOW) is None
    await exchange(pool, one, newcomer)
    assert newcomer.take(limited, NOW) == 60


async def test_a_new_minute_brings_the_whole_quota(pool: Pool, ledgers: Callable[[], QuotaLedger]) -> None:
    one, other, limited = ledgers(), ledgers(), grant(2)
    one.take(limited, NOW)
    other.take(limited, NOW)
    await exchange(pool, one, other)
    assert one.take(limited, NOW + 59.9) == 1
    assert [one.take(limited, NOW + 60) for _ in range(3)] == [None, None, 60]
    await exchange(pool, one, other, now=NOW + 60)
    assert other.take(limited, NOW + 60) == 60


async def test_telling_twice_counts_once(pool: Pool, ledgers: Callable[[], QuotaLedger]) -> None:
    one, other, limited = ledgers(), ledgers(), grant(3)
    one.take(limited, NOW)
    for _ in range(5):
        await exchange(pool, one, other)
    assert [other.take(limited, NOW) for _ in range(3)] == [None, None, 60]


async def test_counts_of_minutes_long_past_are_forgotten(
    pool: Pool, ledgers: Callable[[], QuotaLedger]
) -> None:
    one, limited = ledgers(), grant(3)
    for minute in range(4):
        one.take(limited, NOW + 60 * minute)
        await exchange(pool, one, now=NOW + 60 * minute)
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM quota_use WHERE grant_id = %s", (limited.grant_id,)
        )
        assert await cursor.fetchone() == (2,)


async def test_what_was_not_refused_is_not_limited(pool: Pool, ledgers: Callable[[], QuotaLedger]) -> None:
    one, free, limited = ledgers(), grant(None), grant(1)
    assert [one.take(free, NOW) for _ in range(100)] == [None] * 100
    assert one.take(limited, NOW) is None
    await exchange(pool, one)
