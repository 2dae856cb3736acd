"""``python -m benchmarks``: measure the running stack; prints a table and writes RUN/bench.json.

Exit status 1 when a request failed or the stack is not as it must be.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import uvloop
from rich.console import Console

from benchmarks import rows
from benchmarks.coverage import Asker, Gateways, coverage
from benchmarks.direct import direct
from benchmarks.echo import echo
from benchmarks.floor import floor
from benchmarks.hospitals import enrolled
from benchmarks.rows import Row
from benchmarks.stack import BenchError, RunningStack, gateways_without_coalescing
from deploy.nation.store import NationError
from lienthong.client import NotConfigured

_WIDTH = 120
_KEYS_AT = 64
PARTS = ("coverage", "keys", "uncoalesced", "floor", "echo", "direct")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. Times are seconds."""

    parts: tuple[str, ...]
    connections: tuple[int, ...]
    seconds: float
    warm_up: float
    cores: int


def plan(arguments: list[str]) -> Plan:
    """The plan that the command line asks for; ends the process on a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="run this part; may be given again")
    parser.add_argument("--connections", default="1,8,64,256", help="for the coverage check, by commas")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured for each line")
    parser.add_argument("--quick", action="store_true", help="1 and 64 connections, 2 seconds each")
    asked = parser.parse_args(arguments)
    try:
        connections = tuple(int(number) for number in asked.connections.split(","))
    except ValueError:
        parser.error("--connections takes whole numbers by commas")
    if min(connections) < 1 or not 0 < asked.seconds <= 200:
        parser.error("--connections from 1, --seconds above 0 and at most 200")
    return Plan(
        parts=tuple(asked.only or PARTS),
        connections=(1, 64) if asked.quick else connections,
        seconds=2.0 if asked.quick else asked.seconds,
        warm_up=1.0 if asked.quick else 2.0,
        cores=os.cpu_count() or 1,
    )


async def run(stack: RunningStack, asked: Plan) -> AsyncIterator[Row]:
    """Every row of the plan, in the order of the table."""
    async for row in _through_the_gateway(stack, asked):
        yield row
    times = {"warm_up": asked.warm_up, "seconds": asked.seconds}
    if "floor" in asked.parts:
        yield await asyncio.to_thread(floor, stack, seconds=min(asked.seconds, 5.0), cores=asked.cores)
    if "echo" in asked.parts:
        yield await echo(stack, **times)
    if "direct" in asked.parts:
        for in_batches in (False, True):
            yield await direct(stack, in_batches=in_batches, **times)


async def _through_the_gateway(stack: RunningStack, asked: Plan) -> AsyncIterator[Row]:
    times = {"warm_up": asked.warm_up, "seconds": asked.seconds}
    own = Gateways(authority=stack.gateway["LIENTHONG_AUTHORITY"], coalescing=stack.coalescing)
    if "coverage" in asked.parts:
        for connections in asked.connections:
            yield await coverage(stack, own, None, connections=connections, **times)
    if "keys" in asked.parts:
        for asker in [Asker(config=config, key=key) for key, config in (await enrolled(stack)).items()]:
            yield await coverage(stack, own, asker, connections=_KEYS_AT, **times)
    if "uncoalesced" in asked.parts:
        with gateways_without_coalescing(stack) as (authority, more):
            single = Gateways(authority=authority, coalescing=False, more=more)
            for connections in asked.connections:
                yield await coverage(stack, single, None, connections=connections, **times)


async def measure(asked: Plan) -> int:
    """Run the plan; the exit status."""
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    stack = RunningStack.find()
    found: list[Row] = []
    console.print(f"{stack.population:,} people, {len(stack.people):,} of them asked about", highlight=False)
    async for row in run(stack, asked):
        console.print(
            f"  {row.name}, {row.connections} connections: {row.requests_per_s:,.0f}/s", highlight=False
        )
        found.append(row)
        rows.write(found, stack.run / "bench.json")
    rows.show(found, console)
    console.print(f"{stack.run / 'bench.json'} holds these rows", highlight=False)
    return 1 if any(row.failed for row in found) else 0


def main() -> int:
    """The command."""
    try:
        return uvloop.run(measure(plan(sys.argv[1:])))
    except (BenchError, NationError, NotConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
