"""The running stack: its workers, its processes, its logs and its log of accesses."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
from psycopg.rows import dict_row

from deploy.local.stack import Stack, from_environment
from deploy.local.supervisor import State, Supervisor
from lienthong.agencies import Agency, AgencyKind, admin
from lienthong.signing import Algorithm, PrivateKey, proof_of_possession
from tests.support.wire import VERIFY, Connection, Raw, Sender

T = TypeVar("T")
ACTOR = "tests"
# So much longer may a machine take that has other work: what never comes fails all the same.
_BUSY = 3
_PAUSE_S = 0.02
# Connections that are opened until every worker has taken one: 2^-40 that two workers do not suffice.
_MOST_CONNECTIONS = 40


def until(attempt: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """The first result that is something; fails after ``seconds`` of a quiet machine, saying what did not come."""
    deadline = time.monotonic() + seconds * _BUSY
    while True:
        result = attempt()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * _BUSY} s: {what}")
        time.sleep(_PAUSE_S)


@dataclass(frozen=True, slots=True)
class Running:
    """The stack under test."""

    stack: Stack
    gateway: str
    owner_url: str

    @classmethod
    def from_variables(cls, look_up: Callable[[str], str]) -> "Running":
        """The stack that ``stack.env`` names."""
        named = {name: look_up(name) for name in ("RUN", "PORT_BASE")}
        others = {k: v for k, v in os.environ.items() if k in {"GATEWAY_WORKERS", "COALESCING"}}
        return cls(
            from_environment(named | others), look_up("GATEWAY_URL"), look_up("DATABASE_URL_GATEWAY_OWNER")
        )

    @property
    def environment(self) -> dict[str, str]:
        """For the project's own commands."""
        return {**os.environ, "RUN": str(self.stack.run), "PORT_BASE": str(self.stack.ports.base)}

    # --- agencies

    def demo(self, name: str) -> Sender:
        """A demo agency."""
        return Sender.load(self.stack.agencies / name)

    @contextmanager
    def registry(self) -> Iterator[psycopg.Connection[Any]]:
        """The gateway's database, as its owner."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            yield connection

    def enrol(self, agency: Agency, *terms: admin.GrantTerms) -> Sender:
        """A new agency with a key and grants; its id gets an ending of its own."""
        agency = replace(agency, agency_id=f"{agency.agency_id}-{uuid.uuid4().hex[:10]}")
        key = PrivateKey.generate(Algorithm.ED25519)
        now = int(time.time())
        with self.registry() as registry:
            admin.add_agency(registry, agency, actor=ACTOR)
            proof = proof_of_possession(key, agency.agency_id, now)
            admin.add_key(registry, agency.agency_id, key.public, proof=proof, now=now, actor=ACTOR)
            for one in terms:
                admin.grant(registry, agency.agency_id, one, actor=ACTOR)
        usual = self.demo("hospital-demo").config
        sender = Sender(replace(usual, agency_id=agency.agency_id, key=key, purpose="admission"))
        self.await_known(sender)
        return sender

    def enrol_hospital(self, *terms: admin.GrantTerms) -> Sender:
        """A new hospital."""
        hospital = Agency("test-hospital", "Bệnh viện", AgencyKind.HOSPITAL, "01001", None, active=True)
        return self.enrol(hospital, *terms)

    def await_known(self, sender: Sender) -> None:
        """Return once every worker takes the key of ``sender``."""
        with self.connection_to_each_worker() as connections:
            for connection in connections.values():
                until(
                    lambda c=connection: c.send(sender.sign(VERIFY, {}).wire()).status != 401,  # type: ignore[misc]
                    seconds=10,
                    what="the key is known",
                )

    # --- workers

    @property
    def workers(self) -> list[str]:
        """Names of the gateway's workers."""
        return [f"gateway-{number}" for number in range(self.stack.gateway_workers)]

    def metrics(self, process: str) -> str:
        """What a process exposes to Prometheus."""
        url = f"http://127.0.0.1:{self.stack.ports.metrics(process)}/metrics"
        with httpx.Client(trust_env=False, timeout=5) as http:
            return http.get(url).text

    def counter(self, process: str, series: str) -> float:
        """The value of one series; 0 while there is none."""
        for line in self.metrics(process).splitlines():
            if line.startswith(series + " "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def worker_of(self, connection: Connection) -> str:
        """Which worker holds the connection: the one that counts what is sent over it."""
        series = 'lienthong_refusals_total{reason="signature_missing"}'
        before = {name: self.counter(name, series) for name in self.workers}
        unsigned = Raw(self.stack.gateway_url.removeprefix("http://"), "POST", "/nowhere", ())
        assert connection.send(unsigned.wire()).reason == "signature_missing"
        (worker,) = [name for name in self.workers if self.counter(name, series) > before[name]]
        return worker

    @contextmanager
    def connection_to_each_worker(self) -> Iterator[dict[str, Connection]]:
        """An open connection to every worker, by the worker's name."""
        found: dict[str, Connection] = {}
        with ExitStack() as opened:
            for _ in range(_MOST_CONNECTIONS):
                connection = opened.enter_context(Connection(self.gateway))
                found.setdefault(self.worker_of(connection), connection)
                if len(found) == len(self.workers):
                    break
            assert len(found) == len(self.workers), "a worker took no connection"
            yield found

    # --- processes

    def process(self, name: str) -> State:
        """What the supervisor says about a process."""
        return next(state for state in Supervisor(self.stack).states() if state.name == name)

    # --- what was kept

    def entries(self, *request_ids: str) -> dict[str, dict[str, Any]]:
        """The audit entries by request id."""
        with self.registry() as connection, connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute("SELECT * FROM audit_entry WHERE request_id = ANY(%s)", (list(request_ids),))
            return {row["request_id"]: row for row in cursor.fetchall()}

    def entry(self, request_id: str) -> dict[str, Any]:
        """The one audit entry of a request."""
        found = self.entries(request_id)
        assert list(found) == [request_id], f"no audit entry of request {request_id!r}"
        return found[request_id]

    def logs(self) -> dict[Path, str]:
        """Every log of the stack."""
        return {path: path.read_text(errors="replace") for path in sorted(self.stack.logs.iterdir())}
