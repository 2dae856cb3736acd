"""``python -m benchmarks.recovery``: what the desk feels when a process is killed.

Checks: one process after the other gets SIGKILL while connections check coverage as fast as
they are answered: a gateway worker, the services on the path, PostgreSQL and RabbitMQ. The
table says when its successor was there, how long no check succeeded at all and when the last
one failed. Commands: :mod:`benchmarks.writes.recovery`.

Exit status 1 when a good answer was not the gateway's or stands in no log, when checks did
not succeed or commands did not end again, or when a command waited longer than it may.
"""

import argparse
import asyncio
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

import psycopg
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.coverage import not_believed
from benchmarks.load import Outcome
from benchmarks.requests import RequestMaker, coverage_checks
from benchmarks.stack import BenchError, RunningStack, address_of
from benchmarks.victims import pid_of, running
from benchmarks.writes import recovery as commands
from deploy.local.stack import from_environment
from deploy.local.supervisor import Supervisor
from deploy.nation.store import NationError
from lienthong.client import NotConfigured

PARTS = ("checks", "commands")
VICTIMS = ("gateway-0", "health_claims", "identity", "postgres", "rabbitmq")
_CONNECTIONS = 16
_MADE = 20_000
_STEADY_S, _LONGEST_S = 3.0, 60.0
_PAUSE_S = 0.01
_ANSWER_S = 10.0
_SAMPLE_EVERY = 50
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"\r\nx-request-id: *([0-9a-f]+)", re.IGNORECASE)
_RECORDED = "SELECT count(DISTINCT request_id) FROM audit_entry WHERE request_id = ANY(%s) AND status = 200"


@dataclass(slots=True)
class Load:
    """Connections that ask, come again when they are cut off, and remember when they were answered."""

    address: tuple[str, int]
    requests: Iterator[bytes]
    is_open: bool = True
    good: list[float] = field(default_factory=list)
    bad: list[tuple[float, str]] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)

    async def run(self) -> None:
        """Until ``is_open`` is taken back, or the requests are used up."""
        async with asyncio.TaskGroup() as connections:
            for _ in range(_CONNECTIONS):
                connections.create_task(self._connect_for_ever())

    async def _connect_for_ever(self) -> None:
        while self.is_open:
            try:
                async with asyncio.timeout(_ANSWER_S):
                    reader, writer = await asyncio.open_connection(*self.address)
            except OSError as error:
                self.bad.append((time.monotonic(), type(error).__name__))
                await asyncio.sleep(_PAUSE_S)
                continue
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._ask(reader, writer)
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.is_open:
            request = next(self.requests, None)
            if request is None:
                self.is_open = False
                return
            try:
                writer.write(request)
                async with asyncio.timeout(_ANSWER_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = _LENGTH.search(head)
                    body = await reader.readexactly(int(length[1]) if length else 0)
            except (OSError, asyncio.IncompleteReadError) as error:
                self.bad.append((time.monotonic(), f"connection lost ({type(error).__name__})"))
                raise
            self._answered(request, head, body)
            if not head.startswith(b"HTTP/1.1 200"):
                await asyncio.sleep(_PAUSE_S)

    def _answered(self, request: bytes, head: bytes, body: bytes) -> None:
        now = time.monotonic()
        if not head.startswith(b"HTTP/1.1 200"):
            self.bad.append((now, f"status {head[9:12].decode('latin-1')}"))
            return
        self.good.append(now)
        found = _REQUEST_ID.search(head)
        self.request_ids.append(found[1].decode() if found else "")
        if len(self.good) % _SAMPLE_EVERY == 1:
            self.outcome.sample.append((request, head + body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What one kill did. Times in seconds since the kill."""

    victim: str
    successor_s: float
    """Its successor was started."""
    longest_gap_s: float
    """Longest time without a good answer."""
    back_s: float
    """The last check that failed; 0 when none did."""
    failed: Counter[str]
    answered: int


async def run(parts: tuple[str, ...]) -> int:
    """The parts in turn; the exit status."""
    stack, console = RunningStack.find(), Console(width=120)
    status = 0
    if "checks" in parts:
        status |= await _checks(stack, console)
    if "commands" in parts:
        felt = await commands.run(stack)
        console.print(commands.table(felt))
        status |= not all(one.is_soon for one in felt)
    return status


async def _checks(stack: RunningStack, console: Console) -> int:
    """Every victim in turn, under the load of checks."""
    supervisor = Supervisor(from_environment(dict(stack.environment)))
    authority = stack.gateway["LIENTHONG_AUTHORITY"]
    maker = RequestMaker(stack.config, authority, coverage_checks(stack.people))
    found, status = [], 0
    for victim in VICTIMS:
        made = maker.make(_MADE, created=int(time.time()))
        load = Load(address_of(authority), iter(made))
        asking = asyncio.create_task(load.run())
        found.append(await _killed(supervisor, victim, load))
        load.is_open = False
        await asking
        wrong = not_believed(stack, maker, load.outcome)
        lacking = await asyncio.to_thread(_unrecorded, stack, load.request_ids)
        if wrong or lacking:
            console.print(f"{victim}: {dict(wrong)}, {lacking} good answers without their entry in the log")
            status = 1
    _show(found, console)
    return status


async def _killed(supervisor: Supervisor, victim: str, load: Load) -> Recovery:
    """Kill it, and watch until checks have succeeded without a failure for a while. Raises ``BenchError``."""
    await asyncio.sleep(_STEADY_S)
    old = running(victim, await asyncio.to_thread(supervisor.states))
    os.kill(old, signal.SIGKILL)
    killed = time.monotonic()
    while pid_of(victim, await asyncio.to_thread(supervisor.states)) in (0, old):
        give_up(victim, time.monotonic() - killed)
        await asyncio.sleep(_PAUSE_S)
    successor = time.monotonic() - killed
    while not is_steady(load, killed=killed, now=time.monotonic()):
        give_up(victim, time.monotonic() - killed)
        await asyncio.sleep(_PAUSE_S)
    return summed_up(victim, load, killed=killed, successor_s=successor)


def summed_up(victim: str, load: Load, *, killed: float, successor_s: float) -> Recovery:
    """What the load met since the kill. It has met a good answer: it is steady."""
    failed = [(at, kind) for at, kind in load.bad if at >= killed]
    good = [killed, *(at for at in load.good if at >= killed)]
    return Recovery(
        victim=victim,
        successor_s=successor_s,
        longest_gap_s=max(later - earlier for earlier, later in pairwise(good)),
        back_s=max((at - killed for at, _ in failed), default=0.0),
        failed=Counter(kind for _, kind in failed),
        answered=len(good) - 1,
    )


def is_steady(load: Load, *, killed: float, now: float) -> bool:
    """Whether nothing has failed for a while and checks are answered. Times are of the monotonic clock."""
    last_bad = load.bad[-1][0] if load.bad else 0.0
    last_good = load.good[-1] if load.good else 0.0
    return now - max(last_bad, killed) > _STEADY_S and now - last_good < 1.0


def give_up(victim: str, waited_s: float) -> None:
    """Raise ``BenchError`` when there is no point in waiting any longer."""
    if waited_s > _LONGEST_S:
        raise BenchError(f"{victim}: checks do not succeed again {_LONGEST_S:.0f} s after the kill")


def _unrecorded(stack: RunningStack, request_ids: list[str]) -> int:
    """How many good answers have no entry in the access log."""
    with psycopg.connect(stack.environment["DATABASE_URL_GATEWAY"]) as connection:
        found = connection.execute(_RECORDED, [request_ids]).fetchone()
    return len(set(request_ids)) - (found[0] if found else 0)


def _show(found: list[Recovery], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("killed under load", no_wrap=True)
    for head in ("successor after s", "longest gap s", "last failure after s", "good answers"):
        table.add_column(head, justify="right")
    table.add_column("failed until then")
    for one in found:
        table.add_row(
            one.victim,
            f"{one.successor_s:.2f}",
            f"{one.longest_gap_s:.2f}",
            f"{one.back_s:.2f}",
            f"{one.answered:,}",
            ", ".join(f"{kind}: {count:,}" for kind, count in one.failed.most_common()) or "none",
        )
    console.print(table)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part")
    only = parser.parse_args().only
    try:
        return asyncio.run(run((only,) if only else PARTS))
    except (BenchError, NationError, NotConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
