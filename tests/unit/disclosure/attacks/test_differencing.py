"""Differences between figures: months, age bandings, divisions, totals. See docs/disclosure.md, what stays learnable."""

from collections.abc import Hashable
from itertools import product

import pytest

from tests.unit.disclosure.attacks.nation import MONTH, Publisher, Raw, accuracy, divided, secret

WORLDS = 500
KNOWS = 1.0
OTHERS = range(1_000, 1_039)
TARGET = 7


def _adjacent_months(publisher: Publisher, truth: bool) -> Hashable:
    """The same 40 people in two months, but for the target, who may have left."""
    place = ("HN", "F")
    publisher.enter("2026-01", place, [*OTHERS, TARGET])
    publisher.enter("2026-02", place, OTHERS if truth else [*OTHERS, TARGET])
    publisher.settle()
    earlier = publisher.figure("2026-01", (["HN"], ["F"]))
    later = publisher.figure("2026-02", (["HN"], ["F"]))
    assert earlier is not None
    assert later is not None
    return later - earlier


def _two_bandings(publisher: Publisher, truth: bool) -> Hashable:
    """Ten-year bands minus five-year bands: is there anybody of 60 to 64?"""
    publisher.enter(MONTH, ("HN", "Y55T59"), OTHERS)
    publisher.enter(MONTH, ("HN", "Y60T64"), [8, 9, TARGET] if truth else [8, 9])
    publisher.settle()
    wide = publisher.figure(MONTH, (["HN"], ["Y55T59", "Y60T64"]))
    narrow = publisher.figure(MONTH, (["HN"], ["Y55T59"]))
    assert publisher.figure(MONTH, (["HN"], ["Y60T64"])) is None
    assert wide is not None
    assert narrow is not None
    return wide - narrow


def _two_divisions(publisher: Publisher, truth: bool) -> Hashable:
    """A province of today minus those of its former ones that are large enough leaves the one that is not.

    In every way that there is: by women, by everybody less men, from the province and from the country less the others.
    """
    largest, smallest = divided("VN_25")[0], divided("VN_25")[-1]
    for number, area in enumerate(divided("VN_25")[:-1]):
        publisher.enter(MONTH, (area, "F"), range(1_000 * number + 1_000, 1_000 * number + 1_039))
    publisher.enter(MONTH, (largest, "M"), range(20_000, 20_040))
    publisher.enter(MONTH, (smallest, "M"), range(30_000, 30_040))
    publisher.enter(MONTH, ("VNF_001", "F"), range(40_000, 40_040))
    publisher.enter(MONTH, (smallest, "F"), [8, TARGET] if truth else [8])
    publisher.settle()
    assert publisher.figure(MONTH, ([smallest], ["F"])) is None

    def told(areas: list[str] | None, sexes: list[str] | None) -> int:
        figure = publisher.figure(MONTH, (areas, sexes))
        assert figure is not None
        return figure

    others = [told([area], ["F"]) for area in divided("VN_25")[:-1]]
    of_province = told(divided("VN_25"), ["F"]) - sum(others)
    of_country = told(None, ["F"]) - told(["VNF_001"], ["F"]) - sum(others)
    of_everybody = told([smallest], None) - told([smallest], ["M"])
    # However he comes to it, it is what the cell was published with.
    assert of_province == of_country == of_everybody
    return of_province


def _counted_anew(publisher: Publisher, truth: bool) -> Hashable:
    """He has kept what was published of a province before there were former ones: it is one of them, in cells of their own.

    Twelve equal months of either: two draws of what lasts, where there is one else.
    """
    months = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 7)]
    for month, area in product(months, ("VN_01", *divided("VN_01"))):
        publisher.enter(month, (area, "F"), [*OTHERS[:20], TARGET] if truth else OTHERS[:20])
    publisher.settle()
    return sum(
        publisher.figure(month, ([area], ["F"])) or 0
        for month, area in product(months, ("VN_01", *divided("VN_01")))
    )


def _total_minus_parts(publisher: Publisher, truth: bool) -> Hashable:
    """Every part but one is published, and so is the total, of both dimensions."""
    for number, area in enumerate(("A", "B")):
        for sex in (0, 1):
            start = 10_000 * (number + 1) + 1_000 * sex
            publisher.enter(MONTH, (area, "MF"[sex]), range(start, start + 20))
    publisher.enter(MONTH, ("D", "M"), range(50, 80))
    publisher.enter(MONTH, ("D", "F"), [8, 9, 10, 11, TARGET] if truth else [8, 9, 10, 11])
    publisher.settle()
    assert publisher.figure(MONTH, (["D"], ["F"])) is None
    areas = [publisher.figure(MONTH, ([area], ["F"])) or 0 for area in "AB"]
    down = (publisher.figure(MONTH, (None, ["F"])) or 0) - sum(areas)
    across = (publisher.figure(MONTH, (["D"], None)) or 0) - (publisher.figure(MONTH, (["D"], ["M"])) or 0)
    return down, across


def _flows_that_share_a_cell(publisher: Publisher, truth: bool) -> Hashable:
    """The same people are counted in four flows; he averages."""
    kind = type(publisher)
    seen = 0
    for flow in "ABCD":
        other = kind(publisher.secret, flow=flow)
        other.enter(MONTH, ("HN",), [*OTHERS, TARGET] if truth else OTHERS)
        other.settle()
        seen += other.figure(MONTH, (["HN"],)) or 0
    return seen


ATTACKS = [
    # Limits: what the rules give by calculation (docs/disclosure.md), and a little for chance.
    (_adjacent_months, 0.64),
    (_two_bandings, 0.56),
    (_two_divisions, 0.56),
    (_counted_anew, 0.64),
    (_total_minus_parts, 0.56),
    (_flows_that_share_a_cell, 0.64),
]


@pytest.mark.parametrize(("attack", "limit"), ATTACKS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_difference_does_not_tell_whether_one_person_is_there(attack: object, limit: float) -> None:
    assert callable(attack)
    assert accuracy(lambda world, truth: attack(Publisher(secret(world)), truth), WORLDS) <= limit


@pytest.mark.parametrize(("attack", "limit"), ATTACKS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_same_difference_of_raw_figures_tells_it(attack: object, limit: float) -> None:
    assert callable(attack)
    assert accuracy(lambda world, truth: attack(Raw(secret(world)), truth), 20) == KNOWS > limit
