"""The rows of each database, chunk by chunk, in the order in which they are loaded."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from deploy.nation.cards import card_book, identifier_rows
from deploy.nation.cast import cast_rows
from deploy.nation.cast_visits import cast_claims
from deploy.nation.copytext import block, nullable
from deploy.nation.employers import employers
from deploy.nation.facilities import facilities
from deploy.nation.geography import atlas
from deploy.nation.identifiers import digits
from deploy.nation.names import NameBook
from deploy.nation.people import Census, People
from deploy.nation.population import PopulationBook
from deploy.nation.tables import TABLES
from deploy.nation.verifications import VerificationBook
from deploy.nation.visits import VisitBook
from deploy.nation.work import WorkBook

Rows = dict[str, str]
"""Rows for COPY, by table."""


class Author:
    """Writes the rows of some databases; the same rows whichever others are written beside them."""

    def __init__(self, census: Census, databases: Sequence[str]) -> None:
        self._census = census
        self._databases = databases
        self._book = NameBook()
        places = facilities(census.population)
        self._cards = card_book(census, places)
        self._verified = VerificationBook(census=census)
        self._visits = VisitBook(census=census, facilities=places)
        self._employers = employers(census)
        self._work = WorkBook(census=census, employers=self._employers)
        self._places = atlas()
        self._population = PopulationBook(census.calendar)

    def opening(self) -> dict[str, Rows]:
        """By database: the cast, and what there is once for the whole country."""
        cast = cast_rows(self._census.calendar)
        if "health_claims" in self._databases:
            cast |= cast_claims(self._census.calendar.as_of)
        rows = {name: {table: cast.get(table, "") for table in TABLES[name]} for name in self._databases}
        if "contributions" in rows:
            rows["contributions"]["employer"] += self._employers.rows()
            arrears = self._employers.arrears_rows(self._census.rng("unpaid"))
            rows["contributions"]["arrears"] = cast["arrears"] + arrears
        if "health_claims" in rows:
            rows["health_claims"]["facility"] += self._cards.facilities.rows()
        return rows

    def chapters(self) -> Iterator[tuple[int, dict[str, Rows]]]:
        """(people in this chunk, rows by database), for all people."""
        writers: dict[str, Callable[[People], Rows]] = {
            "identity": self._identity,
            "health_claims": self._health,
            "contributions": self._work.rows,
        }
        for people in self._census.chunks():
            yield len(people), {name: writers[name](people) for name in self._databases}

    def closing(self) -> dict[str, Rows]:
        """By database: what is known when all people have been written."""
        return (
            {"health_claims": {"population": self._population.rows()}}
            if "health_claims" in self._databases
            else {}
        )

    def _health(self, people: People) -> Rows:
        self._population.add(people)
        drawn = self._cards.draw(people)
        return {
            **self._cards.rows(people, self._census.names(people, self._book), drawn),
            "employment": self._work.employment(people),
            **self._visits.rows(people, drawn),
        }

    def _identity(self, people: People) -> Rows:
        calendar = self._census.calendar
        changed = calendar.day - self._census.rng("booked", people.number).integers(0, 1000, len(people))
        everyone = np.ones(len(people), dtype=np.bool_)
        person = block(
            people.person_id,
            calendar.instants(np.maximum(changed, people.birth_day)),
            nullable(calendar.days(people.birth_day), people.year_only),
            people.birth_year,
            people.sex,
            digits(people.personal_id, 12),
            digits(people.si_number, 10),
            *self._census.names(people, self._book),
            self._places.province[people.home],
        )
        return {
            "person": person,
            "person_identifier": identifier_rows(people, everyone),
            "verification": self._verified.rows(people),
        }
