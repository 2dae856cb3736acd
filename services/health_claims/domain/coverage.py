"""Decides the portal's result code (*mã kết quả*) from records, a request and a day. Pure.

The order of the questions, the first that fails giving the code:

1. Is anybody behind the identifier?                                  050
2. A 15-character code: is it one of the person's cards?         051-053
3. Has the person any card?                          130 for a child, 050
4. Is the name right, then the date of birth?               060, 061, 070
5. Which card decides on this day?       000-004, 010, 110, 120, 124

Source: the portal's card check (its result codes and texts are data in
``lienthong/law/portal_codes.toml``).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from lienthong import law
from lienthong.fields import Born
from services.health_claims.domain.benefit import CopayYear, Notice, Outcome, Visit
from services.health_claims.domain.benefit.levels import Benefits, benefits_on
from services.health_claims.domain.benefit.rules import notice
from services.health_claims.domain.checks import Seen

CARD_CODE_LENGTH: Final = 15


class Status(IntEnum):
    """State of a card; the values of ``CardStatus``."""

    ACTIVE = 1
    REVOKED = 2
    DECREASED = 3
    STOPPED = 4


class Card(NamedTuple):
    """One period of validity of a card (*thẻ BHYT*)."""

    code: str
    subject_code: str
    benefit_digit: int
    province_code: str
    valid_from: date
    valid_to: date
    facility_code: str
    status: int
    status_from: date | None = None
    """First day on which a status other than ACTIVE holds; ``None``: not recorded, so it holds on every day."""

    def status_on(self, day: date) -> int:
        """The status on ``day``: a card that was decreased stood until then."""
        if self.status_from is not None and day < self.status_from:
            return Status.ACTIVE
        return self.status


class Holder(NamedTuple):
    """A person in the health-insurance records, with every card ever issued to her."""

    person_id: int
    match_key: str
    birth_date: date | None
    birth_year: int
    living_area: str | None
    five_years_on: date | None
    changed_us: int
    """When any of this last changed, microseconds since 1970 (UTC)."""
    cards: tuple[Card, ...]
    copay: CopayYear | None = None
    """Of the year of the visit asked about; ``None``: nothing paid, or no visit was asked about."""


class Inquiry(NamedTuple):
    """What the admission desk asks."""

    identifier: str
    name_key: str
    born: Born
    day: date
    visit: Visit | None = None
    facility_code: str = ""
    """Where the visit is; read only with ``visit``."""
    previous: Seen | None = None
    """What an earlier check saw."""


class Decision(NamedTuple):
    """The answer.

    Everything but ``code`` is set only when the person was matched: so the audit log
    names a person as answered about only then, and a check of the wrong name or birth
    opens nothing.
    """

    code: str
    holder: Holder | None = None
    card: Card | None = None
    new_card: Card | None = None
    notices: tuple[Notice, ...] = ()
    outcome: Outcome | None = None
    """What the fund pays for the visit; see ``visit.py``."""
    visit_code: str = ""
    """The visit against the card, where the result code's own does not say it."""


class Law(NamedTuple):
    """The rows in force on one day that these rules read."""

    codes: Mapping[str, law.PortalCode]
    benefits: Benefits
    managed: Mapping[str, str]
    child_below: int


@lru_cache(maxsize=512)
def law_on(day: date) -> Law:
    """The rows in force on ``day``."""
    return Law(
        codes={code: row.value for code, row in law.portal_codes().all_at(day).items()},
        benefits=benefits_on(day),
        managed={code: row.value for code, row in law.managed_provinces().all_at(day).items()},
        child_below=law.ages().at("child_without_card_below", day).value,
    )


_NOT_YET: Final = "010-not-yet"
_BY_STATUS: Final = {Status.REVOKED: "110", Status.DECREASED: "120", Status.STOPPED: "124"}


def decide(inquiry: Inquiry, holder: Holder | None) -> Decision:
    """The result code and the card that decides it."""
    if holder is None:
        return Decision("050")
    presented: Sequence[Card] = ()
    if len(inquiry.identifier) == CARD_CODE_LENGTH:
        presented = [card for card in holder.cards if card.code == inquiry.identifier]
        if not presented:
            return Decision(_wrong_part(inquiry.identifier, holder.cards))
    elif not holder.cards and not is_child(holder, inquiry.day):
        return Decision("050")
    mismatch = _mismatch(inquiry, holder)
    if mismatch is not None:
        return Decision(mismatch)
    if not holder.cards:
        return Decision("130", holder, notices=(notice("child_without_card", inquiry.day),))
    return _by_cards(holder, presented, inquiry.day)


def cards_on(holder: Holder, day: date) -> list[Card]:
    """The cards valid on ``day``, highest benefit first."""
    valid = _valid(holder.cards, day)
    benefits = benefits_on(day)
    return sorted(valid, key=lambda card: (-_rank(card, benefits), _longest(card)))


def _mismatch(inquiry: Inquiry, holder: Holder) -> str | None:
    if inquiry.name_key != holder.match_key:
        return "061" if inquiry.name_key[:1] == holder.match_key[:1] else "060"
    if not inquiry.born.agrees_with(holder.birth_year, holder.birth_date):
        return "070"
    return None


def _wrong_part(code: str, cards: Sequence[Card]) -> str:
    """Which part of a 15-character code is wrong, compared with the most alike of the person's cards.

    Subject(2) benefit digit(1) province(2) number(10); of several wrong parts the first
    of subject, province, digit is named.
    """
    if not cards:
        return "050"
    closest = min((sum(a != b for a, b in zip(card.code, code, strict=False)), card.code) for card in cards)[
        1
    ]
    if closest[:2] != code[:2]:
        return "051"
    if closest[3:5] != code[3:5]:
        return "052"
    if closest[2] != code[2]:
        return "053"
    return "051"


def is_child(holder: Holder, day: date) -> bool:
    """Below the age at which a child needs a card. A birth known by year counts as late in that year."""
    years = day.year - holder.birth_year
    born = holder.birth_date
    if born is None or (day.month, day.day) < (born.month, born.day):
        years -= 1
    return years < law_on(day).child_below


def _by_cards(holder: Holder, presented: Sequence[Card], day: date) -> Decision:
    valid = _valid(holder.cards, day)
    usable = not presented or any(
        card.status_on(day) == Status.ACTIVE and card.valid_to >= day for card in presented
    )
    if not valid or not usable:
        return _not_valid(holder, presented or holder.cards, day)
    rules = law_on(day)
    card = valid[0] if len(valid) == 1 else _best(valid, presented, rules.benefits)
    notices = () if len(valid) == 1 else (_several(len(valid), card, rules, day),)
    managed = rules.managed.get(card.province_code)
    if managed is not None:
        return Decision(managed, holder, card, notices=notices)
    newer = [other for other in holder.cards if _follows(other, card)] if len(holder.cards) > 1 else ()
    if newer:
        return Decision("004", holder, card, min(newer, key=_start), notices)
    return Decision("000", holder, card, notices=notices)


def _several(count: int, card: Card, rules: Law, day: date) -> Notice:
    benefit = rules.benefits.get(card.benefit_digit)
    return notice("several_cards", day, count=count, percent=0 if benefit is None else benefit.percent)


def _not_valid(holder: Holder, considered: Iterable[Card], day: date) -> Decision:
    """No card covers the day, or the one presented does not: the latest one begun says why."""
    considered = sorted(considered, key=_start)
    begun = [card for card in considered if card.valid_from <= day]
    if not begun:
        active = [card for card in considered if card.status == Status.ACTIVE]
        if active:
            return Decision(_NOT_YET, holder, active[0])
    card = begun[-1] if begun else considered[0]
    if card.status != Status.ACTIVE:
        return Decision(_BY_STATUS[Status(card.status)], holder, card)
    successor = _successor(holder.cards, card, day)
    return Decision("010" if successor is None else "003", holder, card, successor)


def _successor(cards: Iterable[Card], expired: Card, day: date) -> Card | None:
    """The card to use instead: the best one valid on the day, else the next to come."""
    usable = [
        c for c in cards if c.status_on(day) == Status.ACTIVE and c.valid_to >= day and c is not expired
    ]
    valid = _valid(usable, day)
    if valid:
        return _best(valid, (), benefits_on(day))
    return min(usable, key=_start, default=None)


def _best(valid: Sequence[Card], presented: Sequence[Card], benefits: Benefits) -> Card:
    """Highest benefit (Health Insurance Law Art. 22.1: several groups, the highest).

    Of equal ones the card presented, then the one valid longest: a newer is offered with it.
    """
    return min(valid, key=lambda card: (-_rank(card, benefits), card not in presented, _longest(card)))


def _follows(other: Card, card: Card) -> bool:
    """Whether ``other`` was issued to carry on after ``card``."""
    return (
        other.status == Status.ACTIVE
        and other.valid_from > card.valid_from
        and other.valid_to > card.valid_to
    )


def _valid(cards: Iterable[Card], day: date) -> list[Card]:
    return [card for card in cards if card.valid_from <= day <= card.valid_to and card.status_on(day) == 1]


def _rank(card: Card, benefits: Benefits) -> int:
    benefit = benefits.get(card.benefit_digit)
    return 0 if benefit is None else benefit.rank


def _longest(card: Card) -> tuple[date, int, str]:
    """Sorts the longest valid first; two of one period by their code, so that records have no order."""
    return card.valid_from, -card.valid_to.toordinal(), card.code


def _start(card: Card) -> tuple[date, date, int, str]:
    """Sorts by period; of two of one period the active one last, so that it speaks for both."""
    return card.valid_from, card.valid_to, -card.status, card.code
