"""A true base cell, and what of it may leave the house."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(slots=True)
class BaseCell:
    """The truth of one cell of the finest grain. It never leaves the house.

    ``coordinates`` are the codes of every dimension but time, in the flow's order. ``key`` is the sum of
    the contributors' record keys modulo 2**63. ``amounts`` are the sums of the contributors' amounts with
    their factors (`factored`), one a measure; ``squares`` the sums of the squares of each contributor's
    whole amount in the cell. ``changes`` counts contributors who came, went or changed an amount since the
    last publication, ``waited`` the seconds since the first of these changes was committed. ``releases``
    is the number of publications so far. ``structural_zero``: the law or the code lists leave it empty.
    ``distinct``: nobody is in two base cells of this flow and month, so that contributors can be added up.
    ``units`` is the unit of each amount (persons, VND); empty: all have one.
    ``listed``: that a contributor exists is no secret (units are in a public register); his amounts are.
    ``parts``: of each amount, how many times smaller than the largest of its unit it is by its nature (the
    interest on a due), 1 where it may be as large; empty: all 1. ``kin``: the coordinates without those that
    only split what the same contributors have (funds), by which the noise of amounts is drawn; empty: all.
    """

    flow: str
    period: str
    coordinates: tuple[str, ...]
    contributors: int
    key: int
    amounts: tuple[int, ...] = ()
    squares: tuple[int, ...] = ()
    changes: int = 0
    releases: int = 0
    structural_zero: bool = False
    waited: int = 0
    distinct: bool = False
    listed: bool = False
    units: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()
    kin: tuple[str, ...] = ()


class Published(NamedTuple):
    """The published state of a base cell. Every figure that leaves is a sum of these.

    ``counted`` and ``amounts`` are what it adds to its own figure and to every margin, suppressed or not.
    ``suppressed`` concerns its own figures, ``dominated`` each amount by itself. ``contributors`` is how
    many contributors this state proves to anybody who sees it, not how many there are: the margins add
    it up, and `margin_suppressed` judges the sum. ``squares`` likewise, for `dominated`.
    """

    counted: int
    amounts: tuple[int, ...]
    suppressed: bool
    contributors: int
    dominated: tuple[bool, ...] = ()
    squares: tuple[int, ...] = ()
