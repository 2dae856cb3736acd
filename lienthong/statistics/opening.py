"""Whole months from the base tables: a flow that is built for the first time, and a new month.

Both in one transaction and by SQL: what is counted in a month that opens is everybody
whose rows reach it, in the state without the deltas that wait; these are folded after.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final, LiteralString

from lienthong.statistics import margins, publishing, sums
from lienthong.statistics.flows import Connection, Flow, Rules
from lienthong.statistics.publishing import CELL_COLUMNS, Cell

_AT_ONCE: Final = 20_000
_OPENED: Final[LiteralString] = """
UPDATE stat_flow SET first_month = %s, opened_through = %s, minimum_frequency = %s, dominance_percent = %s,
                     released_at = %s
WHERE flow = %s
"""
_SHOW: Final[LiteralString] = """
UPDATE stat_key SET shown = true
WHERE NOT shown AND flow = %s
  AND series IN (SELECT series FROM stat_series WHERE false = ANY (suppressed) AND month BETWEEN %s AND %s)
"""


def closed_months(connection: Connection, flow: Flow, *, through: int) -> tuple[int, int]:
    """The first and the last month of the flow that can be counted in the month ``through``.

    All of those kept, but for a flow whose months are known only when they are over:
    then its ``<flow>_closed`` says (:mod:`lienthong.statistics.definitions`).
    """
    name = f"{flow.function}_closed"
    has_one = connection.execute("SELECT to_regproc(%s) IS NOT NULL", [name]).fetchone()
    if has_one is None or not has_one[0]:
        return through - flow.months_kept, through
    row = connection.execute(f"SELECT first, last FROM {name}()").fetchone()  # noqa: S608 -- the flow's name is checked
    first, last = row or (through, through - 1)
    last = min(last, through)
    return max(first, last - flow.months_kept), last


def open_months(connection: Connection, flow: Flow, rules: Rules, *, through: int, now: datetime) -> int:
    """Count the months after the last one opened until ``through``, or every one kept; how many cells that are.

    ``through`` is one of :func:`closed_months`.

    Every cell is published at once: of a month that was not there nothing was published
    that could be compared with it.
    """
    first = flow.first_month
    if first is None:
        first, _ = closed_months(connection, flow, through=through)
    lo = first if flow.opened_through is None else flow.opened_through + 1
    sums.write_keys(connection, flow, rules)
    cells = _count(connection, flow, rules, lo, through, now)
    _publish(connection, flow, rules, (lo, through), now)
    parameters = rules.parameters
    given = [first, through, parameters.minimum_frequency, parameters.dominance_percent, now, flow.name]
    connection.execute(_OPENED, given)
    return cells


def _count(connection: Connection, flow: Flow, rules: Rules, lo: int, hi: int, now: datetime) -> int:
    """True cells and their first release, in portions."""
    counted = 0
    with connection.cursor(f"{flow.function}_totals") as totals:
        totals.execute(sums.totals(flow), {"beyond": 0, "lo": lo, "hi": hi})
        while rows := totals.fetchmany(_AT_ONCE):
            cells = _cells(connection, flow, rows)
            releases = [publishing.release(flow, rules, cell, now) for cell in cells]
            with connection.cursor().copy(f"COPY stat_cell ({CELL_COLUMNS}) FROM STDIN") as copy:
                copy.write("".join(one.after().row() for one in releases))
            publishing.write_releases(connection, releases, now)
            counted += len(releases)
    return counted


def _cells(connection: Connection, flow: Flow, rows: list[Any]) -> Iterator[Cell]:
    series = publishing.series_of(connection, flow, {row[0] for row in rows}, base=True)
    for key, month, contributors, record_key, amounts, squares in rows:
        yield Cell(
            series=series[key],
            codes=publishing.codes_of(key),
            month=month,
            contributors=contributors,
            record_key=record_key,
            amounts=tuple(amounts),
            squares=tuple(map(int, squares)),
        )


def _publish(
    connection: Connection, flow: Flow, rules: Rules, months: tuple[int, int], now: datetime
) -> None:
    """Every figure of these months from their releases: base cells and margins in one statement."""
    base = connection.execute("SELECT codes FROM stat_key WHERE flow = %s AND base", [flow.name])
    # The first of each is the base cell itself, which has its number already.
    keys = {key for (codes,) in base for key in islice(flow.margin_keys(codes), 1, None)}
    publishing.series_of(connection, flow, keys, base=False)
    given: dict[str, Any] = {"flow": flow.name, "lo": months[0], "hi": months[1], "now": now}
    # The rows are of this transaction: the planner takes them for few, and would look keys up one by one.
    connection.execute("SET LOCAL enable_nestloop = off")
    connection.execute(_published(flow), given | margins.given(rules))
    connection.execute(_SHOW, [flow.name, *months])
    connection.execute("SET LOCAL enable_nestloop = on")


def _published(flow: Flow) -> LiteralString:
    """Figures of months that have had one release, as a statement."""
    states = (
        "SELECT k.codes, r.month, r.contributors, r.suppressed, r.figures, r.squares, r.released_at"
        " FROM stat_release r JOIN stat_key k USING (series)"
        " WHERE k.flow = %(flow)s AND r.month BETWEEN %(lo)s AND %(hi)s"
    )
    return f"""
INSERT INTO stat_series (series, month, contributors, suppressed, figures, squares, published_at)
SELECT k.series, m.month, m.contributors, m.suppressed, m.figures, m.squares,
       CASE WHEN true = ALL (m.suppressed) THEN NULL ELSE %(now)s::timestamptz END
FROM ({margins.summed(flow, states)}) AS m JOIN stat_key k ON k.flow = %(flow)s AND k.key = m.key
"""  # noqa: S608 -- the service's own definitions
