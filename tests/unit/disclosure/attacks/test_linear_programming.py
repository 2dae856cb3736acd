"""A linear-programming attacker over everything that one flow publishes.

He knows the rules, the parameters, every published figure of every margin (totals, sub-totals, both divisions
of the country), and which figures are suppressed. For each suppressed cell he asks for the least and the
greatest truth that all of this allows. That interval must be at least the protection width: T for a count,
p per cent to both sides together for an amount.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.optimize import linprog
from scipy.sparse import lil_array

from tests.unit.disclosure.attacks.nation import (
    MONTH,
    PARAMETERS,
    Place,
    Publisher,
    Raw,
    Wanted,
    divided,
    secret,
)

PRESENT = ((*divided("VN_24"), "VNU_24"), tuple(divided("VN_01")))
"""Two provinces of today: one of two former ones and of what is in neither, one that is what it was."""
AREAS = (*PRESENT[0], *PRESENT[1])
SEXES = ("M", "F")
AGES = ("Y20T24", "Y25T29", "Y30T34", "Y35T39")
PLACES = list(product(AREAS, SEXES, AGES))
LEAST, NOISE = PARAMETERS.minimum_frequency, PARAMETERS.noise
SMALL = PARAMETERS.small_value
# The product of the factor (0.8..1.2) and the noise (at most 65 % of the size, which the amount is at least).
NEAREST, FARTHEST = 0.8 * 0.35, 1.2 * 1.65


def _margins() -> Iterator[Wanted]:
    """Every key that may be asked: base cells, totals of any dimensions, present provinces."""
    areas: list[Sequence[str] | None] = [None, *PRESENT, *([area] for area in AREAS)]
    sexes: list[Sequence[str] | None] = [None, *([sex] for sex in SEXES)]
    ages: list[Sequence[str] | None] = [None, *([age] for age in AGES)]
    yield from product(areas, sexes, ages)


def _inside(wanted: Wanted, place: Place) -> bool:
    return all(codes is None or code in codes for codes, code in zip(wanted, place, strict=True))


@dataclass
class Attacker:
    """Two unknowns a cell: its truth (first half) and what it adds to the sums (second half)."""

    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    bounds: list[tuple[float, float]] = field(
        default_factory=lambda: [(0.0, np.inf)] * len(PLACES) + [(-np.inf, np.inf)] * len(PLACES)
    )

    def says(self, row: dict[int, float], least: float, most: float) -> None:
        """A linear fact: ``least <= row x unknowns <= most``."""
        self.rows.append((row, least, most))

    def sees(self, publisher: Publisher, measure: int | None) -> list[int]:
        """Take every published figure in. The suppressed cells' numbers."""
        for wanted in _margins():
            figure = publisher.figure(MONTH, wanted, measure)
            if figure is not None:
                inside = [len(PLACES) + n for n, place in enumerate(PLACES) if _inside(wanted, place)]
                self.says(dict.fromkeys(inside, 1.0), figure, figure)
        return [
            number
            for number, place in enumerate(PLACES)
            if publisher.figure(MONTH, tuple([code] for code in place)) is None
        ]

    def interval(self, cell: int) -> tuple[float, float]:
        """The least and the greatest truth of the cell."""
        size = 2 * len(PLACES)
        matrix = lil_array((2 * len(self.rows), size))
        limits = []
        for number, (row, least, most) in enumerate(self.rows):
            for column, factor in row.items():
                matrix[2 * number, column] = factor
                matrix[2 * number + 1, column] = -factor
            limits += [most, -least]
        ends = []
        for sign in (1, -1):
            aim = np.zeros(size)
            aim[cell] = sign
            finite = np.isfinite(limits)
            answer = linprog(
                aim, A_ub=matrix.tocsr()[finite], b_ub=np.array(limits)[finite], bounds=self.bounds
            )
            assert answer.status in {0, 3}, answer.message
            ends.append(sign * answer.fun if answer.status == 0 else -sign * np.inf)
        return ends[0], ends[1]


def _publisher(kind: type[Publisher], world: int, *, amounts: bool) -> Publisher:
    """A third of the cells small, down to nobody; the firms' amounts as skewed as they are."""
    publisher = kind(secret(world), listed=amounts)
    dice = default_rng(world)
    for number, place in enumerate(PLACES):
        size = int(dice.choice([0, 1, 2, 5, 9, 25, 40, 60], p=[0.04, 0.1, 0.06, 0.07, 0.06, 0.27, 0.2, 0.2]))
        for contributor in range(1_000 * number, 1_000 * number + size):
            own = (round(1_000_000 * dice.lognormal(2, 1)),) if amounts else ()
            publisher.enter(MONTH, place, [contributor], own)
    publisher.settle()
    return publisher


def _truth(publisher: Publisher, cell: int) -> int:
    found = publisher.cells.get((MONTH, PLACES[cell]))
    return 0 if found is None else found.contributors


def _count_rules(attacker: Attacker, suppressed: list[int]) -> None:
    """What rules 1 and 2 say about a truth and what it adds."""
    for cell in range(len(PLACES)):
        adds = len(PLACES) + cell
        if cell in suppressed:
            attacker.bounds[cell] = (0, SMALL - 1)
            attacker.bounds[adds] = (0, SMALL)
            # It adds something only if there is somebody.
            attacker.says({cell: 1.0, adds: -1.0 / SMALL}, 0, np.inf)
        else:
            attacker.bounds[cell] = (LEAST + 1, np.inf)
            attacker.says({cell: 1.0, adds: -1.0}, -NOISE, NOISE)


@pytest.mark.parametrize("world", range(3))
def test_every_suppressed_count_keeps_an_interval_of_the_protection_width(world: int) -> None:
    publisher = _publisher(Publisher, world, amounts=False)
    attacker = Attacker()
    suppressed = attacker.sees(publisher, None)
    _count_rules(attacker, suppressed)
    assert len(suppressed) >= 6
    for cell in suppressed:
        least, most = attacker.interval(cell)
        assert least - 1e-6 <= _truth(publisher, cell) <= most + 1e-6
        assert most - least >= LEAST


def test_and_would_keep_it_if_he_were_told_what_every_cell_adds() -> None:
    publisher = _publisher(Publisher, 0, amounts=False)
    attacker = Attacker()
    suppressed = attacker.sees(publisher, None)
    _count_rules(attacker, suppressed)
    for cell, place in enumerate(PLACES):
        state = publisher.state(MONTH, place)
        counted = 0 if state is None else state.counted
        attacker.says({len(PLACES) + cell: 1.0}, counted, counted)
    assert {attacker.interval(cell) for cell in suppressed} <= {(0.0, SMALL - 1.0), (1.0, SMALL - 1.0)}


@pytest.mark.parametrize("measure", [None, 0])
def test_raw_margins_give_suppressed_cells_away(measure: int | None) -> None:
    publisher = _publisher(Raw, 1, amounts=measure is not None)
    attacker = Attacker()
    suppressed = attacker.sees(publisher, measure)
    for cell in range(len(PLACES)):
        attacker.says({cell: 1.0, len(PLACES) + cell: -1.0}, 0, 0)
    intervals = [attacker.interval(cell) for cell in suppressed]
    assert min(most - least for least, most in intervals) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("world", range(2))
def test_every_suppressed_amount_keeps_an_interval_of_p_percent(world: int) -> None:
    publisher = _publisher(Publisher, world, amounts=True)
    plain = _publisher(Raw, world, amounts=True)
    attacker = Attacker()
    suppressed = attacker.sees(publisher, 0)
    for cell in range(len(PLACES)):
        adds = len(PLACES) + cell
        attacker.says({adds: 1.0, cell: -NEAREST}, 0, np.inf)
        attacker.says({adds: -1.0, cell: FARTHEST}, 0, np.inf)
    for cell in suppressed:
        found = plain.cells.get((MONTH, PLACES[cell]))
        truth = 0 if found is None else found.amounts[0]
        least, most = attacker.interval(cell)
        assert least - 1 <= truth <= most + 1
        assert most - least >= 2 * PARAMETERS.dominance_percent / 100 * truth
