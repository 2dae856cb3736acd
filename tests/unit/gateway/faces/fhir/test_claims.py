"""ExplanationOfBenefit: the past visits, page by page, and who paid what."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.fhir import CLAIMS, PERSON, SYSTEMS, concept, judge
from tests.unit.gateway.faces.fhir.conftest import ALL, Desk, Refused
from vss.health_claims.v1 import history_pb2

VISIT = history_pb2.PastVisit(
    visit_id="MDEwMDEuTEst_jAyNi0wMDAxMjM",
    facility_code="01001",
    facility_name="Bệnh viện A",
    admitted_at="2026-11-01T08:00:00+07:00",
    discharged_at="2026-11-04T10:30:00+07:00",
    visit_kind_code="03",
    patient_kind_code="1.1",
    main_diagnosis="J18.9",
    other_diagnoses=["E11", "I10"],
    diagnosis_text="Viêm phổi",
    outcome_code=1,
    cost_vnd=2_000_000,
    insured_cost_vnd=1_800_000,
    fund_vnd=1_440_000,
    copay_vnd=360_000,
    patient_vnd=200_000,
    version=2,
)
FOUND = history_pb2.ListVisitsResponse(
    visits=[VISIT], access=history_pb2.HISTORY_ACCESS_CHECKED, next_page_token="t" * 40, person_id=1
)
WHO = {"patient.identifier": PERSON}


def asked_for(desk: Desk, *given: tuple[str, str], query: str = "", agency: str = "hospital") -> Any:
    body = urlencode([("patient.identifier", PERSON), *given])
    return desk.decode(CLAIMS, body, query=query, agency=agency)


def told(desk: Desk, response: Any = FOUND, classes: frozenset[str] = ALL) -> Any:
    return judge(desk.answer(CLAIMS, asked_for(desk), response, classes))


def following(bundle: Any) -> str:
    return next(str(link["url"]) for link in bundle["link"] if link["relation"] == "next")


def test_a_search_is_list_visits(desk: Desk) -> None:
    days = (("service-date", "ge2026-01-01"), ("service-date", "le2026-06-30"))
    asked = asked_for(desk, *days, ("_count", "20"))
    assert asked.request == history_pb2.ListVisitsRequest(
        identifier="001190000017", from_day="2026-01-01", to_day="2026-06-30", page_size=20
    )


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ((("service-date", "2026-01-01"),), "service-date"),
        ((("service-date", "gt2026-01-01"),), "service-date"),
        ((("service-date", "ge2026-01"),), "service-date"),
        ((("service-date", "ge2026-01-01"), ("service-date", "ge2026-01-02")), "service-date"),
        ((("service-date", "ge2026-01-01&le2026-01-02&le2026-01-03"),), "service-date"),
        ((("_count", "-1"),), "_count"),
        ((("_count", "0"),), "_count"),
        ((("_count", ""),), "_count"),
        ((("_count", "201"),), "_count"),
        ((("_count", "many"),), "_count"),
        ((("_page", "x"),), "_page"),
        ((("patient:identifier", PERSON),), "patient.identifier"),
        ((("created", "2026"),), "created"),
    ],
)
def test_a_wrong_parameter_is_named(refused: Refused, given: Any, name: str) -> None:
    fields = refused(CLAIMS, urlencode([*WHO.items(), *given]))
    assert [field for field, _ in fields] == [name]


def test_who_is_asked_about_is_required(refused: Refused) -> None:
    assert [f for f, _ in refused(CLAIMS, "_count=1")] == ["patient.identifier"]


def test_a_visit_is_what_it_was_and_what_it_cost(desk: Desk) -> None:
    entry = told(desk)["entry"][0]
    one = entry["resource"]
    assert one["id"] == VISIT.visit_id.replace("_", ".")
    assert entry["fullUrl"].endswith("/ExplanationOfBenefit/" + one["id"])
    assert one["meta"] == {"versionId": "2"}
    assert one["billablePeriod"] == {"start": VISIT.admitted_at, "end": VISIT.discharged_at}
    assert one["created"] == VISIT.discharged_at
    assert one["provider"]["identifier"] == {"system": SYSTEMS + "facility", "value": "01001"}
    assert one["subType"] == concept("claim-visit-kind", "03")
    coded = [row["diagnosisCodeableConcept"]["coding"][0]["code"] for row in one["diagnosis"]]
    assert (coded, one["diagnosis"][0]["diagnosisCodeableConcept"]["text"]) == (
        ["J18.9", "E11", "I10"],
        "Viêm phổi",
    )
    assert {row["category"]["coding"][0]["code"]: row["amount"]["value"] for row in one["total"]} == {
        "submitted": 2_000_000,
        "eligible": 1_800_000,
        "benefit": 1_440_000,
        "copay": 360_000,
        "patient": 200_000,
    }
    assert [row["valueString"] for row in one["supportingInfo"]] == ["1.1", "1"]


def test_the_ground_of_the_answer_is_told(desk: Desk) -> None:
    remark = told(desk)["entry"][-1]
    assert remark["search"]["mode"] == "outcome"
    assert remark["resource"]["issue"][0]["details"]["coding"] == [
        {"system": SYSTEMS + "access", "code": "checked"}
    ]


def test_what_is_sensitive_is_marked_as_left_out(desk: Desk) -> None:
    hidden = history_pb2.PastVisit(visit_id="a", admitted_at=VISIT.admitted_at, has_sensitive=True)
    one = told(desk, history_pb2.ListVisitsResponse(visits=[hidden]))["entry"][0]["resource"]
    assert one["meta"]["security"][0]["code"] == "REDACTED"
    assert "diagnosis" not in one


def test_a_grant_without_amounts_is_told_none(desk: Desk) -> None:
    bundle = told(desk, classes=frozenset({"result", "health"}))
    assert "total" not in bundle["entry"][0]["resource"]


def test_a_grant_without_health_is_told_that_it_has_none(desk: Desk) -> None:
    bundle = told(desk, classes=frozenset({"result", "financial"}))
    assert [entry["resource"]["issue"][0]["code"] for entry in bundle["entry"]] == ["suppressed"]


def test_the_next_page_is_the_contracts_and_cannot_be_read(desk: Desk) -> None:
    url, _, query = following(told(desk)).partition("?")
    assert url == "https://gateway.test/fhir/R4/ExplanationOfBenefit/_search"
    assert "ttt" not in query
    assert asked_for(desk, query=query).request.page_token == "t" * 40
    assert asked_for(desk, tuple(query.split("="))).request.page_token == "t" * 40  # type: ignore[arg-type]


def test_the_last_page_has_no_next(desk: Desk) -> None:
    bundle = told(desk, history_pb2.ListVisitsResponse())
    assert [link["relation"] for link in bundle["link"]] == ["self"]


def test_a_page_of_another_person_or_agency_is_refused(desk: Desk, refused: Refused) -> None:
    query = following(told(desk)).partition("?")[2]
    other = urlencode({"patient.identifier": "001085000025"})
    assert [f for f, _ in refused(CLAIMS, other, query=query)] == ["_page"]
    same = urlencode(WHO)
    assert [f for f, _ in refused(CLAIMS, same, query=query, agency="clinic")] == ["_page"]


def test_who_is_asked_about_never_stands_in_the_url(refused: Refused) -> None:
    assert [f for f, _ in refused(CLAIMS, "", query=urlencode(WHO))] == ["patient.identifier"]


def test_a_long_name_of_a_visit_becomes_a_short_one(desk: Desk) -> None:
    long = history_pb2.PastVisit(visit_id="x" * 200, admitted_at=VISIT.admitted_at)
    one = told(desk, history_pb2.ListVisitsResponse(visits=[long]))["entry"][0]["resource"]
    assert len(one["id"]) == 64
    assert one["identifier"][0]["value"] == "x" * 200
