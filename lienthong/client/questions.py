"""What is asked: the route and JSON body of each capability, apart from who asks and how.

The routes are those of the contract's ``google.api.http`` options; a test keeps
them equal.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode
from uuid import uuid4

# A day, or a year alone where only the year of birth is known.
Born: TypeAlias = date | int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Why and on whose behalf; empty fields fall back on the agency's settings."""

    purpose: str = ""
    staff: str = ""
    legal_basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a person comes for. ``kind``: outpatient, inpatient or day_inpatient.

    ``reason``: self, referral, revisit, emergency or temporary_stay; empty where the place of
    registration decides. ``cost_vnd`` is to be split; ``diagnosis`` is of ICD-10.
    """

    kind: str
    reason: str = ""
    admitted_on: date | str | None = None
    slip_on: date | str | None = None
    diagnosis: str = ""
    cost_vnd: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person, as the desk knows her. ``previous_check``: the ``check_token`` of an earlier answer."""

    identifier: str
    full_name: str
    born: Born
    visit_on: date | str | None = None
    visit: Visit | None = None
    previous_check: str = ""


ANSWER_S = 10.0
"""For one try; the gateway's own deadline is shorter."""
SENDING_S = 30.0
"""For one try of a command: a declaration of 50,000 lines takes some seconds to be read and signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call. A query may be repeated; a command only under an ``idempotency_key``.

    Without ``body`` and ``media_type`` it is a GET, and ``path`` ends with its query. With a
    ``media_type`` the body is ``file`` as it is. ``wait_s``: the answer may wait so long for
    what it tells to end (``Prefer: wait``, RFC 7240). ``headers`` say which representation is
    wanted (``accept``, ``accept-encoding``, ``accept-language``, ``if-none-match``), in lower case.
    """

    path: str
    body: dict[str, Any] | None
    asking: Asking
    query: bool = True
    idempotency_key: str = ""
    wait_s: int = 0
    timeout_s: float = ANSWER_S
    file: bytes = field(default=b"", repr=False)
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def repeatable(self) -> bool:
        """Whether asking twice has the effect of asking once."""
        return self.query or bool(self.idempotency_key)


def check_coverage(person: Person, asking: Asking) -> Question:
    """``HealthClaimsQueryService.CheckCoverage``."""
    return Question(path="/v1/coverage:check", body=person_body(person), asking=asking)


def batch_check_coverage(people: Iterable[Person], asking: Asking) -> Question:
    """``HealthClaimsQueryService.BatchCheckCoverage``."""
    body = {"requests": [person_body(p) for p in people]}
    return Question(path="/v1/coverage:batchCheck", body=body, asking=asking)


def get_coverage(identifier: str, as_of: date | str | None, asking: Asking) -> Question:
    """``HealthClaimsQueryService.GetCoverage``."""
    body = said(identifier=identifier, asOf=written_day(as_of))
    return Question(path="/v1/coverage:get", body=body, asking=asking)


def verify_identity(identifier: str, asking: Asking, **particulars: Any) -> Question:
    """``IdentityQueryService.VerifyIdentity``; particulars: full_name, born, sex ("male", "female")."""
    sex = particulars.get("sex")
    body = said(
        identifier=identifier,
        fullName=particulars.get("full_name"),
        born=_born(particulars.get("born")),
        sex=f"SEX_{sex.upper()}" if sex else None,
    )
    return Question(path="/v1/identity:verify", body=body, asking=asking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """Which contribution months: ``YYYY-MM`` bounds, both included; everything when empty."""

    identifier: str
    from_month: str = ""
    to_month: str = ""
    page_size: int = 0


def contribution_months(months: Months, page_token: str, asking: Asking) -> Question:
    """``ContributionsQueryService.ListContributionMonths``."""
    return Question(path="/v1/contributions:listMonths", body=_months(months, page_token), asking=asking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Which audit entries; ``since`` and ``until`` must carry a time zone.

    ``purpose`` is what the request stated, ``emergency`` for what was asked by breaking the
    glass; ``rpc`` an RPC's full name or its service's.
    """

    agency_id: str = ""
    identifier: str = ""
    since: datetime | None = None
    until: datetime | None = None
    outcome: str = ""
    page_size: int = 0
    purpose: str = ""
    rpc: str = ""


def audit_entries(entries: Entries, page_token: str, asking: Asking) -> Question:
    """``AuditQueryService.ListAuditEntries``."""
    body = said(
        agencyId=entries.agency_id,
        identifier=entries.identifier,
        since=written_moment(entries.since),
        until=written_moment(entries.until),
        outcome=entries.outcome,
        purpose=entries.purpose,
        rpc=entries.rpc,
        pageSize=entries.page_size,
        pageToken=page_token,
    )
    return Question(path="/v1/audit:listEntries", body=body, asking=asking)


_OPERATION = "/v1/operations/{}"
LONGEST_WAIT_S = 30
"""The gateway holds no answer longer."""


def operation(operation_id: str, asking: Asking, *, wait_s: float = 0) -> Question:
    """``OperationsService.GetOperation``."""
    wait = math.ceil(min(wait_s, LONGEST_WAIT_S))
    path = _OPERATION.format(quote(operation_id, safe=""))
    return Question(path=path, body=None, asking=asking, wait_s=wait, timeout_s=ANSWER_S + wait)


def operations(state: str, page_size: int, page_token: str, asking: Asking) -> Question:
    """``OperationsService.ListOperations``; ``state`` such as ``pending``, all when empty."""
    asked = said(
        state=f"OPERATION_STATE_{state.upper()}" if state else "", pageSize=page_size, pageToken=page_token
    )
    return Question(
        path="/v1/operations" + (f"?{urlencode(asked)}" if asked else ""), body=None, asking=asking
    )


def ledger(months: Months, page_token: str, asking: Asking) -> Question:
    """``ContributionsQueryService.GetLedger``."""
    return Question(path="/v1/contributions:ledger", body=_months(months, page_token), asking=asking)


def statement(employer_code: str, as_of: date | str | None, days: int, asking: Asking) -> Question:
    """``ContributionsQueryService.GetEmployerStatement``."""
    body = said(employerCode=employer_code, asOf=written_day(as_of), days=days)
    return Question(path="/v1/employers:statement", body=body, asking=asking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Debts:
    """Which debtors: ``state`` late or evasion (both when empty), at least so much, of one ownership."""

    state: str = ""
    least_vnd: int = 0
    sector: str = ""
    page_size: int = 0


def debtors(debts: Debts, page_token: str, asking: Asking) -> Question:
    """``ContributionsQueryService.ListDebtors``."""
    body = said(
        state=f"LEGAL_STATE_{debts.state.upper()}" if debts.state else "",
        leastVnd=str(debts.least_vnd) if debts.least_vnd else "",
        sector=debts.sector,
        pageSize=debts.page_size,
        pageToken=page_token,
    )
    return Question(path="/v1/debtors:list", body=body, asking=asking)


def report(report_id: str, asking: Asking) -> Question:
    """``ContributionsQueryService.GetReport``."""
    return Question(path="/v1/reports:get", body=said(reportId=report_id), asking=asking)


def reports(state: str, page_size: int, page_token: str, asking: Asking) -> Question:
    """``ContributionsQueryService.ListReports``; ``state`` such as ``received``, all when empty."""
    body = said(
        state=f"REPORT_STATE_{state.upper()}" if state else "", pageSize=page_size, pageToken=page_token
    )
    return Question(path="/v1/reports:list", body=body, asking=asking)


def paths() -> Iterator[str]:
    """Every route that this client knows."""
    nobody, asking = Person(identifier="", full_name="", born=""), Asking()
    yield check_coverage(nobody, asking).path
    yield batch_check_coverage([], asking).path
    yield get_coverage("", None, asking).path
    yield verify_identity("", asking).path
    yield contribution_months(Months(identifier=""), "", asking).path
    yield audit_entries(Entries(), "", asking).path
    yield _OPERATION.format("{operation_id}")
    yield operations("", 0, "", asking).path
    yield ledger(Months(identifier=""), "", asking).path
    yield statement("", None, 0, asking).path
    yield debtors(Debts(), "", asking).path
    yield report("", asking).path
    yield reports("", 0, "", asking).path


def _months(months: Months, page_token: str) -> dict[str, Any]:
    return said(
        identifier=months.identifier,
        fromMonth=months.from_month,
        toMonth=months.to_month,
        pageSize=months.page_size,
        pageToken=page_token,
    )


def person_body(person: Person) -> dict[str, Any]:
    """``CheckCoverageRequest``."""
    return said(
        identifier=person.identifier,
        fullName=person.full_name,
        born=_born(person.born),
        visitOn=written_day(person.visit_on),
        visit=_visit(person.visit) if person.visit else None,
        previousCheck=person.previous_check,
    )


def _visit(visit: Visit) -> dict[str, Any]:
    return said(
        kind=f"VISIT_KIND_{visit.kind.upper()}",
        reason=f"VISIT_REASON_{visit.reason.upper()}" if visit.reason else "",
        admittedOn=written_day(visit.admitted_on),
        slipOn=written_day(visit.slip_on),
        diagnosis=visit.diagnosis,
        costVnd=written_amount(visit.cost_vnd),
    )


def said(**fields: Any) -> dict[str, Any]:
    """The fields that have a value: an absent one is not sent."""
    return {name: value for name, value in fields.items() if value}


def _born(value: Born | None) -> str | None:
    return f"{value:04d}" if isinstance(value, int) else written_day(value)


def command(path: str, body: dict[str, Any], asking: Asking, key: str) -> Question:
    """A command under ``key``, or under a new one: repeating the same question has no second effect."""
    return Question(
        path=path,
        body=body,
        asking=asking,
        query=False,
        idempotency_key=key or str(uuid4()),
        timeout_s=SENDING_S,
    )


def written_amount(vnd: int) -> str:
    """ProtoJSON writes a 64-bit number as text, so that no reader rounds it."""
    return str(vnd) if vnd else ""


def written_day(value: date | str | None) -> str | None:
    """A day as ``YYYY-MM-DD``."""
    return value.isoformat() if isinstance(value, date) else value


def written_moment(value: datetime | None) -> str | None:
    """A moment as RFC 3339. Raises ValueError for one without a time zone."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.isoformat(timespec="microseconds")
