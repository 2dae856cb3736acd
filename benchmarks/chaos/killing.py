"""Who is killed when: drawn from the seed, by the progress of the run; always SIGKILL."""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import get_args

from benchmarks.chaos.sending import Progress
from deploy.local.stack import WRITERS, Stack
from deploy.local.supervisor import Supervisor
from lienthong.bus.failpoints import Point

GATEWAY = "gateway"
PROCESSES = (GATEWAY, *WRITERS, "identity", "contributions", "postgres", "rabbitmq")
# No month closes during a run: who makes deliveries is killed in tests/integration/gateway instead.
POINTS: tuple[str, ...] = tuple(point for point in get_args(Point) if not point.startswith("delivery."))
_WITHIN = (0.03, 0.93)
"""Kills fall into this part of the run."""
_RUNNING_S = 15.0
_HIT_S = 90.0
_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True, order=True)
class Kill:
    """One kill, when so many commands have been accepted."""

    after: int
    kind: str
    which: int = 0
    """Of several gateway workers."""


def plan(seed: int, operations: int, rounds: int) -> list[Kill]:
    """``rounds`` kills of each kind, at drawn moments."""
    dice = Random(f"kills {seed}")
    low, high = (int(operations * share) for share in _WITHIN)
    kinds = [kind for _ in range(rounds) for kind in (*PROCESSES, *POINTS)]
    return sorted(Kill(dice.randint(low, high), kind, dice.randrange(6)) for kind in kinds)


@dataclass(slots=True)
class Killer:
    """Carries a plan out."""

    stack: Stack
    folder: Path
    """Of the failpoints."""
    progress: Progress
    done: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    async def run(self, kills: list[Kill]) -> None:
        """Kill as planned; what is still planned when nothing is sent any more is left out."""
        points: set[asyncio.Task[None]] = set()
        locks = {point: asyncio.Lock() for point in POINTS}
        for kill in kills:
            while self.progress.accepted < kill.after and not self.progress.over:
                self.progress.changed.clear()
                await self.progress.changed.wait()
            if self.progress.over:
                break
            if kill.kind in POINTS:
                points.add(asyncio.create_task(self._point(kill.kind, locks[kill.kind])))
            else:
                await asyncio.to_thread(self._process, kill)
        await asyncio.gather(*points)

    def _process(self, kill: Kill) -> None:
        workers = self.stack.gateway_workers
        name = f"gateway-{kill.which % workers}" if kill.kind == GATEWAY else kill.kind
        deadline = time.monotonic() + _RUNNING_S
        while time.monotonic() < deadline:
            pid = next(state.pid for state in Supervisor(self.stack).states() if state.name == name)
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.done[kill.kind] += 1
                    return
            time.sleep(_PAUSE_S)
        self.missed.append(f"{name} did not run within {_RUNNING_S:.0f} s")

    async def _point(self, point: str, one_at_a_time: asyncio.Lock) -> None:
        """Arm the place, and wait until somebody has died there."""
        async with one_at_a_time:
            armed = self.folder / point
            before = self._hits(point)
            armed.touch()
            deadline = asyncio.get_running_loop().time() + _HIT_S
            while self._hits(point) == before:
                if asyncio.get_running_loop().time() > deadline:
                    armed.unlink(missing_ok=True)
                    self.missed.append(f"nobody came to {point} within {_HIT_S:.0f} s")
                    return
                await asyncio.sleep(_PAUSE_S)
            self.done[f"at {point}"] += 1

    def _hits(self, point: str) -> int:
        return len(list(self.folder.glob(f"{point}.*.hit")))
