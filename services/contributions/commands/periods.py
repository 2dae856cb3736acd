"""Periods of people with their units, out of the database and back; whoever calls has locked the units' accounts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from psycopg import Cursor

from services.contributions.commands.arrays import month_of, numbers, texts
from services.contributions.commands.units import Connection
from services.contributions.domain.periods import OPEN, Segment
from services.contributions.domain.rows import PeriodRow, to_rows, to_segments

Rows: TypeAlias = Cursor[Any]

_LOAD: Final = b"""
SELECT p.employer_id, p.person_id, p.valid_from, p.valid_to, p.schemes, p.base_vnd, p.position, p.entry,
       p.regular_from
FROM unnest(%s::bigint[], %s::bigint[]) AS asked (employer_id, person_id)
JOIN participation p ON p.person_id = asked.person_id AND p.employer_id = asked.employer_id
ORDER BY p.employer_id, p.person_id, p.valid_from
"""
_DELETE: Final = b"""
DELETE FROM participation p
USING unnest(%s::bigint[], %s::bigint[], %s::integer[]) AS old (employer_id, person_id, first)
WHERE p.person_id = old.person_id AND p.employer_id = old.employer_id
  AND p.valid_from = make_date(old.first / 12, old.first %% 12 + 1, 1)
"""
_ROWS: Final = b"""
unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::integer[], %s::smallint[], %s::bigint[], %s::text[],
       %s::bigint[], %s::integer[])
    AS n (employer_id, person_id, first, last, schemes, base_vnd, position, entry, regular_from)
"""
# In place: of a change of base, the commonest of all, no index hears.
_UPDATE: Final = (
    b"""
UPDATE participation p
SET valid_to = CASE WHEN n.last < %s THEN make_date(n.last / 12, n.last %% 12 + 1, 1) END,
    schemes = n.schemes, base_vnd = n.base_vnd, position = nullif(n.position, ''), entry = n.entry,
    regular_from = CASE WHEN n.regular_from > 0
                        THEN make_date(n.regular_from / 12, n.regular_from %% 12 + 1, 1) END,
    changed_at = %s
FROM """
    + _ROWS
    + b"""
WHERE p.person_id = n.person_id AND p.employer_id = n.employer_id
  AND p.valid_from = make_date(n.first / 12, n.first %% 12 + 1, 1)
"""
)
_INSERT: Final = (
    b"""
INSERT INTO participation
    (valid_to, changed_at, employer_id, person_id, valid_from, schemes, base_vnd, position, entry, regular_from)
SELECT CASE WHEN n.last < %s THEN make_date(n.last / 12, n.last %% 12 + 1, 1) END, %s,
       n.employer_id, n.person_id, make_date(n.first / 12, n.first %% 12 + 1, 1),
       n.schemes, n.base_vnd, nullif(n.position, ''), n.entry,
       CASE WHEN n.regular_from > 0 THEN make_date(n.regular_from / 12, n.regular_from %% 12 + 1, 1) END
FROM """
    + _ROWS
)


class Changed(NamedTuple):
    """A person's periods with a unit, before and after."""

    employer_id: int
    person_id: int
    before: Sequence[Segment]
    after: Sequence[Segment]


_Key: TypeAlias = tuple[int, int, PeriodRow]


class Stored:
    """The periods of people with units as they are stored."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int], list[PeriodRow]] = {}

    def add(self, employer_id: int, person_id: int, row: PeriodRow) -> None:
        """The rows of a person with a unit come oldest first."""
        self._rows.setdefault((employer_id, person_id), []).append(row)

    def segments(self, employer_id: int, person_id: int) -> list[Segment]:
        """What they mean; nothing for whoever was never declared by this unit."""
        rows = self._rows.get((employer_id, person_id))
        return to_segments(rows) if rows else []


def ask(connection: Connection, asked: Sequence[tuple[int, int]]) -> Rows:
    """Ask for the periods of these (unit, person); in a pipeline the answer comes later."""
    cursor = connection.cursor(binary=True)
    return cursor.execute(_LOAD, [numbers(unit for unit, _ in asked), numbers(person for _, person in asked)])


def read(rows: Rows) -> Stored:
    """The answer."""
    stored = Stored()
    for employer_id, person_id, first, last, schemes, base_vnd, position, entry, regular_from in rows:
        row = PeriodRow(
            month_of(first),
            month_of(last),
            schemes,
            base_vnd,
            position or "",
            entry,
            month_of(regular_from) if entry else 0,
        )
        stored.add(employer_id, person_id, row)
    return stored


def write(connection: Connection, people: Iterable[Changed], now: datetime) -> None:
    """Make everybody's periods those after; what stays is not touched. Best called in a pipeline."""
    gone: list[_Key] = []
    come: list[_Key] = []
    others: list[_Key] = []
    for employer_id, person_id, before, after in people:
        old = {row.first: row for row in to_rows(before)}
        new = {row.first: row for row in to_rows(after)}
        gone += [(employer_id, person_id, row) for first, row in old.items() if first not in new]
        for first, row in new.items():
            if first not in old:
                come.append((employer_id, person_id, row))
            elif old[first] != row:
                others.append((employer_id, person_id, row))
    if gone:
        connection.execute(_DELETE, _keys(gone))
    if others:
        connection.execute(_UPDATE, [OPEN, now, *_columns(others)])
    if come:
        connection.execute(_INSERT, [OPEN, now, *_columns(come)])


def _keys(rows: Sequence[_Key]) -> list[str]:
    return [
        numbers(unit for unit, _, _ in rows),
        numbers(person for _, person, _ in rows),
        numbers(row.first for _, _, row in rows),
    ]


def _columns(rows: Sequence[_Key]) -> list[str]:
    return [
        *_keys(rows),
        numbers(row.last for _, _, row in rows),
        numbers(row.schemes for _, _, row in rows),
        numbers(row.base_vnd for _, _, row in rows),
        texts(row.position for _, _, row in rows),
        numbers(row.entry for _, _, row in rows),
        numbers(row.regular_from for _, _, row in rows),
    ]
