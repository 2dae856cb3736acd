"""Every refusal has its OperationOutcome."""

import pytest

from gateway.faces.fhir.outcome import ISSUE_TYPES, outcome_of
from gateway.problems import REASONS, Problem
from lienthong.rpc.errors import FieldViolation
from tests.support.fhir import judge


@pytest.mark.parametrize("reason", sorted(REASONS))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_has_an_outcome(reason: str, language: str) -> None:
    document = Problem(reason, "of the log alone").document(language, "1f")
    (issue,) = judge(outcome_of(document))["issue"]
    assert issue["details"]["coding"][0]["code"] == reason
    assert issue["details"]["text"] == document["title"]
    assert issue["diagnostics"] == "urn:lienthong:request:1f"
    assert "of the log alone" not in str(issue)


def test_no_reason_is_forgotten() -> None:
    assert set(ISSUE_TYPES) == set(REASONS)


def test_each_wrong_field_is_an_issue_where_it_stands() -> None:
    fields = (
        FieldViolation("Patient.birthDate", "is required"),
        FieldViolation("header Staff", "who asks"),
        FieldViolation("patient.identifier", "is required"),
    )
    document = Problem("invalid_argument", fields=fields).document("en", "1f")
    issues = judge(outcome_of(document))["issue"]
    assert [one.get("expression") or one["location"] for one in issues] == [
        ["Patient.birthDate"],
        ["http.Staff"],
        ["http.patient.identifier"],
    ]
    assert [one["diagnostics"] for one in issues] == ["is required", "who asks", "is required"]
