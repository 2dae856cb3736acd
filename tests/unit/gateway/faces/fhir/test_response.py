"""A CoverageEligibilityResponse says what CheckCoverage has answered, and nothing else."""

from typing import Any

import pytest

from tests.support.fhir import ELIGIBILITY, SYSTEMS, concept, judge, request, visit
from tests.unit.gateway.faces.fhir.conftest import ALL, Desk
from vss.health_claims.v1 import health_claims_pb2 as hc

CARD = hc.Card(
    card_code="DN4010100000017",
    subject_code="DN",
    benefit_digit=4,
    benefit_percent=80,
    valid_from="2026-01-01",
    valid_to="2026-12-31",
    registered_facility=hc.Facility(code="01001", name="Bệnh viện A"),
    five_years_on="2025-03-01",
    living_area="K1",
    status=hc.CARD_STATUS_ACTIVE,
)
BENEFIT = hc.Benefit(
    fund_basis_points=4750,
    level_percent=95,
    route_percent=50,
    route="self_visit",
    pays_until="2026-12-31",
    split=hc.Split(cost_vnd=1_000_000, fund_vnd=475_000, copay_vnd=25_000, patient_vnd=500_000),
    copay=hc.Copay(year=2026, paid_vnd=100, threshold_vnd=15_180_000, left_vnd=15_179_901),
    steps=[hc.Step(rule="level", text={"vi": "Mức", "en": "Level"}, legal_basis="Law", rows=["a", "b"])],
)
VALID = hc.CheckCoverageResponse(
    result_code="000",
    result_text={"vi": "Thẻ còn giá trị", "en": "The card is valid"},
    covered=True,
    visit_code="00",
    card=CARD,
    person_id=1,
    check_token="tok-1",
)


def answered(desk: Desk, response: Any, classes: frozenset[str] = ALL, **changed: Any) -> dict[str, Any]:
    asked = desk.decode(ELIGIBILITY, request(**changed))
    return judge(desk.answer(ELIGIBILITY, asked, response, classes))


def but(response: hc.CheckCoverageResponse, **changed: Any) -> hc.CheckCoverageResponse:
    made = hc.CheckCoverageResponse()
    made.CopyFrom(response)
    made.MergeFrom(hc.CheckCoverageResponse(**changed))
    return made


def figures(resource: dict[str, Any]) -> dict[str, Any]:
    (item,) = resource["insurance"][0]["item"]
    return {
        row["type"]["coding"][0]["code"]: {k: v for k, v in row.items() if k != "type"}
        for row in item["benefit"]
    }


def vnd(value: int) -> dict[str, Any]:
    return {"value": value, "currency": "VND"}


def test_a_valid_card_is_in_force_for_its_period(desk: Desk) -> None:
    resource = answered(desk, VALID)
    (insurance,) = resource["insurance"]
    assert insurance["inforce"] is True
    assert insurance["benefitPeriod"] == {"start": "2026-01-01", "end": "2026-12-31"}
    assert insurance["coverage"] == {"reference": "#card"}
    assert (resource["outcome"], resource["disposition"]) == (
        "complete",
        "Thẻ còn giá trị / The card is valid",
    )
    assert "error" not in resource
    assert resource["preAuthRef"] == "tok-1"
    assert resource["purpose"] == ["benefits", "validation"]
    assert resource["patient"]["identifier"] == {"system": SYSTEMS + "personal-id", "value": "001190000017"}
    assert resource["created"] == "2025-11-22T08:26:40Z"
    assert resource["request"]["identifier"]["value"] == "1f"


def test_the_card_is_contained_with_all_that_is_known_of_it(desk: Desk) -> None:
    (card,) = answered(desk, VALID)["contained"]
    assert card["identifier"] == [{"system": SYSTEMS + "card", "value": "DN4010100000017"}]
    assert card["status"] == "active"
    assert [(one["value"], one.get("name")) for one in card["class"]] == [
        ("DN", None),
        ("4", None),
        ("01001", "Bệnh viện A"),
    ]
    assert card["costToBeneficiary"][0]["valueQuantity"]["value"] == 20
    assert [list(one.values())[1] for one in card["extension"]] == ["2025-03-01", "K1"]


def test_without_a_visit_the_patients_part_is_that_of_the_card(desk: Desk) -> None:
    assert figures(answered(desk, VALID)) == {"copay-percent": {"allowedUnsignedInt": 20}}


def test_who_asks_for_no_benefits_is_told_none(desk: Desk) -> None:
    assert "item" not in answered(desk, but(VALID, benefit=BENEFIT), purpose=["validation"])["insurance"][0]


def test_a_visits_figures_are_those_of_the_answer(desk: Desk) -> None:
    item = visit(productOrService=concept("visit-reason", "self"))
    resource = answered(desk, but(VALID, benefit=BENEFIT), item=[item])
    told = resource["insurance"][0]["item"][0]
    assert told["category"] == concept("visit-kind", "outpatient")
    assert told["modifier"] == [concept("visit-reason", "self")]
    assert told["network"] == concept("route", "self_visit")
    assert figures(resource) == {
        "copay-percent": {"allowedString": "52.50"},
        "fund-basis-points": {"allowedUnsignedInt": 4750},
        "level-percent": {"allowedUnsignedInt": 95},
        "route-percent": {"allowedUnsignedInt": 50},
        "pays-until": {"allowedString": "2026-12-31"},
        "benefit": {"allowedMoney": vnd(475_000)},
        "copay": {"allowedMoney": vnd(25_000)},
        "cost": {"allowedMoney": vnd(1_000_000)},
        "patient": {"allowedMoney": vnd(500_000)},
        "copay-maximum": {"allowedMoney": vnd(15_180_000), "usedMoney": vnd(100)},
        "copay-left": {"allowedMoney": vnd(15_179_901)},
    }
    (step,) = told["extension"]
    assert [(part["url"], list(part.values())[1]) for part in step["extension"]] == [
        ("rule", "level"),
        ("text", "Mức / Level"),
        ("legal-basis", "Law"),
        ("row", "a"),
        ("row", "b"),
    ]


def test_the_exemption_has_its_first_day(desk: Desk) -> None:
    exempt = hc.Benefit(copay=hc.Copay(exempt=True, exempt_from="2026-09-01"))
    told = figures(answered(desk, but(VALID, benefit=exempt), item=[visit()]))
    assert told["exempt-from"] == {"allowedString": "2026-09-01"}


@pytest.mark.parametrize(
    ("code", "visit_code", "outcome"),
    [("050", "05", "error"), ("060", "06", "error"), ("070", "07", "error"), ("010", "01", "complete")],
)
def test_a_card_that_pays_nothing_is_told_by_the_portals_code(
    desk: Desk, code: str, visit_code: str, outcome: str
) -> None:
    response = hc.CheckCoverageResponse(
        result_code=code, visit_code=visit_code, result_text={"vi": "Không", "en": "No"}
    )
    resource = answered(desk, response)
    assert resource["outcome"] == outcome
    assert resource["insurance"][0]["inforce"] is False
    assert resource["error"] == [{"code": concept("result", code) | {"text": "Không / No"}}]
    assert "contained" not in resource
    assert resource["insurance"][0]["coverage"]["identifier"]["value"] == "001190000017"


def test_the_card_that_replaces_it_comes_second(desk: Desk) -> None:
    renewed = hc.Card(subject_code="DN", valid_from="2027-01-01", valid_to="2027-12-31")
    resource = answered(desk, but(VALID, new_card=renewed))
    assert [one["coverage"]["reference"] for one in resource["insurance"]] == ["#card", "#newCard"]
    assert "inforce" not in resource["insurance"][1]


def test_a_request_with_a_name_of_its_own_is_answered_by_it(desk: Desk) -> None:
    own = {"system": "https://hospital.example/requests", "value": "7"}
    assert answered(desk, VALID, identifier=[own])["request"]["identifier"] == own


def test_notices_changes_and_codes_are_extensions(desk: Desk) -> None:
    response = but(
        VALID,
        notices=[hc.Notice(code="slip_expired", text={"vi": "Hết hạn", "en": "Expired"})],
        changes=[hc.Change(what="valid_to", before="2026-12-31", after="")],
    )
    told = {
        one["url"].removeprefix(SYSTEMS + "extension-"): one for one in answered(desk, response)["extension"]
    }
    assert told["result"]["valueCoding"]["code"] == "000"
    assert told["visit-code"]["valueCoding"]["code"] == "00"
    assert told["notice"]["valueCodeableConcept"]["text"] == "Hết hạn / Expired"
    assert [part["url"] for part in told["change"]["extension"]] == ["what", "before"]


MASKS = [
    ({"result"}, {"contained", "preAuthRef"}, "DN4010100000017"),
    ({"coverage"}, {"disposition", "error"}, "000"),
    ({"result", "coverage"}, set(), "DN4010100000017"),
    (set(), {"contained", "disposition", "extension", "error", "preAuthRef"}, "000"),
]


@pytest.mark.parametrize(("classes", "absent", "hidden"), MASKS)
def test_what_is_masked_is_not_in_the_resource(
    desk: Desk, classes: set[str], absent: set[str], hidden: str
) -> None:
    resource = answered(desk, but(VALID, benefit=BENEFIT), frozenset(classes), item=[visit()])
    assert not absent & set(resource)
    assert f"'{hidden}'" not in str(resource)
    assert ("inforce" in resource["insurance"][0]) == ("result" in classes)
    assert ("item" in resource["insurance"][0]) == ("coverage" in classes)
