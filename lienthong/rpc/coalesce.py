"""Waiting is shared: concurrent callers that need the same kind of thing send one batch.

A caller submits an item and gets a future. A batch leaves once a turn of the loop
has brought nothing new and fewer than ``max_in_flight`` batches are under way;
meanwhile items gather. There is no waiting by the clock: an idle system sends at
once, a busy one sends larger batches. (Only with ``pause_s``, for what is not in a
hurry: that much from one batch to the next, unless it is full.)

Bounds: ``max_batch`` items a batch, ``max_in_flight`` batches, ``max_queued``
items waiting; at the last bound ``submit`` raises ``Overloaded`` and nothing is
queued. An item whose deadline passes fails with ``TooLate``, and is not sent if it
still waits (one timer serves all; an item submitted behind one with a later
deadline may learn of its own by then). One item's failure is its own; a failed batch fails its own items. A
cancelled caller cancels neither the batch nor its neighbours.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Overloaded(Exception):
    """The queue is full; nothing was queued."""


class TooLate(Exception):
    """The item's deadline passed before it could be sent."""


@dataclass(frozen=True, slots=True)
class Item(Generic[Q]):
    """One caller's request on its way: what is asked and until when (loop time, seconds)."""

    request: Q
    deadline: float


class Coalescer(Generic[Q, A]):
    """Gathers items and answers them batch by batch.

    ``send`` gets the items of one batch and returns one outcome for each, in
    order: the answer, or the exception that this item alone is to raise.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Item[Q]]], Awaitable[Sequence[A | Exception]]],
        *,
        max_batch: int = 200,
        max_in_flight: int = 2,
        max_queued: int = 5_000,
        on_batch: Callable[[int, int], None] | None = None,
        pause_s: float = 0.0,
    ) -> None:
        self._send = send
        self._pause_s = pause_s
        self._next_at = 0.0
        self._max_batch = max_batch
        self._max_in_flight = max_in_flight
        self._max_queued = max_queued
        self._on_batch = on_batch
        self._waiting: deque[tuple[Item[Q], asyncio.Future[A]]] = deque()
        self._batches: set[asyncio.Task[None]] = set()
        self._scheduled = False
        self._gathered = 0
        # Submitted and, but for a few, not answered yet; oldest first.
        self._pending: deque[tuple[float, asyncio.Future[A]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def queued(self) -> int:
        """Items that wait for a batch."""
        return len(self._waiting)

    def submit(self, request: Q, *, deadline: float) -> asyncio.Future[A]:
        """Queue one item; the future gives its answer or raises its own failure.

        ``deadline`` is in the running loop's time. Raises ``Overloaded``.
        """
        if len(self._waiting) >= self._max_queued:
            raise Overloaded
        loop = asyncio.get_running_loop()
        future: asyncio.Future[A] = loop.create_future()
        self._waiting.append((Item(request, deadline), future))
        self._watch(deadline, future, loop)
        if not self._scheduled and len(self._batches) < self._max_in_flight:
            # Not at once: what else arrives in this turn of the loop comes along.
            self._scheduled = True
            if self._pause_s and self._next_at > loop.time():
                loop.call_at(self._next_at, self._start)
            else:
                loop.call_soon(self._start)
        return future

    async def drain(self) -> None:
        """Wait until nothing is queued or under way (for a graceful stop)."""
        while self._batches or self._waiting:
            if self._batches:
                await asyncio.wait(self._batches)
            else:
                self._start()
                await asyncio.sleep(0)

    def _watch(self, deadline: float, future: "asyncio.Future[A]", loop: asyncio.AbstractEventLoop) -> None:
        pending = self._pending
        while pending and pending[0][1].done():
            pending.popleft()
        pending.append((deadline, future))
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        loop, pending = asyncio.get_running_loop(), self._pending
        self._timer = None
        now = loop.time()
        while pending and (pending[0][1].done() or pending[0][0] <= now):
            _, future = pending.popleft()
            if not future.done():
                future.set_exception(TooLate())
        if pending:
            self._timer = loop.call_at(pending[0][0], self._expire)

    def _start(self) -> None:
        if self._gathered < len(self._waiting) < self._max_batch:
            # This turn of the loop brought more: let the next one bring its own.
            self._gathered = len(self._waiting)
            asyncio.get_running_loop().call_soon(self._start)
            return
        self._gathered = 0
        self._scheduled = False
        while self._waiting and len(self._batches) < self._max_in_flight:
            batch = self._take()
            if not batch:
                return
            if self._on_batch is not None:
                self._on_batch(len(batch), len(self._waiting))
            task = asyncio.get_running_loop().create_task(self._run(batch))
            self._batches.add(task)
            task.add_done_callback(self._finished)
            if self._pause_s:
                self._next_at = asyncio.get_running_loop().time() + self._pause_s

    def _take(self) -> list[tuple[Item[Q], "asyncio.Future[A]"]]:
        now = asyncio.get_running_loop().time()
        batch: list[tuple[Item[Q], asyncio.Future[A]]] = []
        while self._waiting and len(batch) < self._max_batch:
            item, future = self._waiting.popleft()
            if future.done():  # its caller was cancelled
                continue
            if item.deadline <= now:
                future.set_exception(TooLate())
                continue
            batch.append((item, future))
        return batch

    async def _run(self, batch: list[tuple[Item[Q], "asyncio.Future[A]"]]) -> None:
        try:
            outcomes = await self._send([item for item, _ in batch])
            if len(outcomes) != len(batch):
                raise ValueError(f"{len(batch)} items were sent and {len(outcomes)} outcomes came back")  # noqa: TRY301 - for every caller of this batch, like any other failure
        except Exception as error:  # noqa: BLE001 -- handed to every caller of this batch
            outcomes = [error] * len(batch)
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._batches.discard(task)
        if self._waiting and not self._scheduled:
            self._scheduled = True
            if self._pause_s and len(self._waiting) < self._max_batch:
                asyncio.get_running_loop().call_at(self._next_at, self._start)
            else:
                self._start()
