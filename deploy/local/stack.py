"""Which stack: its folder, its ports, and where everything in it lives."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the packages: working directory of every process."""

MARKER = "LIENTHONG_STACK"
"""Environment variable that every process of a stack carries: the absolute RUN folder."""

DATABASES = ("identity", "contributions", "health_claims", "gateway")
SERVICES = ("identity", "contributions", "health_claims")
WRITERS = {
    "relay-gateway": "gateway",
    "relay-contributions": "contributions",
    "relay-health_claims": "health_claims",
    "consumers-contributions": "contributions",
    "consumers-health_claims": "health_claims",
    "consumers-gateway": "gateway",
    "webhooks": "gateway",
    "folding-identity": "identity",
    "deliveries": "gateway",
    "folding-contributions": "contributions",
    "folding-health_claims": "health_claims",
}
"""The processes of the write side, each with the name by which database and broker know it."""
WRITER_ROLES = {"health_claims": "health_claims_writer"}
"""Databases whose relay and consumers have a role of their own there, so that the gRPC process can only read."""
STATISTICS_ROLES = {
    "identity": "identity_statistics",
    "contributions": "contributions_statistics",
    "health_claims": "health_claims_statistics",
}
"""Databases that count something, with the role of the worker that folds: the only one that sees true cells."""
BROKER_USERS = ("operator", "gateway", "contributions", "health_claims")
"""Who may log in to the broker; identity sends and hears nothing."""

MOST_GATEWAY_WORKERS = 6  # their metrics ports end where those of the services begin
_WRITER_METRICS = (29, 30, 31, 33, 34, 35, 36, 37, 38, 39, 40)  # around PostgreSQL's 32
_HIGHEST_BASE = 65_535 - 99


class StackError(Exception):
    """The stack cannot do what was asked; the message tells a person what to do about it."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a stack, all on 127.0.0.1, derived from one base."""

    base: int

    @property
    def gateway(self) -> int:
        """HTTP, shared by all workers (SO_REUSEPORT)."""
        return self.base

    @property
    def postgresql(self) -> int:
        """PostgreSQL's wire protocol."""
        return self.base + 32

    @property
    def amqp(self) -> int:
        """RabbitMQ, AMQP 0-9-1."""
        return self.base + 72

    @property
    def erlang_distribution(self) -> int:
        """RabbitMQ's own node-to-node port."""
        return self.base + 73

    @property
    def epmd(self) -> int:
        """The Erlang name server of this stack alone."""
        return self.base + 74

    def service(self, name: str) -> int:
        """The gRPC port of a service."""
        return self.base + 11 + SERVICES.index(name)

    def metrics(self, process: str) -> int:
        """The Prometheus port of a service, of ``gateway-<n>``, or of a process of the write side."""
        if process.startswith("gateway-"):
            return self.base + 20 + int(process.removeprefix("gateway-"))
        if process in WRITERS:
            return self.base + _WRITER_METRICS[list(WRITERS).index(process)]
        return self.base + 26 + SERVICES.index(process)


@dataclass(frozen=True)
class Stack:
    """One stack. Built from the environment by :func:`from_environment`."""

    run: Path
    ports: Ports
    gateway_workers: int
    external_database: str | None = None
    external_amqp: str | None = None
    coalescing: str = "on"
    failpoints: str | None = None

    @cached_property
    def secrets(self) -> Path:
        """Passwords and keys, each a file of mode 600."""
        return self.run / "secrets"

    @cached_property
    def pki(self) -> Path:
        """The development certificate authority and its certificates."""
        return self.run / "pki"

    @cached_property
    def logs(self) -> Path:
        """Standard output of every process, rotated."""
        return self.run / "logs"

    @cached_property
    def agencies(self) -> Path:
        """One folder for each demo agency."""
        return self.run / "agencies"

    @cached_property
    def env_file(self) -> Path:
        """What scripts and tests read to find the stack."""
        return self.run / "stack.env"

    @cached_property
    def database_host_port(self) -> tuple[str, int]:
        """Where PostgreSQL listens."""
        if self.external_database is None:
            return "127.0.0.1", self.ports.postgresql
        parts = urlsplit(self.external_database)
        return parts.hostname or "127.0.0.1", parts.port or 5432

    def passfile(self, role: str) -> Path:
        """The libpq password file of one role."""
        return self.secrets / f"{role}.pgpass"

    def database_url(self, database: str, role: str) -> str:
        """A libpq URL that names its password by path only."""
        host, port = self.database_host_port
        return f"postgresql://{role}@{host}:{port}/{database}?passfile={self.passfile(role)}"

    def own_ports(self) -> dict[str, int]:
        """Every port that this stack opens itself, by its use."""
        ports = {"the gateway": self.ports.gateway}
        ports |= {f"the service {name}": self.ports.service(name) for name in SERVICES}
        ports |= {f"metrics of {name}": self.ports.metrics(name) for name in self.metered}
        if self.external_database is None:
            ports["PostgreSQL"] = self.ports.postgresql
        if self.external_amqp is None:
            ports |= {
                "RabbitMQ": self.ports.amqp,
                "RabbitMQ's distribution": self.ports.erlang_distribution,
                "RabbitMQ's epmd": self.ports.epmd,
            }
        return ports

    @cached_property
    def metered(self) -> list[str]:
        """Every process of ours; each has a port for Prometheus."""
        return [*SERVICES, *(f"gateway-{number}" for number in range(self.gateway_workers)), *WRITERS]

    @cached_property
    def gateway_url(self) -> str:
        """Where agencies reach the gateway."""
        return f"http://127.0.0.1:{self.ports.gateway}"


def _number(environment: Mapping[str, str], key: str, default: int, low: int, high: int) -> int:
    text = environment.get(key, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise StackError(f"{key}={text}: must be a whole number from {low} to {high}")
    return int(text)


def from_environment(environment: Mapping[str, str] = os.environ) -> Stack:
    """The stack that RUN, PORT_BASE, GATEWAY_WORKERS, DATABASE_URL and AMQP_URL describe.

    LIENTHONG_FAILPOINTS, a folder, is handed on to every process that has places to die at.

    Raises :class:`StackError` naming the variable that is wrong.
    """
    run = Path(environment.get("RUN") or ".run").absolute()
    if any(c.isspace() or c in "%\"'?#;" for c in str(run)):
        raise StackError(f"RUN={run}: the path must be free of spaces and of % \" ' ? # ;")
    ports = Ports(_number(environment, "PORT_BASE", 7400, 1024, _HIGHEST_BASE))
    cores = min(os.cpu_count() or 1, MOST_GATEWAY_WORKERS)
    amqp = environment.get("AMQP_URL") or None
    # A shell that has sourced stack.env names our own broker: that is not another one.
    if amqp is not None and urlsplit(amqp).port == ports.amqp:
        amqp = None
    return Stack(
        run=run,
        ports=ports,
        gateway_workers=_number(environment, "GATEWAY_WORKERS", cores, 1, MOST_GATEWAY_WORKERS),
        external_database=environment.get("DATABASE_URL") or None,
        external_amqp=amqp,
        coalescing=environment.get("COALESCING") or "on",
        failpoints=environment.get("LIENTHONG_FAILPOINTS") or None,
    )
