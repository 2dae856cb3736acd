"""A CoverageEligibilityRequest is CheckCoverage's request, or is refused at a FHIRPath."""

import json
from typing import Any

import pytest

from gateway.problems import Problem
from lienthong.access.twins import MalformedJson
from tests.support.fhir import ELIGIBILITY, SYSTEMS, concept, request, visit
from tests.unit.gateway.faces.fhir.conftest import Desk, Refused
from vss.health_claims.v1 import health_claims_pb2 as hc

HERE = "CoverageEligibilityRequest"
PATIENT = request()["contained"][0]
CARD = {"system": SYSTEMS + "card", "value": "DN4010100000017"}
CONTAINED_CARD = {"resourceType": "Coverage", "id": "card", "identifier": [CARD]}


def with_patient(**changed: Any) -> dict[str, Any]:
    return request(contained=[PATIENT | changed])


def test_the_patient_is_who_is_asked_about(desk: Desk) -> None:
    assert desk.ask(request()) == hc.CheckCoverageRequest(
        identifier="001190000017", full_name="Trần Thị Hồng Nhung", born="1990-05-17"
    )


def test_the_official_name_is_asked_with_and_its_text_before_its_parts(desk: Desk) -> None:
    names = [{"text": "Nhung"}, {"use": "official", "text": "Trần Thị Hồng Nhung", "family": "X"}]
    assert desk.ask(with_patient(name=names)).full_name == "Trần Thị Hồng Nhung"


def test_a_year_alone_is_a_birth_date(desk: Desk) -> None:
    assert desk.ask(with_patient(birthDate="1950")).born == "1950"


@pytest.mark.parametrize(
    ("insurance", "contained"),
    [
        ([{"coverage": {"identifier": CARD}}], [PATIENT]),
        ([{"coverage": {"reference": "#card"}}], [PATIENT, CONTAINED_CARD]),
        ([{"coverage": {"display": "?"}}, {"focal": True, "coverage": {"identifier": CARD}}], [PATIENT]),
    ],
)
def test_a_card_that_is_named_is_asked_about_before_the_patient(
    desk: Desk, insurance: Any, contained: Any
) -> None:
    asked = desk.ask(request(insurance=insurance, contained=contained))
    assert asked.identifier == "DN4010100000017"


def test_a_hospitals_own_number_of_the_patient_is_passed_over(desk: Desk) -> None:
    numbers = [{"system": "https://hospital.example/mrn", "value": "77"}, *PATIENT["identifier"]]
    assert desk.ask(with_patient(identifier=numbers)).identifier == "001190000017"


def test_the_patients_identifier_may_stand_on_the_reference(desk: Desk) -> None:
    person = {"reference": "#nhung", "identifier": {"value": "0100 000 017"}}
    patient = {k: v for k, v in PATIENT.items() if k != "identifier"}
    assert desk.ask(request(contained=[patient], patient=person)).identifier == "0100000017"


def test_a_card_that_was_answered_before_may_be_named_by_its_id(desk: Desk) -> None:
    name = desk.face._ground.names.seal("2026-01-01DN4 DN4010100000017", "coverage", "hospital")
    for reference in (f"Coverage/{name}", f"https://gateway.test/fhir/R4/Coverage/{name}"):
        asked = desk.ask(request(insurance=[{"coverage": {"reference": reference}}]))
        assert asked.identifier == "DN4010100000017"


def test_an_item_is_the_visit(desk: Desk) -> None:
    item = visit(
        category=concept("visit-kind", "inpatient"),
        productOrService=concept("visit-reason", "referral"),
        unitPrice={"value": 1250000.0, "currency": "VND"},
        quantity={"value": 1},
        diagnosis=[
            {
                "diagnosisCodeableConcept": {
                    "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "J18.9"}]
                }
            }
        ],
        extension=[
            {"url": "https://else.example", "valueBoolean": True},
            {"url": SYSTEMS + "extension-slip-on", "valueDate": "2026-11-19"},
        ],
    )
    stay = {"start": "2026-11-20", "end": "2026-11-22"}
    previous = [{"url": SYSTEMS + "extension-previous-check", "valueString": "abc"}]
    asked = desk.ask(request(item=[item], servicedPeriod=stay, extension=previous))
    assert (asked.visit_on, asked.previous_check) == ("2026-11-22", "abc")
    assert asked.visit == hc.Visit(
        kind=hc.VISIT_KIND_INPATIENT,
        reason=hc.VISIT_REASON_REFERRAL,
        admitted_on="2026-11-20",
        slip_on="2026-11-19",
        diagnosis="J18.9",
        cost_vnd=1_250_000,
    )


@pytest.mark.parametrize(
    ("start", "day"),
    [
        ("2026-11-20T08:00:00+07:00", "2026-11-20"),
        ("2026-11-19T18:30:00Z", "2026-11-20"),
        ("2026-11-20T16:59:59.999+00:00", "2026-11-20"),
        ("2026-11-20", "2026-11-20"),
    ],
)
def test_a_stay_begins_on_a_day_in_viet_nam(desk: Desk, start: str, day: str) -> None:
    asked = desk.ask(request(item=[visit()], servicedPeriod={"start": start}))
    assert asked.visit.admitted_on == day


@pytest.mark.parametrize("code", sorted(hc.VisitKind.keys()[1:]))
def test_every_kind_of_the_contract_has_a_code(desk: Desk, code: str) -> None:
    spelt = code.removeprefix("VISIT_KIND_").lower().replace("_", "-")
    asked = desk.ask(request(item=[visit(category=concept("visit-kind", spelt))]))
    assert asked.visit.kind == hc.VisitKind.Value(code)


def test_hl7s_own_codes_of_a_visit_are_understood(desk: Desk) -> None:
    act = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}]}
    assert desk.ask(request(item=[visit(category=act)])).visit.kind == hc.VISIT_KIND_INPATIENT


def test_who_asks_whether_a_card_is_valid_asks_about_no_visit(desk: Desk) -> None:
    asked = desk.ask(request(purpose=["validation"], item=[visit()]))
    assert not asked.HasField("visit")


def test_elements_that_change_nothing_are_ignored(desk: Desk) -> None:
    extra = {"text": {"status": "empty"}, "priority": {"text": "now"}, "_status": {"id": "1"}, "vssNew": [{}]}
    assert desk.ask(request(**extra)) == desk.ask(request())


PATHS = [
    (request(status="draft"), f"{HERE}.status"),
    (request(status=None), f"{HERE}.status"),
    (request(purpose=["discovery"]), f"{HERE}.purpose"),
    (request(purpose=[]), f"{HERE}.purpose"),
    (request(created=None), f"{HERE}.created"),
    (request(insurer=None), f"{HERE}.insurer"),
    (request(patient={"reference": "Patient/1"}), f"{HERE}.patient"),
    (request(patient={"reference": "#somebody"}), f"{HERE}.patient"),
    (request(contained=[PATIENT, PATIENT]), f"{HERE}.patient"),
    (request(contained=[PATIENT | {"resourceType": "Person"}]), f"{HERE}.patient"),
    (request(contained=[{"id": "nhung"}]), f"{HERE}.contained[0].resourceType"),
    (with_patient(name=None), f"{HERE}.contained[0].name"),
    (with_patient(name="Nhung"), f"{HERE}.contained[0].name"),
    (with_patient(name=[{"text": "x" * 101}]), f"{HERE}.contained[0].name[0]"),
    (with_patient(birthDate=None), f"{HERE}.contained[0].birthDate"),
    (with_patient(birthDate="17/05/1990"), f"{HERE}.contained[0].birthDate"),
    (with_patient(birthDate="1990-05"), f"{HERE}.contained[0].birthDate"),
    (with_patient(identifier=[{"system": "urn:x", "value": "1"}]), f"{HERE}.insurance.coverage"),
    (
        with_patient(identifier=[{"system": SYSTEMS + "personal-id", "value": "1"}]),
        f"{HERE}.contained[0].identifier[0].value",
    ),
    (with_patient(identifier=[{"system": SYSTEMS + "personal-id"}]), f"{HERE}.contained[0].identifier[0].value"),
    (
        request(insurance=[{"coverage": {"identifier": {"system": "urn:x", "value": "1"}}}]),
        f"{HERE}.insurance.coverage.identifier.system",
    ),
    (request(insurance=[{"coverage": {"reference": "Coverage/x"}}]), f"{HERE}.insurance.coverage.reference"),
    (request(insurance=[{"coverage": {"reference": "#x"}}]), f"{HERE}.insurance.coverage.reference"),
    (request(insurance=[{"coverage": {}}, {"coverage": {}}]), f"{HERE}.insurance"),
    (request(insurance=[{}]), f"{HERE}.insurance[0].coverage"),
    (request(servicedDate="2026-11"), f"{HERE}.servicedDate"),
    (request(servicedDate="2026-11-22", servicedPeriod={"end": "2026-11-22"}), f"{HERE}.serviced"),
    (request(servicedPeriod={"end": "now"}), f"{HERE}.servicedPeriod.end"),
    (request(servicedPeriod={"end": "2026-11-20T08:00:00"}), f"{HERE}.servicedPeriod.end"),
    (request(servicedPeriod={"end": "2026-11-31T08:00:00Z"}), f"{HERE}.servicedPeriod.end"),
    (request(servicedPeriod={"end": "9999-12-31T23:00:00Z"}), f"{HERE}.servicedPeriod.end"),
    (request(servicedPeriod={"start": "now"}, item=[visit()]), f"{HERE}.servicedPeriod.start"),
    (request(item=[visit(), visit()]), f"{HERE}.item"),
    (request(item=[{}]), f"{HERE}.item[0].category"),
    (request(item=[visit(category=concept("visit-kind", "spa"))]), f"{HERE}.item[0].category"),
    (request(item=[visit(productOrService={"text": "x"})]), f"{HERE}.item[0].productOrService"),
    (request(item=[visit(unitPrice={"value": 1, "currency": "USD"})]), f"{HERE}.item[0].unitPrice"),
    (request(item=[visit(unitPrice={"value": 0.5, "currency": "VND"})]), f"{HERE}.item[0].unitPrice"),
    (request(item=[visit(unitPrice={"value": -1, "currency": "VND"})]), f"{HERE}.item[0].unitPrice"),
    (request(item=[visit(unitPrice={"value": 1e300, "currency": "VND"})]), f"{HERE}.item[0].unitPrice"),
    (
        request(item=[visit(unitPrice={"value": 1, "currency": "VND"}, quantity={"value": 2})]),
        f"{HERE}.item[0].quantity",
    ),
    (request(item=[visit(diagnosis=[{}])]), f"{HERE}.item[0].diagnosis[0]"),
    (request(item=[visit(diagnosis=[{}, {}])]), f"{HERE}.item[0].diagnosis"),
    (request(item=[{"diagnosis": [{"diagnosisCodeableConcept": 1}]}]),
     f"{HERE}.item[0].diagnosis[0].diagnosisCodeableConcept"),
    (request(extension=[{"url": SYSTEMS + "extension-previous-check", "valueString": "!"}]),
     f"{HERE}.extension.valueString"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "path"), PATHS, ids=[path for _, path in PATHS])
def test_a_wrong_element_is_named_and_never_repeated(refused: Refused, body: Any, path: str) -> None:
    fields = refused(ELIGIBILITY, body)
    assert [field for field, _ in fields] == [path]
    assert "1990" not in fields[0][1]
    assert "Nhung" not in fields[0][1]


MODIFIED: list[tuple[dict[str, Any], str]] = [
    (request(modifierExtension=[{"url": "urn:not"}]), f"{HERE}.modifierExtension"),
    (request(modifierExtension=None) | {"modifierExtension": None}, f"{HERE}.modifierExtension"),
    (request(implicitRules="urn:other-rules"), f"{HERE}.implicitRules"),
    (with_patient(modifierExtension=[]), f"{HERE}.contained[0].modifierExtension"),
    (with_patient(implicitRules="x"), f"{HERE}.contained[0].implicitRules"),
    (
        request(insurance=[{"coverage": {"identifier": CARD}, "modifierExtension": [{}]}]),
        f"{HERE}.insurance.modifierExtension",
    ),
    (request(item=[visit(modifierExtension=[{}])]), f"{HERE}.item[0].modifierExtension"),
    (
        request(item=[visit(diagnosis=[{"modifierExtension": [{}]}])]),
        f"{HERE}.item[0].diagnosis[0].modifierExtension",
    ),
    (
        request(
            insurance=[{"coverage": {"reference": "#card"}}],
            contained=[PATIENT, CONTAINED_CARD | {"modifierExtension": [{}]}],
        ),
        f"{HERE}.contained[1].modifierExtension",
    ),
]


@pytest.mark.parametrize(("body", "path"), MODIFIED, ids=[path for _, path in MODIFIED])
def test_what_would_change_the_meaning_is_refused(refused: Refused, body: Any, path: str) -> None:
    assert [field for field, _ in refused(ELIGIBILITY, body)] == [path]


def test_nothing_but_the_format_stands_in_the_url(desk: Desk, refused: Refused) -> None:
    assert [f for f, _ in refused(ELIGIBILITY, request(), query="patient=1")] == ["patient"]
    assert desk.decode(ELIGIBILITY, request(), query="_format=json").request == desk.ask(request())


WHOLE = json.dumps(request())
UNREADABLE = {
    "nothing": "",
    "not closed": WHOLE[:-1],
    "an array": f"[{WHOLE}]",
    "twice": WHOLE[:-1] + ', "status": "active"}',
    "twice where nobody looks": WHOLE[:-1] + ', "x": {"y": 1, "y": 1}}',
    "too many digits where nobody looks": WHOLE[:-1] + f', "x": 1{"0" * 5_000}}}',
    "half a letter": WHOLE[:-1] + ', "id": "\\ud800"}',
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_or_says_a_thing_twice_is_malformed(desk: Desk, text: str) -> None:
    with pytest.raises((MalformedJson, Problem)) as caught:
        desk.decode(ELIGIBILITY, text)
    if isinstance(caught.value, Problem):
        # JSON, but no resource.
        assert text.startswith("[")


def test_octets_that_are_not_utf_8_are_malformed(desk: Desk) -> None:
    with pytest.raises(MalformedJson):
        desk.decode(ELIGIBILITY, WHOLE.encode().replace(b"VSS", b"\xff\xfe"))


def test_a_name_with_u_0000_is_refused(refused: Refused) -> None:
    fields = refused(ELIGIBILITY, with_patient(name=[{"text": "Nhung\0"}]))
    assert [field for field, _ in fields] == [f"{HERE}.contained[0].name[0]"]
