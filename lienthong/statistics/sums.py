"""The SQL that sums up what contributors bring to cells: of a batch of changes, and of everybody.

An amount enters a cell multiplied with its contributor's factor and rounded, so that
no cell, however it is read, holds anybody's own amount. It is rounded up as often as its
fraction says, drawn from contributor and amount: a measure of ones and twos keeps its sum,
and what an amount once added, the same amount takes out again.
"""

from typing import Final, LiteralString

from lienthong.statistics.flows import KEY_MODULUS, Connection, Flow, Rules

_AT_ONCE: Final = 50_000
_FACTORED: Final = (
    "floor(amounts[{n}] * factor + (hashint8extended(amounts[{n}], key) & 65535) / 65536.0)::bigint"
)
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
    per_person = [f"sum({name}) AS {name}" for name, _ in bring + squares]
    columns = "".join(f", {expression} AS {name}" for name, expression in bring + squares)
    moved = " OR ".join(["sum(sign) <> 0", *(f"sum({name}) <> 0" for name, _ in bring)])
    return _text(f"""
WITH known AS (
    SELECT * FROM unnest(%(who)s::bigint[], %(keys)s::bigint[], %(factors)s::float8[]) AS k (contributor, key, factor)
), spans AS (
    SELECT contributor, cell, first, last, amounts, sum(sign) AS sign FROM (
        SELECT -1 AS sign, s.* FROM {flow.function}_of(%(who)s::bigint[], 0, %(lo)s, %(hi)s) AS s
        UNION ALL
        SELECT 1, s.* FROM {flow.function}_of(%(who)s::bigint[], %(bound)s, %(lo)s, %(hi)s) AS s
    ) both_states GROUP BY contributor, cell, first, last, amounts HAVING sum(sign) <> 0
), monthly AS (
    SELECT s.cell, month, s.contributor, k.key, s.sign {columns}
    FROM spans s JOIN known k USING (contributor) CROSS JOIN generate_series(s.first, s.last) AS month
), each AS (
    SELECT cell, month, contributor, key, sum(sign) AS sign {"".join(f", {one}" for one in per_person)}
    FROM monthly GROUP BY cell, month, contributor, key HAVING {moved}
)
SELECT cell, month, sum(sign)::bigint, mod(mod(sum(sign * key::numeric), {KEY_MODULUS}) + {KEY_MODULUS}, {KEY_MODULUS})::bigint,
       {_array("sum({name})::bigint", bring, "bigint")},
       {_array("sum({name})", squares, "numeric")},
       sum(greatest(1, abs(sign)))::bigint
FROM each GROUP BY cell, month
""")  # noqa: S608 -- the flow's name is checked


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
    SELECT s.cell, e.month, sum(e.sign) AS n, sum(e.sign * k.key::numeric) AS key {sums}
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
                rows = rules.keys(one for (one,) in found)
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
