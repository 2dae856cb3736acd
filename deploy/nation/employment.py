"""Who is insured through which unit: what health insurance would have been told of the periods that are loaded.

The rows are those that its consumer keeps of ``ParticipationChanged``: all months with
health insurance of a person with a unit, periods that touch as one. Without them a
person's other unit would be unknown there until its first declaration, and the card of
somebody with two units would end with the first of them.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deploy.nation.calendar import Calendar
from deploy.nation.copytext import block
from deploy.nation.people import Ints
from services.contributions.domain.months import Scheme
from services.health_claims.domain.employment import OPEN, year_end

VERSION: Final = 0
"""Before that of any declaration: those count from 1."""


class Units(NamedTuple):
    """The unit of each of some periods."""

    codes: NDArray[np.object_]
    sectors: NDArray[np.object_]
    provinces: NDArray[np.object_]


class Periods(NamedTuple):
    """Periods of participation, in any order; of a person with a unit they do not overlap."""

    person: Ints
    employer: Ints
    start: Ints
    """Month numbers."""
    end: Ints
    is_open: NDArray[np.bool_]
    schemes: Ints
    booked: Ints
    """Day numbers."""

    def taken(self, rows: Ints) -> "Periods":
        """Some of these periods."""
        return Periods._make(column[rows] for column in self)


class Insured(NamedTuple):
    """One entry for each person and unit, by person; the period is the newest of them."""

    newest: Periods
    covered: NDArray[np.object_]
    """Array literals: first, last, first, last ...; the last is 0 while open."""


def insured(periods: Periods) -> Insured:
    """The months with health insurance of each person with each unit."""
    own = periods.taken(np.flatnonzero(periods.schemes & Scheme.HEALTH))
    own = own.taken(np.lexsort((own.start, own.employer, own.person)))
    if not len(own.person):
        return Insured(own, np.array([], dtype=object))
    begins_pair = _changes(own.person) | _changes(own.employer)
    begins_run = begins_pair | np.concatenate(([True], own.start[1:] > own.end[:-1] + 1))
    runs = np.flatnonzero(begins_run)
    last = np.where(own.is_open, OPEN, own.end)[_ends(runs, len(begins_run))]
    bounds = zip(own.start[runs].tolist(), last.tolist(), strict=True)
    texts = np.array([f"{first},{last}" for first, last in bounds], dtype=object)
    texts = np.where(begins_pair[runs], "{", ",").astype(object) + texts
    joined = np.add.reduceat(texts, np.flatnonzero(begins_pair[runs])) + "}"
    return Insured(own.taken(_ends(np.flatnonzero(begins_pair), len(begins_pair))), joined.astype(object))


def rows(found: Insured, units: Units, calendar: Calendar) -> str:
    """COPY rows of employment."""
    count = len(found.covered)
    return block(
        found.newest.person,
        np.full(count, VERSION),
        calendar.instants(found.newest.booked),
        np.full(count, year_end(calendar.as_of).isoformat(), dtype=object),
        found.covered,
        *units,
    )


def _changes(values: Ints) -> NDArray[np.bool_]:
    """Where a value is not that of the row before; the first is."""
    return np.concatenate(([True], values[1:] != values[:-1]))


def _ends(begins: Ints, count: int) -> Ints:
    """The last row of each group, by the rows where groups begin."""
    return np.append(begins[1:], count) - 1
