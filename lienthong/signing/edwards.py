"""Where a 32-octet string lies on the curve of Ed25519 (RFC 8032 section 5.1), for enrolment only.

OpenSSL verifies signatures under any encoding, also under points of small order, for
which a signature can be made without a private key and for many messages at once.
Slow (milliseconds) and not constant in time: it only ever sees public keys.
"""

from typing import TypeAlias

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, P) % P
_SQRT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
_SIGN = 1 << 255

Point: TypeAlias = tuple[int, int]
NEUTRAL: Point = (0, 1)


def decode(octets: bytes) -> Point:
    """The point of a canonical encoding (RFC 8032 section 5.1.3).

    Raises ValueError for y not below 2^255 - 19, for y that is on no point, and for
    a sign bit on x = 0.
    """
    number = int.from_bytes(octets, "little")
    y, negative = number & (_SIGN - 1), bool(number & _SIGN)
    if y >= P:
        raise ValueError("y is not reduced")
    x = _x_of(y)
    if negative and x == 0:
        raise ValueError("a sign on x = 0")
    return (P - x if (x & 1) != negative else x), y


def _x_of(y: int) -> int:
    """A root of x^2 = (y^2 - 1) / (d y^2 + 1); raises ValueError when there is none."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * _SQRT_OF_MINUS_ONE % P
    if root * root % P != square:
        raise ValueError("no point has this y")
    return root


def add(first: Point, second: Point) -> Point:
    """The sum of two points: the complete affine law, without exceptional cases."""
    (x1, y1), (x2, y2) = first, second
    twist = _D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + twist, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - twist, -1, P) % P
    return x, y


def multiply(times: int, point: Point) -> Point:
    """``point`` added to itself ``times`` times."""
    total = NEUTRAL
    while times:
        if times & 1:
            total = add(total, point)
        point = add(point, point)
        times >>= 1
    return total


def check_prime_order(octets: bytes) -> None:
    """Return if the encoding is canonical and its point has the prime order; else raise ValueError.

    This leaves out the eight points of small order in all their fourteen encodings,
    and every point that has such a part.
    """
    point = decode(octets)
    if point == NEUTRAL or multiply(ORDER, point) != NEUTRAL:
        raise ValueError("a point of small or mixed order")
