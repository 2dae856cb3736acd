"""FHIR requests to ask with, and an independent judge of what is answered."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from fhirclient.models import fhirelementfactory

SYSTEMS = "urn:lienthong:fhir:"
ROOT = "/fhir/R4"
ELIGIBILITY, SEARCH = f"{ROOT}/CoverageEligibilityRequest", f"{ROOT}/Coverage/_search"
CLAIMS = f"{ROOT}/ExplanationOfBenefit/_search"
FHIR_JSON, FORM = "application/fhir+json", "application/x-www-form-urlencoded"
PERSON, CARD = f"{SYSTEMS}personal-id|001190000017", f"{SYSTEMS}card|DN4010100000017"

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_CODE = re.compile(r"[^\s]+(\s[^\s]+)*")
# The codes of R4's required bindings, as far as they are used here.
_BOUND = {
    ("CoverageEligibilityResponse", "status"): {"active", "cancelled", "draft", "entered-in-error"},
    ("CoverageEligibilityResponse", "outcome"): {"queued", "complete", "error", "partial"},
    ("Coverage", "status"): {"active", "cancelled", "draft", "entered-in-error"},
    ("ExplanationOfBenefit", "status"): {"active", "cancelled", "draft", "entered-in-error"},
    ("ExplanationOfBenefit", "use"): {"claim", "preauthorization", "predetermination"},
    ("ExplanationOfBenefit", "outcome"): {"queued", "complete", "error", "partial"},
    ("Bundle", "type"): {"searchset"},
}
_SEVERITIES = {"fatal", "error", "warning", "information"}
_ISSUE_TYPES = {
    "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired",
    "forbidden", "suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found",
    "deleted", "too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient",
    "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled", "informational",
}  # fmt: skip


def concept(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept of ours."""
    return {"coding": [{"system": SYSTEMS + system, "code": code}]}


def request(**changed: Any) -> dict[str, Any]:
    """What Nhung's desk asks, by her personal ID; None leaves an element out."""
    patient = {
        "resourceType": "Patient",
        "id": "nhung",
        "identifier": [{"system": SYSTEMS + "personal-id", "value": "001190000017"}],
        "name": [{"family": "Trần", "given": ["Thị Hồng", "Nhung"]}],
        "birthDate": "1990-05-17",
    }
    usual: dict[str, Any] = {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["benefits", "validation"],
        "created": "2026-11-22",
        "insurer": {"display": "VSS"},
        "contained": [patient],
        "patient": {"reference": "#nhung"},
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def visit(**changed: Any) -> dict[str, Any]:
    """A visit as the item of a request."""
    return {"category": concept("visit-kind", "outpatient")} | changed


def judge(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource, if it is one of R4. Raises ``FHIRValidationError`` or ``AssertionError``.

    Elements, types and cardinalities are fhirclient's to say, which HL7's own definitions
    made; what its model does not hold (empty elements, bound codes, constraints) is ours.
    """
    told = json.loads(json.dumps(resource))
    made = fhirelementfactory.FHIRElementFactory.instantiate(told["resourceType"], copy.deepcopy(told))
    assert made.as_json() == told
    for part in _parts(told):
        _judge_part(part)
    return resource


def _judge_part(part: dict[str, Any]) -> None:
    assert not any(value in (None, "", [], {}) for value in part.values()), part
    kind = part.get("resourceType")
    assert _ID.fullmatch(part.get("id", "x"))
    if "coding" in part:
        assert all(_CODE.fullmatch(one["code"]) for one in part["coding"])
    for (resource, element), codes in _BOUND.items():
        assert kind != resource or part[element] in codes, (element, part[element])
    if kind == "CoverageEligibilityResponse":
        # ces-1
        items = [item for one in part["insurance"] for item in one.get("item", ())]
        assert all(("category" in item) != ("productOrService" in item) for item in items)
    if "contained" in part:
        # dom-3: what is contained is referred to.
        text = json.dumps({k: v for k, v in part.items() if k != "contained"})
        assert all(f'"#{one["id"]}"' in text for one in part["contained"])
    if kind == "Bundle":
        # bdl-7
        urls = [one["fullUrl"] for one in part.get("entry", ()) if "fullUrl" in one]
        assert len(urls) == len(set(urls))
    if kind == "OperationOutcome":
        assert {one["severity"] for one in part["issue"]} <= _SEVERITIES
        assert {one["code"] for one in part["issue"]} <= _ISSUE_TYPES


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
