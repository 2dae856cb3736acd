"""A dossier against the register: whether it is this person, and her card was valid on the day of admission."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from services.health_claims.domain.claims.findings import Findings
from services.health_claims.domain.claims.records import Claimed
from services.health_claims.domain.coverage import Card, Holder, Status, cards_on
from services.health_claims.domain.visit import covered_until

_CARD_CODE_LENGTH: Final = 15


class Registered(NamedTuple):
    """Somebody of the register."""

    holder: Holder
    sex: int
    """1 male, 2 female."""


class Entitled(NamedTuple):
    """Who was treated, and with which card."""

    holder: Holder
    card: Card
    covered_until: date
    """Last day of the card, and of those that follow it without a gap."""
    withdrawn: bool
    """After that day the card is taken back or reported decreased rather than expired."""


def check(
    claimed: Claimed, by_card: Registered | None, by_personal_id: Registered | None, findings: Findings
) -> Entitled | None:
    """Compare; what does not fit goes to ``findings``. The person and her card when both are known."""
    if not claimed.card_codes:
        return None
    if by_card is None:
        findings.add("XML1", "HOLDER_UNKNOWN", line=1, field="MA_THE_BHYT")
        return None
    _check_person(claimed, by_card, findings)
    if claimed.personal_id and by_personal_id is None:
        findings.add("XML1", "PERSONAL_ID_UNKNOWN", line=1, field="SO_CCCD")
    elif by_personal_id is not None and by_personal_id.holder.person_id != by_card.holder.person_id:
        findings.add("XML1", "PERSON_DIFFERS", line=1, field="SO_CCCD")
    presented = _presented(claimed, by_card.holder)
    if not presented:
        findings.add("XML1", "CARD_UNKNOWN", line=1, field="MA_THE_BHYT")
        return None
    return _check_card(claimed, by_card.holder, presented, findings)


def _check_person(claimed: Claimed, registered: Registered, findings: Findings) -> None:
    holder = registered.holder
    if claimed.name_key and claimed.name_key != holder.match_key:
        findings.add("XML1", "NAME_DIFFERS", line=1, field="HO_TEN")
    if claimed.born is not None and not claimed.born.agrees_with(holder.birth_year, holder.birth_date):
        findings.add("XML1", "BIRTH_DIFFERS", line=1, field="NGAY_SINH")
    if claimed.sex is not None and claimed.sex != registered.sex:
        findings.add("XML1", "SEX_DIFFERS", line=1, field="GIOI_TINH")


def _presented(claimed: Claimed, holder: Holder) -> list[Card]:
    """Cards with the codes told; for a number that is no card code, all of the person's."""
    codes = {code for code in claimed.card_codes if len(code) == _CARD_CODE_LENGTH}
    if len(codes) < len(claimed.card_codes):
        return list(holder.cards)
    return [card for card in holder.cards if card.code in codes]


def _check_card(
    claimed: Claimed, holder: Holder, presented: Sequence[Card], findings: Findings
) -> Entitled | None:
    admitted = claimed.admitted_on
    if admitted is None:
        return None
    discharged = claimed.discharged_on or admitted
    day = _first_valid(presented, admitted, discharged)
    if day is None:
        findings.add("XML1", "CARD_NOT_VALID", line=1, field="MA_THE_BHYT")
        return None
    if day > admitted:
        findings.add("XML1", "CARD_BEGAN_IN_STAY", line=1, field="NGAY_VAO")
    _check_period(claimed, presented, findings)
    best = cards_on(holder, day)[0]
    until, withdrawn = covered_until(best, holder.cards)
    if discharged > until:
        findings.add("XML1", "CARD_ENDS_IN_STAY", line=1, field="NGAY_RA")
    return Entitled(holder, best, until, withdrawn)


def _first_valid(cards: Sequence[Card], first: date, last: date) -> date | None:
    """The first day of a treatment on which one of the cards is in force; ``None``: on none."""
    days = [max(first, card.valid_from) for card in cards]
    covered = [day for day, card in zip(days, cards, strict=True) if day <= last and is_valid(card, day)]
    return min(covered, default=None)


def _check_period(claimed: Claimed, presented: Sequence[Card], findings: Findings) -> None:
    for field, told, known in (
        ("GT_THE_TU", claimed.card_from, {card.valid_from for card in presented}),
        ("GT_THE_DEN", claimed.card_to, {card.valid_to for card in presented}),
    ):
        if told is not None and told not in known:
            findings.add("XML1", "CARD_DATES_DIFFER", line=1, field=field)


def is_valid(card: Card, day: date) -> bool:
    """Whether a card is in force on ``day``."""
    return card.valid_from <= day <= card.valid_to and card.status_on(day) == Status.ACTIVE
