"""Every contributor's amounts enter with a factor of his own (Evans, Zayatz and Slanta 1998).

The factor is 0.80..0.90 or 1.10..1.20, as often one as the other: one on average, never near
one. It lasts: however many figures are averaged, it stays in them.
"""

from fractions import Fraction

from lienthong.disclosure.draws import words

# In thousandths. The least distance is the p of the p % rule: what is known to within the factor is not known.
_UNIT = 1_000
_NEAREST, _FARTHEST = 100, 200
_FINE = 1 << 16


def _thousandths(first: int, second: int) -> int:
    distance = _NEAREST + first % (_FARTHEST - _NEAREST + 1)
    return _UNIT + distance if second & 1 else _UNIT - distance


def amount_factor(secret: bytes, contributor: int) -> Fraction:
    """The contributor's factor, in thousandths; the same for each of his amounts, months and flows."""
    first, second, *_ = words(secret, b"factor", contributor.to_bytes(16, "big", signed=True))
    return Fraction(_thousandths(first, second), _UNIT)


def factored(secret: bytes, contributor: int, amount: int) -> int:
    """The amount with its contributor's factor, a whole number that is right on average.

    The same amount of the same contributor always gives the same, and its negative the negative: what
    a cell once added can be taken out again. It is not additive: give it what the contributor has in
    the cell as a whole, before and after, never the difference.
    """
    first, second, third, _ = words(secret, b"factor", contributor.to_bytes(16, "big", signed=True))
    size = abs(amount)
    # Rounding up as often as the rest says, so that a measure of ones and twos keeps its sum.
    dither = words(secret, b"rounding", (third ^ size).to_bytes(32, "big"))[0] % _FINE
    whole = (size * _thousandths(first, second) * _FINE + dither * _UNIT) // (_UNIT * _FINE)
    return whole if amount >= 0 else -whole
