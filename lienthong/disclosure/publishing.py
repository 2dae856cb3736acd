"""Rules 1, 2 and 5: what a base cell becomes when it is published. The order of rules: docs/disclosure.md."""

from math import isqrt
from typing import NamedTuple

from lienthong.disclosure.cells import BaseCell, Published
from lienthong.disclosure.draws import symmetric, words
from lienthong.disclosure.margins import dominated
from lienthong.disclosure.parameters import Parameters

# The noise of an amount, in thousandths of the size of the cell's largest contributors. Neither part has a gap
# around nothing, as the factor has: a year would show on which side of it an amount that may be nothing is.
_LASTING, _FRESH = 250, 400
_UNIT = 1_000
_FINE, _LOW = 1 << 16, (1 << 48) - 1


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
    chance = _Chance.of(secret, cell)
    if number < parameters.minimum_frequency + chance.opening(parameters.noise):
        counted = parameters.small_value if chance.small(parameters.small_value) < number else 0
        return _small(secret, cell, counted)
    room = min(parameters.noise, number - parameters.minimum_frequency)
    counted = number + chance.noise(room)
    return Published(
        counted,
        _noisy(secret, cell, [isqrt(square) for square in cell.squares], 1, 1),
        suppressed=False,
        contributors=max(parameters.minimum_frequency, counted - parameters.noise),
        dominated=tuple(
            dominated(parameters, amount, square)
            for amount, square in zip(cell.amounts, cell.squares, strict=True)
        )
        if cell.amounts
        else (),
        squares=cell.squares,
    )


class _Chance(NamedTuple):
    """The draws of one state. Each averaging attack leaves one of them standing.

    ``place`` lasts for ever, whoever is in the cell and whatever the month; ``who`` lasts over the months as
    long as the same people are in it; ``now`` is of this month and these people.
    """

    place: tuple[int, ...]
    who: tuple[int, ...]
    now: tuple[int, ...]

    @classmethod
    def of(cls, secret: bytes, cell: BaseCell) -> "_Chance":
        place = "\x00".join((cell.flow, *cell.coordinates)).encode()
        who = b"%b\x00%d\x00%d" % (place, cell.contributors, cell.key)
        return cls(
            words(secret, b"place", place),
            words(secret, b"who", who),
            words(secret, b"now", b"%b\x00%b" % (cell.period.encode(), who)),
        )

    def opening(self, noise: int) -> int:
        """How many more than T open the cell, 1..D: who fills a cell by himself does not know when it is full."""
        lasting = (noise + 1) // 2
        return 1 + self.place[0] % lasting + self.now[0] % (noise - lasting + 1)

    def small(self, value: int) -> int:
        """Uniform in 0..value - 1; half of the range is drawn anew each month."""
        return (self.who[0] + self.now[1] % (value // 2)) % value

    def noise(self, room: int) -> int:
        """Symmetric, at most ``room``: a quarter for each lasting part, the rest of this month."""
        lasting = room // 4
        return (
            symmetric(self.place[1], lasting)
            + symmetric(self.who[1], lasting)
            + symmetric(self.now[2], room - 2 * lasting)
        )


def _small(secret: bytes, cell: BaseCell, counted: int) -> Published:
    """A suppressed cell: nothing or the small value, and amounts in the same proportion unless it is listed."""
    times, parts = (1, 1) if cell.listed else (counted, max(cell.contributors, 1))
    return Published(
        counted,
        _noisy(secret, cell, _sizes(cell), times, parts),
        suppressed=True,
        contributors=1 if counted and cell.distinct else 0,
        dominated=(True,) * len(cell.amounts),
        squares=tuple(-(-square * times * times // (parts * parts)) for square in cell.squares),
    )


def _sizes(cell: BaseCell) -> list[int]:
    """One size for all amounts of one unit in a small cell: nobody's arrears are seen to be nothing.

    Of one unit only: the noise of a cost would drown a number of visits. Nor shall that of a due drown its
    interest: what is by nature a part of the largest gets that part of its noise.
    """
    units = cell.units or ("",) * len(cell.squares)
    parts = cell.parts or (1,) * len(cell.squares)
    largest: dict[str, int] = {}
    for unit, square in zip(units, cell.squares, strict=True):
        largest[unit] = max(square, largest.get(unit, 0))
    return [
        isqrt(max(square, largest[unit] // part**2))
        for unit, part, square in zip(units, parts, cell.squares, strict=True)
    ]


def _noisy(secret: bytes, cell: BaseCell, sizes: list[int], times: int, parts: int) -> tuple[int, ...]:
    """Each amount with its noise, times ``times / parts``, rounded right on average.

    The noise is two shares of ``size``: one that lasts while the same contributors are in the cell, so that
    months cannot be averaged, and one of this month and these amounts, so that a change does not show. The
    first is the same in every cell of one ``kin`` with the same contributors: nor can funds be averaged.
    """
    if not cell.amounts or not times:
        return (0,) * len(cell.amounts)
    who = f"{cell.flow}\x00{cell.kin or cell.coordinates}\x00{cell.key}"
    lasting = _draws(secret, b"amount who", who, len(sizes))
    fresh = _draws(secret, b"amount now", f"{who}\x00{cell.period}\x00{cell.amounts}", len(sizes))
    whole = parts * _UNIT
    noisy = []
    for amount, size, one, two in zip(cell.amounts, sizes, lasting, fresh, strict=False):
        exact = (amount * _UNIT + size * (symmetric(one, _LASTING) + symmetric(two & _LOW, _FRESH))) * times
        noisy.append((exact * _FINE + (two >> 48) * whole) // (whole * _FINE))
    return tuple(noisy)


def _draws(secret: bytes, purpose: bytes, message: str, number: int) -> list[int]:
    """As many words as there are measures."""
    draws: list[int] = []
    while len(draws) < number:
        draws.extend(words(secret, purpose, f"{message}\x00{len(draws)}".encode()))
    return draws
