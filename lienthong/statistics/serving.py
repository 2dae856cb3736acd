"""The servicer of ``ListObservations``, the same in every service: translate, read, translate."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from lienthong import fields
from lienthong.rpc.errors import FieldViolation, InvalidArgument, NotFound, Refusal, Unavailable
from lienthong.statistics import reading
from lienthong.statistics.flows import month_number, month_text
from lienthong.statistics.reading import INDICATOR, TIME_PERIOD, Observations, Query
from vss.statistics.v1 import statistics_pb2 as pb

_ORDER: Final = "ends before it begins"
_AT_ONCE: Final = 2
"""Answers in the making: each may hold megabytes, a connection of the service's few for seconds, and
afterwards the event loop. The next one waits for its turn, until its deadline; other questions do not."""


class Reader(Protocol):
    """Where the figures come from."""

    async def observations(self, query: Query) -> Observations:
        """The answer; raises the exceptions of :mod:`lienthong.statistics.reading`."""
        ...


class StatisticsService:
    """``ListObservations`` over a service's cubes. A service's own servicer class inherits it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def ListObservations(  # noqa: N802 - the contract's name
        self, request: pb.ListObservationsRequest, _context: Any
    ) -> pb.ListObservationsResponse:
        """See the contract."""
        query = to_query(request)
        async with self._turn:
            return to_response(await self._read(query))

    async def _read(self, query: Query) -> Observations:
        try:
            return await self._reader.observations(query)
        except reading.UnknownDataflow:
            raise NotFound("DATAFLOW_UNKNOWN", "this service has no such dataflow") from None
        except reading.NotBuilt:
            raise Unavailable("STATISTICS_BEING_BUILT", "this dataflow is being built") from None
        except reading.UnknownDimension as error:
            where = f"filters[{error}].dimension"
            raise InvalidArgument(FieldViolation(where, "is not a dimension of this dataflow")) from None
        except reading.TooMany:
            raise too_many() from None


def too_many() -> Refusal:
    """More than an answer holds."""
    return Refusal(
        "TOO_MANY_OBSERVATIONS",
        f"an answer holds at most {reading.MOST_OBSERVATIONS:,} observations: ask for fewer series or months",
        code=8,  # RESOURCE_EXHAUSTED
    )


def to_query(request: pb.ListObservationsRequest) -> Query:
    """The question. Raises ``InvalidArgument`` naming the field."""
    if not request.dataflow:
        raise InvalidArgument(FieldViolation("dataflow", "is required"))
    from_month = _month(request.from_month, "from_month")
    to_month = _month(request.to_month, "to_month")
    if from_month is not None and to_month is not None and to_month < from_month:
        raise InvalidArgument(FieldViolation("to_month", _ORDER))
    if request.last_n and request.first_n:
        raise InvalidArgument(FieldViolation("first_n", "cannot stand beside last_n"))
    if request.as_of and request.updated_after:
        raise InvalidArgument(FieldViolation("updated_after", "cannot stand beside as_of"))
    if min(request.last_n, request.first_n) < 0:
        raise InvalidArgument(FieldViolation("last_n", "must not be negative"))
    return Query(
        dataflow=request.dataflow,
        filters=[(one.dimension, frozenset(one.codes)) for one in request.filters if one.codes],
        from_month=from_month,
        to_month=to_month,
        as_of=_moment(request.as_of, "as_of"),
        updated_after=_moment(request.updated_after, "updated_after"),
        last_n=request.last_n,
        first_n=request.first_n,
        keys_only=request.keys_only,
    )


def to_response(found: Observations) -> pb.ListObservationsResponse:
    """The answer, column by column."""
    flow = found.flow
    answer = pb.ListObservationsResponse(
        dimensions=["FREQ", *flow.dimensions, *([INDICATOR] if flow.indicator else []), TIME_PERIOD],
        values=found.values,
        suppressed=found.suppressed,
        updated_at=found.updated_at,
        watermark=_text(found.watermark),
        last_updated="" if found.released_at is None else _text(found.released_at),
        lag_ms=found.lag_ms,
        decimals=found.decimals,
        estimated=found.estimated,
    )
    series = found.series
    answer.columns.add(codes=["M"], indexes=[0] * len(series))
    for place in range(len(flow.dimensions)):
        codes, of_key = _numbered([key[place] for key in found.keys])
        answer.columns.add(codes=codes, indexes=[of_key[one] for one in series])
    if flow.indicator:
        answer.columns.add(codes=found.codes, indexes=found.measures)
    months = sorted(set(found.months))
    of_month = {month: place for place, month in enumerate(months)}
    answer.columns.add(
        codes=[month_text(month) for month in months], indexes=[of_month[month] for month in found.months]
    )
    return answer


def _numbered(codes: Sequence[str]) -> tuple[list[str], list[int]]:
    """The different codes in their order, and for each given one its place among them."""
    different = sorted(set(codes))
    places = {code: place for place, code in enumerate(different)}
    return different, [places[code] for code in codes]


def _month(text: str, field: str) -> int | None:
    if not text:
        return None
    try:
        return month_number(fields.month(text))
    except fields.WrongField as error:
        raise InvalidArgument(FieldViolation(field, str(error))) from None


def _moment(text: str, field: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC before the year 1, or after 9999
        pass
    raise InvalidArgument(FieldViolation(field, "expected a moment with its zone, as 2026-11-22T08:15:30Z"))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
