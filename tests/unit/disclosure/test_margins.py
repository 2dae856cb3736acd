from hypothesis import given
from hypothesis import strategies as st

from lienthong.disclosure import BaseCell, Parameters, dominated, margin_suppressed, publish
from tests.unit.disclosure.support import SECRET, cell, cells, parameters, secrets

amounts = st.lists(st.integers(0, 10**12), min_size=1, max_size=30)


@given(parameters(), secrets, st.lists(cells(), max_size=20))
def test_a_published_margin_has_its_minimum_frequency_in_truth_and_in_figure(
    chosen: Parameters, secret: bytes, inside: list[BaseCell]
) -> None:
    for one in inside:
        one.distinct = True
    states = [publish(chosen, secret, one) for one in inside]
    proved = sum(state.contributors for state in states)
    assert proved <= sum(one.contributors for one in inside)
    if not margin_suppressed(chosen, proved):
        assert sum(one.contributors for one in inside) >= chosen.minimum_frequency
        assert sum(state.counted for state in states) >= chosen.minimum_frequency


@given(parameters(), secrets, cells())
def test_a_base_cell_is_a_margin_of_one(chosen: Parameters, secret: bytes, one: BaseCell) -> None:
    state = publish(chosen, secret, one)
    structural = one.structural_zero and one.contributors == 0
    assert structural or state.suppressed == margin_suppressed(chosen, state.contributors)


def test_small_cells_in_which_one_person_may_be_twice_never_open_a_margin() -> None:
    chosen = Parameters()
    states = [
        publish(chosen, SECRET, cell(8, coordinates=(str(number),), distinct=False)) for number in range(500)
    ]
    assert sum(state.counted for state in states) > 1_000
    assert margin_suppressed(chosen, sum(state.contributors for state in states))


@given(parameters(), amounts)
def test_an_amount_that_is_kept_obeys_the_p_percent_rule(chosen: Parameters, parts: list[int]) -> None:
    first, second, *_ = sorted([*parts, 0], reverse=True)
    total = sum(parts)
    if not dominated(chosen, total, sum(part * part for part in parts)):
        assert 100 * (total - first - second) >= chosen.dominance_percent * first


@given(
    parameters(), st.lists(st.lists(st.integers(0, 10**12), min_size=1, max_size=6), min_size=1, max_size=12)
)
def test_so_does_a_margin_in_which_contributors_repeat(chosen: Parameters, shares: list[list[int]]) -> None:
    """Every contributor has a share in up to six base cells; the margin sums the squares of the shares."""
    first, second, *_ = sorted([*map(sum, shares), 0], reverse=True)
    total = sum(map(sum, shares))
    if not dominated(chosen, total, sum(part * part for share in shares for part in share), repeats=6):
        assert 100 * (total - first - second) >= chosen.dominance_percent * first


def test_many_equal_amounts_are_kept_and_one_alone_is_not() -> None:
    chosen = Parameters()
    assert not dominated(chosen, 50 * 1_000, 50 * 1_000**2)
    assert dominated(chosen, 1_000, 1_000**2)
    assert dominated(chosen, 0, 0)
