"""Provinces and where people live."""

from collections import Counter

import pytest

from deploy.nation.geography import LEGACY, PROVINCES, legacy_shares
from tests.unit.deploy.nation.conftest import Nation


def test_sixty_three_old_provinces_make_thirty_four_new_ones() -> None:
    assert len(LEGACY) == len({p.code for p in LEGACY}) == 63
    assert len(PROVINCES) == 34
    assert {p.successor for p in LEGACY} == {p.code for p in PROVINCES}


def test_a_new_province_has_the_share_of_its_population() -> None:
    total = sum(p.population for p in PROVINCES)
    shares = dict.fromkeys([p.code for p in PROVINCES], 0.0)
    for legacy, share in zip(LEGACY, legacy_shares(), strict=True):
        shares[legacy.successor] += share
    for province in PROVINCES:
        assert shares[province.code] == pytest.approx(province.population / total)


def test_people_live_where_the_nation_lives(nation: Nation) -> None:
    total = sum(p.population for p in PROVINCES)
    living = Counter(row["province_code"] for row in nation.tables["person"])
    people = len(nation.tables["person"])
    for province in PROVINCES:
        expected = province.population / total
        spread = 5 * (expected * (1 - expected) / people) ** 0.5
        assert living[province.code] / people == pytest.approx(expected, abs=spread)
