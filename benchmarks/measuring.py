"""What the benchmarks of writes, claims and statistics do alike: lines as they come, a file, a table, the exit status."""

import sys
from collections.abc import AsyncIterator, Callable

import uvloop
from rich.console import Console

from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes import rows
from benchmarks.writes.rows import Line
from deploy.nation.store import NationError
from lienthong.client import NotConfigured

_WIDTH = 120


def measure(lines: Callable[[RunningStack], AsyncIterator[Line]], *, file: str) -> int:
    """Measure the running stack; 0, or 1 with the reason when it is not as it must be.

    ``file`` in RUN has every line as soon as it was measured.
    """
    try:
        uvloop.run(_measure(lines, file))
    except (BenchError, NationError, NotConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _measure(lines: Callable[[RunningStack], AsyncIterator[Line]], file: str) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    stack = RunningStack.find()
    found: list[Line] = []
    async for line in lines(stack):
        console.print(f"  {line.name}: {line.per_s:,.0f} {line.unit}/s", highlight=False)
        found.append(line)
        rows.write(found, stack.run / file)
    rows.show(found, console)
