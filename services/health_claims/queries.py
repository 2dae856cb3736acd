"""Reads of the health-insurance database: by identifier only, one statement a batch."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from lienthong.db.pool import Pool
from services.health_claims.domain.benefit import CopayYear
from services.health_claims.domain.coverage import Card, Holder
from services.health_claims.domain.facility import Facility


class CoverageRecords(Protocol):
    """Where holders, cards and facilities come from."""

    async def holders(self, identifiers: Sequence[str], years: Sequence[int] = ()) -> list[Holder | None]:
        """The holder behind each identifier, in order; ``None`` for nobody.

        A 15-character card code is looked up by its last ten, the social-insurance number.
        ``years``, if given, names for each the year whose own payments are wanted; 0 for none.
        """

    async def facilities(self) -> Mapping[str, Facility]:
        """Every facility by its code, at most ten minutes old."""


# Identifiers are letters and digits (translate.py), so one comma list carries them
# all: it is bound some ten times faster than an array.
_HOLDERS: Final = b"""
SELECT k.ord, h.person_id, h.match_key, h.birth_date, h.birth_year, h.living_area, h.five_years_on,
       (extract(epoch FROM greatest(h.changed_at, c.changed_at)) * 1000000)::bigint,
       c.card_code, c.subject_code, c.benefit_digit, c.province_code, c.valid_from, c.valid_to,
       c.facility_code, c.status, c.status_from
FROM unnest(string_to_array(%t, ',')) WITH ORDINALITY AS k (identifier, ord)
JOIN holder_identifier i ON i.identifier = k.identifier
JOIN holder h ON h.person_id = i.person_id
LEFT JOIN card c ON c.person_id = h.person_id
"""
_HOLDERS_WITH_COPAY: Final = b"""
SELECT k.ord, h.person_id, h.match_key, h.birth_date, h.birth_year, h.living_area, h.five_years_on,
       (extract(epoch FROM greatest(h.changed_at, c.changed_at, y.changed_at)) * 1000000)::bigint,
       c.card_code, c.subject_code, c.benefit_digit, c.province_code, c.valid_from, c.valid_to,
       c.facility_code, c.status, c.status_from, y.copay_vnd, y.paid_before_change, y.exceeded_on
FROM unnest(string_to_array(%t, ','), string_to_array(%t, ',')::smallint[])
     WITH ORDINALITY AS k (identifier, year, ord)
JOIN holder_identifier i ON i.identifier = k.identifier
JOIN holder h ON h.person_id = i.person_id
LEFT JOIN card c ON c.person_id = h.person_id
LEFT JOIN copay_year y ON y.person_id = h.person_id AND y.year = k.year
"""
_FACILITIES: Final = b"""
SELECT code, name, level, former_tier, points, provisional, polyclinic FROM facility
"""
_FACILITIES_SECONDS: Final = 600.0

_HOLDER_COLUMNS: Final = slice(1, 7)
_CHANGED: Final = 7
_CARD_COLUMNS: Final = slice(8, 17)
_CARD_CODE: Final = 8
_COPAY_COLUMNS: Final = slice(17, 20)


def _copay(columns: Sequence[Any]) -> CopayYear | None:
    """The year's own payments; none without a row, or where they were not asked for."""
    return CopayYear._make(columns) if columns and columns[0] is not None else None


class PostgresCoverage:
    """The real database, with the facilities kept in memory: some 13,000 in the whole country."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._facilities: Mapping[str, Facility] = {}
        self._facilities_until = 0.0

    async def holders(self, identifiers: Sequence[str], years: Sequence[int] = ()) -> list[Holder | None]:
        """As in ``CoverageRecords``."""
        found: list[Holder | None] = [None] * len(identifiers)
        keys = ",".join(
            [identifier[-10:] if len(identifier) == 15 else identifier for identifier in identifiers]
        )
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            if any(years):
                await cursor.execute(_HOLDERS_WITH_COPAY, (keys, ",".join(map(str, years))))
            else:
                await cursor.execute(_HOLDERS, (keys,))
            rows = await cursor.fetchall()
        for row in rows:
            order = row[0] - 1
            known = found[order]
            cards = () if row[_CARD_CODE] is None else (Card._make(row[_CARD_COLUMNS]),)
            if known is None:
                found[order] = Holder._make(
                    (*row[_HOLDER_COLUMNS], row[_CHANGED], cards, _copay(row[_COPAY_COLUMNS]))
                )
            else:
                found[order] = known._replace(
                    cards=known.cards + cards, changed_us=max(known.changed_us, row[_CHANGED])
                )
        return found

    async def facilities(self) -> Mapping[str, Facility]:
        """As in ``CoverageRecords``."""
        if time.monotonic() >= self._facilities_until:
            async with self._pool.connection() as connection:
                cursor = connection.cursor(binary=True)
                await cursor.execute(_FACILITIES)
                self._facilities = {row[0]: Facility._make(row) for row in await cursor.fetchall()}
            self._facilities_until = time.monotonic() + _FACILITIES_SECONDS
        return self._facilities
