"""The official population as operators load it: a CSV file in, rows of the table ``population``.

    year,area,persons,source,published
    2025,VN,102300000,"Niên giám thống kê 2025, bảng 31",2026-06-30
    2025,VN_01,8780000,"Niên giám thống kê 2025, bảng 31",2026-06-30

A file is taken whole or not at all. Rows that are in the table already, word for word, are left
alone: so the same file twice changes nothing. A row that differs is appended beside the one that it
corrects, which stays for questions about the past.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any, Final, LiteralString, NamedTuple

from psycopg import Connection

from lienthong import fields
from lienthong.client.files import FileProblem, Row, WrongFile, read_lines
from lienthong.statistics.structures import areas as divisions

HEADER: Final = ("year", "area", "persons", "source", "published")
COUNTRY: Final = divisions.COUNTRY
EARLIEST_YEAR: Final = 1990
MOST_PERSONS: Final = 2_000_000_000
LONGEST_SOURCE: Final = 200
_UNLIKE_THE_SUM: Final = 1_000
"""The country may differ from the sum of all its provinces by a thousandth: official figures are rounded."""


@dataclass(frozen=True, slots=True)
class Population:
    """The people of an area in the middle of a year, who says so, and when that was published."""

    year: int
    area: str
    persons: int
    source: str
    published_on: date


class Stored(NamedTuple):
    """What became of the rows of a file."""

    new: int
    """Areas and years of which nothing was known."""
    corrected: int
    unchanged: int


def areas() -> frozenset[str]:
    """The areas whose population can be loaded: the country and its provinces of today."""
    return frozenset({COUNTRY, *divisions.provinces()})


def read(content: bytes, *, today: date) -> list[Population]:
    """What a file says. Raises :class:`WrongFile` with everything that is wrong, by line and field."""
    lines = read_lines(content, HEADER, lambda row: _population(row, today))
    problems = [*_twice(lines.rows, lines.numbers), *_unlike_their_sum(lines.rows, lines.numbers)]
    if problems:
        raise WrongFile(sorted(problems, key=lambda one: one.line))
    return lines.rows


def _population(row: Row, today: date) -> Population:
    published = row.text("published", lambda text: _past_day(text, today))
    return Population(
        year=row.number("year", least=EARLIEST_YEAR, most=today.year, required=True),
        area=row.text("area", _area),
        persons=row.number("persons", least=1, most=MOST_PERSONS, required=True),
        source=row.text("source", _source),
        published_on=date.fromisoformat(published) if published else today,
    )


def _area(text: str) -> str:
    if text not in areas():
        raise fields.WrongField("expected VN or one of the 34 provinces, VN_01 to VN_96")
    return text


def _source(text: str) -> str:
    if len(text) > LONGEST_SOURCE:
        raise fields.WrongField(f"expected at most {LONGEST_SOURCE} characters")
    return text


def _past_day(text: str, today: date) -> str:
    if fields.calendar_day(text) > today:
        raise fields.WrongField("expected a day that is not to come")
    return text


def _twice(rows: Sequence[Population], numbers: Sequence[int]) -> list[FileProblem]:
    first: dict[tuple[int, str], int] = {}
    problems = []
    for row, number in zip(rows, numbers, strict=True):
        known = first.setdefault((row.year, row.area), number)
        if known != number:
            problems.append(
                FileProblem(number, "area", f"{row.area} of {row.year} stands in line {known} already")
            )
    return problems


def _unlike_their_sum(rows: Sequence[Population], numbers: Sequence[int]) -> list[FileProblem]:
    """A year that has the country and every province, which are not the same people: a digit too many somewhere."""
    years: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        years[row.year][row.area] = row.persons
    problems = []
    for row, number in zip(rows, numbers, strict=True):
        parts = years[row.year]
        summed = sum(parts.values()) - parts.get(COUNTRY, 0)
        whole = row.area == COUNTRY and len(parts) == len(areas())
        if whole and _UNLIKE_THE_SUM * abs(summed - row.persons) > row.persons:
            told = f"expected about {summed}, the sum of the provinces of {row.year} in this file"
            problems.append(FileProblem(number, "persons", told))
    return problems


_LOCK: Final[LiteralString] = "LOCK TABLE population IN SHARE ROW EXCLUSIVE MODE"
_KNOWN: Final[LiteralString] = """
SELECT DISTINCT ON (area, year) year, area, persons, source, published_on, loaded_at, loaded_by
FROM population ORDER BY area, year, loaded_at DESC
"""
_ADD: Final[LiteralString] = """
INSERT INTO population (year, area, persons, source, published_on, loaded_by) VALUES (%s, %s, %s, %s, %s, %s)
"""


def store(connection: Connection[Any], rows: Sequence[Population], *, actor: str) -> Stored:
    """Append what is new, in one transaction, as the table's owner; two at once follow each other."""
    with connection.transaction():
        connection.execute(_LOCK)
        known = {(one.year, one.area): one for one in listed(connection)}
        different = [row for row in rows if known.get((row.year, row.area)) != row]
        with connection.cursor() as cursor:
            cursor.executemany(_ADD, [(*astuple(row), actor) for row in different])
    new = sum((row.year, row.area) not in known for row in different)
    return Stored(new, len(different) - new, len(rows) - len(different))


def listed(connection: Connection[Any]) -> list[Population]:
    """What holds now, by area and year."""
    return [Population(*row[:5]) for row in connection.execute(_KNOWN)]
