"""The request path as a whole: nothing leaves unsigned or unrecorded."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from gateway.problems import Problem
from lienthong.rpc import errors
from lienthong.rpc.coalesce import Overloaded, TooLate
from lienthong.rpc.errors import FieldViolation
from tests.support.wire import CHECK, MONTHS, NHUNG
from tests.unit.gateway.conftest import NAMES, House
from vss.contributions.v1 import contributions_pb2

SERVICE = "vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage"
LIST = "vss.contributions.v1.ContributionsQueryService/ListContributionMonths"


def fails(error: Exception) -> Any:
    def answer(_: object) -> None:
        raise error

    return answer


async def test_an_answer_leaves_with_its_entry(house: House) -> None:
    raw = house.desk.sign(CHECK, NHUNG, legal_basis="Luat 25")
    answer = await house.send(raw)
    assert (answer.status, answer.document["resultCode"]) == (200, "000")
    entry = house.entry
    assert raw.signed is not None
    assert (entry.outcome, entry.status, entry.agency_id, entry.rpc) == ("ok", 200, "hospital", SERVICE)
    assert (entry.staff, entry.purpose, entry.legal_basis) == ("desk-1", "admission", "Luat 25")
    assert entry.key_id == house.agency_key.key_id
    assert entry.nonce == raw.signed.nonce
    assert entry.request_id == answer.request_id
    assert entry.subjects_asked == [NAMES.of(NHUNG["identifier"])]
    assert entry.subjects_answered == [1]
    assert entry.request_digest == base64.b64encode(hashlib.sha256(raw.body).digest()).decode()
    assert entry.answer_digest == base64.b64encode(hashlib.sha256(answer.body).digest()).decode()
    assert entry.answer_signature in answer.header("signature")
    assert entry.request_signature is not None
    assert entry.request_signature in dict(raw.headers)["signature"]
    assert NHUNG["identifier"] not in repr(entry)
    assert NHUNG["fullName"] not in repr(entry)


async def test_the_entry_holds_what_proves_the_request_to_anybody(house: House) -> None:
    """The signature in the log holds over the text in the log, under the registered key."""
    await house.send(house.desk.sign(CHECK, NHUNG))
    entry = house.entry
    assert entry.request_base is not None
    assert entry.request_signature is not None
    house.agency_key.public.verify(base64.b64decode(entry.request_signature), entry.request_base.encode())


async def test_the_facility_that_asks_is_bound_by_the_gateway(house: House) -> None:
    await house.send(house.desk.sign(CHECK, NHUNG))
    assert house.questions[0].request.facility_code == "01001"


async def test_employer_and_person_are_bound_by_the_gateway(house: House) -> None:
    house.key_of(agency_id="employer")
    house.grant("contributions:read", "employment", agency="employer")
    house.person = lambda _: 77
    house.answers[LIST] = lambda _: contributions_pb2.ListContributionMonthsResponse(person_id=77)
    raw = house.desk.sign(MONTHS, {"identifier": NHUNG["identifier"]}, purpose="employment")
    assert (await house.send(raw)).status == 200
    asked = house.questions[0].request
    assert (asked.employer_code, asked.person_id) == ("0100000001DNA03", 77)
    assert house.entry.subjects_answered == [77]


LEDGER = "/v1/contributions:ledger"
_LEDGER_RPC = "vss.contributions.v1.ContributionsQueryService/GetLedger"


def answers_months(house: House) -> None:
    """Months and ledgers are answered about person 1."""
    house.answers[LIST] = lambda _: contributions_pb2.ListContributionMonthsResponse(person_id=1)
    house.answers[_LEDGER_RPC] = lambda _: contributions_pb2.GetLedgerResponse(person_id=1)


@pytest.mark.parametrize("path", [MONTHS, LEDGER])
@pytest.mark.parametrize(
    ("agency", "purpose", "staff", "bound"),
    [
        ("inspector", "inspection", "thanh-tra-7", ("", "01")),
        ("employer", "employment", "hr-1", ("0100000001DNA03", "")),
        ("employer", "inspection", "hr-1", ("0100000001DNA03", "")),
        ("citizens", "own_data", NHUNG["identifier"], ("", "")),
    ],
)
async def test_months_are_bound_to_who_asks_for_them(
    house: House, path: str, agency: str, purpose: str, staff: str, bound: tuple[str, str]
) -> None:
    house.key_of(agency_id=agency)
    house.grant("contributions:read", purpose, agency=agency)
    answers_months(house)
    raw = house.desk.sign(path, {"identifier": NHUNG["identifier"]}, purpose=purpose, staff=staff)
    assert (await house.send(raw)).status == 200
    asked = house.questions[0].request
    assert (asked.employer_code, asked.province_of_asker) == bound
    assert asked.person_id == 1


@pytest.mark.parametrize("path", [MONTHS, LEDGER])
async def test_an_inspector_does_not_choose_his_province(house: House, path: str) -> None:
    house.key_of(agency_id="inspector")
    house.grant("contributions:read", "inspection", agency="inspector")
    answers_months(house)
    body = {"identifier": NHUNG["identifier"], "provinceOfAsker": "79"}
    answer = await house.send(house.desk.sign(path, body, purpose="inspection"))
    assert (answer.status, answer.fields) == (422, ["provinceOfAsker"])
    assert house.questions == []


async def test_a_grant_decides_which_fields_leave(house: House) -> None:
    house.grant("coverage:check", "admission", data_classes=frozenset({"result"}))
    answer = await house.send(house.desk.sign(CHECK, NHUNG))
    assert answer.document["resultCode"] == "000"
    assert "card" not in answer.document
    assert "personId" not in answer.document


async def test_a_failure_of_ours_tells_nothing_of_itself(house: House) -> None:
    house.answers[SERVICE] = fails(RuntimeError("Trần Thị Hồng Nhung at 10.0.0.1"))
    answer = await house.send(house.desk.sign(CHECK, NHUNG))
    assert (answer.status, answer.reason) == (500, "internal")
    assert "10.0.0.1" not in answer.body.decode()
    assert house.entry.detail == "RuntimeError"
    assert house.entry.nonce is not None


FAILURES = [
    (errors.Unavailable("DEADLINE_EXCEEDED", "slow"), 503, "unavailable"),
    (errors.NotFound("NOT_FOUND", "nobody"), 404, "not_found"),
    (errors.PermissionDenied("ROW_DENIED", "not yours"), 403, "row_denied"),
    (errors.PermissionDenied("CALLER_NOT_LISTED", "who?"), 500, "internal"),
    (errors.InvalidArgument(FieldViolation("full_name", "wrong")), 422, "invalid_argument"),
    (errors.Refusal("UNAUTHENTICATED", "who?", code=16), 500, "internal"),
    (Overloaded(), 503, "unavailable"),
    (TooLate(), 503, "unavailable"),
    (TimeoutError(), 503, "unavailable"),
    (psycopg.OperationalError("host=10.0.0.1"), 503, "unavailable"),
    (UnicodeEncodeError("utf-8", "Nhung", 0, 1, "x"), 500, "internal"),
]


@pytest.mark.parametrize(("error", "status", "reason"), FAILURES, ids=lambda value: repr(value)[:40])
async def test_every_failure_has_its_answer_and_its_entry(
    house: House, error: Exception, status: int, reason: str
) -> None:
    house.answers[SERVICE] = fails(error)
    answer = await house.send(house.desk.sign(CHECK, NHUNG))
    assert (answer.status, answer.reason) == (status, reason)
    assert (house.entry.status, house.entry.outcome, house.entry.subjects_answered) == (status, reason, [])
    assert bool(answer.header("retry-after")) == (status == 503)
    assert answer.fields == (["fullName"] if status == 422 else [])


@pytest.mark.parametrize(
    "failure", [psycopg.OperationalError(), TimeoutError(), Overloaded(), TooLate(), RuntimeError()]
)
async def test_no_answer_leaves_without_its_entry(house: House, failure: Exception) -> None:
    house.audit.failure = failure
    answer = await house.send(house.desk.sign(CHECK, NHUNG))
    assert (answer.status, answer.reason) == (503, "unavailable")
    assert answer.header("retry-after") == "1"
    assert "resultCode" not in answer.document


async def test_no_refusal_leaves_without_its_entry(house: House) -> None:
    house.audit.failure = psycopg.OperationalError()
    answer = await house.send(house.desk.sign(CHECK, NHUNG, purpose=None))
    assert (answer.status, answer.reason) == (503, "unavailable")


async def test_a_nonce_that_another_worker_has_spent_is_refused_by_the_log(house: House) -> None:
    raw = house.desk.sign(CHECK, NHUNG)
    assert raw.signed is not None
    house.audit.spent.add((house.agency_key.key_id, raw.signed.nonce))
    answer = await house.send(raw)
    assert (answer.status, answer.reason) == (401, "replayed")
    assert (house.entry.outcome, house.entry.nonce, house.entry.subjects_answered) == ("replayed", None, [])


async def test_a_flood_of_replays_never_reaches_the_service(house: House) -> None:
    raw, gateway = house.desk.sign(CHECK, NHUNG), house.gateway()
    answers = [await house.send(raw, gateway=gateway) for _ in range(5)]
    assert [a.reason for a in answers] == ["ok"] + ["replayed"] * 4
    assert len(house.questions) == 1
    assert len(house.audit.entries) == 5


async def test_a_registry_that_is_not_current_refuses_everything(house: House) -> None:
    house.registry_failure = Problem("unavailable", "stale")
    answer = await house.send(house.desk.sign(CHECK, NHUNG))  # and is bound to the request: see House.send
    assert (answer.status, answer.reason) == (503, "unavailable")
    assert house.entry.nonce is None
    assert house.questions == []


async def test_above_the_bound_on_requests_under_way_the_next_is_turned_away(house: House) -> None:
    house.settings = house.settings.model_copy(update={"max_under_way": 2})
    gateway, hold = house.gateway(), asyncio.Event()
    real = house.audit.record

    def slow(entry: Any, *, deadline: float) -> Any:
        async def wait() -> bool:
            await hold.wait()
            return await real(entry, deadline=deadline)

        return wait()

    house.audit.record = slow  # type: ignore[method-assign]
    waiting = [
        asyncio.create_task(house.send(house.desk.sign(CHECK, NHUNG), gateway=gateway)) for _ in range(2)
    ]
    while len(house.questions) < 2:  # noqa: ASYNC110  both are in the log by then  # noqa: ASYNC110 -- a turn of the loop is what is waited for
        await asyncio.sleep(0)
    third = await house.send(
        house.desk.sign(CHECK, NHUNG).but(signature=None, signature_input=None), gateway=gateway
    )
    assert (third.status, third.reason) == (503, "unavailable")
    hold.set()
    assert [a.status for a in await asyncio.gather(*waiting)] == [200, 200]
    assert (await house.send(house.desk.sign(CHECK, NHUNG), gateway=gateway)).status == 200


async def test_a_body_that_breaks_off_is_malformed_and_recorded(house: House) -> None:
    house.events = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    raw = house.desk.sign(CHECK, NHUNG).but(signature=None, signature_input=None, content_digest=None)
    answer = await house.send(raw)
    assert (answer.status, answer.reason, house.entry.outcome) == (400, "malformed", "malformed")


async def test_our_budget_begins_when_the_request_is_complete(
    house: House, pass_time: Callable[[float], None]
) -> None:
    """A slow sender takes his own time, not ours."""
    raw = house.desk.sign(CHECK, NHUNG)
    house.events = [
        {"type": "http.request", "body": raw.body[:9], "more_body": True},
        {"type": "http.request", "body": raw.body[9:], "more_body": False},
    ]
    house.pause = lambda: pass_time(2 * house.settings.budget)
    assert (await house.send(raw)).status == 200


async def test_a_nonce_lies_on_the_day_that_its_request_states(house: House) -> None:
    raw = house.desk.sign(CHECK, NHUNG)
    assert raw.signed is not None
    await house.send(raw)
    created = int(dict(raw.headers)["signature-input"].partition("created=")[2].partition(";")[0])
    assert house.entry.day == datetime.fromtimestamp(created, UTC).date().isoformat()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/page"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_public_page_is_nobodys_business(house: House, path: str, method: str) -> None:
    raw = house.desk.sign(path, b"", method=method).but(signature=None, signature_input=None)
    answer = await house.send(raw)
    assert answer.status == 200
    assert answer.header("signature")
    assert answer.header("cache-control") == "no-cache"
    assert house.audit.entries == []


async def test_a_gateway_without_its_database_lives_but_is_not_ready(house: House) -> None:
    house.ready["database"] = False
    unsigned = house.desk.sign("/readyz", b"", method="GET").but(signature=None, signature_input=None)
    answer = await house.send(unsigned)
    assert (answer.status, answer.header("retry-after")) == (503, "1")
    assert answer.document == {"ready": False, "parts": {"database": False}}


async def test_a_page_is_not_posted_to(house: House) -> None:
    assert (await house.send(house.desk.sign("/page", NHUNG))).status == 404
