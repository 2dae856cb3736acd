"""CPU time by process of the stack, from ``/proc/<pid>/stat`` (proc(5)).

The children of the supervisor are told apart by their command lines; what they
started counts with them, what has ended counts with whoever waited for it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOAD_GENERATOR = "load generator"
_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
# After the command's name in stat: state, ppid, ... utime, stime, cutime, cstime.
_PPID, _UTIME, _CSTIME = 1, 11, 14


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    seconds: float


def cpu_seconds(roots: Mapping[int, str]) -> dict[str, float]:
    """CPU seconds of each name in ``roots``: of these processes and of all that they started."""
    processes = _processes()
    totals = dict.fromkeys(roots.values(), 0.0)
    for pid, process in processes.items():
        owner = _owner(pid, processes, roots)
        if owner is not None:
            totals[owner] += process.seconds
    return totals


def stack_roots(supervisor: int) -> dict[int, str]:
    """Every process that the supervisor runs, by what it is."""
    return {pid: _name(pid) for pid, process in _processes().items() if process.parent == supervisor}


def environment_of(pid: int) -> dict[str, str]:
    """The environment that a process was started with. Raises ``OSError``."""
    entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    pairs = (entry.decode().partition("=") for entry in entries if entry)
    return {name: value for name, _, value in pairs}


def _name(pid: int) -> str:
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "gone"
    if "-m" in words[:-1]:
        return words[words.index("-m") + 1].removeprefix("services.")
    program = words[0].partition(" ")[0].rpartition("/")[2].rstrip(":")
    return {"postmaster": "postgres"}.get(program, program if program == "postgres" else "rabbitmq")


def _owner(pid: int, processes: Mapping[int, _Process], roots: Mapping[int, str]) -> str | None:
    while pid in processes:
        if pid in roots:
            return roots[pid]
        pid = processes[pid].parent
    return None


def _processes() -> dict[int, _Process]:
    found = {}
    for entry in os.scandir(_PROC):
        if entry.name.isdecimal():
            try:
                stat = Path(entry.path, "stat").read_bytes()
            except OSError:  # it has just ended
                continue
            values = stat.rpartition(b")")[2].split()
            ticks = sum(int(value) for value in values[_UTIME : _CSTIME + 1])
            found[int(entry.name)] = _Process(int(values[_PPID]), ticks / _TICK)
    return found
