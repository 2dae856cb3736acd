"""``python -m benchmarks.claims``: measure claims and the full coverage answer; writes RUN/bench-claims.json.

Exit status 1 when something was refused or lost, or the stack is not as it must be.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

from benchmarks import measuring
from benchmarks.claims import desk, dossiers, facilities
from benchmarks.stack import RunningStack
from benchmarks.writes import rows
from benchmarks.writes.rows import Line

PARTS = ("dossiers", "history", "desk")
_ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. Times are seconds."""

    parts: tuple[str, ...]
    seconds: float
    files: int
    rounds: int


def plan(arguments: list[str]) -> Plan:
    """The plan that the command line asks for; ends the process on a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="run this part; may be given again")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured for each line")
    parser.add_argument(
        "--files", type=int, default=120, help="claim files made beforehand, 50 dossiers each"
    )
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="of each way of asking, in turns")
    asked = parser.parse_args(arguments)
    if not 0 < asked.seconds <= 200 or asked.files < len(facilities.CODES) or asked.rounds < 1:
        parser.error("--seconds above 0 and at most 200, --files 4 or more, --rounds 1 or more")
    return Plan(
        parts=tuple(asked.only or PARTS), seconds=asked.seconds, files=asked.files, rounds=asked.rounds
    )


async def run(stack: RunningStack, asked: Plan) -> AsyncIterator[Line]:
    """Every line of the plan."""
    if "history" in asked.parts:
        found = await desk.history(stack, seconds=asked.seconds)
        yield rows.line(
            f"history of {desk.DIALYSES} visits, one page",
            unit="pages",
            goal="p99 under 20 ms",
            per_s=found.rate,
            latencies=found.latencies,
            remark=found.told(),
        )
    if "desk" in asked.parts:
        async for line in _desk(stack, asked):
            yield line
    if "dossiers" in asked.parts:
        yield await _dossiers(stack, asked)


async def _desk(stack: RunningStack, asked: Plan) -> AsyncIterator[Line]:
    ways = desk.ways(stack.people)
    seconds = max(2.0, asked.seconds / asked.rounds)
    found = await desk.in_turns(stack, ways, rounds=asked.rounds, seconds=seconds)
    plain = found[ways[0].name]
    goals = ("", "at least 90 % of plain", "at least 50 % of plain")
    for way, goal in zip(ways, goals, strict=True):
        figures = found[way.name]
        # Round by round, so that what drifts between rounds is in neither side.
        ratios = sorted(mine / other for mine, other in zip(figures.per_s, plain.per_s, strict=True))
        middle = ratios[len(ratios) // 2]
        yield rows.line(
            f"coverage check, {way.name}, {desk.CONNECTIONS} connections",
            unit="checks",
            goal=goal,
            per_s=figures.rate,
            latencies=figures.latencies,
            remark=(f"{middle:.1%} of plain, rounds {ratios[0]:.1%} to {ratios[-1]:.1%}; " if goal else "")
            + figures.told(),
        )


async def _dossiers(stack: RunningStack, asked: Plan) -> Line:
    made = await facilities.prepare(stack)
    patients = await asyncio.to_thread(facilities.patients, stack, stack.people)
    found = await dossiers.rate(
        stack, made, patients, files=asked.files, warm_up=min(4.0, asked.seconds), seconds=asked.seconds
    )
    return rows.line(
        f"dossiers of {dossiers.LINES} lines, files of {dossiers.IN_A_FILE}",
        unit="dossiers",
        goal="300 a second",
        per_s=found.dossiers / found.seconds,
        latencies=found.latencies,
        remark=(
            f"{found.octets / 1e6:.2f} MB a file; the latencies are those of a whole file, accepted to finished;"
            f" {found.told()}"
        ),
    )


def main() -> int:
    """The command."""
    asked = plan(sys.argv[1:])
    return measuring.measure(lambda stack: run(stack, asked), file="bench-claims.json")


if __name__ == "__main__":
    sys.exit(main())
