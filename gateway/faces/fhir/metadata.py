"""The public resources: what this face can do (``CapabilityStatement``), and the codes that it knows."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.faces.fhir import claims, coverage
from gateway.faces.fhir.json import MEDIA_TYPE
from gateway.faces.fhir.systems import NAMES, VISIT_KINDS, VISIT_REASONS, Systems

PUBLISHED: Final = "2026-11-22"
"""The day on which what is said here last changed."""

_OF_R4: Final[Mapping[str, str]] = {
    "identifier": "http://hl7.org/fhir/SearchParameter/Coverage-identifier",
}
_CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "visit-kind": {
        "outpatient": "Khám bệnh, điều trị ngoại trú / Outpatient (MA_LOAI_KCB 01, 02, 05, 07, 08)",
        "inpatient": "Điều trị nội trú / Inpatient (03, 09)",
        "day-inpatient": "Điều trị nội trú ban ngày / Day inpatient (04)",
    },
    "visit-reason": {
        "self": "Tự đến / Came by herself",
        "referral": "Chuyển cơ sở / Referred, with a slip",
        "revisit": "Hẹn khám lại / Told to come again, with a slip",
        "emergency": "Cấp cứu / Emergency",
        "temporary-stay": "Tạm trú, lưu trú, công tác / Declared elsewhere for a time",
    },
    "route": {
        "registered": "Đúng nơi đăng ký / Where she is registered",
        "referral": "Chuyển cơ sở / Referred",
        "revisit": "Hẹn khám lại / Told to come again",
        "emergency": "Cấp cứu / Emergency",
        "temporary_stay": "Tạm trú, lưu trú, công tác / Declared elsewhere for a time",
        "self_visit": "Tự đến / Came by herself",
    },
    "benefit": {
        "fund-basis-points": "Quỹ thanh toán, phần vạn / What the fund pays, hundredths of a percent",
        "level-percent": "Mức hưởng của thẻ / The card's level, percent",
        "route-percent": "Tỷ lệ theo tuyến / The route's part of it, percent",
        "pays-until": "Ngày cuối quỹ thanh toán / Last day that the fund pays for this stay",
        "cost": "Chi phí trong phạm vi / The cost within the fund's scope",
        "patient": "Người bệnh tự trả / What the route leaves to the patient",
        "copay-left": "Còn lại đến miễn cùng chi trả / Still to be paid until the exemption",
        "exempt-from": "Ngày bắt đầu miễn cùng chi trả / First day of the exemption",
    },
    "class": {
        "benefit-digit": "Mã mức hưởng / The benefit digit",
        "registered-facility": "Nơi đăng ký KCB ban đầu / Where the person is registered",
    },
    "payer": {"patient": "Người bệnh tự trả / Paid by the patient alone"},
    "access": {**claims.GROUNDS, "masked": "Không thuộc phạm vi được cấp / Not covered by the grant"},
}

_CHECK = (
    "One CheckCoverage, scope coverage:check. The patient is a contained Patient with name and birthDate; "
    "insurance.coverage names the card (logical reference, contained Coverage, or one that was answered to you). "
    "item, at most one, is the visit: category, productOrService (why), diagnosisCodeableConcept, unitPrice "
    "(its cost, VND). A stay: servicedPeriod. Answered at once with the CoverageEligibilityResponse."
)
_COVERAGE = "GetCoverage, scope coverage:read. Identifiers never stand in a URL: search by POST."
_CLAIMS = (
    "ListVisits, scope history:read. Search by POST; follow a next link by POST with the same form. "
    "service-date takes ge and le."
)
_SECURITY = (
    "Every request is signed (RFC 9421, tag lienthong-request) and every answer (lienthong-response); "
    "headers Purpose and Staff say why and who. See the agency guide."
)


def capability_statement(kinds: Iterable[str], systems: Systems, base: str) -> dict[str, Any]:
    """What can be done with resources of these ``kinds`` at ``base``."""
    made = {
        "CoverageEligibilityRequest": _kind("CoverageEligibilityRequest", ["create"], _CHECK, ()),
        "Coverage": _kind("Coverage", ["read", "search-type"], _COVERAGE, coverage.PARAMETERS),
        "ExplanationOfBenefit": _kind("ExplanationOfBenefit", ["search-type"], _CLAIMS, claims.PARAMETERS),
    }
    listed = "\n".join(f"- `{systems[name]}`: {what}" for name, what in NAMES.items())
    return {
        "resourceType": "CapabilityStatement",
        "url": base + "/metadata",
        "name": "Lienthong",
        "title": "Lienthong: Vietnam Social Security",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "description": f"Systems:\n\n{listed}",
        "implementation": {"description": "The integration gateway of VSS", "url": base},
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE],
        "rest": [
            {
                "mode": "server",
                "security": {"cors": False, "description": _SECURITY},
                "resource": [made[kind] for kind in kinds],
            }
        ],
    }


def code_systems(systems: Systems, base: str) -> dict[str, dict[str, Any]]:
    """Name -> CodeSystem, of those that are ours alone."""
    return {name: _code_system(name, codes, systems, base) for name, codes in _CODES.items()}


def _kind(name: str, interactions: list[str], documentation: str, known: Iterable[str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": name,
        "interaction": [{"code": code} for code in interactions],
        "documentation": documentation,
    }
    if parameters := [_parameter(p) for p in known if not p.startswith("_") and ":" not in p]:
        made["searchParam"] = parameters
    return made


def _parameter(name: str) -> dict[str, str]:
    made = {"name": name, "type": "date" if name in {"as-of", "service-date"} else "token"}
    if name in _OF_R4:
        made["definition"] = _OF_R4[name]
    return made


def _code_system(name: str, codes: Mapping[str, str], systems: Systems, base: str) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": systems[name],
        "name": "".join(word.capitalize() for word in name.split("-")),
        "description": f"{NAMES[name]}. Served at {base}/CodeSystem/{name}",
        "status": "active",
        "date": PUBLISHED,
        "content": "complete",
        "concept": [{"code": code, "display": display} for code, display in codes.items()],
    }


# A code that the contract has and nobody explains stops the start.
if set(_CODES["visit-kind"]) != set(VISIT_KINDS) or set(_CODES["visit-reason"]) != set(VISIT_REASONS):
    raise ValueError("a kind or reason of the contract has no display")
