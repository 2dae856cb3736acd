"""Processes of this stack that no supervisor looks after, found by what the kernel says of them.

A ``kill -9`` of the supervisor leaves its children running. They are recognised by
the marker in their environment, or (PostgreSQL overwrites its environment with its
status line) by the cluster being their working directory.
"""

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

from deploy.local import postgresql, waiting
from deploy.local.stack import MARKER, Stack

_PROC = Path("/proc")
_GRACE_S = 10
_KILLED_S = 5


def _belongs(process: Path, marker: bytes, cluster: Path) -> bool:
    try:
        # Exactly this folder: .run/test is another stack than .run.
        if marker in (process / "environ").read_bytes().split(b"\0"):
            return True
        return (process / "cwd").readlink() == cluster
    except OSError:
        # It has ended meanwhile, or belongs to a user whose processes cannot be of this stack.
        return False


def find(stack: Stack) -> list[int]:
    """The process ids of this stack, the supervisor among them, without ourselves."""
    marker = f"{MARKER}={stack.run}".encode()
    cluster = postgresql.data_folder(stack)
    return sorted(
        int(entry.name)
        for entry in _PROC.iterdir()
        if entry.name.isdecimal() and int(entry.name) != os.getpid() and _belongs(entry, marker, cluster)
    )


def _is_alive(pid: int) -> bool:
    """Whether the process still runs; a zombie waits for its parent and holds nothing."""
    try:
        status = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _remaining(stack: Stack) -> str | None:
    left = [pid for pid in find(stack) if _is_alive(pid)]
    return f"still running: {left}" if left else None


def stop(stack: Stack) -> int:
    """Stop all of them, gracefully first; return how many there were.

    Raises :class:`deploy.local.waiting.DeadlinePassedError` if one survives SIGKILL.
    """
    found = find(stack)
    if not found:
        return 0
    # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
    cluster = postgresql.data_folder(stack)
    database = [pid for pid in found if _belongs(_PROC / str(pid), b"-", cluster)]
    _signal(database, signal.SIGINT)
    _signal([pid for pid in found if pid not in database], signal.SIGTERM)
    try:
        waiting.until(lambda: _remaining(stack), seconds=_GRACE_S)
    except waiting.DeadlinePassedError:
        _signal(find(stack), signal.SIGKILL)
        waiting.until(lambda: _remaining(stack), seconds=_KILLED_S)
    return len(found)
