"""The answers, typed. A field that the grant does not cover is absent: None, empty or zero.

Each answer carries its :class:`Receipt`: the exact bytes that the gateway signed,
for an agency that has to show later what it was told.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from lienthong.client.errors import AnswerNotTrusted


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What came over the wire, its signature verified.

    ``request_id`` finds the audit entry; ``elapsed_ms`` includes retries.
    """

    request_id: str
    status: int
    body: bytes
    headers: dict[str, str]
    elapsed_ms: float = 0.0


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message of the contract."""


class Known(StrEnum):
    """An enum of the contract; a value newer than this client reads as its first one, UNSPECIFIED."""

    @classmethod
    def _missing_(cls, _value: object) -> "Known":
        return next(iter(cls))


class IdentityResult(Known):
    """Whether the particulars fit the person behind the identifier."""

    UNSPECIFIED = "IDENTITY_RESULT_UNSPECIFIED"
    MATCH = "IDENTITY_RESULT_MATCH"
    PARTIAL = "IDENTITY_RESULT_PARTIAL"
    NO_MATCH = "IDENTITY_RESULT_NO_MATCH"
    NOT_FOUND = "IDENTITY_RESULT_NOT_FOUND"


class FieldOutcome(Known):
    """One of the particulars."""

    UNSPECIFIED = "FIELD_OUTCOME_UNSPECIFIED"
    NOT_ASKED = "FIELD_OUTCOME_NOT_ASKED"
    MATCH = "FIELD_OUTCOME_MATCH"
    MISMATCH = "FIELD_OUTCOME_MISMATCH"


class CardStatus(Known):
    """Whether a card stands."""

    UNSPECIFIED = "CARD_STATUS_UNSPECIFIED"
    ACTIVE = "CARD_STATUS_ACTIVE"
    REVOKED = "CARD_STATUS_REVOKED"
    DECREASED = "CARD_STATUS_DECREASED"
    STOPPED = "CARD_STATUS_STOPPED"


class PaymentState(Known):
    """Whether a month is paid."""

    UNSPECIFIED = "PAYMENT_STATE_UNSPECIFIED"
    DUE = "PAYMENT_STATE_DUE"
    PAID = "PAYMENT_STATE_PAID"
    UNPAID = "PAYMENT_STATE_UNPAID"


class LocalizedText(Answer, frozen=True):
    """A text for people, in both languages."""

    vi: str = ""
    en: str = ""


class Facility(Answer, frozen=True):
    """A health facility (cơ sở khám chữa bệnh)."""

    code: str = ""
    name: str = ""
    level: str = ""


class Card(Answer, frozen=True):
    """A health-insurance card (thẻ BHYT); ``benefit_percent`` is what the fund pays."""

    card_code: str = ""
    subject_code: str = ""
    benefit_digit: int = 0
    benefit_percent: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    registered_facility: Facility | None = None
    five_years_on: date | None = None
    living_area: str = ""
    status: CardStatus = CardStatus.UNSPECIFIED


class Split(Answer, frozen=True):
    """Who pays which part of a cost, VND; the parts add up to it."""

    cost_vnd: int = 0
    fund_vnd: int = 0
    copay_vnd: int = 0
    patient_vnd: int = 0


class Copay(Answer, frozen=True):
    """The year's own payments (cùng chi trả) against the exemption."""

    year: int = 0
    paid_vnd: int = 0
    threshold_vnd: int = 0
    left_vnd: int = 0
    exempt: bool = False
    exempt_from: date | None = None


class Step(Answer, frozen=True):
    """A rule that decided, with its legal basis and the parameter rows used."""

    rule: str = ""
    text: LocalizedText = LocalizedText()
    legal_basis: str = ""
    rows: tuple[str, ...] = ()


class Benefit(Answer, frozen=True):
    """What the fund pays for the visit; ``fund_basis_points`` 8000 is 80 %."""

    fund_basis_points: int = 0
    level_percent: int = 0
    route_percent: int = 0
    route: str = ""
    pays_until: date | None = None
    split: Split | None = None
    copay: Copay | None = None
    steps: tuple[Step, ...] = ()


class Notice(Answer, frozen=True):
    """Something to tell the patient or to look at."""

    code: str = ""
    text: LocalizedText = LocalizedText()


class Change(Answer, frozen=True):
    """What is no longer as it was at an earlier check."""

    what: str = ""
    before: str = ""
    after: str = ""


class CoverageAnswer(Answer, frozen=True):
    """The portal's result code and, when the person was matched, the card and what it pays."""

    result_code: str
    result_text: LocalizedText = LocalizedText()
    covered: bool = False
    card: Card | None = None
    new_card: Card | None = None
    visit_code: str = ""
    changed_at: datetime | None = None
    benefit: Benefit | None = None
    notices: tuple[Notice, ...] = ()
    check_token: str = ""
    changes: tuple[Change, ...] = ()
    receipt: Receipt | None = None


class ItemError(Answer, frozen=True):
    """Why one item of a batch has no answer."""

    reason: str = ""
    detail: str = ""


class CoverageItem(Answer, frozen=True):
    """One item of a batch: exactly one of the two is there."""

    response: CoverageAnswer | None = None
    error: ItemError | None = None


class BatchCoverageAnswer(Answer, frozen=True):
    """In the order of the people asked about."""

    results: tuple[CoverageItem, ...] = ()
    receipt: Receipt | None = None


class DatedCoverageAnswer(Answer, frozen=True):
    """The cards valid on ``as_of``, highest benefit first."""

    as_of: date | None = None
    covered: bool = False
    cards: tuple[Card, ...] = ()
    changed_at: datetime | None = None
    receipt: Receipt | None = None


class IdentityAnswer(Answer, frozen=True):
    """The outcome, and that of each field; never a stored value."""

    result: IdentityResult
    full_name: FieldOutcome = FieldOutcome.UNSPECIFIED
    born: FieldOutcome = FieldOutcome.UNSPECIFIED
    sex: FieldOutcome = FieldOutcome.UNSPECIFIED
    result_text: LocalizedText = LocalizedText()
    receipt: Receipt | None = None


class Employer(Answer, frozen=True):
    """A unit that pays in (đơn vị)."""

    code: str = ""
    name: str = ""


class ContributionMonth(Answer, frozen=True):
    """One month (``YYYY-MM``) with one employer; ``base_vnd`` None when not granted."""

    month: str = ""
    employer: Employer | None = None
    schemes: tuple[str, ...] = ()
    base_vnd: int | None = None
    state: PaymentState = PaymentState.UNSPECIFIED


class ContributionPage(Answer, frozen=True):
    """A page, newest month first; ``next_page_token`` is empty on the last one."""

    months: tuple[ContributionMonth, ...] = ()
    next_page_token: str = ""
    receipt: Receipt | None = None


class AuditEntry(Answer, frozen=True):
    """Who asked for what; the fields are those of the contract's AuditEntry."""

    entry_id: int = 0
    recorded_at: datetime | None = None
    request_id: str = ""
    agency_id: str = ""
    key_id: str = ""
    staff: str = ""
    rpc: str = ""
    purpose: str = ""
    legal_basis: str = ""
    status: int = 0
    outcome: str = ""
    detail: str = ""
    subjects_asked: int = 0
    subjects_answered: int = 0
    request_digest: str = ""
    request_signature: str = ""
    answer_digest: str = ""
    answer_signature: str = ""


class AuditPage(Answer, frozen=True):
    """A page, newest entry first; ``next_page_token`` is empty on the last one."""

    entries: tuple[AuditEntry, ...] = ()
    next_page_token: str = ""
    receipt: Receipt | None = None


AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)


def read_answer(receipt: Receipt, kind: type[AnswerT]) -> AnswerT:
    """The signed bytes as a typed answer with its receipt.

    Raises AnswerNotTrusted when they are not what the contract promises: a
    verified signature does not make a misread answer safe to act on.
    """
    try:
        plain = without_blanks(msgspec.json.decode(receipt.body))
        answer = msgspec.convert(plain, kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AnswerNotTrusted(f"the answer does not fit the contract: {error}") from error
    return msgspec.structs.replace(answer, receipt=receipt)


def without_blanks(value: Any) -> Any:
    """ProtoJSON writes an absent text as "": left out, it becomes the field's own 'absent'."""
    if isinstance(value, dict):
        return {k: without_blanks(v) for k, v in value.items() if v not in ("", None)}
    if isinstance(value, list):
        return [without_blanks(v) for v in value]
    return value
