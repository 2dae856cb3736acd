"""The masked answer of ListObservations as columns, and in the order in which it is written."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import compress
from typing import Any, Final, Self

from gateway.faces.sdmx.keys import Key
from gateway.problems import Problem
from lienthong.statistics.structures import TIME, Dataflow

FREE: Final = 0
SUPPRESSED: Final = 1
ESTIMATED: Final = 2
STATUSES: Final = ("A", "Q", "E")
"""OBS_STATUS of each of these."""
CONFIDENTIALITY: Final = ("F", "C", "F")
"""CONF_STATUS of each of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One place an observation in every list.

    ``codes`` has the codes that occur in each dimension of ``dimensions`` (the last is
    TIME_PERIOD), ``indexes`` which of them each observation has; ``values`` are numbers as
    they are written, ``states`` say how each came about, ``updated_at`` seconds since 1970 as written.
    """

    flow: Dataflow
    dimensions: tuple[str, ...]
    codes: tuple[list[str], ...]
    indexes: tuple[list[int], ...]
    values: list[str]
    states: list[int]
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
            values=_pointed(answer["values"], answer.get("decimals")),
            states=_states(answer["suppressed"], answer.get("estimated")),
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
            states=list(compress(self.states, chosen)),
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
            states=[self.states[n] for n in order],
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
        state.update(bytes(self.states))
        state.update(",".join(self.updated_at).encode())
        return state.digest()


def _pointed(values: list[str], decimals: Sequence[int] | None) -> list[str]:
    """The numbers as they are written: with so many digits behind the point."""
    if not decimals:
        return values
    return [_with_point(value, digits) for value, digits in zip(values, decimals, strict=True)]


def _with_point(value: str, digits: int) -> str:
    """``9235`` with 2 as ``92.35``. Shares are never negative."""
    if not digits:
        return value
    whole = value.rjust(digits + 1, "0")
    return f"{whole[:-digits]}.{whole[-digits:]}"


def _states(suppressed: list[int], estimated: Sequence[int] | None) -> list[int]:
    if not estimated:
        return suppressed
    return [
        SUPPRESSED if hidden else ESTIMATED if guessed else FREE
        for hidden, guessed in zip(suppressed, estimated, strict=True)
    ]


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
