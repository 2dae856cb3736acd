"""Margins in SQL: sums of published base states, and which of their figures are suppressed.

The judgement is that of :func:`lienthong.disclosure.margin_suppressed` and
:func:`lienthong.disclosure.dominated`, written in SQL because a margin's sums are made there;
a test holds the two to each other.
"""

from lienthong.statistics.flows import Flow, Rules


def given(rules: Rules) -> dict[str, int]:
    """The parameters that the statements of this module name."""
    parameters = rules.parameters
    return {"least": parameters.minimum_frequency, "dominance": parameters.dominance_percent}


def judged(flow: Flow, contributors: str, figure: str, square: str) -> str:
    """Which figures are suppressed, as an array: ``{n}`` in ``figure`` and ``square`` counts from 1.

    Also asked of what a margin moves by, where squares may be negative; that answer is for margins that are new.
    """
    few = f"{contributors} < %(least)s"
    parts = [few]
    for n in range(1, flow.amounts + 1):
        squares = f"greatest(0, {square.format(n=n)}) * {flow.repeats}"
        pair, largest = f"(floor(sqrt(2 * {squares})) + 1)", f"(floor(sqrt({squares})) + 1)"
        amount = f"abs(({figure.format(n=n + 1)})::numeric)"
        parts.append(f"({few} OR 100 * ({amount} - {pair}) < %(dominance)s * {largest})")
    return f"ARRAY[{', '.join(parts)}]"


def seen(flow: Flow, figures: str, suppressed: str) -> str:
    """What anybody sees of these figures, as an array."""
    parts = (
        f"CASE WHEN {suppressed}[{n}] THEN NULL ELSE {figures}[{n}] END" for n in range(1, flow.amounts + 2)
    )
    return f"ARRAY[{', '.join(parts)}]"


def summed(flow: Flow, states: str) -> str:
    """Base states summed to every margin, themselves included.

    ``states`` has codes, month, contributors, suppressed, figures, squares, released_at; the
    result key, month, contributors, suppressed, figures, squares, published_at.
    """
    places = range(1, len(flow.totals) + 1)
    over = ", ".join(f"codes[{n}]" for n in places if flow.totals[n - 1])
    figures = ", ".join(f"sum(figures[{n}])::bigint" for n in range(1, flow.amounts + 2))
    squares = ", ".join(f"sum(squares[{n}])" for n in range(1, flow.amounts + 1))
    own = ", ".join(f"bool_or(suppressed[{n}])" for n in range(1, flow.amounts + 2))
    of_sum = judged(flow, "sum(contributors)", "sum(figures[{n}])", "sum(squares[{n}])")
    return f"""
SELECT concat_ws('.', {", ".join(_code(flow, n) for n in places)}) AS key, month,
       sum(contributors)::bigint AS contributors,
       CASE WHEN grouping({over}) = 0 THEN ARRAY[{own}] ELSE {of_sum} END AS suppressed,
       ARRAY[{figures}] AS figures, ARRAY[{squares}]::numeric[] AS squares, max(released_at) AS published_at
FROM ({states}) AS base {" ".join(_above(flow, n) for n in places)}
GROUP BY month, {", ".join(_levels(flow, n) for n in places)}
HAVING {" AND ".join(["true", *(_is_a_level(n) for n in places if flow.between(n - 1))])}"""  # noqa: S608 -- the service's own definitions


def _above(flow: Flow, n: int) -> str:
    """What lies above the codes of a dimension and below its total, to be joined."""
    between = flow.between(n - 1)
    pairs = ", ".join(f"('{code}', '{above}')" for code, above in between.items())
    return (
        f"LEFT JOIN (VALUES {pairs}) AS above{n} (code, above) ON above{n}.code = codes[{n}]"
        if between
        else ""
    )


def _levels(flow: Flow, n: int) -> str:
    """The levels of a dimension, as a term of GROUP BY."""
    if flow.between(n - 1):
        return f"ROLLUP (above{n}.above, codes[{n}])"
    return f"CUBE (codes[{n}])" if flow.totals[n - 1] else f"codes[{n}]"


def _is_a_level(n: int) -> str:
    """Leaves the level between out for codes that stand under the total directly: that would be the total twice."""
    return f"NOT (grouping(above{n}.above) < grouping(codes[{n}]) AND above{n}.above IS NULL)"


def _code(flow: Flow, n: int) -> str:
    """The code of a dimension in the key of a sum."""
    total, code = flow.totals[n - 1], f"codes[{n}]"
    if not total:
        return code
    if not flow.between(n - 1):
        return f"CASE WHEN grouping({code}) = 1 THEN '{total}' ELSE {code} END"
    above = f"above{n}.above"
    return f"CASE WHEN grouping({code}) = 0 THEN {code} WHEN grouping({above}) = 0 THEN {above} ELSE '{total}' END"
