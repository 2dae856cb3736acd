"""``up``, ``down``, ``status``, ``restart``: what the commands do, in order."""

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from deploy.local import (
    agencies,
    bus,
    envfile,
    files,
    health,
    orphans,
    packages,
    pki,
    postgresql,
    processes,
    waiting,
)
from deploy.local.stack import DATABASES, ROOT, Stack, StackError
from deploy.local.supervisor import Program, Supervisor, configuration
from lienthong.db import migrations

_LOCK_WAIT_S = 120
_SERVER_WAIT_S = 60
_MIGRATION_WAIT_S = 120
_PROCESS_WAIT_S = 30
_STOP_WAIT_S = 60


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def _locked(stack: Stack) -> Iterator[None]:
    """Nobody else changes this stack meanwhile. The kernel drops the lock if we die."""
    files.folder(stack.run)
    with (stack.run / "lock").open("w") as handle:

        def attempt() -> str | None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return f"another command is changing the stack {stack.run}"
            return None

        try:
            waiting.until(attempt, seconds=_LOCK_WAIT_S)
        except waiting.DeadlinePassedError as error:
            raise StackError(str(error)) from None
        yield


def _await(stack: Stack, name: str, seconds: float) -> None:
    """Wait until the process does its work; say so, or fail with the end of its log."""
    try:
        waited = waiting.until(lambda: health.missing(stack, name), seconds=seconds)
    except waiting.DeadlinePassedError as error:
        log = stack.logs / f"{name}.log"
        raise StackError(
            f"{name} did not come up within {seconds:.0f} s: {error}\n--- the end of {log}:\n{files.tail(log)}"
        ) from None
    _say(f"  {name:<23} ready  ({waited:.1f} s)")


def _refuse_taken_ports(stack: Stack) -> None:
    """Nothing of this stack runs now: whoever holds one of its ports is a stranger."""
    for use, port in stack.own_ports().items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise StackError(
                    f"port {port} ({use}) is taken ({error.strerror}): choose another PORT_BASE than "
                    f"{stack.ports.base}, or stop its owner (ss -ltnp 'sport = :{port}')"
                ) from None


def _supervised(stack: Stack, programs: Sequence[Program]) -> Supervisor:
    """A supervisor that runs on the present configuration; stop whatever an earlier one left behind."""
    folder = files.folder(stack.run / "supervisor", files.PRIVATE_FOLDER_MODE)
    files.write(folder / "supervisord.conf", configuration(stack, programs), files.SECRET_MODE)
    supervisor = Supervisor(stack)
    if supervisor.pid() is not None:
        supervisor.update()
        return supervisor
    if left := orphans.stop(stack):
        _say(f"  stopped {left} processes that an earlier run left behind")
    _refuse_taken_ports(stack)
    supervisor.launch()
    return supervisor


def _migrate(stack: Stack) -> None:
    """Bring every database to its newest revision."""
    present = [name for name in DATABASES if migrations.has_history(name)]
    if not present:
        return
    done = subprocess.run(
        [sys.executable, "-m", "lienthong.db.migrations", "upgrade", *present],
        cwd=ROOT,
        env={**os.environ, **envfile.databases(stack)},
        capture_output=True,
        text=True,
        timeout=_MIGRATION_WAIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"the migrations failed:\n{done.stdout[-500:]}{done.stderr[-3000:]}")


def up(stack: Stack, *, only_servers: bool = False) -> None:
    """Bring the stack up and return when every part of it does its work.

    Raises :class:`StackError` with what to do about it.
    """
    start = time.monotonic()
    with _locked(stack):
        _say(f"stack {stack.run}")
        for folder, mode in (
            (stack.logs, files.FOLDER_MODE),
            (stack.secrets, files.PRIVATE_FOLDER_MODE),
            (stack.agencies, files.PRIVATE_FOLDER_MODE),
        ):
            files.folder(folder, mode)
        found = packages.ensure(
            postgresql=stack.external_database is None, rabbitmq=stack.external_amqp is None
        )
        pki.ensure(stack)
        ours = processes.ours(stack)
        supervisor = _supervised(stack, [*processes.servers(stack, found), *ours])
        _bring_up_servers(stack, supervisor, found)
        if not only_servers:
            _bring_up_processes(stack, supervisor, [program.name for program in ours])
    _say(f"up in {time.monotonic() - start:.1f} s; {stack.env_file} tells the rest")


def _bring_up_servers(stack: Stack, supervisor: Supervisor, found: packages.Servers) -> None:
    # The broker takes longest and needs nothing: it boots while the databases are made.
    if found.rabbitmq_scripts is not None:
        supervisor.start(processes.RABBITMQ)
    if found.postgresql_bin is not None:
        postgresql.prepare(stack, found.postgresql_bin)
        supervisor.start(processes.POSTGRESQL)
    _await(stack, processes.POSTGRESQL, _SERVER_WAIT_S)
    postgresql.ensure_databases(stack)
    envfile.write(stack)
    _migrate(stack)
    _await(stack, processes.RABBITMQ, _SERVER_WAIT_S)
    agencies.ensure(stack)
    bus.ensure(stack)


def _bring_up_processes(stack: Stack, supervisor: Supervisor, names: Sequence[str]) -> None:
    for name in names:
        supervisor.start(name)
    for name in names:
        _await(stack, name, _PROCESS_WAIT_S)


def down(stack: Stack) -> None:
    """Stop everything: the gateway first, so that no request meets a missing service, the servers last."""
    with _locked(stack):
        supervisor = Supervisor(stack)
        if supervisor.pid() is not None:
            for state in sorted(supervisor.states(), key=lambda s: _stop_rank(s.name)):
                supervisor.stop(state.name)
            supervisor.shut_down()
            waiting.until(
                lambda: None if supervisor.pid() is None else "supervisord is still there",
                seconds=_STOP_WAIT_S,
            )
        # Erlang's name server, and whatever an earlier kill -9 of the supervisor left.
        orphans.stop(stack)
    _say(f"stack {stack.run} is down")


def _stop_rank(name: str) -> int:
    if name.startswith("gateway-"):
        return 0
    return 2 if name in {processes.POSTGRESQL, processes.RABBITMQ} else 1


def restart(stack: Stack, names: Sequence[str]) -> None:
    """Restart the named processes (default: all of ours) and wait until they do their work."""
    with _locked(stack):
        supervisor = Supervisor(stack)
        if supervisor.pid() is None:
            raise StackError(f"the stack {stack.run} is not up")
        known = [state.name for state in supervisor.states()]
        chosen = list(names) or [name for name in known if _stop_rank(name) < 2]
        if unknown := set(chosen) - set(known):
            raise StackError(f"no such process: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        for name in chosen:
            supervisor.stop(name)
            supervisor.start(name)
        for name in chosen:
            _await(stack, name, _SERVER_WAIT_S)


def status(stack: Stack) -> bool:
    """Print each process with what its own health check says; True if all do their work."""
    supervisor = Supervisor(stack)
    if supervisor.pid() is None:
        _say(f"stack {stack.run} is down")
        return False
    well = True
    for state in supervisor.states():
        trouble = health.missing(stack, state.name) if state.is_running else state.remark or "not running"
        well = well and trouble is None
        _say(
            f"  {state.name:<23} {state.state:<9} pid {state.pid:<8} up {state.uptime_s:>6} s  {trouble or 'healthy'}"
        )
    return well
