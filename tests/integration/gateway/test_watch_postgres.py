"""The watch over the registry, on a real PostgreSQL that goes away."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from gateway.problems import Problem
from gateway.quota import QuotaLedger
from gateway.watch import RegistryWatch
from lienthong.agencies import Agency, AgencyKind, admin
from lienthong.db.pool import Pool, open_pool


@asynccontextmanager
async def watching(watch: RegistryWatch) -> AsyncIterator[None]:
    """The watch runs for the length of the block."""
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(ready: Callable[[], bool], seconds: float = 3.0) -> None:
    async with asyncio.timeout(seconds):
        while not ready():  # noqa: ASYNC110  what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_a_change_is_seen_within_a_second(pool: Pool, owner: psycopg.Connection[Any]) -> None:
    watch = RegistryWatch(pool, QuotaLedger("test"))
    name = f"test-{uuid.uuid4().hex[:12]}"
    async with watching(watch):
        await until(lambda: watch.ready)
        assert watch.registry().agency(name) is None
        admin.add_agency(
            owner, Agency(name, "Test", AgencyKind.MINISTRY, None, None, active=True), actor="tests"
        )
        await until(lambda: watch.registry().agency(name) is not None, seconds=1.0)


async def test_the_days_ahead_have_their_partitions(pool: Pool, owner: psycopg.Connection[Any]) -> None:
    watch = RegistryWatch(pool, QuotaLedger("test"))
    query = """SELECT count(*) FROM generate_series(-1, 6) AS ahead
               WHERE to_regclass('audit_entry_' || to_char((now() AT TIME ZONE 'UTC')::date + ahead, 'YYYYMMDD'))
                     IS NOT NULL"""
    async with watching(watch):
        await until(lambda: owner.execute(query).fetchone() == (8,))


async def test_a_registry_that_cannot_be_confirmed_is_not_used(stack_variable: Callable[[str], str]) -> None:
    now = [0.0]
    async with open_pool(stack_variable("DATABASE_URL_GATEWAY"), name="test", connections=1) as pool:
        watch = RegistryWatch(pool, QuotaLedger("test"), clock=lambda: now[0])
        with pytest.raises(Problem, match="unavailable"):
            watch.registry()
        async with watching(watch):
            await until(lambda: watch.ready)
        now[0] = 1.0
        assert watch.registry().version > 0
        now[0] = 1.01
        assert not watch.ready
        with pytest.raises(Problem) as caught:
            watch.registry()
        assert caught.value.reason.name == "unavailable"


async def test_a_database_that_is_not_there_is_asked_again_and_again() -> None:
    async with open_pool("postgresql://nobody@127.0.0.1:1/none", name="none", wait_s=0.1) as pool:
        watch = RegistryWatch(pool, QuotaLedger("test"))
        task = asyncio.create_task(watch.run())
        done, _ = await asyncio.wait([task], timeout=1.0)
        assert not done, "the watch must not end"
        assert not watch.ready
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
