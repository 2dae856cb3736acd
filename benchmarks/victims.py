"""The processes that a benchmark kills, as the supervisor of the stack names them."""

from collections.abc import Iterable

from benchmarks.stack import BenchError
from deploy.local.supervisor import State


def running(victim: str, states: Iterable[State]) -> int:
    """The process to be killed. Raises ``BenchError`` when there is none: 0 would be our own group."""
    pid = pid_of(victim, states)
    if not pid:
        raise BenchError(f"{victim} does not run: `make status` says why")
    return pid


def pid_of(victim: str, states: Iterable[State]) -> int:
    """0 while it does not run."""
    return next((state.pid for state in states if state.name == victim), 0)
