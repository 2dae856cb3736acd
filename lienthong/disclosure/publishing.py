"""Rules 1, 2 and 5: what a base cell becomes when it is published. The order of rules: docs/disclosure.md."""

from math import isqrt

from lienthong.disclosure.cells import BaseCell, Published
from lienthong.disclosure.draws import symmetric, words
from lienthong.disclosure.margins import dominated
from lienthong.disclosure.parameters import Parameters

# The noise of an amount, in thousandths of the size of the cell's largest contributors.
_LEAST_SHARE, _MOST_SHARE = 200, 500
_UNIT = 1_000
_FINE = 1 << 16


def publish(parameters: Parameters, secret: bytes, cell: BaseCell) -> Published:
    """The cell's next published state: a function of the cell and the secret alone, the same every time.

    ``changes``, ``waited`` and ``releases`` do not enter. Raises ``ValueError`` for a secret of a wrong length
    and for amounts without their squares.
    """
    if len(cell.amounts) != len(cell.squares):
        raise ValueError("squares must be as many as amounts")
    number = cell.contributors
    if number <= 0 and cell.structural_zero:
        return Published(0, (0,) * len(cell.amounts), suppressed=False, contributors=0)
    place = "\x00".join((cell.flow, *cell.coordinates))
    # Who is in it: the same people of the same place draw the same in every month.
    who = words(secret, b"who", f"{place}\x00{number}\x00{cell.key}".encode())
    if number < parameters.minimum_frequency + 1 + who[0] % parameters.noise:
        counted = parameters.small_value if who[1] % parameters.small_value < number else 0
        return _small(secret, cell, counted)
    # The month's own part stays when the people change, and goes when months are averaged.
    month = words(secret, b"month", f"{place}\x00{cell.period}".encode())
    room = min(parameters.noise, number - parameters.minimum_frequency)
    lasting = room - room // 3
    counted = number + symmetric(who[2], lasting) + symmetric(month[0], room - lasting)
    return Published(
        counted,
        _noisy(secret, cell, [isqrt(square) for square in cell.squares], 1, 1),
        suppressed=False,
        contributors=max(parameters.minimum_frequency, counted - parameters.noise),
        dominated=tuple(map(dominated, [parameters] * len(cell.amounts), cell.amounts, cell.squares)),
        squares=cell.squares,
    )


def _small(secret: bytes, cell: BaseCell, counted: int) -> Published:
    """A suppressed cell: nothing or the small value, and amounts in the same proportion unless it is listed."""
    times, parts = (1, 1) if cell.listed else (counted, max(cell.contributors, 1))
    # One size for all amounts of a small cell: nobody's arrears are seen to be nothing.
    largest = isqrt(max(cell.squares, default=0))
    return Published(
        counted,
        _noisy(secret, cell, [largest] * len(cell.amounts), times, parts),
        suppressed=True,
        contributors=1 if counted and cell.distinct else 0,
        dominated=(True,) * len(cell.amounts),
        squares=tuple(-(-square * times * times // (parts * parts)) for square in cell.squares),
    )


def _noisy(secret: bytes, cell: BaseCell, sizes: list[int], times: int, parts: int) -> tuple[int, ...]:
    """Each amount plus or minus 20..50 % of ``size``, times ``times / parts``, rounded right on average."""
    if not cell.amounts or not times:
        return (0,) * len(cell.amounts)
    state = f"{cell.flow}\x00{cell.period}\x00{cell.coordinates}\x00{cell.key}\x00{cell.amounts}"
    noisy = []
    for measure, (amount, size) in enumerate(zip(cell.amounts, sizes, strict=True)):
        first, second, third, _ = words(secret, b"amount", f"{state}\x00{measure}".encode())
        share = _LEAST_SHARE + first % (_MOST_SHARE - _LEAST_SHARE + 1)
        exact = (amount * _UNIT + (size * share if second & 1 else -size * share)) * times
        whole = parts * _UNIT
        noisy.append((exact * _FINE + third % _FINE * whole) // (whole * _FINE))
    return tuple(noisy)
