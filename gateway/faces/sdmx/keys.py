"""Keys: which series, dimension by dimension (SDMX REST 1.5 and 2.0, "Data queries", *key*).

M.VN_24+VN_01..F.    a part for each dimension in its order; empty or ``*`` for every code, ``+`` for one or another
all, *               every series
M.VN..,M.VN_01..     in 2.0 several keys
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from gateway.faces.sdmx.paths import ANY
from gateway.faces.sdmx.refusing import semantic, syntax
from lienthong.statistics.structures import Dataflow

Key: TypeAlias = tuple[frozenset[str], ...]
"""The codes of each dimension; none for every code."""

_MOST_KEYS: Final = 100
_SHOWN: Final = 60


def parse_keys(text: str, flow: Dataflow, *, several: bool) -> tuple[Key, ...]:
    """The keys, none for every series. Raises ``malformed`` and ``invalid_argument``."""
    if text in ANY:
        return ()
    written = text.split(",") if several else [text]
    if len(written) > _MOST_KEYS:
        semantic("key", f"at most {_MOST_KEYS} keys")
    keys = tuple(_parse(one, flow) for one in written)
    return () if any(not any(key) for key in keys) else keys


def _parse(text: str, flow: Dataflow) -> Key:
    parts = text.split(".")
    if len(parts) != len(flow.order):
        semantic("key", f"expected {len(flow.order)} parts with points between: {'.'.join(flow.order)}")
    return tuple(_codes(part, dimension, flow) for part, dimension in zip(parts, flow.order, strict=True))


def _codes(part: str, dimension: str, flow: Dataflow) -> frozenset[str]:
    if part in {"", "*"}:
        return frozenset()
    codes = part.split("+")
    if "" in codes:
        syntax("key", f"{dimension}: an empty code beside a plus sign")
    return known("key", codes, dimension, flow)


def known(field: str, codes: Sequence[str], dimension: str, flow: Dataflow) -> frozenset[str]:
    """The codes as a set. Raises ``invalid_argument`` for one that the dimension has not."""
    allowed = flow.allowed(dimension)
    unknown = next((code for code in codes if code not in allowed), None)
    if unknown is not None:
        semantic(field, f"{dimension} has no code {unknown[:_SHOWN]!r}")
    return frozenset(codes)


def filters_of(keys: Sequence[Key], flow: Dataflow) -> dict[str, frozenset[str]]:
    """The codes of each dimension that every one of the keys lies within."""
    found: dict[str, frozenset[str]] = {}
    for number, dimension in enumerate(flow.order):
        parts = [key[number] for key in keys]
        if parts and all(parts):
            found[dimension] = frozenset().union(*parts)
    return found


def narrowed(
    filters: Mapping[str, frozenset[str]], others: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """What both leave."""
    both = dict(filters)
    for dimension, codes in others.items():
        both[dimension] = both[dimension] & codes if dimension in both else codes
    return both
