"""The population of a nation is its people, the cast included, in the middle of each year."""

from collections import Counter
from datetime import date

from deploy.nation.calendar import Calendar, day_number
from deploy.nation.cast import cast
from deploy.nation.geography import atlas
from deploy.nation.people import Census
from deploy.nation.population import PopulationBook

AS_OF = date(2026, 11, 22)


def told(book: PopulationBook) -> dict[tuple[int, str], int]:
    rows = [row.split("\t") for row in book.rows().splitlines()]
    return {(int(year), area): int(persons) for year, area, persons, *_ in rows}


def test_everybody_is_counted_where_she_lives_once_she_is_born() -> None:
    census = Census(population=5_000, seed=3, calendar=Calendar(AS_OF))
    book, expected = PopulationBook(census.calendar), Counter[tuple[int, str]]()
    provinces = atlas().province
    for people in census.chunks():
        book.add(people)
        for home, born in zip(people.home.tolist(), people.birth_day.tolist(), strict=True):
            expected.update(
                (y, f"VN_{provinces[home]}") for y in range(2021, 2027) if born < day_number(date(y, 7, 1))
            )
    for member in cast(AS_OF):
        born = member.born if len(member.born) > 4 else f"{member.born}-01-01"
        expected.update((y, f"VN_{member.province_code}") for y in range(2021, 2027) if born < f"{y}-07-01")
    for (year, _), persons in list(expected.items()):
        expected[year, "VN"] += persons
    assert told(book) == +expected


def test_a_year_whose_middle_is_to_come_has_no_population_yet() -> None:
    assert {year for year, _ in told(PopulationBook(Calendar(date(2026, 6, 30))))} == set(range(2021, 2026))
    assert {year for year, _ in told(PopulationBook(Calendar(date(2026, 7, 1))))} == set(range(2021, 2027))
