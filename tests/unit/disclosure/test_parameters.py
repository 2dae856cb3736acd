import re
from typing import Any

import pytest
from hypothesis import given

from lienthong.disclosure import Parameters
from tests.unit.disclosure.support import parameters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("minimum_frequency", 2),
        ("minimum_frequency", 0),
        ("minimum_frequency", 1_001),
        ("noise", 1),
        ("noise", 41),
        ("dominance_percent", 0),
        ("dominance_percent", 101),
        ("settle_seconds", 3_599),
        ("settle_seconds", 367 * 86_400),
        ("patience", 0),
        ("patience", 1_001),
    ],
)
def test_a_parameter_out_of_its_bounds_is_refused_by_name(name: str, value: int) -> None:
    changed: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=rf"^{name} must be between \d+ and \d+, not {value}$"):
        Parameters(**changed)


@pytest.mark.parametrize(
    "name", ["minimum_frequency", "noise", "dominance_percent", "settle_seconds", "patience"]
)
@pytest.mark.parametrize("value", [10.0, "10", True, None])
def test_a_parameter_of_another_kind_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{name} must be a whole number")):
        Parameters(**{name: value})


def test_the_lowest_minimum_frequency_is_three() -> None:
    assert Parameters(minimum_frequency=3).minimum_frequency == 3


def test_a_small_cell_counts_more_than_it_can_have() -> None:
    assert Parameters(minimum_frequency=10, noise=8).small_value == 18


@given(parameters())
def test_a_small_cell_seen_to_count_can_still_have_a_protection_width_of_numbers(chosen: Parameters) -> None:
    """Seen to count it has 1 to B - 1 contributors: an interval of at least T, whatever the parameters."""
    assert chosen.small_value - 1 - 1 >= chosen.minimum_frequency
