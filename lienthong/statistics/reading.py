"""What ``ListObservations`` answers: published figures, by one statement of one moment.

A flow has a figure for every series that is shown and every month that is opened; where
no row stands, the figure is suppressed. So an answer does not tell a cell in which
there is nobody from one in which there are few.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import product
from math import prod
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from lienthong.db.pool import Pool
from lienthong.statistics import margins
from lienthong.statistics.flows import FLOW_COLUMNS, Flow, flow_of

MOST_OBSERVATIONS: Final = 200_000
_MOST_KEYS: Final = 5_000
"""Series that are looked up one by one; more are found by looking through the flow's keys."""
_FEW: Final = 3_000
"""Figures that are looked up one by one; more are found by looking through the months."""
INDICATOR: Final = "INDICATOR"
TIME_PERIOD: Final = "TIME_PERIOD"


class UnknownDataflow(Exception):
    """This database counts no such flow."""


class NotBuilt(Exception):
    """The flow is being built for the first time."""


class UnknownDimension(Exception):
    """The flow has no such dimension; ``str()`` is its place among the filters."""


class TooMany(Exception):
    """More observations than an answer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked. Months are ``year * 12 + month - 1``; None and 0 leave a condition out."""

    dataflow: str
    filters: Sequence[tuple[str, frozenset[str]]] = ()
    from_month: int | None = None
    to_month: int | None = None
    as_of: datetime | None = None
    updated_after: datetime | None = None
    last_n: int = 0
    first_n: int = 0
    keys_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """An answer, column by column, sorted by series key and month.

    ``series`` and ``measures`` are places in ``keys`` (codes of each series) and in ``codes``.
    ``decimals`` and ``estimated`` are empty where all are 0.
    """

    flow: Flow
    keys: list[list[str]]
    codes: list[str]
    series: Sequence[int]
    measures: Sequence[int]
    months: Sequence[int]
    values: Sequence[int]
    suppressed: Sequence[int]
    updated_at: Sequence[int]
    watermark: datetime
    released_at: datetime | None
    lag_ms: int
    decimals: Sequence[int] = ()
    estimated: Sequence[int] = ()


_FLOW_COLUMNS: Final[LiteralString] = f"{FLOW_COLUMNS}, f.minimum_frequency, f.dominance_percent"
_FLOW_WIDTH: Final = _FLOW_COLUMNS.count(",") + 1
_FLOW: Final[LiteralString] = f"SELECT {_FLOW_COLUMNS} FROM stat_flow f WHERE f.flow = %s"  # noqa: S608 -- constants
_COUNT: Final[LiteralString] = (
    "SELECT count(*) FROM stat_key k WHERE k.flow = %(flow)s AND k.shown AND {wanted}"
)


class Statistics:
    """Reads the cubes of one service's database.

    What a flow is, it remembers: each answer's own statement says whether that still holds, and if not
    it is asked anew. So a question is one round trip, and two where it is not known to be small.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[str, Built] = {}
        """No more than the database has flows."""

    async def observations(self, query: Query) -> Observations:
        """The answer. Raises the exceptions of this module."""
        async with self._pool.connection() as connection:
            known = self._known.get(query.dataflow)
            if known is not None:
                # What is refused for what is remembered may be right by now.
                with contextlib.suppress(UnknownDimension, TooMany):
                    built, found = await _observed(connection, known, query)
                    if built == known:
                        return found()
            known = self._known[query.dataflow] = await built_flow(connection, query.dataflow)
            _, found = await _observed(connection, known, query)
            return found()


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A flow with the parameters with which it was built."""

    flow: Flow
    least: int
    dominance: int


async def _observed(
    connection: AsyncConnection[TupleRow], known: Built, query: Query
) -> tuple[Built | None, Callable[[], Observations]]:
    """What the flow is at the moment of the answer, None while it is being built; and what makes the answer."""
    flow = known.flow
    shown = shown_measures(flow, query)
    wanted, given = wanted_series(flow, query.filters)
    given |= {"flow": flow.name, "least": known.least, "dominance": known.dominance, **months_of(flow, query)}
    given |= {"measures": [place for place, _ in shown], "most": MOST_OBSERVATIONS + 1}
    given |= {"last_n": query.last_n, "first_n": query.first_n}
    # A figure without a row is suppressed; a key that is only named has none.
    given |= {"absent": not query.keys_only}
    given |= {"as_of": query.as_of, "updated_after": query.updated_after}
    few = await _size(connection, query, wanted, given) <= _FEW
    row = await (await connection.execute(_statement(flow, query, wanted, few=few), given)).fetchone()
    if row is None:
        raise UnknownDataflow
    built = _built_of(row[:_FLOW_WIDTH])
    return built, partial(_answer, flow, [code for _, code in shown], row[_FLOW_WIDTH:])


async def built_flow(connection: AsyncConnection[TupleRow], name: str) -> Built:
    """The flow as it was built. Raises :class:`UnknownDataflow` and :class:`NotBuilt`."""
    row = await (await connection.execute(_FLOW, [name])).fetchone()
    if row is None:
        raise UnknownDataflow
    built = _built_of(row)
    if built is None:
        raise NotBuilt
    return built


def _built_of(row: Sequence[Any]) -> Built | None:
    """A row of :data:`_FLOW_COLUMNS`."""
    flow = flow_of(row)
    if flow.opened_through is None:
        return None
    *_, least, dominance = row
    return Built(flow=flow, least=least, dominance=dominance)


def shown_measures(flow: Flow, query: Query) -> list[tuple[int, str]]:
    """(place in ``figures`` from 1, code) of the measures that are asked for, in the order of codes."""
    asked = [codes for dimension, codes in query.filters if dimension == INDICATOR]
    measures = [(place, code) for place, code in enumerate(flow.measures, start=1) if code]
    if not flow.indicator:
        return measures[:1]
    return sorted(
        (one for one in measures if all(one[1] in codes for codes in asked)), key=lambda one: one[1]
    )


def wanted_series(flow: Flow, filters: Sequence[tuple[str, frozenset[str]]]) -> tuple[str, dict[str, Any]]:
    """The condition on series, and its parameters. Raises :class:`UnknownDimension`."""
    by_place: dict[int, frozenset[str]] = {}
    for number, (dimension, codes) in enumerate(filters):
        if dimension == INDICATOR and flow.indicator:
            continue
        if dimension == "FREQ":
            if "M" not in codes:
                return "false", {}
            continue
        if dimension not in flow.dimensions:
            raise UnknownDimension(str(number))
        place = flow.dimensions.index(dimension)
        by_place[place] = by_place.get(place, codes) & codes
    if len(by_place) == len(flow.dimensions) and prod(map(len, by_place.values())) <= _MOST_KEYS:
        chosen = product(*(sorted(by_place[place]) for place in range(len(flow.dimensions))))
        return "k.key = ANY (%(keys)s)", {"keys": [".".join(codes) for codes in chosen]}
    conditions = [f"k.codes[{place + 1}] = ANY (%(codes{place})s)" for place in by_place]
    return " AND ".join(conditions) or "true", {
        f"codes{place}": sorted(codes) for place, codes in by_place.items()
    }


def months_of(flow: Flow, query: Query) -> Mapping[str, int]:
    """First and last month that can be in the answer."""
    assert flow.first_month is not None  # noqa: S101 -- the flow was built
    assert flow.opened_through is not None  # noqa: S101 -- the flow was built
    lo = max(flow.first_month, query.from_month or 0)
    hi = min(flow.opened_through, flow.opened_through if query.to_month is None else query.to_month)
    if query.as_of is None and query.updated_after is None:
        # Every month has its observation, so the last ones are known beforehand.
        if query.last_n:
            lo = max(lo, hi - query.last_n + 1)
        if query.first_n:
            hi = min(hi, lo + query.first_n - 1)
    return {"lo": lo, "hi": hi}


async def _size(
    connection: AsyncConnection[TupleRow], query: Query, wanted: str, given: Mapping[str, Any]
) -> int:
    """How many figures are looked at, or a bound of that. Raises :class:`TooMany` where they are as many observations."""
    months = 1 if query.keys_only else max(0, given["hi"] - given["lo"] + 1)
    figures: int = months * len(given["measures"])
    if "keys" in given and len(given["keys"]) * figures <= _FEW:
        return len(given["keys"]) * figures
    row = await (await connection.execute(_COUNT.format(wanted=wanted), given)).fetchone()
    assert row is not None  # noqa: S101 -- a count is one row
    figures *= row[0]
    if figures > MOST_OBSERVATIONS and query.updated_after is None:
        raise TooMany
    return figures


def figures_now(query: Query, *, few: bool) -> str:
    """The figures that stand now: (place, month, figures, suppressed, published_at)."""
    since = "" if query.updated_after is None else "AND s.published_at > %(updated_after)s"
    # Said, not left to the planner: its plan is made once, for few and for many.
    if few:
        figures = f"LATERAL (SELECT * FROM stat_series s WHERE s.month = m.month AND s.series = w.series {since} LIMIT 1)"  # noqa: S608
        on = "true"
    else:
        figures = f"(SELECT * FROM stat_series s WHERE s.month BETWEEN %(lo)s AND %(hi)s {since})"  # noqa: S608
        on = "s.month = m.month AND s.series = w.series"
    return f"""
SELECT w.place, m.month, s.figures, s.suppressed, s.published_at
FROM wanted w CROSS JOIN generate_series(%(lo)s::integer, %(hi)s::integer) AS m (month)
{"LEFT JOIN" if query.updated_after is None else "JOIN"} {figures} AS s ON {on}"""  # noqa: S608 -- texts of this module


def states_then() -> str:
    """What base cells were published with at a moment, as :func:`lienthong.statistics.margins.summed` takes it."""
    return """
SELECT DISTINCT ON (r.month, r.series)
       b.codes, r.month, r.contributors, r.suppressed, r.figures, r.squares, r.released_at
FROM stat_release r JOIN stat_key b USING (series)
WHERE b.flow = %(flow)s AND r.month BETWEEN %(lo)s AND %(hi)s AND r.released_at <= %(as_of)s
ORDER BY r.month, r.series, r.number DESC"""


def _then(flow: Flow, query: Query) -> str:
    """The same as :func:`figures_now` of a moment, summed up anew from what was published then; without times.

    States are looked at once, and of first or last months only these are summed up: every series has every month of them.
    The plan is made once for all, and takes keys, months and sums for a handful: it would compare each with
    each. A FULL JOIN is never carried out so, and ``coalesce`` keeps it one.
    """
    if query.last_n:
        some = " ORDER BY month DESC LIMIT %(last_n)s"
    else:
        some = " ORDER BY month LIMIT %(first_n)s" if query.first_n else ""
    return f"""
WITH states AS MATERIALIZED ({states_then()}
), months AS MATERIALIZED (SELECT DISTINCT month FROM states{some}
), wished AS (
    SELECT w.place, w.key, m.month FROM wanted w CROSS JOIN months m
)
SELECT w.place, w.month, s.figures, s.suppressed, NULL::timestamptz AS published_at
FROM wished w
FULL JOIN ({margins.summed(flow, "SELECT * FROM states WHERE month = ANY (ARRAY(SELECT month FROM months))")}) AS s
    ON s.month = w.month AND s.key = w.key
WHERE coalesce(w.place, -1) >= 0"""  # noqa: S608 -- texts of margins and of this module


def _keys() -> str:
    """Each series once, with its first month."""
    return """
SELECT place, %(lo)s::integer AS month, '{}'::bigint[] AS figures, '{}'::boolean[] AS suppressed,
       NULL::timestamptz AS published_at
FROM wanted WHERE %(lo)s::integer <= %(hi)s::integer"""


def _some(found: str, query: Query) -> str:
    """Only the first or the last months of each series, counted among those that are there."""
    if not (query.last_n or query.first_n):
        return found
    order, most = ("DESC", "last_n") if query.last_n else ("ASC", "first_n")
    return f"""
SELECT place, month, figures, suppressed, published_at FROM (
    SELECT *, row_number() OVER (PARTITION BY place ORDER BY month {order}) AS number FROM ({found}) AS all_months
) AS numbered WHERE number <= %({most})s"""  # noqa: S608 -- texts of this module


def _statement(flow: Flow, query: Query, wanted: str, *, few: bool) -> str:
    """One row: the flow, keys, then a list for each column, then watermark, last release and the moment."""
    if query.keys_only:
        found = _keys()
    elif query.as_of is not None:
        found = _then(flow, query)
    elif query.updated_after is not None:
        found = _some(figures_now(query, few=few), query)
    else:
        found = figures_now(query, few=few)
    return f"""
WITH wanted AS MATERIALIZED (
    SELECT k.series, k.key, k.codes, (row_number() OVER (ORDER BY k.key))::integer - 1 AS place
    FROM stat_key k WHERE k.flow = %(flow)s AND k.shown AND {wanted}
), found AS ({found}
), observed AS (
    SELECT f.place, n.number::integer - 1 AS measure, f.month,
           CASE WHEN f.suppressed[n.measure] THEN 0 ELSE coalesce(f.figures[n.measure], 0) END AS value,
           coalesce(f.suppressed[n.measure], %(absent)s)::integer AS suppressed,
           CASE WHEN f.suppressed[n.measure] THEN 0
                ELSE coalesce(floor(extract(epoch FROM f.published_at)), 0) END::bigint AS at
    FROM found f CROSS JOIN unnest(%(measures)s::integer[]) WITH ORDINALITY AS n (measure, number)
    ORDER BY f.place, n.number, f.month LIMIT %(most)s
)
SELECT {_FLOW_COLUMNS}, (SELECT array_agg(key ORDER BY place) FROM wanted),
       o.*, coalesce(w.since, statement_timestamp()), f.released_at,
       greatest(0, extract(epoch FROM statement_timestamp() - w.since) * 1000)::bigint
FROM (SELECT array_agg(place), array_agg(measure), array_agg(month), array_agg(value), array_agg(suppressed),
             array_agg(at) FROM observed) AS o,
     stat_waiting w, stat_flow f
WHERE f.flow = %(flow)s
"""  # noqa: S608 -- conditions of this module


def _answer(flow: Flow, codes: list[str], row: tuple[Any, ...]) -> Observations:
    """The answer from a row of :func:`_statement` after the flow. Raises :class:`TooMany`."""
    keys, *columns, watermark, released_at, lag_ms = row
    series, measures, months, values, suppressed, updated_at = (column or [] for column in columns)
    if len(series) > MOST_OBSERVATIONS:
        raise TooMany
    return Observations(
        flow=flow,
        keys=[key.split(".") for key in keys or ()],
        codes=codes,
        series=series,
        measures=measures,
        months=months,
        values=values,
        suppressed=suppressed,
        updated_at=updated_at,
        watermark=watermark,
        released_at=released_at,
        lag_ms=lag_ms or 0,
    )
