"""Sharing a round trip: bounds, order, and that nobody pays for a neighbour."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.rpc.coalesce import Coalescer, Item, Overloaded, TooLate


class Recorder:
    """A sender that notes its batches and can be held back."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, items: Sequence[Item[int]]) -> list[int | Exception]:
        self.batches.append([item.request for item in items])
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.gate.wait()
        self.under_way -= 1
        return [ValueError(str(i.request)) if i.request < 0 else i.request * 10 for i in items]


def later() -> float:
    return asyncio.get_running_loop().time() + 60


async def until_sent(recorder: Recorder, batches: int) -> None:
    while len(recorder.batches) < batches:  # noqa: ASYNC110 - one turn of the loop each, no time passes
        await asyncio.sleep(0)


async def test_calls_of_one_turn_of_the_loop_share_one_batch() -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send)
    answers = await asyncio.gather(*(shared.submit(n, deadline=later()) for n in range(50)))
    assert answers == [n * 10 for n in range(50)]
    assert recorder.batches == [list(range(50))]


async def test_what_arrives_while_batches_are_under_way_gathers_and_leaves_together() -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send, max_in_flight=1)
    recorder.gate.clear()
    first = shared.submit(1, deadline=later())
    await until_sent(recorder, 1)
    rest = [shared.submit(n, deadline=later()) for n in (2, 3, 4)]
    assert shared.queued == 3
    recorder.gate.set()
    assert await asyncio.gather(first, *rest) == [10, 20, 30, 40]
    assert recorder.batches == [[1], [2, 3, 4]]


async def test_a_failing_item_leaves_its_neighbours_alone() -> None:
    shared: Coalescer[int, int] = Coalescer(Recorder().send)
    answers = await asyncio.gather(
        *(shared.submit(n, deadline=later()) for n in (1, -2, 3)), return_exceptions=True
    )
    assert answers[0] == 10
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 30


async def test_a_cancelled_caller_does_not_cancel_the_batch() -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send)
    recorder.gate.clear()
    gone, stays = shared.submit(1, deadline=later()), shared.submit(2, deadline=later())
    await until_sent(recorder, 1)
    gone.cancel()
    recorder.gate.set()
    assert await stays == 20
    assert gone.cancelled()


async def test_a_caller_cancelled_before_the_batch_leaves_is_not_sent() -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send)
    gone, stays = shared.submit(1, deadline=later()), shared.submit(2, deadline=later())
    gone.cancel()
    assert await stays == 20
    assert recorder.batches == [[2]]


async def test_a_failed_batch_fails_its_own_items_and_the_next_batch_is_sent() -> None:
    calls = 0

    async def send(items: Sequence[Item[int]]) -> list[int | Exception]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConnectionError
        return [item.request for item in items]

    shared: Coalescer[int, int] = Coalescer(send)
    with pytest.raises(ConnectionError):
        await shared.submit(1, deadline=later())
    assert await shared.submit(2, deadline=later()) == 2


async def test_a_full_queue_refuses_and_keeps_what_it_has() -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send, max_queued=2)
    kept = [shared.submit(n, deadline=later()) for n in (1, 2)]
    with pytest.raises(Overloaded):
        shared.submit(3, deadline=later())
    assert await asyncio.gather(*kept) == [10, 20]


async def test_an_item_past_its_deadline_is_not_sent() -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send)
    late = shared.submit(1, deadline=asyncio.get_running_loop().time() - 1)
    good = shared.submit(2, deadline=later())
    with pytest.raises(TooLate):
        await late
    assert await good == 20
    assert recorder.batches == [[2]]


async def test_an_answer_of_the_wrong_length_fails_the_batch_and_not_the_process() -> None:
    async def send(_items: Sequence[Item[int]]) -> list[int | Exception]:
        return [1]

    shared: Coalescer[int, int] = Coalescer(send)
    answers = await asyncio.gather(
        *(shared.submit(n, deadline=later()) for n in (1, 2)), return_exceptions=True
    )
    assert all(isinstance(answer, ValueError) for answer in answers)


@pytest.mark.parametrize("max_batch", [1, 3, 200])
async def test_drain_waits_for_everything_submitted(max_batch: int) -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send, max_batch=max_batch, max_in_flight=1)
    futures = [shared.submit(n, deadline=later()) for n in range(5)]
    await shared.drain()
    assert all(future.done() for future in futures)


@settings(max_examples=50, deadline=None)
@given(
    items=st.lists(st.integers(-20, 20), max_size=60),
    max_batch=st.integers(1, 9),
    max_in_flight=st.integers(1, 4),
)
def test_every_item_gets_its_own_outcome_within_the_bounds(
    items: list[int], max_batch: int, max_in_flight: int
) -> None:
    async def run() -> None:
        recorder = Recorder()
        shared: Coalescer[int, int] = Coalescer(
            recorder.send, max_batch=max_batch, max_in_flight=max_in_flight
        )
        outcomes = await asyncio.gather(
            *(shared.submit(n, deadline=later()) for n in items), return_exceptions=True
        )
        for item, outcome in zip(items, outcomes, strict=True):
            assert isinstance(outcome, ValueError) if item < 0 else outcome == item * 10
        assert all(len(batch) <= max_batch for batch in recorder.batches)
        assert recorder.most_under_way <= max_in_flight
        assert [n for batch in recorder.batches for n in batch] == items

    asyncio.run(run())


async def test_an_item_under_way_fails_at_its_own_deadline_and_its_neighbours_do_not() -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send)
    recorder.gate.clear()
    hurried = shared.submit(1, deadline=asyncio.get_running_loop().time() + 0.05)
    patient = shared.submit(2, deadline=later())
    with pytest.raises(TooLate):
        await hurried
    recorder.gate.set()
    assert await patient == 20
    assert recorder.batches == [[1, 2]]


async def test_with_a_pause_the_first_leaves_at_once_and_those_after_it_together() -> None:
    recorder, loop = Recorder(), asyncio.get_running_loop()
    shared: Coalescer[int, int] = Coalescer(recorder.send, max_in_flight=1, pause_s=0.5)
    began = loop.time()
    assert await shared.submit(1, deadline=later()) == 10
    assert loop.time() - began < 0.5, "the first waited for a pause"
    second = shared.submit(2, deadline=later())
    await asyncio.sleep(0)
    third = shared.submit(3, deadline=later())
    assert list(await asyncio.gather(second, third)) == [20, 30]
    assert loop.time() - began >= 0.5
    assert recorder.batches == [[1], [2, 3]]


async def test_a_full_batch_does_not_wait_for_the_pause() -> None:
    recorder = Recorder()
    shared: Coalescer[int, int] = Coalescer(recorder.send, max_in_flight=1, max_batch=2, pause_s=30)
    recorder.gate.clear()
    answers = [shared.submit(1, deadline=later())]
    await until_sent(recorder, 1)
    answers += [shared.submit(n, deadline=later()) for n in (2, 3)]
    recorder.gate.set()
    assert list(await asyncio.gather(*answers)) == [10, 20, 30]
