"""The load generator: a closed loop of keep-alive connections that only count and compare.

It shares the cores with the stack, so it does as little as it can for a request:
requests are bytes made beforehand, an answer is its status and its length. A
sample of the answers is kept whole, to be verified after the run.
"""

import asyncio
import gc
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_ANY_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_OK = b"HTTP/1.1 200"
_LAST_ANSWERS_S = 5.0
_SETTLE_S = 0.2
_SAMPLE_EVERY = 50


@dataclass(slots=True)
class Outcome:
    """What a run measured. Times are seconds.

    ``failures`` counts by its kind every answer but a 200, every lost connection and every
    request without an answer, those of the warm-up too; ``completed`` and ``latencies`` belong
    to the measured interval alone, ``between_marks`` to the one whose CPU time was taken.
    ``sample`` holds (request, answer) as they were sent.
    """

    completed: int = 0
    between_marks: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    sample: list[tuple[bytes, bytes]] = field(default_factory=list)


class _Run:
    """What the connections of one run share."""

    def __init__(self, requests: list[bytes]) -> None:
        self.requests = requests
        self.outcome = Outcome()
        self.is_open = True
        self.is_measured = False
        self.under_way = 0
        self.answers = 0
        self.ran_out: asyncio.Event = asyncio.Event()
        self.quiet: asyncio.Event = asyncio.Event()

    def answered(self, request: bytes, answer: bytes, seconds: float) -> None:
        """Count one answer."""
        self.under_way -= 1
        self.answers += 1
        if not answer.startswith(_OK):
            self.outcome.failures[f"status {answer[9:12].decode('latin-1')}"] += 1
        elif self.is_measured:
            outcome = self.outcome
            outcome.latencies.append(seconds)
            if len(outcome.latencies) % _SAMPLE_EVERY == 1:
                outcome.sample.append((request, answer))
        if not self.is_open and self.under_way == 0:
            self.quiet.set()

    def lost(self) -> None:
        """Count a request whose connection ended before its answer."""
        self.under_way -= 1
        self.outcome.failures["connection lost"] += 1
        if self.under_way == 0:
            self.quiet.set()


class _Connection(asyncio.Protocol):
    """One connection: sends a request, waits for its answer, sends the next."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._request = b""
        self._started = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: uvloop's transport has the methods without the base class.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        whole = _length(data)
        if whole is None or len(data) < whole:
            self._received = data
            return
        self._received = b""
        request, self._request = self._request, b""
        self._run.answered(request, data, time.perf_counter() - self._started)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's form
        if self._request:
            self._request = b""
            self._run.lost()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def _send(self) -> None:
        run = self._run
        if not run.is_open or self._transport is None:
            return
        if not run.requests:
            run.ran_out.set()
            return
        self._request = run.requests.pop()
        run.under_way += 1
        self._started = time.perf_counter()
        self._transport.write(self._request)


def _length(data: bytes) -> int | None:
    """Octets of the whole answer; None while its head is incomplete."""
    end = data.find(_HEAD_END)
    if end < 0:
        return None
    start = data.find(_LENGTH, 0, end)
    if start >= 0:
        start += len(_LENGTH)
        return end + 4 + int(data[start : data.index(b"\r", start)])
    found = _ANY_LENGTH.search(data, 0, end + 2)
    return end + 4 + (int(found[1]) if found else 0)


async def drive(
    address: tuple[str, int],
    requests: list[bytes],
    *,
    connections: int,
    warm_up: float,
    seconds: float,
    mark: Callable[[], None],
) -> Outcome:
    """Send ``requests``, each once, from the last to the first, over so many connections.

    Measures ``seconds`` after ``warm_up``, or less when the requests run out. Calls
    ``mark`` shortly before the measured interval, because it takes some milliseconds,
    and right after it.
    """
    loop = asyncio.get_running_loop()
    run = _Run(requests)
    gc.collect()
    gc.disable()
    opened: list[_Connection] = []
    try:
        for _ in range(connections):
            _, connection = await loop.create_connection(lambda: _Connection(run), *address)
            opened.append(connection)
        await asyncio.sleep(warm_up)
        mark()
        marked_at = run.answers
        await asyncio.sleep(_SETTLE_S)
        run.is_measured = True
        started = time.perf_counter()
        await _at_most(run.ran_out, seconds)
        run.is_measured, run.is_open = False, False
        run.outcome.seconds = time.perf_counter() - started
        mark()
        run.outcome.between_marks = run.answers - marked_at
        if run.under_way:
            await _at_most(run.quiet, _LAST_ANSWERS_S)
    finally:
        gc.enable()
        for connection in opened:
            connection.close()
    if run.under_way:
        run.outcome.failures["no answer"] += run.under_way
    run.outcome.completed = len(run.outcome.latencies)
    return run.outcome


async def _at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
