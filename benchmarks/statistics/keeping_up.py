"""How far folding is behind while declarations run as fast as they are taken, and whether nothing is amiss after."""

import asyncio
import time
from dataclasses import dataclass, field

import psycopg

from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes.declarations import Rate, rate
from benchmarks.writes.units import Unit
from lienthong.statistics.tables import BEHIND

_DATABASE = "DATABASE_URL_CONTRIBUTIONS_STATISTICS"
_CARDS = "DATABASE_URL_HEALTH_CLAIMS_STATISTICS"
_EVERY_S = 0.25
_DRAIN_S = 120.0
_STATE = f"SELECT (SELECT count(*) FROM stat_delta), ({BEHIND})"  # noqa: S608 -- constants


@dataclass(slots=True)
class Behind:
    """What was seen four times a second: the age of the oldest delta in seconds, and how many there were."""

    lags: list[float] = field(default_factory=list)
    cards: list[float] = field(default_factory=list)
    """The same of health_claims, which hears of the declarations."""
    most_waiting: int = 0
    drained_s: float = 0.0
    """From the end of the declarations until nothing waited."""


async def beside(
    stack: RunningStack, units: list[Unit], *, month: str, warm_up: float, seconds: float
) -> tuple[Rate, Behind]:
    """Declare and look. Raises ``BenchError`` when the worker does not catch up afterwards."""
    behind = Behind()
    looking = asyncio.create_task(_look(stack, behind))
    try:
        written = await rate(stack, units, month=month, warm_up=warm_up, seconds=seconds)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    behind.drained_s = await asyncio.to_thread(_drained, stack)
    return written, behind


async def _look(stack: RunningStack, behind: Behind) -> None:
    async with (
        await psycopg.AsyncConnection.connect(stack.environment[_DATABASE], autocommit=True) as declared,
        await psycopg.AsyncConnection.connect(stack.environment[_CARDS], autocommit=True) as cards,
    ):
        while True:
            waiting, lag = await _state(declared)
            behind.most_waiting = max(behind.most_waiting, waiting)
            behind.lags.append(lag)
            _, lag = await _state(cards)
            behind.cards.append(lag)
            await asyncio.sleep(_EVERY_S)


async def _state(connection: psycopg.AsyncConnection) -> tuple[int, float]:
    cursor = await connection.execute(_STATE)
    waiting, lag = await cursor.fetchone() or (0, None)
    return waiting, lag or 0.0


def _drained(stack: RunningStack) -> float:
    began = time.monotonic()
    with psycopg.connect(stack.environment[_DATABASE], autocommit=True) as connection:
        while time.monotonic() - began < _DRAIN_S:
            waiting, _ = connection.execute(_STATE).fetchone() or (0, None)
            if not waiting:
                return time.monotonic() - began
            time.sleep(_EVERY_S)
    raise BenchError(f"folding did not catch up within {_DRAIN_S:.0f} s")
