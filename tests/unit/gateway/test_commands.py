"""Commands at the gateway: accepted once, named by the agency, complete before they travel."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.accepting import Outcome, command_of, uuid7
from lienthong.rpc import errors
from lienthong.rpc.coalesce import TooLate
from tests.unit.gateway.conftest import NAMES, House
from vss.contributions.v1 import commands_pb2

DECLARE, PAY, URGE, REPORT, LIST_DEBTORS = (
    "/v1/declarations",
    "/v1/payments:record",
    "/v1/debts:urge",
    "/v1/reports",
    "/v1/debtors:list",
)
RPC = "vss.contributions.v1.ContributionsCommandService/SubmitDeclaration"
LINE = {
    "kind": "LINE_KIND_INCREASE",
    "identifier": "001190000017",
    "fullName": "Trần Thị Hồng Nhung",
    "fromMonth": "2026-11",
    "baseVnd": "8500000",
}
DECLARATION = {"lines": [LINE, LINE | {"identifier": "001085000025"}]}
ABOUT = {
    "identifier": "001190000017",
    "employerCode": "0100000001DNA03",
    "kind": "IRREGULARITY_KIND_NOT_PAID",
    "fromMonth": "2026-08",
    "toMonth": "2026-09",
}


def as_(house: House, agency: str, scope: str, purpose: str) -> dict[str, str]:
    """The house's one key belongs to this agency, which may do this; the headers of a request of it."""
    house.key_of(agency_id=agency)
    house.grant(scope, purpose, agency=agency)
    return {"purpose": purpose, "idempotency_key": "k-1"}


@pytest.fixture
def employer(house: House) -> Mapping[str, str]:
    return as_(house, "employer", "declarations:submit", "employment")


async def test_a_command_is_accepted_with_its_name_and_its_entry(
    house: House, employer: Mapping[str, str]
) -> None:
    answer = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    (operation,) = house.accepting.operations
    assert answer.status == 202
    assert answer.header("location") == f"/v1/operations/{operation.operation_id}"
    assert answer.document["operation"] == {
        "operationId": str(operation.operation_id),
        "method": RPC,
        "state": "OPERATION_STATE_PENDING",
        "acceptedAt": answer.document["operation"]["acceptedAt"],
        "finishedAt": "",
        "idempotencyKey": "k-1",
    }
    entry = house.entry
    assert (entry.status, entry.outcome, entry.detail) == (202, "ok", f"operation {operation.operation_id}")
    assert entry.subjects_asked == [NAMES.of("001190000017"), NAMES.of("001085000025")]
    assert (operation.agency_id, operation.staff, operation.purpose) == ("employer", "desk-1", "employment")
    assert len(house.audit.entries) == 1


async def test_a_command_travels_with_its_employer_and_its_persons(
    house: House, employer: Mapping[str, str]
) -> None:
    await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    (operation,) = house.accepting.operations
    request = commands_pb2.SubmitDeclarationRequest.FromString(operation.request)
    assert request.employer_code == "0100000001DNA03"
    assert [line.person.person_id for line in request.lines] == [17, 25]
    assert request.lines[0].base_vnd == 8_500_000
    assert house.persons.asked == ["001190000017", "001085000025"]
    assert operation.ordering_key.endswith("ContributionsCommandService/0100000001DNA03")
    command = command_of(operation, 7)
    assert (command.ordering_key, command.sequence, command.method) == ("0100000001DNA03", 7, RPC)
    assert (command.reply_to, command.caller.agency_id) == ("gateway.results", "employer")
    assert len(command.evidence) == 32
    assert not command.HasField("deadline")


async def test_the_same_key_and_the_same_body_are_the_same_operation(
    house: House, employer: Mapping[str, str]
) -> None:
    first = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    again = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    assert (again.status, again.header("location")) == (202, first.header("location"))
    assert len(house.accepting.operations) == 1
    # Each with an entry of its own, which names the operation.
    assert [e.detail for e in house.audit.entries] == [house.entry.detail] * 2
    # The first was taken for new; its name was looked for when it turned out to be known.
    assert len(house.accepting.looked_up) == 1


@pytest.mark.parametrize("failure", [errors.Unavailable("DOWN", "identity"), ValueError("short")])
async def test_a_command_that_was_accepted_is_known_again_when_its_persons_cannot_be_had(
    house: House, employer: Mapping[str, str], failure: Exception
) -> None:
    first = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    house.persons.failure = failure
    again = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    assert (again.status, again.header("location")) == (202, first.header("location"))
    new = await house.send(house.desk.sign(DECLARE, DECLARATION, **{**employer, "idempotency_key": "k-2"}))
    assert new.status >= 500


async def test_a_large_command_is_looked_for_before_it_is_read(
    house_with_helper: House, employer: Mapping[str, str]
) -> None:
    house, many = house_with_helper, {"lines": [LINE] * 600}
    first = await house.send(house.desk.sign(DECLARE, many, **employer))
    asked = len(house.persons.asked)
    again = await house.send(house.desk.sign(DECLARE, many, **employer))
    assert (again.status, again.header("location")) == (202, first.header("location"))
    assert (len(house.persons.asked), len(house.accepting.operations)) == (asked, 1)


async def test_the_same_key_and_another_body_is_a_conflict(house: House, employer: Mapping[str, str]) -> None:
    await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    other = {"lines": [LINE]}
    answer = await house.send(house.desk.sign(DECLARE, other, **employer))
    assert (answer.status, answer.reason) == (409, "idempotency_conflict")
    assert len(house.accepting.operations) == 1
    assert house.entry.outcome == "idempotency_conflict"


async def test_the_same_key_and_body_for_another_capability_is_a_conflict(house: House) -> None:
    headers = as_(house, "inspector", "debts:urge", "collection")
    body = {"employerCode": "X", "documentNumber": "1", "issuedOn": "2026-11-20"}
    await house.send(house.desk.sign(URGE, body, **headers))
    (operation,) = house.accepting.operations
    house.accepting.operations = [replace(operation, rpc=RPC)]
    assert (await house.send(house.desk.sign(URGE, body, **headers))).status == 409


async def test_another_agencys_key_names_nothing_here(house: House, employer: Mapping[str, str]) -> None:
    first = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    house.accepting.operations = [replace(o, agency_id="other") for o in house.accepting.operations]
    second = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    assert second.status == 202
    assert second.header("location") != first.header("location")
    assert len(house.accepting.operations) == 2


@pytest.mark.parametrize("key", [None, "k" * 65, "k" * 10_000])
async def test_a_command_without_a_proper_name_is_refused_naming_the_header(
    house: House, employer: Mapping[str, str], key: str | None
) -> None:
    answer = await house.send(house.desk.sign(DECLARE, DECLARATION, **{**employer, "idempotency_key": key}))
    assert (answer.status, answer.fields) == (422, ["header Idempotency-Key"])
    assert house.accepting.operations == []


@pytest.mark.parametrize(("key", "status"), [("ü", 400), ("other", 401), ("", 401), (None, 401)])
async def test_another_name_than_the_signed_one_is_refused(
    house: House, employer: Mapping[str, str], key: str | None, status: int
) -> None:
    raw = house.desk.sign(DECLARE, DECLARATION, **employer).but(idempotency_key=key)
    assert (await house.send(raw)).status == status
    assert house.accepting.operations == []


async def test_a_name_that_the_signature_does_not_cover_is_no_name(
    house: House, employer: Mapping[str, str]
) -> None:
    raw = house.desk.sign(DECLARE, DECLARATION, purpose="employment").also(("idempotency-key", "k-1"))
    answer = await house.send(raw)
    assert (answer.status, answer.reason) == (401, "signature_invalid")
    assert house.accepting.operations == []


async def test_two_names_are_malformed(house: House, employer: Mapping[str, str]) -> None:
    raw = house.desk.sign(DECLARE, DECLARATION, **employer).also(("idempotency-key", "k-2"))
    assert (await house.send(raw)).status == 400
    assert house.accepting.operations == []


async def test_a_replayed_command_is_refused_and_makes_no_operation(
    house: House, employer: Mapping[str, str]
) -> None:
    house.accepting.first = [Outcome.REPLAYED]
    answer = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    assert (answer.status, answer.reason) == (401, "replayed")
    assert house.accepting.operations == []
    # The nonce was spent by another entry.
    assert (house.entry.outcome, house.entry.nonce) == ("replayed", None)


async def test_a_name_that_was_given_meanwhile_is_looked_up_again(
    house: House, employer: Mapping[str, str]
) -> None:
    house.accepting.first = [Outcome.NAMED]
    assert (await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))).status == 202
    assert len(house.accepting.operations) == 1
    assert house.persons.asked == ["001190000017", "001085000025"]


@pytest.mark.parametrize("failure", [psycopg.OperationalError(), TimeoutError()])
async def test_a_command_that_cannot_be_written_is_not_accepted(
    house: House, employer: Mapping[str, str], failure: Exception
) -> None:
    house.accepting.failure = failure
    answer = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    assert (answer.status, answer.header("location"), answer.header("retry-after")) == (503, "", "1")
    assert house.entry.outcome == "unavailable"


async def test_a_command_whose_commit_was_not_heard_of_is_unavailable_and_not_a_replay(
    house: House, employer: Mapping[str, str]
) -> None:
    house.accepting.late = TooLate()
    answer = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    assert (answer.status, answer.reason) == (503, "unavailable")
    house.accepting.late = None
    again = await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))
    assert again.header("location") == f"/v1/operations/{house.accepting.operations[0].operation_id}"
    assert [e.status for e in house.audit.entries] == [202, 503, 202]


async def test_a_command_about_persons_waits_for_the_identity_service(
    house: House, employer: Mapping[str, str]
) -> None:
    house.persons.failure = errors.Unavailable("UNAVAILABLE", "down")
    assert (await house.send(house.desk.sign(DECLARE, DECLARATION, **employer))).status == 503
    assert house.accepting.operations == []


async def test_a_wrong_line_is_named_and_nothing_is_accepted(
    house: House, employer: Mapping[str, str]
) -> None:
    body = {"lines": [LINE, LINE | {"baseVnd": "-1"}]}
    answer = await house.send(house.desk.sign(DECLARE, body, **employer))
    assert (answer.status, answer.fields) == (422, ["lines[1].baseVnd"])
    assert house.accepting.operations == []


async def test_a_bank_is_the_one_that_its_payments_name(house: House) -> None:
    headers = as_(house, "bank", "payments:record", "collection")
    payment = {"employerCode": "X", "valueDate": "2026-11-20", "amountVnd": "1", "reference": "A"}
    assert (await house.send(house.desk.sign(PAY, {"payments": [payment]}, **headers))).status == 202
    (operation,) = house.accepting.operations
    assert commands_pb2.RecordPaymentsRequest.FromString(operation.request).bank_id == "bank"
    assert operation.ordering_value == "bank"


async def test_an_inspector_acts_in_his_province(house: House) -> None:
    headers = as_(house, "inspector", "debts:urge", "inspection")
    body = {"employerCode": "X", "documentNumber": "1", "issuedOn": "2026-11-20"}
    assert (await house.send(house.desk.sign(URGE, body, **headers))).status == 202
    (operation,) = house.accepting.operations
    assert commands_pb2.UrgePaymentRequest.FromString(operation.request).province_of_asker == "01"


@pytest.mark.parametrize("agency", ["nowhere", "bank", "hospital"])
async def test_who_has_no_province_sees_and_changes_none(house: House, agency: str) -> None:
    headers = as_(house, agency, "debts:read", "collection")
    answer = await house.send(house.desk.sign(LIST_DEBTORS, {}, purpose=headers["purpose"]))
    assert (answer.status, answer.reason) == (403, "row_denied")
    assert house.questions == []


# --- citizens


def citizens(house: House, scope: str = "reports:submit") -> dict[str, str]:
    people = {"001190000017": 1, "0100000017": 1, "001085000025": 2}
    house.person = lambda question: people.get(question.request, 0)
    return as_(house, "citizens", scope, "own_data") | {"staff": "001190000017"}


async def test_a_citizen_reports_for_herself_and_the_log_knows_her_by_pseudonym(house: House) -> None:
    answer = await house.send(house.desk.sign(REPORT, ABOUT, **citizens(house)))
    assert answer.status == 202
    (operation,) = house.accepting.operations
    assert commands_pb2.ReportIrregularityRequest.FromString(operation.request).person_id == 1
    name = f"citizen:{NAMES.of('001190000017')}"
    assert (operation.staff, house.entry.staff) == (name, name)


@pytest.mark.parametrize("identifier", ["001085000025", "001000000000", "nobody"])
async def test_a_citizen_who_asks_about_another_is_denied(house: House, identifier: str) -> None:
    answer = await house.send(house.desk.sign(REPORT, ABOUT | {"identifier": identifier}, **citizens(house)))
    assert (answer.status, answer.reason) == (403, "row_denied")
    assert house.accepting.operations == []


async def test_a_citizen_may_be_named_by_either_of_her_identifiers(house: House) -> None:
    headers = citizens(house)
    about = ABOUT | {"identifier": "0100000017"}
    assert (await house.send(house.desk.sign(REPORT, about, **headers))).status == 202


async def test_a_citizen_whom_nobody_knows_is_denied(house: House) -> None:
    headers = citizens(house) | {"staff": "001000000009"}
    answer = await house.send(house.desk.sign(REPORT, ABOUT | {"identifier": "001000000009"}, **headers))
    assert answer.reason == "row_denied"


@pytest.mark.parametrize("agency", ["hospital", "employer", "inspector", "bank"])
async def test_only_the_citizens_portal_asks_for_a_citizens_own_data(house: House, agency: str) -> None:
    headers = as_(house, agency, "reports:submit", "own_data")
    raw = house.desk.sign(REPORT, ABOUT, **headers, staff="001190000017")
    assert (await house.send(raw)).reason == "row_denied"
    assert house.resolved == []


async def test_a_citizen_is_not_told_of_anothers_operation_by_its_name(house: House) -> None:
    headers = citizens(house)
    await house.send(house.desk.sign(REPORT, ABOUT, **headers))
    house.accepting.operations = [replace(o, staff="citizen:other") for o in house.accepting.operations]
    assert (await house.send(house.desk.sign(REPORT, ABOUT, **headers))).status == 409


# --- large bodies


def lines(number: int) -> bytes:
    every = [LINE | {"identifier": f"{n:012d}"} for n in range(number)]
    return json.dumps({"lines": every}, ensure_ascii=False).encode()


async def test_a_large_command_is_read_in_the_helper_as_a_small_one_is_here(
    house_with_helper: House, employer: Mapping[str, str]
) -> None:
    house, body = house_with_helper, lines(9_000)
    assert len(body) > house.settings.max_body
    answer = await house.send(house.desk.sign(DECLARE, body, **employer).also(length(body)))
    assert answer.status == 202
    (operation,) = house.accepting.operations
    request = commands_pb2.SubmitDeclarationRequest.FromString(operation.request)
    assert len(request.lines) == 9_000
    assert (request.employer_code, request.lines[42].person.person_id) == ("0100000001DNA03", 42)
    assert house.entry.subjects_asked[42] == NAMES.of(f"{42:012d}")
    assert operation.ordering_value == "0100000001DNA03"


CHUNKED = ("transfer-encoding", "chunked")


def length(body: bytes) -> tuple[str, str]:
    return "content-length", str(len(body))


async def test_a_wrong_line_of_a_large_command_is_named_too(
    house_with_helper: House, employer: Mapping[str, str]
) -> None:
    house = house_with_helper
    every: list[Any] = json.loads(lines(2_000))["lines"]
    every[1_999]["fromMonth"] = "11/2026"
    body = json.dumps({"lines": every}).encode()
    answer = await house.send(house.desk.sign(DECLARE, body, **employer).also(length(body)))
    assert (answer.status, answer.fields) == (422, ["lines[1999].fromMonth"])


@pytest.mark.parametrize(
    "forged",
    [{"signature": "lienthong=:AAAA:"}, {"signature_input": None}, {"idempotency_key": "other"}],
)
async def test_the_body_of_who_has_not_proved_himself_is_not_taken_in(
    house: House, employer: Mapping[str, str], forged: dict[str, str | None]
) -> None:
    body = lines(9_000)
    raw = house.desk.sign(DECLARE, body, **employer).but(**forged).also(length(body))
    house.events = [{"type": "http.request", "body": b"", "more_body": True}]  # then nothing, for ever
    answer = await house.send(raw)
    assert answer.status == 401
    assert house.accepting.operations == []


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/coverage:check", DECLARE])
async def test_a_body_over_64_kib_is_not_taken_in_from_a_stranger_either(house: House, path: str) -> None:
    body = lines(500)
    raw = house.desk.sign(path, body, idempotency_key="k").also(length(body))
    house.registry = replace(house.registry, keys={})
    house.events = [{"type": "http.request", "body": b"", "more_body": True}]
    assert (await house.send(raw)).reason == "signature_invalid"


async def test_a_large_body_for_no_route_is_refused_before_it_comes(house: House) -> None:
    body = lines(500)
    house.events = [{"type": "http.request", "body": b"", "more_body": True}]
    assert (await house.send(house.desk.sign("/v1/nothing", body).also(length(body)))).reason == "not_found"


async def test_the_large_body_of_an_unknown_key_is_not_taken_in(
    house: House, employer: Mapping[str, str]
) -> None:
    body = lines(9_000)
    raw = house.desk.sign(DECLARE, body, **employer).also(length(body))
    house.registry = replace(house.registry, keys={})
    house.events = [{"type": "http.request", "body": b"", "more_body": True}]
    assert (await house.send(raw)).reason == "signature_invalid"


async def test_the_large_body_of_who_may_not_declare_is_not_taken_in(house: House) -> None:
    headers = as_(house, "employer", "debts:read", "employment")
    body = lines(9_000)
    house.events = [{"type": "http.request", "body": b"", "more_body": True}]
    answer = await house.send(house.desk.sign(DECLARE, body, **headers).also(length(body)))
    assert answer.reason == "scope_denied"


async def test_a_large_body_that_is_not_the_signed_one_is_refused(
    house: House, employer: Mapping[str, str]
) -> None:
    body = lines(9_000)
    raw = house.desk.sign(DECLARE, body, **employer).also(length(body))
    house.events = [{"type": "http.request", "body": body[:-3] + b" ]}", "more_body": False}]
    answer = await house.send(raw)
    assert answer.reason == "signature_invalid"
    assert house.entry.nonce is None


async def test_a_large_body_for_a_route_that_takes_none_is_refused(house: House) -> None:
    body = b"{}" + b" " * house.settings.max_body
    raw = house.desk.sign("/v1/coverage:check", body).also(length(body))
    assert (await house.send(raw)).reason == "too_large"


async def test_beyond_the_room_for_large_bodies_the_next_waits_outside(
    house: House, employer: Mapping[str, str]
) -> None:
    house.settings = house.settings.model_copy(update={"max_bodies": 100_000})
    body = lines(9_000)
    answer = await house.send(house.desk.sign(DECLARE, body, **employer).also(length(body)))
    assert (answer.status, answer.header("retry-after")) == (503, "1")


async def test_a_body_in_chunks_of_a_stranger_is_neither_taken_in_nor_kept_room_for(house: House) -> None:
    """It states no length, so room would be kept for the longest: some dozens of connections would take all."""
    house.events = [{"type": "http.request", "body": b"", "more_body": True}]
    signed = house.desk.sign("/v1/coverage:check", b"{}").also(CHUNKED)
    unsigned = signed.but(signature=None, signature_input=None)
    assert (await house.send(unsigned)).reason == "signature_missing"
    house.registry = replace(house.registry, keys={})
    assert (await house.send(signed)).reason == "signature_invalid"


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"[" * 17 + b"]" * 17, "too_large"), (b"[", "malformed"), (b"[]", "invalid_argument")],
)
async def test_a_body_in_chunks_is_looked_at_as_any_other(house: House, body: bytes, reason: str) -> None:
    answer = await house.send(house.desk.sign("/v1/coverage:check", body).also(CHUNKED))
    assert answer.reason == reason


def test_names_of_operations_sort_by_time() -> None:
    names = [uuid7(1_700_000_000.0 + n / 1000) for n in range(50)]
    assert names == sorted(names)
    assert {(n.version, n.variant) for n in names} == {(7, UUID(int=0x8 << 60).variant)}
