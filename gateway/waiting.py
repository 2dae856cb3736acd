"""Waiting for the end of an operation (``Prefer: wait``): one listening connection for a worker.

The gateway's consumer notifies the channel ``operation`` when it completes one. Only a
hint: whoever is woken looks the operation up. Bounds: ``most`` waiters, ``_MOST_OF_ONE``
of one agency; beyond them, and while the connection is down, nobody waits and the answer
is given at once as it is.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg

from lienthong.telemetry import metrics
from lienthong.telemetry.logs import get_logger

CHANNEL: LiteralString = "operation"
_MOST_OF_ONE = 200
_PAUSE_SECONDS = 0.5

_log = get_logger("gateway.waiting")


class Waiters:
    """Who waits for which operation. ``run`` listens until cancelled."""

    def __init__(self, database_url: str, *, most: int) -> None:
        self._url = database_url
        self._most = most
        self._events: dict[str, set[asyncio.Event]] = {}
        self._of_agency: Counter[str] = Counter()
        self._number = 0
        self._listening = False
        self._stopped = False
        self._depth = metrics.queue("operation_waits")

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._number

    @property
    def listening(self) -> bool:
        """Whether an end would be heard now."""
        return self._listening

    @property
    def stopped(self) -> bool:
        """Whether nobody is to wait any more."""
        return self._stopped

    @contextmanager
    def waiter(self, operation_id: str, agency_id: str) -> Iterator[asyncio.Event | None]:
        """An event that is set when the operation may have ended; None when nobody may wait now."""
        full = self._number >= self._most or self._of_agency[agency_id] >= _MOST_OF_ONE
        if full or not self._listening or self._stopped:
            yield None
            return
        event = asyncio.Event()
        self._events.setdefault(operation_id, set()).add(event)
        self._number += 1
        self._depth.set(self._number)
        self._of_agency[agency_id] += 1
        try:
            yield event
        finally:
            self._number -= 1
            self._depth.set(self._number)
            self._of_agency[agency_id] -= 1
            if not self._of_agency[agency_id]:
                del self._of_agency[agency_id]
            mine = self._events[operation_id]
            mine.discard(event)
            if not mine:
                del self._events[operation_id]

    def stop(self) -> None:
        """Let everybody go: a worker that stops does not make its stop wait."""
        self._stopped = True
        self._wake_all()

    def wake(self, operation_id: str) -> None:
        """Wake whoever waits for this operation."""
        for event in self._events.get(operation_id, ()):
            event.set()

    async def run(self) -> None:
        """Listen, for ever; after a break everybody is woken and looks for himself."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                _log.warning("operations.not_listening", error=type(error).__name__)
            finally:
                self._listening = False
                self._wake_all()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _listen(self) -> None:
        connection: psycopg.AsyncConnection[Any]
        async with await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            connect_timeout=2,
            application_name="lienthong-gateway-waiting",
            keepalives_idle=10,
            keepalives_interval=3,
            keepalives_count=3,
        ) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._listening = True
            # What ended before this was told to nobody here.
            self._wake_all()
            async for notice in connection.notifies():
                self.wake(notice.payload)

    def _wake_all(self) -> None:
        for events in self._events.values():
            for event in events:
                event.set()
