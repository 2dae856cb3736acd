"""How a service says which cell a row belongs to: once, for the worker and the recount.

A flow is four functions in its database, named after it (``df_participants``):

``<flow>_touched(bound)``
    the contributors whom deltas up to the number ``bound`` concern.
``<flow>_contributors()``
    everybody who may bring something to a cell, in any state; more than that is allowed.
``<flow>_of(who, beyond, lo, hi)``
    what these contributors bring to which cell, in the state in which the deltas after
    ``beyond`` have not happened: rows (contributor, cell, first, last, amounts). A
    contributor is in a cell from month ``first`` to ``last``, both within ``lo`` to
    ``hi``, at most once in any month. A row with amounts is of one month.
``<flow>_all(beyond, lo, hi)``
    the same of everybody.

The last two are one text, filled in with two ways to fetch the rows of a base table in
that state (:func:`state`). A flow may have a fifth, so that a change of one month does not
have sixty months counted anew:

``<flow>_months(bound)``
    the first and the last month in which deltas up to ``bound`` can change anything.
"""

from collections.abc import Sequence

from lienthong.statistics.tables import Source

_RESULT = "TABLE (contributor bigint, cell text, first integer, last integer, amounts bigint[])"


def state(source: Source, contributor: str, *, everybody: bool, only: str = "true") -> str:
    """The rows of a base table in the state before the deltas after ``beyond``, as a subquery.

    OFFSET 0 keeps the planner at looking each contributor up, however little it knows of the tables; and
    ``id + 0`` keeps it from the index of numbers: of those that it has no statistics of yet it takes
    there to be none, and looks through all that waits once for each contributor.
    Whoever has no such delta has the rows that are there now; of the others the deltas are undone.
    ``contributor`` names the column; ``only`` is a condition on the counted columns, whatever the state.
    """
    columns = ", ".join(source.columns)
    of_base = ", ".join(f"b.{name}" for name in source.columns)
    of_delta = ", ".join(f"d.{name}" for name in source.columns)
    if everybody:
        return f"""(
    SELECT {of_base} FROM {source.table} b
    WHERE NOT EXISTS (SELECT FROM {source.delta} d WHERE d.{contributor} = b.{contributor} AND d.id > beyond)
      AND {only}
    UNION ALL
    SELECT {columns} FROM (
        SELECT {of_base}, 1 AS times FROM (
            SELECT DISTINCT d.{contributor} AS moved FROM {source.delta} d WHERE d.id > beyond
        ) w JOIN {source.table} b ON b.{contributor} = w.moved WHERE {only}
        UNION ALL
        SELECT {of_delta}, -d.sign FROM {source.delta} d WHERE d.id > beyond AND {only}
    ) u GROUP BY {columns} HAVING sum(times) > 0)"""  # noqa: S608 -- names of the migration
    return f"""(
    SELECT {columns} FROM (
        SELECT {of_base}, 1 AS times
        FROM unnest(who) AS w (asked)
        CROSS JOIN LATERAL (SELECT {columns} FROM {source.table} WHERE {contributor} = w.asked AND {only} OFFSET 0) b
        UNION ALL
        SELECT {of_delta}, -d.sign
        FROM unnest(who) AS w (asked)
        CROSS JOIN LATERAL (
            SELECT sign, {columns} FROM {source.delta}
            WHERE {contributor} = w.asked AND id + 0 > beyond AND {only} OFFSET 0
        ) d
    ) u GROUP BY {columns} HAVING sum(times) > 0)"""  # noqa: S608 -- names of the migration


def looked_up(source: Source, key: str, outer: str) -> str:
    """The one row of a base table with this key in the same state, for a LATERAL join.

    ``key`` names its column, ``outer`` what it equals. For tables of which no contributor is
    the key: a few rows are looked up, and nobody looks through the table.
    """
    columns = ", ".join(source.columns)
    return f"""(
    SELECT {columns} FROM (
        SELECT {columns}, 1 AS times FROM {source.table} WHERE {source.table}.{key} = {outer}
        UNION ALL
        SELECT {columns}, -sign FROM {source.delta}
        WHERE {source.delta}.{key} = {outer} AND {source.delta}.id + 0 > beyond
    ) u GROUP BY {columns} HAVING sum(times) > 0)"""  # noqa: S608 -- names of the migration


def functions(
    flow: str,
    *,
    contributors: Sequence[tuple[Source, str]],
    of: str,
    everybody: str,
    touched_too: str = "",
    months: str = "",
) -> str:
    """The functions of a flow.

    ``contributors`` are the tables that it counts, each with its column of contributors;
    ``of`` and ``everybody`` are its one text, filled in twice. ``touched_too`` finds the
    contributors whom deltas of other tables concern; ``months`` is the text of the fifth function.
    """
    name = flow.lower()
    touched = " UNION ".join(
        f"SELECT {column} FROM {source.delta} WHERE id <= bound"  # noqa: S608 -- names of the migration
        for source, column in contributors
    )
    if touched_too:
        touched += f" UNION {touched_too}"
    all_known = " UNION ".join(
        f"SELECT {column} FROM {table}"  # noqa: S608 -- names of the migration
        for source, column in contributors
        for table in (source.table, source.delta)
    )
    narrowing = (
        f"CREATE OR REPLACE FUNCTION {name}_months(bound bigint) RETURNS TABLE (first integer, last integer)"
        f" LANGUAGE sql STABLE AS $$ {months} $$;"
        if months
        else ""
    )
    return f"""
CREATE OR REPLACE FUNCTION {name}_contributors() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$ {all_known} $$;
CREATE OR REPLACE FUNCTION {name}_touched(bound bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$ {touched} $$;
CREATE OR REPLACE FUNCTION {name}_of(who bigint[], beyond bigint, lo integer, hi integer) RETURNS {_RESULT}
LANGUAGE sql STABLE AS $$ {of} $$;
CREATE OR REPLACE FUNCTION {name}_all(beyond bigint, lo integer, hi integer) RETURNS {_RESULT}
LANGUAGE sql STABLE AS $$ {everybody} $$;
{narrowing}
"""


def drop(flow: str) -> str:
    """Take the functions away."""
    name = flow.lower()
    return (
        f"DROP FUNCTION {name}_contributors(), {name}_touched(bigint), {name}_of(bigint[], bigint, integer, integer),"
        f" {name}_all(bigint, integer, integer); DROP FUNCTION IF EXISTS {name}_months(bigint);"
    )
