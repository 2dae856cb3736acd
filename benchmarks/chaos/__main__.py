"""``python -m benchmarks.chaos [--operations N] [--seconds S] [--seed N]``; 0 only if every invariant holds."""

import argparse
import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from rich.console import Console

from benchmarks.chaos import invariants
from benchmarks.chaos.evidence import Evidence, Verdict
from benchmarks.chaos.invariants import CHECKS
from benchmarks.chaos.killing import POINTS, PROCESSES, Killer, plan
from benchmarks.chaos.parties import Parties, gather
from benchmarks.chaos.script import Intent, Script
from benchmarks.chaos.sending import Progress, Senders, SendingError
from benchmarks.stack import BenchError
from deploy.local import control, health, waiting
from deploy.local.stack import Stack, StackError, from_environment
from deploy.local.supervisor import Supervisor
from deploy.nation.environment import stack_environment
from lienthong.bus import broker, dead, topology, watching

OPERATIONS, SEED = 10_000, 20_261_122
_OPERATIONS_A_ROUND = 2_000
_UNITS = 12
_SETTLED_S = 240.0
_SHOWN = 5
HOLDS, BROKEN, NOT_READY = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for."""

    operations: int
    seconds: float | None
    seed: int
    rounds: int


@dataclass(slots=True)
class Played:
    """What happened."""

    parties: Parties
    intents: list[Intent]
    progress: Progress
    killer: Killer
    sending_s: float
    settling_s: float = 0.0


def _arguments(given: Sequence[str] | None) -> Run:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--operations", type=int, default=OPERATIONS, help="commands to be accepted")
    parser.add_argument("--seconds", type=float, default=None, help="send no new ones after so long")
    parser.add_argument("--seed", type=int, default=SEED, help="of commands and kills")
    parser.add_argument(
        "--rounds", type=int, default=None, help="kills of each kind (default: one in 2,000 operations)"
    )
    options = parser.parse_args(given)
    if options.operations < 100:
        parser.error("--operations must be 100 or more")
    rounds = options.rounds or max(1, options.operations // _OPERATIONS_A_ROUND)
    return Run(options.operations, options.seconds, options.seed, rounds)


def _stack(environment: Mapping[str, str]) -> Stack:
    """The running stack, with as many workers as it has."""
    workers = sum(name.startswith("METRICS_GATEWAY_") for name in environment)
    stack = from_environment({**os.environ, "GATEWAY_WORKERS": str(workers or "")})
    if Supervisor(stack).pid() is None:
        raise BenchError(f"no stack runs in {stack.run}: bring it up with make up")
    return stack


async def _play(run: Run, stack: Stack, parties: Parties, folder: Path) -> Played:
    progress = Progress()
    killer = Killer(stack=stack, folder=folder, progress=progress)
    async with Senders(parties, progress) as senders:
        await senders.await_known()
        begun = time.monotonic()
        registered = await senders.register()
        kills = asyncio.create_task(killer.run(plan(run.seed, run.operations, run.rounds)))
        until = None if run.seconds is None else asyncio.get_running_loop().time() + run.seconds
        script = Script(parties, run.seed)
        try:
            sent = await senders.send_all(script.intents(run.operations - len(registered)), until=until)
        finally:
            progress.over = True
            progress.changed.set()
            await kills
    return Played(parties, [*registered, *sent], progress, killer, time.monotonic() - begun)


def _await_settled(stack: Stack, played: Played, environment: Mapping[str, str]) -> None:
    """Everything runs again, every operation has ended and every event was taken in; or as it is then."""
    begun = time.monotonic()
    keys = [intent.key for intent in played.intents]

    def unsettled() -> str | None:
        for state in Supervisor(stack).states():
            if (trouble := health.missing(stack, state.name)) is not None:
                return f"{state.name}: {trouble}"
        with psycopg.connect(environment["DATABASE_URL_GATEWAY_OWNER"], options=_PATIENT) as gateway:
            if left := invariants.pending(gateway, keys):
                return f"{left} operations are pending"
        return _unsent(environment)

    try:
        waiting.until(unsettled, seconds=_SETTLED_S)
    except waiting.DeadlinePassedError as error:
        played.progress.wrong.append(f"not settled after {_SETTLED_S:.0f} s: {error}")
    played.settling_s = time.monotonic() - begun


def _unsent(environment: Mapping[str, str]) -> str | None:
    lines = watching.status(broker.parse(environment["AMQP_URL"]), topology.derive(), {}, over_s=0.1)
    for line in lines:
        if line.depth and not line.name.endswith(".dead"):
            return f"{line.depth} messages in {line.name}"
    return None


# They wait in their transactions while everything is recounted, for longer than the server lets anybody.
_PATIENT = "-c idle_in_transaction_session_timeout=0"


def _judge(played: Played, environment: Mapping[str, str], dead_before: frozenset[str]) -> list[Verdict]:
    counts = played.progress.counts
    refused = sum(number for what, number in counts.items() if what.startswith("refused"))
    with (
        psycopg.connect(environment["DATABASE_URL_GATEWAY_OWNER"], options=_PATIENT) as gateway,
        psycopg.connect(environment["DATABASE_URL_CONTRIBUTIONS_OWNER"], options=_PATIENT) as contributions,
        psycopg.connect(environment["DATABASE_URL_HEALTH_CLAIMS_OWNER"], options=_PATIENT) as health_claims,
    ):
        evidence = Evidence(
            parties=played.parties,
            intents=played.intents,
            gateway=gateway,
            contributions=contributions,
            health_claims=health_claims,
            broker=broker.parse(environment["AMQP_URL"]),
            wrong=played.progress.wrong,
            answers_refused=refused,
            dead_before=dead_before,
            statistics=[
                url
                for name, url in sorted(environment.items())
                if name.startswith("DATABASE_URL_") and name.endswith("_STATISTICS")
            ],
            statistics_secret=Path(environment["STATISTICS_SECRET"]),
        )
        return [check(evidence) for check in CHECKS]


def _report(out: Console, run: Run, played: Played, verdicts: Sequence[Verdict]) -> None:
    killer, counts = played.killer, played.progress.counts
    rate = len(played.intents) / played.sending_s
    out.print(
        f"\n{len(played.intents):,} commands accepted in {played.sending_s:.1f} s ({rate:.0f} a second) while"
        f" {killer.done.total()} processes were killed; all settled {played.settling_s:.1f} s later; seed {run.seed}"
    )
    out.print("\n[bold]Killed with SIGKILL[/]")
    for kind in (*PROCESSES, *(f"at {point}" for point in POINTS)):
        out.print(f"  {kind:<30} {killer.done[kind]:>5}")
    for what, number in sorted(counts.items()):
        out.print(f"  {what}: {number:,}", style="dim")
    out.print("\n[bold]Invariants[/]")
    for verdict in verdicts:
        mark = "[green]✓[/]" if verdict.holds else "[red]✗[/]"
        out.print(f"  {mark} {verdict.says}: {verdict.looked_at:,} looked at, {len(verdict.broken)} broken")
        for line in verdict.broken[:_SHOWN]:
            out.print(f"      {line}", style="red", markup=False)
    for line in killer.missed:
        out.print(f"  ✗ {line}", style="red", markup=False)


def _with_failpoints(stack: Stack, act: Callable[[Stack, Path], Played]) -> Played:
    """``act`` on the stack with places to die at; a stack that had none has none again afterwards."""
    folder = Path(stack.failpoints) if stack.failpoints else stack.run / "failpoints"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    prepared = replace(stack, failpoints=str(folder))
    try:
        control.up(prepared)
        return act(prepared, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _dead(environment: Mapping[str, str]) -> frozenset[str]:
    where = broker.parse(environment["AMQP_URL"])
    return frozenset(
        letter.letter_id for name in dead.queues(topology.derive()) for letter in dead.letters(where, name)
    )


def main(given: Sequence[str] | None = None) -> int:
    """The exit code."""
    run = _arguments(given)
    out = Console(highlight=False, soft_wrap=True)
    environment = stack_environment(os.environ)
    try:
        stack = _stack(environment)
        dead_before = _dead(environment)
        parties = gather(stack.run, environment, units=_UNITS)

        def act(prepared: Stack, folder: Path) -> Played:
            out.print(f"{run.operations:,} commands, {run.rounds} kills of each kind, seed {run.seed}")
            played = asyncio.run(_play(run, prepared, parties, folder))
            _await_settled(prepared, played, environment)
            return played

        played = _with_failpoints(stack, act)
        verdicts = _judge(played, environment, dead_before)
        _report(out, run, played, verdicts)
        control.up(stack)
    except (BenchError, StackError, SendingError, waiting.DeadlinePassedError) as error:
        out.print(f"[red]chaos did not come to its end:[/] {error}")
        return NOT_READY
    well = all(verdict.holds for verdict in verdicts) and not played.killer.missed
    out.print("\n[bold green]every invariant holds[/]" if well else "\n[bold red]an invariant is broken[/]")
    return HOLDS if well else BROKEN


if __name__ == "__main__":
    sys.exit(main())
