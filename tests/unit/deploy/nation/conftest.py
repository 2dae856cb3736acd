"""One small nation for all unit tests: people, names, and the rows of every table."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from deploy.nation.calendar import Calendar
from deploy.nation.names import NameBook
from deploy.nation.people import Census, People
from deploy.nation.rows import Author
from deploy.nation.tables import DATABASES, STAGED, TABLES

AS_OF = date(2026, 11, 22)
POPULATION = 60_000
"""More than one chunk."""

Row = dict[str, str]


@dataclass(frozen=True)
class Nation:
    """A nation in memory."""

    people: list[People]
    names: NDArray[np.object_]
    keys: NDArray[np.object_]
    tables: dict[str, list[Row]]

    def column(self, name: str) -> NDArray[np.int64]:
        """One attribute of all random people."""
        return np.concatenate([getattr(chunk, name) for chunk in self.people])


def parsed(table: str, text: str) -> list[Row]:
    """COPY text as rows; fails on a row with too many or too few columns."""
    columns = next(tables[table] for tables in (*TABLES.values(), STAGED) if table in tables)
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in text.splitlines()]


@pytest.fixture(scope="session")
def census() -> Census:
    """Who lives in it."""
    return Census(population=POPULATION, seed=1, calendar=Calendar(AS_OF))


@pytest.fixture(scope="session")
def nation(census: Census) -> Nation:
    """Everything that would be loaded."""
    people, book = list(census.chunks()), NameBook()
    drawn = [census.names(chunk, book) for chunk in people]
    author = Author(census, DATABASES)
    texts = {table: [text] for rows in author.opening().values() for table, text in rows.items()}
    for _, chapter in author.chapters():
        for rows in chapter.values():
            for table, text in rows.items():
                texts[table].append(text)
    return Nation(
        people=people,
        names=np.concatenate([names for names, _ in drawn]),
        keys=np.concatenate([keys for _, keys in drawn]),
        tables={table: parsed(table, "".join(parts)) for table, parts in texts.items()},
    )
