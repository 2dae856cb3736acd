"""How a service says which cell a row belongs to: once, for the worker and the recount.

A flow is four functions in its database, named after it (``df_participants``; ``df_visits_rolled`` where base
cells are finer than what is above them, see :func:`named`):

``<flow>_touched(bound)``
    the contributors whom deltas up to the number ``bound`` concern.
``<flow>_contributors()``
    everybody who may bring something to a cell, in any state; more than that is allowed.
``<flow>_all(beyond, lo, hi)``
    what everybody brings to which cell, in the state in which the deltas after ``beyond``
    have not happened: rows (contributor, cell, first, last, amounts). A contributor is in
    a cell from month ``first`` to ``last``, both within ``lo`` to ``hi``, at most once in
    any month. A row with amounts is of one month.
``<flow>_both(who, bound, lo, hi)``
    what these contributors bring in two states at once: that in which none of the waiting
    deltas has happened, and that in which those up to ``bound`` have. The rows are the same;
    in the **earlier** state contributor c goes by the number -1 - c, so that what is grouped
    or joined by contributor never mixes the two.

The last two are one text, filled in with two ways to fetch the rows of a base table:
:func:`state` where its key is the contributor, :func:`looked_up` where it is another. Some
flows have more:

``<flow>_months(bound)``
    the first and the last month in which deltas up to ``bound`` can change anything, so that
    a change of one month does not have sixty months counted anew.
``<flow>_closed()``
    the first and the last month that can be counted, where that is known only when a month is
    over; only these are opened.
"""

from collections.abc import Sequence
from typing import Final

from lienthong.statistics.structures import catalogue
from lienthong.statistics.tables import Source

_RESULT = "TABLE (contributor bigint, cell text, first integer, last integer, amounts bigint[])"
STATES: Final = "(VALUES (true), (false)) AS states (earlier)"
"""The two states of ``<flow>_both``, to be joined."""


def named(flow: str) -> str:
    """The beginning of the names of a flow's functions. Raises ``ValueError`` for a name that is none.

    Where base cells are summed up along the codes' parents it says so: a worker that knows nothing of
    that finds no functions and stops, instead of building figures that lack a level.
    """
    name = flow.lower()
    if not name.isidentifier() or not name.isascii():
        raise ValueError(f"not the name of a dataflow: {flow!r}")
    known = catalogue().dataflows.get(flow)
    return f"{name}_rolled" if known is not None and known.rolled else name


def in_state(contributor: str) -> str:
    """The number by which the contributor of this column goes, beside ``earlier`` of :data:`STATES`."""
    return f"CASE WHEN earlier THEN -1 - {contributor} ELSE {contributor} END"


def itself(contributor: str) -> str:
    """The contributor's own number, of the number by which it goes in a state: to join a table that has no states."""
    return f"greatest({contributor}, -1 - {contributor})"


def state(source: Source, contributor: str, *, everybody: bool, only: str = "true") -> str:
    """The rows of a base table as a subquery: of everybody in one state, or of ``who`` in both.

    ``contributor`` names the column; ``only`` is a condition on the counted columns, whatever the state.
    Whoever has no delta has the rows that are there now; of the others the deltas are undone.
    """
    columns = ", ".join(source.columns)
    if everybody:
        of_base = ", ".join(f"b.{name}" for name in source.columns)
        of_delta = ", ".join(f"d.{name}" for name in source.columns)
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
    stated = ", ".join(
        f"{in_state(name)} AS {name}" if name == contributor else name for name in source.columns
    )
    both = _both(source, contributor, asked="unnest(who) AS w (asked)", only=only)
    return f"(SELECT {stated} FROM {both} AS one)"  # noqa: S608 -- as above


def looked_up(source: Source, key: str, among: str, *, everybody: bool) -> str:
    """The rows of a base table that go by another key than the contributor, as a subquery.

    ``key`` names the column, ``among`` is a query of the keys that are asked for, in a column of
    the same name. Beside the table's columns there is ``earlier``: whether a row belongs to the
    earlier state. The flow's text joins it to ``contributor < 0``, which is never so of everybody.
    """
    if everybody:
        columns = ", ".join(source.columns)
        return f"(SELECT false AS earlier, {columns} FROM {state(source, key, everybody=True)} AS one)"  # noqa: S608 -- as above
    return _both(source, key, asked=f"(SELECT DISTINCT {key} AS asked FROM ({among}) AS k) AS w")  # noqa: S608 -- as above


def _both(source: Source, key: str, *, asked: str, only: str = "true") -> str:
    """The rows in both states, with ``earlier``, of the keys that ``asked`` has as ``w.asked``.

    Tables are read once for the two. OFFSET 0 keeps the planner at looking keys up one by one, however
    little it knows of the tables, and from judging rows that are gone after the sum. Deltas are looked
    up by key alone, never through the index of their numbers: where the planner has no statistics yet it
    takes a range of numbers to be empty, and would look through all of it once for each key.
    """
    columns = ", ".join(source.columns)
    of_base, of_delta = (", ".join(f"{of}.{name}" for name in source.columns) for of in "bd")
    return f"""(
    SELECT earlier, {columns} FROM (
        SELECT {columns}, sum(before) AS before, sum(after) AS after FROM (
            SELECT {of_base}, 1 AS before, 1 AS after
            FROM {asked}
            CROSS JOIN LATERAL (SELECT {columns} FROM {source.table} WHERE {key} = w.asked AND {only} OFFSET 0) b
            UNION ALL
            SELECT {of_delta}, -d.sign, CASE WHEN d.id > bound THEN -d.sign ELSE 0 END
            FROM {asked}
            CROSS JOIN LATERAL (
                SELECT id, sign, {columns} FROM {source.delta} WHERE {key} = w.asked AND {only} OFFSET 0
            ) d
        ) u GROUP BY {columns} OFFSET 0
    ) s JOIN {STATES} ON CASE WHEN earlier THEN before ELSE after END > 0)"""  # noqa: S608 -- names of the migration


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
    name = named(flow)
    touched = " UNION ".join(
        f"SELECT DISTINCT {column} FROM {source.delta} WHERE id <= bound"  # noqa: S608 -- names of the migration
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
DROP FUNCTION IF EXISTS {name}_of(bigint[], bigint, integer, integer);
CREATE OR REPLACE FUNCTION {name}_contributors() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$ {all_known} $$;
CREATE OR REPLACE FUNCTION {name}_touched(bound bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$ {touched} $$;
CREATE OR REPLACE FUNCTION {name}_both(who bigint[], bound bigint, lo integer, hi integer) RETURNS {_RESULT}
LANGUAGE sql STABLE AS $$ {of} $$;
CREATE OR REPLACE FUNCTION {name}_all(beyond bigint, lo integer, hi integer) RETURNS {_RESULT}
LANGUAGE sql STABLE AS $$ {everybody} $$;
{narrowing}
"""


def known(flow: str, query: str) -> str:
    """All contributors of a flow by a query that is cheaper than to look through its tables."""
    return f"""
CREATE OR REPLACE FUNCTION {named(flow)}_contributors() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$ {query} $$;
"""


def closed(flow: str, query: str) -> str:
    """The function that says which months of a flow can be counted: one row, first and last."""
    return f"""
CREATE FUNCTION {named(flow)}_closed() RETURNS TABLE (first integer, last integer) LANGUAGE sql STABLE AS $$ {query} $$;
"""


def drop(flow: str) -> str:
    """Take the functions away."""
    name = named(flow)
    return (
        f"DROP FUNCTION {name}_contributors(), {name}_touched(bigint), {name}_both(bigint[], bigint, integer, integer),"
        f" {name}_all(bigint, integer, integer); DROP FUNCTION IF EXISTS {name}_months(bigint), {name}_closed();"
    )
