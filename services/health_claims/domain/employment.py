"""Which cards people must have because somebody employs them. Pure.

A person's covered months with all units together make *stretches*: months without a
gap in one subject group and province. Each stretch that reaches the current year has
one card:

    first day    the first day of its first month, not before the Health Insurance Law
    last day     the last day of its last month; while it is open, 31 December of the
                 current year (a stretch that begins later: of its own first year)

A card that she holds already as an employee is *continued* (its last day moves)
instead of a new one being issued, if a stretch covers it. When a stretch ends, its
card is reported decreased (*báo giảm*) from the day after. Cards of other subject
groups (a pensioner's, a poor household's) and cards that were taken back are never
touched: of several cards the highest benefit decides (Health Insurance Law Art. 22.1).

Months are ints: year × 12 + month − 1, as in ``vss.contributions.v1.Period``.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from lienthong import law
from lienthong.fields import FIRST_CARD_DAY
from services.health_claims.domain.coverage import Card, Status

OPEN: Final = 0
"""Last month of what has no end yet."""

_ENDLESS: Final = 9_999 * 12
_DAY: Final = timedelta(days=1)


class Months(NamedTuple):
    """From month to month, both included; ``last`` may be ``OPEN``."""

    first: int
    last: int


class Employment(NamedTuple):
    """One unit that insures the person's health, now or formerly."""

    sector: str
    """Ownership of the unit: public, state, private, foreign."""
    province_code: str
    covered: tuple[Months, ...]
    """Months with health insurance, in order, without overlap."""


class Insured(NamedTuple):
    """A person as far as her cards depend on it."""

    number: str
    """The ten digits that end her card codes: the social-insurance number."""
    facility_code: str
    """Where a first card registers her."""
    cards: tuple[Card, ...]
    employments: tuple[Employment, ...]
    released: bool
    """A unit has said that she does no longer take part, or takes back months that it had declared.

    Without it a card that no stretch covers is left alone: it may rest on a unit that
    never declared anything here.
    """


class Stretch(NamedTuple):
    """Covered months without a gap, as days, under one kind of card."""

    subject: law.CardSubject
    province_code: str
    first: date
    last: date
    """While open, the last day that the card gets."""
    ended: bool


def year_end(today: date) -> date:
    """The day until which an open stretch is covered: cards are good for the calendar year."""
    return date(today.year, 12, 31)


def reconcile(insured: Insured, *, today: date) -> list[Card]:
    """The cards to write so that every stretch has its card: new ones and changed ones.

    Writing them and asking again gives none. Raises ``lienthong.law.UnknownRule`` for an
    ownership that the law does not list.
    """
    new_year = date(today.year, 1, 1)
    stretches = stretches_of(insured.employments, today)
    cards = {_key(card): card for card in insured.cards}
    held = [_key(card) for card in sorted(insured.cards, key=_start) if _is_employees(card, today)]
    for stretch in stretches:
        current = stretch.last >= new_year
        continued = [cards[key] for key in held if _continues(stretch, cards[key])]
        for card in continued:
            # An older card that ran out in the meantime stays as it is.
            if (current and card is continued[-1]) or (stretch.ended and card.valid_to > stretch.last):
                cards[_key(card)] = _until(card, stretch)
        if current and not continued:
            issued = _issued(stretch, insured)
            # One that was taken back stands there and is not given again.
            cards.setdefault(_key(issued), issued)
    if insured.released:
        for key in held:
            cards[key] = _withdrawn(cards[key], stretches, today)
    known = set(insured.cards)
    return [card for card in cards.values() if card not in known]


def stretches_of(employments: Sequence[Employment], today: date) -> list[Stretch]:
    """The stretches of all employments together, oldest first.

    In a month with several units, the unit whose months began first gives the card.
    """
    runs: list[tuple[int, int, Employment]] = []
    free_from = -1
    for first, last, employment in _by_start(employments):
        start = max(first, free_from)
        if start >= last:
            continue
        before = runs[-1] if runs else None
        if before is not None and before[1] == start and _same_card(before[2], employment):
            runs[-1] = (before[0], last, before[2])
        else:
            runs.append((start, last, employment))
        free_from = last
    return [_stretch(run, today) for run in runs if _first_day(run[1]) > FIRST_CARD_DAY]


def _by_start(employments: Sequence[Employment]) -> list[tuple[int, int, Employment]]:
    """All covered months as (first, month after the last, unit)."""
    every = [
        (months.first, _ENDLESS if months.last == OPEN else months.last + 1, employment)
        for employment in employments
        for months in employment.covered
    ]
    # What ends later comes first among equals, so that the shorter one vanishes inside it.
    return sorted(every, key=lambda run: (run[0], -run[1])) if len(every) > 1 else every


def _same_card(one: Employment, other: Employment) -> bool:
    return one.sector == other.sector and one.province_code == other.province_code


def _stretch(run: tuple[int, int, Employment], today: date) -> Stretch:
    start, end, employment = run
    first = max(_first_day(start), FIRST_CARD_DAY)
    ended = end < _ENDLESS
    subject = law.card_subjects().at(employment.sector, max(first, today)).value
    last = _first_day(end) - _DAY if ended else year_end(max(first, today))
    return Stretch(subject, employment.province_code, first, last, ended)


def _continues(stretch: Stretch, card: Card) -> bool:
    """Whether ``card`` is of the kind of this stretch and about some of its days.

    One that was reported decreased is taken up again if the stretch covers it from its
    first day, or from a day on which it still stood: the report was an error. One that
    was decreased on a day that nobody recorded is left alone otherwise.
    """
    if card.valid_to < stretch.first or card.valid_from > stretch.last:
        return False
    if card.subject_code not in (stretch.subject.subject, *stretch.subject.also):
        return False
    return card.status == Status.ACTIVE or card.status_from is not None or stretch.first <= card.valid_from


def _until(card: Card, stretch: Stretch) -> Card:
    """The card with the last day of its stretch."""
    last = max(stretch.last, card.valid_from)
    if stretch.ended:
        return card._replace(valid_to=last, status=Status.DECREASED, status_from=stretch.last + _DAY)
    return card._replace(valid_to=max(last, card.valid_to), status=Status.ACTIVE, status_from=None)


def _issued(stretch: Stretch, insured: Insured) -> Card:
    subject, digit = stretch.subject.subject, stretch.subject.benefit_digit
    latest = max(insured.cards, key=_start, default=None)
    card = Card(
        code=f"{subject}{digit}{stretch.province_code}{insured.number}",
        subject_code=subject,
        benefit_digit=digit,
        province_code=stretch.province_code,
        valid_from=stretch.first,
        valid_to=stretch.last,
        facility_code=insured.facility_code if latest is None else latest.facility_code,
        status=Status.ACTIVE,
    )
    return _until(card, stretch)


def _withdrawn(card: Card, stretches: Sequence[Stretch], today: date) -> Card:
    """A card that stands longer than anybody covers her: it ends with the last stretch that it meets."""
    met = [stretch for stretch in stretches if stretch.first <= card.valid_to]
    last = max((stretch.last if stretch.ended else date.max for stretch in met), default=date.min)
    if card.valid_to <= last or card.valid_to < today or card.status_on(today) != Status.ACTIVE:
        return card
    since = last + _DAY if last >= card.valid_from else card.valid_from
    return card._replace(valid_to=max(last, card.valid_from), status=Status.DECREASED, status_from=since)


def _key(card: Card) -> tuple[str, date]:
    return card.code, card.valid_from


def _start(card: Card) -> date:
    return card.valid_from


def _is_employees(card: Card, today: date) -> bool:
    """Whether a card is one that employment gives and takes."""
    return card.status != Status.REVOKED and card.subject_code in _subjects(today)


@lru_cache(maxsize=8)
def _subjects(today: date) -> frozenset[str]:
    rows = law.card_subjects().all_at(today).values()
    return frozenset(code for row in rows for code in (row.value.subject, *row.value.also))


def _first_day(month: int) -> date:
    year, index = divmod(month, 12)
    return date(year, index + 1, 1)
