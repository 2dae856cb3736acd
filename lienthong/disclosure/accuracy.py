"""How far a published total may be from the truth: the standard error that docs/disclosure.md states."""

from fractions import Fraction

from lienthong.disclosure.parameters import Parameters


def count_variance(parameters: Parameters, number: int) -> Fraction:
    """The variance of what a base cell of ``number`` contributors adds to a sum, over all secrets.

    Cells are drawn independently of each other and without bias: the standard error of any total is the
    square root of the sum of its cells' variances.
    """
    small = Fraction(max(number, 0) * (parameters.small_value - number))
    above = number - parameters.minimum_frequency
    if above < 1:
        return small
    opened = _opened(parameters.noise, above)
    return opened * _noise_variance(min(parameters.noise, above)) + (1 - opened) * small


def _opened(noise: int, above: int) -> Fraction:
    """The share of secrets in which so many contributors above T open a cell."""
    lasting = (noise + 1) // 2
    fresh = noise - lasting + 1
    pairs = sum(1 + one + two <= above for one in range(lasting) for two in range(fresh))
    return Fraction(pairs, lasting * fresh)


def _noise_variance(room: int) -> Fraction:
    """Of the sum of three uniform draws: two lasting quarters and the rest."""
    lasting = room // 4
    return 2 * _uniform_variance(lasting) + _uniform_variance(room - 2 * lasting)


def _uniform_variance(half: int) -> Fraction:
    """Of a uniform number among ``-half..half``."""
    return Fraction(half * (half + 1), 3)
