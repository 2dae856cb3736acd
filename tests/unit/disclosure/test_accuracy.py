"""Honest totals: no bias, and the standard error that the documentation states. Fixed secrets, sound bounds."""

from math import log, sqrt
from statistics import fmean

import pytest

from lienthong.disclosure import BaseCell, Parameters, count_variance, publish
from lienthong.disclosure.publishing import _Chance
from tests.unit.disclosure.support import cell

WORLDS = 5_000
# Of each bound to be broken by an unbiased publisher: one in a billion (Bernstein's inequality).
_LOG = log(2 / 1e-9)


def _bound(variance: float, most: float, worlds: int) -> float:
    return sqrt(2 * variance * _LOG / worlds) + 2 * most * _LOG / (3 * worlds)


def _secret(world: int) -> bytes:
    return world.to_bytes(32, "big")


@pytest.mark.parametrize("number", [1, 5, 10, 12, 15, 18, 60])
def test_a_count_is_right_on_average_and_as_far_off_as_stated(number: int) -> None:
    chosen = Parameters()
    errors = [publish(chosen, _secret(world), cell(number)).counted - number for world in range(WORLDS)]
    variance = float(count_variance(chosen, number))
    assert abs(fmean(errors)) <= _bound(variance, chosen.small_value, WORLDS)
    assert fmean(error * error for error in errors) == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize("value", [5, 13, 18])
def test_a_small_cell_counts_in_exactly_as_many_draws_as_it_has_contributors(value: int) -> None:
    """No statistics: every draw, once. Of value draws, `number` make it count the value."""
    draws = [(who, now) for who in range(value) for now in range(value // 2)]
    small = [_Chance((0,), (who, 0), (0, now)).small(value) for who, now in draws]
    for number in range(value):
        counted = sum(value if draw < number else 0 for draw in small)
        assert counted == number * len(draws)


@pytest.mark.parametrize("room", range(1, 13))
def test_noise_adds_up_to_nothing_over_every_draw(room: int) -> None:
    half = room // 4
    lasting, fresh = range(2 * half + 1), range(2 * (room - 2 * half) + 1)
    drawn = [
        _Chance((0, place), (0, who), (0, 0, now)).noise(room)
        for place in lasting
        for who in lasting
        for now in fresh
    ]
    assert sum(drawn) == 0
    assert (min(drawn), max(drawn)) == (-room, room)


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("number", [3, 14, 40])
def test_an_amount_is_right_on_average(number: int, listed: bool) -> None:
    chosen = Parameters()
    each = 1_000
    money = {"amounts": (each * number,), "squares": (each * each * number,), "listed": listed}
    amounts = [publish(chosen, _secret(world), cell(number, **money)).amounts[0] for world in range(WORLDS)]
    most = 2 * each * chosen.small_value
    noise = 0.077 * each * each * number
    proportion = each * each * float(count_variance(chosen, number)) * (1 + 0.077)
    variance = noise if listed else noise + proportion
    assert abs(fmean(amounts) - each * number) <= _bound(variance, most, WORLDS)


def test_a_total_of_small_and_large_cells_is_within_its_standard_error() -> None:
    """The root mean square of the error of a total, over 400 nations: the formula, to within a tenth."""
    chosen = Parameters()
    numbers = [number for number in range(40) for _ in range(4)]
    nation = [cell(number, coordinates=(str(place),)) for place, number in enumerate(numbers)]

    def error(world: int) -> int:
        return sum(publish(chosen, _secret(world), one).counted for one in nation) - sum(numbers)

    errors = [error(world) for world in range(400)]
    stated = sqrt(sum(count_variance(chosen, number) for number in numbers))
    assert sqrt(fmean(e * e for e in errors)) == pytest.approx(stated, rel=0.1)
    assert abs(fmean(errors)) < 5 * stated / sqrt(len(errors))


@pytest.mark.parametrize(("least", "noise"), [(3, 2), (3, 12), (10, 5), (25, 7)])
def test_other_parameters_have_no_bias_either(least: int, noise: int) -> None:
    chosen = Parameters(minimum_frequency=least, noise=noise)
    for number in (1, least, least + 1, least + noise // 2, least + noise):
        one: BaseCell = cell(number)
        mean = fmean(publish(chosen, _secret(world), one).counted for world in range(2_000))
        assert abs(mean - number) <= _bound(float(count_variance(chosen, number)), chosen.small_value, 2_000)
