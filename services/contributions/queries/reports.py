"""Reports of irregularities: one with its steps, or a page of a list; one statement each.

The row rule stands in the statement: a citizen's looks for her person, an inspector's
for his province, so that another's report is as unknown as one that does not exist.
"""

# ruff: noqa: S608 - every part of the statements is a constant of this house

from typing import Any, Final, Protocol
from uuid import UUID

from lienthong.db.pool import Pool
from services.contributions.domain.report_views import (
    ReportHistory,
    ReportPage,
    ReportQuery,
    ReportRow,
    StepRow,
    Viewer,
)
from services.contributions.queries.units import rows_of, to_index


class Reports(Protocol):
    """Where reports come from."""

    async def history(self, report_id: UUID, viewer: Viewer) -> ReportHistory | None:
        """A report with its steps; ``None`` when there is none that this viewer may see."""

    async def page(self, query: ReportQuery) -> ReportPage:
        """One page, newest first."""


_COLUMNS: Final = f"""
    r.report_id, r.person_id, e.employer_code, e.name, r.kind, {to_index("r.from_month")}, {to_index("r.to_month")},
    r.actual_base_vnd, r.statement, r.state, r.reported_at
"""
_OF_VIEWER: Final = {True: "r.person_id = %(citizen_id)s", False: "r.province_code = %(province_code)t"}

HISTORIES: Final = {
    citizen: f"""
SELECT {_COLUMNS}, s.*
FROM report r
JOIN employer e ON e.employer_id = r.employer_id
CROSS JOIN LATERAL (
    SELECT array_agg(state ORDER BY step), array_agg(at ORDER BY step), array_agg(agency_id ORDER BY step),
           array_agg(staff ORDER BY step), array_agg(reason ORDER BY step), array_agg(recovered_vnd ORDER BY step)
    FROM report_step WHERE report_id = r.report_id
) s
WHERE r.report_id = %(report_id)s AND {rule}
""".encode()
    for citizen, rule in _OF_VIEWER.items()
}
PAGES: Final = {
    (citizen, further): f"""
SELECT {_COLUMNS}
FROM (
    SELECT * FROM report r
    WHERE {rule} AND (%(state)s::smallint IS NULL OR r.state = %(state)s)
      {"AND (r.reported_at, r.report_id) < (%(after_at)s, %(after_id)s)" if further else ""}
    ORDER BY r.reported_at DESC, r.report_id DESC LIMIT %(rows)s
) r
JOIN employer e ON e.employer_id = r.employer_id
ORDER BY r.reported_at DESC, r.report_id DESC
""".encode()
    for citizen, rule in _OF_VIEWER.items()
    for further in (True, False)
}
_REPORT_COLUMNS: Final = slice(0, 11)
_STEP_COLUMNS: Final = slice(11, 17)


class PostgresReports:
    """The real database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def history(self, report_id: UUID, viewer: Viewer) -> ReportHistory | None:
        """As in ``Reports``."""
        given = {"report_id": report_id, **viewer._asdict()}
        found = await self._rows(HISTORIES[viewer.citizen_id is not None], given)
        if not found:
            return None
        steps = [StepRow._make(row) for row in rows_of(found[0][_STEP_COLUMNS])]
        return ReportHistory(ReportRow._make(found[0][_REPORT_COLUMNS]), steps)

    async def page(self, query: ReportQuery) -> ReportPage:
        """As in ``Reports``."""
        statement = PAGES[query.viewer.citizen_id is not None, query.after is not None]
        rows = [ReportRow._make(row) for row in await self._rows(statement, values(query))]
        return ReportPage(rows[: query.rows], len(rows) > query.rows)

    async def _rows(self, statement: bytes, given: dict[str, Any]) -> list[tuple[Any, ...]]:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(statement, given)
            return await cursor.fetchall()


def values(query: ReportQuery) -> dict[str, Any]:
    """The parameters of ``PAGES``."""
    after = query.after
    return {
        **query.viewer._asdict(),
        "state": query.state,
        "rows": query.rows + 1,
        "after_at": None if after is None else after.reported_at,
        "after_id": None if after is None else after.report_id,
    }
