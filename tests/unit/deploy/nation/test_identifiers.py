"""Personal IDs and social-insurance numbers."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.nation.geography import LEGACY
from deploy.nation.identifiers import (
    _MULTIPLIERS,
    PERSONAL_ID_SPACE,
    RESERVED,
    SI_SPACE,
    Numbering,
    NumbersExhaustedError,
    digits,
    ranks,
)
from tests.unit.deploy.nation.conftest import Nation

PERSONAL_ID = re.compile(r"(?P<province>\d{3})(?P<century_sex>\d)(?P<yy>\d{2})(?P<running>\d{6})")


def test_every_personal_id_tells_a_province_the_sex_and_the_year_of_birth(nation: Nation) -> None:
    provinces = {p.code for p in LEGACY}
    for row in nation.tables["person"]:
        found = PERSONAL_ID.fullmatch(row["personal_id"])
        assert found is not None
        assert found["province"] in provinces
        century_sex, sex = int(found["century_sex"]), int(row["sex"])
        assert century_sex % 2 == sex - 1
        assert 1900 + century_sex // 2 * 100 + int(found["yy"]) == int(row["birth_year"])


def test_no_two_people_share_an_identifier(nation: Nation) -> None:
    for table in ("person_identifier", "holder_identifier"):
        identifiers = [row["identifier"] for row in nation.tables[table]]
        assert len(set(identifiers)) == len(identifiers)


def test_every_person_is_found_by_both_identifiers(nation: Nation) -> None:
    found = {row["identifier"]: row["person_id"] for row in nation.tables["person_identifier"]}
    assert len(found) == 2 * len(nation.tables["person"])
    for row in nation.tables["person"]:
        assert found[row["personal_id"]] == found[row["si_number"]] == row["person_id"]


def test_the_lowest_hundred_numbers_of_a_prefix_belong_to_the_cast(nation: Nation) -> None:
    for row in nation.tables["person"]:
        reserved = int(row["personal_id"][6:]) < RESERVED
        assert reserved == (int(row["person_id"]) < 100)


@pytest.mark.parametrize("space", [PERSONAL_ID_SPACE, 99_900])
def test_a_prefix_gives_every_free_number_once_and_then_refuses(space: int) -> None:
    numbering = Numbering(np.random.default_rng(5), prefixes=3, space=space)
    halves = [numbering.take(np.full(count, 1)) for count in (space // 2, space - space // 2)]
    assert np.array_equal(np.sort(np.concatenate(halves)), np.arange(RESERVED, RESERVED + space))
    with pytest.raises(NumbersExhaustedError):
        numbering.take(np.array([1]))


def test_the_steps_divide_no_space() -> None:
    for space in (PERSONAL_ID_SPACE, SI_SPACE):
        assert set(np.gcd(_MULTIPLIERS, space).tolist()) == {1}


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=30), min_size=1, max_size=4))
def test_ranks_count_what_came_before_in_all_calls(calls: list[list[int]]) -> None:
    counters = np.zeros(5, dtype=np.int64)
    seen = [0] * 5
    for keys in calls:
        expected = []
        for key in keys:
            expected.append(seen[key])
            seen[key] += 1
        assert ranks(np.array(keys), counters).tolist() == expected
    assert counters.tolist() == seen


def test_digits_keep_leading_zeros() -> None:
    assert digits(np.array([7, 1190000017]), 12).tolist() == ["000000000007", "001190000017"]
