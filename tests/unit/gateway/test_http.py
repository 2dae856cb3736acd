"""The bounds that our HTTP server adds: on a head's length, and on a request's time to arrive."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway import http
from gateway.intake import read_body
from gateway.problems import Problem
from gateway.settings import Settings

MOST_ARRIVING = 4
SETTINGS = cast(
    "Settings",
    SimpleNamespace(https_cert=None, https_key=None, max_body=1000, max_under_way=2 * MOST_ARRIVING),
)
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Echo:
    """Answers with the length of the body; notes who was lost; can be held back."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await read_body(receive, SETTINGS.max_body)
        except Problem:
            self.lost.set()
            return
        self.asked.set()
        await self.go.wait()
        text = b"%d" % len(body)
        headers = [(b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def serving(echo: Echo) -> AsyncIterator[tuple[http.HttpServer, Connect]]:
    listener = http.listening_socket("127.0.0.1:0")
    server = http.http_server(SETTINGS, echo)
    running = asyncio.create_task(server.serve(sockets=[listener]))

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*listener.getsockname())

    try:
        yield server, connect
    finally:
        server.stop()
        await asyncio.wait_for(running, 20)


async def test_a_request_in_pieces_is_answered_whole() -> None:
    async with serving(Echo()) as (_, connect):
        reader, writer = await connect()
        for piece in (b"POST /x HTTP/1.1\r\nho", b"st: a\r\ncontent-length: 4\r\n\r\n", b"ab", b"cd"):
            writer.write(piece)
            await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert (await reader.readuntil(b"\r\n\r\n")).endswith(b"\r\n\r\n")
        assert await reader.readexactly(1) == b"4"
        writer.close()


async def test_a_head_without_end_costs_the_connection() -> None:
    async with serving(Echo()) as (_, connect):
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\nx: ")
        try:
            for _ in range(100):
                writer.write(b"a" * 10_000)
                await writer.drain()
        except ConnectionError:
            pass
        answer = b""
        try:
            answer = await reader.read()
        except ConnectionError:
            return  # closed before the answer could be read: refused all the same
        assert answer.startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nhost: a\r\n"])
async def test_a_head_that_does_not_come_to_its_end_in_time_costs_the_connection(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(http, "_ARRIVAL_SECONDS", 0.2)
    async with serving(Echo()) as (_, connect):
        reader, writer = await connect()
        writer.write(begun)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_a_body_that_does_not_come_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_ARRIVAL_SECONDS", 0.2)
    echo = Echo()
    async with serving(echo) as (_, connect):
        reader, writer = await connect()
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        await asyncio.wait_for(echo.lost.wait(), 10)
        writer.close()


IN_CHUNKS = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begun", "endless"),
    [
        (b"0\r\n", b"x: " + b"a" * 10_000 + b"\r\n"),
        (b"0\r\nx: ", b"a" * 10_000),
        (b"1;", b"a" * 10_000),
        (b"", b"1\r\na\r\n" * 1_000),
    ],
    ids=["trailers", "a trailer", "an extension of a chunk", "chunks of one octet"],
)
async def test_what_goes_on_around_a_body_costs_the_connection(begun: bytes, endless: bytes) -> None:
    """A trailer's fields were added to those of the head, as many as anybody sent within the time to arrive."""
    echo = Echo()
    async with serving(echo) as (_, connect):
        reader, writer = await connect()
        writer.write(IN_CHUNKS + begun)
        try:
            for _ in range(100):
                writer.write(endless)
                await writer.drain()
            await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:
            pass
        await asyncio.wait_for(echo.lost.wait(), 10)
        writer.close()


async def test_a_trailer_is_no_part_of_the_head() -> None:
    seen: list[Any] = []

    async def note(scope: Any, receive: Any, send: Any) -> None:
        await read_body(receive, 100)
        seen.extend(scope["headers"])
        await http.release(scope, send, 200, [], b"")

    async with serving(cast("Echo", note)) as (_, connect):
        reader, writer = await connect()
        writer.write(IN_CHUNKS)
        await writer.drain()
        writer.write(b"2\r\n{}\r\n0\r\npurpose: admission\r\n\r\n")
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200")
        writer.close()
    assert [name for name, _ in seen] == [b"host", b"transfer-encoding"]


async def test_who_sends_slowly_gives_way_to_who_comes_later() -> None:
    """Else a few thousand connections of a stranger, each with half a request, would be all that is served."""
    async with serving(Echo()) as (_, connect):
        half = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n"
        slow = []
        for _ in range(2 * MOST_ARRIVING):
            reader, writer = await connect()
            writer.write(half)
            slow.append((reader, writer))
        for reader, _ in slow[:MOST_ARRIVING]:
            assert await asyncio.wait_for(reader.read(), 10) == b"", "the oldest goes first"
        reader, writer = await connect()
        writer.write(half + b"ok")
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200")
        writer.close()
        reader, writer = slow[-1]
        writer.write(b"ok")
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200")
        for _, writer in slow:
            writer.close()


async def test_whose_request_is_complete_gives_way_to_nobody() -> None:
    echo = Echo()
    echo.go.clear()
    async with serving(echo) as (_, connect):
        first, writer = await connect()
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok")
        await echo.asked.wait()
        silent = [await connect() for _ in range(MOST_ARRIVING + 1)]
        assert await asyncio.wait_for(silent[0][0].read(), 10) == b""
        echo.go.set()
        assert (await asyncio.wait_for(first.readline(), 10)).startswith(b"HTTP/1.1 200")
        for _, one in silent:
            one.close()
        writer.close()


async def _long(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await http.release(scope, send, 200, [], b"a" * LONG)


LONG = 64 * 1024 * 1024


async def test_an_answer_that_is_not_taken_is_not_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_TAKING_SECONDS", 0.2)
    answered = asyncio.Event()

    async def long(scope: Any, receive: Any, send: Any) -> None:
        await _long(scope, receive, send)
        answered.set()

    async with serving(cast("Echo", long)) as (server, connect):
        _, writer = await connect()
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        async with asyncio.timeout(20):
            await answered.wait()
            while server.server_state.connections:  # noqa: ASYNC110 -- the server's own set tells nobody
                await asyncio.sleep(0.01)
        writer.close()


async def test_an_answer_that_is_taken_piece_by_piece_is_let_go_on() -> None:
    async with serving(cast("Echo", _long)) as (server, connect):
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        connection = cast("http.BoundedProtocol", next(iter(server.server_state.connections)))
        left = connection.transport.get_write_buffer_size()
        for _ in range(3):
            before = left
            async with asyncio.timeout(20):
                while before - left < http._LEAST_TAKEN_OCTETS:
                    await reader.read(1 << 20)
                    left = connection.transport.get_write_buffer_size()
            connection._check_taking(before)
            assert not connection.transport.is_closing()
        connection._check_taking(left)
        assert connection.transport.is_closing(), "nothing was taken since"
        writer.close()


async def test_the_second_request_of_a_connection_is_timed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_ARRIVAL_SECONDS", 0.3)
    async with serving(Echo()) as (_, connect):
        reader, writer = await connect()
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(1) == b"2"
        writer.write(b"POST / HTTP/1.1\r\nhost")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_a_slow_answer_is_not_taken_for_a_slow_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_ARRIVAL_SECONDS", 0.1)
    echo = Echo()
    echo.go.clear()
    async with serving(echo) as (_, connect):
        reader, writer = await connect()
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok")
        await echo.asked.wait()
        asyncio.get_running_loop().call_later(0.4, echo.go.set)
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_stop_finishes_what_is_under_way_and_accepts_nothing_new() -> None:
    echo = Echo()
    echo.go.clear()
    async with serving(echo) as (server, connect):
        reader, writer = await connect()
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok")
        await echo.asked.wait()
        server.stop()
        with pytest.raises(OSError):  # noqa: PT012 -- refused only once the server has noticed
            while True:
                _, late = await connect()
                late.close()
                await asyncio.sleep(0)
        echo.go.set()
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200")
        writer.close()


def test_two_workers_share_one_port() -> None:
    first = http.listening_socket("127.0.0.1:0")
    with first, http.listening_socket(":".join(map(str, first.getsockname()))) as second:
        assert second.getsockname() == first.getsockname()
        assert second.family is socket.AF_INET


async def _whole(scope: Any, receive: Any, send: Any) -> None:
    """Answers by ``release`` with the request's path."""
    await receive()
    await http.release(scope, send, 200, [(b"x-one", b"1")], scope["path"].encode())


async def _exchange(connect: Connect, octets: bytes) -> bytes:
    reader, writer = await connect()
    writer.write(octets)
    answer = await asyncio.wait_for(reader.read(), 10)  # each ends with a request that closes
    writer.close()
    return answer


async def test_requests_sent_at_once_are_answered_in_their_order() -> None:
    async with serving(cast("Echo", _whole)) as (_, connect):
        ask = b"GET /%b HTTP/1.1\r\nhost: a\r\n%b\r\n"
        answer = await _exchange(
            connect, ask % (b"a", b"") + ask % (b"b", b"") + ask % (b"c", b"connection: close\r\n")
        )
        # The last one goes the server's own way, because the connection ends with it.
        heads = [part.partition(b"\r\n\r\n") for part in answer.split(b"HTTP/1.1 ")[1:]]
        assert [body for _, _, body in heads] == [b"/a", b"/b", b"/c"]
        assert all(head.startswith(b"200 OK\r\n") and b"x-one: 1" in head for head, _, _ in heads)
        assert [b"connection: close" in head for head, _, _ in heads] == [False, False, True]


async def test_the_answer_to_head_has_the_length_of_the_body_and_no_body() -> None:
    async with serving(cast("Echo", _whole)) as (_, connect):
        last = b"GET /d HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        answer = await _exchange(connect, b"HEAD /abc HTTP/1.1\r\nhost: a\r\n\r\n" + last)
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert b"content-length: 4" in head
        assert rest.startswith(b"HTTP/1.1 200")


def test_an_answer_that_nothing_has_changed_states_no_length() -> None:
    whole = http.whole_answer(304, [(b"etag", b"x")], b"")
    assert whole == b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n"


@pytest.mark.parametrize("value", [b"a\r\nset: b", b"a\nb", b"a\rb"])
def test_a_line_break_in_a_header_of_an_answer_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        http.whole_answer(200, [(b"x", value)], b"")
