"""Keeps what this worker knows of agencies, keys and grants current.

A revocation takes effect within a second: the version is asked for four times a
second, and a snapshot that could not be confirmed for a second is not used any
more (every request is then refused as ``unavailable``).
"""

import asyncio
import time
from collections.abc import Callable

import psycopg
import psycopg_pool
from psycopg_pool import AsyncConnectionPool

from gateway.problems import Problem
from gateway.quota import QuotaLedger
from lienthong.agencies.registry import Registry, current_version, load_registry
from lienthong.telemetry import metrics
from lienthong.telemetry.logs import get_logger

_EVERY_SECONDS = 0.25
_STALE_SECONDS = 1.0
_DAYS_AHEAD = 7
_PREPARE_EVERY_SECONDS = 6 * 3600.0

_log = get_logger("gateway.watch")


class RegistryWatch:
    """Holds the snapshot; ``run`` keeps it current until cancelled."""

    def __init__(
        self, pool: AsyncConnectionPool, quota: QuotaLedger, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._quota = quota
        self._clock = clock
        self._registry: Registry | None = None
        self._confirmed = float("-inf")
        self._prepared = float("-inf")
        self._database = metrics.dependency("database")

    def registry(self) -> Registry:
        """The snapshot. Raises ``Problem("unavailable")`` when it is not known to be current."""
        if self._registry is None or self._clock() - self._confirmed > _STALE_SECONDS:
            raise Problem("unavailable", "the registry could not be confirmed")
        return self._registry

    @property
    def ready(self) -> bool:
        """Whether the snapshot is current, and so the gateway's database answers."""
        return self._registry is not None and self._clock() - self._confirmed <= _STALE_SECONDS

    async def run(self) -> None:
        """Confirm the snapshot four times a second, for ever."""
        while True:
            asked = self._clock()
            try:
                async with asyncio.timeout(_STALE_SECONDS):
                    await self._confirm(asked)
                self._database.set(1)
            except (psycopg.Error, psycopg_pool.PoolTimeout, TimeoutError, LookupError) as error:
                self._database.set(0)
                _log.warning("registry.unconfirmed", error=type(error).__name__)
            await asyncio.sleep(max(0.0, asked + _EVERY_SECONDS - self._clock()))

    async def _confirm(self, asked: float) -> None:
        async with self._pool.connection() as connection:
            version = await current_version(connection)
            if self._registry is None or version != self._registry.version:
                self._registry = await load_registry(connection, self._registry)
                _log.info(
                    "registry.loaded",
                    version=self._registry.version,
                    unreadable=len(self._registry.unreadable),
                )
            if asked - self._prepared > _PREPARE_EVERY_SECONDS:
                # Before the first request is served: an entry needs its day's partition.
                await connection.execute(
                    "SELECT audit_prepare_days((now() AT TIME ZONE 'UTC')::date - 1, %s)", (_DAYS_AHEAD + 1,)
                )
                self._prepared = asked
            # As old as the moment at which it was asked for, not as the answer's arrival.
            self._confirmed = asked
            await self._quota.exchange(connection, time.time())
