"""Protobuf to domain and back. The only place where a missing or wrong field is refused."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from lienthong import fields, law, names
from lienthong.rpc.errors import FieldViolation, InvalidArgument
from services.health_claims.domain.benefit.levels import benefits_on
from services.health_claims.domain.coverage import Card, Decision, Holder, Inquiry, law_on
from services.health_claims.domain.facility import Facility
from services.health_claims.translate import visit as visits
from services.health_claims.translate.visit import fill_notices, fill_visit, to_seen, to_visit
from vss.health_claims.v1 import health_claims_pb2 as pb
from vss.types.v1 import text_pb2

S = TypeVar("S")
T = TypeVar("T")

_FURTHEST_AHEAD: Final = timedelta(days=366)
_MICROSECONDS: Final = 1_000_000


class AsOf(NamedTuple):
    """What ``GetCoverage`` asks: whose cards, on which day."""

    identifier: str
    day: date


def to_inquiry(request: pb.CheckCoverageRequest, *, today: date) -> Inquiry:
    """What the desk asks. Raises ``InvalidArgument`` naming every wrong field."""
    try:
        name = fields.full_name(request.full_name)
        visit_on = request.visit_on
        day = _visit_day(visit_on, today) if visit_on else today
        plain = (
            fields.card_identifier(request.identifier),
            names.match_key(name),
            fields.born(request.born, today=today),
            day,
        )
        visit = to_visit(request.visit, day) if request.HasField("visit") else None
        token = request.previous_check
        if visit is None and not token:
            return Inquiry(*plain)
        return Inquiry(*plain, visit, request.facility_code, to_seen(token) if token else None)
    except fields.WrongField:
        raise _every_wrong_field(request, today) from None


def to_as_of(request: pb.GetCoverageRequest, *, today: date) -> AsOf:
    """Whose cards on which day. Raises ``InvalidArgument`` naming every wrong field."""
    wrong: list[FieldViolation] = []
    identifier = _read("identifier", wrong, fields.card_identifier, request.identifier)
    day = (
        _read("as_of", wrong, lambda text: _past_day(text, today), request.as_of) if request.as_of else today
    )
    if identifier is None or day is None:
        raise InvalidArgument(*wrong)
    return AsOf(identifier, day)


def fill(
    response: pb.CheckCoverageResponse,
    decision: Decision,
    inquiry: Inquiry,
    facilities: Mapping[str, Facility],
) -> None:
    """Write the decision into the response."""
    meaning = law_on(inquiry.day).codes[decision.code]
    response.result_code = decision.code[:3]
    response.result_text.CopyFrom(_text(meaning))
    response.covered = meaning.covered
    response.visit_code = meaning.visit_code
    holder = decision.holder
    if holder is None:
        return
    response.person_id = holder.person_id
    if decision.notices:
        fill_notices(response, decision.notices)
    if inquiry.visit is not None or inquiry.previous is not None:
        fill_visit(response, decision, inquiry.day, inquiry.previous)
    if decision.card is None or not meaning.shows_card:
        return
    _fill_card(response.card, decision.card, holder, facilities, inquiry.day)
    if decision.new_card is not None:
        _fill_card(response.new_card, decision.new_card, holder, facilities, inquiry.day)
    seconds, microseconds = divmod(holder.changed_us, _MICROSECONDS)
    response.changed_at.seconds = seconds
    response.changed_at.nanos = microseconds * 1_000


def as_of_response(
    asked: AsOf, holder: Holder, cards: Sequence[Card], facilities: Mapping[str, Facility]
) -> pb.GetCoverageResponse:
    """The cards that cover the day, highest benefit first."""
    response = pb.GetCoverageResponse(
        as_of=asked.day.isoformat(), covered=bool(cards), person_id=holder.person_id
    )
    for card in cards:
        _fill_card(response.cards.add(), card, holder, facilities, asked.day)
    seconds, microseconds = divmod(holder.changed_us, _MICROSECONDS)
    response.changed_at.seconds = seconds
    response.changed_at.nanos = microseconds * 1_000
    return response


def _fill_card(
    target: pb.Card, card: Card, holder: Holder, facilities: Mapping[str, Facility], day: date
) -> None:
    target.card_code = card.code
    target.subject_code = card.subject_code
    target.benefit_digit = card.benefit_digit
    target.benefit_percent = _percent(card.benefit_digit, day)
    target.valid_from = card.valid_from.isoformat()
    target.valid_to = card.valid_to.isoformat()
    target.status = card.status_on(day)  # type: ignore[assignment]  # the domain's values are the contract's
    facility = facilities.get(card.facility_code)
    target.registered_facility.CopyFrom(_facility(facility or Facility(card.facility_code, "", 0)))
    if holder.five_years_on is not None:
        target.five_years_on = holder.five_years_on.isoformat()
    if holder.living_area:
        target.living_area = holder.living_area


def _percent(digit: int, day: date) -> int:
    """0 for a digit that the law of that day does not know: nothing is promised."""
    benefit = benefits_on(day).get(digit)
    return 0 if benefit is None else benefit.percent


@lru_cache(maxsize=256)
def _text(meaning: law.PortalCode) -> text_pb2.LocalizedText:
    return text_pb2.LocalizedText(vi=meaning.vi, en=meaning.en)


@lru_cache(maxsize=16_384)
def _facility(facility: Facility) -> pb.Facility:
    return pb.Facility(code=facility.code, name=facility.name, level=facility.level)  # type: ignore[arg-type]


def _visit_day(text: str, today: date) -> date:
    day = fields.calendar_day(text)
    if not fields.FIRST_CARD_DAY <= day <= today + _FURTHEST_AHEAD:
        msg = f"expected a day from {fields.FIRST_CARD_DAY} until a year from today"
        raise fields.WrongField(msg)
    return day


def _past_day(text: str, today: date) -> date:
    day = fields.calendar_day(text)
    if not fields.FIRST_CARD_DAY <= day <= today:
        msg = f"expected a day from {fields.FIRST_CARD_DAY} until today"
        raise fields.WrongField(msg)
    return day


def _every_wrong_field(request: pb.CheckCoverageRequest, today: date) -> InvalidArgument:
    """Reads field by field, which the good path has no time for."""
    wrong: list[FieldViolation] = []
    _read("identifier", wrong, fields.card_identifier, request.identifier)
    _read("full_name", wrong, fields.full_name, request.full_name)
    _read("born", wrong, lambda text: fields.born(text, today=today), request.born)
    day = today
    if request.visit_on:
        day = _read("visit_on", wrong, lambda text: _visit_day(text, today), request.visit_on) or today
    if request.HasField("visit"):
        _read_visit(request.visit, wrong, day)
    if request.previous_check:
        _read("previous_check", wrong, to_seen, request.previous_check)
    return InvalidArgument(*wrong)


def _read_visit(visit: pb.Visit, wrong: list[FieldViolation], day: date) -> None:
    _read("visit.kind", wrong, visits.kind, visit.kind)
    _read("visit.reason", wrong, visits.reason, visit.reason)
    came = day
    if visit.admitted_on:
        admitted_on = _read(
            "visit.admitted_on", wrong, lambda text: visits.admission(text, day), visit.admitted_on
        )
        came = admitted_on or day
    if visit.slip_on:
        _read("visit.slip_on", wrong, lambda text: visits.slip_day(text, came), visit.slip_on)
    if visit.diagnosis:
        _read("visit.diagnosis", wrong, visits.diagnosis, visit.diagnosis)
    _read("visit.cost_vnd", wrong, visits.cost, visit.cost_vnd)


def _read(field: str, wrong: list[FieldViolation], read: Callable[[S], T], sent: S) -> T | None:
    try:
        return read(sent)
    except fields.WrongField as error:
        wrong.append(FieldViolation(field, str(error)))
        return None
