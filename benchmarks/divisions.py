"""``python -m benchmarks.divisions``: what it costs today's provinces that base cells are those of the former ones.

Reads the true cells of the running stack's last whole month, as the folding worker may, and publishes them by rules and
secrets of its own: as they are, and as they would be if today's provinces were the base cells. Prints a table; changes
nothing. ``--times 100`` takes each contributor for a hundred: what a larger nation with these groups would have.
"""

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from statistics import fmean, median
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.stack import RunningStack
from lienthong import disclosure
from lienthong.clock import vietnam_today
from lienthong.disclosure import BaseCell, Parameters, Published
from lienthong.statistics import flows, folding
from lienthong.statistics.flows import Flow

Codes = tuple[str, ...]
PARAMETERS: Final = Parameters()
_WORLDS: Final = 10
"""Secrets by which is published; what is suppressed is the average of these."""
_CELLS: Final = """
SELECT codes, contributors, record_key, amounts, squares FROM stat_cell JOIN stat_key USING (series)
WHERE flow = %s AND month = %s AND contributors > 0
"""


class Truth(NamedTuple):
    """What is in a cell."""

    contributors: int
    key: int
    amounts: tuple[int, ...]
    squares: tuple[int, ...]

    def with_all_of(self, other: "Truth") -> "Truth":
        """Two cells as one; who is in both has two places in it."""
        return Truth(
            self.contributors + other.contributors,
            (self.key + other.key) % flows.KEY_MODULUS,
            tuple(a + b for a, b in zip(self.amounts, other.amounts, strict=True)),
            tuple(a + b for a, b in zip(self.squares, other.squares, strict=True)),
        )

    def times(self, many: int) -> "Truth":
        """As many contributors of the same kind."""
        amounts, squares = (tuple(one * many for one in column) for column in self[2:])
        return Truth(self.contributors * many, self.key, amounts, squares)


class Cost(NamedTuple):
    """How exact the figures of an area are, and how many of them are told."""

    cells: int
    small: float
    """The share of cells with no more than the minimum frequency."""
    country: float
    """The standard error of the contributors of the whole country."""
    province: float
    """That of a province of today, the median of them."""
    relative: float
    """The same by the province's contributors."""
    counts: float
    """The share of counts of today's provinces, sub-totals among them, that are published."""
    amounts: float
    """The same of amounts; not a number where there are none."""
    former: float
    """The share of counts of former provinces; not a number where they are no cells."""


def merged(cells: Mapping[Codes, Truth], above: Mapping[str, str]) -> dict[Codes, Truth]:
    """The same contributors in the cells of what lies above the first code."""
    found: dict[Codes, Truth] = {}
    for (area, *others), cell in cells.items():
        codes = (above.get(area, area), *others)
        found[codes] = cell if codes not in found else found[codes].with_all_of(cell)
    return found


def cost(flow: Flow, cells: Mapping[Codes, Truth], above: Mapping[str, str]) -> Cost:
    """What publishing by these base cells costs."""
    variance, number = defaultdict[str, float](float), defaultdict[str, int](int)
    for (area, *_), cell in cells.items():
        for where in {flow.totals[0], above.get(area, area)}:
            variance[where] += float(disclosure.count_variance(PARAMETERS, cell.contributors))
            number[where] += cell.contributors
    country = variance.pop(flow.totals[0])
    errors = {area: math.sqrt(one) for area, one in variance.items() if area in above.values()}
    told = [_told(flow, cells, above, world) for world in range(_WORLDS)]
    counts, amounts, former = (fmean(column) for column in zip(*told, strict=True))
    small = sum(cell.contributors <= PARAMETERS.minimum_frequency for cell in cells.values())
    return Cost(
        cells=len(cells),
        small=small / len(cells),
        country=math.sqrt(country),
        province=median(errors.values()),
        relative=median(error / number[area] for area, error in errors.items()),
        counts=counts,
        amounts=amounts,
        former=former,
    )


def _told(
    flow: Flow, cells: Mapping[Codes, Truth], above: Mapping[str, str], world: int
) -> tuple[float, float, float]:
    """The shares of counts and amounts of today's provinces, and of counts of former ones, that one secret lets be told."""
    sums: dict[Codes, list[Published]] = defaultdict(list)
    secret = world.to_bytes(32, "big")
    for codes, cell in cells.items():
        state = disclosure.publish(PARAMETERS, secret, _base(flow, codes, cell))
        for margin in _margins(flow, codes, above):
            sums[margin].append(state)
    counts, amounts, former = list[bool](), list[bool](), list[bool]()
    for codes, states in sums.items():
        few, hidden = _verdict(flow, states, base=codes in cells)
        if codes[0] in above.values():
            counts.append(not few)
            amounts += (not one for one in hidden)
        elif codes[0] in above:
            former.append(not few)
    return tuple(fmean(seen) if seen else math.nan for seen in (counts, amounts, former))  # type: ignore[return-value]  # three


def _base(flow: Flow, codes: Codes, cell: Truth) -> BaseCell:
    return BaseCell(
        flow=flow.name,
        period="2026-01",
        coordinates=codes,
        contributors=cell.contributors,
        key=cell.key,
        amounts=cell.amounts,
        squares=cell.squares,
        distinct=flow.is_distinct,
        listed=flow.listed,
        units=flow.units,
    )


def _margins(flow: Flow, codes: Codes, above: Mapping[str, str]) -> Iterator[Codes]:
    area, *others = codes
    areas = dict.fromkeys([area, above.get(area, area)])
    totals = zip(others, flow.totals[1:], strict=True)
    return product(areas, *((code, total) for code, total in totals))


def _verdict(flow: Flow, states: list[Published], *, base: bool) -> tuple[bool, list[bool]]:
    """Whether a count is suppressed, and which of the amounts."""
    if base:
        (state,) = states
        return state.suppressed, [state.suppressed or one for one in state.dominated]
    few = disclosure.margin_suppressed(PARAMETERS, sum(state.contributors for state in states))
    sums = [
        [sum(column) for column in zip(*rows, strict=True)]
        for rows in ([state.amounts for state in states], [state.squares for state in states])
    ]
    judged = (disclosure.dominated(PARAMETERS, a, q, flow.repeats) for a, q in zip(*sums, strict=True))
    return few, [few or one for one in judged]


def _read(stack: RunningStack) -> Iterator[tuple[Flow, dict[Codes, Truth]]]:
    """The flows whose areas are rolled up, with the cells of the last whole month."""
    url = stack.environment["DATABASE_URL_HEALTH_CLAIMS_STATISTICS"]
    month = flows.month_number(vietnam_today()) - 1
    with folding.connect(url, name="bench-divisions") as connection:
        for flow in flows.load(connection):
            if flow.between(0):
                rows = connection.execute(_CELLS, [flow.name, month])
                yield (
                    flow,
                    {
                        tuple(codes): Truth(n, key, tuple(amounts), tuple(map(int, squares)))
                        for codes, n, key, amounts, squares in rows
                    },
                )


def _per_cent(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.0%}"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.divisions", description=__doc__)
    parser.add_argument("--times", type=int, default=1, help="contributors for each that there is")
    many = parser.parse_args().times
    stack = RunningStack.find()
    table = Table(
        "",
        "base cells",
        "of them small",
        "s.e. country",
        "s.e. province",
        "of it",
        "counts",
        "amounts",
        "former",
    )
    for flow, found in _read(stack):
        cells = {codes: cell.times(many) for codes, cell in found.items()}
        above = flow.between(0)
        for base, these in (("today's", merged(cells, above)), ("former", cells)):
            one = cost(flow, these, above)
            shares = map(_per_cent, (one.counts, one.amounts, one.former))
            errors = (f"{one.country:.1f}", f"{one.province:.1f}", f"{one.relative:.3%}")
            table.add_row(f"{flow.name}, {base}", f"{one.cells:,}", f"{one.small:.0%}", *errors, *shares)
    Console(width=140).print(f"{stack.population:,} people, times {many}", table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
