"""The load generator counts honestly: anything but a whole 200 has failed."""

import asyncio
from collections.abc import Callable

import pytest

from benchmarks.load import Outcome, drive

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrue"
REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno"
Behaviour = Callable[[int, asyncio.StreamWriter], None]


class Server:
    """Answers the n-th request as told; keeps what it received."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.received: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self.received.append(line.strip())
                self.behave(len(self.received), writer)
        except ConnectionError:
            return
        finally:
            writer.close()


async def run(
    behave: Behaviour, *, requests: int, connections: int = 4, seconds: float = 0.3
) -> tuple[Outcome, Server, int]:
    """One run against a server of this process; also how often it marked."""
    served = Server(behave)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    marks = []
    async with server:
        outcome = await drive(
            server.sockets[0].getsockname()[:2],
            [f"{n}\n".encode() for n in range(requests)],
            connections=connections,
            warm_up=0.0,
            seconds=seconds,
            mark=lambda: marks.append(1),
        )
    return outcome, served, len(marks)


async def test_every_request_is_sent_once_and_every_answer_counted() -> None:
    outcome, server, marks = await run(lambda _, w: w.write(OK), requests=200_000)
    assert outcome.completed > 0
    assert outcome.failures.total() == 0
    assert len(server.received) == len(set(server.received))
    assert outcome.completed <= outcome.between_marks <= len(server.received)
    assert marks == 2
    assert outcome.seconds >= 0.29
    assert outcome.sample[0][0].strip() in server.received
    assert outcome.sample[0][1] == OK


async def test_an_answer_in_pieces_is_one_answer() -> None:
    def in_pieces(_: int, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        for n in range(0, len(OK), 11):
            loop.call_later(n / 5_000, writer.write, OK[n : n + 11])

    outcome, server, _ = await run(in_pieces, requests=100_000)
    assert outcome.completed > 0
    assert outcome.failures.total() == 0
    assert all(answer == OK for _, answer in outcome.sample)
    assert len(server.received) >= outcome.completed


async def test_anything_but_200_has_failed() -> None:
    outcome, _, _ = await run(lambda n, w: w.write(REFUSED if n % 3 == 0 else OK), requests=300_000)
    assert outcome.failures["status 503"] > 0
    assert outcome.completed > 0


async def test_a_lost_connection_has_failed() -> None:
    outcome, _, _ = await run(lambda n, w: w.write(OK) if n < 50 else w.close(), requests=1_000)
    assert outcome.failures == {"connection lost": 4}


async def test_a_request_that_is_never_answered_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.load._LAST_ANSWERS_S", 0.1)
    outcome, _, _ = await run(lambda n, w: w.write(OK) if n < 50 else None, requests=1_000)
    assert outcome.failures == {"no answer": 4}


async def test_the_run_ends_when_the_requests_do_and_replays_none() -> None:
    outcome, server, _ = await run(lambda _, w: w.write(OK), requests=40, seconds=30)
    assert len(server.received) == 40
    assert outcome.seconds < 30
