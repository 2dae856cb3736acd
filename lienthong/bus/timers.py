"""Work by the clock in a consumer: one handler, one transaction, at the start and then every so often.

A handler that does a part and says that more is left has its next turn at once. What a
turn may do is bounded by the handler, so whoever waits for its locks has them between two
turns, and a process that stops waits for one turn, not for all that is left.

Several processes may have the same turn at the same time, and a turn may be had
twice: a handler locks what it works on and finds nothing to do the second time.
"""

import threading
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from lienthong.bus import measures, outbox, transactions
from lienthong.bus.database import Database, Stopping
from lienthong.bus.handling import TimerContext, TimerHandler
from lienthong.bus.retrying import is_database_trouble
from lienthong.telemetry import logs

HOURLY_S: Final = 3600.0
# A turn that meets a deadlock or the like is had again soon, not after an hour.
_AGAIN_S: Final = (1, 5, 30)
_MORE: Final = "more"
_AGAIN: Final = "again"
_log = logs.get_logger("bus.timer")


@dataclass(frozen=True, slots=True)
class Timer:
    """A handler and how often it has a turn. ``name`` is for logs and metrics."""

    name: str
    handler: TimerHandler
    every_s: float = HOURLY_S


class Turn:
    """One timer over one database."""

    def __init__(self, timer: Timer, database: Database, *, clock: transactions.Clock) -> None:
        self.timer = timer
        self._database = database
        self._clock = clock
        self._stopping = threading.Event()

    def __call__(self) -> None:
        """Have a turn, and more while the handler has more to do and nobody stops it.

        What it raises is logged and counted; the next turn comes all the same. Raises :class:`Stopping`.
        """
        while self._patiently() == _MORE and not self._stopping.is_set():
            pass

    def _patiently(self) -> str:
        """One turn, tried again if the database is at fault; how it ended."""
        for pause in _AGAIN_S:
            outcome = self._try(last=False)
            if outcome != _AGAIN or self._stopping.wait(pause):
                return outcome
        return self._try(last=True)

    def stop(self) -> None:
        """End after the turn under way, and do not try again."""
        self._stopping.set()

    def _try(self, *, last: bool) -> str:
        try:
            outcome = _MORE if self._database.run(self._once) else "done"
        except Stopping:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a handler raises, there is a next turn
            _log.warning("timer.failed", timer=self.timer.name, **logs.describe_exception(error))
            outcome = _AGAIN if is_database_trouble(error) and not last else "failed"
        measures.TURNS.labels(self.timer.name, outcome).inc()
        return outcome

    def _once(self, connection: psycopg.Connection[Any]) -> bool:
        publishing = transactions.Publishing(self._clock)
        with connection.transaction():
            context = TimerContext(connection=connection, now=self._clock(), publish=publishing)
            more = self.timer.handler(context)
            outbox.put(connection, publishing.events)
        if publishing.events:
            connection.execute(outbox.RING)
        return bool(more)
