"""``python -m benchmarks.statistics``: measure statistics of the running stack; writes RUN/bench-statistics.json.

Exit status 1 when something was refused, a recount differs, or the stack is not as it must be.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

from benchmarks import measuring
from benchmarks.rows import quantile
from benchmarks.stack import RunningStack
from benchmarks.statistics import keeping_up, questions, recounting
from benchmarks.writes import rows, units
from benchmarks.writes.rows import Line
from lienthong.clock import vietnam_today

PARTS = ("series", "year", "folding", "recount")
_UNITS, _PEOPLE = 4, 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. Times are seconds."""

    parts: tuple[str, ...]
    seconds: float
    today: date


def plan(arguments: list[str]) -> Plan:
    """The plan that the command line asks for; ends the process on a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.statistics", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="run this part; may be given again")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured for each line")
    asked = parser.parse_args(arguments)
    if not 0 < asked.seconds <= 200:
        parser.error("--seconds above 0 and at most 200")
    return Plan(parts=tuple(asked.only or PARTS), seconds=asked.seconds, today=vietnam_today())


async def run(stack: RunningStack, asked: Plan) -> AsyncIterator[Line]:
    """Every line of the plan."""
    if "series" in asked.parts:
        found = await questions.single_series(stack, today=asked.today, seconds=asked.seconds)
        yield rows.line(
            "a year of one series, SDMX-CSV",
            unit="queries",
            goal="p99 under 20 ms",
            per_s=found.completed / found.seconds,
            latencies=found.latencies,
        )
    if "year" in asked.parts:
        found = await questions.whole_year(stack, today=asked.today, seconds=asked.seconds)
        (_, answer) = found.sample[0]
        yield rows.line(
            "a year of a whole dataflow, SDMX-CSV",
            unit="queries",
            goal="under 500 ms",
            per_s=found.completed / found.seconds,
            latencies=found.latencies,
            remark=f"{answer.count(b'DF_PARTICIPANTS'):,} observations, {len(answer) / 1e6:.1f} MB",
        )
    if "folding" in asked.parts:
        yield await _folding(stack, asked)
    if "recount" in asked.parts:
        for line in await asyncio.to_thread(recounting.lines, stack):
            yield line


async def _folding(stack: RunningStack, asked: Plan) -> Line:
    prepared = await units.prepare(stack, units=_UNITS, people=min(_PEOPLE, stack.population // 10))
    units.forget_participation(stack, prepared)
    written, behind = await keeping_up.beside(
        stack, prepared, month=f"{asked.today:%Y-%m}", warm_up=min(4.0, asked.seconds), seconds=asked.seconds
    )
    lags = sorted(behind.lags)
    return rows.line(
        "folding while declarations run: how far behind",
        unit="lines",
        goal="5 s or less",
        per_s=written.lines / written.seconds,
        latencies=behind.lags,
        remark=(
            f"the latencies are the age of the oldest change not yet folded (longest {quantile(lags, 1.0):.1f} s,"
            f" {behind.most_waiting:,} changes; of health_claims {max(behind.cards, default=0.0):.1f} s); all were folded {behind.drained_s:.1f} s after the last declaration;"
            f" a line took {rows.spent(*written.cpu, written.lines)}"
        ),
    )


def main() -> int:
    """The command."""
    asked = plan(sys.argv[1:])
    return measuring.measure(lambda stack: run(stack, asked), file="bench-statistics.json")


if __name__ == "__main__":
    sys.exit(main())
