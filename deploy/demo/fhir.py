"""The same question in FHIR R4: one implementation behind two faces."""

from datetime import date
from typing import Any

import msgspec

from deploy.demo.coverage import HOSPITAL
from deploy.demo.stage import NotAsTold, Stage, expect
from deploy.demo.treatment import COST_VND
from deploy.nation.calendar import today
from lienthong.client import Asking, Question

PATH, MEDIA_TYPE = "/fhir/R4/CoverageEligibilityRequest", "application/fhir+json"
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_PERSONAL_ID = "urn:lienthong:fhir:personal-id"
_ICD_10 = "http://hl7.org/fhir/sid/icd-10"


def eligibility_request(
    identifier: str, full_name: str, born: str, *, cost_vnd: int, on: date, diagnosis: str = ""
) -> dict[str, Any]:
    """A ``CoverageEligibilityRequest`` about an outpatient's visit."""
    patient = {
        "resourceType": "Patient",
        "id": "patient",
        "identifier": [{"system": _PERSONAL_ID, "value": identifier}],
        "name": [{"text": full_name}],
        "birthDate": born,
    }
    item: dict[str, Any] = {
        "category": {"coding": [{"system": _ACT_CODE, "code": "AMB"}]},
        "unitPrice": {"value": cost_vnd, "currency": "VND"},
    }
    if diagnosis:
        concept = {"coding": [{"system": _ICD_10, "code": diagnosis}]}
        item["diagnosis"] = [{"diagnosisCodeableConcept": concept}]
    return {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["benefits", "validation"],
        "patient": {"reference": "#patient"},
        "created": on.isoformat(),
        "insurer": {"display": "VSS"},
        "contained": [patient],
        "item": [item],
    }


def eligibility(stage: Stage) -> list[str]:
    """What the plain answer says, as a ``CoverageEligibilityResponse``."""
    person = stage.person(1)
    body = eligibility_request(
        person.personal_id, person.full_name, person.born, cost_vnd=COST_VND, on=today(), diagnosis="I10"
    )
    receipt = stage.client(HOSPITAL).ask(
        Question(path=PATH, body=None, file=msgspec.json.encode(body), media_type=MEDIA_TYPE, asking=Asking())
    )
    stage.answered(HOSPITAL, receipt)
    answer = msgspec.json.decode(receipt.body)
    insurance = answer["insurance"][0]
    expect(
        (answer["resourceType"], answer["outcome"], insurance["inforce"]),
        ("CoverageEligibilityResponse", "complete", True),
        "resource, outcome and inforce",
    )
    benefits = [_benefit(one) for item in insurance.get("item", []) for one in item.get("benefit", [])]
    if not benefits:
        raise NotAsTold("no benefit in the answer")
    period = insurance.get("benefitPeriod", {})
    return [
        f"{answer['resourceType']}: {answer['outcome']}, inforce, {period.get('start')} – {period.get('end')}",
        *benefits[:4],
    ]


def _benefit(benefit: dict[str, Any]) -> str:
    code = benefit["type"]["coding"][0]["code"]
    allowed = benefit.get("allowedMoney", {}).get(
        "value", benefit.get("allowedUnsignedInt", benefit.get("allowedString"))
    )
    return f"{code}: {allowed if not isinstance(allowed, int | float) else f'{allowed:,}'}"
