"""The SDK against a gateway in process that really verifies and really signs."""

import asyncio
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from lienthong.client import (
    AgencyConfig,
    AnswerNotTrusted,
    Asking,
    AsyncClient,
    Client,
    ClientError,
    Conflict,
    Entries,
    IdentityResult,
    InvalidRequest,
    Months,
    NotAllowed,
    NotAuthenticated,
    NotConfigured,
    NotCovered,
    NotFound,
    PaymentState,
    Person,
    Question,
    Refused,
    RetryPolicy,
    TooManyRequests,
    Unavailable,
    Visits,
)
from lienthong.signing import Algorithm, PrivateKey, RequestView

COVERED = {
    "resultCode": "000",
    "resultText": {"vi": "Thẻ có giá trị", "en": "Valid"},
    "covered": True,
    "card": {
        "cardCode": "DN4010100000017",
        "subjectCode": "DN",
        "benefitDigit": 4,
        "benefitPercent": 80,
        "validFrom": "2026-01-01",
        "validTo": "2026-12-31",
        "registeredFacility": {"code": "01001", "name": "BV", "level": "FACILITY_LEVEL_BASIC"},
        "fiveYearsOn": "",
        "livingArea": "",
        "status": "CARD_STATUS_ACTIVE",
    },
    "visitCode": "00",
    "changedAt": "2026-11-22T01:02:03Z",
}
FAST = RetryPolicy(first_wait_s=0.001)
ONE = RetryPolicy(tries=1)


def answers(document: object, status: int = 200, **headers: str) -> Callable[[RequestView], Any]:
    return lambda _view: (status, document, {k.replace("_", "-"): v for k, v in headers.items()})


def breaks(_view: RequestView) -> httpx.Response:
    raise httpx.ConnectError("refused")


def client(config: AgencyConfig, gateway: Any, retry: RetryPolicy = FAST) -> Client:
    return Client(config, retry=retry, transport=httpx.MockTransport(gateway.handle))


def check(asker: Client, **more: Any) -> Any:
    return asker.check_coverage("001190000017", full_name="Trần Thị Hồng Nhung", born="1990-05-17", **more)


def test_a_covered_person_is_a_typed_answer_with_its_receipt(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [answers(COVERED)]
    answer = check(client(agency_config, stub_gateway), visit_on=date(2026, 11, 22))
    assert answer.covered
    assert answer.card.valid_to == date(2026, 12, 31)
    assert answer.card.five_years_on is None
    assert answer.card.registered_facility.code == "01001"
    assert answer.receipt.request_id == "request-1"
    assert answer.receipt.elapsed_ms > 0
    assert stub_gateway.received[0].body == (
        '{"identifier":"001190000017","fullName":"Trần Thị Hồng Nhung","born":"1990-05-17",'
        '"visitOn":"2026-11-22"}'.encode()
    )


def test_purpose_and_staff_are_the_agencys_usual_ones_unless_said(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [answers(COVERED)]
    asker = client(agency_config, stub_gateway)
    check(asker)
    check(asker, asking=Asking(purpose="emergency", staff="dr-2", legal_basis="26.3"))
    usual, said = stub_gateway.received
    assert (usual.header("purpose"), usual.header("staff"), usual.header("legal-basis")) == (
        "admission", "desk-1", None,
    )  # fmt: skip
    assert (said.header("purpose"), said.header("staff"), said.header("legal-basis")) == (
        "emergency", "dr-2", "26.3",
    )  # fmt: skip


def test_an_answer_signed_by_a_key_that_is_not_pinned_is_not_trusted(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [answers(COVERED)]
    stub_gateway.key = PrivateKey.generate(Algorithm.ED25519)
    with pytest.raises(AnswerNotTrusted):
        check(client(agency_config, stub_gateway))


@pytest.mark.parametrize("status", [200, 403, 500])
def test_an_answer_changed_on_its_way_is_not_trusted_whatever_it_says(
    agency_config: AgencyConfig, stub_gateway: Any, status: int
) -> None:
    stub_gateway.reactions = [answers(COVERED, status)]
    stub_gateway.spoil = lambda r: httpx.Response(
        r.status_code, headers=r.headers.raw, content=r.content.replace(b'"000"', b'"010"')
    )
    with pytest.raises(AnswerNotTrusted):
        check(client(agency_config, stub_gateway))
    assert len(stub_gateway.received) == 1


def test_a_status_changed_on_its_way_is_not_trusted(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    stub_gateway.reactions = [answers({"reason": "scope_denied"}, 403)]
    stub_gateway.spoil = lambda r: httpx.Response(200, headers=r.headers.raw, content=r.content)
    with pytest.raises(AnswerNotTrusted):
        check(client(agency_config, stub_gateway))


def test_the_answer_to_another_request_is_not_trusted(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    kept: list[httpx.Response] = []

    def swap(response: httpx.Response) -> httpx.Response:
        kept.append(response)
        return kept[0]

    stub_gateway.reactions, stub_gateway.spoil = [answers(COVERED)], swap
    asker = client(agency_config, stub_gateway)
    check(asker)
    with pytest.raises(AnswerNotTrusted):
        check(asker)


def test_a_signed_answer_that_breaks_the_contract_is_not_acted_on(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [answers({**COVERED, "covered": "perhaps"})]
    with pytest.raises(AnswerNotTrusted):
        check(client(agency_config, stub_gateway))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, NotAuthenticated),
        (403, NotAllowed),
        (404, NotFound),
        (409, Conflict),
        (413, InvalidRequest),
        (422, InvalidRequest),
        (429, TooManyRequests),
        (418, Refused),
        (500, Refused),
    ],
)
def test_a_signed_refusal_is_typed_and_never_repeated(
    agency_config: AgencyConfig, stub_gateway: Any, status: int, kind: type[Refused]
) -> None:
    document = {"reason": "told", "title": "Không", "errors": [{"field": "born", "description": "wrong"}]}
    stub_gateway.reactions = [answers(document, status, retry_after="7")]
    with pytest.raises(kind) as raised:
        check(client(agency_config, stub_gateway))
    assert raised.value.reason == "told"
    assert raised.value.request_id == "request-1"
    assert raised.value.problem.fields[0].field == "born"
    assert raised.value.problem.retry_after == 7
    assert len(stub_gateway.received) == 1


OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "error",
            "code": "value",
            "details": {"coding": [{"code": "invalid_argument"}], "text": "Dữ liệu không hợp lệ"},
            "expression": ["Patient.birthDate"],
            "diagnostics": "is required",
        }
    ],
}


@pytest.mark.parametrize(
    ("document", "reason", "fields"),
    [
        (OUTCOME, "invalid_argument", ["Patient.birthDate"]),
        ({"resourceType": "OperationOutcome"}, "unknown", []),
        ({"resourceType": "OperationOutcome", "issue": [1, {"details": 2}, {"details": {"coding": [3]}}]},
         "unknown", []),
    ],
)  # fmt: skip
def test_a_refusal_in_fhir_is_typed_too(
    agency_config: AgencyConfig, stub_gateway: Any, document: object, reason: str, fields: list[str]
) -> None:
    stub_gateway.reactions = [answers(document, 422)]
    with pytest.raises(InvalidRequest) as raised:
        check(client(agency_config, stub_gateway))
    assert raised.value.reason == reason
    assert [one.field for one in raised.value.problem.fields] == fields


def test_a_query_is_repeated_after_a_broken_connection_with_a_new_nonce(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [breaks, answers({"reason": "unavailable"}, 503), answers(COVERED)]
    assert check(client(agency_config, stub_gateway)).covered
    assert len(set(stub_gateway.nonces)) == len(stub_gateway.received) == 3


def test_an_unsigned_502_of_something_in_between_counts_as_unavailable(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [lambda _view: httpx.Response(502, content=b"bad gateway"), answers(COVERED)]
    assert check(client(agency_config, stub_gateway)).covered


def test_an_unsigned_refusal_is_not_believed(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    stub_gateway.reactions = [lambda _view: httpx.Response(403, json={"reason": "scope_denied"})]
    with pytest.raises(AnswerNotTrusted):
        check(client(agency_config, stub_gateway))


def test_tries_are_bounded(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    stub_gateway.reactions = [breaks]
    with pytest.raises(Unavailable):
        check(client(agency_config, stub_gateway, RetryPolicy(tries=3, first_wait_s=0.001)))
    assert len(stub_gateway.received) == 3


def test_a_retry_after_beyond_the_total_time_ends_the_tries_at_once(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [answers({"reason": "unavailable"}, 503, retry_after="60")]
    started = time.monotonic()
    with pytest.raises(Unavailable) as raised:
        check(client(agency_config, stub_gateway, RetryPolicy(total_s=50)))
    assert raised.value.retry_after == 60
    assert time.monotonic() - started < 30, "it waited for a try that cannot come in time"
    assert len(stub_gateway.received) == 1


@pytest.mark.parametrize(("key", "sent"), [("", 1), ("order-7", 2)])
def test_a_command_is_repeated_only_under_an_idempotency_key(
    agency_config: AgencyConfig, stub_gateway: Any, key: str, sent: int
) -> None:
    stub_gateway.reactions = [breaks]
    command = Question(path="/v1/x:do", body={}, asking=Asking(), query=False, idempotency_key=key)
    with pytest.raises(Unavailable):
        client(agency_config, stub_gateway, RetryPolicy(tries=2, first_wait_s=0.001)).ask(command)
    assert [view.header("idempotency-key") for view in stub_gateway.received] == [key or None] * sent


def test_the_same_signed_bytes_twice_are_a_replay(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    stub_gateway.reactions = [answers(COVERED)]
    asker = client(agency_config, stub_gateway)
    sent = asker.prepare(Question(path="/v1/coverage:check", body={"identifier": "1"}, asking=Asking()))
    assert asker.send(sent).status == 200
    with pytest.raises(NotAuthenticated) as raised:
        asker.send(sent)
    assert raised.value.reason == "replayed"


@pytest.mark.parametrize("asking", [Asking(staff="bác sĩ"), Asking(legal_basis="a\r\nPurpose: audit")])
def test_what_no_header_can_carry_is_not_sent(
    agency_config: AgencyConfig, stub_gateway: Any, asking: Asking
) -> None:
    stub_gateway.reactions = [answers(COVERED)]
    with pytest.raises(NotConfigured):
        check(client(agency_config, stub_gateway), asking=asking)
    assert stub_gateway.received == []


def test_months_follow_the_pages_and_read_int64_written_as_text(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    row = {
        "month": "2026-10",
        "employer": {"code": "E1", "name": "Công ty"},
        "schemes": ["SCHEME_SOCIAL_INSURANCE"],
        "baseVnd": "12000000",
        "state": "PAYMENT_STATE_UNPAID",
    }
    stub_gateway.reactions = [
        answers({"months": [row], "nextPageToken": "t2"}),
        answers({"months": [{**row, "state": "PAYMENT_STATE_NEW"}], "nextPageToken": ""}),
    ]
    first, second = client(agency_config, stub_gateway).contribution_months(
        Months(identifier="1", from_month="2026-01")
    )
    assert (first.base_vnd, first.state) == (12_000_000, PaymentState.UNPAID)
    assert second.state is PaymentState.UNSPECIFIED
    assert b"t2" not in stub_gateway.received[0].body
    assert b'"pageToken":"t2"' in stub_gateway.received[1].body


def test_a_batch_keeps_the_order_and_the_failures_of_single_items(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    error = {"reason": "invalid_argument", "detail": "born", "errors": []}
    stub_gateway.reactions = [answers({"results": [{"response": COVERED}, {"error": error}]})]
    people = [
        Person(identifier="1", full_name="A", born=1950),
        Person(identifier="2", full_name="B", born="x"),
    ]
    first, second = client(agency_config, stub_gateway).batch_check_coverage(people).results
    assert first.response is not None
    assert first.response.result_code == "000"
    assert second.error is not None
    assert second.error.reason == "invalid_argument"
    assert b'"born":"1950"' in stub_gateway.received[0].body


def test_identity_is_an_outcome_and_nothing_else(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    stub_gateway.reactions = [answers({"result": "IDENTITY_RESULT_PARTIAL", "sex": "FIELD_OUTCOME_MISMATCH"})]
    answer = client(agency_config, stub_gateway).verify_identity("1", full_name="A", sex="female")
    assert answer.result is IdentityResult.PARTIAL
    assert stub_gateway.received[0].body == b'{"identifier":"1","fullName":"A","sex":"SEX_FEMALE"}'


def test_a_moment_without_time_zone_is_refused_before_anything_is_sent(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    from datetime import datetime

    with pytest.raises(ValueError, match="time zone"):
        client(agency_config, stub_gateway).audit_page(Entries(since=datetime(2026, 1, 1)))  # noqa: DTZ001 -- the point
    assert stub_gateway.received == []


def test_the_asynchronous_client_does_the_same(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    page = {"months": [{"month": "2026-10"}], "nextPageToken": ""}
    stub_gateway.reactions = [
        answers({"reason": "unavailable"}, 503),
        answers(COVERED),
        answers(page),
        answers({"reason": "scope_denied"}, 403),
    ]

    async def story() -> None:
        transport = httpx.MockTransport(stub_gateway.handle)
        async with AsyncClient(agency_config, retry=FAST, transport=transport) as asker:
            answer = await asker.check_coverage("001190000017", full_name="A", born="1990-05-17")
            assert answer.covered
            months = [m async for m in asker.contribution_months(Months(identifier="1"))]
            assert [m.month for m in months] == ["2026-10"]
            with pytest.raises(NotAllowed):
                await asker.get_coverage("1")

    asyncio.run(story())
    assert len(set(stub_gateway.nonces)) == 4


def test_both_clients_offer_the_same_methods() -> None:
    public = {name for name in vars(Client) if not name.startswith("_")} - {"prepare"}
    assert public == {name for name in vars(AsyncClient) if not name.startswith("_")} - {"prepare"}


def test_every_error_is_one_tree() -> None:
    for kind in (AnswerNotTrusted, NotConfigured, Unavailable, Refused, NotAuthenticated):
        assert issubclass(kind, ClientError)


async def test_what_health_insurance_is_asked_comes_back_typed_from_both_clients(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    who = Person(identifier="001190000017", full_name="Trần Thị Hồng Nhung", born="1990-05-17")
    page = {"visits": [{"visitId": "v1", "fundVnd": "800000"}], "access": "HISTORY_ACCESS_STAY"}
    last = {"visits": [{"visitId": "v2"}], "nextPageToken": ""}
    stub_gateway.reactions = [answers(page | {"nextPageToken": "t"}), answers(last)] * 2 + [answers(COVERED)]
    blocking = client(agency_config, stub_gateway)
    assert [visit.visit_id for visit in blocking.visits(Visits(identifier="1"))] == ["v1", "v2"]
    transport = httpx.MockTransport(stub_gateway.handle)
    async with AsyncClient(agency_config, retry=FAST, transport=transport) as asking:
        assert [visit.fund_vnd async for visit in asking.visits(Visits(identifier="1"))] == [800_000, None]
        assert (await asking.check(who)).covered


def test_a_claim_file_goes_out_octet_by_octet(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    accepted = {"operation": {"operationId": "op-1", "state": "OPERATION_STATE_PENDING"}}
    stub_gateway.reactions = [answers(accepted, 202)]
    file = "<?xml version='1.0'?>\n<GIAMDINHHS>Trần</GIAMDINHHS>\n".encode()
    operation = client(agency_config, stub_gateway).submit_claims(file)
    (received,) = stub_gateway.received
    assert (received.method, received.path, received.body) == ("POST", "/v1/claims", file)
    assert received.header("content-type") == "application/xml"
    assert received.header("idempotency-key").startswith("claims-")
    assert operation.pending


def test_who_is_not_covered_is_told_apart_from_a_conflict(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    told = {"reason": "not_covered", "errors": [{"field": "resultCode", "description": "010"}]}
    stub_gateway.reactions = [answers(told, 409), answers({"reason": "idempotency_conflict"}, 409)]
    who = Person(identifier="1", full_name="A", born=1990)
    asker = client(agency_config, stub_gateway)
    with pytest.raises(NotCovered) as refused:
        asker.issue_certificate(who)
    assert refused.value.result_code == "010"
    with pytest.raises(Conflict):
        asker.issue_certificate(who)
