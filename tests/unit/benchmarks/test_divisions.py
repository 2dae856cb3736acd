"""What finer base cells cost is told of the same people in both divisions."""

import math

import pytest

from benchmarks.divisions import Truth, cost, merged
from lienthong.disclosure import Parameters, count_variance
from lienthong.statistics.flows import Flow

ABOVE = {"VNF_030": "VN_31", "VNF_031": "VN_31", "VNU_31": "VN_31", "VNF_001": "VN_01"}
CELLS = {
    ("VNF_030", "A"): Truth(40, 1, (400,), (4_000,)),
    ("VNF_031", "A"): Truth(6, 2, (60,), (600,)),
    ("VNF_031", "B"): Truth(5, 3, (50,), (500,)),
    ("VNF_001", "A"): Truth(300, 4, (3_000,), (30_000,)),
    ("_U", "A"): Truth(30, 5, (300,), (3_000,)),
}
FLOW = Flow(
    name="DF_TEST",
    dimensions=("REF_AREA", "KIND"),
    totals=("VN", "_T"),
    measures=("", "AMOUNT"),
    indicator=True,
    listed=False,
    is_distinct=False,
    repeats=1,
    months_kept=1,
    first_month=None,
    opened_through=None,
)


def test_the_cells_of_a_province_are_all_of_its_former_ones() -> None:
    assert merged(CELLS, ABOVE) == {
        ("VN_31", "A"): Truth(46, 3, (460,), (4_600,)),
        ("VN_31", "B"): CELLS["VNF_031", "B"],
        ("VN_01", "A"): CELLS["VNF_001", "A"],
        ("_U", "A"): CELLS["_U", "A"],
    }


def error(*numbers: int) -> float:
    return math.sqrt(sum(count_variance(Parameters(), number) for number in numbers))


def test_the_cost_is_that_of_the_cells_in_which_people_are() -> None:
    fine, coarse = cost(FLOW, CELLS, ABOVE), cost(FLOW, merged(CELLS, ABOVE), ABOVE)
    assert (fine.cells, coarse.cells) == (5, 4)
    assert (fine.small, coarse.small) == (0.4, 0.25)
    assert fine.country == pytest.approx(error(40, 6, 5, 300, 30))
    assert coarse.country == pytest.approx(error(46, 5, 300, 30))
    assert fine.province == pytest.approx((error(40, 6, 5) + error(300)) / 2)
    # Of five counts of today's provinces that of B is of five people alone.
    assert fine.counts == coarse.counts == pytest.approx(4 / 5)
    assert fine.former == pytest.approx(4 / 7)
    assert math.isnan(coarse.former)


def test_more_of_the_same_people_are_less_to_hide() -> None:
    many = {codes: cell.times(100) for codes, cell in CELLS.items()}
    assert many["VNF_031", "B"] == Truth(500, 3, (5_000,), (50_000,))
    found = cost(FLOW, many, ABOVE)
    assert (found.small, found.counts, found.former) == (0, 1, 1)
