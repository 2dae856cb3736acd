"""When an agency last checked a person's coverage with success: what opens her history to it.

Taken from the access log, which has the check before the agency has its answer. Only
``CheckCoverage`` counts, asked for one person and answered about her: its entry names a
person when identifier, name and date of birth fitted, and nobody otherwise.

One statement answers those who ask at once. Guarantee: a read; it answers or raises
within its deadline, and what raises opens nothing.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString, NamedTuple

from gateway.upstream import MARGIN_SECONDS, Sharing
from lienthong.audit.writer import Connections
from lienthong.rpc.coalesce import Item

WINDOW: Final = timedelta(hours=72)
"""How long a check admits."""

# An entry lies on the day that its request states, which is at most minutes from when it was recorded.
_DAYS: Final = timedelta(days=1)
# The day is a value of its own, so that only the partitions of the window are looked at.
LAST: Final[LiteralString] = """
SELECT k.ord, (SELECT extract(epoch FROM max(e.recorded_at))::bigint
               FROM audit_entry e
               WHERE e.rpc = 'vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage' AND e.outcome = 'ok'
                 AND e.subjects_answered[1] = k.person_id AND e.agency_id = k.agency_id
                 AND e.recorded_at > %(since)s AND e.day BETWEEN %(first)s AND %(last)s)
FROM unnest(%(agencies)s::text[], %(persons)s::bigint[]) WITH ORDINALITY AS k (agency_id, person_id, ord)
"""


class _Pair(NamedTuple):
    agency_id: str
    person_id: int


class RecentChecks:
    """Asks the access log."""

    def __init__(
        self,
        pool: Connections,
        sharing: Sharing,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool = pool
        self._now = now
        self._coalescer = sharing.coalescer("recent_checks", self._ask)

    async def last(self, agency_id: str, person_id: int, *, deadline: float) -> int:
        """Seconds since 1970 of the last one within 72 hours; 0 for none. For nobody (0) the same is done.

        Raises what ``gateway.problems`` answers with ``unavailable``.
        """
        asked = _Pair(agency_id, person_id)
        return int(await self._coalescer.submit(asked, deadline=deadline - MARGIN_SECONDS))

    async def _ask(self, items: Sequence[Item[_Pair]]) -> list[int | Exception]:
        since = self._now() - WINDOW
        values: dict[str, Any] = {
            "agencies": [item.request.agency_id for item in items],
            "persons": [item.request.person_id for item in items],
            "since": since,
            "first": (since - _DAYS).date(),
            "last": (since + WINDOW + _DAYS).date(),
        }
        found: list[int | Exception] = [0] * len(items)
        async with self._pool.connection() as connection:
            cursor = await connection.execute(LAST, values)
            for order, seconds in await cursor.fetchall():
                found[order - 1] = seconds or 0
        return found
