"""How many observations a grant still allows today, over all workers and their restarts.

Guarantee: what leaves in a day of Việt Nam never exceeds the grant's budget. An answer is
charged whole, in one statement, before it is released; one that no longer fits is refused
and costs nothing. An answer that is charged and then does not leave stays charged. Without
the database nothing is released, as without its audit entry.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from gateway.problems import Problem
from lienthong.agencies.registry import Grant
from lienthong.audit.writer import Connections
from vss.statistics.v1 import statistics_pb2

_DAY_S: Final = 86_400
_VIETNAM: Final = timedelta(hours=7)
_MOST_DETAIL: Final = 400

# A grant without a row has used nothing. No row comes back where the answer does not fit.
_CHARGE: Final[LiteralString] = """
INSERT INTO observations_pulled AS p (grant_id, day, observations)
SELECT %(grant)s, %(day)s, %(some)s WHERE %(some)s <= %(budget)s
ON CONFLICT (grant_id, day) DO UPDATE SET observations = p.observations + excluded.observations
WHERE p.observations + excluded.observations <= %(budget)s
RETURNING observations
"""


class Budget:
    """Charges answers of statistics to the day's budget of their grant."""

    def __init__(self, pool: Connections) -> None:
        self._pool = pool

    async def charge(self, grant: Grant, observations: int, now: float, *, deadline: float) -> None:
        """``now`` in seconds since 1970, ``deadline`` in the loop's time.

        Raises ``quota_exceeded``, and what ``gateway.problems`` answers with ``unavailable``.
        """
        budget = grant.observations_per_day
        if budget is None or not observations:
            return
        async with asyncio.timeout_at(deadline), self._pool.connection() as connection:
            charged = await charge_in(connection, grant.grant_id, budget, observations, now)
        if not charged:
            raise _used_up(grant, budget, observations, now)


async def charge_in(
    connection: AsyncConnection[Any], grant_id: int, budget: int, observations: int, now: float
) -> bool:
    """Charge to the grant's day in the transaction of ``connection``; False, and nothing, when it does not fit."""
    given = {"grant": grant_id, "day": _day(now), "some": observations, "budget": budget}
    return await (await connection.execute(_CHARGE, given)).fetchone() is not None


def next_day(now: float) -> float:
    """When the day of a budget ends: midnight in Việt Nam. Seconds since 1970, as ``now``."""
    return now + _DAY_S - (now + _VIETNAM.total_seconds()) % _DAY_S


def delivered(response: object, written: int | None) -> int:
    """How many observations an answer delivers: as its face has written them, else as it is."""
    if not isinstance(response, statistics_pb2.ListObservationsResponse):
        return 0
    return len(response.values) if written is None else written


def described(request: object, observations: int) -> str | None:
    """What the log keeps of a question about statistics: dataflow, codes, months, how many; None for another."""
    if not isinstance(request, statistics_pb2.ListObservationsRequest):
        return None
    parts = [request.dataflow, *(f"{one.dimension}={'+'.join(one.codes)}" for one in request.filters)]
    given: list[tuple[str, Any]] = [
        ("from", request.from_month), ("to", request.to_month), ("as of", request.as_of),
        ("updated after", request.updated_after), ("last", request.last_n), ("first", request.first_n),
    ]  # fmt: skip
    parts += [f"{name} {value}" for name, value in given if value]
    told = f": {observations} observations"
    return " ".join(parts)[: _MOST_DETAIL - len(told)] + told


def _day(now: float) -> str:
    """The date in Việt Nam, which has no summer time."""
    return (datetime.fromtimestamp(now, UTC) + _VIETNAM).date().isoformat()


def _used_up(grant: Grant, budget: int, observations: int, now: float) -> Problem:
    wait = _DAY_S - int(now + _VIETNAM.total_seconds()) % _DAY_S
    headers = (
        (b"retry-after", b"%d" % wait),
        (b"ratelimit-policy", b'"day";q=%d;w=86400;qu="observations"' % budget),
    )
    detail = f"grant {grant.grant_id}: {observations} observations beyond {budget} a day"
    return Problem("quota_exceeded", detail, headers=headers)
