"""The SQL that sums up what contributors bring to cells: of a batch of changes, and of everybody.

An amount enters a cell multiplied with its contributor's factor and rounded, so that
no cell, however it is read, holds anybody's own amount. It is rounded up as often as its
fraction says, drawn from contributor and amount: a measure of ones and twos keeps its sum,
and what an amount once added, the same amount takes out again.
"""

from typing import Final, LiteralString

from lienthong.statistics import definitions
from lienthong.statistics.flows import KEY_MODULUS, Connection, Flow, Rules

_AT_ONCE: Final = 50_000
_FACTORED: Final = (
    "floor(amounts[{n}] * factor + (hashint8extended(amounts[{n}], key) & 65535) / 65536.0)::bigint"
)
# In two halves: sums of integers are several times as fast as sums of numerics.
_KEY_SUM: Final = "(sum(sign * (key >> 32)) * 4294967296 + sum(sign * (key & 4294967295)))"
_KEYS: Final[LiteralString] = """
CREATE TEMPORARY TABLE IF NOT EXISTS stat_contributor (
    contributor bigint NOT NULL, key bigint NOT NULL, factor float8 NOT NULL
) ON COMMIT DELETE ROWS
"""


def changes(flow: Flow) -> LiteralString:
    """What the deltas up to ``bound`` change, as a statement.

    Parameters: ``who``, ``keys``, ``factors`` (equally long), ``bound``, ``lo``, ``hi``.
    Rows: cell, month, by how much contributors, the sum of record keys, amounts and squares
    change, and how many contributors changed.
    """
    bring = _amounts(flow, f"sign * {_FACTORED}", "a{n}")
    squares = _amounts(flow, f"sign * {_FACTORED}::numeric ^ 2", "q{n}")
    return _text(f"""
WITH known AS (
    SELECT * FROM unnest(%(who)s::bigint[], %(keys)s::bigint[], %(factors)s::float8[]) AS k (contributor, key, factor)
), brought AS (
    SELECT {definitions.itself("contributor")} AS contributor, contributor < 0 AS earlier, cell, first, last, amounts
    FROM {flow.function}_both(%(who)s::bigint[], %(bound)s, %(lo)s, %(hi)s) AS s
), {_monthly_amounts(bring, squares) if flow.amounts else _MONTHLY}
SELECT cell, month, sum(sign)::bigint, mod(mod({_KEY_SUM}, {KEY_MODULUS}) + {KEY_MODULUS}, {KEY_MODULUS})::bigint,
       {_array("sum({name})::bigint", bring, "bigint")},
       {_array("sum({name})", squares, "numeric")},
       sum(greatest(1, abs(sign)))::bigint
FROM each GROUP BY cell, month
""")  # noqa: S608 -- the flow's name is checked


# Months are compared as sets: of whoever leaves after years only the months without her become rows.
_MONTHLY: Final = """
months AS (
    SELECT contributor, cell, coalesce(range_agg(months) FILTER (WHERE earlier), '{}') AS before,
           coalesce(range_agg(months) FILTER (WHERE NOT earlier), '{}') AS after
    FROM (SELECT contributor, cell, earlier, int4range(first, last, '[]') AS months FROM brought) AS ranges
    GROUP BY contributor, cell
), moved AS MATERIALIZED (
    SELECT cell, key, before, after FROM months JOIN known USING (contributor) WHERE before <> after
), each AS (
    SELECT cell, generate_series(lower(piece), upper(piece) - 1) AS month, key, sign
    FROM (
        SELECT cell, key, -1 AS sign, unnest(before - after) AS piece FROM moved
        UNION ALL
        SELECT cell, key, 1, unnest(after - before) FROM moved
    ) AS pieces
)"""


def _monthly_amounts(bring: list[tuple[str, str]], squares: list[tuple[str, str]]) -> str:
    """Each contributor's change in each cell and month; a row with amounts is of one month."""
    per_person = "".join(f", sum({name}) AS {name}" for name, _ in bring + squares)
    columns = "".join(f", {expression} AS {name}" for name, expression in bring + squares)
    moved = " OR ".join(["sum(sign) <> 0", *(f"sum({name}) <> 0" for name, _ in bring)])
    return f"""
spans AS (
    SELECT contributor, cell, first AS month, amounts, sum(CASE WHEN earlier THEN -1 ELSE 1 END) AS sign
    FROM brought GROUP BY contributor, cell, month, amounts HAVING sum(CASE WHEN earlier THEN -1 ELSE 1 END) <> 0
), monthly AS (
    SELECT s.cell, s.month, s.contributor, k.key, s.sign {columns} FROM spans s JOIN known k USING (contributor)
), each AS (
    SELECT cell, month, contributor, key, sum(sign) AS sign {per_person}
    FROM monthly GROUP BY cell, month, contributor, key HAVING {moved}
)"""  # noqa: S608 -- constants


def totals(flow: Flow) -> LiteralString:
    """What everybody brings to every cell, from the table that :func:`write_keys` filled.

    Parameters: ``beyond`` (see definitions), ``lo``, ``hi``. Rows: cell, month,
    contributors, record key, amounts, squares.

    Whoever is in a cell from one month to another is two events, one coming and one
    going; running sums over the events make the months, whatever the length of periods.
    """
    bring = _amounts(flow, f"sign * {_FACTORED}", "a{n}")
    squares = _amounts(flow, f"sign * {_FACTORED}::numeric ^ 2", "q{n}")
    sums = "".join(f", sum({expression}) AS {name}" for name, expression in bring + squares)
    running = "".join(f", sum({name}) OVER w AS {name}" for name, _ in bring + squares)
    return _text(f"""
WITH events AS (
    SELECT s.cell, e.month, sum(sign) AS n, {_KEY_SUM} AS key {sums}
    FROM {flow.function}_all(%(beyond)s, %(lo)s, %(hi)s) AS s
    JOIN stat_contributor k USING (contributor)
    CROSS JOIN LATERAL (VALUES (s.first, 1), (s.last + 1, -1)) AS e (month, sign)
    GROUP BY s.cell, e.month
), running AS (
    SELECT cell, month, lead(month) OVER w - 1 AS until, sum(n) OVER w AS n, sum(key) OVER w AS key {running}
    FROM events WINDOW w AS (PARTITION BY cell ORDER BY month)
)
SELECT cell, m AS month, n::integer AS contributors, mod(key, {KEY_MODULUS})::bigint AS record_key,
       {_array("{name}::bigint", bring, "bigint")} AS amounts, {_array("{name}", squares, "numeric")} AS squares
FROM running CROSS JOIN generate_series(month, until) AS m WHERE n > 0
""")  # noqa: S608 -- the flow's name is checked


def write_keys(connection: Connection, flow: Flow, rules: Rules) -> None:
    """Put the key and factor of every contributor where :func:`totals` finds them until the commit.

    In portions: memory does not grow with the population.
    """
    connection.execute(_KEYS)
    connection.execute("TRUNCATE stat_contributor")
    with connection.cursor(f"{flow.function}_contributors") as contributors:
        contributors.execute(_text(f"SELECT * FROM {flow.function}_contributors()"))  # noqa: S608 -- checked
        while found := contributors.fetchmany(_AT_ONCE):
            with connection.cursor().copy("COPY stat_contributor FROM STDIN") as copy:
                rows = rules.keys((one for (one,) in found), factors=bool(flow.amounts))
                copy.write("".join(f"{one}\t{key}\t{factor!r}\n" for one, key, factor in rows))
    connection.execute("ANALYZE stat_contributor")


def _amounts(flow: Flow, expression: str, name: str) -> list[tuple[str, str]]:
    """(name, expression) of each amount."""
    return [(name.format(n=n), expression.format(n=n)) for n in range(1, flow.amounts + 1)]


def _array(expression: str, amounts: list[tuple[str, str]], kind: str) -> str:
    return "ARRAY[" + ", ".join(expression.format(name=name) for name, _ in amounts) + f"]::{kind}[]"


def _text(statement: str) -> LiteralString:
    """A statement made of constants and of names that were checked."""
    return statement
