"""Writes down whom agencies have verified, for statistics: behind the answers, one statement for many.

Guarantee: late rather than lost. An answer never waits for it: a slow or absent database
makes the count late, not the answer; and the time of an answer does not tell whether
the person was verified this month before. What cannot be written is tried again. At
most ``most`` people wait; beyond that, and at the end of the process if the database is
away, they are lost to statistics and ``lienthong_verifications_lost_total`` counts them.
A process killed with SIGKILL loses what it has answered since the last write, some tenth
of a second, and nothing counts that.

Writing is idempotent and knows no order: the best outcome of the month stays. So several
processes, and what is tried again, never make an outcome worse.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date
from itertools import islice
from typing import Final

import psycopg
import psycopg_pool

from lienthong.telemetry.logs import get_logger
from services.identity import measures
from services.identity.domain import Result, Verdict

Best = Mapping[tuple[int, date], Result]
"""(person_id, first day of the month) -> the best outcome."""

PAUSE_S: Final = 0.1
"""What is answered meanwhile is written together."""
MOST_WAITING: Final = 100_000
_AT_ONCE: Final = 1_000
_WRITE_S: Final = 2.0
"""For one statement: until then it may hold one of the process's connections."""
_FINISH_S: Final = 3.0
_PAUSE_AFTER_FAILURE_S: Final = 1.0
_FAILURES: Final = (psycopg.Error, psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests, TimeoutError)

_log = get_logger("verifications")


class Verifications:
    """What was verified and is not written yet. ``write`` raises psycopg's errors."""

    def __init__(
        self,
        write: Callable[[Best], Awaitable[None]],
        *,
        pause_s: float = PAUSE_S,
        pause_after_failure_s: float = _PAUSE_AFTER_FAILURE_S,
        most: int = MOST_WAITING,
    ) -> None:
        self._write = write
        self._pause_s = pause_s
        self._pause_after_failure_s = pause_after_failure_s
        self._most = most
        self._waiting: dict[tuple[int, date], Result] = {}
        self._writer: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def note(self, month: date, verdicts: Iterable[Verdict]) -> None:
        """These were answered. Nobody, who has neither a person nor a province, is not counted."""
        for verdict in verdicts:
            if verdict.result is not Result.NOT_FOUND:
                self._add((verdict.person_id, month), verdict.result)
        if self._waiting and self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._work())

    async def finish(self) -> None:
        """Write what waits, in a few seconds; what is then left is lost, and counted as such."""
        self._ending.set()
        if (writer := self._writer) is not None:
            await asyncio.wait({writer}, timeout=_FINISH_S)
            writer.cancel()
            await asyncio.wait({writer})
        if self._waiting:
            measures.LOST.inc(len(self._waiting))
            _log.error("verifications.lost", people=len(self._waiting))

    def _add(self, key: tuple[int, date], result: Result) -> None:
        known = self._waiting.get(key)
        if known is None and len(self._waiting) >= self._most:
            measures.LOST.inc()
        elif known is None or result < known:
            self._waiting[key] = result

    async def _work(self) -> None:
        pause = self._pause_s
        try:
            while self._waiting:
                await self._rest(pause)
                written = await self._write_some()
                measures.LATE.set(0 if written else len(self._waiting))
                if not written and self._ending.is_set():
                    return
                pause = self._pause_s if written else self._pause_after_failure_s
        finally:
            self._writer = None

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            return

    async def _write_some(self) -> bool:
        """Whether it could be written; what could not waits again."""
        batch = dict(islice(self._waiting.items(), _AT_ONCE))
        try:
            async with asyncio.timeout(_WRITE_S):
                await self._write(batch)
        except _FAILURES as error:
            _log.warning("verifications.late", people=len(self._waiting), error=type(error).__name__)
            return False
        for key, result in batch.items():
            # A better outcome that came meanwhile is still to be written.
            if self._waiting[key] == result:
                del self._waiting[key]
        return True
