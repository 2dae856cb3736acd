"""The consumer's database: a few connections, and patience while it is away.

A message whose database is away stays with its worker, unacknowledged: nothing is
moved, so the order of a key holds and nothing counts as an attempt. At most as many
messages wait as the prefetch allows. When the process stops meanwhile, they go back
to the broker with the connection.

A connection that the server ended takes the pool's others with it: they are all made anew
at once, so that who comes next meets none of them.

Open the pool before the first worker runs: under eventlet each green thread would
otherwise open one.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from lienthong.bus.retrying import is_database_away
from lienthong.telemetry import logs, metrics

Pool: TypeAlias = ConnectionPool[psycopg.Connection[Any]]
T = TypeVar("T")

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
# For a connection that is to be had: there is one for each that may ask.
_WAIT_S: Final = 2.0

_PARAMETERS: Final[dict[str, Any]] = {
    # Transactions begin and end by their own statements: see lienthong.bus.inbox.
    "autocommit": True,
    "prepare_threshold": 0,
    "connect_timeout": 2,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# A handler's statement may take a minute, a lock a quarter of it; beyond, it is tried again later.
# Planned once: planning a join over eight partitions costs more than running it.
_OPTIONS: Final = (
    "-c TimeZone=UTC -c jit=off -c plan_cache_mode=force_generic_plan"
    " -c statement_timeout=60s -c lock_timeout=15s"
    " -c idle_in_transaction_session_timeout=120s"
)
_log = logs.get_logger("bus.database")


class Stopping(Exception):
    """The process stops while the database is away; what was to be done was not begun."""


class Database:
    """Runs work on a connection; waits, as long as it takes, while there is none to be had."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        # Who waits for his neighbours waits here: waiting in the pool then means that the database is away.
        self._places = threading.BoundedSemaphore(pool.max_size)
        self._stopping = threading.Event()
        self._gauge = metrics.dependency("database")
        self._away = False

    def run(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """What ``work`` returns or raises; it is called again if its connection broke.

        ``work`` must be safe to repeat, also when its commit was the last thing heard of.
        Raises :class:`Stopping` once :meth:`stop` was called and the database is away.
        """
        pause = _FIRST_PAUSE_S
        while True:
            try:
                result = self._try(work)
            except Exception as error:
                if not is_database_away(error):
                    raise
                self._tell(error)
            else:
                self._tell(None)
                return result
            if self._stopping.wait(pause):
                raise Stopping
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _try(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        with self._places, self._pool.connection() as connection:
            try:
                return work(connection)
            except Exception as error:
                if is_database_away(error):
                    # What lies in the pool died with it. Met one by one, each would cost a pause:
                    # eight of them 4.6 s of the first message, however long after the crash it comes.
                    self._pool.drain()
                raise

    def stop(self) -> None:
        """Wait for the database no longer."""
        self._stopping.set()

    def _tell(self, error: Exception | None) -> None:
        away = error is not None
        self._gauge.set(int(not away))
        if away == self._away:
            return
        self._away = away
        if error is None:
            _log.info("database.up")
        else:
            _log.warning("database.down", **logs.describe_exception(error))


@contextmanager
def open_database(url: str, *, name: str, connections: int) -> Iterator[Database]:
    """A database with at most ``connections`` connections; closed at the end of the block.

    Opens also while the server is away.
    """
    options = f"{_OPTIONS} {conninfo_to_dict(url).get('options') or ''}"
    pool: Pool = ConnectionPool(
        url,
        kwargs={**_PARAMETERS, "options": options, "application_name": f"lienthong-{name}-consumers"},
        min_size=connections,
        max_size=connections,
        open=False,
        timeout=_WAIT_S,
        # Give up quickly: the next worker starts afresh, without the pool's growing pauses.
        reconnect_timeout=1.0,
        name=name,
    )
    pool.open(wait=False)
    database = Database(pool)
    try:
        yield database
    finally:
        database.stop()
        pool.close()
