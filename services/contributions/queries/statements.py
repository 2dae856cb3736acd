"""A unit's account as of a day, in one statement: the unit, its charges that matter, what they were paid.

Charges that matter are those not paid in full by that day, and those paid late. One
row of arrays, as in ``ledgers``.
"""

# ruff: noqa: S608 - every part of the statement is a constant of this house

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple, Protocol

from lienthong.clock import VIETNAM
from lienthong.db.pool import Pool
from services.contributions.domain.dues import Fund
from services.contributions.domain.interest import Paid
from services.contributions.domain.ledger import deadline_day
from services.contributions.domain.statements import ChargeAsOf, Unit
from services.contributions.queries.units import deadline, rows_of, to_index, to_ordinal


class UnitAccount(NamedTuple):
    """The unit with its charges as they stood on the day."""

    unit: Unit
    charges: list[ChargeAsOf]


class Statements(Protocol):
    """Where the accounts of units come from."""

    async def account(self, employer_code: str, *, as_of: date, past: bool) -> UnitAccount | None:
        """The account on a day, which is ``past`` or today; ``None`` for an unknown unit."""


_STATEMENT: Final = f"""
WITH unit AS MATERIALIZED (
    SELECT e.*, a.urged_on, coalesce(a.underdeclared, 0) AS underdeclared,
           coalesce(a.unregistered, false) AS unregistered
    FROM employer e LEFT JOIN employer_account a ON a.employer_id = e.employer_id
    WHERE e.employer_code = %(employer_code)t
), owed AS MATERIALIZED (
    SELECT c.employer_id, c.month, c.entry, c.fund, c.due_vnd, c.paid_vnd, c.paid_on
    FROM unit u
    JOIN charge c ON c.employer_id = u.employer_id AND c.month <= %(as_of)s AND c.fund <= 5 AND c.due_vnd > 0
    WHERE (c.paid_vnd < c.due_vnd OR c.settled_on > least({deadline("c.month")}, %(as_of)s))
      AND (c.entry = 0 OR coalesce((SELECT received_at FROM declaration WHERE employer_id = c.employer_id
                                    AND entry = c.entry), '-infinity') < %(end)s)
), allotted AS (
    SELECT o.month, o.entry, o.fund, a.value_date, sum(a.amount_vnd)::bigint AS vnd
    FROM owed o
    JOIN allocation a ON a.employer_id = o.employer_id AND a.month = o.month AND a.entry = o.entry AND a.fund = o.fund
    GROUP BY o.month, o.entry, o.fund, a.value_date
)
SELECT u.employer_id, u.employer_code, u.name, u.province_code, u.region, u.reduced_accident_rate,
       (SELECT {to_ordinal("max(l.day)")} FROM (
            SELECT max(issued_on) AS day FROM urge WHERE employer_id = u.employer_id AND issued_on <= %(as_of)s
            UNION ALL SELECT u.urged_on WHERE u.urged_on <= %(as_of)s
        ) l),
       u.underdeclared, u.unregistered,
       -- What pays nothing yet, and what later pays months that were not charged on that day.
       ((SELECT coalesce(sum(unallocated_vnd), 0) FROM payment
         WHERE employer_id = u.employer_id AND unallocated_vnd > 0 AND value_date <= %(as_of)s)
        + (SELECT coalesce(sum(amount_vnd), 0) FROM allocation
           WHERE employer_id = u.employer_id AND month > %(as_of)s AND value_date <= %(as_of)s))::bigint,
       ((SELECT coalesce(sum(paid_vnd), 0) FROM charge WHERE employer_id = u.employer_id AND fund = 6)
        - CASE WHEN %(past)s THEN (SELECT coalesce(sum(amount_vnd), 0) FROM allocation
           WHERE employer_id = u.employer_id AND fund = 6 AND value_date > %(as_of)s) ELSE 0 END)::bigint,
       o.*, t.*
FROM unit u
CROSS JOIN (
    SELECT array_agg({to_index("month")}), array_agg(entry), array_agg(fund), array_agg(due_vnd), array_agg(paid_vnd),
           array_agg({to_ordinal("paid_on")})
    FROM owed
) o
CROSS JOIN (
    SELECT array_agg({to_index("month")}), array_agg(entry), array_agg(fund), array_agg({to_ordinal("value_date")}),
           array_agg(vnd)
    FROM allotted
) t
"""
STATEMENT: Final = _STATEMENT.encode()
_UNIT_COLUMNS: Final = slice(0, 11)
_CHARGE_COLUMNS: Final = slice(11, 17)
_PART_COLUMNS: Final = slice(17, 22)


class PostgresStatements:
    """The real database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def account(self, employer_code: str, *, as_of: date, past: bool) -> UnitAccount | None:
        """As in ``Statements``."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(STATEMENT, values(employer_code, as_of, past=past))
            found = await cursor.fetchone()
        return None if found is None else to_account(found, as_of)


def values(employer_code: str, as_of: date, *, past: bool) -> dict[str, Any]:
    """The parameters of ``STATEMENT``."""
    end = datetime.combine(as_of + timedelta(1), time(), VIETNAM)
    return {"employer_code": employer_code, "as_of": as_of, "end": end, "past": past}


def to_account(found: tuple[Any, ...], as_of: date) -> UnitAccount:
    """What the row of ``STATEMENT`` says."""
    return UnitAccount(Unit._make(found[_UNIT_COLUMNS]), _charges(found, as_of.toordinal()))


def _charges(found: tuple[Any, ...], as_of: int) -> list[ChargeAsOf]:
    parts: dict[tuple[int, int, int], list[Paid]] = defaultdict(list)
    for month, entry, fund, day, vnd in rows_of(found[_PART_COLUMNS]):
        parts[month, entry, fund].append(Paid(day, vnd))
    charges = []
    for month, entry, fund, due, paid_vnd, paid_on in rows_of(found[_CHARGE_COLUMNS]):
        known = parts[month, entry, fund]
        carried = paid_vnd - sum(part.vnd for part in known)
        if carried > 0:
            # Paid before allocations were kept: on the day that the charge names, or else in time.
            known.append(Paid(paid_on or deadline_day(month), carried))
        until = sorted(part for part in known if part.day <= as_of and part.vnd)
        charges.append(ChargeAsOf(month, entry, Fund(fund), due, until))
    return charges
