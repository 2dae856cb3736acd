"""From 202 to completed: one-line declarations at a steady rate, and payments in files.

An open loop: a command leaves when its time has come, whether or not those before
it have ended. The time is the gateway's own: ``accepted_at`` to ``finished_at`` of the
operation, which are the commits that an agency can rely on.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle

import msgspec
import psycopg

from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes.declarations import PATH, Rate
from benchmarks.writes.sender import Sender
from benchmarks.writes.units import BANK, Unit
from lienthong.client import AgencyConfig
from vss.contributions.v1 import commands_pb2

PAYMENTS = "/v1/payments:record"
_FILE = 1_000
_DRAIN_S = 60.0


async def one_line(
    stack: RunningStack, units: list[Unit], *, month: str, per_second: int, seconds: float
) -> list[float]:
    """Seconds from accepted to finished of every one-line declaration. Raises ``BenchError`` on any other end."""
    senders = [Sender(unit.config) for unit in units]
    bodies = [one_line_bodies(unit, month) for unit in units]
    turns = cycle(range(len(units)))
    tasks: list[asyncio.Task[str]] = []
    first = time.monotonic()
    for number in range(int(per_second * seconds)):
        due = first + number / per_second
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        turn = next(turns)
        tasks.append(asyncio.create_task(senders[turn].submit(PATH, next(bodies[turn]))))
    operations = await asyncio.gather(*tasks)
    times = await _times(stack, operations)
    await asyncio.gather(*(sender.__aexit__(None, None, None) for sender in senders))
    return times


async def payments(stack: RunningStack, units: list[Unit], *, files: int, today: date) -> Rate:
    """Files of a thousand payments each, one after the other under way at once."""
    async with Sender(AgencyConfig.load(stack.run / "agencies" / BANK)) as bank:
        started = time.time()
        operations = [
            await bank.submit(PAYMENTS, _file(units, today), purpose="collection") for _ in range(files)
        ]
        times = await _times(stack, operations)
    with psycopg.connect(stack.environment["DATABASE_URL_GATEWAY"]) as connection:
        rows = connection.execute(
            "SELECT result, extract(epoch FROM finished_at) FROM operation WHERE operation_id = ANY(%s::uuid[])",
            (operations,),
        ).fetchall()
    results = [commands_pb2.RecordPaymentsResponse.FromString(result) for result, _ in rows]
    return Rate(
        lines=sum(result.accepted for result in results),
        seconds=max(float(finished) for _, finished in rows) - started,
        refused=sum(result.refused for result in results),
        latencies=times,
    )


def one_line_bodies(unit: Unit, month: str) -> Iterator[bytes]:
    """One person a declaration: starts, changes, ends, for ever."""
    base = 6_000_000 + time.time_ns() // 1_000_000_000 % 10_000_000
    while True:
        for kind in ("INCREASE", "CHANGE", "DECREASE"):
            for person in unit.people:
                base += 1
                line = {
                    "kind": f"LINE_KIND_{kind}",
                    "identifier": person.identifier,
                    "fullName": person.full_name,
                    "fromMonth": month,
                    "baseVnd": base if kind != "DECREASE" else 0,
                    "position": f"P{base}",
                }
                yield msgspec.json.encode({"lines": [line]})


def _file(units: list[Unit], today: date) -> bytes:
    paid = [
        {
            "employerCode": units[number % len(units)].code,
            "valueDate": (today - timedelta(days=1)).isoformat(),
            "amountVnd": 1_000_000 + number,
            "reference": f"BENCH-{secrets.token_hex(8)}",
        }
        for number in range(_FILE)
    ]
    return msgspec.json.encode({"payments": paid})


async def _times(stack: RunningStack, operations: list[str]) -> list[float]:
    """Wait until all have ended. Raises ``BenchError`` when one was not completed, or not in time."""
    deadline = time.monotonic() + _DRAIN_S
    async with await psycopg.AsyncConnection.connect(
        stack.environment["DATABASE_URL_GATEWAY"], autocommit=True
    ) as connection:
        while True:
            cursor = await connection.execute(
                "SELECT state, extract(epoch FROM finished_at - accepted_at) FROM operation"
                " WHERE operation_id = ANY(%s::uuid[])",
                (operations,),
            )
            rows = await cursor.fetchall()
            states = [state for state, _ in rows]
            if len(rows) == len(operations) and 1 not in states:
                break
            if time.monotonic() > deadline:
                raise BenchError(f"{states.count(1)} operations still pending after {_DRAIN_S:.0f} s")
            await asyncio.sleep(0.2)
    if set(states) != {2}:
        raise BenchError(f"operations ended in states {sorted(set(states))}")
    return [float(took) for _, took in rows]
