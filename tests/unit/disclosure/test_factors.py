from fractions import Fraction
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from lienthong.disclosure import amount_factor, factored
from tests.unit.disclosure.support import SECRET, secrets

contributors = st.integers(0, 2**63 - 1)
money = st.integers(-(10**15), 10**15)


@given(secrets, contributors)
def test_a_factor_is_never_near_one(secret: bytes, contributor: int) -> None:
    distance = abs(amount_factor(secret, contributor) - 1)
    assert Fraction(1, 10) <= distance <= Fraction(1, 5)


@given(secrets, contributors, money)
def test_an_amount_enters_with_its_factor_to_the_next_whole_number(
    secret: bytes, contributor: int, amount: int
) -> None:
    exact = amount * amount_factor(secret, contributor)
    assert abs(factored(secret, contributor, amount) - exact) < 1


@given(secrets, contributors, money)
def test_what_was_added_can_be_taken_out_exactly(secret: bytes, contributor: int, amount: int) -> None:
    assert factored(secret, contributor, amount) + factored(secret, contributor, -amount) == 0
    assert factored(secret, contributor, amount) == factored(secret, contributor, amount)


def test_factors_are_one_on_average() -> None:
    factors = [float(amount_factor(SECRET, contributor)) for contributor in range(20_000)]
    # The standard deviation of a factor is 0.153: five standard errors.
    assert abs(fmean(factors) - 1) < 5 * 0.153 / 20_000**0.5
    assert 0.48 < fmean(factor > 1 for factor in factors) < 0.52


def test_a_measure_of_ones_keeps_its_sum() -> None:
    entered = [factored(SECRET, contributor, 1) for contributor in range(20_000)]
    assert set(entered) == {0, 1, 2}
    # A one becomes 0, 1 or 2, with a variance of at most 0.17: five standard errors.
    assert abs(fmean(entered) - 1) < 5 * (0.17 / 20_000) ** 0.5
