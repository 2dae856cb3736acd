"""The population of a nation, as a statistics office would have it: who lives where in the middle of each year.

So that shares of the population are right for these people: everybody lives where she lives now,
from her birth on; nobody has died or moved.
"""

from collections import Counter
from datetime import date

import numpy as np

from deploy.nation.calendar import Calendar, day_number
from deploy.nation.cast import cast
from deploy.nation.copytext import NULL
from deploy.nation.geography import atlas
from deploy.nation.people import People

SOURCE = "synthetic nation"
_YEARS_KEPT = 5
"""As far back as months of coverage are counted."""


class PopulationBook:
    """Counts people chunk by chunk, the cast from the beginning."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        as_of = calendar.as_of
        years = range(as_of.year - _YEARS_KEPT, as_of.year + 1)
        self._years = [year for year in years if date(year, 7, 1) <= as_of]
        self._province = atlas().province
        self._persons: Counter[tuple[int, str]] = Counter()
        for member in cast(as_of):
            born = date.fromisoformat(member.born + "-01-01" * (member.birth_date == NULL))
            self._persons.update(
                (year, member.province_code) for year in self._years if born < date(year, 7, 1)
            )

    def add(self, people: People) -> None:
        """Count a chunk."""
        for year in self._years:
            home = people.home[people.birth_day < day_number(date(year, 7, 1))]
            for place, persons in enumerate(np.bincount(home, minlength=len(self._province)).tolist()):
                self._persons[year, self._province[place]] += persons

    def rows(self) -> str:
        """The rows of ``population``: the country, and every province in which somebody lives."""
        told = [
            (year, f"VN_{code}", persons)
            for (year, code), persons in sorted(self._persons.items())
            if persons
        ]
        for year in self._years:
            told.append((year, "VN", sum(persons for of, _, persons in told if of == year)))
        day = self._calendar.as_of
        return "".join(
            f"{year}\t{area}\t{persons}\t{day}\t{SOURCE}\tnation\t{day} 00:00:00+07\n"
            for year, area, persons in told
        )
