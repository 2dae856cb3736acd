"""Health insurance, typed: what a visit pays, certificates, visits of the past, claims.

As in :mod:`lienthong.client.answers`: a field that the grant does not cover is absent.
"""

from datetime import date, datetime

from lienthong.client.answers import Answer, Known, LocalizedText, Receipt


class HistoryAccess(Known):
    """On which ground a history is shown."""

    UNSPECIFIED = "HISTORY_ACCESS_UNSPECIFIED"
    CHECKED = "HISTORY_ACCESS_CHECKED"
    STAY = "HISTORY_ACCESS_STAY"
    EMERGENCY = "HISTORY_ACCESS_EMERGENCY"
    OWN_DATA = "HISTORY_ACCESS_OWN_DATA"
    OWN_VISITS = "HISTORY_ACCESS_OWN_VISITS"


class DossierState(Known):
    """What became of one dossier (hồ sơ) of a claim file."""

    UNSPECIFIED = "DOSSIER_STATE_UNSPECIFIED"
    ACCEPTED = "DOSSIER_STATE_ACCEPTED"
    REPLACED = "DOSSIER_STATE_REPLACED"
    UNCHANGED = "DOSSIER_STATE_UNCHANGED"
    REFUSED = "DOSSIER_STATE_REFUSED"


class Severity(Known):
    """How bad a finding is: a warning does not keep the dossier from being accepted."""

    UNSPECIFIED = "SEVERITY_UNSPECIFIED"
    WARNING = "SEVERITY_WARNING"
    ERROR = "SEVERITY_ERROR"


class CertificateAnswer(Answer, frozen=True):
    """A certificate: ``shc`` for the QR code, ``jws`` for files. See :mod:`lienthong.certificate`."""

    shc: str = ""
    jws: str = ""
    expires_at: datetime | None = None
    receipt: Receipt | None = None


class PastVisit(Answer, frozen=True):
    """A visit as its claim file told it; amounts in VND, None when not granted."""

    visit_id: str = ""
    facility_code: str = ""
    facility_name: str = ""
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    visit_kind_code: str = ""
    patient_kind_code: str = ""
    main_diagnosis: str = ""
    other_diagnoses: tuple[str, ...] = ()
    diagnosis_text: str = ""
    has_sensitive: bool = False
    outcome_code: int = 0
    cost_vnd: int | None = None
    insured_cost_vnd: int | None = None
    fund_vnd: int | None = None
    copay_vnd: int | None = None
    patient_vnd: int | None = None
    version: int = 0


class VisitPage(Answer, frozen=True):
    """A page, newest visit first; ``next_page_token`` is empty on the last one."""

    visits: tuple[PastVisit, ...] = ()
    next_page_token: str = ""
    access: HistoryAccess = HistoryAccess.UNSPECIFIED
    receipt: Receipt | None = None


class DrugLine(Answer, frozen=True):
    """A drug that was given; ``quantity`` is a decimal number as text."""

    substance_code: str = ""
    name: str = ""
    strength: str = ""
    unit: str = ""
    route: str = ""
    directions: str = ""
    quantity: str = ""
    ordered_on: date | None = None
    lasts_until: date | None = None
    cost_vnd: int | None = None
    fund_vnd: int | None = None


class ServiceLine(Answer, frozen=True):
    """A service or a supply; ``quantity`` is a decimal number as text."""

    code: str = ""
    name: str = ""
    unit: str = ""
    quantity: str = ""
    ordered_on: date | None = None
    cost_vnd: int | None = None
    fund_vnd: int | None = None


class VisitAnswer(Answer, frozen=True):
    """One visit with all that was done."""

    visit: PastVisit = PastVisit()
    drugs: tuple[DrugLine, ...] = ()
    services: tuple[ServiceLine, ...] = ()
    access: HistoryAccess = HistoryAccess.UNSPECIFIED
    receipt: Receipt | None = None


class RunningDrug(Answer, frozen=True):
    """A drug that should still last; ``overlaps`` another visit's of the same substance."""

    drug: DrugLine = DrugLine()
    visit_id: str = ""
    facility_code: str = ""
    overlaps: bool = False


class RunningDrugs(Answer, frozen=True):
    """The drugs that should last on the day asked about; ``withheld``: more than are listed."""

    drugs: tuple[RunningDrug, ...] = ()
    access: HistoryAccess = HistoryAccess.UNSPECIFIED
    withheld: bool = False
    receipt: Receipt | None = None


class SensitiveVisit(Answer, frozen=True):
    """A visit with the diagnoses that the law protects more than others."""

    visit_id: str = ""
    facility_code: str = ""
    admitted_on: date | None = None
    diagnoses: tuple[str, ...] = ()
    diagnosis_text: str = ""
    has_hiv_table: bool = False


class SensitiveVisits(Answer, frozen=True):
    """At most 200, newest first."""

    visits: tuple[SensitiveVisit, ...] = ()
    access: HistoryAccess = HistoryAccess.UNSPECIFIED
    receipt: Receipt | None = None


class OpenedStay(Answer, frozen=True):
    """Of ``OpenStay``."""

    treatment_code: str = ""
    opened_at: datetime | None = None


class ClosedStay(Answer, frozen=True):
    """Of ``CloseStay``."""

    treatment_code: str = ""
    closed_at: datetime | None = None


class Finding(Answer, frozen=True):
    """What is wrong or remarkable in a dossier: ``XML2``, line 3, ``T_BHTT``; line 0 is the whole table."""

    table: str = ""
    line: int = 0
    field: str = ""
    severity: Severity = Severity.UNSPECIFIED
    code: str = ""
    text: LocalizedText = LocalizedText()


class DossierOutcome(Answer, frozen=True):
    """What became of the dossier at ``position`` (from 1) of the file."""

    position: int = 0
    treatment_code: str = ""
    state: DossierState = DossierState.UNSPECIFIED
    version: int = 0
    findings: tuple[Finding, ...] = ()
    errors: int = 0
    warnings: int = 0
    fund_declared_vnd: int | None = None
    fund_computed_vnd: int | None = None


class ClaimsResult(Answer, frozen=True):
    """Of ``SubmitClaims``: each dossier by itself, in the order of the file."""

    dossiers: int = 0
    accepted: int = 0
    refused: int = 0
    outcomes: tuple[DossierOutcome, ...] = ()
