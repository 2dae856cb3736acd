"""The list of debtors: one province, one page, one statement, one account row a unit.

Late and evasion depend on today, so they are ranges of the oldest unpaid month
(``domain.states.cutoffs``). Each of the two ways into the list has an index that
begins where the page begins: a debt past the range's month, and a unit whose base is
too low or who has not declared somebody, whatever its oldest month.
"""

# ruff: noqa: S608 - every part of the statements is a constant of this house

from datetime import date
from typing import Any, Final, Protocol

from lienthong.db.pool import Pool
from services.contributions.domain.debtors import DebtorPage, DebtorQuery, DebtorRow, Position
from services.contributions.domain.ledger import first_day
from services.contributions.domain.states import LegalState, cutoffs
from services.contributions.queries.units import deadline, to_index, to_ordinal


class Debtors(Protocol):
    """Where the list of debtors comes from."""

    async def page(self, query: DebtorQuery, *, today: date) -> DebtorPage:
        """One page, oldest debt first."""


_FLAGGED: Final = "(a.underdeclared > 0 OR a.unregistered)"
# A letter about a debt that has been paid since does not urge this one.
_URGED: Final = f"(a.urged_on <= %(today)s AND a.urged_on > {deadline('a.oldest_unpaid')})"
_OVERDUE: Final = f"(a.oldest_unpaid <= %(evasion)s AND {_URGED})"

_BRANCHES: Final[dict[LegalState | None, tuple[str, ...]]] = {
    None: ("a.oldest_unpaid <= %(late)s", f"a.oldest_unpaid > %(late)s AND {_FLAGGED}"),
    LegalState.LATE: (f"a.oldest_unpaid <= %(late)s AND NOT {_FLAGGED} AND {_OVERDUE} IS NOT TRUE",),
    LegalState.EVASION: (
        f"a.oldest_unpaid <= %(evasion)s AND a.urged_on IS NOT NULL AND {_URGED} AND NOT {_FLAGGED}",
        _FLAGGED,
    ),
    LegalState.ON_TIME: (f"a.oldest_unpaid > %(late)s AND NOT {_FLAGGED}",),
}


def _statement(branches: tuple[str, ...]) -> bytes:
    each = " UNION ALL ".join(
        f"""(
    SELECT a.* FROM employer_account a
    WHERE a.province_code = %(province_code)t AND a.oldest_unpaid IS NOT NULL AND {branch}
      AND (a.oldest_unpaid, a.employer_id) > (%(after_month)s, %(after_employer)s)
      AND a.owed_vnd >= %(least_vnd)s AND (%(sector)t::text IS NULL OR a.sector = %(sector)t)
    ORDER BY a.oldest_unpaid, a.employer_id LIMIT %(rows)s
)"""
        for branch in branches
    )
    text = f"""
SELECT a.employer_id, e.employer_code, e.name, a.owed_vnd, {to_index("a.oldest_unpaid")},
       {to_ordinal("a.urged_on")}, a.underdeclared, a.unregistered
FROM (SELECT * FROM ({each}) both_ways ORDER BY oldest_unpaid, employer_id LIMIT %(rows)s) a
JOIN employer e ON e.employer_id = a.employer_id
ORDER BY a.oldest_unpaid, a.employer_id
"""
    return text.encode()


STATEMENTS: Final = {state: _statement(branches) for state, branches in _BRANCHES.items()}
_BEFORE_ALL: Final = Position(date(1900, 1, 1), 0)


class PostgresDebtors:
    """The real database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, query: DebtorQuery, *, today: date) -> DebtorPage:
        """As in ``Debtors``."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(STATEMENTS[query.state], values(query, today))
            found = [DebtorRow._make(row) for row in await cursor.fetchall()]
        return DebtorPage(found[: query.rows], len(found) > query.rows)


def values(query: DebtorQuery, today: date) -> dict[str, Any]:
    """The parameters of a statement."""
    ranges = cutoffs(today.toordinal())
    after = query.after or _BEFORE_ALL
    return {
        "province_code": query.province_code,
        "today": today,
        "late": first_day(ranges.late),
        "evasion": first_day(ranges.evasion),
        "least_vnd": query.least_vnd,
        "sector": query.sector,
        "after_month": after.oldest_unpaid,
        "after_employer": after.employer_id,
        "rows": query.rows + 1,
    }
