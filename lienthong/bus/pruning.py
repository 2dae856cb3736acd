"""Forgets old marks of the inbox. A command of a key that comes again after that is still known by its number."""

from datetime import datetime, timedelta
from typing import Final, LiteralString

from lienthong.bus.transactions import Connection

KEPT: Final = timedelta(days=30)
"""How long a mark is kept after it was made."""
AT_ONCE: Final = 5_000
"""Marks forgotten in one turn of a timer, and so in one transaction."""

_COMMANDS: Final[LiteralString] = """
DELETE FROM inbox WHERE operation_id IN (
    SELECT operation_id FROM inbox WHERE at < %(before)b AND state = 1 ORDER BY at LIMIT %(most)b)
"""
_EVENTS: Final[LiteralString] = """
DELETE FROM inbox_event WHERE event_id IN (
    SELECT event_id FROM inbox_event WHERE at < %(before)b ORDER BY at LIMIT %(most)b)
"""


def prune(connection: Connection, *, events: bool, now: datetime) -> int:
    """Forget at most :data:`AT_ONCE` marks older than :data:`KEPT`, the oldest first; how many. What is held stays."""
    statement = _EVENTS if events else _COMMANDS
    return connection.execute(statement, {"before": now - KEPT, "most": AT_ONCE}).rowcount
