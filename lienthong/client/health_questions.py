"""Questions and commands of health insurance: certificates, history, stays, claim files."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lienthong.client.questions import (
    Asking,
    Person,
    Question,
    command,
    person_body,
    said,
    written_day,
    written_moment,
)

CLAIMS_S = 60.0
"""For one try: 10 MiB over a hospital's line."""
_CLAIMS = "/v1/claims"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Whose visits: those that touch the days given, both included; the last twelve months without."""

    identifier: str
    from_day: date | str = ""
    to_day: date | str = ""
    page_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who is admitted: ``treatment_code`` is the facility's own (MA_LK), as in the claim file later."""

    person: Person
    treatment_code: str
    admitted_at: datetime | None = None


def issue_certificate(person: Person, asking: Asking) -> Question:
    """``HealthClaimsQueryService.IssueCertificate``; of the person, who she is."""
    body = {name: value for name, value in person_body(person).items() if name in _WHO}
    return Question(path="/v1/coverage:certificate", body=body, asking=asking)


_WHO = frozenset({"identifier", "fullName", "born"})


def visits(asked: Visits, page_token: str, asking: Asking) -> Question:
    """``HistoryQueryService.ListVisits``."""
    body = said(
        identifier=asked.identifier,
        fromDay=written_day(asked.from_day),
        toDay=written_day(asked.to_day),
        pageSize=asked.page_size,
        pageToken=page_token,
    )
    return Question(path="/v1/history:list", body=body, asking=asking)


def visit(identifier: str, visit_id: str, asking: Asking) -> Question:
    """``HistoryQueryService.GetVisit``."""
    body = said(identifier=identifier, visitId=visit_id)
    return Question(path="/v1/history:get", body=body, asking=asking)


def running_drugs(identifier: str, on_day: date | str | None, asking: Asking) -> Question:
    """``HistoryQueryService.ListRunningDrugs``."""
    body = said(identifier=identifier, onDay=written_day(on_day))
    return Question(path="/v1/history:drugs", body=body, asking=asking)


def sensitive_visits(identifier: str, asking: Asking) -> Question:
    """``HistoryQueryService.ListSensitiveVisits``."""
    return Question(path="/v1/history:sensitive", body=said(identifier=identifier), asking=asking)


def open_stay(admission: Admission, asking: Asking, key: str = "") -> Question:
    """``HealthClaimsCommandService.OpenStay``."""
    who = {name: value for name, value in person_body(admission.person).items() if name in _WHO}
    more = said(treatmentCode=admission.treatment_code, admittedAt=written_moment(admission.admitted_at))
    return command("/v1/stays:open", who | more, asking, key)


def close_stay(treatment_code: str, left_at: datetime | None, asking: Asking, key: str = "") -> Question:
    """``HealthClaimsCommandService.CloseStay``."""
    body = said(treatmentCode=treatment_code, leftAt=written_moment(left_at))
    return command("/v1/stays:close", body, asking, key)


def submit_claims(file: bytes, asking: Asking, key: str = "") -> Question:
    """``HealthClaimsCommandService.SubmitClaims``: the file as it is, octet by octet.

    Without a key the file itself is it: the same file sent again, by whomever at the
    agency, is the same operation.
    """
    return Question(
        path=_CLAIMS,
        body=None,
        file=file,
        media_type="application/xml",
        asking=asking,
        query=False,
        idempotency_key=key or file_key(file),
        timeout_s=CLAIMS_S,
    )


def file_key(file: bytes) -> str:
    """The idempotency key of a file: from its SHA-256."""
    return f"claims-{hashlib.sha256(file).hexdigest()[:48]}"


def paths() -> Iterator[str]:
    """Every route of these."""
    asking, nobody = Asking(), Person(identifier="", full_name="", born="")
    yield issue_certificate(nobody, asking).path
    yield visits(Visits(identifier=""), "", asking).path
    yield visit("", "", asking).path
    yield running_drugs("", None, asking).path
    yield sensitive_visits("", asking).path
    yield open_stay(Admission(person=nobody, treatment_code=""), asking).path
    yield close_stay("", None, asking).path
    yield submit_claims(b"", asking).path
