"""The gateway's whole request path in process: real checks, signatures and contract; no database, no service."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.accepting import Acceptance, Operation, Outcome
from gateway.app import Gateway, Parts
from gateway.budget import Budget
from gateway.checks import Guards
from gateway.commands import Commands
from gateway.faces.fhir.routes import FhirFace
from gateway.faces.sdmx.routes import SdmxFace
from gateway.helper import Helper
from gateway.operations import Operations
from gateway.pages import Document, Pages
from gateway.quota import QuotaLedger
from gateway.replays import RecentNonces
from gateway.replies import Replies
from gateway.routes import Question, Routes, prepare_routes
from gateway.settings import Settings
from lienthong.access.contract import Contract
from lienthong.access.published import published_contract
from lienthong.agencies import Agency, AgencyKind
from lienthong.agencies.registry import Grant, Key, Registry
from lienthong.audit.entry import AuditEntry, Pseudonyms
from lienthong.client import AgencyConfig
from lienthong.signing import Algorithm, AnswerSigner, PrivateKey
from lienthong.statistics.structures import catalogue
from tests.support.wire import Answer, Raw, Sender, believe
from vss.health_claims.v1 import health_claims_pb2 as hc
from vss.identity.v1 import identity_pb2
from vss.types.v1 import text_pb2

AUTHORITY = "gateway.test"
NAMES = Pseudonyms(b"k" * 32)
CHECK_RPC = "vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage"


class FakeAccepting:
    """Keeps operations in memory, by the rules of the real transaction."""

    def __init__(self, audit: "FakeAudit") -> None:
        self._audit = audit
        self.operations: list[Operation] = []
        self.failure: Exception | None = None
        # Raised once everything is written.
        self.late: Exception | None = None
        # Answers of ``accept`` that come before the rules have their say.
        self.first: list[Outcome] = []
        self.looked_up: list[tuple[str, str]] = []

    async def find(self, agency_id: str, idempotency_key: str) -> dict[str, Any] | None:
        """As ``Accepting.find``."""
        self.looked_up.append((agency_id, idempotency_key))
        for one in self.operations:
            if (one.agency_id, one.idempotency_key) == (agency_id, idempotency_key):
                return {
                    "operation_id": one.operation_id,
                    "staff": one.staff,
                    "rpc": one.rpc,
                    "request_digest": one.request_digest,
                    "idempotency_key": one.idempotency_key,
                    "state": 1,
                    "accepted_at": one.accepted_at,
                    "finished_at": None,
                }
        return None

    async def accept(self, acceptance: Acceptance, *, deadline: float) -> Outcome:
        """As ``Accepting.accept``."""
        if self.failure is not None:
            raise self.failure
        if self.first:
            return self.first.pop(0)
        new = acceptance.operation
        if any(
            (o.agency_id, o.idempotency_key) == (new.agency_id, new.idempotency_key) for o in self.operations
        ):
            return Outcome.NAMED
        if not await self._audit.record(acceptance.entry, deadline=deadline):
            return Outcome.REPLAYED
        self.operations.append(acceptance.operation)
        if self.late is not None:
            raise self.late
        return Outcome.ACCEPTED


class FakePersons:
    """The identity service's LookUpPersons: what was asked is kept, everybody has the same particulars."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failure: Exception | None = None

    async def look_up(
        self, requests: Sequence[bytes], *, request_id: str, traceparent: str, deadline: float
    ) -> list[bytes]:
        """As ``Persons.look_up``."""
        del request_id, traceparent, deadline
        if self.failure is not None:
            raise self.failure
        answers = []
        for request in requests:
            identifiers = identity_pb2.LookUpPersonsRequest.FromString(request).identifiers
            self.asked += identifiers
            persons = [text_pb2.Person(person_id=int(i) % 1000, full_name="Nhung") for i in identifiers]
            answers.append(identity_pb2.LookUpPersonsResponse(persons=persons).SerializeToString())
        return answers


class FakeAudit:
    """Keeps entries in memory, by the rules of the real log."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.failure: Exception | None = None
        self.spent: set[tuple[str | None, str]] = set()

    def record(self, entry: AuditEntry, *, deadline: float) -> Awaitable[bool]:
        """As ``AuditWriter.record``."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        if self.failure is not None:
            future.set_exception(self.failure)
        elif deadline <= loop.time():
            future.set_exception(TimeoutError())
        else:
            future.set_result(self._keep(entry))
        return future

    def _keep(self, entry: AuditEntry) -> bool:
        if entry.nonce is not None:
            if (entry.key_id, entry.nonce) in self.spent:
                return False
            self.spent.add((entry.key_id, entry.nonce))
        self.entries.append(entry)
        return True


class FakeRecentChecks:
    """What the log would say of each agency and person; who asked is kept."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], int] = {}
        self.asked: list[tuple[str, int]] = []

    async def last(self, agency_id: str, person_id: int, *, deadline: float) -> int:
        """As ``RecentChecks.last``."""
        del deadline
        self.asked.append((agency_id, person_id))
        return self.known.get((agency_id, person_id), 0)


class FakePulled:
    """The table of what was pulled, by the rule of the statement that charges it."""

    def __init__(self) -> None:
        self.charged: dict[tuple[int, str], int] = {}
        self.row: tuple[int] | None = None
        self.failure: Exception | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["FakePulled"]:
        """As a pool's."""
        if self.failure is not None:
            raise self.failure
        yield self

    async def execute(self, _statement: str, given: Mapping[str, Any]) -> "FakePulled":
        """The one statement."""
        key = (given["grant"], given["day"])
        total = self.charged.get(key, 0) + given["some"]
        self.row = (total,) if total <= given["budget"] else None
        if self.row is not None:
            self.charged[key] = total
        return self

    async def fetchone(self) -> tuple[int] | None:
        """What came back."""
        return self.row


def check_answer(question: Question) -> hc.CheckCoverageResponse:
    """A valid card, for whoever asks."""
    card = hc.Card(card_code="DN4010100000017", subject_code="DN", benefit_digit=4)
    return hc.CheckCoverageResponse(result_code="000", covered=True, card=card, person_id=1)


@dataclass
class House:
    """A gateway with one hospital and one employer; tests change what they need before they ask."""

    settings: Settings
    key: PrivateKey = field(default_factory=lambda: PrivateKey.generate(Algorithm.ED25519))
    agency_key: PrivateKey = field(default_factory=lambda: PrivateKey.generate(Algorithm.ED25519))
    audit: FakeAudit = field(default_factory=FakeAudit)
    accepting: FakeAccepting = field(init=False)
    persons: FakePersons = field(default_factory=FakePersons)
    recent_checks: FakeRecentChecks = field(default_factory=FakeRecentChecks)
    pulled: FakePulled = field(default_factory=FakePulled)
    helper: Helper = field(init=False)
    resolved: list[str] = field(default_factory=list)
    nonces: RecentNonces = field(default_factory=RecentNonces)
    quota: QuotaLedger = field(default_factory=lambda: QuotaLedger("test"))
    answers: dict[str, Callable[[Question], Any]] = field(default_factory=dict)
    # Answers that take their time.
    slow: dict[str, Callable[[Question], Awaitable[Any]]] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    person: Callable[[Question], Any] = lambda _: 1
    ready: dict[str, bool] = field(default_factory=lambda: {"database": True})
    registry: Registry = field(init=False)
    registry_failure: Exception | None = None
    events: list[Mapping[str, Any]] | None = None
    # Before each part of a body arrives.
    pause: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.answers[CHECK_RPC] = check_answer
        self.accepting = FakeAccepting(self.audit)
        self.helper = Helper(pseudonym_key=self.settings.pseudonym_key, max_depth=self.settings.max_depth)
        public = self.agency_key.public
        agencies = {
            "hospital": Agency("hospital", "H", AgencyKind.HOSPITAL, "01001", None, active=True),
            "employer": Agency("employer", "E", AgencyKind.EMPLOYER, None, "0100000001DNA03", active=True),
            "bank": Agency("bank", "B", AgencyKind.BANK, None, None, active=True),
            "inspector": Agency(
                "inspector", "I", AgencyKind.INSPECTOR, None, None, active=True, province_code="01"
            ),
            "nowhere": Agency("nowhere", "N", AgencyKind.INSPECTOR, None, None, active=True),
            "citizens": Agency("citizens", "C", AgencyKind.CITIZEN_APP, None, None, active=True),
        }
        keys = {public.key_id: Key(public.key_id, "hospital", public, None, live=True)}
        self.registry = Registry(1, agencies, keys, {})
        self.grant("coverage:check", "admission", "emergency")

    def grant(self, scope: str, *purposes: str, agency: str = "hospital", **changed: Any) -> None:
        """Let an agency use a scope."""
        seen = frozenset({"result", "identity", "coverage", "employment", "financial", "audit"})
        grants = dict(self.registry.grants)
        made = Grant(
            len(grants) + 1,
            agency,
            scope,
            frozenset(purposes),
            seen,
            datetime(2020, 1, 1, tzinfo=UTC),
            None,
            None,
        )
        grants[agency, scope] = replace(made, **changed)
        self.registry = replace(self.registry, grants=grants)

    def key_of(self, **changed: Any) -> None:
        """Change the one registered key, or whose it is."""
        keys = {key_id: replace(key, **changed) for key_id, key in self.registry.keys.items()}
        self.registry = replace(self.registry, keys=keys)

    @property
    def desk(self) -> Sender:
        """The agency's side."""
        return Sender(
            AgencyConfig(
                agency_id="hospital",
                gateway=f"http://{AUTHORITY}",
                key=self.agency_key,
                gateway_keys={self.key.key_id: self.key.public},
                purpose="admission",
                staff="desk-1",
            )
        )

    def _registry(self) -> Registry:
        if self.registry_failure is not None:
            raise self.registry_failure
        return self.registry

    def gateway(self) -> Gateway:
        """As ``gateway.__main__`` wires it."""
        contract = published_contract()
        sdmx = SdmxFace(contract, catalogue(), server_url=f"http://{AUTHORITY}")
        replies = Replies(AnswerSigner(self.key, time.time), NAMES)
        return Gateway(
            Parts(
                settings=self.settings,
                routes=self._routes(contract, sdmx),
                guards=Guards(
                    registry=self._registry,
                    nonces=self.nonces,
                    quota=self.quota,
                    citizen_name=replies.citizen_name,
                ),
                replies=replies,
                audit=self.audit,  # type: ignore[arg-type]  # the part of it that the gateway uses
                pages=Pages(
                    replies,
                    {"/page": Document("text/plain", b"page")},
                    ready=lambda: self.ready,
                    shelf=sdmx.structures(),
                ),
                resolve_person=self._resolve,
                recent_checks=self.recent_checks,  # type: ignore[arg-type]
                commands=self._commands(replies),
                helper=self.helper,
                budget=Budget(self.pulled),  # type: ignore[arg-type]
            )
        )

    def _routes(self, contract: Contract, sdmx: SdmxFace) -> Routes:
        fhir = FhirFace(
            contract, systems=self.settings.fhir_systems, secret=b"k" * 32, server_url=f"http://{AUTHORITY}"
        )
        upstream = {c.rpc: self._upstream(c.rpc) for c in contract.capabilities}
        return prepare_routes(contract, upstream, Operations.encoders(), [*fhir.faces(), *sdmx.faces()])

    def _upstream(self, rpc: str) -> Callable[[Question], Awaitable[Any]]:
        async def answer(question: Question) -> Any:
            self.questions.append(question)
            if rpc in self.slow:
                return await self.slow[rpc](question)
            return self.answers[rpc](question)

        return answer

    async def _resolve(self, question: Question) -> Any:
        self.resolved.append(question.request)
        return self.person(question)

    def _commands(self, replies: Replies) -> Commands:
        return Commands(
            accepting=self.accepting,  # type: ignore[arg-type]  # the part of it that is used
            persons=self.persons,  # type: ignore[arg-type]
            resolve_person=self._resolve,
            helper=self.helper,
            replies=replies,
        )

    async def send(self, raw: Raw, *, gateway: Gateway | None = None) -> Answer:
        """The answer; its signature is checked."""
        path, _, query = raw.target.partition("?")
        scope = {
            "type": "http",
            "method": raw.method,
            "path": path,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in raw.headers],
        }
        incoming = iter(self.events or [{"type": "http.request", "body": raw.body, "more_body": False}])
        sent: list[Mapping[str, Any]] = []

        async def receive() -> Mapping[str, Any]:
            await asyncio.sleep(0)
            self.pause()
            event = next(incoming, None)
            return event if event is not None else await asyncio.Future()

        async def send(event: Mapping[str, Any]) -> None:
            sent.append(event)

        await (gateway or self.gateway())(scope, receive, send)
        answer = Answer(sent[0]["status"], list(sent[0]["headers"]), sent[1]["body"])
        if not path.startswith("/page"):
            believe({self.key.key_id: self.key.public}, raw, answer)
        return answer

    @property
    def entry(self) -> AuditEntry:
        """The latest entry of the log."""
        return self.audit.entries[-1]


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A gateway that answers."""
    file = tmp_path / "file"
    file.write_text((b"k" * 32).hex())
    paths = dict.fromkeys(("tls_ca", "tls_cert", "tls_key", "signing_key", "pseudonym_key"), file)
    targets = dict.fromkeys(
        ("targets_identity", "targets_contributions", "targets_health_claims"), "127.0.0.1:1"
    )
    settings = Settings(
        # The longest that may be set: here no answer depends on how busy the machine is.
        budget=60,
        large_budget=120,
        listen="127.0.0.1:1",
        metrics_listen="127.0.0.1:2",
        authority=AUTHORITY,
        scheme="http",
        database_url="x",
        **paths,  # type: ignore[arg-type]
        **targets,  # type: ignore[arg-type]
    )
    return House(settings)


@pytest.fixture
async def house_with_helper(house: House) -> AsyncIterator[House]:
    """The same once its helper has answered: on a busy machine that takes longer than a budget; gone after the test."""
    await house.helper.start()
    await house.helper.write(CHECK_RPC, b"", frozenset(), deadline=math.inf)
    yield house
    await house.helper.stop()


@pytest.fixture
async def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock on from which the gateway reads its deadlines."""
    loop, passed = asyncio.get_running_loop(), [0.0]
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + sum(passed))
    return passed.append
