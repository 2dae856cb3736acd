"""Processes of a stack are recognised by what the kernel says of them, and only those."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import orphans
from deploy.local.stack import MARKER, Stack, from_environment

_SAY_READY_AND_SLEEP = "import time; print('ready', flush=True); time.sleep(60)"
_IGNORE_TERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + _SAY_READY_AND_SLEEP


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return from_environment({"RUN": str(tmp_path)})


def _start(run: Path, code: str = _SAY_READY_AND_SLEEP) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, MARKER: str(run)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def ours(stack: Stack) -> Iterator[subprocess.Popen[str]]:
    with _start(stack.run) as process:
        yield process
        process.kill()


@pytest.fixture
def neighbour(stack: Stack) -> Iterator[subprocess.Popen[str]]:
    """A process of the stack in a folder below this one, as .run/test is below .run."""
    with _start(stack.run / "test") as process:
        yield process
        process.kill()


def test_a_process_that_carries_the_marker_is_found_and_its_neighbour_is_not(
    stack: Stack, ours: subprocess.Popen[str], neighbour: subprocess.Popen[str]
) -> None:
    assert orphans.find(stack) == [ours.pid]


def test_stopping_spares_the_neighbour(
    stack: Stack, ours: subprocess.Popen[str], neighbour: subprocess.Popen[str]
) -> None:
    assert orphans.stop(stack) == 1
    assert ours.wait(timeout=5) == -signal.SIGTERM
    assert neighbour.poll() is None


def test_one_that_does_not_listen_is_killed(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "_GRACE_S", 0.2)
    with _start(stack.run, _IGNORE_TERM) as deaf:
        assert orphans.stop(stack) == 1
        assert deaf.wait(timeout=5) == -signal.SIGKILL


def test_nothing_to_stop_is_no_error(stack: Stack) -> None:
    assert orphans.stop(stack) == 0
