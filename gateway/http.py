"""The HTTP server: uvicorn on uvloop, with the bounds on a request's arrival that it lacks.

A head that is grossly too long, or a request that does not come to its end in
time, costs its sender the connection. So does what stands around a body and is none of
it (the marks of chunks, trailers) when it is as long, and having begun to send before
everybody else when too many have begun and not ended. What is merely over the caps
reaches ``gateway.intake``, which answers with a signed problem. Who takes his answer
too slowly is hung up on as well: until he has it, all of it is kept for him here.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.settings import Settings

Scope: TypeAlias = Mapping[str, Any]
Send: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

# Of a head; and of all that comes after it and is no body.
_MOST_HEAD_OCTETS = 256 * 1024
_ARRIVAL_SECONDS = 15.0
# An answer that is not taken: so much of it at least in each such time, or the connection ends.
_TAKING_SECONDS = 15.0
_LEAST_TAKEN_OCTETS = 64 * 1024
_KEEP_ALIVE_SECONDS = 75
_STOP_SECONDS = 10
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
# In a scope's extensions: the function that sends an answer in one piece.
_AT_ONCE = "lienthong.at_once"
_NOT_MODIFIED = 304


async def release(scope: Scope, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a whole answer: in one system call where our server allows it, else as ASGI has it."""
    at_once = scope.get("extensions", {}).get(_AT_ONCE)
    if at_once is not None and at_once(status, headers, body):
        return
    stated = list(headers) if status == _NOT_MODIFIED else [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": stated})
    await send({"type": "http.response.body", "body": body})


def whole_answer(status: int, headers: Headers, body: bytes) -> bytes:
    """The octets of an HTTP/1.1 answer. Raises ``ValueError`` for a header that holds a line break."""
    fields = b"".join([b"%b: %b\r\n" % header for header in headers])
    if fields.count(b"\n") != len(headers) or fields.count(b"\r") != len(headers):
        raise ValueError("a line break in a header of an answer")
    if status == _NOT_MODIFIED:
        # Its length would be that of the answer that it stands for (RFC 9110 section 8.6).
        return b"%b%b\r\n" % (STATUS_LINE[status], fields)
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (STATUS_LINE[status], fields, len(body), body)


class Arrivals:
    """The connections whose request has begun and not ended, or that have said nothing yet: at most so many.

    One more, and the oldest is hung up on. Who sends his request in one piece never is one of
    them, so that however many send slowly, or only a part, nobody waits for them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._oldest_first: dict[BoundedProtocol, None] = {}

    def began(self, connection: "BoundedProtocol") -> None:
        """Take it in; hang up on the oldest when there are too many."""
        self._oldest_first[connection] = None
        if len(self._oldest_first) > self._most:
            oldest = next(iter(self._oldest_first))
            self.ended(oldest)
            oldest.transport.close()

    def ended(self, connection: "BoundedProtocol") -> None:
        """Its request is complete, or it is gone; may be said twice."""
        self._oldest_first.pop(connection, None)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A request's head has a bound in octets, its arrival one in time.

    uvicorn writes an answer's head and body one after the other, each in a system call
    and a packet of its own, after a look at every octet of every header. That is a
    twentieth of a request's time, so an ordinary answer leaves by ``_at_once`` instead.
    """

    def __init__(self, *arguments: Any, arrivals: Arrivals, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arrivals = arrivals
        self._in_head = True
        self._arriving = True
        # Of the request that arrives, without its body.
        self._octets_around = 0
        self._clock: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a connection that says nothing is closed too."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clocks."""
        self._stop_clock()
        self._stop_taking()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; count what is no body, and time what is not complete yet."""
        self._octets_around += len(data)
        super().data_received(data)
        if not self._arriving or self.transport.is_closing():
            return
        if self._clock is None:
            self._start_clock()
        if self._octets_around > _MOST_HEAD_OCTETS:
            if self._in_head:
                self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head, self._arriving, self._octets_around = True, True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        super().on_headers_complete()
        # Trailers would be added to the fields of the head, which have been counted and looked at by now.
        self.headers = []
        if self.cycle.scope is self.scope:  # not so when the request asks for another protocol
            extensions: dict[str, Any] = {_AT_ONCE: partial(_at_once, self.cycle)}
            self.scope["extensions"] = extensions

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._octets_around -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._arriving = False
        self._stop_clock()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """More of an answer waits to be taken than the transport likes: that it is taken is seen to."""
        super().pause_writing()
        if self._taking is None:
            self._expect_taking()

    def resume_writing(self) -> None:
        """It was taken."""
        self._stop_taking()
        super().resume_writing()

    def _expect_taking(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(_TAKING_SECONDS, self._check_taking, left)

    def _check_taking(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() < _LEAST_TAKEN_OCTETS:
            self.transport.abort()
        else:
            self._expect_taking()

    def _stop_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _start_clock(self) -> None:
        self._clock = self.loop.call_later(_ARRIVAL_SECONDS, self.transport.close)
        self._arrivals.began(self)

    def _stop_clock(self) -> None:
        self._arrivals.ended(self)
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def _at_once(cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> bool:
    """Send the answer and end the cycle as its own ``send`` does; False when only that knows how."""
    ordinary = cycle.keep_alive and not (
        cycle.disconnected or cycle.response_started or cycle.flow.write_paused
    )
    if not ordinary or cycle.scope["method"] == "HEAD":
        return False
    cycle.transport.write(whole_answer(status, headers, body))
    cycle.waiting_for_100_continue = False
    cycle.response_started = cycle.response_complete = True
    cycle.message_event.set()
    cycle.on_response()
    return True


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handling: ``stop`` is called by whoever wired it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone; uvicorn would raise them again after the stop and cut it short."""
        yield

    def stop(self) -> None:
        """Accept nothing new, finish what is under way, return from ``serve``."""
        self.should_exit = True


def http_server(settings: Settings, application: Any) -> HttpServer:
    """A server for one worker process."""
    # Half of the requests that may be under way: the others are left for those that have come in.
    arrivals = Arrivals(max(settings.max_under_way // 2, 1))
    return HttpServer(
        uvicorn.Config(
            application,
            http=partial(BoundedProtocol, arrivals=arrivals),  # type: ignore[arg-type]  # called, as a class is
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
            ssl_certfile=settings.https_cert,
            ssl_keyfile=settings.https_key,
        )
    )


def listening_socket(listen: str) -> socket.socket:
    """A socket on ``host:port`` that workers share: the kernel gives each connection to one of them."""
    host, _, port = listen.rpartition(":")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host.strip("[]"), int(port)))
    listener.listen(1024)
    return listener
