"""FHIR through the real gateway: the same checks, the same answers, the same entries."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from lienthong.agencies import Agency, AgencyKind, admin
from tests.support.fhir import (
    CARD,
    CLAIMS,
    ELIGIBILITY,
    FHIR_JSON,
    FORM,
    PERSON,
    ROOT,
    SEARCH,
    SYSTEMS,
    concept,
    judge,
    request,
    visit,
)
from tests.support.stack import Running
from tests.support.wire import CHECK, GET, NHUNG, Answer, Raw, Sender

LIST = "/v1/history:list"
CAST = (
    ("001190000017", "Trần Thị Hồng Nhung", "1990-05-17"),
    ("001085000025", "Nguyễn Văn Bình", "1985-11-02"),
    ("038150000033", "Lê Thị Mai", "1950"),
    ("001190000017", "Ai Đó", "1990-05-17"),
    ("001199999999", "Ai Đó", "1999-09-09"),
)


def sign(sender: Sender, body: Any, path: str = ELIGIBILITY, **headers: Any) -> Raw:
    return sender.sign(path, body, **{"content_type": FHIR_JSON, **headers})


def search(path: str, sender: Sender, *given: tuple[str, str], query: str = "", **headers: Any) -> Answer:
    raw = sign(sender, urlencode(given).encode(), path + query, content_type=FORM, **headers)
    return sender.send(raw)


def read(sender: Sender, name: str) -> Answer:
    return sender.send(sender.sign(f"{ROOT}/Coverage/{name}", b"", method="GET", content_type=None))


def about(identifier: str, name: str, born: str, **changed: Any) -> dict[str, Any]:
    patient = {
        "resourceType": "Patient",
        "id": "nhung",
        "identifier": [{"system": SYSTEMS + "personal-id", "value": identifier}],
        "name": [{"text": name}],
        "birthDate": born,
    }
    return request(contained=[patient], **changed)


def refusal(answer: Answer) -> tuple[int, str]:
    assert answer.header("content-type") == FHIR_JSON
    return answer.status, judge(answer.document)["issue"][0]["details"]["coding"][0]["code"]


def hospital_of(running: Running, facility: str, *classes: str, scopes: tuple[str, ...]) -> Sender:
    hospital = Agency("fhir-hospital", "Bệnh viện", AgencyKind.HOSPITAL, facility, None, active=True)
    granted = [
        admin.GrantTerms(scope=scope, purposes=frozenset({"admission"}), data_classes=frozenset(classes))
        for scope in scopes
    ]
    return running.enrol(hospital, *granted)


@pytest.mark.parametrize(("identifier", "name", "born"), CAST)
@pytest.mark.parametrize("asked", [None, visit(unitPrice={"value": 1_250_000, "currency": "VND"})])
def test_a_response_says_what_the_plain_answer_says(
    hospital: Sender, running: Running, identifier: str, name: str, born: str, asked: Any
) -> None:
    of_visit = {} if asked is None else {"visit": {"kind": "VISIT_KIND_OUTPATIENT", "costVnd": 1_250_000}}
    content = {"identifier": identifier, "fullName": name, "born": born} | of_visit
    plain = hospital.ask(CHECK, content)
    answer = hospital.send(sign(hospital, about(identifier, name, born, item=asked and [asked])))
    assert (plain.status, answer.status, answer.header("content-type")) == (200, 200, FHIR_JSON)
    said, resource = plain.document, judge(answer.document)
    insurance = resource["insurance"][0]
    assert insurance["inforce"] is said["covered"]
    assert resource["disposition"] == f"{said['resultText']['vi']} / {said['resultText']['en']}"
    assert resource["extension"][0]["valueCoding"]["code"] == said["resultCode"]
    assert bool(resource.get("error")) is not said["covered"]
    assert ("contained" in resource) is ("card" in said)
    if "card" in said:
        period = {"start": said["card"]["validFrom"], "end": said["card"]["validTo"]}
        assert insurance["benefitPeriod"] == period
    benefit = said.get("benefit")
    if benefit is not None:
        rows = {one["type"]["coding"][0]["code"]: one for one in insurance["item"][0]["benefit"]}
        assert rows["fund-basis-points"]["allowedUnsignedInt"] == benefit["fundBasisPoints"]
        assert rows["benefit"]["allowedMoney"] == {
            "value": int(benefit["split"]["fundVnd"]),
            "currency": "VND",
        }
        assert len(insurance["item"][0]["extension"]) == len(benefit["steps"])
    _expect_same_entry(running, plain, answer)


def _expect_same_entry(running: Running, plain: Answer, answer: Answer) -> None:
    """But for what names the one request, and that it was asked in FHIR."""
    own = {
        "request_id", "nonce", "request_base", "request_signature", "request_digest", "answer_signature",
        "answer_digest", "answer_created", "recorded_at", "entry_id", "day", "detail",
    }  # fmt: skip
    first, second = running.entry(plain.request_id), running.entry(answer.request_id)
    assert {k: v for k, v in first.items() if k not in own} == {
        k: v for k, v in second.items() if k not in own
    }
    assert (first["detail"], second["detail"]) == (None, "fhir")
    assert second["nonce"]


def test_a_replay_is_refused_in_fhir_by_every_worker(hospital: Sender, running: Running) -> None:
    raw = sign(hospital, request())
    with running.connection_to_each_worker() as connections:
        answers = [
            connection.send(raw.wire()) for connection in (*connections.values(), *connections.values())
        ]
    assert answers[0].status == 200
    assert {refusal(answer) for answer in answers[1:]} == {(401, "replayed")}
    assert running.entry(answers[1].request_id)["outcome"] == "replayed"


def test_a_replay_of_the_plain_request_is_none_of_fhir(hospital: Sender) -> None:
    raw = hospital.sign(CHECK, NHUNG)
    moved = Raw(raw.authority, raw.method, ELIGIBILITY, raw.headers, raw.body)
    assert refusal(hospital.send(moved)) == (401, "signature_invalid")


def test_what_is_not_granted_is_refused_with_its_entry(ministry: Sender, running: Running) -> None:
    answer = ministry.send(sign(ministry, request()))
    assert refusal(answer) == (403, "scope_denied")
    entry = running.entry(answer.request_id)
    assert (entry["outcome"], entry["agency_id"], entry["subjects_answered"]) == (
        "scope_denied",
        "ministry-demo",
        [],
    )
    assert str(entry["rpc"]).endswith("/CheckCoverage")


@pytest.mark.parametrize("content_type", ["text/xml", "application/fhir+xml", FORM])
def test_another_media_type_is_refused(hospital: Sender, content_type: str) -> None:
    answer = hospital.send(sign(hospital, request(), content_type=content_type))
    assert refusal(answer) == (415, "unsupported_media_type")


def test_a_wrong_element_is_named_by_the_gateway_and_by_the_service(hospital: Sender) -> None:
    here = "CoverageEligibilityRequest.contained[0]"
    for born, field in (("17/05/1990", "birthDate"), ("1990-02-30", "birthDate"), ("1850", "birthDate")):
        answer = hospital.send(sign(hospital, about("001190000017", "Nhung", born)))
        assert refusal(answer) == (422, "invalid_argument")
        assert answer.document["issue"][0]["expression"] == [f"{here}.{field}"]
        assert born not in answer.body.decode()


def test_a_grant_of_results_alone_is_told_no_card(running: Running) -> None:
    desk = hospital_of(running, "01001", "result", scopes=("coverage:check", "coverage:read"))
    answer = desk.send(sign(desk, request(item=[visit()])))
    resource = judge(answer.document)
    assert resource["insurance"] == [{"coverage": resource["insurance"][0]["coverage"], "inforce": True}]
    assert "DN401" not in answer.body.decode()
    bundle = judge(search(SEARCH, desk, ("patient.identifier", PERSON)).document)
    assert [entry["search"]["mode"] for entry in bundle["entry"]] == ["outcome"]


def test_a_card_is_searched_read_and_named_to_one_agency_alone(hospital: Sender, running: Running) -> None:
    plain = hospital.ask(GET, {"identifier": NHUNG["identifier"]}).document
    found = search(SEARCH, hospital, ("patient.identifier", PERSON))
    bundle = judge(found.document)
    assert bundle["total"] == len(plain["cards"])
    resource = bundle["entry"][0]["resource"]
    assert resource["identifier"][0]["value"] == plain["cards"][0]["cardCode"]
    answer = read(hospital, resource["id"])
    assert judge(answer.document) == resource
    entries = running.entries(found.request_id, answer.request_id)
    asked = [entry["subjects_asked"] for entry in entries.values()]
    assert asked[0] == asked[1] != []
    classes = ("result", "identity", "coverage")
    other = hospital_of(running, "01001", *classes, scopes=("coverage:read",))
    assert refusal(read(other, resource["id"])) == (404, "not_found")
    assert search(SEARCH, other, ("identifier", CARD)).document["total"] == bundle["total"]


def test_an_identifier_in_the_url_is_refused_and_is_in_no_log(hospital: Sender, running: Running) -> None:
    query = "?" + urlencode({"patient.identifier": PERSON})
    assert refusal(search(SEARCH, hospital, query=query)) == (422, "invalid_argument")
    assert not [path for path, text in running.logs().items() if "001190000017" in text]


def test_a_history_is_paged_and_is_the_plain_one(hospital: Sender) -> None:
    assert hospital.send(sign(hospital, request())).status == 200
    days = {"fromDay": "2024-01-01", "toDay": "2026-12-31"}
    plain = hospital.ask(LIST, {"identifier": NHUNG["identifier"], "pageSize": 200} | days).document
    given = [
        ("patient.identifier", PERSON),
        ("service-date", f"ge{days['fromDay']}"),
        ("service-date", f"le{days['toDay']}"),
        ("_count", "1"),
    ]
    found, query = [], ""
    while True:
        answer = search(CLAIMS, hospital, *given, query=query)
        assert answer.status == 200
        bundle = judge(answer.document)
        matches = [e["resource"] for e in bundle["entry"] if e["search"]["mode"] == "match"]
        found += [resource["identifier"][0]["value"] for resource in matches]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        assert "001190000017" not in str(links)
        if "next" not in links:
            break
        query = "?" + links["next"].partition("?")[2]
    assert found == [one["visitId"] for one in plain["visits"]]
    assert len(found) > 1


def test_a_history_of_somebody_elses_patient_is_refused(running: Running) -> None:
    """No check, no stay, no visit of its own."""
    classes = ("result", "identity", "coverage", "health", "financial")
    stranger = hospital_of(running, "79999", *classes, scopes=("history:read",))
    answers = [
        search(CLAIMS, stranger, ("patient.identifier", f"{SYSTEMS}personal-id|{number}"))
        for number in ("001190000017", "001199999999")
    ]
    assert [refusal(answer) for answer in answers] == [(403, "row_denied")] * 2
    entry = running.entry(answers[0].request_id)
    assert (entry["outcome"], entry["subjects_answered"]) == ("row_denied", [])


def test_what_it_can_do_is_public_and_signed(running: Running) -> None:
    with httpx.Client(base_url=running.gateway, trust_env=False, timeout=5) as http:
        for path in (f"{ROOT}/metadata", f"{ROOT}/metadata?_format=json", f"{ROOT}/CodeSystem/visit-kind"):
            page = http.get(path)
            assert (page.status_code, page.headers["content-type"]) == (200, FHIR_JSON)
            assert page.headers["signature"]
            judge(page.json())
        kinds = http.get(f"{ROOT}/CodeSystem/visit-kind").json()
    assert concept("visit-kind", "outpatient")["coding"][0]["system"] == kinds["url"]


def test_every_refusal_below_the_root_is_an_outcome(running: Running) -> None:
    with httpx.Client(base_url=running.gateway, trust_env=False, timeout=5) as http:
        for method, path in (("POST", "/Patient"), ("GET", "/Coverage?identifier=1"), ("PUT", "/Coverage/1")):
            answer = http.request(method, ROOT + path)
            assert answer.status_code == 401
            judge(answer.json())
