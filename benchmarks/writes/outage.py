"""``python -m benchmarks.writes.outage``: RabbitMQ stops while commands are submitted, and comes back.

Shows that writes are answered 202 all the while, and how long after the broker's return
everything is completed. Exit status 1 when a command was refused, lost or is still pending.
"""

import argparse
import asyncio
import sys
import time
from itertools import cycle

import psycopg
import uvloop
from rich.console import Console

from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes import units
from benchmarks.writes.commands import one_line_bodies
from benchmarks.writes.declarations import PATH
from benchmarks.writes.sender import Sender
from deploy.local.processes import RABBITMQ
from deploy.local.stack import from_environment
from deploy.local.supervisor import Supervisor
from deploy.nation.store import NationError
from lienthong.client import NotConfigured
from lienthong.clock import vietnam_today

_UNITS, _PEOPLE = 8, 100
_PER_S = 20
_LONGEST_S = 120.0


async def run(seconds: float) -> int:
    """The exit status."""
    console, stack = Console(width=120), RunningStack.find()
    supervisor = Supervisor(from_environment(dict(stack.environment)))
    prepared = await units.prepare(stack, units=_UNITS, people=_PEOPLE)
    units.forget_participation(stack, prepared)
    await asyncio.to_thread(supervisor.stop, RABBITMQ)
    down = time.monotonic()
    try:
        operations, slowest = await _submitted(prepared, seconds)
    finally:
        await asyncio.to_thread(supervisor.start, RABBITMQ)
    up = time.monotonic()
    console.print(
        f"broker down {up - down:.0f} s: {len(operations):,} commands, all answered 202, slowest {slowest:.0f} ms",
        highlight=False,
    )
    pending = await _pending(stack, operations)
    console.print(
        f"{time.monotonic() - up:.0f} s after its start: {len(operations) - pending:,} completed, {pending} pending",
        highlight=False,
    )
    return 1 if pending else 0


async def _submitted(prepared: list[units.Unit], seconds: float) -> tuple[list[str], float]:
    """The operations, and the slowest answer in milliseconds. Raises ``BenchError`` for any but a 202."""
    month = f"{vietnam_today():%Y-%m}"
    senders = [Sender(unit.config) for unit in prepared]
    bodies = [one_line_bodies(unit, month) for unit in prepared]
    turns = cycle(range(len(prepared)))
    operations, slowest, first = [], 0.0, time.monotonic()
    while time.monotonic() - first < seconds:
        turn, begun = next(turns), time.monotonic()
        operations.append(await senders[turn].submit(PATH, next(bodies[turn])))
        slowest = max(slowest, time.monotonic() - begun)
        await asyncio.sleep(max(0.0, 1 / _PER_S - (time.monotonic() - begun)))
    return operations, slowest * 1000


async def _pending(stack: RunningStack, operations: list[str]) -> int:
    """How many are not completed once all are, or after the longest wait."""
    deadline = time.monotonic() + _LONGEST_S
    with psycopg.connect(stack.environment["DATABASE_URL_GATEWAY"], autocommit=True) as connection:
        while True:
            found = connection.execute(
                "SELECT count(*) FROM operation WHERE operation_id = ANY(%s::uuid[]) AND state = 2",
                (operations,),
            ).fetchone()
            left = len(operations) - (found[0] if found else 0)
            if not left or time.monotonic() > deadline:
                return left
            await asyncio.sleep(0.25)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writes.outage", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the broker is down")
    try:
        return uvloop.run(run(parser.parse_args().seconds))
    except (BenchError, NationError, NotConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
