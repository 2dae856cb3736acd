"""What the writers of data share: what is written of an answer, and how series are found in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from gateway.faces.sdmx.message import Head
from gateway.faces.sdmx.queries import DataQuery
from gateway.faces.sdmx.table import CONFIDENTIALITY, STATUSES, Table, time_of
from lienthong.statistics.structures import TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """An answer about to be written, in the order in which it is written."""

    query: DataQuery
    table: Table
    head: Head
    labels: str = "id"
    """``id``, ``both`` or ``name``: of the CSV formats."""
    language: str = "vi"

    @property
    def at_observation(self) -> str:
        """The dimension that the observations of a series differ in; series without observations have time there."""
        return TIME if self.query.is_flat or not self.query.observations else self.query.at_observation

    @property
    def is_flat(self) -> bool:
        """Whether observations stand in no series."""
        return self.query.is_flat and self.query.observations

    @property
    def unit_of_series(self) -> bool:
        """Whether the unit is said once for a series: always, unless its observations differ in more than time."""
        return "UNIT_MEASURE" in self.query.attributes and self.at_observation == TIME and not self.is_flat

    @property
    def unit_of_observation(self) -> bool:
        """Whether each observation says its unit."""
        return "UNIT_MEASURE" in self.query.attributes and not self.unit_of_series

    def watermark(self) -> str:
        """The attribute of the whole; empty when it is not wanted, or unknown."""
        return self.table.watermark if "WATERMARK" in self.query.attributes else ""


class Row(NamedTuple):
    """One observation: its series and place in it as positions, and what it says."""

    key: tuple[int, ...]
    at: int
    value: str
    state: int
    updated_at: str
    unit: str


def rows(sheet: Sheet, place: int | None) -> Iterator[Row]:
    """The observations; ``place`` is the dimension that a series' observations differ in, None for flat ones."""
    table = sheet.table
    count = len(table)
    others = [column for number, column in enumerate(table.indexes) if number != place]
    at = table.indexes[place] if place is not None else [0] * count
    keys = zip(*others, strict=True)
    made = zip(keys, at, table.values, table.states, table.updated_at, table.units(), strict=True)
    return map(Row._make, made)


def attributes_of(sheet: Sheet, state: int, updated_at: str, unit: str) -> list[tuple[str, str]]:
    """The attributes of an observation, in their order."""
    wanted = sheet.query.attributes
    found = [
        ("UNIT_MEASURE", unit if sheet.unit_of_observation else ""),
        ("OBS_STATUS", STATUSES[state]),
        ("CONF_STATUS", CONFIDENTIALITY[state]),
        ("LAST_UPDATE", time_of(updated_at)),
    ]
    return [(name, text) for name, text in found if name in wanted and text]


@lru_cache(maxsize=4096)
def quoted(text: str) -> str:
    """As an attribute's value in XML, with its quotation marks. For codes, of which there are few."""
    return quoteattr(text)
