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
    over = [n for n, total in enumerate(flow.totals, start=1) if total]
    kept = ["month", *(f"codes[{n}]" for n, total in enumerate(flow.totals, start=1) if not total)]
    parts = []
    for n, total in enumerate(flow.totals, start=1):
        code = f"codes[{n}]"
        parts.append(f"CASE WHEN grouping({code}) = 1 THEN '{total}' ELSE {code} END" if total else code)
    cube = ", ".join(f"codes[{n}]" for n in over)
    figures = ", ".join(f"sum(figures[{n}])::bigint" for n in range(1, flow.amounts + 2))
    squares = ", ".join(f"sum(squares[{n}])" for n in range(1, flow.amounts + 1))
    own = ", ".join(f"bool_or(suppressed[{n}])" for n in range(1, flow.amounts + 2))
    of_sum = judged(flow, "sum(contributors)", "sum(figures[{n}])", "sum(squares[{n}])")
    return f"""
SELECT concat_ws('.', {", ".join(parts)}) AS key, month, sum(contributors)::bigint AS contributors,
       CASE WHEN grouping({cube}) = 0 THEN ARRAY[{own}] ELSE {of_sum} END AS suppressed,
       ARRAY[{figures}] AS figures, ARRAY[{squares}]::numeric[] AS squares, max(released_at) AS published_at
FROM ({states}) AS base GROUP BY {", ".join(kept)}, CUBE ({cube})"""  # noqa: S608 -- the service's own definitions
