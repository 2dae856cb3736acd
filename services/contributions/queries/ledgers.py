"""A person's ledger: one page with what was settled, and what totals and gaps need, in one statement.

The statement answers one row of arrays: the columns of the person's periods, of the
months of the page with the day on which each fund was settled, and for the first page
of the charges of the whole career that are not settled or not yet late. Months are
indices, days are Python's ordinals.
"""

# ruff: noqa: S608 - every part of the statements is a constant of this house

from datetime import date
from typing import Any, Final, NamedTuple, Protocol

from lienthong.db.pool import Pool
from services.contributions.domain.ledger import LedgerRow, Period, first_day
from services.contributions.domain.months import MonthQuery, Position, month_index
from services.contributions.domain.states import closed_through
from services.contributions.domain.totals import Charges
from services.contributions.queries import periods
from services.contributions.queries.units import rows_of, settled_day, to_index


class LedgerPage(NamedTuple):
    """The rows of one page, and the career that they are a page of."""

    known: bool
    """The person was ever declared, by this employer or in this province if one asks."""
    periods: list[Period]
    """All that have begun."""
    opened_through: int
    rows: list[LedgerRow]
    more: bool
    charges: dict[tuple[int, int, int], Charges]
    """As ``totals`` wants them; empty unless ``whole``."""

    @property
    def last(self) -> Position:
        """Where the last row stands."""
        month, period, _ = self.rows[-1]
        return Position(first_day(month), period.employer_id, first_day(period.first))


class Ledgers(Protocol):
    """Where ledgers come from."""

    async def page(self, query: MonthQuery, *, today: date, whole: bool) -> LedgerPage:
        """One page; ``whole``: with the charges for totals. Open periods run until today's month."""


_PERIODS: Final = f"""
    SELECT array_agg(p.employer_id) AS p1, array_agg({to_index("p.valid_from")}) AS p2,
           array_agg({to_index("coalesce(p.valid_to, %(this_month)s)")}) AS p3,
           array_agg(p.schemes) AS p4, array_agg(p.base_vnd) AS p5, array_agg(p.entry) AS p6,
           array_agg(coalesce({to_index("p.regular_from")}, 0)) AS p7, array_agg(e.region) AS p8,
           array_agg(e.reduced_accident_rate) AS p9, array_agg(e.employer_code) AS p10,
           array_agg(e.name) AS p11, array_agg(p.position) AS p12
    FROM period p JOIN employer e ON e.employer_id = p.employer_id
"""
_MONTHS: Final = f"""
    SELECT array_agg(x.employer_id) AS m1, array_agg(x.valid_from) AS m2, array_agg(x.month) AS m3,
           array_agg(x.f1) AS m4, array_agg(x.f2) AS m5, array_agg(x.f3) AS m6, array_agg(x.f4) AS m7,
           array_agg(x.f5) AS m8
    FROM (
        SELECT m.employer_id, {to_index("m.valid_from")} AS valid_from, {to_index("m.month")} AS month, c.*
        FROM (%(page)s) m
        LEFT JOIN LATERAL (
            SELECT {", ".join(f"max({settled_day('c')}) FILTER (WHERE c.fund = {n}) AS f{n}" for n in range(1, 6))}
            FROM charge c
            WHERE c.employer_id = m.employer_id AND c.month = m.month AND c.entry = m.charge_entry AND c.fund <= 5
        ) c ON true
        ORDER BY m.month DESC, m.employer_id, m.valid_from
    ) x
"""
_CHARGES: Final = f"""
    SELECT array_agg(x.employer_id) AS c1, array_agg({to_index("x.month")}) AS c2, array_agg(x.entry) AS c3,
           array_agg(x.funds) AS c4, array_agg(x.unpaid) AS c5
    FROM (
        SELECT c.employer_id, c.month, c.entry, bit_or(1 << c.fund) AS funds,
               coalesce(bit_or(1 << c.fund) FILTER (WHERE c.paid_vnd < c.due_vnd), 0) AS unpaid
        FROM (
            SELECT p.employer_id, min(p.valid_from) AS first, max(coalesce(p.valid_to, %(this_month)s)) AS last
            FROM period p GROUP BY p.employer_id
        ) s
        CROSS JOIN LATERAL (
            SELECT u.* FROM charge u
            WHERE u.employer_id = s.employer_id AND u.month BETWEEN s.first AND s.last AND u.paid_vnd < u.due_vnd
            UNION ALL
            SELECT u.* FROM charge u
            WHERE u.employer_id = s.employer_id AND u.month BETWEEN %(running)s AND s.last AND u.paid_vnd >= u.due_vnd
        ) c
        WHERE c.fund <= 5
        GROUP BY c.employer_id, c.month, c.entry
    ) x
"""
_NO_CHARGES: Final = "SELECT NULL::bigint[], NULL::int[], NULL::bigint[], NULL::int[], NULL::int[]"


def _statement(part: periods.Part, *, whole: bool) -> bytes:
    text = f"""
WITH period AS MATERIALIZED (%(source)s)
SELECT {to_index("b.opened_through")}, p.*, m.*, c.*
FROM book b
CROSS JOIN ({_PERIODS}) p
CROSS JOIN ({_MONTHS}) m
CROSS JOIN ({_CHARGES if whole else _NO_CHARGES}) c
"""
    return text.encode().replace(b"%(source)s", part.source).replace(b"%(page)s", periods.PAGE)


STATEMENTS: Final = {
    (part, whole): _statement(part, whole=whole) for part in periods.PARTS for whole in (True, False)
}
_PERIOD_COLUMNS: Final = slice(1, 13)
_MONTH_COLUMNS: Final = slice(13, 21)
_CHARGE_COLUMNS: Final = slice(21, 26)


class PostgresLedgers:
    """The real database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, query: MonthQuery, *, today: date, whole: bool) -> LedgerPage:
        """As in ``Ledgers``."""
        this_month = today.replace(day=1)
        given = periods.values(query, this_month) | {
            "this_month": this_month,
            "running": first_day(closed_through(today.toordinal()) + 1),
        }
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(STATEMENTS[periods.part(query), whole], given)
            (found,) = await cursor.fetchall()
        return _page(found, query, this_month)


def _page(found: tuple[Any, ...], query: MonthQuery, this_month: date) -> LedgerPage:
    newest = month_index(this_month)
    career = [Period._make(row) for row in rows_of(found[_PERIOD_COLUMNS])]
    known = bool(career)
    career = [period._replace(last=min(period.last, newest)) for period in career if period.first <= newest]
    by_start = {(period.employer_id, period.first): period for period in career}
    rows = [LedgerRow(row[2], by_start[row[0], row[1]], row[3:]) for row in rows_of(found[_MONTH_COLUMNS])]
    charges = {row[:3]: Charges(*row[3:]) for row in rows_of(found[_CHARGE_COLUMNS])}
    return LedgerPage(known, career, found[0], rows[: query.rows], len(rows) > query.rows, charges)
