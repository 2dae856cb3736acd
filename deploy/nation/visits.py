"""What random people were treated for in the last two years, as accepted claim files would have left it.

One person in ten has one to three visits at the place where she is registered, each on a
day on which her card is valid. Seeded dossiers were taken over without their files
(``content`` is empty); those of the cast have one (:mod:`deploy.nation.cast_visits`).
The year's own payments are the sums of what is generated here, so that nothing has to
be kept in memory beyond a chunk.
"""

import zlib
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deploy.nation.calendar import Calendar, day_number, years_of
from deploy.nation.cards import ACTIVE, BENEFIT_DIGITS, Drawn, card_codes
from deploy.nation.claim_files import Drug, Service
from deploy.nation.copytext import NULL, Column, block, chosen, nullable
from deploy.nation.facilities import BASIC, CODES, PRIMARY, Facilities
from deploy.nation.people import Census, Ints, People, Walk
from deploy.nation.treatments import BED_DAY, SENSITIVE, TREATMENTS
from lienthong import law

TREATED = 0.10
"""People with visits."""
VISITS = (0.5, 0.3, 0.2)
"""Of them: how many have one, two, three."""
LONGEST_AGO = 730
"""Days."""
SENSITIVE_WEIGHT = 0.12
"""Of each sensitive diagnosis; the others weigh 1 to 5."""
MOST_SUPPLY = 3
"""Months for which an outpatient gets drugs at once."""
FUND_BASIS_POINTS = {1: 10_000, 2: 10_000, 3: 9_500, 4: 8_000, 5: 10_000}
"""By benefit digit."""
WHOLE = 10_000
TOLD = TREATMENTS + SENSITIVE
"""What is drawn, with the sensitive diagnoses last."""
EMPTY_FILE: Final = "\\\\x" + zlib.compress(b"").hex()
"""``content`` of a dossier that was taken over without its file."""
DIGEST: Final = "\\\\x" + sha256(b"nation").hexdigest()
TAKEN_OVER: Final = "6e617469-6f6e-4000-8000-000000000001"
"""The operation that all of it came with."""
_LOW_COST_PERCENT = 15
_EMPTY = "{}"

Texts = NDArray[np.object_]


def low_cost_line(day: date) -> int:
    """A visit that costs less is paid in full, VND (Health Insurance Law Art. 22.1)."""
    return law.levels().at("reference_level", day).value.vnd * _LOW_COST_PERCENT // 100


def reference_change(year: int) -> date | None:
    """The day within a year on which the reference level changed."""
    for row in law.levels().of("reference_level"):
        if row.valid_from.year == year and row.valid_from != date(year, 1, 1):
            return row.valid_from
    return None


@dataclass(frozen=True, kw_only=True)
class Visits:
    """Visits of a chunk, one entry of each array for each."""

    row: Ints
    """Position of the person in the chunk."""
    number: Ints
    """Which of the person's."""
    what: Ints
    """Position in TOLD."""
    day: Ints
    until: Ints
    inpatient: NDArray[np.bool_]
    supply: Ints
    """Months of drugs."""
    facility: Texts
    basis_points: Ints
    cost: Ints
    fund: Ints

    def __len__(self) -> int:
        """Visits in the chunk."""
        return len(self.row)


@dataclass(frozen=True, kw_only=True)
class VisitBook:
    """Draws visits for chunks of people."""

    census: Census
    facilities: Facilities

    def rows(self, people: People, drawn: Drawn) -> dict[str, str]:
        """COPY rows of the tables of claims for a chunk whose cards were just drawn."""
        visits = self._draw(self.census.rng("visits", people.number), people, drawn)
        told = _Told(self.census.calendar, people, visits, card_codes(people, drawn.first, visits.row))
        return {
            "copay_year": self._copay(people, visits),
            "treatment": block(told.person, np.ones(len(visits), dtype=np.int64), visits.facility, told.code),
            "dossier": told.dossiers(),
            "dossier_drug": told.drugs(),
            "dossier_service": told.services(),
            "dossier_sensitive": told.sensitive(),
        }

    def _draw(self, rng: np.random.Generator, people: People, drawn: Drawn) -> Visits:
        calendar, cards = self.census.calendar, drawn.first
        earliest = np.maximum(cards.valid_from, calendar.day - LONGEST_AGO)
        latest = np.minimum(cards.valid_to, calendar.day - 1)
        treatable = drawn.insured & (cards.status == ACTIVE) & (people.walk != Walk.SOLDIER)
        treated = treatable & (latest - earliest >= 14) & (rng.random(len(people)) < TREATED)
        each = np.where(treated, 1 + np.searchsorted(np.cumsum(VISITS)[:-1], rng.random(len(people))), 0)
        row = np.repeat(np.arange(len(people)), each)
        count = len(row)
        number = np.arange(count) - np.repeat(np.cumsum(each) - each, each) + 1
        what = np.minimum(np.searchsorted(_weights(), rng.random(count), side="right"), len(TOLD) - 1)
        inpatient = rng.random(count) < _column("inpatient_share")[what]
        day = earliest[row] + (rng.random(count) * (latest - earliest - 10)[row]).astype(np.int64)
        nights = np.where(inpatient, rng.integers(2, 9, count), 0)
        supply = np.where(inpatient, 1, rng.integers(1, MOST_SUPPLY + 1, count))
        home, facility = people.home[row], cards.facility[row]
        level = self.facilities.levels(home, facility) if count else np.zeros(0, dtype=np.int64)
        # A health station keeps nobody overnight: the first basic facility of the province does.
        moved = inpatient & (level == PRIMARY)
        facility = np.where(moved, CODES[home, 1], facility).astype(object)
        cost = _drug_costs()[what] * supply + _service_costs()[what] + BED_DAY.price_vnd * nights
        level = np.where(moved, BASIC, level)
        basis_points = self._basis_points(cards.subject[row], level, cost, day + nights)
        return Visits(
            row=row, number=number, what=what, day=day, until=day + nights, inpatient=inpatient, supply=supply,
            facility=facility, basis_points=basis_points, cost=cost, fund=cost * basis_points // WHOLE,
        )  # fmt: skip

    def _basis_points(self, subject: Ints, level: Ints, cost: Ints, until: Ints) -> Ints:
        digits = np.array([FUND_BASIS_POINTS[digit] for digit in BENEFIT_DIGITS.values()])[subject]
        as_of = self.census.calendar.as_of
        line = np.full(len(cost), low_cost_line(date(as_of.year - 2, 1, 1)))
        for year in range(as_of.year - 2, as_of.year + 1):
            for start in (date(year, 1, 1), reference_change(year)):
                if start is not None:
                    line = np.where(until >= day_number(start), low_cost_line(start), line)
        return np.where((level == PRIMARY) | (cost < line), WHOLE, digits)

    def _copay(self, people: People, visits: Visits) -> str:
        """The sums by person and year; nobody here comes near the exemption."""
        years, copay = years_of(visits.until), visits.cost - visits.fund
        texts = []
        for year in range(self.census.calendar.as_of.year - 2, self.census.calendar.as_of.year + 1):
            mine = np.where(years == year, copay, 0)
            paid = np.bincount(visits.row, mine, len(people)).astype(np.int64)
            rows = np.flatnonzero(paid)
            change = reference_change(year)
            before = np.full(len(rows), NULL, dtype=object)
            if change is not None:
                early = np.where(visits.until < day_number(change), mine, 0)
                before = np.bincount(visits.row, early, len(people)).astype(np.int64)[rows].astype(object)
            texts.append(
                block(
                    people.person_id[rows],
                    paid[rows],
                    np.array(list(map(str, before)), dtype=object),
                    np.full(len(rows), self._booked(year), dtype=object),
                    np.full(len(rows), NULL, dtype=object),
                    np.full(len(rows), year),
                )
            )
        return "".join(texts)

    def _booked(self, year: int) -> str:
        """When the sum of a year was last changed: at its end, or now."""
        day = min(date(year, 12, 31), self.census.calendar.as_of)
        return f"{day} 00:00:00+07"


class _Told:
    """The visits of a chunk as rows."""

    def __init__(self, calendar: Calendar, people: People, visits: Visits, cards: Texts) -> None:
        self._calendar = calendar
        self._visits = visits
        self._cards = cards
        self.person = people.person_id[visits.row]
        self.code: Texts = np.array(
            [f"LK.{p}.{n}" for p, n in zip(self.person.tolist(), visits.number.tolist(), strict=True)],
            dtype=object,
        )
        self._is_sensitive = visits.what >= len(TREATMENTS)

    def dossiers(self) -> str:
        """Rows of ``dossier``."""
        visits, count = self._visits, len(self._visits)
        copay = visits.cost - visits.fund
        diagnosis = chosen([treatment.diagnosis for treatment in TOLD], visits.what)
        text = chosen([treatment.text for treatment in TOLD], visits.what)
        return block(
            self.person, visits.cost, visits.cost, visits.fund, copay, copay, _same(count, "0"), visits.fund,
            self._at(visits.day, "08:00"), self._at(visits.until, "16:00"), self._at(visits.until, "20:00"),
            _same(count, TAKEN_OVER), _same(count, "1"), _same(count, "1"), _same(count, "t"),
            chosen(["f", "t"], self._is_sensitive.astype(np.int64)), visits.facility, self.code,
            chosen(["01", "03"], visits.inpatient.astype(np.int64)), _same(count, "1.1"),
            nullable(diagnosis, self._is_sensitive), _same(count, _EMPTY),
            np.where(self._is_sensitive, "", text).astype(object), self._cards, _same(count, DIGEST),
            np.where(self._is_sensitive, "\\\\x", EMPTY_FILE).astype(object),
        )  # fmt: skip

    def drugs(self) -> str:
        """Rows of ``dossier_drug``."""
        texts = []
        for what, treatment in enumerate(TOLD):
            of = np.flatnonzero(self._visits.what == what)
            for line, drug in enumerate(treatment.drugs, 1):
                texts.append(self._drug(of, line, drug))
        return "".join(texts)

    def _drug(self, of: Ints, line: int, drug: Drug) -> str:
        visits, count = self._visits, len(of)
        supply, ordered = visits.supply[of], visits.day[of]
        cost = supply * drug.cost_vnd
        directions = [
            f"1 {drug.unit.lower()}/lần * {drug.a_day} lần/ngày * {drug.days * n} ngày"
            for n in range(MOST_SUPPLY + 1)
        ]
        return block(
            self.person[of], cost, cost * visits.basis_points[of] // WHOLE, *_line(count, line),
            self._calendar.days(ordered), self._calendar.days(ordered + supply * drug.days - 1),
            visits.facility[of], self.code[of], *_same_many(count, drug.substance_code, drug.name,
            drug.strength, drug.unit, "1.01"), chosen(directions, supply), supply * drug.quantity,
        )  # fmt: skip

    def services(self) -> str:
        """Rows of ``dossier_service``; a bed day comes last."""
        texts = []
        for what, treatment in enumerate(TOLD):
            of = np.flatnonzero(self._visits.what == what)
            for line, service in enumerate(treatment.services, 1):
                texts.append(self._service(of, line, service, np.full(len(of), service.quantity)))
            stayed = of[self._visits.inpatient[of]]
            nights = (self._visits.until - self._visits.day)[stayed]
            texts.append(self._service(stayed, len(treatment.services) + 1, BED_DAY, nights))
        return "".join(texts)

    def _service(self, of: Ints, line: int, service: Service, quantity: Ints) -> str:
        visits, count = self._visits, len(of)
        cost = quantity * service.price_vnd
        return block(
            self.person[of], cost, cost * visits.basis_points[of] // WHOLE, *_line(count, line),
            self._calendar.days(visits.day[of]), visits.facility[of], self.code[of],
            *_same_many(count, service.code, service.name, service.unit), quantity,
        )  # fmt: skip

    def sensitive(self) -> str:
        """Rows of ``dossier_sensitive``."""
        of = np.flatnonzero(self._is_sensitive)
        count, what = len(of), self._visits.what[of]
        return block(
            self.person[of], *_same_many(count, "1", "f"), self._visits.facility[of], self.code[of],
            chosen([f"{{{treatment.diagnosis}}}" for treatment in TOLD], what),
            chosen([treatment.text for treatment in TOLD], what), _same(count, EMPTY_FILE),
        )  # fmt: skip

    def _at(self, days: Ints, hour: str) -> Texts:
        texts: Texts = self._calendar.days(days) + f" {hour}:00+07"
        return texts


def _same(count: int, text: str) -> Texts:
    return np.full(count, text, dtype=object)


def _same_many(count: int, *texts: str) -> list[Column]:
    return [_same(count, text) for text in texts]


def _line(count: int, line: int) -> list[Column]:
    """The columns version and line."""
    return _same_many(count, "1", str(line))


def _weights() -> NDArray[np.float64]:
    """Cumulative shares of TOLD."""
    weights = [*(treatment.weight for treatment in TREATMENTS), *(SENSITIVE_WEIGHT for _ in SENSITIVE)]
    cumulative: NDArray[np.float64] = np.cumsum(weights) / np.sum(weights)
    return cumulative


def _column(name: str) -> NDArray[np.float64]:
    return np.array([getattr(treatment, name) for treatment in TOLD])


def _drug_costs() -> Ints:
    return np.array([sum(drug.cost_vnd for drug in treatment.drugs) for treatment in TOLD])


def _service_costs() -> Ints:
    return np.array([sum(service.cost_vnd for service in treatment.services) for treatment in TOLD])
