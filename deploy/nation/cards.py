"""Health-insurance cards: subject group, benefit digit, validity, status, old and new ones."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from deploy.nation.calendar import day_number
from deploy.nation.copytext import NULL, block, chosen, nullable
from deploy.nation.facilities import Facilities
from deploy.nation.geography import MERGER_YEAR_MONTH_DAY, Atlas, atlas
from deploy.nation.identifiers import digits
from deploy.nation.people import Census, Ints, People, Walk

ACTIVE, REVOKED, DECREASED, STOPPED = 1, 2, 3, 4

BENEFIT_DIGITS = {
    "CC": 1, "TE": 1,
    "CK": 2, "CB": 2, "HN": 2, "DT": 2, "DK": 2, "XD": 2, "BT": 2, "TS": 2,
    "HT": 3, "TC": 3, "CN": 3,
    "DN": 4, "HC": 4, "CH": 4, "TN": 4, "HS": 4, "SV": 4, "GD": 4, "NN": 4,
    "QN": 5, "CA": 5,
}  # fmt: skip
"""Subject group (mã đối tượng) and its benefit digit (mã mức hưởng), as known; the law is data elsewhere."""
SUBJECTS = tuple(BENEFIT_DIGITS)
DEFENCE, POLICE = "97", "98"
"""What stands for the province on the cards of army and police."""
CHILD_CARD_YEARS = 6
YEARLY = ("DN", "HC", "CH", "NN", "TN", "HS", "SV", "HN", "CN", "DT", "DK", "XD", "QN", "CA")
"""Cards for a calendar year; the others run from an own day."""

Draw = tuple[tuple[str, float], ...]

# Subject groups by walk of life: shares of those who are not poor nor in a difficult area.
SUBJECT_SHARES: dict[Walk, Draw] = {
    Walk.INFANT: (("TE", 1.0),),
    Walk.PUPIL: (("HS", 1.0),),
    Walk.STUDENT: (("SV", 1.0),),
    Walk.EMPLOYEE: (("DN", 0.955), ("CH", 0.035), ("NN", 0.01)),
    Walk.CIVIL_SERVANT: (("HC", 0.93), ("CH", 0.07)),
    Walk.SOLDIER: (("QN", 0.58), ("CA", 0.42)),
    Walk.JUST_LEFT: (("DN", 1.0),),
    Walk.PENSIONER: (("HT", 0.96), ("TC", 0.04)),
    Walk.VOLUNTARY: (("GD", 1.0),),
    Walk.FORMER: (("GD", 0.92), ("TN", 0.08)),
    Walk.OTHER: (("GD", 1.0),),
}
OLD_AGE: Draw = (("GD", 0.26), ("BT", 0.62), ("CK", 0.05), ("CB", 0.04), ("TS", 0.02), ("CC", 0.01))
"""From 75 without a pension: social-pension recipients (BT), people of merit (CK, CC, CB, TS), the rest."""
ELDER: Draw = (("GD", 0.86), ("BT", 0.04), ("CK", 0.05), ("CB", 0.05))
"""From 60 to 74 without a pension."""
POOR: Draw = (("HN", 0.5), ("CN", 0.5))
POOR_SHARE = (0.055, 0.16)
"""Poor or near poor: among the majority, among minorities."""
DIFFICULT_AREA: Draw = (("DT", 0.78), ("DK", 0.19), ("XD", 0.03))
DIFFICULT_SHARE = (0.006, 0.60)
"""Insured as a resident of a difficult area: among the majority, among minorities."""
NOT_STATE_INSURED = (Walk.OTHER, Walk.FORMER, Walk.VOLUNTARY, Walk.PUPIL)
"""Whom poverty or a difficult area insures; the others are insured by what they do."""

UNINSURED = {Walk.INFANT: 0.03, Walk.PUPIL: 0.02, Walk.STUDENT: 0.05, Walk.OTHER: 0.135, Walk.FORMER: 0.12}
"""People without any card, unless they are poor, in a difficult area or over 60."""
LAPSED = 0.022
"""Holders of cards paid by themselves whose card ran out and was not renewed."""
REVOKED_SHARE, STOPPED_SHARE = 0.004, 0.006
RENEWED_SHARE, ANNOUNCED_SHARE = 0.035, 0.008
"""An old card ran out and there is a new one; the old is still valid and the new one is issued."""

LIVING_AREAS = ("K1", "K2", "K3")


@dataclass(frozen=True, kw_only=True)
class CardBook:
    """Draws cards for chunks of people."""

    census: Census
    facilities: Facilities
    places: Atlas

    def draw(self, people: People) -> "Drawn":
        """The cards of a chunk."""
        rng = self.census.rng("cards", people.number)
        difficult, subject, insured = self._subjects(rng, people)
        first = self._current(rng, people, subject)
        second = self._second(rng, people, first)
        return Drawn(difficult=difficult, insured=insured, first=first, second=second, rng=rng)

    def rows(
        self, people: People, names: tuple[NDArray[np.object_], NDArray[np.object_]], drawn: "Drawn"
    ) -> dict[str, str]:
        """COPY rows of holder, holder_identifier and card for a chunk whose cards were just drawn."""
        known = drawn.insured | (people.walk == Walk.INFANT)
        return {
            "holder": self._holders(drawn.rng, people, names, drawn.difficult, known),
            "holder_identifier": identifier_rows(people, known),
            "card": self._cards(people, drawn.first, drawn.insured)
            + self._cards(people, drawn.second, drawn.second.present & drawn.insured),
        }

    def _subjects(
        self, rng: np.random.Generator, people: People
    ) -> tuple[NDArray[np.bool_], Ints, NDArray[np.bool_]]:
        """(lives in a difficult area, subject as a position in SUBJECTS, has a card)."""
        count = len(people)
        pick, poverty, area, card = rng.random((4, count))
        subject = np.zeros(count, dtype=np.int64)
        for walk, shares in SUBJECT_SHARES.items():
            _assign(subject, people.walk == walk, pick, shares)
        other = np.isin(people.walk, [Walk.OTHER, Walk.FORMER])
        _assign(subject, other & (people.age >= 60), pick, ELDER)
        _assign(subject, other & (people.age >= 75), pick, OLD_AGE)
        eligible = np.isin(people.walk, NOT_STATE_INSURED) & (people.age < 75)
        kind = people.minority.astype(np.int64)
        poor = eligible & (poverty < np.array(POOR_SHARE)[kind])
        difficult = area < np.array(DIFFICULT_SHARE)[kind]
        _assign(subject, eligible & difficult, pick, DIFFICULT_AREA)
        _assign(subject, poor, pick, POOR)
        missing = np.zeros(count)
        for walk, share in UNINSURED.items():
            missing[people.walk == walk] = share
        missing[poor | (eligible & difficult) | (people.age >= 60)] = 0
        return difficult, subject, card >= missing

    def _current(self, rng: np.random.Generator, people: People, subject: Ints) -> "Cards":
        """The card that each would have; validity by its subject group."""
        calendar, count = self.census.calendar, len(people)
        words = np.array(SUBJECTS, dtype=object)[subject]
        yearly = np.isin(subject, [SUBJECTS.index(code) for code in YEARLY])
        days = (rng.random(count) * 360).astype(np.int64)
        valid_from = np.where(yearly, calendar.year_start, calendar.day - days)
        valid_to = np.where(yearly, calendar.year_end, valid_from + 364)
        lasting = np.isin(
            subject, [SUBJECTS.index(code) for code in ("HT", "TC", "BT", "CK", "CB", "CC", "TS")]
        )
        valid_from = np.where(lasting, calendar.year_start - (days % 4) * 365, valid_from)
        valid_to = np.where(lasting, calendar.year_end + (1 + days % 3) * 365, valid_to)
        infant = people.walk == Walk.INFANT
        valid_from = np.where(infant, people.birth_day, valid_from)
        valid_to = np.where(infant, _child_card_ends(people.birth_day, people.birth_year), valid_to)
        lapses = (words == "GD") & (rng.random(count) < LAPSED / 0.45)
        valid_to = np.where(lapses, calendar.day - 5 - days * 2, valid_to)
        valid_from = np.where(lapses, valid_to - 364, valid_from)
        return Cards(
            subject=subject,
            province=self._province(people, words, valid_from),
            valid_from=valid_from,
            valid_to=np.maximum(valid_to, valid_from),
            status=_statuses(rng, people, words == "GD"),
            facility=self.facilities.registered(rng, people.home),
            present=np.ones(count, dtype=np.bool_),
        )

    def _second(self, rng: np.random.Generator, people: People, first: "Cards") -> "Cards":
        """The other card of those who have two: an expired predecessor or an announced successor."""
        calendar, draw = self.census.calendar, rng.random(len(people))
        valid = (first.status == ACTIVE) & (first.valid_to >= calendar.day) & (people.walk != Walk.INFANT)
        renewed = valid & (draw < RENEWED_SHARE) & (first.valid_from > people.birth_day + 366)
        announced = valid & (draw > 1 - ANNOUNCED_SHARE)
        household = SUBJECTS.index("GD")
        # Half of the predecessors have another code: the group changed, not only the year.
        subject = np.where(renewed & (rng.random(len(people)) < 0.5), household, first.subject)
        subject = np.where(announced, household, subject)
        words = np.array(SUBJECTS, dtype=object)[subject]
        valid_from = np.where(renewed, first.valid_from - 365, first.valid_to + 1)
        return Cards(
            subject=subject,
            province=self._province(people, words, np.where(renewed, valid_from, calendar.day)),
            valid_from=valid_from,
            valid_to=np.where(renewed, first.valid_from - 1, first.valid_to + 365),
            status=np.full(len(people), ACTIVE, dtype=np.int64),
            facility=first.facility,
            present=renewed | announced,
        )

    def _province(
        self, people: People, words: NDArray[np.object_], issued: NDArray[np.int64]
    ) -> NDArray[np.object_]:
        old = issued < day_number(date(*MERGER_YEAR_MONTH_DAY))
        province = np.where(old, self.places.old_code[people.home], self.places.province[people.home])
        province[words == "QN"] = DEFENCE
        province[words == "CA"] = POLICE
        return province.astype(object)

    def _cards(self, people: People, cards: "Cards", chosen_rows: NDArray[np.bool_]) -> str:
        rows = np.flatnonzero(chosen_rows)
        calendar = self.census.calendar
        words = chosen(SUBJECTS, cards.subject[rows])
        digit = chosen(map(str, BENEFIT_DIGITS.values()), cards.subject[rows])
        province = cards.province[rows]
        changed = np.where(cards.status == ACTIVE, cards.valid_from - 7, calendar.day - people.person_id % 50)
        return block(
            people.person_id[rows],
            calendar.instants(changed[rows]),
            calendar.days(cards.valid_from[rows]),
            calendar.days(cards.valid_to[rows]),
            digit,
            cards.status[rows],
            card_codes(people, cards, rows),
            words,
            province,
            cards.facility[rows],
        )

    def _holders(
        self,
        rng: np.random.Generator,
        people: People,
        names: tuple[NDArray[np.object_], NDArray[np.object_]],
        difficult: NDArray[np.bool_],
        known: NDArray[np.bool_],
    ) -> str:
        calendar, count = self.census.calendar, len(people)
        insured_days = (rng.random(count) * 15 * 365).astype(np.int64)
        since = np.maximum(calendar.day - insured_days, people.birth_day)
        no_five_years = rng.random(count) < 0.08
        area = np.where(difficult, chosen(LIVING_AREAS, rng.integers(0, 3, count)), NULL).astype(object)
        changed = calendar.day - (rng.random(count) * 900).astype(np.int64)
        columns = (
            people.person_id,
            calendar.instants(np.maximum(changed, people.birth_day)),
            nullable(calendar.days(people.birth_day), people.year_only),
            nullable(calendar.days(since + 5 * 365 + 1), no_five_years),
            people.birth_year,
            people.sex,
            *names,
            area,
        )
        return block(*(column[known] for column in columns))


@dataclass(frozen=True, kw_only=True)
class Cards:
    """One card of each person of a chunk; ``present`` says who really has it."""

    subject: Ints
    province: NDArray[np.object_]
    valid_from: Ints
    valid_to: Ints
    status: Ints
    facility: NDArray[np.object_]
    present: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The cards of a chunk: the one that each would have, and the other of those who have two."""

    difficult: NDArray[np.bool_]
    """Lives in a difficult area."""
    insured: NDArray[np.bool_]
    first: Cards
    second: Cards
    rng: np.random.Generator
    """Where the draw stands; the holders go on from there."""


def card_codes(people: People, cards: Cards, rows: Ints) -> NDArray[np.object_]:
    """Mã thẻ of these rows of the chunk."""
    words = chosen(SUBJECTS, cards.subject[rows])
    digit = chosen(map(str, BENEFIT_DIGITS.values()), cards.subject[rows])
    codes: NDArray[np.object_] = words + digit + cards.province[rows] + digits(people.si_number[rows], 10)
    return codes


def card_book(census: Census, facilities: Facilities) -> CardBook:
    """Cards for this census, registered at these facilities."""
    return CardBook(census=census, facilities=facilities, places=atlas())


def identifier_rows(people: People, rows: NDArray[np.bool_]) -> str:
    """COPY rows (identifier, person_id): the personal ID and the social-insurance number of each."""
    person = people.person_id[rows]
    return block(digits(people.personal_id[rows], 12), person) + block(
        digits(people.si_number[rows], 10), person
    )


def _assign(subject: Ints, rows: NDArray[np.bool_], uniform: NDArray[np.float64], shares: Draw) -> None:
    """Draw a subject for these rows by these shares."""
    cumulative = np.cumsum([share for _, share in shares])
    picks = np.minimum(np.searchsorted(cumulative, uniform[rows], side="right"), len(shares) - 1)
    subject[rows] = np.array([SUBJECTS.index(code) for code, _ in shares])[picks]


def _statuses(rng: np.random.Generator, people: People, household: NDArray[np.bool_]) -> Ints:
    """Active but for a few; those who just left their job are reported decreased (báo giảm)."""
    draw = rng.random(len(people))
    status = np.full(len(people), ACTIVE, dtype=np.int64)
    status[draw < REVOKED_SHARE] = REVOKED
    status[household & (draw > 1 - STOPPED_SHARE / 0.45)] = STOPPED
    status[people.walk == Walk.JUST_LEFT] = DECREASED
    return status


def _child_card_ends(birth_day: Ints, birth_year: Ints) -> Ints:
    """The day a child turns six, or 30 September of that year if that comes later.

    Law 51/2024 Art. 12.3: who has reached the age and not the school year keeps the card until 30 September.
    """
    sixth = birth_day + CHILD_CARD_YEARS * 365 + 1
    september = np.array([day_number(date(year, 9, 30)) for year in range(1900, 2121)])
    ends: Ints = np.maximum(sixth, september[birth_year + CHILD_CARD_YEARS - 1900])
    return ends
