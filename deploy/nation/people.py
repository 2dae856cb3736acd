"""Who the people are: age, sex, home, walk of life. Drawn in chunks, all from one seed.

Every database is filled from the same chunks; each worker draws them anew, so
that nothing has to be handed from one to the other and memory stays bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from deploy.nation.calendar import Calendar, day_number, years_of
from deploy.nation.geography import Atlas, atlas
from deploy.nation.identifiers import Registry
from deploy.nation.names import NameBook

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FIRST_RANDOM_ID = 100
"""Smaller person_ids belong to the fixed cast."""
CHUNK = 50_000
"""People drawn at once. A constant of the format: another value gives other rows."""
DAYS_A_YEAR = 365.2425

# The pyramid in five-year bands: percent of the nation, percent of them male. Last band 100 to 104.
PYRAMID = (
    (7.2, 52.6), (8.0, 52.5), (8.1, 52.4), (7.3, 52.2), (6.5, 51.8), (7.0, 51.3), (7.9, 50.7),
    (8.2, 50.3), (7.5, 50.1), (6.6, 49.8), (6.0, 49.2), (5.4, 48.3), (4.9, 47.0), (3.7, 45.4),
    (2.5, 43.4), (1.4, 41.0), (0.9, 38.0), (0.55, 35.0), (0.25, 32.0), (0.08, 29.0), (0.02, 25.0),
)  # fmt: skip

# Percent of an age band in formal work (from 15-19 to 60-64), before pensions.
FORMAL_WORK = (4.0, 33.0, 50.0, 49.0, 46.0, 40.0, 31.0, 23.0, 13.0, 3.0)
FIRST_WORKING_BAND = 3
YOUNGEST_WORKER = 18

# (from age, share of people of that age whose day and month of birth nobody knows)
YEAR_ONLY = ((55, 0.10), (65, 0.22), (75, 0.38))

PENSION_AGE = (61, 57)
"""Men, women, in full years: Decree 135/2020 as of 2026, months left out."""


class Walk(IntEnum):
    """Walk of life: decides the card's subject group and what is in the contributions database."""

    OTHER = 0
    INFANT = 1
    """Under six."""
    PUPIL = 2
    STUDENT = 3
    EMPLOYEE = 4
    CIVIL_SERVANT = 5
    SOLDIER = 6
    """Army and police: insured by their own bodies, not in contributions."""
    JUST_LEFT = 7
    """Left the job in the last months; the card is reported decreased."""
    PENSIONER = 8
    VOLUNTARY = 9
    """Pays voluntary social insurance."""
    FORMER = 10
    """Worked formally some years ago."""


@dataclass(frozen=True, kw_only=True)
class People:
    """A chunk of people, one entry of each array for each."""

    number: int
    """Number of the chunk, from 0."""
    person_id: Ints
    sex: Ints
    birth_day: Ints
    """Day number of birth; 1 January where only the year is known."""
    birth_year: Ints
    year_only: NDArray[np.bool_]
    age: Ints
    """Full years."""
    home: Ints
    """Legacy province of residence."""
    birth_province: Ints
    """Legacy province of birth registration."""
    minority: NDArray[np.bool_]
    walk: Ints
    personal_id: Ints
    si_number: Ints

    def __len__(self) -> int:
        """People in the chunk."""
        return len(self.person_id)


@dataclass(frozen=True, kw_only=True)
class Census:
    """The people of a nation: the same for the same population, seed and date."""

    population: int
    """Random people; the cast comes on top of them."""
    seed: int
    calendar: Calendar

    def rng(self, stream: str, chunk: int = 0) -> np.random.Generator:
        """Random numbers of one purpose and one chunk, independent of all others."""
        name = int.from_bytes(stream.encode(), "big")
        return np.random.Generator(np.random.PCG64([self.seed, name, chunk]))

    def chunks(self) -> Iterator[People]:
        """The people, :data:`CHUNK` at a time."""
        places = atlas()
        registry = Registry(self.rng("registry"), places.id_code)
        for number, start in enumerate(range(0, self.population, CHUNK)):
            count = min(CHUNK, self.population - start)
            yield self._draw(number, FIRST_RANDOM_ID + start, count, places, registry)

    def names(self, people: People, book: NameBook) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """(full names, match keys) of a chunk."""
        south = atlas().south[people.birth_province]
        surnames = south.astype(np.int64) + 2 * people.minority
        return book.draw(self.rng("names", people.number), people.sex, people.birth_year, surnames)

    def _draw(self, number: int, first_id: int, count: int, places: Atlas, registry: Registry) -> People:
        rng = self.rng("people", number)
        sex, birth_day, year_only = _births(rng, count, self.calendar)
        birth_year = years_of(birth_day)
        age = full_years(birth_day, self.calendar)
        home = np.minimum(np.searchsorted(places.cumulative, rng.random(count), side="right"), 62)
        moved = rng.random(count) < places.pull[home]
        elsewhere = np.minimum(np.searchsorted(places.cumulative, rng.random(count), side="right"), 62)
        birth_province = np.where(moved, elsewhere, home)
        return People(
            number=number,
            person_id=np.arange(first_id, first_id + count, dtype=np.int64),
            sex=sex,
            birth_day=birth_day,
            birth_year=birth_year,
            year_only=year_only,
            age=age,
            home=home,
            birth_province=birth_province,
            minority=rng.random(count) < places.minority[birth_province],
            walk=_walks(rng, age, sex),
            personal_id=registry.personal_ids(birth_province, sex, birth_year),
            si_number=registry.si_numbers(home),
        )


def full_years(birth_day: Ints, calendar: Calendar) -> Ints:
    """Age in full years, to the day but for leap years."""
    return ((calendar.day - birth_day) / DAYS_A_YEAR).astype(np.int64)


def _births(rng: np.random.Generator, count: int, calendar: Calendar) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """(sex, day of birth, only the year is known), by the pyramid."""
    weights = np.array([percent for percent, _ in PYRAMID])
    cumulative = np.cumsum(weights) / weights.sum()
    band = np.minimum(np.searchsorted(cumulative, rng.random(count), side="right"), len(PYRAMID) - 1)
    male = np.array([percent / 100 for _, percent in PYRAMID])[band]
    sex = np.where(rng.random(count) < male, 1, 2).astype(np.int64)
    days_ago = ((band + rng.random(count)) * 5 * DAYS_A_YEAR).astype(np.int64)
    birth_day = calendar.day - days_ago
    unknown = np.zeros(count)
    for from_age, share in YEAR_ONLY:
        unknown[days_ago >= from_age * DAYS_A_YEAR] = share
    year_only = rng.random(count) < unknown
    new_year = np.array([day_number(d) for d in _new_years()])[years_of(birth_day) - 1900]
    return sex, np.where(year_only, new_year, birth_day).astype(np.int64), year_only


def _new_years() -> list[date]:
    return [date(year, 1, 1) for year in range(1900, 2121)]


def _walks(rng: np.random.Generator, age: Ints, sex: Ints) -> Ints:
    """A walk of life for each, by age."""
    count = len(age)
    first, second = rng.random(count), rng.random(count)
    walk = np.full(count, Walk.OTHER, dtype=np.int64)
    walk[age < 6] = Walk.INFANT
    walk[(age >= 6) & (age < 18)] = Walk.PUPIL
    rate = np.zeros(30)
    rate[FIRST_WORKING_BAND : FIRST_WORKING_BAND + len(FORMAL_WORK)] = np.array(FORMAL_WORK) / 100
    adult = age >= YOUNGEST_WORKER
    works = adult & (first < rate[age // 5])
    walk[works] = np.select(
        [second[works] < 0.155, second[works] < 0.175, second[works] < 0.205],
        [Walk.CIVIL_SERVANT, Walk.SOLDIER, Walk.JUST_LEFT],
        Walk.EMPLOYEE,
    )
    idle = adult & ~works
    walk[idle & (age < 23) & (second < 0.42)] = Walk.STUDENT
    walk[idle & (age >= 23) & (age < 60) & (second < 0.045)] = Walk.VOLUNTARY
    walk[idle & (age >= 23) & (age < 60) & (second >= 0.045) & (second < 0.16)] = Walk.FORMER
    retired = idle & (age >= np.where(sex == 1, *PENSION_AGE))
    walk[retired & (second < 0.24)] = Walk.PENSIONER
    return walk
