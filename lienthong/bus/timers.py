"""Work by the clock in a consumer: one handler, one transaction, at the start and then every so often.

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
        """Have a turn. What the handler raises is logged and counted; the next turn comes all the same.

        Raises :class:`Stopping`.
        """
        for pause in (*_AGAIN_S, None):
            outcome = self._try(last=pause is None)
            measures.TURNS.labels(self.timer.name, outcome).inc()
            if outcome != "again" or self._stopping.wait(pause):
                return

    def stop(self) -> None:
        """Do not try again."""
        self._stopping.set()

    def _try(self, *, last: bool) -> str:
        try:
            self._database.run(self._once)
        except Stopping:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a handler raises, there is a next turn
            _log.warning("timer.failed", timer=self.timer.name, **logs.describe_exception(error))
            return "again" if is_database_trouble(error) and not last else "failed"
        return "done"

    def _once(self, connection: psycopg.Connection[Any]) -> None:
        publishing = transactions.Publishing(self._clock)
        with connection.transaction():
            self.timer.handler(TimerContext(connection=connection, now=self._clock(), publish=publishing))
            outbox.put(connection, publishing.events)
        if publishing.events:
            connection.execute(outbox.RING)
