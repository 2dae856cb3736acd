"""How many requests a grant still allows in this minute, over all workers.

Each worker counts what it lets through and learns of the others' counts with
every ``exchange``, several times a second. Between two exchanges the workers
together may let through a little more than the quota; never less.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

from lienthong.agencies.registry import Grant

_MINUTE = 60

_TELL = """
INSERT INTO quota_use (grant_id, minute, worker, used)
SELECT grant_id, %(minute)s, %(worker)s, used
FROM unnest(%(grants)s::bigint[], %(used)s::integer[]) AS mine(grant_id, used)
ON CONFLICT (grant_id, minute, worker) DO UPDATE SET used = excluded.used
"""
_FORGET = "DELETE FROM quota_use WHERE minute < %(minute)s - 1 AND worker = %(worker)s"
_LEARN = """
SELECT grant_id, sum(used)::integer FROM quota_use
WHERE minute = %(minute)s AND worker <> %(worker)s GROUP BY grant_id
"""


class QuotaLedger:
    """Counts by grant for the current minute (UTC)."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._minute = 0
        self._mine: dict[int, int] = {}
        self._others: Mapping[int, int] = {}

    def take(self, grant: Grant, now: float) -> int | None:
        """Count one request; the seconds to wait when the quota is used up, else None."""
        self._turn(now)
        used = self._mine.get(grant.grant_id, 0)
        if grant.quota is not None and used + self._others.get(grant.grant_id, 0) >= grant.quota:
            return max(1, _MINUTE - int(now) % _MINUTE)
        self._mine[grant.grant_id] = used + 1
        return None

    async def exchange(self, connection: psycopg.AsyncConnection[Any], now: float) -> None:
        """Tell the other workers what was let through here, and learn theirs."""
        self._turn(now)
        minute = {"minute": self._minute, "worker": self._worker}
        if self._mine:
            mine = {"grants": list(self._mine), "used": list(self._mine.values())}
            await connection.execute(_TELL, minute | mine)
            await connection.execute(_FORGET, minute)
        # Also by a worker that has let nothing through yet: the others may have used it all up.
        cursor = await connection.execute(_LEARN, minute)
        if minute["minute"] == self._minute:
            self._others = dict(await cursor.fetchall())

    def _turn(self, now: float) -> None:
        minute = int(now) // _MINUTE
        if minute != self._minute:
            self._minute, self._mine, self._others = minute, {}, {}
