"""FHIR walks the same path as everything else: nothing leaves unsigned, unmasked or unrecorded."""

from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from gateway.faces.fhir.routes import CHECK_COVERAGE, GET_COVERAGE
from lienthong.agencies import AgencyKind
from lienthong.rpc import errors
from lienthong.rpc.errors import FieldViolation
from tests.support.fhir import CARD, ELIGIBILITY, FHIR_JSON, FORM, PERSON, ROOT, SEARCH, judge, request
from tests.support.wire import CHECK, NHUNG, Answer, Raw
from tests.unit.gateway.conftest import NAMES, House
from vss.health_claims.v1 import health_claims_pb2 as hc

COVERAGE = hc.Card(
    card_code="DN4010100000017",
    subject_code="DN",
    benefit_digit=4,
    valid_from="2026-01-01",
    valid_to="2026-12-31",
    status=hc.CARD_STATUS_ACTIVE,
)


def sign(house: House, body: Any = None, path: str = ELIGIBILITY, **headers: Any) -> Raw:
    return house.desk.sign(
        path, request() if body is None else body, **{"content_type": FHIR_JSON, **headers}
    )


def search(house: House, **given: str) -> Raw:
    return sign(house, urlencode(given).encode(), SEARCH, content_type=FORM)


def read(house: House, name: str, query: str = "") -> Raw:
    return house.desk.sign(f"{ROOT}/Coverage/{name}{query}", b"", method="GET", content_type=None)


def refusal(answer: Answer) -> tuple[int, str]:
    """The status and our reason; the answer is an OperationOutcome."""
    assert answer.header("content-type") == FHIR_JSON
    issues = judge(answer.document)["issue"]
    return answer.status, str(issues[0]["details"]["coding"][0]["code"])


async def test_an_answer_is_a_resource_and_its_entry_that_of_the_capability(house: House) -> None:
    plain = await house.send(house.desk.sign(CHECK, NHUNG))
    expected = house.entry
    answer = await house.send(sign(house))
    assert (answer.status, plain.status, answer.header("content-type")) == (200, 200, FHIR_JSON)
    assert judge(answer.document)["resourceType"] == "CoverageEligibilityResponse"
    entry = house.entry
    same = (
        "status", "outcome", "agency_id", "key_id", "staff", "rpc", "purpose", "subjects_asked",
        "subjects_answered", "day",
    )  # fmt: skip
    assert [getattr(entry, name) for name in same] == [getattr(expected, name) for name in same]
    assert (entry.rpc, entry.detail, entry.subjects_asked) == (
        CHECK_COVERAGE,
        "fhir",
        [NAMES.of("001190000017")],
    )
    assert entry.nonce != expected.nonce
    assert entry.answer_digest in answer.header("content-digest")


async def test_the_service_is_asked_the_same(house: House) -> None:
    await house.send(house.desk.sign(CHECK, NHUNG))
    await house.send(sign(house))
    plain, translated = (question.request for question in house.questions)
    assert plain == translated
    assert translated.facility_code == "01001"


async def test_a_grant_masks_before_anything_is_translated(house: House) -> None:
    house.grant("coverage:check", "admission", data_classes=frozenset({"result"}))
    answer = await house.send(sign(house))
    assert "contained" not in answer.document
    assert "DN4010100000017" not in answer.body.decode()
    assert answer.document["insurance"][0]["inforce"] is True


async def test_a_replay_is_refused(house: House) -> None:
    raw, gateway = sign(house), house.gateway()
    await house.send(raw, gateway=gateway)
    answer = await house.send(raw, gateway=gateway)
    assert refusal(answer) == (401, "replayed")
    assert answer.document["issue"][0]["code"] == "duplicate"
    assert answer.header("accept-signature")
    assert len(house.questions) == 1


async def test_a_nonce_that_the_log_knows_is_refused_as_an_outcome(house: House) -> None:
    raw = sign(house)
    assert raw.signed is not None
    house.audit.spent.add((house.agency_key.key_id, raw.signed.nonce))
    assert refusal(await house.send(raw)) == (401, "replayed")


async def test_no_answer_leaves_without_its_entry(house: House) -> None:
    house.audit.failure = psycopg.OperationalError()
    answer = await house.send(sign(house))
    assert refusal(answer) == (503, "unavailable")
    assert answer.header("retry-after") == "1"


async def test_the_scope_and_the_purpose_are_those_of_the_capability(house: House) -> None:
    assert refusal(await house.send(search(house, identifier=CARD))) == (403, "scope_denied")
    assert (house.entry.rpc, house.entry.subjects_asked) == (GET_COVERAGE, [])
    assert str(house.entry.detail).startswith("fhir: ")
    assert refusal(await house.send(sign(house, purpose="inspection"))) == (403, "purpose_denied")
    assert not house.questions


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"content_type": "text/plain"}, 415, "unsupported_media_type"),
        ({"content_type": "application/xml+fhir"}, 415, "unsupported_media_type"),
        ({"content_type": FORM}, 415, "unsupported_media_type"),
        ({"content_encoding": "gzip"}, 415, "unsupported_media_type"),
        ({"staff": None}, 422, "invalid_argument"),
        ({"purpose": None}, 403, "purpose_denied"),
    ],
)
async def test_what_the_path_refuses_is_an_outcome(
    house: House, headers: dict[str, str | None], status: int, reason: str
) -> None:
    assert refusal(await house.send(sign(house, **headers))) == (status, reason)


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/fhir+json; fhirVersion=4.0", "Application/FHIR+JSON"]
)
async def test_json_by_its_other_names_is_taken(house: House, content_type: str) -> None:
    assert (await house.send(sign(house, content_type=content_type))).status == 200


async def test_an_unsigned_request_and_a_forged_one_are_refused(house: House) -> None:
    raw = sign(house)
    unsigned = await house.send(raw.but(signature=None, signature_input=None))
    assert refusal(unsigned) == (401, "signature_missing")
    forged = await house.send(raw.but(purpose="emergency"))
    assert refusal(forged) == (401, "signature_invalid")
    assert not house.questions


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("POST", f"{ROOT}/Patient", 404, "not_found"),
        ("POST", f"{ROOT}/Coverage", 404, "not_found"),
        ("GET", f"{ROOT}/Coverage/{'x' * 65}", 404, "not_found"),
        ("GET", f"{ROOT}/Coverage/0100000017", 404, "not_found"),
        ("GET", SEARCH, 405, "method_not_allowed"),
        ("POST", f"{ROOT}/Coverage/abc", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_an_outcome(
    house: House, method: str, path: str, status: int, reason: str
) -> None:
    house.grant("coverage:read", "admission")
    content_type = None if method == "GET" else FHIR_JSON
    raw = house.desk.sign(path, b"" if method == "GET" else {}, method=method, content_type=content_type)
    assert refusal(await house.send(raw)) == (status, reason)


async def test_elsewhere_a_refusal_stays_a_problem_document(house: House) -> None:
    answer = await house.send(house.desk.sign("/fhir/R5/Patient", {}))
    assert (answer.header("content-type"), answer.reason) == ("application/problem+json", "not_found")


async def test_what_the_service_finds_wrong_is_named_as_the_asker_wrote_it(house: House) -> None:
    def wrong(_: object) -> None:
        raise errors.InvalidArgument(FieldViolation("full_name", "expected a name"))

    house.answers[CHECK_COVERAGE] = wrong
    answer = await house.send(sign(house))
    assert refusal(answer) == (422, "invalid_argument")
    (issue,) = answer.document["issue"]
    assert issue["expression"] == ["CoverageEligibilityRequest.contained[0].name[0]"]
    assert issue["diagnostics"] == "expected a name"


async def test_a_broken_service_is_an_outcome_without_detail(house: House) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("host=10.0.0.1")

    house.answers[CHECK_COVERAGE] = broken
    answer = await house.send(sign(house))
    assert refusal(answer) == (500, "internal")
    assert "10.0.0.1" not in answer.body.decode()


async def test_the_asker_is_told_in_his_language(house: House) -> None:
    texts = [
        (await house.send(sign(house, purpose=None, accept_language=language))).document["issue"][0][
            "details"
        ]["text"]
        for language in ("vi", "en")
    ]
    assert texts == ["Mục đích không được phép", "The purpose is not granted"]


async def test_a_long_body_is_refused_declared_or_not(house: House) -> None:
    long = sign(house, request(text={"div": "x" * 70_000}))
    declared = await house.send(long.but(content_length=str(len(long.body))))
    assert refusal(declared) == (413, "too_large")
    # Sent in pieces, without a length.
    assert refusal(await house.send(long)) == (413, "too_large")
    assert not house.questions


async def test_a_bomb_of_brackets_is_refused(house: House) -> None:
    deep = b'{"x":' * 1_000 + b"1" + b"}" * 1_000
    assert refusal(await house.send(sign(house, deep))) == (413, "too_large")


async def test_a_card_is_found_and_read_by_its_name(house: House) -> None:
    house.grant("coverage:read", "admission")
    house.answers[GET_COVERAGE] = lambda _: hc.GetCoverageResponse(cards=[COVERAGE], person_id=1)
    gateway = house.gateway()
    found = await house.send(search(house, **{"patient.identifier": PERSON}), gateway=gateway)
    (entry,) = judge(found.document)["entry"]
    answer = await house.send(read(house, entry["resource"]["id"]), gateway=gateway)
    assert judge(answer.document) == entry["resource"]
    asked, named = (question.request for question in house.questions)
    assert (asked.identifier, asked.as_of) == ("001190000017", "")
    assert (named.identifier, named.as_of) == ("001190000017", "2026-01-01")
    for one in house.audit.entries:
        assert (one.rpc, one.outcome, one.subjects_answered) == (GET_COVERAGE, "ok", [1])
        assert one.subjects_asked == [NAMES.of("001190000017")]
        assert "001190000017" not in str(one.request_base)


async def test_a_card_that_is_gone_is_an_entry_about_who_was_asked_for(house: House) -> None:
    house.grant("coverage:read", "admission")
    house.answers[GET_COVERAGE] = lambda _: hc.GetCoverageResponse(cards=[COVERAGE], person_id=1)
    gateway = house.gateway()
    found = await house.send(search(house, identifier=CARD), gateway=gateway)
    house.answers[GET_COVERAGE] = lambda _: hc.GetCoverageResponse(person_id=1)
    name = found.document["entry"][0]["resource"]["id"]
    assert refusal(await house.send(read(house, name), gateway=gateway)) == (404, "not_found")
    assert house.entry.subjects_asked == [NAMES.of("DN4010100000017")]
    assert house.entry.subjects_answered == []


async def test_an_identifier_in_the_url_is_refused(house: House) -> None:
    house.grant("coverage:read", "admission")
    raw = sign(house, b"", f"{SEARCH}?{urlencode({'identifier': CARD})}", content_type=FORM)
    answer = await house.send(raw)
    assert refusal(answer) == (422, "invalid_argument")
    assert answer.document["issue"][0]["location"] == ["http.identifier"]
    assert not house.questions


async def test_the_citizens_portal_reads_the_citizens_own_card_alone(house: House) -> None:
    house.key_of(agency_id="citizens")
    assert house.registry.agencies["citizens"].kind is AgencyKind.CITIZEN_APP
    house.grant("coverage:read", "own_data", agency="citizens")
    house.answers[GET_COVERAGE] = lambda _: hc.GetCoverageResponse(cards=[COVERAGE], person_id=17)
    house.person = lambda question: int(question.request) % 1000
    own = {"purpose": "own_data", "content_type": FORM}
    body = urlencode({"patient.identifier": PERSON}).encode()
    allowed = await house.send(sign(house, body, SEARCH, staff="001190000017", **own))
    assert judge(allowed.document)["total"] == 1
    assert refusal(await house.send(sign(house, body, SEARCH, staff="001085000025", **own))) == (
        403,
        "row_denied",
    )
