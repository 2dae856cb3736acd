"""Answers about contributions, typed: ledgers, statements, debtors, reports.

Amounts are VND. Every amount rests on rows of the law, which the answer names in ``law``.
"""

from datetime import date, datetime

from lienthong.client.answers import Answer, Employer, Known, LocalizedText, Receipt


class Fund(Known):
    """What contributions are paid into."""

    UNSPECIFIED = "FUND_UNSPECIFIED"
    RETIREMENT = "FUND_RETIREMENT"
    SICKNESS = "FUND_SICKNESS"
    OCCUPATIONAL = "FUND_OCCUPATIONAL"
    UNEMPLOYMENT = "FUND_UNEMPLOYMENT"
    HEALTH = "FUND_HEALTH"
    INTEREST = "FUND_INTEREST"


class FundState(Known):
    """Whether a fund got what it is due for a month."""

    UNSPECIFIED = "FUND_STATE_UNSPECIFIED"
    DUE = "FUND_STATE_DUE"
    PAID = "FUND_STATE_PAID"
    PAID_LATE = "FUND_STATE_PAID_LATE"
    LATE = "FUND_STATE_LATE"


class LegalState(Known):
    """A unit's debt before the law: on time, late (*chậm đóng*), evasion (*trốn đóng*)."""

    UNSPECIFIED = "LEGAL_STATE_UNSPECIFIED"
    ON_TIME = "LEGAL_STATE_ON_TIME"
    LATE = "LEGAL_STATE_LATE"
    EVASION = "LEGAL_STATE_EVASION"


class IrregularityKind(Known):
    """What an employee reports."""

    UNSPECIFIED = "IRREGULARITY_KIND_UNSPECIFIED"
    NOT_PAID = "IRREGULARITY_KIND_NOT_PAID"
    UNDER_DECLARED = "IRREGULARITY_KIND_UNDER_DECLARED"
    NOT_DECLARED = "IRREGULARITY_KIND_NOT_DECLARED"


class ReportState(Known):
    """How far a report has come."""

    UNSPECIFIED = "REPORT_STATE_UNSPECIFIED"
    RECEIVED = "REPORT_STATE_RECEIVED"
    ASSIGNED = "REPORT_STATE_ASSIGNED"
    INSPECTED = "REPORT_STATE_INSPECTED"
    CONFIRMED = "REPORT_STATE_CONFIRMED"
    REJECTED = "REPORT_STATE_REJECTED"
    RECOVERED = "REPORT_STATE_RECOVERED"


class LawRow(Answer, frozen=True):
    """What an answer rests on; ``verified``: compared with the official text."""

    code: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    value: str = ""
    legal_basis: str = ""
    verified: bool = False


class FundMonth(Answer, frozen=True):
    """What one fund gets for one person and month, and whether it got it."""

    fund: Fund = Fund.UNSPECIFIED
    capped_base_vnd: int | None = None
    employer_vnd: int | None = None
    employee_vnd: int | None = None
    state: FundState = FundState.UNSPECIFIED
    settled_on: date | None = None
    days_late: int = 0


class LedgerMonth(Answer, frozen=True):
    """One month (``YYYY-MM``) with one employer."""

    month: str
    employer: Employer | None = None
    schemes: tuple[str, ...] = ()
    position: str = ""
    base_vnd: int | None = None
    funds: tuple[FundMonth, ...] = ()


class SchemeTotal(Answer, frozen=True):
    """Time contributed in one scheme: as paid, and as if every arrear were recovered."""

    scheme: str = ""
    paid_months: int = 0
    months_if_recovered: int = 0
    paid_years: int = 0
    paid_years_months: int = 0


class Gap(Answer, frozen=True):
    """Months in which nobody declared the person."""

    from_month: str = ""
    to_month: str = ""
    months: int = 0


class LedgerPage(Answer, frozen=True):
    """A page, newest month first; totals and gaps are on the first page only."""

    months: tuple[LedgerMonth, ...] = ()
    next_page_token: str = ""
    totals: tuple[SchemeTotal, ...] = ()
    gaps: tuple[Gap, ...] = ()
    law: tuple[LawRow, ...] = ()
    receipt: Receipt | None = None


class StateReason(Answer, frozen=True):
    """Why a debt's state is what it is."""

    code: str = ""
    text: LocalizedText = LocalizedText()
    legal_basis: str = ""


class StatementMonth(Answer, frozen=True):
    """What a unit owes for a month in a fund."""

    month: str = ""
    fund: Fund = Fund.UNSPECIFIED
    due_vnd: int = 0
    paid_vnd: int = 0
    deadline: date | None = None
    settled_on: date | None = None
    days_late: int = 0
    interest_vnd: int = 0
    declaration_number: int = 0


class InterestDay(Answer, frozen=True):
    """The interest of one day."""

    day: date | None = None
    unpaid_vnd: int = 0
    interest_vnd: int = 0


class Statement(Answer, frozen=True):
    """A unit's account as of a day; the amounts are None when not granted."""

    employer: Employer | None = None
    as_of: date | None = None
    state: LegalState = LegalState.UNSPECIFIED
    reasons: tuple[StateReason, ...] = ()
    late_vnd: int | None = None
    due_vnd: int | None = None
    interest_vnd: int | None = None
    advance_vnd: int | None = None
    days_late: int = 0
    days_to_evasion: int = 0
    urged_on: date | None = None
    months: tuple[StatementMonth, ...] = ()
    interest_days: tuple[InterestDay, ...] = ()
    law: tuple[LawRow, ...] = ()
    receipt: Receipt | None = None


class Debtor(Answer, frozen=True):
    """A unit that owes."""

    employer: Employer | None = None
    state: LegalState = LegalState.UNSPECIFIED
    owed_vnd: int | None = None
    oldest_month: str = ""
    days_late: int = 0
    urged_on: date | None = None


class DebtorPage(Answer, frozen=True):
    """A page, oldest debt first."""

    debtors: tuple[Debtor, ...] = ()
    next_page_token: str = ""
    law: tuple[LawRow, ...] = ()
    receipt: Receipt | None = None


class ReportStep(Answer, frozen=True):
    """One step of a report: who, when, why."""

    state: ReportState = ReportState.UNSPECIFIED
    at: datetime | None = None
    agency_id: str = ""
    staff: str = ""
    reason: str = ""
    recovered_vnd: int = 0


class Report(Answer, frozen=True):
    """What an employee reported, and what became of it."""

    report_id: str = ""
    employer: Employer | None = None
    kind: IrregularityKind = IrregularityKind.UNSPECIFIED
    from_month: str = ""
    to_month: str = ""
    actual_base_vnd: int = 0
    statement: str = ""
    state: ReportState = ReportState.UNSPECIFIED
    reported_at: datetime | None = None
    steps: tuple[ReportStep, ...] = ()


class ReportAnswer(Answer, frozen=True):
    """One report with its steps."""

    report: Report = Report()
    receipt: Receipt | None = None


class ReportPage(Answer, frozen=True):
    """A page, newest report first, without steps."""

    reports: tuple[Report, ...] = ()
    next_page_token: str = ""
    receipt: Receipt | None = None
