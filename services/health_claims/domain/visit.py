"""The portal's result code for a visit with its stay, and what the fund pays. Pure.

``coverage.decide`` answers for one day. A stay has two: a card that covered the
admission and has expired since is paid on until discharge, at most 15 days (Decree
188/2025/ND-CP Art. 50.4); a card that began after the admission is paid from its first
day on. A card that was taken back or reported decreased within its validity gets no
such days.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from lienthong import law
from services.health_claims.domain.benefit import Case, Notice, Visit, decide_benefit
from services.health_claims.domain.benefit.case import OUTPATIENT
from services.health_claims.domain.benefit.levels import benefits_on
from services.health_claims.domain.benefit.rules import notice, rules_on
from services.health_claims.domain.checks import Seen, card_hash
from services.health_claims.domain.coverage import (
    CARD_CODE_LENGTH,
    Card,
    Decision,
    Holder,
    Inquiry,
    Status,
    decide,
    is_child,
    law_on,
)
from services.health_claims.domain.facility import Facility

EXPIRED_IN_STAY: Final = "010-stay"
BEGAN_IN_STAY: Final = "04"
"""Claim file code: the card became valid while the person was an inpatient (QD 3176/QD-BYT)."""

_CHILDREN: Final = "TE"
_ACTIVE: Final = int(Status.ACTIVE)
_DAY: Final = timedelta(days=1)
_ENDED: Final = frozenset({"010", "003", "110", "120", "124"})


def decide_visit(inquiry: Inquiry, holder: Holder | None, facilities: Mapping[str, Facility]) -> Decision:
    """As ``coverage.decide``; with a visit also what the fund pays for it, and what the desk should know."""
    decision = decide(inquiry, holder)
    visit, who = inquiry.visit, decision.holder
    if visit is None or who is None:
        return decision
    came = visit.admitted_on or inquiry.day
    if visit.kind != OUTPATIENT and decision.code in _ENDED:
        decision = _expired_in_stay(decision, inquiry, who, came)
    card = decision.card
    notices = list(decision.notices)
    if card is None or not law_on(inquiry.day).codes[decision.code].covered:
        return decision._replace(notices=(*notices, *_not_covered(card, who, came, inquiry.day)))
    began = came < card.valid_from and not any(_covers(other, came) for other in who.cards)
    if began:
        notices.append(notice("card_began_during_stay", inquiry.day, first=card.valid_from))
    try:
        if card.subject_code == _CHILDREN:
            notices += _child(who, inquiry.day)
        outcome = decide_benefit(_case(inquiry, visit, who, card, facilities))
    except law.UnknownRule:
        notices.append(notice("rules_before_2025", inquiry.day))
        return decision._replace(notices=tuple(notices))
    return decision._replace(
        notices=(*notices, *outcome.notices), outcome=outcome, visit_code=BEGAN_IN_STAY if began else ""
    )


def seen_of(decision: Decision, day: date) -> Seen:
    """What this answer says, for the next check to compare with."""
    card, outcome = decision.card, decision.outcome
    exempt = None if outcome is None else outcome.copay.exempt_from is not None
    if card is None:
        return Seen(decision.code[:3], b"", "", None, 0, "", exempt)
    benefit = benefits_on(day).get(card.benefit_digit)
    return Seen(
        decision.code[:3],
        card_hash(card.code),
        card.code[:5],
        card.valid_to,
        0 if benefit is None else benefit.percent,
        card.facility_code,
        exempt,
    )


def covered_until(card: Card, cards: Sequence[Card]) -> tuple[date, bool]:
    """The last day covered by ``card`` and those that follow without a gap, and whether it is withdrawn then."""
    last, withdrawn = _end(card)
    if len(cards) > 1:
        for other in sorted(cards, key=lambda one: (one.valid_from, one.valid_to, one.code)):
            end, taken = _end(other)
            if other.valid_from <= last + _DAY and end > last:
                last, withdrawn = end, taken
    return last, withdrawn


def has_newborns_card(card: Card, holder: Holder, day: date) -> bool:
    """Whether this is a child's card and its holder a newborn on ``day``."""
    return card.subject_code == _CHILDREN and _is_newborn(holder, day)


def _case(
    inquiry: Inquiry, visit: Visit, holder: Holder, card: Card, facilities: Mapping[str, Facility]
) -> Case:
    code = inquiry.facility_code
    until, withdrawn = covered_until(card, holder.cards)
    return Case(
        day=inquiry.day,
        kind=visit.kind,
        benefit_digit=card.benefit_digit,
        valid_to=until,
        registered_facility=card.facility_code,
        facility=facilities.get(code) or Facility(code, "", 0),
        reason=visit.reason,
        admitted_on=visit.admitted_on,
        slip_on=visit.slip_on,
        diagnosis=visit.diagnosis,
        cost_vnd=visit.cost_vnd,
        living_area=holder.living_area,
        five_years_on=holder.five_years_on,
        copay=holder.copay,
        subject_code=card.subject_code,
        newborn=has_newborns_card(card, holder, inquiry.day),
        withdrawn=withdrawn,
    )


def _expired_in_stay(decision: Decision, inquiry: Inquiry, holder: Holder, came: date) -> Decision:
    """The card that covered the admission and has expired since, while the fund still pays."""
    day = inquiry.day
    if decision.new_card is not None and decision.new_card.valid_from <= day:
        return decision
    try:
        grace = timedelta(days=rules_on(day).figures["days_after_expiry"])
    except law.UnknownRule:
        return decision
    shown = inquiry.identifier if len(inquiry.identifier) == CARD_CODE_LENGTH else None
    paid_on = [
        card
        for card in holder.cards
        if shown in (None, card.code)
        and came <= card.valid_to < day <= card.valid_to + grace
        and card.valid_from <= card.valid_to
        and _covers(card, card.valid_to)
    ]
    if not paid_on:
        return decision
    best = max(paid_on, key=lambda card: (_rank(card, day), card.valid_to, card.code))
    return decision._replace(code=EXPIRED_IN_STAY, card=best)


def _not_covered(card: Card | None, holder: Holder, came: date, day: date) -> list[Notice]:
    """What the desk should know of a person without a valid card."""
    notices: list[Notice] = []
    if card is not None and is_child(holder, day):
        notices.append(notice("child_card_ended", day))
    if card is not None and came < day and card.status != Status.ACTIVE and _covers(card, came):
        notices.append(notice("card_withdrawn_during_stay", day))
    return notices


def _child(holder: Holder, day: date) -> list[Notice]:
    if not is_child(holder, day):
        return [notice("child_card_after_six", day)]
    return [notice("newborn", day)] if _is_newborn(holder, day) else []


def _is_newborn(holder: Holder, day: date) -> bool:
    born = holder.birth_date
    return born is not None and (day - born).days < rules_on(day).figures["newborn_days"]


def _covers(card: Card, day: date) -> bool:
    return card.valid_from <= day <= card.valid_to and card.status_on(day) == Status.ACTIVE


def _end(card: Card) -> tuple[date, bool]:
    """The last day on which a card covers, and whether it is withdrawn rather than expired then."""
    if card.status == _ACTIVE:
        return card.valid_to, False
    if card.status_from is None:
        return card.valid_from - _DAY, True
    if card.status_from > card.valid_to:
        return card.valid_to, False
    return card.status_from - _DAY, True


def _rank(card: Card, day: date) -> int:
    benefit = benefits_on(day).get(card.benefit_digit)
    return 0 if benefit is None else benefit.rank
