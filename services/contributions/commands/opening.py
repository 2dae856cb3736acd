"""What the calendar does: charge a new month, and tell whose debt became another by the day alone.

Both are handlers of a timer and find nothing to do the second time. The sums of
``open_month`` are SQL over ``tariff`` rows and equal those of ``dues`` to the đồng;
a test holds one to the other.
"""

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from lienthong.bus.handling import TimerContext
from lienthong.clock import VIETNAM
from lienthong.telemetry import logs
from services.contributions.commands import books, telling, units
from services.contributions.commands.arrays import month_of, numbers
from services.contributions.commands.units import Connection
from services.contributions.domain.dues import floor_of, tariff
from services.contributions.domain.ledger import first_day
from services.contributions.domain.months import month_index
from services.contributions.domain.reports import ReportKind, stands_for_evasion
from services.contributions.domain.states import LegalState, cutoffs, decide

UNITS_AT_ONCE: Final = 1_000
_REGIONS: Final = (1, 2, 3, 4)
_SCHEMES: Final = range(1, 16)
_FUNDS: Final = 5
_log = logs.get_logger("contributions.opening")

# A month of the whole country may take longer than a consumer's statement may. Shared
# lockers of the row hold ROW SHARE on the table: this waits for them, and they queue behind it.
_LONG: Final = b"SET LOCAL statement_timeout = '30min'"
_ALONE: Final = b"LOCK TABLE book IN EXCLUSIVE MODE"
_OPENED: Final = b"SELECT opened_through FROM book"
_OPEN: Final = b"UPDATE book SET opened_through = %s"

_CHARGE: Final = b"""
WITH tariff AS MATERIALIZED (
    SELECT * FROM unnest(
        %(schemes)s::smallint[], %(region)s::smallint[], %(reduced)s::boolean[], %(floor)s::bigint[],
        %(cap1)s::bigint[], %(unit1)s::bigint[], %(person1)s::bigint[],
        %(cap2)s::bigint[], %(unit2)s::bigint[], %(person2)s::bigint[],
        %(cap3)s::bigint[], %(unit3)s::bigint[], %(person3)s::bigint[],
        %(cap4)s::bigint[], %(unit4)s::bigint[], %(person4)s::bigint[],
        %(cap5)s::bigint[], %(unit5)s::bigint[], %(person5)s::bigint[]
    ) AS t (schemes, region, reduced, floor, cap1, unit1, person1, cap2, unit2, person2,
            cap3, unit3, person3, cap4, unit4, person4, cap5, unit5, person5)
), owed AS MATERIALIZED (
    SELECT p.employer_id, count(*) FILTER (WHERE p.base_vnd < t.floor) AS under,
        sum((least(p.base_vnd, cap1) * unit1 + 5000) / 10000 + (least(p.base_vnd, cap1) * person1 + 5000) / 10000)::bigint AS due1,
        sum((least(p.base_vnd, cap2) * unit2 + 5000) / 10000 + (least(p.base_vnd, cap2) * person2 + 5000) / 10000)::bigint AS due2,
        sum((least(p.base_vnd, cap3) * unit3 + 5000) / 10000 + (least(p.base_vnd, cap3) * person3 + 5000) / 10000)::bigint AS due3,
        sum((least(p.base_vnd, cap4) * unit4 + 5000) / 10000 + (least(p.base_vnd, cap4) * person4 + 5000) / 10000)::bigint AS due4,
        sum((least(p.base_vnd, cap5) * unit5 + 5000) / 10000 + (least(p.base_vnd, cap5) * person5 + 5000) / 10000)::bigint AS due5
    FROM participation p
    JOIN employer e USING (employer_id)
    JOIN employer_account a USING (employer_id)
    JOIN tariff t ON t.schemes = p.schemes AND t.region = e.region AND t.reduced = e.reduced_accident_rate
    WHERE p.valid_from <= %(month)s AND (p.valid_to IS NULL OR p.valid_to >= %(month)s)
      AND a.taken_over <= %(month)s
    GROUP BY p.employer_id
), charged AS (
    INSERT INTO charge (employer_id, month, entry, fund, due_vnd, changed_at)
    SELECT o.employer_id, %(month)s, 0, f.fund, f.due, %(now)s
    FROM owed o
    CROSS JOIN LATERAL (VALUES (1, due1), (2, due2), (3, due3), (4, due4), (5, due5)) AS f (fund, due)
    WHERE f.due > 0
), low AS (
    SELECT employer_id, count(*) AS confirmed FROM report WHERE state = 4 AND kind = 2 GROUP BY employer_id
)
UPDATE employer_account a
SET owed_vnd = a.owed_vnd + n.due,
    oldest_unpaid = CASE WHEN n.due > 0 THEN least(a.oldest_unpaid, %(month)s) ELSE a.oldest_unpaid END,
    underdeclared = n.under, changed_at = %(now)s
FROM (
    SELECT b.employer_id, coalesce(o.due1 + o.due2 + o.due3 + o.due4 + o.due5, 0) AS due,
           (coalesce(o.under, 0) + coalesce(l.confirmed, 0))::integer AS under
    FROM employer_account b
    LEFT JOIN owed o USING (employer_id)
    LEFT JOIN low l USING (employer_id)
) n
WHERE n.employer_id = a.employer_id AND (n.due > 0 OR n.under <> a.underdeclared)
"""

_WITH_ADVANCES: Final = (
    b"SELECT DISTINCT employer_id FROM payment WHERE unallocated_vnd > 0 ORDER BY employer_id"
)
_NOT_DECLARED: Final = b"""
SELECT r.employer_id, r.from_month FROM report r JOIN employer_account a USING (employer_id)
WHERE r.state = 4 AND r.kind = 3 AND NOT a.unregistered ORDER BY r.employer_id
"""
_SET_UNREGISTERED: Final = b"""
UPDATE employer_account SET unregistered = true, changed_at = %s WHERE employer_id = ANY(%s::bigint[])
"""
# As ``decide``, over ranges of months; ``decide`` has the last word.
_CHANGED: Final = b"""
SELECT a.employer_id FROM employer_account a
WHERE a.employer_id > %(after)s AND a.told_state <> CASE
    WHEN a.underdeclared > 0 OR a.unregistered THEN 3
    WHEN a.oldest_unpaid <= %(evasion)s AND a.urged_on >= a.oldest_unpaid THEN 3
    WHEN a.oldest_unpaid <= %(late)s THEN 2
    ELSE 1 END
ORDER BY a.employer_id LIMIT %(most)s
"""
_TOLD: Final = b"""
UPDATE employer_account a SET told_state = n.state, changed_at = %s
FROM unnest(%s::bigint[], %s::smallint[]) AS n (employer_id, state) WHERE a.employer_id = n.employer_id
"""


class Scope(NamedTuple):
    """A kind of participant that is charged alike: schemes, region of the unit, its reduced rate."""

    schemes: int
    region: int
    reduced: bool


def open_months(context: TimerContext) -> None:
    """Charge every month up to the current one that nobody was charged for yet, one after the other."""
    today = context.now.astimezone(VIETNAM).date()
    opened = _opened(context.connection)
    if opened >= month_index(today):
        return
    context.connection.execute(_LONG)
    context.connection.execute(_ALONE)
    opened = _opened(context.connection)  # another process may have been faster
    for month in range(opened + 1, month_index(today) + 1):
        charged = open_month(context.connection, month, context)
        _log.info("month.opened", month=f"{first_day(month):%Y-%m}", units=charged)
    _pay_with_advances(context, today)


def open_month(connection: Connection, month: int, context: TimerContext) -> int:
    """Charge one month; whoever calls holds the book alone. Returns how many units' accounts changed."""
    changed = connection.execute(
        _CHARGE, {**_tariff(month), "month": first_day(month), "now": context.now}
    ).rowcount
    connection.execute(_OPEN, [first_day(month)])
    return changed


def tell_states(context: TimerContext) -> None:
    """Tell every unit whose state has changed with the calendar, some thousand at once."""
    today = context.now.astimezone(VIETNAM).toordinal()
    _judge_unregistered(context, today)
    limits = cutoffs(today)
    after = told = 0
    while True:
        values = {
            "after": after,
            "late": first_day(limits.late),
            "evasion": first_day(limits.evasion),
            "most": UNITS_AT_ONCE,
        }
        found = [row[0] for row in context.connection.execute(_CHANGED, values).fetchall()]
        if not found:
            _log.info("states.told", units=told)
            return
        told += _tell(context, found, today)
        after = found[-1]


def _tell(context: TimerContext, found: list[int], today: int) -> int:
    told: list[tuple[int, LegalState]] = []
    for unit in units.lock_by_number(context.connection, found):
        verdict = decide(unit.account, today)
        if verdict.state != unit.told_state:
            telling.state_changed(unit, verdict, context.publish)
            told.append((unit.employer_id, verdict.state))
    if told:
        values = [context.now, numbers(number for number, _ in told), numbers(state for _, state in told)]
        context.connection.execute(_TOLD, values)
    return len(told)


def _judge_unregistered(context: TimerContext, today: int) -> None:
    """A confirmed report that somebody was not declared may have become 60 days old."""
    found = {
        employer_id
        for employer_id, from_month in context.connection.execute(_NOT_DECLARED).fetchall()
        if stands_for_evasion(ReportKind.NOT_DECLARED, month_index(from_month), today)
    }
    if found:
        locked = units.lock_by_number(context.connection, found)
        context.connection.execute(
            _SET_UNREGISTERED, [context.now, numbers(unit.employer_id for unit in locked)]
        )


def _pay_with_advances(context: TimerContext, today: date) -> None:
    """What was paid in advance pays what was charged just now."""
    operation_id = uuid4()
    found = [row[0] for row in context.connection.execute(_WITH_ADVANCES).fetchall()]
    for start in range(0, len(found), UNITS_AT_ONCE):
        _pay(context, found[start : start + UNITS_AT_ONCE], operation_id, today.toordinal())


def _pay(context: TimerContext, found: list[int], operation_id: UUID, today: int) -> None:
    kept = books.load(context.connection, units.lock_by_number(context.connection, found))
    for one in kept:
        one.book.balance()
        telling.tell(one, context.publish, today)
    with context.connection.pipeline():
        books.write(context.connection, kept, books.Written(context.now, operation_id))


def _opened(connection: Connection) -> int:
    row = connection.execute(_OPENED).fetchone()
    if row is None:
        raise LookupError("the book has no row: the database was not migrated, or not seeded")
    return month_of(row[0])


def _tariff(month: int) -> dict[str, Any]:
    """One column a number of ``Tariff``, one row a scope that owes anything."""
    columns: dict[str, list[Any]] = {}
    for scope in _scopes():
        rows = {row.fund: row for row in tariff(month, *scope)}
        if not rows:
            continue
        values = {**scope._asdict(), "floor": floor_of(month, scope.schemes, scope.region)}
        for fund in range(1, _FUNDS + 1):
            row = rows.get(fund)  # type: ignore[call-overload] # an IntEnum is its number
            values[f"cap{fund}"] = row.cap_vnd if row else 0
            values[f"unit{fund}"] = row.employer_rate if row else 0
            values[f"person{fund}"] = row.employee_rate if row else 0
        for name, value in values.items():
            columns.setdefault(name, []).append(value)
    return columns


def _scopes() -> Iterator[Scope]:
    for schemes, region, reduced in product(_SCHEMES, _REGIONS, (False, True)):
        yield Scope(schemes, region, reduced)
