"""The running stack, as the benchmarks find it; and a second gateway beside it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from benchmarks.cpu import LOAD_GENERATOR, cpu_seconds, environment_of, stack_roots
from deploy.nation.environment import stack_environment
from deploy.nation.sampling import SampledPerson, sample
from deploy.nation.store import read_label
from lienthong.client import AgencyConfig
from lienthong.rpc.channels import TlsFiles

AGENCY = "hospital-demo"
_PEOPLE = 5_000
_SEED = 20_261_122
_START_S = 20.0


class BenchError(Exception):
    """The stack is not as the benchmarks need it; the message says what to do."""


@dataclass(frozen=True)
class RunningStack:
    """What is known of the stack. ``roots`` are the supervised processes by what they are."""

    run: Path
    environment: Mapping[str, str]
    roots: Mapping[int, str]
    gateway: Mapping[str, str]
    looking: list[float] = field(default_factory=list)

    @classmethod
    def find(cls) -> "RunningStack":
        """The stack of ``RUN``. Raises ``BenchError``."""
        environment = stack_environment(os.environ)
        run = Path(environment.get("RUN", ".run")).absolute()
        try:
            supervisor = int((run / "supervisor" / "supervisord.pid").read_text("ascii"))
            roots = stack_roots(supervisor)
            gateways = [pid for pid, name in roots.items() if name == "gateway"]
            gateway = environment_of(gateways[0])
        except (OSError, ValueError, IndexError) as error:
            raise BenchError(f"no stack runs in {run}: bring it up with make up") from error
        return cls(run=run, environment=environment, roots=roots, gateway=gateway)

    @property
    def workers(self) -> int:
        """Gateway processes."""
        return sum(name == "gateway" for name in self.roots.values())

    @property
    def coalescing(self) -> bool:
        """Whether the stack's own gateways share waiting."""
        return self.gateway.get("LIENTHONG_COALESCING", "on") == "on"

    @cached_property
    def config(self) -> AgencyConfig:
        """The asking hospital. Raises ``lienthong.client.NotConfigured``."""
        return AgencyConfig.load(self.run / "agencies" / AGENCY)

    @cached_property
    def people(self) -> list[SampledPerson]:
        """People with one valid card. Raises ``deploy.nation.store.NationError``."""
        wanted = min(_PEOPLE, self.population // 2)
        return list(sample(wanted, _SEED, environment=self.environment))

    @cached_property
    def population(self) -> int:
        """How many people the loaded nation has. Raises ``BenchError`` when there is none."""
        with psycopg.connect(self.environment["DATABASE_URL_IDENTITY"]) as connection:
            label = read_label(connection)
        if label is None:
            raise BenchError("no nation is loaded: run make seed")
        return int(label.population)

    @cached_property
    def durability(self) -> str:
        """What PostgreSQL promises for a committed audit entry, in its own words."""
        with psycopg.connect(self.environment["DATABASE_URL_GATEWAY"]) as connection:
            values = [
                f"{name} {connection.execute(f'SHOW {name}').fetchone()[0]}"  # type: ignore[index]  # SHOW has a row
                for name in ("fsync", "synchronous_commit")
            ]
        return ", ".join(values)

    @property
    def tls(self) -> TlsFiles:
        """The gateway's own certificate."""
        return TlsFiles(
            ca=Path(self.gateway["LIENTHONG_TLS_CA"]),
            certificate=Path(self.gateway["LIENTHONG_TLS_CERT"]),
            key=Path(self.gateway["LIENTHONG_TLS_KEY"]),
        )

    def cpu(self, more: Mapping[int, str] | None = None) -> dict[str, float]:
        """CPU seconds of every process so far, and of this one without what it takes to look."""
        before = time.process_time()
        seconds = cpu_seconds({**self.roots, **(more or {})})
        now = time.process_time()
        self.looking.append(now - before)
        return {**seconds, LOAD_GENERATOR: now - sum(self.looking)}


def address_of(authority: str) -> tuple[str, int]:
    """``127.0.0.1:7400`` as (host, port)."""
    parts = urlsplit(f"//{authority}")
    return parts.hostname or "127.0.0.1", parts.port or 80


@contextmanager
def gateways_without_coalescing(stack: RunningStack) -> Iterator[tuple[str, dict[int, str]]]:
    """As many gateways as the stack has, each request by itself, on a port of their own.

    Gives their authority, and their processes for the CPU time. They ask the same
    services and write to the same access log. Raises ``BenchError`` when they do not start.
    """
    port = _free_port()
    authority = f"127.0.0.1:{port}"
    log = stack.run / "logs" / "bench-gateway.log"
    workers: list[subprocess.Popen[bytes]] = []
    try:
        with log.open("wb") as output:
            for _ in range(stack.workers):
                environment = {
                    **stack.gateway,
                    "LIENTHONG_COALESCING": "off",
                    "LIENTHONG_LISTEN": authority,
                    "LIENTHONG_AUTHORITY": authority,
                    "LIENTHONG_METRICS_LISTEN": f"127.0.0.1:{_free_port()}",
                }
                command = [sys.executable, "-m", "gateway"]
                workers.append(subprocess.Popen(command, env=environment, stdout=output, stderr=output))
        _await_ready(authority, workers, log)
        yield authority, {worker.pid: "gateway" for worker in workers}
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(timeout=15)


def _await_ready(authority: str, workers: list[subprocess.Popen[bytes]], log: Path) -> None:
    """Wait until every worker says that it has started, and one of them answers."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and all(worker.poll() is None for worker in workers):
        if log.read_bytes().count(b"gateway.started") >= len(workers) and _answers(authority):
            return
        time.sleep(0.1)
    raise BenchError(f"the gateways without coalescing did not start; {log} says why")


def _answers(authority: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{authority}/readyz", timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
