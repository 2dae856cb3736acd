"""A closed loop of calls inside the event loop, for what is not HTTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from benchmarks.rows import Measured

Cpu: TypeAlias = Callable[[], dict[str, float]]


async def closed_loop(
    call: Callable[[], Awaitable[int]],
    *,
    concurrency: int,
    warm_up: float,
    seconds: float,
    cpu: Cpu,
) -> Measured:
    """Keep ``concurrency`` calls under way; each says how many requests it answered.

    A call that raises has failed and is counted, whatever it raised.
    """
    measured = Measured(completed=0, counted=0, seconds=0.0, latencies=[])
    latencies: list[float] = []
    begins = time.perf_counter() + warm_up
    ends = begins + seconds

    async def caller() -> None:
        while (started := time.perf_counter()) < ends:
            try:
                answered = await call()
            except Exception as error:  # noqa: BLE001 -- counted, and shown in red
                measured.failures[type(error).__name__] += 1
                continue
            now = time.perf_counter()
            if begins <= started and now <= ends:
                measured.completed += answered
                latencies.append(now - started)

    async def watch() -> tuple[dict[str, float], dict[str, float]]:
        await asyncio.sleep(warm_up)
        before = cpu()
        await asyncio.sleep(ends - time.perf_counter())
        return before, cpu()

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(caller() for _ in range(concurrency)))
    before, after = await watching
    measured.latencies = latencies
    measured.seconds = seconds
    measured.counted = measured.completed
    measured.cpu = {name: after[name] - before.get(name, 0.0) for name in after}
    return measured
