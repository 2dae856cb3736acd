"""``python -m benchmarks.writes``: measure the write side of the running stack; writes RUN/bench-writes.json.

Exit status 1 when something was refused or lost, or the stack is not as it must be.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

from benchmarks import measuring
from benchmarks.rows import quantile
from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes import commands, declarations, reads, rows, standing, units
from benchmarks.writes.rows import Line
from lienthong.clock import vietnam_today

PARTS = ("declarations", "commands", "payments", "ledger", "debtors", "beside")
_UNITS, _PEOPLE = 4, 5_000
# One line each comes from many units at once, unlike thousands from one.
_SMALL_UNITS, _SMALL_PEOPLE = 40, 100
_COMMANDS_PER_S = 200
_FILES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. Times are seconds."""

    parts: tuple[str, ...]
    seconds: float
    warm_up: float
    per_second: int
    today: date

    @property
    def month(self) -> str:
        """The month that declarations are about, ``YYYY-MM``."""
        return f"{self.today:%Y-%m}"


def plan(arguments: list[str]) -> Plan:
    """The plan that the command line asks for; ends the process on a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writes", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="run this part; may be given again")
    parser.add_argument("--seconds", type=float, default=15.0, help="measured for each line")
    parser.add_argument("--per-second", type=int, default=_COMMANDS_PER_S, help="one-line commands submitted")
    asked = parser.parse_args(arguments)
    if not 0 < asked.seconds <= 200:
        parser.error("--seconds above 0 and at most 200")
    return Plan(
        parts=tuple(asked.only or PARTS),
        seconds=asked.seconds,
        warm_up=min(4.0, asked.seconds),
        per_second=asked.per_second,
        today=vietnam_today(),
    )


async def run(stack: RunningStack, asked: Plan) -> AsyncIterator[Line]:
    """Every line of the plan."""
    if {"declarations", "commands", "payments", "beside"} & set(asked.parts):
        async for line in _writes(stack, asked):
            yield line
    if {"ledger", "debtors"} & set(asked.parts):
        people = await asyncio.to_thread(standing.prepare, stack, asked.today)
        if "ledger" in asked.parts:
            found = await reads.ledger(stack, people, seconds=asked.seconds)
            yield rows.line(
                "a person's ledger, 15 years of months",
                unit="queries",
                goal="p99 under 15 ms",
                per_s=found.completed / found.seconds,
                latencies=found.latencies,
            )
        if "debtors" in asked.parts:
            found = await reads.debtors(stack, seconds=asked.seconds)
            yield rows.line(
                "debtors, first page of 500,000 units",
                unit="queries",
                goal="under 50 ms",
                per_s=found.completed / found.seconds,
                latencies=found.latencies,
            )


async def _writes(stack: RunningStack, asked: Plan) -> AsyncIterator[Line]:
    prepared = await units.prepare(stack, units=_UNITS, people=min(_PEOPLE, stack.population // 10))
    if "declarations" in asked.parts:
        units.forget_participation(stack, prepared)
        yield _declared(
            await declarations.rate(
                stack, prepared, month=asked.month, warm_up=asked.warm_up, seconds=asked.seconds
            )
        )
    if "commands" in asked.parts:
        small = await units.prepare(stack, units=_SMALL_UNITS, people=_SMALL_PEOPLE)
        units.forget_participation(stack, small)
        before = stack.cpu()
        times = await commands.one_line(
            stack, small, month=asked.month, per_second=asked.per_second, seconds=asked.seconds
        )
        yield rows.line(
            "one-line declaration, 202 to completed",
            unit="commands",
            goal=f"p99 under 250 ms at {_COMMANDS_PER_S}/s",
            per_s=len(times) / asked.seconds,
            latencies=times,
            remark=f"a command took {rows.spent(before, stack.cpu(), len(times))}",
        )
    if "payments" in asked.parts:
        paid = await commands.payments(stack, prepared, files=_FILES, today=asked.today)
        yield rows.line(
            "payments in files of 1,000",
            unit="payments",
            goal="none set",
            per_s=paid.lines / paid.seconds,
            latencies=paid.latencies,
            remark=f"{paid.lines:,} recorded, {paid.refused:,} refused",
        )
    if "beside" in asked.parts:
        units.forget_participation(stack, prepared)
        async for line in _beside(stack, prepared, asked):
            yield line


def _declared(found: declarations.Rate) -> Line:
    if found.refused:
        raise BenchError(f"{found.refused:,} lines were refused")
    return rows.line(
        "declarations of 1,000 lines",
        unit="lines",
        goal="20,000 a second",
        per_s=found.lines / found.seconds,
        latencies=found.latencies,
        remark=f"a line took {rows.spent(*found.cpu, found.lines)}; the latencies are those of a whole declaration",
    )


async def _beside(stack: RunningStack, prepared: list[units.Unit], asked: Plan) -> AsyncIterator[Line]:
    alone, together, written = await reads.beside(
        stack, prepared, month=asked.month, warm_up=asked.warm_up, seconds=asked.seconds
    )
    medians = [quantile(sorted(outcome.latencies), 0.5) for outcome in (alone, together)]
    lines_per_s = written.lines / written.seconds
    for name, outcome, remark in (
        ("coverage check, one connection, alone", alone, ""),
        (
            "coverage check beside declarations",
            together,
            f"median {medians[1] / medians[0]:.2f} times that of alone, with {lines_per_s:,.0f} lines a second",
        ),
    ):
        yield rows.line(
            name,
            unit="checks",
            goal="within 20 % of alone" if remark else "",
            per_s=outcome.completed / outcome.seconds,
            latencies=outcome.latencies,
            remark=remark,
        )


def main() -> int:
    """The command."""
    asked = plan(sys.argv[1:])
    return measuring.measure(lambda stack: run(stack, asked), file="bench-writes.json")


if __name__ == "__main__":
    sys.exit(main())
