"""Rules 4 and 5 for sums of base cells: judged by what their published states prove, never by the truth."""

from math import isqrt

from lienthong.disclosure.parameters import Parameters


def margin_suppressed(parameters: Parameters, contributors: int) -> bool:
    """Whether a margin (or a base cell: a margin of one) is suppressed.

    ``contributors`` is the sum of `Published.contributors` over its base cells. That sum is a function of
    published states, so the decision itself tells nothing new; and it never exceeds the true number, so a
    published margin always has its minimum frequency.
    """
    return contributors < parameters.minimum_frequency


def dominated(parameters: Parameters, amount: int, squares: int, repeats: int = 1) -> bool:
    """Whether the p % rule suppresses an amount: the second largest contributor could come too near the first.

    The rule asks S - x1 - x2 >= p % of x1. Known are the sum S and the sum of squares Q, and by Cauchy
    x1 <= sqrt(Q) and x1 + x2 <= sqrt(2 Q): the amount is kept only if S - sqrt(2 Q) >= p % of sqrt(Q), which
    implies the rule. ``repeats`` is the greatest number of the margin's base cells that one contributor can
    be in (funds: six), because then his squares add up to less than the square of his sum.
    """
    bounded = squares * repeats
    # Rounded up, so that the rule is never missed by a rounding.
    pair, largest = isqrt(2 * bounded) + 1, isqrt(bounded) + 1
    return 100 * (abs(amount) - pair) < parameters.dominance_percent * largest
