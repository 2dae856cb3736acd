"""A large command waits while what follows its database's changes is behind.

Whoever writes as fast as he can takes the processor from whoever must follow him: the
folding of statistics, which owes its readers figures that are current to seconds. So a
large command begins a little later while that is behind, as a driver leaves room. It is
no gate: a command waits for :data:`MOST_S` at most, so that work goes on, slower, if
that does not help; and it does not wait at all for what is so far behind, or
stands still, that waiting would not bring it back.
"""

import threading
from time import monotonic
from typing import Any, Final, LiteralString

import psycopg

from lienthong.bus import measures
from lienthong.bus.database import Database
from lienthong.bus.retrying import is_database_away
from lienthong.telemetry import logs

NEAR_S: Final = 2.5
"""So far behind is near enough: nobody waits."""
HOPELESS_S: Final = 30.0
"""So far behind helps no waiting: it is being built, or stands still."""
MOST_S: Final = 2.0
"""How long one command waits at most."""
_LOOK_EVERY_S: Final = 0.1
_log = logs.get_logger("bus")


class Pace:
    """Asks one database how far behind its follower is; all who wait share the answer.

    ``behind`` is SQL that answers it in seconds, in one row; NULL where nothing waits.
    """

    def __init__(self, database: Database, behind: LiteralString) -> None:
        self._database = database
        self._question = behind
        self._asking = threading.Lock()
        self._asked_at = float("-inf")
        self._behind_s = 0.0
        self._never = threading.Event()

    def wait(self) -> None:
        """Until the follower is near, or hopeless, or :data:`MOST_S` have passed. Raises ``Stopping``."""
        begun = monotonic()
        while NEAR_S < self._look() < HOPELESS_S and monotonic() - begun < MOST_S:
            self._never.wait(_LOOK_EVERY_S)
        measures.PACED.inc(monotonic() - begun)

    def _look(self) -> float:
        with self._asking:
            if monotonic() - self._asked_at >= _LOOK_EVERY_S:
                self._behind_s = self._database.run(self._ask)
                self._asked_at = monotonic()
            return self._behind_s

    def _ask(self, connection: psycopg.Connection[Any]) -> float:
        try:
            row = connection.execute(self._question).fetchone()
        except psycopg.Error as error:
            if is_database_away(error):
                raise
            # Commands are what this process is for: no missing right or view, and no time-out, holds one up.
            _log.warning("bus.unpaced", **logs.describe_exception(error))
            return 0.0
        return float(row[0] or 0.0) if row else 0.0
