"""Statements of claim files and stays: set-based, in the caller's transaction, some ten for a file of any size.

Who changes a year's own payments holds its row (``copay_year``); rows are locked in the
order of their keys, so that files of two facilities about the same people do not deadlock.
A facility's commands follow each other, so its treatments need no lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, LiteralString, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row

from services.health_claims.domain.benefit.case import CopayYear
from services.health_claims.domain.claims.register import Registered
from services.health_claims.domain.coverage import Card, Holder
from services.health_claims.domain.facility import Facility

Year = tuple[int, int]
"""Person and calendar year."""


class Treatment(NamedTuple):
    """What is known of a treatment; without a dossier everything from ``digest`` on is ``None``."""

    person_id: int
    version: int
    digest: bytes | None
    counted_vnd: int | None
    discharged_at: datetime | None
    fund_vnd: int | None
    fund_computed_vnd: int | None


class Payment(NamedTuple):
    """What a dossier that stands adds to its person's year."""

    discharged_at: datetime
    counted_vnd: int


class ClaimStore:
    """The statements of one transaction, for one facility. ``now`` in UTC."""

    def __init__(self, connection: Connection[Any], *, facility_code: str, now: datetime) -> None:
        self._connection = connection
        self._facility_code = facility_code
        self._now = now

    def facility(self) -> Facility | None:
        """The facility's own record."""
        rows = self._rows(_FACILITY, {"facility": self._facility_code})
        return Facility._make(rows[0]) if rows else None

    def registered(self, identifiers: Iterable[str]) -> dict[str, Registered]:
        """Who is behind each identifier of 10 or 12 digits; nobody is left out."""
        found: dict[str, Registered] = {}
        for row in self._rows(_HOLDERS, {"identifiers": ",".join(sorted(set(identifiers)))}):
            identifier, person_id, key, birth_date, birth_year, area, five_years_on, sex, *columns = row
            cards = () if columns[0] is None else (Card._make(columns),)
            known = found.get(identifier)
            if known is not None:
                holder = known.holder._replace(cards=known.holder.cards + cards)
            else:
                holder = Holder(person_id, key, birth_date, birth_year, area, five_years_on, 0, cards)
            found[identifier] = Registered(holder, sex)
        return found

    def treatments(self, codes: Sequence[str]) -> dict[str, Treatment]:
        """The facility's treatments that are known, by code."""
        rows = self._rows(_TREATMENTS, {"facility": self._facility_code, "codes": list(codes)})
        return {row[0]: Treatment._make(row[1:]) for row in rows}

    def lock_years(self, years: Mapping[Year, bool]) -> dict[Year, CopayYear]:
        """Hold these years' rows; those that are missing are made.

        The value says whether the reference level changes within the year.
        """
        keys = sorted(years)
        columns = {"person_ids": [key[0] for key in keys], "years": [key[1] for key in keys]}
        self._connection.execute(
            _MAKE_YEARS, {**columns, "changing": [years[key] for key in keys], "now": self._now}
        )
        return {(row[0], row[1]): CopayYear._make(row[2:]) for row in self._rows(_LOCK_YEARS, columns)}

    def write_treatments(self, treatments: Sequence[tuple[str, int, int]]) -> None:
        """Say whose each treatment is, and its latest version: (code, person, version)."""
        codes, person_ids, versions = _columns(treatments, 3)
        given = {"codes": codes, "person_ids": person_ids, "versions": versions}
        self._connection.execute(_WRITE_TREATMENTS, {**given, "facility": self._facility_code})

    def supersede(self, dossiers: Sequence[tuple[int, str, int]]) -> None:
        """These no longer stand: (person, treatment, version)."""
        if dossiers:
            person_ids, codes, versions = _columns(dossiers, 3)
            given = {"person_ids": person_ids, "codes": codes, "versions": versions}
            self._connection.execute(_SUPERSEDE, {**given, "facility": self._facility_code})

    def copy(self, statement: LiteralString, rows: Sequence[bytes]) -> None:
        """Write rows that :func:`row` made."""
        if rows:
            with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(b"".join(rows))

    def close_stays(self, left: Sequence[tuple[int, str, datetime]]) -> None:
        """End the stays of these treatments that are open: (person, treatment, discharge)."""
        person_ids, codes, times = _columns(left, 3)
        given = {"person_ids": person_ids, "codes": codes, "times": times}
        self._connection.execute(_CLOSE_STAYS, {**given, "facility": self._facility_code})

    def add_to_years(self, added: Mapping[Year, tuple[int, int]]) -> dict[Year, CopayYear]:
        """Add to these years: (in all, of it before the reference level changed). The years after that."""
        keys = sorted(added)
        given = {
            "person_ids": [key[0] for key in keys],
            "years": [key[1] for key in keys],
            "amounts": [added[key][0] for key in keys],
            "before": [added[key][1] for key in keys],
            "now": self._now,
        }
        return {(row[0], row[1]): CopayYear._make(row[2:]) for row in self._rows(_ADD_TO_YEARS, given)}

    def payments(self, years: Iterable[Year]) -> dict[Year, list[Payment]]:
        """What the dossiers that stand add to these years, by time of discharge."""
        keys = sorted(years)
        given = {"person_ids": [key[0] for key in keys], "years": [key[1] for key in keys]}
        found: dict[Year, list[Payment]] = {key: [] for key in keys}
        for person_id, year, *payment in self._rows(_PAYMENTS, given):
            found[person_id, year].append(Payment._make(payment))
        return found

    def write_exceeded(self, exceeded: Mapping[Year, date | None]) -> None:
        """Say on which day these years' thresholds were exceeded."""
        if exceeded:
            keys = sorted(exceeded)
            given = {
                "person_ids": [key[0] for key in keys],
                "years": [key[1] for key in keys],
                "days": [exceeded[key] for key in keys],
            }
            self._connection.execute(_WRITE_EXCEEDED, given)

    def open_stays(self, person_id: int, code: str) -> tuple[bool, bool]:
        """Whether the person has an open stay here; whether the treatment's code was used."""
        given = {"person_id": person_id, "code": code, "facility": self._facility_code}
        ((is_open, is_used),) = self._rows(_STAYS, given)
        return is_open, is_used

    def open_stay(self, person_id: int, code: str, opened_at: datetime, operation_id: UUID) -> None:
        """Begin a stay."""
        self.write_treatments([(code, person_id, 0)])
        given = {"person_id": person_id, "code": code, "opened_at": opened_at, "operation_id": operation_id}
        self._connection.execute(_OPEN_STAY, {**given, "facility": self._facility_code})

    def stay(self, code: str) -> tuple[int, datetime, datetime | None] | None:
        """The stay of a treatment: person, begin and end."""
        rows = self._rows(_STAY, {"code": code, "facility": self._facility_code})
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    def _rows(self, statement: LiteralString, given: Mapping[str, Any]) -> list[TupleRow]:
        with self._connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            cursor.execute(statement, given)
            return cursor.fetchall()


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> tuple[list[Any], ...]:
    return tuple([row[at] for row in rows] for at in range(width))


def row(*values: object) -> bytes:
    """A row as COPY reads it."""
    return ("\t".join(map(_copied, values)) + "\n").encode()


def _copied(value: object) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if not _PLAIN.isdisjoint(value) else value
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    if isinstance(value, tuple):
        return _array(value)
    return str(value)


def _array(values: tuple[str, ...]) -> str:
    """Texts as an array, escaped for the array and then for COPY."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    inside = ",".join(f'"{value}"' for value in quoted)
    return f"{{{inside}}}".translate(_ESCAPES)


_PLAIN: Final = frozenset("\\\t\n\r")
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

COPY_DOSSIERS: Final[LiteralString] = (
    "COPY dossier (person_id, facility_code, treatment_code, version, stands, admitted_at, discharged_at,"
    " visit_kind, patient_kind, main_diagnosis, other_diagnoses, diagnosis_text, has_sensitive, outcome,"
    " card_code, cost_vnd, insured_cost_vnd, fund_vnd, copay_vnd, copay_counted_vnd, patient_vnd,"
    " fund_computed_vnd, digest, content, operation_id, received_at) FROM STDIN"
)
COPY_DRUGS: Final[LiteralString] = (
    "COPY dossier_drug (person_id, facility_code, treatment_code, version, line, substance_code, name,"
    " strength, unit, route, directions, quantity, ordered_on, lasts_until, cost_vnd, fund_vnd) FROM STDIN"
)
COPY_SERVICES: Final[LiteralString] = (
    "COPY dossier_service (person_id, facility_code, treatment_code, version, line, code, name, unit,"
    " quantity, ordered_on, cost_vnd, fund_vnd) FROM STDIN"
)
COPY_SENSITIVE: Final[LiteralString] = (
    "COPY dossier_sensitive (person_id, facility_code, treatment_code, version, diagnoses, diagnosis_text,"
    " has_hiv_table, content) FROM STDIN"
)

_FACILITY: Final[LiteralString] = """
SELECT code, name, level, former_tier, points, provisional, polyclinic FROM facility WHERE code = %(facility)s
"""
# Identifiers are letters and digits, so one comma list carries them all.
_HOLDERS: Final[LiteralString] = """
SELECT k.identifier, h.person_id, h.match_key, h.birth_date, h.birth_year, h.living_area, h.five_years_on, h.sex,
       c.card_code, c.subject_code, c.benefit_digit, c.province_code, c.valid_from, c.valid_to,
       c.facility_code, c.status, c.status_from
FROM unnest(string_to_array(%(identifiers)s, ',')) AS k (identifier)
JOIN holder_identifier i ON i.identifier = k.identifier
JOIN holder h ON h.person_id = i.person_id
LEFT JOIN card c ON c.person_id = h.person_id
"""
_TREATMENTS: Final[LiteralString] = """
SELECT t.treatment_code, t.person_id, t.version, d.digest, d.copay_counted_vnd, d.discharged_at, d.fund_vnd,
       d.fund_computed_vnd
FROM unnest(%(codes)s::text[]) AS k (code)
JOIN treatment t ON t.facility_code = %(facility)s AND t.treatment_code = k.code
LEFT JOIN dossier d ON d.person_id = t.person_id AND d.facility_code = t.facility_code
     AND d.treatment_code = t.treatment_code AND d.version = t.version
"""
_MAKE_YEARS: Final[LiteralString] = """
INSERT INTO copay_year (person_id, year, copay_vnd, paid_before_change, changed_at)
SELECT k.person_id, k.year, 0, CASE WHEN k.changing THEN 0 END, %(now)s
FROM unnest(%(person_ids)s::bigint[], %(years)s::smallint[], %(changing)s::boolean[])
     AS k (person_id, year, changing)
ORDER BY k.person_id, k.year
ON CONFLICT DO NOTHING
"""
_LOCK_YEARS: Final[LiteralString] = """
SELECT y.person_id, y.year, y.copay_vnd, y.paid_before_change, y.exceeded_on
FROM unnest(%(person_ids)s::bigint[], %(years)s::smallint[]) AS k (person_id, year)
JOIN copay_year y ON y.person_id = k.person_id AND y.year = k.year
ORDER BY y.person_id, y.year
FOR NO KEY UPDATE OF y
"""
_ADD_TO_YEARS: Final[LiteralString] = """
UPDATE copay_year y
SET copay_vnd = greatest(y.copay_vnd + k.amount, 0),
    -- NULL stays: greatest() and least() would take it for nothing.
    paid_before_change = CASE WHEN y.paid_before_change IS NOT NULL THEN
        least(greatest(y.paid_before_change + k.before, 0), greatest(y.copay_vnd + k.amount, 0)) END,
    changed_at = %(now)s
FROM unnest(%(person_ids)s::bigint[], %(years)s::smallint[], %(amounts)s::bigint[], %(before)s::bigint[])
     AS k (person_id, year, amount, before)
WHERE y.person_id = k.person_id AND y.year = k.year
RETURNING y.person_id, y.year, y.copay_vnd, y.paid_before_change, y.exceeded_on
"""
_PAYMENTS: Final[LiteralString] = """
SELECT k.person_id, k.year, d.discharged_at, d.copay_counted_vnd
FROM unnest(%(person_ids)s::bigint[], %(years)s::smallint[]) AS k (person_id, year)
JOIN dossier d ON d.person_id = k.person_id AND d.stands
     AND d.discharged_at >= make_timestamptz(k.year, 1, 1, 0, 0, 0, 'Asia/Ho_Chi_Minh')
     AND d.discharged_at < make_timestamptz(k.year + 1, 1, 1, 0, 0, 0, 'Asia/Ho_Chi_Minh')
ORDER BY d.discharged_at, d.facility_code, d.treatment_code
"""
_WRITE_EXCEEDED: Final[LiteralString] = """
UPDATE copay_year y SET exceeded_on = k.day
FROM unnest(%(person_ids)s::bigint[], %(years)s::smallint[], %(days)s::date[]) AS k (person_id, year, day)
WHERE y.person_id = k.person_id AND y.year = k.year
"""
_WRITE_TREATMENTS: Final[LiteralString] = """
INSERT INTO treatment (facility_code, treatment_code, person_id, version)
SELECT %(facility)s, k.code, k.person_id, k.version
FROM unnest(%(codes)s::text[], %(person_ids)s::bigint[], %(versions)s::integer[]) AS k (code, person_id, version)
ON CONFLICT (facility_code, treatment_code) DO UPDATE SET version = EXCLUDED.version
"""
_SUPERSEDE: Final[LiteralString] = """
UPDATE dossier d SET stands = false
FROM unnest(%(person_ids)s::bigint[], %(codes)s::text[], %(versions)s::integer[])
     AS k (person_id, code, version)
WHERE d.person_id = k.person_id AND d.facility_code = %(facility)s AND d.treatment_code = k.code
  AND d.version = k.version
"""
_CLOSE_STAYS: Final[LiteralString] = """
UPDATE stay s SET closed_at = greatest(s.opened_at, k.left_at)
FROM unnest(%(person_ids)s::bigint[], %(codes)s::text[], %(times)s::timestamptz[])
     AS k (person_id, code, left_at)
WHERE s.person_id = k.person_id AND s.facility_code = %(facility)s AND s.treatment_code = k.code
  AND s.closed_at IS NULL
"""
_STAYS: Final[LiteralString] = """
SELECT EXISTS (SELECT FROM stay WHERE person_id = %(person_id)s AND facility_code = %(facility)s
                                  AND closed_at IS NULL),
       EXISTS (SELECT FROM treatment WHERE facility_code = %(facility)s AND treatment_code = %(code)s)
"""
_OPEN_STAY: Final[LiteralString] = """
INSERT INTO stay (person_id, facility_code, treatment_code, opened_at, operation_id)
VALUES (%(person_id)s, %(facility)s, %(code)s, %(opened_at)s, %(operation_id)s)
"""
_STAY: Final[LiteralString] = """
SELECT s.person_id, s.opened_at, s.closed_at
FROM treatment t
JOIN stay s ON s.person_id = t.person_id AND s.facility_code = t.facility_code
           AND s.treatment_code = t.treatment_code
WHERE t.facility_code = %(facility)s AND t.treatment_code = %(code)s
"""
