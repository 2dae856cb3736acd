"""A dataflow as the worker knows it, months as numbers, and what the secret makes of contributors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product
from typing import Any, Final, LiteralString, TypeAlias

from psycopg import Connection as AnyConnection

from lienthong import disclosure
from lienthong.statistics import definitions
from lienthong.statistics.structures import catalogue

Connection: TypeAlias = AnyConnection[tuple[Any, ...]]

KEY_MODULUS: Final = 2**63
"""Sums of record keys are kept modulo this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A row of ``stat_flow``; the comments there say what each column means."""

    name: str
    dimensions: tuple[str, ...]
    totals: tuple[str, ...]
    measures: tuple[str, ...]
    indicator: bool
    listed: bool
    is_distinct: bool
    repeats: int
    months_kept: int
    first_month: int | None
    opened_through: int | None

    @property
    def function(self) -> str:
        """The beginning of the names of its functions (:mod:`lienthong.statistics.definitions`)."""
        return definitions.named(self.name)

    @property
    def units(self) -> tuple[str, ...]:
        """The unit of each amount, as its structure says; empty where none is published."""
        return _units(self.name, self.measures[1:])

    @property
    def parts(self) -> tuple[int, ...]:
        """How many times smaller than the largest each amount is by its nature (``disclosure.BaseCell.parts``)."""
        return _parts(self.name, self.measures[1:])

    def kin(self, codes: Sequence[str]) -> tuple[str, ...]:
        """The codes without those of dimensions that only split amounts (``disclosure.BaseCell.kin``)."""
        splits = _splits(self.name)
        return tuple(code for name, code in zip(self.dimensions, codes, strict=True) if name not in splits)

    @property
    def amounts(self) -> int:
        """How many amounts a cell has beside its contributors."""
        return len(self.measures) - 1

    def between(self, place: int) -> Mapping[str, str]:
        """What lies between the codes of a dimension and its total: code -> code; empty where nothing does."""
        return _between(self.name, self.dimensions[place])

    def margin_keys(self, codes: Sequence[str]) -> Iterator[str]:
        """The keys of everything that a base cell of these codes stands in: its own first, then every margin's."""
        levels = []
        for place, (code, total) in enumerate(zip(codes, self.totals, strict=True)):
            above = self.between(place).get(code)
            levels.append([one for one in (code, above, total) if one])
        return map(".".join, product(*levels))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How figures are protected: the parameters and the secret, which is in no database."""

    parameters: disclosure.Parameters
    secret: bytes

    def keys(self, contributors: Iterable[int], *, factors: bool) -> Iterator[tuple[int, int, float]]:
        """(contributor, record key, factor of its amounts); without ``factors``, for a flow without amounts, 1."""
        secret = self.secret
        for contributor in contributors:
            key = disclosure.record_key(secret, contributor)
            yield contributor, key, float(disclosure.amount_factor(secret, contributor)) if factors else 1.0


FLOW_COLUMNS: Final[LiteralString] = (
    "f.flow, f.dimensions, f.totals, f.measures, f.indicator, f.listed, f.is_distinct, f.repeats, f.months_kept,"
    " f.first_month, f.opened_through"
)
"""What :func:`flow_of` reads, of ``stat_flow f``."""
_FLOWS: Final[LiteralString] = f"SELECT {FLOW_COLUMNS} FROM stat_flow f ORDER BY f.flow"  # noqa: S608 -- constants


def load(connection: Connection) -> list[Flow]:
    """The dataflows of this database."""
    return [flow_of(row) for row in connection.execute(_FLOWS)]


def flow_of(row: Sequence[Any]) -> Flow:
    """The dataflow of a row that begins with :data:`FLOW_COLUMNS`."""
    return Flow(
        name=row[0],
        dimensions=tuple(row[1]),
        totals=tuple(row[2]),
        measures=tuple(row[3]),
        indicator=row[4],
        listed=row[5],
        is_distinct=row[6],
        repeats=row[7],
        months_kept=row[8],
        first_month=row[9],
        opened_through=row[10],
    )


@cache
def _units(name: str, measures: tuple[str, ...]) -> tuple[str, ...]:
    known = catalogue().dataflows.get(name)
    return () if known is None else tuple(known.units.get(measure, "") for measure in measures)


@cache
def _parts(name: str, measures: tuple[str, ...]) -> tuple[int, ...]:
    known = catalogue().dataflows.get(name)
    return () if known is None else tuple(known.parts.get(measure, 1) for measure in measures)


@cache
def _between(name: str, dimension: str) -> Mapping[str, str]:
    known = catalogue().dataflows.get(name)
    return {} if known is None else known.between(dimension)


@cache
def _splits(name: str) -> tuple[str, ...]:
    known = catalogue().dataflows.get(name)
    return () if known is None else known.splits


def month_number(day: date) -> int:
    """The month of a day as statistics keep it: ``year * 12 + month - 1``."""
    return day.year * 12 + day.month - 1


def month_text(number: int) -> str:
    """``YYYY-MM``."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
