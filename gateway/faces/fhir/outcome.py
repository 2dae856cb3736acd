"""``OperationOutcome``: every refusal, and what a search tells besides what it found."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.faces.fhir.systems import PROBLEM

ROOT: Final = "/fhir/R4"

# Our reasons -> IssueType (R4 value set issue-type); what is not listed is "processing".
ISSUE_TYPES: Final[Mapping[str, str]] = {
    "malformed": "structure",
    "signature_missing": "login",
    "signature_invalid": "security",
    "signature_expired": "expired",
    "replayed": "duplicate",
    "scope_denied": "forbidden",
    "purpose_denied": "forbidden",
    "row_denied": "forbidden",
    "not_found": "not-found",
    "method_not_allowed": "not-supported",
    "idempotency_conflict": "conflict",
    "not_covered": "business-rule",
    "not_acceptable": "not-supported",
    "answer_too_large": "too-costly",
    "too_large": "too-long",
    "headers_too_large": "too-long",
    "unsupported_media_type": "not-supported",
    "invalid_argument": "value",
    "quota_exceeded": "throttled",
    "internal": "exception",
    "unavailable": "transient",
}


def outcome_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The OperationOutcome for a problem document (RFC 9457): one issue for each wrong field, or one."""
    reason = str(document["reason"])
    issue = {
        "severity": "error",
        "code": ISSUE_TYPES.get(reason, "processing"),
        "details": {"coding": [{"system": PROBLEM, "code": reason}], "text": document["title"]},
        "diagnostics": document["instance"],
    }
    errors = document.get("errors", ())
    issues = [issue | _place(e["field"]) | {"diagnostics": e["description"]} for e in errors]
    return {"resourceType": "OperationOutcome", "issue": issues or [issue]}


def remark(code: str, coding: tuple[str, str], text: str) -> dict[str, Any]:
    """A search's remark on what it found, as an entry of its Bundle."""
    system, value = coding
    issue = {
        "severity": "information",
        "code": code,
        "details": {"coding": [{"system": system, "code": value}], "text": text},
    }
    return {
        "resource": {"resourceType": "OperationOutcome", "issue": [issue]},
        "search": {"mode": "outcome"},
    }


def _place(field: str) -> dict[str, list[str]]:
    """An element by its FHIRPath; what came as a parameter or a header as "http." and its name (R4 2.31.3)."""
    if field[:1].isupper():
        return {"expression": [field]}
    return {"location": ["http." + field.removeprefix("header ")]}
