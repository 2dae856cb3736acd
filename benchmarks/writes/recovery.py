"""What commands feel after a kill: the first one, and those that follow it.

Nothing is sent while processes get SIGKILL, each once the one before it does its work again:
connections that die unused are met by whoever comes next, then or an hour later. Then
one-line declarations, one after the other, from the gateway's 202 to what its asker hears
of the end.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table

from benchmarks.rows import quantile
from benchmarks.stack import BenchError, RunningStack
from benchmarks.victims import pid_of, running
from benchmarks.writes import units
from benchmarks.writes.commands import one_line_bodies
from benchmarks.writes.declarations import PATH
from benchmarks.writes.sender import Sender
from deploy.local import health
from deploy.local.stack import Stack, from_environment
from deploy.local.supervisor import Supervisor
from lienthong.clock import vietnam_today

CASES: tuple[tuple[str, ...], ...] = (
    (),
    ("postgres",),
    ("rabbitmq",),
    ("rabbitmq", "postgres"),
    ("postgres", "rabbitmq"),
    ("postgres", "postgres", "postgres"),
    ("rabbitmq", "rabbitmq", "rabbitmq"),
    ("relay-gateway",),
    ("relay-contributions",),
    ("consumers-contributions",),
    ("consumers-gateway",),
    ("contributions",),
    ("identity",),
    ("gateway-0",),
)
"""What is killed, in this order; of nothing at all, to compare."""
FIRST_S = 5.0
"""A first command must be done so soon after the last victim does its work again."""
LATER_S = 2.0
"""And each of those that follow it so soon after its 202."""
_LATER = 20
_PEOPLE = 100
_LONGEST_S = 60.0
_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """What commands felt after one case. Times are seconds."""

    killed: tuple[str, ...]
    back_s: tuple[float, ...]
    """From each kill until the victim's successor did its work."""
    first_s: float
    """From then until the first command was done, refusals before its 202 included."""
    refused: int
    """How often the gateway did not take it."""
    later_s: Sequence[float]
    """Of each that followed, from its 202 to its end; in rising order."""

    @property
    def is_soon(self) -> bool:
        """Whether it is back as it must be."""
        return self.first_s <= FIRST_S and max(self.later_s) <= LATER_S


async def run(stack: RunningStack) -> list[Felt]:
    """Every case in turn. Raises ``BenchError`` when commands do not end again."""
    local = from_environment(dict(stack.environment))
    (unit,) = await units.prepare(stack, units=1, people=_PEOPLE)
    units.forget_participation(stack, [unit])
    bodies = one_line_bodies(unit, f"{vietnam_today():%Y-%m}")
    found = []
    async with Sender(unit.config) as sender:
        for case in CASES:
            await _done(sender, bodies)
            back = [await asyncio.to_thread(_killed, local, victim) for victim in case]
            found.append(await _felt(case, back, sender, bodies))
    return found


def _killed(stack: Stack, victim: str) -> float:
    """Kill it; how long until its successor does its work. Raises ``BenchError``."""
    supervisor = Supervisor(stack)
    old = running(victim, supervisor.states())
    os.kill(old, signal.SIGKILL)
    killed = time.monotonic()
    while pid_of(victim, supervisor.states()) in (0, old) or health.missing(stack, victim) is not None:
        if time.monotonic() - killed > _LONGEST_S:
            raise BenchError(f"{victim} does not do its work {_LONGEST_S:.0f} s after the kill")
        time.sleep(_PAUSE_S)
    return time.monotonic() - killed


async def _felt(
    case: tuple[str, ...], back: Iterable[float], sender: Sender, bodies: Iterator[bytes]
) -> Felt:
    begun = time.monotonic()
    refused, _ = await _done(sender, bodies)
    first = time.monotonic() - begun
    later = sorted([(await _done(sender, bodies))[1] for _ in range(_LATER)])
    return Felt(killed=case, back_s=tuple(back), first_s=first, refused=refused, later_s=later)


async def _done(sender: Sender, bodies: Iterator[bytes]) -> tuple[int, float]:
    """One command, sent until it is taken; how often it was not, and the seconds from its 202 to its end."""
    refused, operation = 0, ""
    try:
        async with asyncio.timeout(_LONGEST_S):
            while not operation:
                try:
                    operation = await sender.submit(PATH, next(bodies))
                except (BenchError, OSError, EOFError):
                    refused += 1
                    await asyncio.sleep(_PAUSE_S)
            accepted = time.monotonic()
            ended = await sender.ended(operation)
    except TimeoutError:
        raise BenchError(f"a command does not end within {_LONGEST_S:.0f} s") from None
    if ended["state"] != "OPERATION_STATE_COMPLETED":
        raise BenchError(f"{operation}: {ended}")
    return refused, time.monotonic() - accepted


def table(found: Iterable[Felt]) -> Table:
    """What was felt, a row a case."""
    shown = Table(box=box.SIMPLE_HEAD)
    shown.add_column("killed while nothing was sent")
    for head in ("back s", "first done s", "refused", f"next {_LATER} p50 ms", "longest ms"):
        shown.add_column(head, justify="right", no_wrap=True)
    for one in found:
        shown.add_row(
            ", ".join(one.killed) or "nothing",
            " ".join(f"{seconds:.1f}" for seconds in one.back_s),
            f"{one.first_s:.2f}",
            str(one.refused),
            f"{quantile(one.later_s, 0.5) * 1000:.0f}",
            f"{max(one.later_s) * 1000:.0f}",
        )
    return shown
