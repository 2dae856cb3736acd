"""Figures for tests: answers of ListObservations by rule, as the services give them."""

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from google.protobuf import json_format

from lienthong.access.contract import Contract, load_contract
from lienthong.statistics.structures import TIME, Dataflow, catalogue
from vss.contributions.v1 import statistics_pb2 as of_contributions
from vss.health_claims.v1 import statistics_pb2 as of_health_claims
from vss.identity.v1 import statistics_pb2 as of_identity
from vss.statistics.v1 import statistics_pb2 as pb

WATERMARK = "2026-11-28T05:30:00.250Z"
LAST_UPDATED = "2026-11-28T05:29:58Z"
# 2026-11-01T00:00:00Z, and a second a month.
UPDATED_AT = 1_793_491_200


def contract() -> Contract:
    """The statistics of every service, whichever are published already."""
    return load_contract(m.DESCRIPTOR for m in (of_contributions, of_health_claims, of_identity))


def request_of(body: Mapping[str, Any]) -> pb.ListObservationsRequest:
    """The contract's request of a JSON body."""
    return json_format.ParseDict(dict(body), pb.ListObservationsRequest())


def months(first: str, last: str) -> list[str]:
    """Every month from the first to the last."""
    year, month = int(first[:4]), int(first[5:])
    found = []
    while f"{year:04}-{month:02}" <= last:
        found.append(f"{year:04}-{month:02}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def value_at(codes: Sequence[str]) -> int:
    """The figure of a cell: the same for the same codes, some of them small."""
    return sum(ord(c) * (n + 1) for n, c in enumerate("".join(codes))) % 97


def suppressed_at(value: int) -> bool:
    """What is under the minimum frequency."""
    return value < 10


def whole(
    flow: Dataflow,
    periods: Sequence[str],
    *,
    areas: int = 6,
    filters: Mapping[str, Collection[str]] | None = None,
) -> list[tuple[str, ...]]:
    """Every cell of a flow in the order of answers, of the first so many areas, that the filters leave."""
    codes: list[Sequence[str]] = []
    for dimension in flow.order:
        known = flow.allowed(dimension)[:areas] if dimension == "REF_AREA" else flow.allowed(dimension)
        wanted = (filters or {}).get(dimension)
        codes.append([code for code in known if wanted is None or code in wanted])
    return list(itertools.product(*codes, periods))


def answer(flow: Dataflow, cells: Iterable[tuple[str, ...]]) -> pb.ListObservationsResponse:
    """The response that holds these cells."""
    dimensions = (*flow.order, TIME)
    places: list[dict[str, int]] = [{} for _ in dimensions]
    indexes: list[list[int]] = [[] for _ in dimensions]
    values, suppressed, updated, decimals, estimated = [], [], [], [], []
    for cell in cells:
        for number, code in enumerate(cell):
            indexes[number].append(places[number].setdefault(code, len(places[number])))
        value = value_at(cell)
        small = suppressed_at(value)
        values.append(0 if small else value)
        suppressed.append(int(small))
        updated.append(UPDATED_AT + int(cell[-1][5:]))
        decimals.append(flow.decimals.get(cell[-2], 0))
        estimated.append(int(bool(flow.share_of) and cell[-1] > "2026-01" and not small))
    return pb.ListObservationsResponse(
        dimensions=dimensions,
        columns=[pb.CodeColumn(codes=list(p), indexes=i) for p, i in zip(places, indexes, strict=True)],
        values=values,
        suppressed=suppressed,
        updated_at=updated,
        watermark=WATERMARK,
        last_updated=LAST_UPDATED,
        lag_ms=250,
        decimals=decimals if any(decimals) else (),
        estimated=estimated if any(estimated) else (),
    )


def responder(
    periods: Sequence[str] = ("2026-01", "2026-02", "2026-03"), *, areas: int = 6
) -> Callable[[Any], pb.ListObservationsResponse]:
    """A service: it heeds filters, months, the numbers of observations, and ``keys_only``."""

    def respond(request: Any) -> pb.ListObservationsResponse:
        flow = catalogue().dataflows[request.dataflow]
        filters = {f.dimension: set(f.codes) for f in request.filters}
        first, last = request.from_month or "0000", request.to_month or "9999"
        within = [period for period in periods if first <= period <= last]
        cells = whole(flow, within, areas=areas, filters=filters)
        return answer(flow, list(_limited(request, cells)))

    return respond


def _limited(request: Any, cells: list[tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    for _, group in itertools.groupby(cells, key=lambda cell: cell[:-1]):
        series = list(group)
        if request.keys_only:
            yield series[0]
        elif request.last_n:
            yield from series[-request.last_n :]
        elif request.first_n:
            yield from series[: request.first_n]
        else:
            yield from series
