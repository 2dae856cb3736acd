"""What is commanded: route and JSON body of each command, apart from who commands and how.

A command is accepted with 202 and carried out afterwards, whatever fails meanwhile; its
idempotency key names the operation. Every function makes one up unless it is given, so
that repeating the same :class:`Question` never has a second effect. Keep the question
(or give a key of your own and keep that) if the process itself may die between.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from lienthong.client.questions import Asking, Question, command, said, written_amount, written_day


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationLine:
    """One person's change (form D02-LT).

    ``kind``: increase, decrease, change, correction or unpaid_leave. Months are
    ``YYYY-MM``; ``base_vnd`` is VND a month. ``schemes``: SI, HI, UI, VSI; those three
    that are compulsory when empty. Which fields a kind needs stands in the contract
    (``LineKind``).
    """

    kind: str
    identifier: str
    full_name: str
    from_month: str
    to_month: str = ""
    schemes: tuple[str, ...] = ()
    base_vnd: int = 0
    position: str = ""
    unpaid_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What a bank has collected; ``reference`` is the bank's own and counts once."""

    employer_code: str
    value_date: date | str
    amount_vnd: int
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEmployer:
    """A unit to register. ``sector``: public, state, private or foreign; ``region`` 1 to 4."""

    employer_code: str
    name: str
    province_code: str
    sector: str
    region: int
    obliged_since: date | str
    reduced_accident_rate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Irregularity:
    """What an employee reports. ``kind``: not_paid, under_declared or not_declared."""

    identifier: str
    employer_code: str
    kind: str
    from_month: str
    to_month: str
    actual_base_vnd: int = 0
    statement: str = ""


SCHEMES = {
    "SI": "SCHEME_SOCIAL_INSURANCE",
    "HI": "SCHEME_HEALTH_INSURANCE",
    "UI": "SCHEME_UNEMPLOYMENT_INSURANCE",
    "VSI": "SCHEME_VOLUNTARY_SOCIAL_INSURANCE",
}
"""Short names of the schemes, as files and tables write them."""


def submit_declaration(lines: Iterable[DeclarationLine], asking: Asking, key: str = "") -> Question:
    """``ContributionsCommandService.SubmitDeclaration``."""
    return command("/v1/declarations", {"lines": [_line(line) for line in lines]}, asking, key)


def record_payments(payments: Iterable[Payment], asking: Asking, key: str = "") -> Question:
    """``ContributionsCommandService.RecordPayments``."""
    rows = [
        said(
            employerCode=p.employer_code,
            valueDate=written_day(p.value_date),
            amountVnd=str(p.amount_vnd),
            reference=p.reference,
        )
        for p in payments
    ]
    return command("/v1/payments:record", {"payments": rows}, asking, key)


def register_employer(employer: NewEmployer, asking: Asking, key: str = "") -> Question:
    """``ContributionsCommandService.RegisterEmployer``."""
    body = said(
        employerCode=employer.employer_code,
        name=employer.name,
        provinceCode=employer.province_code,
        sector=_value("SECTOR", employer.sector),
        region=employer.region,
        obligedSince=written_day(employer.obliged_since),
        reducedAccidentRate=employer.reduced_accident_rate,
    )
    return command("/v1/employers:register", body, asking, key)


def urge_payment(
    employer_code: str, document_number: str, issued_on: date | str, asking: Asking, key: str = ""
) -> Question:
    """``ContributionsCommandService.UrgePayment``."""
    body = said(employerCode=employer_code, documentNumber=document_number, issuedOn=written_day(issued_on))
    return command("/v1/debts:urge", body, asking, key)


def report_irregularity(report: Irregularity, asking: Asking, key: str = "") -> Question:
    """``ContributionsCommandService.ReportIrregularity``."""
    body = said(
        identifier=report.identifier,
        employerCode=report.employer_code,
        kind=_value("IRREGULARITY_KIND", report.kind),
        fromMonth=report.from_month,
        toMonth=report.to_month,
        actualBaseVnd=written_amount(report.actual_base_vnd),
        statement=report.statement,
    )
    return command("/v1/reports", body, asking, key)


def advance_report(
    report_id: str, to_state: str, reason: str, asking: Asking, *, recovered_vnd: int = 0, key: str = ""
) -> Question:
    """``ContributionsCommandService.AdvanceReport``; ``to_state`` such as ``assigned``."""
    body = said(
        reportId=report_id,
        toState=_value("REPORT_STATE", to_state),
        reason=reason,
        recoveredVnd=written_amount(recovered_vnd),
    )
    return command("/v1/reports:advance", body, asking, key)


def paths() -> Iterator[str]:
    """Every route of a command that this client knows."""
    asking = Asking()
    yield submit_declaration([], asking).path
    yield record_payments([], asking).path
    unit = NewEmployer(employer_code="", name="", province_code="", sector="", region=0, obliged_since="")
    yield register_employer(unit, asking).path
    yield urge_payment("", "", "", asking).path
    about = Irregularity(identifier="", employer_code="", kind="", from_month="", to_month="")
    yield report_irregularity(about, asking).path
    yield advance_report("", "", "", asking).path


def _line(line: DeclarationLine) -> dict[str, Any]:
    return said(
        kind=_value("LINE_KIND", line.kind),
        identifier=line.identifier,
        fullName=line.full_name,
        fromMonth=line.from_month,
        toMonth=line.to_month,
        schemes=[SCHEMES.get(code, code) for code in line.schemes],
        baseVnd=written_amount(line.base_vnd),
        position=line.position,
        unpaidDays=line.unpaid_days,
    )


def _value(enum: str, word: str) -> str:
    return f"{enum}_{word.upper()}" if word else ""
