"""Keeps the legal state of every unit at the end of each month (docs/decisions/0022-compliance.md).

A month is judged when it is over, by a timer, and a unit's month again by every command that
changes what the books say of its last day. What they say is asked of them in SQL
(``_FACTS``), the judgement is :func:`services.contributions.domain.compliance.judge`: both the same
for the month that ends and for a correction, so late, twice or early makes no difference.

A correction stands in its command's commit. It holds the unit's account, and
a month is judged for the first time with the book alone: no change falls between the two.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final, LiteralString, NamedTuple

from lienthong.bus.handling import TimerContext
from lienthong.clock import VIETNAM
from lienthong.telemetry import logs
from services.contributions.commands.arrays import month_of, numbers
from services.contributions.commands.units import Connection, Unit
from services.contributions.domain.compliance import (
    COMPULSORY,
    NOBODY,
    ComplianceState,
    Facts,
    Participants,
    judge,
)
from services.contributions.domain.dues import floor_of
from services.contributions.domain.ledger import first_day
from services.contributions.domain.months import month_index
from services.contributions.queries.units import deadline, to_index, to_ordinal

UNITS_AT_ONCE: Final = 5_000
_REGIONS: Final = (1, 2, 3, 4)
_SCHEMES: Final = range(1, 16)
_NO_EMPLOYER: Final = "none"
"""The sector of those who collect voluntary contributions: what they are not paid is no debt of theirs."""
_log = logs.get_logger("contributions.compliance")

_LONG: Final = b"SET LOCAL statement_timeout = '30min'"
_ALONE: Final = b"LOCK TABLE book IN EXCLUSIVE MODE"
_BOOK: Final = b"SELECT opened_through, judged_through FROM book"
_JUDGED: Final = b"UPDATE book SET judged_through = %s"

# Every unit with its participants of one month.
_EVERYBODY: Final[LiteralString] = f"""
WITH people AS (
    SELECT p.employer_id, count(*) FILTER (WHERE p.schemes & {int(COMPULSORY)} > 0) AS workers,
           count(*) FILTER (WHERE p.base_vnd < f.floor) AS under_floor
    FROM participation p
    JOIN employer e USING (employer_id)
    JOIN unnest(%(schemes)s::smallint[], %(regions)s::smallint[], %(floors)s::bigint[]) AS f (schemes, region, floor)
        ON f.schemes = p.schemes AND f.region = e.region
    WHERE p.valid_from <= %(month)s AND (p.valid_to IS NULL OR p.valid_to >= %(month)s)
    GROUP BY p.employer_id
), asked AS MATERIALIZED (
    SELECT a.employer_id, %(month)s::date AS month, (%(month)s::date + interval '1 month')::date - 1 AS day,
           a.urged_on, a.province_code, a.sector, coalesce(n.workers, 0) AS workers,
           coalesce(n.under_floor, 0) AS under_floor
    FROM employer_account a LEFT JOIN people n USING (employer_id)
    WHERE a.sector <> '{_NO_EMPLOYER}'
)"""  # noqa: S608 -- constants

# Some units in some months, with what is kept of these months and by how many their participants are more. Of a unit that
# was taken over after a month was judged nothing is kept of it: it never has fewer than nobody.
_SOME: Final[LiteralString] = f"""
WITH asked AS MATERIALIZED (
    SELECT a.employer_id, n.month, (n.month + interval '1 month')::date - 1 AS day, a.urged_on,
           coalesce(m.province_code, a.province_code) AS province_code, coalesce(m.sector, a.sector) AS sector,
           greatest(0, coalesce(m.workers, 0) + n.workers) AS workers,
           greatest(0, coalesce(m.under_floor, 0) + n.under_floor) AS under_floor
    FROM (
        SELECT employer_id, make_date(month / 12, month %% 12 + 1, 1) AS month, workers, under_floor
        FROM unnest(%(units)s::bigint[], %(months)s::integer[], %(workers)s::integer[], %(under_floor)s::integer[])
            AS given (employer_id, month, workers, under_floor)
    ) n
    JOIN employer_account a USING (employer_id)
    LEFT JOIN compliance_month m ON m.employer_id = n.employer_id AND m.month = n.month
    WHERE a.sector <> '{_NO_EMPLOYER}'
)"""  # noqa: S608 -- constants

# What the books say of a last day: money by value date, what was paid before allocations were kept with the day that the
# charge names or else in time; what a declaration charged from the day on which it was received; letters by their
# date; reports by the day of their steps. As ``queries.statements`` has a past day.
_FACTS: Final[str] = f"""
, owed AS (
    SELECT k.employer_id, k.month, k.day, c.month AS owed, c.due_vnd, c.paid_vnd,
           coalesce(c.paid_on, {deadline("c.month")}) AS paid_on, p.kept_vnd, p.by_then_vnd
    FROM asked k
    JOIN charge c ON c.employer_id = k.employer_id AND c.month <= k.month AND c.fund <= 5 AND c.due_vnd > 0
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_vnd), 0) AS kept_vnd,
               coalesce(sum(amount_vnd) FILTER (WHERE value_date <= k.day), 0) AS by_then_vnd
        FROM allocation a
        WHERE a.employer_id = c.employer_id AND a.month = c.month AND a.entry = c.entry AND a.fund = c.fund
    ) p
    WHERE {deadline("c.month")} < k.day AND (c.paid_vnd < c.due_vnd OR c.settled_on > k.day)
      AND (c.entry = 0 OR EXISTS (
          SELECT FROM declaration d WHERE d.employer_id = c.employer_id AND d.entry = c.entry
          AND (d.received_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= k.day))
), debt AS (
    SELECT employer_id, month, day, min(owed) AS oldest FROM owed
    WHERE by_then_vnd + CASE WHEN paid_on <= day THEN greatest(0, paid_vnd - kept_vnd) ELSE 0 END < due_vnd
    GROUP BY employer_id, month, day
), letter AS (
    SELECT d.employer_id, d.month, max(u.issued_on) AS urged_on
    FROM debt d JOIN urge u ON u.employer_id = d.employer_id AND u.issued_on <= d.day
    GROUP BY d.employer_id, d.month
), reported AS (
    SELECT k.employer_id, k.month, count(*) FILTER (WHERE r.kind = 2) AS low,
           array_agg({to_index("r.from_month")}) FILTER (WHERE r.kind = 3) AS undeclared
    FROM asked k
    JOIN report r ON r.employer_id = k.employer_id AND r.kind IN (2, 3) AND r.state IN (4, 6)
    JOIN report_step s ON s.report_id = r.report_id AND s.state = 4
        AND (s.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= k.day
    WHERE NOT EXISTS (SELECT FROM report_step t WHERE t.report_id = r.report_id AND t.state = 6
                      AND (t.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= k.day)
    GROUP BY k.employer_id, k.month
)
SELECT k.employer_id, {to_index("k.month")}, {to_index("d.oldest")},
       {to_ordinal("greatest(l.urged_on, CASE WHEN k.urged_on <= k.day THEN k.urged_on END)")},
       coalesce(r.low, 0), coalesce(r.undeclared, '{{}}'), k.under_floor, k.workers, k.province_code, k.sector
FROM asked k
LEFT JOIN debt d USING (employer_id, month)
LEFT JOIN letter l USING (employer_id, month)
LEFT JOIN reported r USING (employer_id, month)
"""  # noqa: S608 -- constants

OF_EVERYBODY: Final = (_EVERYBODY + _FACTS).encode()
OF_SOME: Final = (_SOME + _FACTS).encode()

_KEEP: Final = b"""
INSERT INTO compliance_month AS known (employer_id, month, workers, under_floor, state, province_code, sector)
SELECT n.employer_id, make_date(n.month / 12, n.month %% 12 + 1, 1), n.workers, n.under_floor, n.state,
       n.province_code, n.sector
FROM unnest(%s::bigint[], %s::integer[], %s::integer[], %s::integer[], %s::smallint[], %s::text[], %s::text[])
    AS n (employer_id, month, workers, under_floor, state, province_code, sector)
ON CONFLICT (employer_id, month) DO UPDATE
SET workers = excluded.workers, under_floor = excluded.under_floor, state = excluded.state
WHERE (known.workers, known.under_floor, known.state) <> (excluded.workers, excluded.under_floor, excluded.state)
"""


class Judged(NamedTuple):
    """A row of ``compliance_month``; the month is an index."""

    employer_id: int
    month: int
    workers: int
    under_floor: int
    state: ComplianceState
    province_code: str
    sector: str


@dataclass(frozen=True, slots=True)
class Again:
    """What a command changes of a unit's past, months as indices."""

    unit: Unit
    since: int | None = None
    """From the end of this month on the books say something else; None: they do not."""
    participants: Mapping[int, Participants] = field(default_factory=dict)
    """By how many the unit's participants of a month are more."""

    def months(self) -> Iterable[tuple[int, Participants]]:
        """The months that were judged and have to be judged again."""
        first, last = month_of(self.unit.judged_from), month_of(self.unit.judged_through)
        found = set(self.participants)
        if self.since is not None:
            found.update(range(max(first, self.since), last + 1))
        return [
            (month, self.participants.get(month, NOBODY)) for month in sorted(found) if first <= month <= last
        ]


def judge_months(context: TimerContext) -> bool:
    """Judge the oldest month that is over, was opened and is not judged; whether more of them are left.

    One a turn: writes wait while it is judged, and a database whose months are judged late has many.
    Between two turns those writes go on, which have waited for the book longer.
    """
    connection = context.connection
    this_month = month_index(context.now.astimezone(VIETNAM).date())
    if not _due(connection, this_month):
        return False
    connection.execute(_LONG)
    connection.execute(_ALONE)
    due = _due(connection, this_month)  # another process may have been faster
    if due:
        counted = judge_month(connection, due[0])
        _log.info("month.judged", month=f"{first_day(due[0]):%Y-%m}", units=counted, waiting=len(due) - 1)
    return len(due) > 1


def judge_month(connection: Connection, month: int) -> int:
    """Judge one month for the first time; whoever calls holds the book alone. How many units are counted in it.

    Raises ``UnknownRule`` for a month before July 2025: another law ruled.
    """
    counted = 0
    for judged in of_everybody(connection, month):
        counted += len(judged)
        _keep(connection, judged)
    # Last: as long as the month is not judged, its rows are no changes (migration 0007).
    connection.execute(_JUDGED, [first_day(month)])
    return counted


def of_everybody(connection: Connection, month: int) -> Iterator[list[Judged]]:
    """Every unit that is counted in a month, as the books say it now, in portions; in a transaction."""
    with connection.cursor("judged_months", binary=True) as facts:
        facts.execute(OF_EVERYBODY, {"month": first_day(month), **_floors(month)})
        while rows := facts.fetchmany(UNITS_AT_ONCE):
            judged = map(_judged, rows)
            yield [one for one in judged if one.workers or one.state is not ComplianceState.ON_TIME]


def judge_again(connection: Connection, changed: Iterable[Again]) -> None:
    """Judge the months again whose last day looks different now. The units' accounts are locked."""
    asked = [
        (one.unit.employer_id, month, more.workers, more.under_floor)
        for one in changed
        for month, more in one.months()
    ]
    for start in range(0, len(asked), UNITS_AT_ONCE):
        some = asked[start : start + UNITS_AT_ONCE]
        names = ("units", "months", "workers", "under_floor")
        given = {name: numbers(column) for name, column in zip(names, zip(*some, strict=True), strict=True)}
        rows = connection.cursor(binary=True).execute(OF_SOME, given).fetchall()
        _keep(connection, list(map(_judged, rows)))


def _due(connection: Connection, this_month: int) -> range:
    """The months that are over and not judged."""
    row = connection.execute(_BOOK).fetchone()
    if row is None:
        raise LookupError("the book has no row: the database was not migrated, or not seeded")
    opened, judged = map(month_of, row)
    return range(judged + 1, min(opened, this_month - 1) + 1)


def _judged(row: Sequence[Any]) -> Judged:
    employer_id, month, oldest, urged_on, low, undeclared, under_floor, workers, province_code, sector = row
    state = judge(month, Facts(oldest, urged_on, low, undeclared, under_floor))
    return Judged(employer_id, month, workers, under_floor, state, province_code, sector)


def _keep(connection: Connection, judged: Sequence[Judged]) -> None:
    if judged:
        columns = list(zip(*judged, strict=True))
        connection.execute(_KEEP, [*map(numbers, columns[:5]), list(columns[5]), list(columns[6])])


def _floors(month: int) -> dict[str, str]:
    """The least base of each mask of schemes and region."""
    pairs = list(product(_SCHEMES, _REGIONS))
    return {
        "schemes": numbers(schemes for schemes, _ in pairs),
        "regions": numbers(region for _, region in pairs),
        "floors": numbers(floor_of(month, *pair) for pair in pairs),
    }
