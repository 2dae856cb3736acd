"""Everything anew from the base tables, compared with what is kept, cell by cell.

Exact at any moment and under any load: one REPEATABLE READ transaction sees base tables,
deltas and cells of one moment, and counts the state without the deltas that wait. SQL
does the work, so memory is bounded by PostgreSQL's ``work_mem``; what is fetched is
what differs, at most ``most`` rows.
"""

from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, LiteralString

from lienthong.statistics import flows, margins, sums
from lienthong.statistics.flows import Connection, Flow, Rules

_PATIENT: Final[LiteralString] = "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'"


# Rows that differ between what is kept and what was counted (key, month, what), with how many were compared;
# one row at least.
_COMPARED: Final[LiteralString] = """
, compared AS (
    SELECT coalesce(a.key, b.key) AS key, coalesce(a.month, b.month) AS month, a.what AS kept, b.what AS counted
    FROM kept a FULL JOIN counted b ON a.key = b.key AND a.month = b.month
), differing AS (
    SELECT * FROM compared WHERE kept IS DISTINCT FROM counted LIMIT %(most)s
)
SELECT d.key, d.month, d.kept, d.counted, n.compared
FROM (SELECT count(*) AS compared FROM compared) n LEFT JOIN differing d ON true
ORDER BY d.key, d.month
"""


class UnknownFlow(Exception):
    """This database has no such dataflow, or it was not built yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A cell, or a published figure, that is not what it should be; None where there is no row."""

    key: str
    month: str
    kept: tuple[Any, ...] | None
    counted: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """What a recount found; equal when there is neither kind of difference."""

    flow: str
    cells: int
    figures: int
    seconds: float
    cell_differences: list[Difference] = field(default_factory=list)
    """True cells against the base tables."""
    figure_differences: list[Difference] = field(default_factory=list)
    """Published figures against the published states of their base cells."""

    @property
    def equal(self) -> bool:
        """Whether everything is what it should be."""
        return not self.cell_differences and not self.figure_differences


def recount(connection: Connection, name: str, rules: Rules, *, most: int = 20) -> Recount:
    """Recount the flow ``name`` on a connection of :func:`lienthong.statistics.folding.connect`.

    Changes nothing. Raises :class:`UnknownFlow`.
    """
    begun = monotonic()
    with connection.transaction():
        connection.execute(_PATIENT)
        flow = next((one for one in flows.load(connection) if one.name == name), None)
        if flow is None or flow.opened_through is None:
            raise UnknownFlow(name)
        sums.write_keys(connection, flow, rules)
        given = {"flow": name, "beyond": 0, "lo": flow.first_month, "hi": flow.opened_through}
        given |= {"most": most, **margins.given(rules)}
        cells, cell_differences = _compare(connection, _cells(flow), given)
        figures, figure_differences = _compare(connection, _figures(flow), given)
    return Recount(
        flow=name,
        cells=cells,
        figures=figures,
        seconds=monotonic() - begun,
        cell_differences=cell_differences,
        figure_differences=figure_differences,
    )


def _compare(
    connection: Connection, statement: LiteralString, given: dict[str, Any]
) -> tuple[int, list[Difference]]:
    """How many were compared, and the first that differ."""
    rows = connection.execute(statement, given).fetchall()
    differences = [
        Difference(key=key, month=flows.month_text(month), kept=_side(kept), counted=_side(counted))
        for key, month, kept, counted, _ in rows
        if key is not None
    ]
    return rows[0][4], differences


def _side(values: list[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)


def _cells(flow: Flow) -> LiteralString:
    what = "ARRAY[contributors::numeric, record_key] || amounts::numeric[] || squares"
    return (
        f"""
WITH counted AS (
    SELECT cell AS key, month, {what} AS what FROM ({sums.totals(flow)}) AS t
), kept AS (
    SELECT k.key, c.month, {what} AS what
    FROM stat_cell c JOIN stat_key k USING (series)
    -- A cell that everybody has left is kept, with nothing in it.
    WHERE k.flow = %(flow)s AND NOT (contributors = 0 AND record_key = 0 AND 0 = ALL (amounts) AND 0 = ALL (squares))
)"""  # noqa: S608 -- the flow's name is checked
        + _COMPARED
    )


def _figures(flow: Flow) -> LiteralString:
    states = (
        "SELECT k.codes, r.month, r.contributors, r.suppressed, r.figures, r.squares, r.released_at"
        " FROM (SELECT DISTINCT ON (month, series) * FROM stat_release ORDER BY month, series, number DESC) r"
        " JOIN stat_key k USING (series) WHERE k.flow = %(flow)s"
    )
    what = "ARRAY[contributors] || suppressed::integer[]::numeric[] || figures::numeric[] || squares"
    return (
        f"""
WITH counted AS (
    SELECT key, month, {what} AS what FROM ({margins.summed(flow, states)}) AS t
), kept AS (
    SELECT k.key, s.month, {what} AS what
    FROM stat_series s JOIN stat_key k USING (series) WHERE k.flow = %(flow)s
)"""  # noqa: S608 -- the flow's name is checked
        + _COMPARED
    )
