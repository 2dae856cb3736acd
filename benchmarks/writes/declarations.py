"""Declaration lines committed through the whole path, as fast as they are taken.

Each unit keeps a few declarations of a thousand lines under way: everybody starts,
two changes of base, everybody ends, and again. Counted is what the gateway has
marked as completed, line by line as its result says.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count

import msgspec
import psycopg

from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes.sender import Sender
from benchmarks.writes.units import Unit
from vss.contributions.v1 import commands_pb2

PATH = "/v1/declarations"
LINES = 1_000
_UNDER_WAY = 3
_LOWEST_BASE = 6_000_000
_DRAIN_S = 120.0


@dataclass(slots=True)
class Declared:
    """What was submitted and when; what came of it."""

    operations: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Lines committed in an interval of ``seconds``; ``accepted_at`` to ``finished_at`` of each declaration."""

    lines: int
    seconds: float
    refused: int
    latencies: list[float]
    cpu: tuple[dict[str, float], dict[str, float]] = field(default_factory=lambda: ({}, {}))
    """Seconds by process before and after the interval."""


@asynccontextmanager
async def declaring(units: list[Unit], month: str) -> AsyncIterator[Declared]:
    """Every unit declares without a pause inside the block; afterwards what is under way ends."""
    declared = Declared()
    is_open = asyncio.Event()
    is_open.set()
    async with asyncio.TaskGroup() as tasks:
        for unit in units:
            tasks.create_task(_keep_declaring(unit, month, is_open, declared))
        try:
            yield declared
        finally:
            is_open.clear()


async def rate(stack: RunningStack, units: list[Unit], *, month: str, warm_up: float, seconds: float) -> Rate:
    """The rate in an interval after the warm-up. Raises ``BenchError`` when a declaration is refused."""
    async with declaring(units, month) as declared:
        await asyncio.sleep(warm_up)
        started, before = time.time(), stack.cpu()
        await asyncio.sleep(seconds)
        ended, after = time.time(), stack.cpu()
    return replace(_counted(stack, declared, started, ended), cpu=(before, after))


def declarations(unit: Unit, month: str) -> Iterator[bytes]:
    """Bodies without end: start, change, change, end for each group of a thousand people."""
    groups = [unit.people[i : i + LINES] for i in range(0, len(unit.people), LINES)]
    # Never the same lines twice, also not in the next run: the first base is the moment's.
    bases = count(_LOWEST_BASE + time.time_ns() // 1_000_000_000 % 10_000_000)
    while True:
        for kind in ("INCREASE", "CHANGE", "CHANGE", "DECREASE"):
            for group in groups:
                base = next(bases)
                lines = [
                    {
                        "kind": f"LINE_KIND_{kind}",
                        "identifier": person.identifier,
                        "fullName": person.full_name,
                        "fromMonth": month,
                        "baseVnd": base if kind != "DECREASE" else 0,
                        # What a decrease says besides: it keeps one declaration from being another.
                        "position": f"P{base}",
                    }
                    for person in group
                ]
                yield msgspec.json.encode({"lines": lines})


async def _keep_declaring(unit: Unit, month: str, is_open: asyncio.Event, declared: Declared) -> None:
    under_way: list[str] = []
    async with Sender(unit.config) as sender:
        for body in declarations(unit, month):
            if not is_open.is_set():
                break
            number = await sender.submit(PATH, body)
            declared.operations.append(number)
            under_way.append(number)
            if len(under_way) >= _UNDER_WAY:
                await sender.ended(under_way.pop(0))
        async with asyncio.timeout(_DRAIN_S):
            for number in under_way:
                await sender.ended(number)


def _counted(stack: RunningStack, declared: Declared, started: float, ended: float) -> Rate:
    """What the gateway's database says of the operations."""
    lines = refused = 0
    latencies: list[float] = []
    with psycopg.connect(stack.environment["DATABASE_URL_GATEWAY"]) as connection:
        rows = connection.execute(
            "SELECT state, result, extract(epoch FROM finished_at), extract(epoch FROM finished_at - accepted_at)"
            " FROM operation WHERE operation_id = ANY(%s::uuid[])",
            (declared.operations,),
        ).fetchall()
    for state, result, finished, took in rows:
        if state != 2:
            raise BenchError(f"a declaration ended in state {state}")
        response = commands_pb2.SubmitDeclarationResponse.FromString(result)
        refused += response.refused
        if started <= float(finished) < ended:
            lines += response.accepted
            latencies.append(float(took))
    return Rate(lines=lines, seconds=ended - started, refused=refused, latencies=latencies)
