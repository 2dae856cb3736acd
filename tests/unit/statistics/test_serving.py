"""The servicer of ListObservations: what it refuses, and how much of it is in the making at once."""

import asyncio
from typing import Any, NoReturn

import pytest

from lienthong.rpc.errors import InvalidArgument, Refusal
from lienthong.statistics.reading import Query, TooMany
from lienthong.statistics.serving import StatisticsService, to_query
from vss.statistics.v1 import statistics_pb2 as pb


class Slow:
    """Reads until it is let go, and then finds too much."""

    def __init__(self) -> None:
        self.reading = 0
        self.go = asyncio.Event()

    async def observations(self, _query: Query) -> NoReturn:
        self.reading += 1
        try:
            await self.go.wait()
        finally:
            self.reading -= 1
        raise TooMany


async def test_however_many_ask_two_answers_are_in_the_making() -> None:
    """The others wait for their turn: not with a connection, which a coverage check needs."""
    reader = Slow()
    service = StatisticsService(reader)
    asked: Any = [
        asyncio.create_task(service.ListObservations(pb.ListObservationsRequest(dataflow="DF_X"), None))
        for _ in range(5)
    ]
    await asyncio.wait(asked, timeout=0)
    for _ in range(10):
        await asyncio.sleep(0)
    assert reader.reading == 2
    asked[0].cancel()  # its deadline, for example
    await asyncio.wait(asked[:1])
    await asyncio.sleep(0)
    assert reader.reading == 2, "the next one has its turn"
    reader.go.set()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert all(isinstance(one, Refusal) for one in outcomes[1:])


@pytest.mark.parametrize("field", ["as_of", "updated_after"])
@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-22T08:15:30", "now", "2026-11-22"],
)
def test_a_moment_that_is_none_is_refused_by_its_name(field: str, text: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        to_query(pb.ListObservationsRequest(dataflow="DF_X", **{field: text}))  # type: ignore[arg-type]
    assert [one.field for one in refused.value.fields] == [field]
