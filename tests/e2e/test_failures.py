"""Processes that die or hang under load: no answer without its audit entry, no wrong answer, and back soon.

The signals go to processes of the test stack alone, by the ids that its supervisor and
its PostgreSQL name.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local import health
from deploy.local.stack import ROOT
from tests.support.load import CHECK, VERIFY, Received, check_kept, load
from tests.support.stack import Running, until
from tests.support.wire import NHUNG, Sender

# The gateway's budget for one answer (gateway.settings), and what a busy machine may add to it.
BUDGET_S, SLACK_S = 3.0, 1.5
# What the gateway and the services keep of it for their own work after a call.
MARGIN_S = 0.75
BACK_S = 5.0


def enough(received: Received, count: int, what: str, since: float = 0.0) -> None:
    """Wait until so many requests sent since then were answered."""
    until(lambda: received.answered_since(since) >= count, seconds=20, what=what)


def processes_of(running: Running, name: str) -> list[int]:
    """The process and all that descend from it."""
    found = [running.process(name).pid]
    for pid in found:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def kill(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # a backend that left by itself when its postmaster died


def await_back(running: Running, name: str, killed: int) -> float:
    """Wait until there is another process of this name that does its work; when it was there (monotonic)."""
    until(lambda: running.process(name).pid not in {0, killed}, seconds=10, what=f"{name} is started again")
    started = time.monotonic()
    # The supervisor has started it before we look: that only makes the rule stricter by a moment.
    until(lambda: health.missing(running.stack, name) is None, seconds=BACK_S, what=f"{name} does its work")
    return started


@pytest.mark.parametrize("name", ["gateway-0", "health_claims", "postgres", "rabbitmq"])
def test_after_a_kill_nothing_was_told_unrecorded_and_the_service_is_back(
    running: Running, hospital: Sender, name: str
) -> None:
    with load(hospital) as received:
        enough(received, 50, "answers before the kill")
        pids = processes_of(running, name)
        kill(pids)
        if name == "rabbitmq":  # nothing asks it: what counts is that nobody notices
            enough(received, 50, "answers without the broker", since=time.monotonic())
            until(
                lambda: running.process(name).pid not in {0, pids[0]},
                seconds=10,
                what="the broker is started",
            )
        else:
            back = await_back(running, name, pids[0])
            until(lambda: received.answered_since(back) > 0, seconds=BACK_S, what="answers again")
        enough(received, 50, "answers after the kill", since=time.monotonic())
    check_kept(running, hospital, received)
    if name == "rabbitmq":
        assert not received.broken
        assert set(received.statuses) == {200}
        until(
            lambda: health.missing(running.stack, name) is None, seconds=30, what="the broker does its work"
        )


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """The processes stand still for the length of the block."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_service_that_hangs_is_answered_for_in_time_and_alone(running: Running, hospital: Sender) -> None:
    pid = running.process("health_claims").pid
    with stopped([pid]), load(hospital, VERIFY, clients=2) as others:
        with load(hospital, CHECK, clients=4) as received:
            until(lambda: received.statuses[503] >= 4, seconds=15, what="refusals")
            enough(others, 50, "answers of the other services")
        assert set(received.statuses) == {503}
        assert received.slowest < BUDGET_S + SLACK_S
    check_kept(running, hospital, others)
    check_kept(running, hospital, received)
    assert set(others.statuses) == {200}
    until(lambda: hospital.ask(CHECK, NHUNG).status == 200, seconds=BACK_S, what="answers again")


def test_a_database_that_hangs_lets_no_answer_out_and_is_answered_for_in_time(
    running: Running, hospital: Sender
) -> None:
    with load(hospital, clients=8) as received:
        enough(received, 50, "answers before")
        pids = processes_of(running, "postgres")
        with stopped(pids):
            hung = time.monotonic()
            until(lambda: refused_since(received, hung) >= 8, seconds=20, what="refusals")
            assert received.answered_since(hung + 0.1) == 0
        woken = time.monotonic()
        until(lambda: received.answered_since(woken) > 0, seconds=BACK_S, what="answers again")
    assert received.slowest < BUDGET_S + SLACK_S
    check_kept(running, hospital, received)


def refused_since(received: Received, moment: float) -> int:
    return sum(answer.status == 503 and sent >= moment for _, answer, sent in received.answers)


def test_requests_wait_within_their_budget_for_a_service_that_is_restarted(
    running: Running, hospital: Sender
) -> None:
    with load(hospital, clients=8) as received:
        enough(received, 50, "answers before")
        restart = [sys.executable, "-m", "deploy.local", "restart", "health_claims"]
        subprocess.run(
            restart, cwd=ROOT, env=running.environment, check=True, timeout=60, capture_output=True
        )
        enough(received, 50, "answers after", since=time.monotonic())
    check_kept(running, hospital, received)
    assert not received.broken
    # A busy machine may start a service more slowly than the budget: nobody is refused before.
    refused = [
        seconds
        for seconds, (_, answer, _) in zip(received.seconds, received.answers, strict=True)
        if answer.status == 503
    ]
    assert all(seconds > BUDGET_S - MARGIN_S for seconds in refused), refused


def test_a_gateway_worker_that_is_told_to_stop_finishes_what_is_under_way(
    running: Running, hospital: Sender
) -> None:
    with load(hospital, clients=8) as received:
        enough(received, 50, "answers before")
        restart = [sys.executable, "-m", "deploy.local", "restart", "gateway-1"]
        subprocess.run(
            restart, cwd=ROOT, env=running.environment, check=True, timeout=60, capture_output=True
        )
        enough(received, 50, "answers after", since=time.monotonic())
    check_kept(running, hospital, received)
    assert set(received.statuses) == {200}, received.statuses
