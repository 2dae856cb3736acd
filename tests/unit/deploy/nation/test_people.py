"""The census."""

from dataclasses import fields, replace

import numpy as np
import pytest

from deploy.nation.people import FIRST_RANDOM_ID, PYRAMID, YOUNGEST_WORKER, Census, Walk
from tests.unit.deploy.nation.conftest import POPULATION, Nation


def test_the_same_seed_gives_the_same_people(census: Census, nation: Nation) -> None:
    again = list(replace(census).chunks())
    for chunk, other in zip(nation.people, again, strict=True):
        for field in fields(chunk):
            assert np.array_equal(getattr(chunk, field.name), getattr(other, field.name))


def test_another_seed_gives_other_people(census: Census, nation: Nation) -> None:
    other = next(replace(census, seed=2).chunks())
    assert np.mean(other.personal_id == nation.people[0].personal_id) < 0.001


def test_person_ids_run_from_100_without_gap(nation: Nation) -> None:
    assert np.array_equal(
        nation.column("person_id"), np.arange(FIRST_RANDOM_ID, FIRST_RANDOM_ID + POPULATION)
    )


def test_ages_follow_the_pyramid(nation: Nation) -> None:
    age = nation.column("age")
    total = sum(percent for percent, _ in PYRAMID)
    for band, (percent, _) in enumerate(PYRAMID[:-4]):
        share = float(np.mean(age // 5 == band))
        # New-Year births of people known by year only move some across the edge of a band.
        assert share == pytest.approx(percent / total, abs=0.007)


def test_women_outlive_men(nation: Nation) -> None:
    age, sex = nation.column("age"), nation.column("sex")
    assert 0.50 < np.mean(sex[age < 15] == 1) < 0.55
    assert 0.30 < np.mean(sex[age >= 80] == 1) < 0.45


def test_only_older_people_are_known_by_year_alone(nation: Nation) -> None:
    age, year_only = nation.column("age"), nation.column("year_only")
    assert age[year_only].min() >= 55
    assert 0.30 < np.mean(year_only[age >= 76]) < 0.46
    for row in nation.tables["person"]:
        assert row["birth_date"] == r"\N" or row["birth_date"][:4] == row["birth_year"]


def test_nobody_is_born_after_the_day_of_the_census(census: Census, nation: Nation) -> None:
    assert nation.column("birth_day").max() <= census.calendar.day


def test_about_a_fifth_work_and_none_of_them_is_a_child(nation: Nation) -> None:
    walk, age = nation.column("walk"), nation.column("age")
    works = np.isin(walk, [Walk.EMPLOYEE, Walk.CIVIL_SERVANT])
    assert 0.175 < np.mean(works) < 0.215
    assert age[works].min() >= YOUNGEST_WORKER


def test_walks_of_life_fit_the_age(nation: Nation) -> None:
    walk, age = nation.column("walk"), nation.column("age")
    assert set(walk[age < 6].tolist()) == {Walk.INFANT}
    assert set(walk[(age >= 6) & (age < 18)].tolist()) == {Walk.PUPIL}
    assert age[walk == Walk.STUDENT].max() < 23
    assert age[walk == Walk.PENSIONER].min() >= 57
