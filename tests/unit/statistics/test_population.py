"""A file of populations is taken whole or not at all, and says where it is wrong."""

from datetime import date

import pytest

from lienthong.client.files import WrongFile
from lienthong.statistics import population
from lienthong.statistics.population import Population

TODAY = date(2026, 11, 30)
HEAD = "year,area,persons,source,published\n"
LINE = "2025,VN_01,8780000,Niên giám thống kê 2025,2026-06-30\n"


def read(text: str) -> list[Population]:
    return population.read(text.encode(), today=TODAY)


def problems(text: str) -> list[tuple[int, str]]:
    """(line, field) of everything that is wrong."""
    with pytest.raises(WrongFile) as refused:
        read(text)
    return [(one.line, one.field) for one in refused.value.problems]


def test_a_line_is_the_people_of_an_area_in_a_year_with_who_says_so() -> None:
    assert read(HEAD + LINE) == [
        Population(2025, "VN_01", 8_780_000, "Niên giám thống kê 2025", date(2026, 6, 30))
    ]


def test_a_vietnamese_spreadsheet_is_read_too() -> None:
    assert read("\ufeff" + (HEAD + LINE).replace(",", ";")) == read(HEAD + LINE)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("1989,VN,1,x,2026-06-30", "year"),
        ("2027,VN,1,x,2026-06-30", "year"),
        ("2025,VN_99,1,x,2026-06-30", "area"),
        ("2025,VNF_024,1,x,2026-06-30", "area"),
        ("2025,_U,1,x,2026-06-30", "area"),
        ("2025,VN,0,x,2026-06-30", "persons"),
        ("2025,VN,8.780,x,2026-06-30", "persons"),
        ("2025,VN,-5,x,2026-06-30", "persons"),
        ("2025,VN,1,,2026-06-30", "source"),
        (f"2025,VN,1,{'x' * 201},2026-06-30", "source"),
        ("2025,VN,1,x,30/06/2026", "published"),
        ("2025,VN,1,x,2026-12-01", "published"),
        ("2025,VN,1,x,", "published"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_field(line: str, field: str) -> None:
    assert problems(f"{HEAD}{LINE}{line}\n") == [(3, field)]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert problems(f"{HEAD}2025,VN,0,x,2026-06-30\n2025,VN_1,5,,2026-06-30\n") == [
        (2, "persons"),
        (3, "area"),
        (3, "source"),
    ]


def test_an_area_stands_once_in_a_year() -> None:
    assert problems(HEAD + LINE + LINE.replace("2025,", "2024,") + LINE) == [(4, "area")]


def nation(whole: int) -> str:
    """The country and 1,000,000 people in each province."""
    rows = [(area, whole if area == "VN" else 1_000_000) for area in sorted(population.areas())]
    return HEAD + "".join(f"2025,{area},{persons},x,2026-06-30\n" for area, persons in rows)


def test_the_country_is_its_provinces_but_for_rounding() -> None:
    assert len(read(nation(34_000_000))) == 35
    assert len(read(nation(34_030_000))) == 35
    assert problems(nation(340_000_000)) == [(2, "persons")]
    assert problems(nation(33_000_000)) == [(2, "persons")]


def test_a_year_with_some_provinces_alone_is_not_held_against_the_country() -> None:
    assert len(read(f"{HEAD}{LINE}2025,VN,102300000,x,2026-06-30\n")) == 2


@pytest.mark.parametrize("text", ["", HEAD, "year,area,persons\n2025,VN,1\n", HEAD + "2025,VN\n"])
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(WrongFile):
        read(text)
