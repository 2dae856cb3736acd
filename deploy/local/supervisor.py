"""supervisord: its configuration, starting it, and talking to it.

Every process is restarted whenever it ends, without an upper bound on the number
of attempts; one that does not stay up for a second is tried again after one more
second each time.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ProtocolError, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from deploy.local import files, waiting
from deploy.local.stack import MARKER, ROOT, Stack, StackError

_LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes (unix(7)); supervisord appends its pid while binding
_START_TIMEOUT_S = 10
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "USER", "LOGNAME", "TMPDIR")
_INHERITED_PREFIXES = ("OTEL_",)

RUNNING = "RUNNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process under the supervisor."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 15
    priority: int = 500
    directory: Path = ROOT


@dataclass(frozen=True, slots=True)
class State:
    """What the supervisor says about a process."""

    name: str
    state: str
    pid: int
    uptime_s: int
    remark: str

    @property
    def is_running(self) -> bool:
        """Whether the process has stayed up for at least a second."""
        return self.state == RUNNING


def socket_path(stack: Stack) -> Path:
    """The supervisor's control socket; elsewhere if the path below RUN would be too long."""
    inside = stack.run / "supervisor" / "control.sock"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_PATH:
        return inside
    digest = sha256(str(stack.run).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lienthong-{os.geteuid()}-{digest}" / "control.sock"


def _quoted(value: str) -> str:
    """A value inside an ``environment=`` line: double-quoted, with % doubled for the interpolation."""
    if '"' in value or "\n" in value or "\\" in value:
        raise StackError(
            f"a value for a process's environment must have no quote, backslash or newline: {value!r}"
        )
    return '"' + value.replace("%", "%%") + '"'


def _section(stack: Stack, program: Program) -> list[str]:
    variables = ",".join(f"{key}={_quoted(value)}" for key, value in sorted(program.environment.items()))
    lines = [
        f"[program:{program.name}]",
        f"command={shlex.join(program.command).replace('%', '%%')}",
        f"directory={program.directory}",
        f"environment={variables}",
        "autostart=false",
        "autorestart=true",
        "startsecs=1",
        "startretries=1000000000",
        f"stopsignal={program.stop_signal}",
        f"stopwaitsecs={program.stop_seconds}",
        f"priority={program.priority}",
        "redirect_stderr=true",
        f"stdout_logfile={stack.logs / program.name}.log",
        "stdout_logfile_maxbytes=20MB",
        "stdout_logfile_backups=3",
    ]
    if program.user is not None:
        lines.append(f"user={program.user}")
    return lines


def configuration(stack: Stack, programs: Sequence[Program]) -> str:
    """The text of supervisord.conf."""
    folder = stack.run / "supervisor"
    lines = [
        "; written by deploy.local at every start; changes are lost",
        "[supervisord]",
        f"logfile={stack.logs / 'supervisord.log'}",
        "logfile_maxbytes=5MB",
        "logfile_backups=2",
        f"pidfile={folder / 'supervisord.pid'}",
        f"directory={ROOT}",
        f"childlogdir={stack.logs}",
        "umask=022",
        *(["user=root"] if os.geteuid() == 0 else []),
        "[unix_http_server]",
        f"file={socket_path(stack)}",
        "chmod=0700",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        "[supervisorctl]",
        f"serverurl=unix://{socket_path(stack)}",
    ]
    for program in programs:
        lines += ["", *_section(stack, program)]
    return "\n".join(lines) + "\n"


class Supervisor:
    """The control connection of a running supervisord.

    Every method raises :class:`OSError` if nobody listens, and
    :class:`xmlrpc.client.Fault` if the supervisor refuses.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    @property
    def _rpc(self) -> Any:
        """A fresh connection: the transport cannot be used again after a failed attempt."""
        transport = SupervisorTransport(None, None, f"unix://{socket_path(self._stack)}")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def pid(self) -> int | None:
        """The supervisor's process id; None if there is none that answers."""
        try:
            return int(self._rpc.getPID())
        except (OSError, HTTPException, ProtocolError, Fault):
            return None

    def launch(self) -> None:
        """Start supervisord in the background, with a clean environment and nothing running yet."""
        environment = {
            key: value
            for key, value in os.environ.items()
            if key in _INHERITED or key.startswith(_INHERITED_PREFIXES)
        }
        environment[MARKER] = str(self._stack.run)
        files.folder(socket_path(self._stack).parent, files.PRIVATE_FOLDER_MODE)
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "supervisor.supervisord",
                "-c",
                self._stack.run / "supervisor" / "supervisord.conf",
            ],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_START_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise StackError(f"supervisord did not start:\n{done.stdout[-500:]}{done.stderr[-1500:]}")
        waiting.until(lambda: None if self.pid() else "supervisord does not answer", seconds=_START_TIMEOUT_S)

    def update(self) -> None:
        """Take over a changed configuration: stop what is gone or different, add what is new."""
        ((added, changed, removed),) = self._rpc.reloadConfig()
        for name in [*changed, *removed]:
            self._stop_group(name)
            self._rpc.removeProcessGroup(name)
        for name in [*changed, *added]:
            self._rpc.addProcessGroup(name)

    def _stop_group(self, name: str) -> None:
        self._rpc.stopProcessGroup(name)  # waits until they are gone

    def states(self) -> list[State]:
        """All processes, in the order of their names."""
        return [
            State(
                name=entry["name"],
                state=entry["statename"],
                pid=entry["pid"],
                uptime_s=entry["now"] - entry["start"] if entry["pid"] else 0,
                remark=entry["spawnerr"] or "",
            )
            for entry in self._rpc.getAllProcessInfo()
        ]

    def start(self, name: str) -> None:
        """Start a process unless it runs or is being started."""
        state = self._rpc.getProcessInfo(name)["statename"]
        if state not in {RUNNING, "STARTING", "BACKOFF"}:
            self._rpc.startProcess(name, False)  # noqa: FBT003 - do not wait

    def stop(self, name: str) -> None:
        """Stop a process and wait until it is gone."""
        state = self._rpc.getProcessInfo(name)["statename"]
        if state in {RUNNING, "STARTING", "BACKOFF", "STOPPING"}:
            self._rpc.stopProcess(name)  # waits until it is gone

    def shut_down(self) -> None:
        """Ask supervisord to end; :func:`pid` tells when it has."""
        self._rpc.shutdown()
