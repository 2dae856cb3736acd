"""How a process ends what runs for ever."""

import asyncio

from lienthong.rpc.process import end


async def test_work_that_takes_a_cancellation_for_an_error_is_ended_all_the_same() -> None:
    taken_for_errors = 0

    async def work() -> None:
        nonlocal taken_for_errors
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if taken_for_errors == 2:
                    raise
                taken_for_errors += 1

    task = asyncio.create_task(work())
    await asyncio.sleep(0)  # let it begin
    await end(task)
    assert (task.cancelled(), taken_for_errors) == (True, 2)


async def test_work_that_has_ended_is_left_alone() -> None:
    async def work() -> None:
        return

    task = asyncio.create_task(work())
    await task
    await end(task)
    assert not task.cancelled()
