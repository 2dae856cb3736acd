"""One batch of changes, from the deltas to the published figures, in the caller's transaction.

**Exactly once.** The transaction is REPEATABLE READ: base tables, deltas and cells are
seen as of one moment, and what is folded is deleted in the commit that adds it. A worker
that is killed leaves everything as it was. The difference that a batch makes is that of
two states of the base tables (:mod:`lienthong.statistics.tables`): with only the deltas
before the batch undone folded, and with the batch folded too.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, LiteralString, NamedTuple

from lienthong.bus import failpoints
from lienthong.statistics import publishing, sums
from lienthong.statistics.flows import KEY_MODULUS, Connection, Flow, Rules
from lienthong.statistics.publishing import CELL_COLUMNS, Cell

_BOUND: Final[LiteralString] = """
SELECT max(id), count(*) FROM (SELECT id FROM stat_delta ORDER BY id LIMIT %s) AS oldest
"""
_DONE: Final[LiteralString] = "DELETE FROM stat_delta WHERE id <= %s"
_CELLS: Final[LiteralString] = f"""
SELECT {CELL_COLUMNS} FROM unnest(%s::integer[], %s::integer[]) AS asked (series, month)
JOIN stat_cell USING (month, series)
"""  # noqa: S608 -- constants


MOST_CONTRIBUTORS: Final = 20_000
"""Whose changes one statement sums up: a command may touch everybody, and no statement may last for ever."""


class Folded(NamedTuple):
    """What a batch did."""

    deltas: int
    cells: int
    """True cells that changed."""
    released: int
    """Those of them that are published in a new state."""


class _Change(NamedTuple):
    """A row of :func:`lienthong.statistics.sums.changes`."""

    cell: str
    month: int
    contributors: int
    record_key: int
    amounts: list[int]
    squares: list[Decimal]
    changes: int


def fold(connection: Connection, flows: Sequence[Flow], rules: Rules, *, most: int, now: datetime) -> Folded:
    """Fold the oldest transactions with ``most`` deltas into every flow that was built; then they are gone.

    The last of them may bring more. Whole transactions: no state is counted, or published, that
    nobody ever committed.
    """
    bound, deltas = connection.execute(_BOUND, [most]).fetchone() or (None, 0)
    if not deltas:
        return Folded(0, 0, 0)
    cells = released = 0
    for flow in flows:
        if flow.opened_through is None:
            continue  # It is built from the base tables, which have the change already.
        some, others = _fold_into(connection, flow, rules, bound, now)
        cells += some
        released += others
    failpoints.reach("statistics.folded")
    deltas = connection.execute(_DONE, [bound]).rowcount
    return Folded(deltas, cells, released)


def _fold_into(
    connection: Connection, flow: Flow, rules: Rules, bound: int, now: datetime
) -> tuple[int, int]:
    changed = _changes(connection, flow, rules, bound)
    if not changed:
        return 0, 0
    cells = _changed(connection, flow, changed, now)
    releases = publishing.due(flow, rules, cells, now)
    publishing.write_cells(connection, publishing.after(cells, releases))
    publishing.publish(connection, flow, rules, releases, now)
    return len(cells), len(releases)


def _changes(connection: Connection, flow: Flow, rules: Rules, bound: int) -> list[_Change]:
    """What the deltas up to ``bound`` change, cell by cell. Contributors add up, so portions of them do."""
    touched = f"SELECT * FROM {flow.function}_touched(%s)"  # noqa: S608 -- checked
    # In their order, so that neighbours share the pages on which they are looked up.
    who = sorted(one for (one,) in connection.execute(touched, [bound]))
    lo, hi = _months(connection, flow, bound)
    if not who or lo > hi:
        return []
    summed: dict[tuple[str, int], _Change] = {}
    for start in range(0, len(who), MOST_CONTRIBUTORS):
        known = list(rules.keys(who[start : start + MOST_CONTRIBUTORS], factors=bool(flow.amounts)))
        given: dict[str, Any] = {"bound": bound, "lo": lo, "hi": hi, "who": [one for one, _, _ in known]}
        given |= {"keys": [key for _, key, _ in known], "factors": [factor for _, _, factor in known]}
        for row in connection.execute(sums.changes(flow), given):
            change = _Change(*row)
            before = summed.get((change.cell, change.month))
            summed[change.cell, change.month] = change if before is None else _both(before, change)
    return list(summed.values())


def _months(connection: Connection, flow: Flow, bound: int) -> tuple[int, int]:
    """The months in which these deltas can change anything; every one where the flow does not say."""
    assert flow.first_month is not None  # noqa: S101 -- the flow was built
    assert flow.opened_through is not None  # noqa: S101 -- the flow was built
    says = connection.execute("SELECT to_regprocedure(%s)", [f"{flow.function}_months(bigint)"]).fetchone()
    if says is None or says[0] is None:
        return flow.first_month, flow.opened_through
    months = f"SELECT * FROM {flow.function}_months(%s)"  # noqa: S608 -- checked
    first, last = connection.execute(months, [bound]).fetchone() or (None, None)
    if first is None or last is None:
        return flow.first_month, flow.first_month - 1
    return max(flow.first_month, first), min(flow.opened_through, last)


def _both(one: _Change, other: _Change) -> _Change:
    """Two portions' changes of one cell."""
    return _Change(
        one.cell,
        one.month,
        one.contributors + other.contributors,
        (one.record_key + other.record_key) % KEY_MODULUS,
        [a + b for a, b in zip(one.amounts, other.amounts, strict=True)],
        [a + b for a, b in zip(one.squares, other.squares, strict=True)],
        one.changes + other.changes,
    )


def cell_of(row: Sequence[Any], codes: tuple[str, ...]) -> Cell:
    """A row of :data:`publishing.CELL_COLUMNS`."""
    return Cell(
        series=row[0],
        codes=codes,
        month=row[1],
        contributors=row[2],
        record_key=row[3],
        amounts=tuple(row[4]),
        squares=tuple(map(int, row[5])),
        changes=row[6],
        changed_since=row[7],
        releases=row[8],
        published_contributors=row[9],
        published=tuple(row[10]),
        published_squares=tuple(map(int, row[11])),
    )


def _changed(connection: Connection, flow: Flow, changes: Sequence[_Change], now: datetime) -> list[Cell]:
    """The cells after these changes."""
    series = publishing.series_of(connection, flow, (change.cell for change in changes), base=True)
    asked = [[series[change.cell] for change in changes], [change.month for change in changes]]
    known = {(row[0], row[1]): row for row in connection.execute(_CELLS, asked)}
    cells = []
    for change in changes:
        number, codes = series[change.cell], publishing.codes_of(change.cell)
        row = known.get((number, change.month))
        before = _nothing(flow, number, codes, change.month) if row is None else cell_of(row, codes)
        cells.append(_after(before, change, now))
    return cells


def _nothing(flow: Flow, series: int, codes: tuple[str, ...], month: int) -> Cell:
    return Cell(
        series=series,
        codes=codes,
        month=month,
        contributors=0,
        record_key=0,
        amounts=(0,) * flow.amounts,
        squares=(0,) * flow.amounts,
    )


def _after(before: Cell, change: _Change, now: datetime) -> Cell:
    return replace(
        before,
        contributors=before.contributors + change.contributors,
        record_key=(before.record_key + change.record_key) % KEY_MODULUS,
        amounts=tuple(a + b for a, b in zip(before.amounts, change.amounts, strict=True)),
        squares=tuple(a + int(b) for a, b in zip(before.squares, change.squares, strict=True)),
        changes=before.changes + change.changes,
        changed_since=before.changed_since or now,
    )


_WAITED: Final[LiteralString] = f"""
SELECT {CELL_COLUMNS}, codes FROM stat_cell JOIN stat_key USING (series)
WHERE flow = %s AND changed_since < %s ORDER BY changed_since LIMIT %s
"""  # noqa: S608 -- constants


def settle(
    connection: Connection, flow: Flow, rules: Rules, *, before: datetime, most: int, now: datetime
) -> int:
    """Publish those cells that have waited enough, of the ``most`` whose changes have waited longest.

    Only those that have waited since ``before`` are looked at. How many were published.
    """
    rows = connection.execute(_WAITED, [flow.name, before, most]).fetchall()
    cells = [cell_of(row, tuple(row[12])) for row in rows]
    releases = publishing.due(flow, rules, cells, now)
    publishing.write_cells(connection, (one.after() for one in releases))
    publishing.publish(connection, flow, rules, releases, now)
    return len(releases)
