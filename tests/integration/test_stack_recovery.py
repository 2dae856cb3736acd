"""A second, small stack (the servers only) through what may happen to one: kills, strangers, two at once."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from deploy.local import health, orphans, waiting
from deploy.local.stack import ROOT, Stack, from_environment
from deploy.local.supervisor import Supervisor

_BESIDE = 100  # ports from here on above those of the stack under test
_SERVERS = ("postgres", "rabbitmq")


def _environment(stack: Stack) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "AMQP_URL"}}
    return {**kept, "RUN": str(stack.run), "PORT_BASE": str(stack.ports.base)}


def _start(stack: Stack, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.local", *arguments],
        cwd=ROOT,
        env=_environment(stack),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(stack: Stack, *arguments: str) -> tuple[int, str]:
    """Exit code and all that was said."""
    with _start(stack, *arguments) as process:
        said, failed = process.communicate(timeout=90)
    return process.returncode, said + failed


def _up(stack: Stack) -> None:
    code, said = _run(stack, "up", "--only", "servers")
    assert code == 0, said
    assert {name: health.missing(stack, name) for name in _SERVERS} == dict.fromkeys(_SERVERS)


def _pids(stack: Stack) -> dict[str, int]:
    return {state.name: state.pid for state in Supervisor(stack).states() if state.name in _SERVERS}


@pytest.fixture(scope="module")
def second(stack_variable: Callable[[str], str]) -> Iterator[Stack]:
    stack = from_environment(
        {
            "RUN": f"{stack_variable('RUN')}/second",
            "PORT_BASE": str(int(stack_variable("PORT_BASE")) + _BESIDE),
        }
    )
    yield stack
    assert _run(stack, "down")[0] == 0
    assert orphans.find(stack) == []


def test_a_kill_of_everything_is_mended_by_up_without_losing_anything(second: Stack) -> None:
    _up(second)
    key = second.agencies / "hospital-demo" / "key.pem"
    before = key.read_bytes()
    for pid in orphans.find(second):
        with contextlib.suppress(ProcessLookupError):  # ended with one that was killed before it
            os.kill(pid, signal.SIGKILL)
    waiting.until(lambda: "still there" if Supervisor(second).pid() else None, seconds=10)
    _up(second)
    assert key.read_bytes() == before


def test_a_kill_of_the_supervisor_alone_leaves_no_second_server(second: Stack) -> None:
    _up(second)
    old = _pids(second)
    supervisor = Supervisor(second).pid()
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    waiting.until(lambda: "still there" if Supervisor(second).pid() else None, seconds=10)
    _up(second)
    assert set(_pids(second).values()).isdisjoint(old.values())
    assert set(orphans.find(second)).isdisjoint(old.values())


def test_two_commands_at_once_make_one_stack(second: Stack) -> None:
    _run(second, "down")
    both = [_start(second, "up", "--only", "servers") for _ in range(2)]
    said = [process.communicate(timeout=90) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    pids = _pids(second)
    _up(second)
    assert _pids(second) == pids


def test_down_stops_everything_and_twice_is_harmless(second: Stack) -> None:
    _up(second)
    assert _run(second, "down")[0] == 0
    assert orphans.find(second) == []
    assert _run(second, "down")[0] == 0
    assert _run(second, "status")[0] != 0


def test_a_stranger_on_a_port_is_named_and_nothing_is_started(second: Stack) -> None:
    _run(second, "down")
    with socket.create_server(("127.0.0.1", second.ports.postgresql)):
        code, said = _run(second, "up", "--only", "servers")
    assert code == 1
    assert f"port {second.ports.postgresql} (PostgreSQL) is taken" in said
    assert "PORT_BASE" in said
    assert orphans.find(second) == []
