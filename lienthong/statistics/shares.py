"""Dataflows that are shares: the published totals of another dataflow by the population, when somebody asks.

Nothing is counted and nothing kept of them. A share is computed in the statement that reads the
published number (``stat_series``, of a moment ``stat_release``) and the public one (``population``):
so it can tell nothing that these do not, is suppressed where the number is, cannot lag behind it, and
is as exact at a moment as both are. Where no population is known there is no observation.

The population of a month is that of its year, or of the last year before it that is known; then the
figures are marked as estimated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from lienthong.db.pool import Pool
from lienthong.statistics import margins, reading
from lienthong.statistics.flows import Flow
from lienthong.statistics.reading import INDICATOR, Observations, Query, Statistics, UnknownDimension
from lienthong.statistics.structures import Dataflow, areas, catalogue

AREA: Final = "REF_AREA"
SHARE: Final = "SHARE"
POPULATION: Final = "POPULATION"


class StatisticsWithShares:
    """Reads the cubes of a service's database that has a table ``population``, and the shares in it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counted = Statistics(pool)

    async def observations(self, query: Query) -> Observations:
        """The answer. Raises the exceptions of :mod:`lienthong.statistics.reading`."""
        share = catalogue().dataflows.get(query.dataflow)
        if share is None or not share.share_of:
            return await self._counted.observations(query)
        _refuse_unknown(share, query)
        async with self._pool.connection() as connection:
            built = await reading.built_flow(connection, share.share_of)
            flow = _as_answered(built.flow, share)
            # Those of all its months: not every month need have an observation, so that the last ones are not known.
            whole = replace(query, first_n=0, last_n=0, updated_after=None)
            wanted, given = reading.wanted_series(built.flow, _of_totals(built.flow, query))
            codes = [code for _, code in reading.shown_measures(flow, query)]
            given |= {"flow": built.flow.name, "least": built.least, "dominance": built.dominance}
            given |= {**reading.months_of(built.flow, whole), "measures": codes, "as_of": query.as_of}
            given |= {"updated_after": query.updated_after, "last_n": query.last_n, "first_n": query.first_n}
            statement = _statement(built.flow, query, wanted)
            row = await (await connection.execute(statement, given)).fetchone()
        if row is None:
            raise reading.UnknownDataflow
        return _answer(flow, share, codes, row)


def _refuse_unknown(share: Dataflow, query: Query) -> None:
    for number, (dimension, _) in enumerate(query.filters):
        if dimension not in share.order:
            raise UnknownDimension(str(number))


def _as_answered(counted: Flow, share: Dataflow) -> Flow:
    """The share as a flow: its areas, and what it says of them."""
    return replace(
        counted,
        name=share.id,
        dimensions=(AREA,),
        totals=(counted.totals[counted.dimensions.index(AREA)],),
        measures=tuple(share.units),
        indicator=True,
    )


def _of_totals(counted: Flow, query: Query) -> list[tuple[str, frozenset[str]]]:
    """The filters that leave the totals of these areas, of those alone whose population can be known."""
    filters = [one for one in query.filters if one[0] != INDICATOR]
    filters.append((AREA, frozenset({areas.COUNTRY, *areas.provinces()})))
    totals = zip(counted.dimensions, counted.totals, strict=True)
    return filters + [(dimension, frozenset({total})) for dimension, total in totals if dimension != AREA]


def _spans(counted: Flow) -> str:
    """Which population holds for each series from which month to which, as known at the moment that is asked about."""
    return f"""
known AS (
    SELECT DISTINCT ON (area, year) area, year, persons, loaded_at FROM population
    WHERE %(as_of)s::timestamptz IS NULL OR loaded_at <= %(as_of)s::timestamptz
    ORDER BY area, year, loaded_at DESC
), spans AS MATERIALIZED (
    SELECT place, persons, year, loaded_at, greatest(year * 12, %(lo)s::integer) AS first,
           least(coalesce(until, %(hi)s::integer), %(hi)s::integer) AS last
    FROM (SELECT *, lead(year) OVER (PARTITION BY area ORDER BY year) * 12 - 1 AS until FROM known) AS k
    JOIN wanted w ON w.codes[{counted.dimensions.index(AREA) + 1}] = k.area
)"""  # noqa: S608 -- a number


def _published(counted: Flow, query: Query) -> str:
    """The numbers, now or at the moment that is asked about: (place, month, figures, suppressed, published_at)."""
    if query.as_of is None:
        now = reading.figures_now(replace(query, updated_after=None), few=True)
        return f"published AS MATERIALIZED ({now})"
    # Step by step: the planner takes keys for one, and would sum everything up once for each month.
    return f"""
summed AS MATERIALIZED ({margins.summed(counted, reading.states_then())}
), totals AS MATERIALIZED (
    SELECT w.place, s.month, s.figures, s.suppressed FROM summed s JOIN wanted w ON w.key = s.key
), published AS MATERIALIZED (
    SELECT w.place, m.month, t.figures, t.suppressed, NULL::timestamptz AS published_at
    FROM wanted w CROSS JOIN (SELECT DISTINCT month FROM summed) AS m
    LEFT JOIN totals t ON t.place = w.place AND t.month = m.month
)"""  # noqa: S608 -- texts of this module, of margins and of reading


def _observed(query: Query) -> str:
    """Each observation of the share and of the population, with when it moved last; NULL while it never was seen."""
    if query.keys_only:
        return """
SELECT place, n.number, n.code, min(first) AS month, 0::bigint AS value, false AS hidden, NULL::timestamptz AS moved,
       false AS estimated
FROM spans CROSS JOIN asked n WHERE first <= last GROUP BY place, n.number, n.code"""
    return f"""
SELECT place, number, code, month, CASE WHEN hidden THEN 0 WHEN code = '{SHARE}' THEN
           round(persons_counted * 10000::numeric / persons)::bigint ELSE persons END AS value,
       hidden, CASE WHEN hidden THEN published_at WHEN code = '{SHARE}' THEN greatest(published_at, loaded_at)
                    ELSE loaded_at END AS moved,
       NOT hidden AND month / 12 > year AS estimated
FROM (
    SELECT s.*, n.number, n.code, f.month, f.published_at, f.figures[1] AS persons_counted,
           n.code = '{SHARE}' AND coalesce(f.suppressed[1], true) AS hidden
    FROM published f JOIN spans s ON s.place = f.place AND f.month BETWEEN s.first AND s.last
    CROSS JOIN asked n
) AS both_numbers"""  # noqa: S608 -- texts of this module and of reading


def _some(query: Query) -> str:
    """The observations that are asked for of those that there are: moved since, and the last or first of each series."""
    since = "true" if query.updated_after is None or query.keys_only else "moved > %(updated_after)s"
    all_of_it = f"SELECT * FROM every_one WHERE {since}"  # noqa: S608 -- texts of this module
    if query.keys_only or not (query.last_n or query.first_n):
        return all_of_it
    order, most = ("DESC", "last_n") if query.last_n else ("ASC", "first_n")
    return f"""
SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY place, number ORDER BY month {order}) AS nth FROM ({all_of_it}) AS a
) AS numbered WHERE nth <= %({most})s"""  # noqa: S608 -- as above


def _statement(counted: Flow, query: Query, wanted: str) -> str:
    """One row: areas, then a list for each column, then watermark, last release and lag."""
    when = "0" if query.as_of is not None else "coalesce(floor(extract(epoch FROM moved)), 0)"
    return f"""
WITH wanted AS MATERIALIZED (
    SELECT k.series, k.key, k.codes, (row_number() OVER (ORDER BY k.key))::integer - 1 AS place
    FROM stat_key k WHERE k.flow = %(flow)s AND k.shown AND {wanted}
), asked AS (
    SELECT * FROM unnest(%(measures)s::text[]) WITH ORDINALITY AS m (code, number)
), {_spans(counted)}, {_published(counted, query)}, every_one AS ({_observed(query)}
), chosen AS ({_some(query)}
), observed AS (
    SELECT place, number::integer - 1 AS measure, month, value, hidden::integer AS hidden,
           CASE WHEN hidden THEN 0 ELSE {when} END::bigint AS at, estimated::integer AS estimated
    FROM chosen ORDER BY place, number, month
)
SELECT (SELECT array_agg(codes[{counted.dimensions.index(AREA) + 1}] ORDER BY place) FROM wanted), o.*,
       coalesce(w.since, statement_timestamp()),
       greatest(f.released_at, (SELECT max(loaded_at) FROM known)),
       greatest(0, extract(epoch FROM statement_timestamp() - w.since) * 1000)::bigint
FROM (SELECT array_agg(place), array_agg(measure), array_agg(month), array_agg(value), array_agg(hidden),
             array_agg(at), array_agg(estimated) FROM observed) AS o,
     stat_waiting w, stat_flow f
WHERE f.flow = %(flow)s
"""  # noqa: S608 -- conditions of this module and of reading


def _answer(flow: Flow, share: Dataflow, codes: Sequence[str], row: Sequence[Any]) -> Observations:
    """The answer from a row of :func:`_statement`."""
    areas, *columns, watermark, released_at, lag_ms = row
    series, measures, months, values, suppressed, updated_at, estimated = (column or [] for column in columns)
    return Observations(
        flow=flow,
        keys=[[area] for area in areas or ()],
        codes=list(codes),
        series=series,
        measures=measures,
        months=months,
        values=values,
        suppressed=suppressed,
        updated_at=updated_at,
        watermark=watermark,
        released_at=released_at,
        lag_ms=lag_ms or 0,
        decimals=_unless_all_nought([_decimals(share.decimals, codes[place]) for place in measures]),
        estimated=_unless_all_nought(estimated),
    )


def _decimals(of_codes: Mapping[str, int], code: str) -> int:
    return of_codes.get(code, 0)


def _unless_all_nought(column: Sequence[int]) -> Sequence[int]:
    return column if any(column) else ()
