"""What may be said without a line. Pure.

From a certificate: that the card was valid when it was certified, at most seven days ago,
and is so by its dates. From a kept answer: what it said, for as long as its card's dates
still say so; what it pays only for the same visit. Never more than the source said.
"""

from datetime import date
from typing import Any, Final

from lienthong import fields, law
from lienthong.certificate import Certificate
from lienthong.connector.model import Change, DeskQuestion, Document, Kept

_VALID, _EXPIRED, _NOT_YET = "000", "010", "010-not-yet"
_UNPROVED: Final = {
    "code": "identifier_not_in_certificate",
    "text": {
        "vi": "Giấy chứng nhận không chứa số định danh: đối chiếu giấy tờ tuỳ thân có ảnh",
        "en": "The certificate does not hold the personal ID: compare a proof of identity with a photograph",
    },
}
_COMPARED: Final = (
    ("result_code", ("resultCode",)),
    ("covered", ("covered",)),
    ("card", ("card", "cardCode")),
    ("valid_to", ("card", "validTo")),
    ("benefit_percent", ("card", "benefitPercent")),
    ("registered_facility", ("card", "registeredFacility", "code")),
    ("fund_basis_points", ("benefit", "fundBasisPoints")),
)


def from_certificate(certificate: Certificate, question: DeskQuestion, day: date) -> Document:
    """The answer that a verified certificate of the right person gives for a visit on ``day``."""
    card = certificate.card
    shown = {
        "cardCode": card.code,
        "subjectCode": card.code[:2],
        "benefitDigit": card.benefit_digit,
        "benefitPercent": card.benefit_percent,
        "validFrom": card.valid_from.isoformat(),
        "validTo": card.valid_to.isoformat(),
        "registeredFacility": {"code": card.facility_code},
    }
    told = {**_told(_by_dates(_VALID, card.valid_from, card.valid_to, day), day), "card": shown}
    proved = card.code.endswith(fields.card_identifier(question.identifier))
    return told if proved else {**told, "notices": [_UNPROVED]}


def from_kept(kept: Kept, question: DeskQuestion, day: date) -> Document | None:
    """The answer that a kept one gives for a visit on ``day``; None when it says nothing of that day."""
    answer = {name: value for name, value in kept.answer.items() if name not in ("changes", "checkToken")}
    card = answer.get("card")
    if question.visit != kept.question.visit or not card:
        answer.pop("benefit", None)
    if not card:
        # Without the card's dates it is good for the day that it was given for alone.
        return answer if kept.day == day.isoformat() else None
    if not answer.get("covered"):
        return answer
    begins, ends = fields.calendar_day(card["validFrom"]), fields.calendar_day(card["validTo"])
    code = _by_dates(_VALID, begins, ends, day)
    if code == _VALID:
        return answer
    answer.pop("benefit", None)
    return {**answer, **_told(code, day)}


def changes(before: Document, after: Document) -> tuple[Change, ...]:
    """What the gateway says otherwise; only of what the provisional answer had said."""
    found = []
    for what, path in _COMPARED:
        was, now = _at(before, path), _at(after, path)
        if was is not None and was != now:
            found.append(Change(what=what, before=_text(was), after=_text(now)))
    return tuple(found)


def _by_dates(valid: str, begins: date, ends: date, day: date) -> str:
    if day > ends:
        return _EXPIRED
    return valid if day >= begins else _NOT_YET


def _told(code: str, day: date) -> Document:
    meaning = law.portal_codes().at(code, day).value
    return {
        "resultCode": code[:3],
        "resultText": {"vi": meaning.vi, "en": meaning.en},
        "covered": meaning.covered,
        "visitCode": meaning.visit_code,
    }


def _at(document: Document, path: tuple[str, ...]) -> Any:
    """The value there; an absent one and ProtoJSON's empty one are the same."""
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return None if value in ("", None) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
