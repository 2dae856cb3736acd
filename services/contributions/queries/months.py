"""Months of contribution: one person, one page, one statement."""

from datetime import date
from typing import Any, Final, Protocol

from lienthong.db.pool import Pool
from services.contributions.domain.ledger import schemes_of_funds
from services.contributions.domain.months import MonthQuery, MonthRow, Page
from services.contributions.queries import periods


class Contributions(Protocol):
    """Where months of contribution come from."""

    async def page(self, query: MonthQuery, *, this_month: date) -> Page:
        """The rows of one page; open periods run until ``this_month``."""


_PAGE: Final = b"""
WITH period AS MATERIALIZED (%(source)s)
SELECT k.known, m.month, m.employer_id, m.valid_from, e.employer_code, e.name, m.schemes, m.base_vnd,
       coalesce(c.unpaid, 0), c.funds IS NOT NULL, m.month <= b.opened_through
FROM (SELECT EXISTS (SELECT FROM period) AS known) k
LEFT JOIN LATERAL (%(page)s) m ON true
LEFT JOIN employer e ON e.employer_id = m.employer_id
LEFT JOIN LATERAL (
    SELECT bit_or(1 << c.fund) AS funds, bit_or(1 << c.fund) FILTER (WHERE c.paid_vnd < c.due_vnd) AS unpaid
    FROM charge c
    WHERE c.employer_id = m.employer_id AND c.month = m.month AND c.entry = m.charge_entry AND c.fund <= 5
) c ON true
CROSS JOIN book b
ORDER BY m.month DESC, m.employer_id, m.valid_from
"""
STATEMENTS: Final = {
    part: _PAGE.replace(b"%(source)s", part.source).replace(b"%(page)s", periods.PAGE)
    for part in periods.PARTS
}


class PostgresContributions:
    """The real database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, query: MonthQuery, *, this_month: date) -> Page:
        """As in ``Contributions``."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(STATEMENTS[periods.part(query)], periods.values(query, this_month))
            found = await cursor.fetchall()
        rows = [_row(row) for row in found if row[1] is not None]
        return Page(known=found[0][0], rows=rows[: query.rows], more=len(rows) > query.rows)


def _row(row: tuple[Any, ...]) -> MonthRow:
    return MonthRow._make((*row[1:8], schemes_of_funds(row[8]), *row[9:]))
