"""The one table of refusals."""

import pytest

from gateway.problems import REASONS, Problem, problem_of
from lienthong.access.requests import MalformedJson
from lienthong.rpc import errors
from lienthong.rpc.errors import FieldViolation
from lienthong.signing import ACCEPT_SIGNATURE, SignatureRefused

# The agencies' profile (signing.md, "Errors"), and RFC 9110 for what any HTTP server may say.
PROFILE = {
    "malformed": 400,
    "signature_missing": 401, "signature_invalid": 401, "signature_expired": 401, "replayed": 401,
    "scope_denied": 403, "purpose_denied": 403, "row_denied": 403,
    "not_found": 404, "method_not_allowed": 405, "idempotency_conflict": 409, "not_covered": 409,
    "not_acceptable": 406, "answer_too_large": 413,
    "too_large": 413, "unsupported_media_type": 415, "invalid_argument": 422, "headers_too_large": 431,
    "quota_exceeded": 429,
    "internal": 500, "unavailable": 503,
}  # fmt: skip


def test_the_reasons_are_those_of_the_profile() -> None:
    assert {name: int(reason.status) for name, reason in REASONS.items()} == PROFILE


@pytest.mark.parametrize("name", PROFILE)
def test_every_reason_speaks_both_languages_and_keeps_its_detail(name: str) -> None:
    problem = Problem(name, "detail for the log")
    vi, en = (problem.document(language, "r1") for language in ("vi", "en"))
    assert vi["title"]
    assert en["title"]
    assert vi["title"] != en["title"]
    assert str(en["title"]).isascii()
    for document in (vi, en):
        assert document["reason"] == name
        assert document["status"] == PROFILE[name]
        assert document["type"] == f"urn:lienthong:problem:{name}"
        assert document["instance"] == "urn:lienthong:request:r1"
        assert "detail for the log" not in str(document)
        assert "errors" not in document


@pytest.mark.parametrize("name", PROFILE)
def test_what_to_sign_and_when_to_come_again_is_said_where_it_helps(name: str) -> None:
    headers = dict(Problem(name).extra_headers())
    assert headers.get(b"accept-signature") == (ACCEPT_SIGNATURE.encode() if PROFILE[name] == 401 else None)
    assert headers.get(b"retry-after") == (b"1" if PROFILE[name] == 503 else None)


def test_every_reason_of_the_signature_profile_has_its_row() -> None:
    for reason in ("malformed", "signature_missing", "signature_invalid", "signature_expired"):
        problem = problem_of(SignatureRefused(reason, "why"))
        assert (problem.reason.name, problem.detail) == (reason, "why")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Nhung"),
        KeyError("001190000017"),
        RuntimeError(),
        RecursionError(),
        MemoryError(),
        OSError("x"),
    ],
)
def test_what_nobody_foresaw_is_internal_and_only_its_type_is_kept(error: Exception) -> None:
    problem = problem_of(error)
    assert (problem.reason.name, problem.detail) == ("internal", type(error).__name__)
    assert problem.fields == ()


def test_a_refusal_passes_as_it_is() -> None:
    problem = Problem("quota_exceeded", headers=((b"retry-after", b"7"),))
    assert problem_of(problem) is problem
    assert dict(problem.extra_headers())[b"retry-after"] == b"7"


def test_json_that_cannot_be_read_is_malformed() -> None:
    assert problem_of(MalformedJson("a field is given twice")).reason.name == "malformed"


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("full_name", "fullName"),
        ("requests[3].full_name", "requests[3].fullName"),
        ("requests[3].visit_on", "requests[3].visitOn"),
        ("born", "born"),
        ("a_b_c", "aBC"),
        ("header Legal-Basis", "header Legal-Basis"),
        ("", ""),
    ],
)
def test_fields_are_named_as_the_agency_writes_them(path: str, written: str) -> None:
    problem = problem_of(errors.InvalidArgument(FieldViolation(path, "is wrong")))
    assert problem.document("en", "r")["errors"] == [{"field": written, "description": "is wrong"}]


def test_a_row_rule_is_told_from_a_call_that_was_not_ours_to_make() -> None:
    assert problem_of(errors.PermissionDenied("ROW_DENIED", "")).reason.name == "row_denied"
    assert problem_of(errors.PermissionDenied("CALLER_NOT_LISTED", "")).reason.name == "internal"
