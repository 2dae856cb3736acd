"""Reads of the identity database: by identifier only, one statement a batch. And the one thing that is written."""

from collections.abc import Sequence
from typing import Protocol

from lienthong.db.pool import Pool
from services.identity.domain import Person, Record
from services.identity.verifications import Best


class Persons(Protocol):
    """Where recorded persons come from."""

    async def persons(self, identifiers: Sequence[str]) -> list[Person | None]:
        """The person behind each identifier, in order; ``None`` for nobody."""

    async def person_ids(self, identifiers: Sequence[str]) -> list[int]:
        """The ``person_id`` behind each identifier, in order; 0 for nobody."""

    async def records(self, identifiers: Sequence[str]) -> list[Record | None]:
        """All that is recorded of the person behind each identifier, in order.

        ``None`` for nobody, and for an empty identifier, which stands for a malformed one.
        """


# Identifiers are digits (translate.py), so one comma list carries them all: it is
# bound some ten times faster than an array.
_PERSONS = b"""
SELECT k.ord, p.person_id, p.match_key, p.birth_date, p.birth_year, p.sex
FROM unnest(string_to_array(%t, ',')) WITH ORDINALITY AS k (identifier, ord)
JOIN person_identifier i ON i.identifier = k.identifier
JOIN person p ON p.person_id = i.person_id
"""
_PERSON_IDS = b"""
SELECT k.ord, i.person_id
FROM unnest(string_to_array(%t, ',')) WITH ORDINALITY AS k (identifier, ord)
JOIN person_identifier i ON i.identifier = k.identifier
"""
_RECORDS = b"""
SELECT k.ord, p.person_id, p.personal_id, p.si_number, p.full_name, p.birth_date, p.birth_year, p.sex,
       p.province_code
FROM unnest(string_to_array(%t, ',')) WITH ORDINALITY AS k (identifier, ord)
JOIN person_identifier i ON i.identifier = k.identifier
JOIN person p ON p.person_id = i.person_id
"""

# What is known already is not written again: no lock, no row version. In one order, so that two processes never wait
# for each other.
_BETTER = b"""
INSERT INTO verification (person_id, month, outcome)
SELECT n.person_id, n.month, n.outcome
FROM unnest(string_to_array(%t, ',')::bigint[], string_to_array(%t, ',')::date[], string_to_array(%t, ',')::smallint[])
    AS n (person_id, month, outcome)
WHERE NOT EXISTS (
    SELECT FROM verification v WHERE v.person_id = n.person_id AND v.month = n.month AND v.outcome <= n.outcome
)
ORDER BY n.person_id, n.month
ON CONFLICT (person_id, month) DO UPDATE SET outcome = excluded.outcome WHERE verification.outcome > excluded.outcome
"""


class PostgresPersons:
    """The real database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def persons(self, identifiers: Sequence[str]) -> list[Person | None]:
        """As in ``Persons``."""
        found: list[Person | None] = [None] * len(identifiers)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_PERSONS, (",".join(identifiers),))
            for order, *columns in await cursor.fetchall():
                found[order - 1] = Person._make(columns)
        return found

    async def person_ids(self, identifiers: Sequence[str]) -> list[int]:
        """As in ``Persons``."""
        found = [0] * len(identifiers)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_PERSON_IDS, (",".join(identifiers),))
            for order, person_id in await cursor.fetchall():
                found[order - 1] = person_id
        return found

    async def records(self, identifiers: Sequence[str]) -> list[Record | None]:
        """As in ``Persons``."""
        found: list[Record | None] = [None] * len(identifiers)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_RECORDS, (",".join(identifiers),))
            for row in await cursor.fetchall():
                found[row[0] - 1] = Record._make(row[1:])
        return found

    async def write_verified(self, best: Best) -> None:
        """Write whom agencies have verified, each at least with this outcome of that month."""
        columns = (
            ",".join(str(person) for person, _ in best),
            ",".join(month.isoformat() for _, month in best),
            ",".join(str(int(outcome)) for outcome in best.values()),
        )
        async with self._pool.connection() as connection:
            await connection.execute(_BETTER, columns)
