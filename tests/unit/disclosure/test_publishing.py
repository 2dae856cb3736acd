from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.disclosure import BaseCell, Parameters, Published, publish
from tests.unit.disclosure.support import SECRET, cell, cells, parameters, secrets


@given(parameters(), secrets, cells())
def test_a_count_is_suppressed_or_at_least_the_minimum_frequency(
    chosen: Parameters, secret: bytes, one: BaseCell
) -> None:
    state = publish(chosen, secret, one)
    if state.suppressed:
        assert state.counted in {0, chosen.small_value}
    elif not (one.structural_zero and one.contributors == 0):
        assert state.counted >= chosen.minimum_frequency
        assert abs(state.counted - one.contributors) <= chosen.noise


@given(parameters(), secrets, cells())
def test_at_most_the_minimum_frequency_is_always_suppressed_and_clearly_more_never(
    chosen: Parameters, secret: bytes, one: BaseCell
) -> None:
    one.structural_zero = False
    if one.contributors <= chosen.minimum_frequency:
        assert publish(chosen, secret, one).suppressed
    if one.contributors >= chosen.small_value:
        assert not publish(chosen, secret, one).suppressed


@given(parameters(), secrets, cells(), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_same_cell_always_gives_the_same_state(
    chosen: Parameters, secret: bytes, one: BaseCell, changes: int, releases: int
) -> None:
    """Whatever led to it: how often it was published, and what came and went, draw nothing anew."""
    again = replace(one, changes=changes, releases=releases, waited=changes)
    assert publish(chosen, secret, one) == publish(chosen, secret, again)


@given(parameters(), secrets, cells())
def test_nobody_adds_nothing(chosen: Parameters, secret: bytes, one: BaseCell) -> None:
    empty = replace(
        one, contributors=0, key=0, amounts=(0,) * len(one.amounts), squares=(0,) * len(one.amounts)
    )
    state = publish(chosen, secret, empty)
    assert (state.counted, set(state.amounts) | {0}, state.contributors) == (0, {0}, 0)
    assert state.suppressed != empty.structural_zero


@given(parameters(), secrets, cells())
def test_a_structural_zero_with_somebody_in_it_is_no_zero(
    chosen: Parameters, secret: bytes, one: BaseCell
) -> None:
    one.contributors = max(1, one.contributors)
    forced = replace(one, structural_zero=True)
    assert publish(chosen, secret, forced) == publish(chosen, secret, replace(one, structural_zero=False))


@given(parameters(), secrets, st.lists(cells(), min_size=1, max_size=30), st.data())
def test_the_parts_add_up_to_the_total_exactly_however_it_is_cut(
    chosen: Parameters, secret: bytes, inside: list[BaseCell], data: st.DataObject
) -> None:
    """A figure is a sum of states of base cells, so any two ways of cutting a total agree."""
    states = [publish(chosen, secret, one) for one in inside]
    cuts = data.draw(st.lists(st.integers(0, 3), min_size=len(states), max_size=len(states)))
    parts = [sum(s.counted for s, cut in zip(states, cuts, strict=True) if cut == part) for part in range(4)]
    assert sum(parts) == sum(state.counted for state in states)


@given(parameters(), secrets, cells())
def test_an_amount_keeps_within_the_bounds_that_are_stated(
    chosen: Parameters, secret: bytes, one: BaseCell
) -> None:
    """Sixty-five per cent of the size; the size of a small cell is that of its largest amount."""
    one.contributors = chosen.small_value
    one.structural_zero = False
    for amount, square, noisy in zip(
        one.amounts, one.squares, publish(chosen, secret, one).amounts, strict=True
    ):
        assert abs(noisy - amount) <= 0.65 * square**0.5 + 1


def test_amounts_of_a_small_cell_are_hidden_unless_it_is_listed() -> None:
    money = {"amounts": (10**9, 0), "squares": (10**18, 0)}
    hidden = [publish(Parameters(), bytes([n]) * 32, cell(1, **money)) for n in range(200)]
    assert {state.amounts for state in hidden if state.counted == 0} == {(0, 0)}
    assert 0 < sum(state.counted > 0 for state in hidden) < 40
    shown = [publish(Parameters(), bytes([n]) * 32, cell(1, listed=True, **money)) for n in range(200)]
    assert all(3.5 * 10**8 <= state.amounts[0] <= 16.5 * 10**8 for state in shown)
    # What is nothing looks like anything up to the cell's size.
    assert sum(abs(state.amounts[1]) > 10**8 for state in shown) > 140


def test_the_noise_of_one_unit_does_not_drown_an_amount_of_another() -> None:
    visits, cost, paid = 3, 10**9, 0
    one = cell(
        2, listed=True, amounts=(visits, cost, paid), squares=(5, 10**18, 0), units=("VISITS", "VND", "VND")
    )
    states = [publish(Parameters(), bytes([n]) * 32, one).amounts for n in range(200)]
    assert all(abs(state[0] - visits) <= 0.65 * 5**0.5 + 1 for state in states)
    # Of one unit what is nothing still looks like anything up to the cell's size.
    assert sum(abs(state[2]) > 10**8 for state in states) > 140


def test_what_is_by_nature_a_part_of_the_largest_gets_that_part_of_its_noise() -> None:
    one = cell(2, listed=True, amounts=(10**9, 0, 10**8), squares=(10**18, 0, 10**16), parts=(1, 20, 20))
    states = [publish(Parameters(), bytes([n]) * 32, one).amounts for n in range(200)]
    assert max(abs(state[1]) for state in states) <= 0.65 * 10**9 / 20 + 1
    assert sum(abs(state[1]) > 10**8 / 20 for state in states) > 140
    # But never less than its own size asks for.
    assert sum(abs(state[2] - 10**8) > 10**7 for state in states) > 140


def test_cells_of_one_kin_with_the_same_contributors_share_what_lasts_of_the_noise() -> None:
    money: dict[str, Any] = {"listed": True, "amounts": (10**9,), "squares": (10**18,)}
    for kin, alike in ((("VN_01",), 1), ((), 2)):
        funds = [cell(1, coordinates=("VN_01", fund), kin=kin, **money) for fund in ("RET", "HI")]
        assert len({publish(Parameters(), SECRET, fund).amounts for fund in funds}) == alike
    # Whom it is of, it still tells apart.
    other = cell(1, coordinates=("VN_01", "HI"), kin=("VN_01",), key=1, **money)
    assert publish(Parameters(), SECRET, other).amounts != publish(Parameters(), SECRET, funds[0]).amounts


def test_a_dominated_amount_is_marked_and_its_neighbour_is_not() -> None:
    state = publish(Parameters(), SECRET, cell(40, amounts=(40, 40), squares=(40, 1_600)))
    assert (state.suppressed, state.dominated) == (False, (False, True))


def test_amounts_without_their_squares_are_refused() -> None:
    with pytest.raises(ValueError, match="squares"):
        publish(Parameters(), SECRET, cell(40, amounts=(1,)))


def test_a_count_below_nothing_counts_nothing() -> None:
    """Deltas may arrive in an order that passes through it."""
    assert publish(Parameters(), SECRET, cell(-3)) == Published(0, (), suppressed=True, contributors=0)
