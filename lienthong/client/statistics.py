"""Published figures: which are asked for, and the answer as rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import repeat
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from lienthong.client.answers import Answer, Receipt
from lienthong.client.questions import Asking, Question
from lienthong.statistics.structures import Dataflow

PURPOSE: Final = "statistics"
PARQUET: Final = "application/vnd.apache.parquet"
_ANSWER_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Some figures of a dataflow. ``filters``: codes by dimension, every code of those that are not named.

    Months are YYYY-MM, moments RFC 3339; empty and 0 leave a condition out.
    """

    dataflow: Dataflow
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    from_month: str = ""
    to_month: str = ""
    as_of: str = ""
    updated_after: str = ""
    last_n: int = 0


class Figure(NamedTuple):
    """One figure: its codes in the order of the dimensions, its month, and its value; None where suppressed.

    ``estimated``: it rests on a number of an earlier year.
    """

    codes: tuple[str, ...]
    month: str
    value: int | Decimal | None
    estimated: bool = False


class CodeColumn(msgspec.Struct, frozen=True):
    """The codes of a dimension, and for each figure the place of its own."""

    codes: list[str]
    indexes: list[int]


class Observations(Answer, frozen=True, kw_only=True):
    """The answer, column by column."""

    dimensions: list[str]
    columns: list[CodeColumn]
    values: list[int]
    suppressed: list[int]
    updated_at: list[int] = msgspec.field(default_factory=list)
    watermark: str = ""
    last_updated: str = ""
    lag_ms: int = 0
    decimals: list[int] = msgspec.field(default_factory=list)
    estimated: list[int] = msgspec.field(default_factory=list)
    receipt: Receipt | None = None

    def figures(self) -> Iterator[Figure]:
        """Row by row, sorted by series and month."""
        texts = [[column.codes[n] for n in column.indexes] for column in self.columns]
        rows = zip(*texts, strict=True)
        # Empty where all are 0.
        decimals, estimated = self.decimals or repeat(0), self.estimated or repeat(0)
        told = zip(self.values, self.suppressed, strict=True)
        for codes, (value, suppressed), digits, guessed in zip(rows, told, decimals, estimated, strict=False):
            figure = Decimal(value).scaleb(-digits) if digits else value
            yield Figure(codes[:-1], codes[-1], None if suppressed else figure, bool(guessed))


def observations(selection: Selection, asking: Asking) -> Question:
    """ListObservations of the service that has the dataflow."""
    body: dict[str, Any] = {
        "dataflow": selection.dataflow.id,
        "filters": [{"dimension": d, "codes": list(codes)} for d, codes in selection.filters.items()],
        "fromMonth": selection.from_month,
        "toMonth": selection.to_month,
        "asOf": selection.as_of,
        "updatedAfter": selection.updated_after,
        "lastN": selection.last_n,
    }
    asking = asking if asking.purpose else replace(asking, purpose=PURPOSE)
    return Question(
        path=f"/v1/statistics/{selection.dataflow.service}:observations",
        body={name: value for name, value in body.items() if value},
        asking=asking,
        timeout_s=_ANSWER_S,
    )


def parquet(selection: Selection, language: str, asking: Asking) -> Question:
    """The same figures as an Apache Parquet file (SDMX REST): the answer's body is the file."""
    flow, filters = selection.dataflow, selection.filters
    key = ".".join("+".join(filters.get(dimension, ())) for dimension in flow.order)
    given = {
        "startPeriod": selection.from_month,
        "endPeriod": selection.to_month,
        "asOf": selection.as_of,
        "updatedAfter": selection.updated_after,
        "lastNObservations": selection.last_n,
    }
    query = urlencode({name: value for name, value in given.items() if value})
    return Question(
        path=f"/sdmx/v1/data/{flow.id}/{key}" + (f"?{query}" if query else ""),
        body=None,
        asking=asking if asking.purpose else replace(asking, purpose=PURPOSE),
        timeout_s=_ANSWER_S,
        headers={"accept": PARQUET, "accept-language": language},
    )
