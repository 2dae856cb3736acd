"""Reads of what was treated: one statement a question, which also says whether the facility has her admitted.

The statement shows a facility's own visits, and the others when ``whole`` is known before
or a stay is open; that is the second half of the row rule (``domain.history``), whose
first half decides ``whole`` and whether anything is shown at all. For a person that does
not exist the same is done.
"""

from datetime import date, datetime
from typing import Any, Final, Generic, LiteralString, NamedTuple, TypeVar

from lienthong.clock import VIETNAM
from lienthong.db.pool import Pool
from services.health_claims.domain.history import (
    MOST_DRUGS,
    MOST_SENSITIVE,
    Asker,
    Drug,
    Item,
    RunningDrug,
    SensitiveVisit,
    Visit,
    VisitKey,
    VisitQuery,
)

T = TypeVar("T")

_STANDING: Final[LiteralString] = """
WITH standing AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM stay WHERE person_id = %(person)s AND facility_code = %(asker)s
                   AND closed_at IS NULL) AS open_stay,
           EXISTS (SELECT FROM dossier WHERE person_id = %(person)s AND facility_code = %(asker)s
                   AND stands) AS own_visits
)
"""
_VISIBLE: Final[LiteralString] = (
    "d.person_id = %(person)s AND d.stands AND (%(whole)s OR s.open_stay OR d.facility_code = %(asker)s)"
)
_COLUMNS: Final[
    LiteralString
] = """d.facility_code, d.treatment_code, d.version, d.admitted_at, d.discharged_at,
    d.visit_kind, d.patient_kind, d.main_diagnosis, d.other_diagnoses, d.diagnosis_text, d.has_sensitive, d.outcome,
    d.cost_vnd, d.insured_cost_vnd, d.fund_vnd, d.copay_vnd, d.patient_vnd"""
_SAME_DOSSIER: Final[LiteralString] = (
    "x.person_id = %(person)s AND x.facility_code = d.facility_code"
    " AND x.treatment_code = d.treatment_code AND x.version = d.version"
)
_DRUG: Final[LiteralString] = """x.substance_code, x.name, x.strength, x.unit, x.route, x.directions,
    x.quantity::text, x.ordered_on::text, x.lasts_until::text, x.cost_vnd, x.fund_vnd"""

VISITS: Final[LiteralString] = f"""{_STANDING}
SELECT s.open_stay, s.own_visits, v.*
FROM standing s LEFT JOIN LATERAL (
    SELECT {_COLUMNS}
    FROM dossier d
    WHERE {_VISIBLE}
      AND (%(since)s::timestamptz IS NULL OR d.discharged_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR d.admitted_at < %(until)s)
      AND (%(after)s::timestamptz IS NULL OR (d.discharged_at, d.facility_code, d.treatment_code)
           < (%(after)s, %(after_facility)s, %(after_treatment)s))
    ORDER BY d.discharged_at DESC, d.facility_code DESC, d.treatment_code DESC
    LIMIT %(rows)s
) v ON true
ORDER BY v.discharged_at DESC, v.facility_code DESC, v.treatment_code DESC
"""  # noqa: S608 -- our own words alone
VISIT: Final[LiteralString] = f"""{_STANDING}
SELECT s.open_stay, s.own_visits, v.*
FROM standing s LEFT JOIN LATERAL (
    SELECT {_COLUMNS},
        (SELECT json_agg(json_build_array({_DRUG}) ORDER BY x.line) FROM dossier_drug x WHERE {_SAME_DOSSIER}),
        (SELECT json_agg(json_build_array(x.code, x.name, x.unit, x.quantity::text, x.ordered_on::text,
                                          x.cost_vnd, x.fund_vnd) ORDER BY x.line)
         FROM dossier_service x WHERE {_SAME_DOSSIER})
    FROM dossier d
    WHERE {_VISIBLE} AND d.facility_code = %(facility)s AND d.treatment_code = %(treatment)s
) v ON true
"""  # noqa: S608 -- our own words alone
DRUGS: Final[LiteralString] = f"""{_STANDING}
SELECT s.open_stay, s.own_visits, v.*
FROM standing s LEFT JOIN LATERAL (
    SELECT d.facility_code, d.treatment_code, d.has_sensitive, {_DRUG}
    FROM dossier_drug x JOIN dossier d ON {_SAME_DOSSIER}
    WHERE {_VISIBLE} AND x.ordered_on <= %(day)s AND x.lasts_until >= %(day)s
    ORDER BY x.ordered_on DESC, d.facility_code, d.treatment_code, x.line
    LIMIT %(rows)s
) v ON true
"""  # noqa: S608 -- our own words alone
SENSITIVE: Final[LiteralString] = f"""{_STANDING}
SELECT s.open_stay, s.own_visits, v.*
FROM standing s LEFT JOIN LATERAL (
    SELECT d.facility_code, d.treatment_code, d.admitted_at, x.diagnoses, x.diagnosis_text, x.has_hiv_table
    FROM dossier_sensitive x JOIN dossier d ON {_SAME_DOSSIER}
    WHERE {_VISIBLE}
    ORDER BY d.discharged_at DESC, d.facility_code DESC, d.treatment_code DESC
    LIMIT %(rows)s
) v ON true
"""  # noqa: S608 -- our own words alone
# The first two columns are what stands; the row's own begin after them.
_OWN: Final = 2
_VISIT_WIDTH: Final = len(Visit._fields)


class Found(NamedTuple, Generic[T]):
    """What there is to be seen, and what the row rule still needs."""

    open_stay: bool
    own_visits: bool
    rows: list[T]


class VisitInWhole(NamedTuple):
    """A visit with its lines."""

    visit: Visit
    drugs: list[Drug]
    services: list[Item]


class PostgresHistory:
    """The real database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def visits(self, asker: Asker, query: VisitQuery, *, whole: bool) -> Found[Visit]:
        """At most ``query.rows`` visits, newest first."""
        after = query.after
        found = await self._ask(
            VISITS,
            asker,
            whole=whole,
            since=query.since,
            until=query.until,
            rows=query.rows,
            after=after and after.discharged_at,
            after_facility=after.facility_code if after else "",
            after_treatment=after.treatment_code if after else "",
        )
        return Found(found.open_stay, found.own_visits, [Visit._make(row) for row in found.rows])

    async def visit(self, asker: Asker, key: VisitKey, *, whole: bool) -> Found[VisitInWhole]:
        """One visit or none."""
        found = await self._ask(
            VISIT, asker, whole=whole, facility=key.facility_code, treatment=key.treatment_code
        )
        return Found(found.open_stay, found.own_visits, [_in_whole(row) for row in found.rows])

    async def running_drugs(self, asker: Asker, day: date, *, whole: bool) -> Found[RunningDrug]:
        """Drugs that last on this day, latest order first; which of them are shown is still to be decided."""
        found = await self._ask(DRUGS, asker, whole=whole, day=day, rows=MOST_DRUGS)
        drugs = [RunningDrug(VisitKey(*row[:2]), row[2], Drug._make(row[3:])) for row in found.rows]
        return Found(found.open_stay, found.own_visits, drugs)

    async def sensitive_visits(self, asker: Asker, *, whole: bool) -> Found[SensitiveVisit]:
        """Visits with something sensitive, newest first."""
        found = await self._ask(SENSITIVE, asker, whole=whole, rows=MOST_SENSITIVE)
        visits = [SensitiveVisit(VisitKey(*row[:2]), _day(row[2]), *row[3:]) for row in found.rows]
        return Found(found.open_stay, found.own_visits, visits)

    async def _ask(self, statement: LiteralString, asker: Asker, **values: Any) -> Found[tuple[Any, ...]]:
        values |= {"person": asker.person_id, "asker": asker.facility_code}
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(statement, values)
            rows = await cursor.fetchall()
        # What stands comes in every row, and in one without anything more when there is nothing to see.
        open_stay, own_visits = rows[0][:_OWN]
        return Found(open_stay, own_visits, [row[_OWN:] for row in rows if row[_OWN] is not None])


def _in_whole(row: tuple[Any, ...]) -> VisitInWhole:
    drugs, services = row[_VISIT_WIDTH:]
    return VisitInWhole(
        Visit._make(row[:_VISIT_WIDTH]),
        [Drug._make(line) for line in drugs or ()],
        [Item._make(line) for line in services or ()],
    )


def _day(moment: datetime) -> date:
    """Its day in Việt Nam."""
    return moment.astimezone(VIETNAM).date()
