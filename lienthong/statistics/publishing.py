"""True cells in, published figures out: what disclosure control lets go, and every margin of it.

A margin is the sum of the published states of its base cells. So it tells nothing that
these do not, and the two can never disagree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, LiteralString

from lienthong import disclosure
from lienthong.statistics import margins as margin_sql
from lienthong.statistics.flows import Connection, Flow, Rules, month_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A row of ``stat_cell`` with its codes."""

    series: int
    codes: tuple[str, ...]
    month: int
    contributors: int
    record_key: int
    amounts: tuple[int, ...]
    squares: tuple[int, ...]
    changes: int = 0
    changed_since: datetime | None = None
    releases: int = 0
    published_contributors: int = 0
    published: tuple[int, ...] = ()
    published_squares: tuple[int, ...] = ()

    def row(self) -> str:
        """The row as COPY takes it, in the order of :data:`CELL_COLUMNS`."""
        since = "\\N" if self.changed_since is None else self.changed_since.isoformat()
        return (
            f"{self.series}\t{self.month}\t{self.contributors}\t{self.record_key}\t{array(self.amounts)}"
            f"\t{array(self.squares)}\t{self.changes}\t{since}\t{self.releases}\t{self.published_contributors}"
            f"\t{array(self.published)}\t{array(self.published_squares)}\n"
        )


CELL_COLUMNS: Final[LiteralString] = (
    "series, month, contributors, record_key, amounts, squares, changes, changed_since, releases,"
    " published_contributors, published, published_squares"
)
RELEASE_COLUMNS: Final[LiteralString] = (
    "series, month, number, released_at, contributors, suppressed, figures, squares"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A cell's new published state; ``cell`` is as it was before."""

    cell: Cell
    contributors: int
    figures: tuple[int, ...]
    suppressed: tuple[bool, ...]
    squares: tuple[int, ...]

    def after(self) -> Cell:
        """The cell with this as its published state."""
        return replace(
            self.cell,
            changes=0,
            changed_since=None,
            releases=self.cell.releases + 1,
            published_contributors=self.contributors,
            published=self.figures,
            published_squares=self.squares,
        )

    def row(self, now: datetime) -> str:
        """The row as COPY takes it, in the order of :data:`RELEASE_COLUMNS`."""
        cell = self.cell
        return (
            f"{cell.series}\t{cell.month}\t{cell.releases + 1}\t{now.isoformat()}\t{self.contributors}"
            f"\t{truths(self.suppressed)}\t{array(self.figures)}\t{array(self.squares)}\n"
        )


def judged(flow: Flow, cell: Cell, now: datetime) -> disclosure.BaseCell:
    """The cell as disclosure control looks at it at this moment."""
    since = cell.changed_since
    return disclosure.BaseCell(
        flow=flow.name,
        period=month_text(cell.month),
        coordinates=cell.codes,
        contributors=cell.contributors,
        key=cell.record_key,
        amounts=cell.amounts,
        squares=cell.squares,
        changes=cell.changes,
        releases=cell.releases,
        waited=0 if since is None else max(0, int((now - since).total_seconds())),
        distinct=flow.is_distinct,
        listed=flow.listed,
        units=flow.units,
        parts=flow.parts,
        kin=flow.kin(cell.codes),
    )


def release(flow: Flow, rules: Rules, cell: Cell, now: datetime) -> Release:
    """The cell's next published state."""
    found = disclosure.publish(rules.parameters, rules.secret, judged(flow, cell, now))
    hidden = tuple(found.suppressed or dominated for dominated in found.dominated)
    return Release(
        cell=cell,
        contributors=found.contributors,
        figures=(found.counted, *found.amounts),
        suppressed=(found.suppressed, *hidden),
        squares=found.squares,
    )


def due(flow: Flow, rules: Rules, cells: Iterable[Cell], now: datetime) -> list[Release]:
    """The releases of those cells that disclosure control lets move."""
    return [
        release(flow, rules, cell, now)
        for cell in cells
        if disclosure.moves(rules.parameters, rules.secret, judged(flow, cell, now))
    ]


@dataclass(slots=True)
class _Moved:
    """By how much a published figure moves."""

    contributors: int
    figures: list[int]
    squares: list[int]
    # Of a base cell what disclosure control said; a margin is judged by its sums.
    suppressed: tuple[bool, ...] | None = None


_STAGE: Final[LiteralString] = """
CREATE TEMPORARY TABLE IF NOT EXISTS stat_moved (
    series integer, month integer, contributors bigint, suppressed boolean[], figures bigint[], squares numeric[]
) ON COMMIT DELETE ROWS
"""
_SHOW: Final[LiteralString] = """
UPDATE stat_key SET shown = true
WHERE NOT shown AND series IN (
    SELECT s.series FROM stat_moved m JOIN stat_series s USING (month, series) WHERE false = ANY (s.suppressed)
)
"""
_RELEASED: Final[LiteralString] = """
UPDATE stat_flow SET released_at = %(now)s
WHERE flow = %(flow)s
  AND EXISTS (SELECT FROM stat_moved m JOIN stat_series s USING (month, series) WHERE s.published_at = %(now)s)
"""


def _upsert(flow: Flow) -> LiteralString:
    def added(what: str, count: int) -> str:
        return ", ".join(f"s.{what}[{n}] + excluded.{what}[{n}]" for n in range(1, count + 1))

    figures = f"ARRAY[{added('figures', flow.amounts + 1)}]"
    squares = f"ARRAY[{added('squares', flow.amounts)}]::numeric[]"
    judged_new = margin_sql.judged(flow, "contributors", "figures[{n}]", "squares[{n}]")
    judged_sum = margin_sql.judged(
        flow,
        "s.contributors + excluded.contributors",
        "(s.figures[{n}] + excluded.figures[{n}])",
        "(s.squares[{n}] + excluded.squares[{n}])",
    )
    suppressed = (
        "CASE WHEN (SELECT base FROM stat_key k WHERE k.series = s.series) THEN excluded.suppressed"  # noqa: S608 -- numbers
        f" ELSE {judged_sum} END"
    )
    # A time tells as much as a figure: it moves when what is seen does.
    seen_before = margin_sql.seen(flow, "s.figures", "s.suppressed")
    seen_after = margin_sql.seen(flow, f"({figures})", f"({suppressed})")
    return f"""
INSERT INTO stat_series AS s (series, month, contributors, suppressed, figures, squares, published_at)
SELECT series, month, contributors, suppressed, figures, squares,
       CASE WHEN true = ALL (suppressed) THEN NULL ELSE %(now)s::timestamptz END
FROM (SELECT series, month, contributors, coalesce(suppressed, {judged_new}) AS suppressed, figures, squares
      FROM stat_moved) AS moved
ON CONFLICT (month, series) DO UPDATE SET
    contributors = s.contributors + excluded.contributors, figures = {figures}, squares = {squares},
    suppressed = {suppressed},
    published_at = CASE WHEN {seen_after} IS DISTINCT FROM {seen_before} THEN %(now)s ELSE s.published_at END
"""  # noqa: S608 -- numbers


@dataclass(slots=True)
class Margins:
    """Releases of one flow gathered into movements of its published figures."""

    flow: Flow
    moved: dict[tuple[str, int], _Moved] = field(default_factory=dict)

    def add(self, one: Release) -> None:
        """Into the base cell's own figure and into every margin that it belongs to."""
        cell, flow = one.cell, self.flow
        figures = _difference(one.figures, cell.published)
        squares = _difference(one.squares, cell.published_squares)
        contributors = one.contributors - cell.published_contributors
        for place, margin in enumerate(flow.margin_keys(cell.codes)):
            key = margin, cell.month
            known = self.moved.get(key)
            if known is None:
                self.moved[key] = known = _Moved(contributors, list(figures), list(squares))
            else:
                known.contributors += contributors
                known.figures = [old + more for old, more in zip(known.figures, figures, strict=True)]
                known.squares = [old + more for old, more in zip(known.squares, squares, strict=True)]
            if not place:
                known.suppressed = one.suppressed

    def write(self, connection: Connection, rules: Rules, now: datetime) -> None:
        """Move the published figures."""
        keys = {key for key, _ in self.moved}
        base = {key for (key, _), moved in self.moved.items() if moved.suppressed is not None}
        series = series_of(connection, self.flow, keys - base, base=False)
        series |= series_of(connection, self.flow, base, base=True)
        connection.execute(_STAGE)
        with connection.cursor().copy("COPY stat_moved FROM STDIN") as copy:
            for (key, month), moved in self.moved.items():
                hidden = "\\N" if moved.suppressed is None else truths(moved.suppressed)
                copy.write(
                    f"{series[key]}\t{month}\t{moved.contributors}\t{hidden}\t{array(moved.figures)}"
                    f"\t{array(moved.squares)}\n"
                )
        connection.execute(_upsert(self.flow), {**margin_sql.given(rules), "now": now})
        connection.execute(_SHOW)
        connection.execute(_RELEASED, {"now": now, "flow": self.flow.name})
        connection.execute("DELETE FROM stat_moved")


def _difference(new: Sequence[int], old: Sequence[int]) -> list[int]:
    """Place by place; an empty ``old`` is nothing."""
    return [a - b for a, b in zip(new, old or (0,) * len(new), strict=True)]


_KNOWN: Final[LiteralString] = "SELECT key, series FROM stat_key WHERE flow = %s AND key = ANY (%s)"
_NEW: Final[LiteralString] = """
INSERT INTO stat_key (flow, key, codes, base)
SELECT %s, key, string_to_array(key, '.'), %s FROM unnest(%s::text[]) AS n (key) ORDER BY key COLLATE "C"
RETURNING key, series
"""


def series_of(connection: Connection, flow: Flow, keys: Iterable[str], *, base: bool) -> dict[str, int]:
    """The numbers of these series; those that are new get theirs."""
    wanted = set(keys)
    known: dict[str, int] = dict(connection.execute(_KNOWN, [flow.name, sorted(wanted)]).fetchall())
    if missing := sorted(wanted - known.keys()):
        known |= dict(connection.execute(_NEW, [flow.name, base, missing]).fetchall())
    return known


def write_releases(connection: Connection, releases: Sequence[Release], now: datetime) -> None:
    """Append the new states to what was published ever."""
    with connection.cursor().copy(f"COPY stat_release ({RELEASE_COLUMNS}) FROM STDIN") as copy:
        copy.write("".join(one.row(now) for one in releases))


def write_cells(connection: Connection, cells: Iterable[Cell]) -> None:
    """Put cells, new ones and others, in the place of what is kept of them."""
    connection.execute(_STAGE_CELLS)
    with connection.cursor().copy(f"COPY stat_moved_cell ({CELL_COLUMNS}) FROM STDIN") as copy:
        copy.write("".join(cell.row() for cell in cells))
    connection.execute(_STORE)
    connection.execute("DELETE FROM stat_moved_cell")


def publish(
    connection: Connection, flow: Flow, rules: Rules, releases: Sequence[Release], now: datetime
) -> None:
    """Make these the published states, and move every figure that they stand in."""
    if not releases:
        return
    margins = Margins(flow)
    for one in releases:
        margins.add(one)
    write_releases(connection, releases, now)
    margins.write(connection, rules, now)


_STAGE_CELLS: Final[LiteralString] = """
CREATE TEMPORARY TABLE IF NOT EXISTS stat_moved_cell (LIKE stat_cell) ON COMMIT DELETE ROWS
"""
_STORE: Final[LiteralString] = f"""
INSERT INTO stat_cell ({CELL_COLUMNS}) SELECT {CELL_COLUMNS} FROM stat_moved_cell
ON CONFLICT (month, series) DO UPDATE SET
    contributors = excluded.contributors, record_key = excluded.record_key, changes = excluded.changes,
    changed_since = excluded.changed_since, releases = excluded.releases,
    published_contributors = excluded.published_contributors, published = excluded.published,
    published_squares = excluded.published_squares, amounts = excluded.amounts, squares = excluded.squares
"""  # noqa: S608 -- constants


def codes_of(key: str) -> tuple[str, ...]:
    """The codes that a key joins."""
    return tuple(key.split("."))


def after(cells: Iterable[Cell], releases: Iterable[Release]) -> Iterable[Cell]:
    """The cells, those that were released as they are after it."""
    known = {(cell.series, cell.month): cell for cell in cells}
    known |= {(one.cell.series, one.cell.month): one.after() for one in releases}
    return known.values()


def array(values: Iterable[object]) -> str:
    """An array as COPY takes it."""
    return "{" + ",".join(map(str, values)) + "}"


def truths(values: Iterable[bool]) -> str:
    """An array of booleans as COPY takes it."""
    return "{" + ",".join("t" if value else "f" for value in values) + "}"
