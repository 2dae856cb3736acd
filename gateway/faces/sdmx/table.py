"""The masked answer of ListObservations as columns, and in the order in which it is written."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import compress
from typing import Any, Self

from gateway.faces.sdmx.keys import Key
from gateway.problems import Problem
from lienthong.statistics.structures import TIME, Dataflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One place an observation in every list.

    ``codes`` has the codes that occur in each dimension of ``dimensions`` (the last is
    TIME_PERIOD), ``indexes`` which of them each observation has; ``values`` are numbers as
    they are written, ``suppressed`` 0 or 1, ``updated_at`` seconds since 1970 as written.
    """

    flow: Dataflow
    dimensions: tuple[str, ...]
    codes: tuple[list[str], ...]
    indexes: tuple[list[int], ...]
    values: list[str]
    suppressed: list[int]
    updated_at: list[str]
    watermark: str
    last_updated: str

    @classmethod
    def of(cls, flow: Dataflow, answer: Mapping[str, Any]) -> Self:
        """Raises ``scope_denied`` when the masks left no figures, ``KeyError`` for an answer of another flow."""
        if not {"dimensions", "columns", "values", "suppressed", "updatedAt"} <= answer.keys():
            raise Problem("scope_denied", "the grant does not cover results")
        table = cls(
            flow=flow,
            dimensions=tuple(answer["dimensions"]),
            codes=tuple(column["codes"] for column in answer["columns"]),
            indexes=tuple(column["indexes"] for column in answer["columns"]),
            values=answer["values"],
            suppressed=answer["suppressed"],
            updated_at=answer["updatedAt"],
            watermark=answer.get("watermark", ""),
            last_updated=answer.get("lastUpdated", ""),
        )
        if table.dimensions != (*flow.order, TIME):
            raise KeyError(f"{flow.id}: dimensions {table.dimensions}")
        return table

    def __len__(self) -> int:
        return len(self.values)

    def only(self, keys: Sequence[Key]) -> Self:
        """The observations of one of these keys; all of them where there are none."""
        if not keys:
            return self
        wanted = [_places(key, self.codes) for key in keys]
        chosen = [
            any(all(map(set.__contains__, places, row)) for places in wanted)
            for row in zip(*self.indexes[:-1], strict=True)
        ]
        return self._compressed(chosen)

    def _compressed(self, chosen: Sequence[bool]) -> Self:
        return replace(
            self,
            indexes=tuple(list(compress(column, chosen)) for column in self.indexes),
            values=list(compress(self.values, chosen)),
            suppressed=list(compress(self.suppressed, chosen)),
            updated_at=list(compress(self.updated_at, chosen)),
        )

    def ordered_for(self, dimension: str) -> Self:
        """Sorted so that the observations that differ in ``dimension`` alone stand together."""
        if dimension == TIME:
            return self
        place = self.dimensions.index(dimension)
        others = [column for number, column in enumerate(self.indexes) if number != place]
        keys = list(zip(*others, self.indexes[place], strict=True))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return replace(
            self,
            indexes=tuple([column[n] for n in order] for column in self.indexes),
            values=[self.values[n] for n in order],
            suppressed=[self.suppressed[n] for n in order],
            updated_at=[self.updated_at[n] for n in order],
        )

    def units(self) -> list[str]:
        """The unit of each observation."""
        if "INDICATOR" not in self.flow.order:
            return [self.flow.unit()] * len(self)
        place = self.flow.order.index("INDICATOR")
        units = [self.flow.unit(code) for code in self.codes[place]]
        return [units[n] for n in self.indexes[place]]

    def digest(self) -> bytes:
        """Changes when a figure, its status or its time of publication changes; the watermark alone does not."""
        state = blake2b(digest_size=16)
        for codes, indexes in zip(self.codes, self.indexes, strict=True):
            state.update(",".join(codes).encode())
            state.update(array("I", indexes).tobytes())
        state.update(",".join(self.values).encode())
        state.update(bytes(self.suppressed))
        state.update(",".join(self.updated_at).encode())
        return state.digest()


def _places(key: Key, codes: Sequence[Sequence[str]]) -> list[set[int]]:
    """Of each dimension the places of the codes that a key lets through."""
    return [
        {number for number, code in enumerate(found) if not part or code in part}
        for part, found in zip(key, codes, strict=False)
    ]


def time_of(seconds: str) -> str:
    """Seconds since 1970 as RFC 3339; empty for 0."""
    if seconds == "0":
        return ""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
