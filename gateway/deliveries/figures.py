"""Published figures as the files of a delivery.

They are asked of the service by the RPC of every pull, so that the same rules of disclosure and the
same bounds hold, masked by the agency's grant as every answer is, and written by the writers of the
SDMX face. Bounds: one answer (200,000 observations) and its files are in memory at a time.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import grpc.aio

from gateway.deliveries.periods import written
from gateway.faces.sdmx import tabular
from gateway.faces.sdmx.data import write_parquet
from gateway.faces.sdmx.keys import filters_of, parse_keys
from gateway.faces.sdmx.message import Head
from gateway.faces.sdmx.queries import DataQuery
from gateway.faces.sdmx.routes import RPCS
from gateway.faces.sdmx.table import Table
from gateway.faces.sdmx.writing import Sheet
from lienthong.access.answers import answer_encoder
from lienthong.deliveries import digest_of
from lienthong.deliveries.verification import CSV, PARQUET
from lienthong.rpc.channels import Caller
from lienthong.statistics.structures import Dataflow
from vss.statistics.v1 import statistics_pb2 as pb

ANSWER_S: Final = 10.0
"""As long as a service works at a call."""
_WRITERS: Final[Mapping[str, tuple[str, Callable[[Sheet], bytes]]]] = {
    "csv": (CSV, tabular.write_plain),
    "parquet": (PARQUET, write_parquet),
}


class UnknownDataflow(Exception):
    """The dataflow that was subscribed to is not published any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a delivery holds. ``classes`` are the classes of data that the grant covers."""

    dataflow: str
    key: str
    period: date
    formats: tuple[str, ...]
    language: str
    classes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a delivery."""

    format: str
    name: str
    media_type: str
    rows: int
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """The figures of a month as files. ``rpc`` gave them, ``rows`` of them."""

    rpc: str
    watermark: datetime
    rows: int
    files: tuple[File, ...]


class Figures:
    """Asks the services for figures, and writes them."""

    def __init__(self, dataflows: Mapping[str, Dataflow], channels: Mapping[str, grpc.aio.Channel]) -> None:
        self._dataflows = dataflows
        self._callers = {
            name: Caller(channel, RPCS[name], pb.ListObservationsResponse)
            for name, channel in channels.items()
        }

    async def pull(self, wanted: Wanted, *, request_id: str, now: datetime) -> Pulled:
        """The files. Raises ``UnknownDataflow``, ``lienthong.rpc.errors.Refusal`` or a ``Problem``."""
        flow = self._dataflows.get(wanted.dataflow)
        if flow is None:
            raise UnknownDataflow
        query = _query(flow, wanted)
        call = self._callers[flow.service]
        answer: Any = await call(
            request_of(query), timeout=ANSWER_S, metadata=(("x-request-id", request_id),)
        )
        head = Head.now(request_id, now.timestamp())
        # In a thread: a stop is heard meanwhile.
        files, rows = await asyncio.to_thread(_files, query, wanted, answer, head)
        return Pulled(
            rpc=call.rpc, watermark=datetime.fromisoformat(answer.watermark), rows=rows, files=files
        )


def request_of(query: DataQuery) -> pb.ListObservationsRequest:
    """The contract's request for one month of these series."""
    return pb.ListObservationsRequest(
        dataflow=query.flow.id,
        filters=[
            pb.DimensionFilter(dimension=name, codes=sorted(codes)) for name, codes in query.filters.items()
        ],
        from_month=query.from_month,
        to_month=query.to_month,
    )


def _query(flow: Dataflow, wanted: Wanted) -> DataQuery:
    keys = parse_keys(wanted.key or "all", flow, several=True)
    month = written(wanted.period)
    return DataQuery(
        flow=flow,
        interface=2,
        keys=keys if len(keys) > 1 else (),
        filters=filters_of(keys, flow),
        from_month=month,
        to_month=month,
    )


def _files(
    query: DataQuery, wanted: Wanted, answer: pb.ListObservationsResponse, head: Head
) -> tuple[tuple[File, ...], int]:
    values = answer_encoder(type(answer), wanted.classes)(answer)
    table = Table.of(query.flow, values).only(query.keys)
    sheet = Sheet(query=query, table=table, head=head, labels="name", language=wanted.language)
    return tuple(_file(sheet, name) for name in wanted.formats), len(table)


def _file(sheet: Sheet, name: str) -> File:
    media_type, write = _WRITERS[name]
    content = write(sheet)
    return File(
        format=name,
        name=f"{sheet.query.flow.id}-{sheet.query.from_month}.{name}",
        media_type=media_type,
        rows=len(sheet.table),
        sha256=digest_of(content),
        content=content,
    )
