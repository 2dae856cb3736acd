"""Delivers what is due, again and again, until it is stopped.

Guarantee: as ``gateway.deliveries.making``. Without its database it tries again every few seconds.
"""

import asyncio
from typing import Final

import psycopg

from gateway.deliveries.making import Making
from lienthong.telemetry import logs, metrics

POLL_S: Final = 5.0
"""How soon after its close a month is looked at, when nothing else was to do."""

_log = logs.get_logger("gateway.deliveries")


class Worker:
    """``run`` until ``stop``."""

    def __init__(self, making: Making, *, poll_s: float = POLL_S) -> None:
        self._making = making
        self._poll_s = poll_s
        self._stopping = asyncio.Event()
        self._database = metrics.dependency("database")

    def stop(self) -> None:
        """Begin nothing new; ``run`` returns when what is under way has ended."""
        self._stopping.set()

    async def run(self) -> None:
        """Deliver, until stopped."""
        while not self._stopping.is_set():
            if not await self._turn():
                await self._wait()

    async def _turn(self) -> bool:
        """Whether something was delivered or tried; nothing is raised."""
        try:
            worked = await self._making.turn()
            await self._making.measure()
        except psycopg.Error as error:
            self._database.set(0)
            _log.warning("deliveries.not_taken", error=type(error).__name__)
            return False
        self._database.set(1)
        return worked

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._poll_s):
                await self._stopping.wait()
        except TimeoutError:
            return
