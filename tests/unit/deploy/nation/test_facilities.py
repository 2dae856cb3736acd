"""Health facilities."""

import re

import pytest

from deploy.nation.facilities import BASIC, COUNTRY_POPULATION, DISTRICT, PROVINCIAL, facilities, ranking
from deploy.nation.geography import LEGACY
from tests.unit.deploy.nation.conftest import Nation


def test_a_code_is_the_old_province_and_three_digits(nation: Nation) -> None:
    successor = {p.code[1:]: p.successor for p in LEGACY}
    codes = [row["code"] for row in nation.tables["facility"]]
    assert len(set(codes)) == len(codes)
    for row in nation.tables["facility"]:
        assert re.fullmatch(r"\d{5}", row["code"])
        assert successor[row["code"][:2]] == row["province_code"]


def test_every_old_province_has_all_three_levels(nation: Nation) -> None:
    found = {(row["code"][:2], row["level"]) for row in nation.tables["facility"]}
    assert len(found) == 63 * 3


def test_the_whole_country_has_some_fourteen_thousand() -> None:
    assert len(facilities(COUNTRY_POPULATION)) == pytest.approx(14_000, rel=0.06)


def test_the_hospital_of_the_story_is_01001(nation: Nation) -> None:
    assert [row["level"] for row in nation.tables["facility"] if row["code"] == "01001"] == ["2"]


def test_former_tier_and_points_say_how_a_facility_was_ranked(nation: Nation) -> None:
    for row in nation.tables["facility"]:
        ranked = row["former_tier"], row["points"], row["provisional"], row["polyclinic"]
        match row["level"]:
            case "1":
                assert ranked in {("4", "\\N", "f", "f"), ("3", "\\N", "f", "t")}
            case "2":
                assert (row["points"] == "\\N") is (row["provisional"] == "t")
                assert row["former_tier"] in {"2", "3", "\\N"}
            case "3":
                assert row["former_tier"] in {"1", "2"}


def test_basic_facilities_have_points_below_and_above_fifty_and_the_first_used_to_be_provincial() -> None:
    ranked = [ranking(BASIC, running) for running in range(1, 30)]
    assert ranked[0] == (PROVINCIAL, 62, "f", "f")
    points = {int(points) for tier, points, *_ in ranked if tier == DISTRICT}
    assert min(points) < 50 < max(points) < 70
