"""Prometheus metrics, the same names in every process.

Labels are resolved once (``rpc``, ``batch``, ``queue``) because looking a label
up costs more than counting. No label ever holds personal data or a value that a
caller chooses freely: that would also be an unbounded number of series.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Gauge, Histogram, start_http_server

if TYPE_CHECKING:
    from threading import Thread
    from wsgiref.simple_server import WSGIServer

_LATENCY = (
    0.001,
    0.002,
    0.003,
    0.005,
    0.0075,
    0.01,
    0.015,
    0.02,
    0.03,
    0.04,
    0.06,
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
)
_SIZES = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 200, 500, 1000)

REQUESTS: Final = Counter("lienthong_requests_total", "Requests by RPC and outcome.", ["rpc", "outcome"])
LATENCY: Final = Histogram("lienthong_request_seconds", "Time to an answer.", ["rpc"], buckets=_LATENCY)
BATCHES: Final = Histogram(
    "lienthong_batch_items", "Items that shared one round trip.", ["batch"], buckets=_SIZES
)
QUEUES: Final = Gauge("lienthong_queue_depth", "Items waiting.", ["queue"])
REFUSALS: Final = Counter("lienthong_refusals_total", "Requests refused, by reason.", ["reason"])
UP: Final = Gauge("lienthong_dependency_up", "1 while a dependency answers.", ["dependency"])


class RpcMetrics:
    """The series of one RPC."""

    __slots__ = ("_observe", "_outcomes", "_rpc")

    def __init__(self, rpc: str) -> None:
        self._rpc = rpc
        self._observe = LATENCY.labels(rpc).observe
        self._outcomes: dict[str, Callable[[], None]] = {}

    def done(self, outcome: str, seconds: float) -> None:
        """One request ended. ``outcome`` is ``ok`` or a code's or reason's name."""
        count = self._outcomes.get(outcome)
        if count is None:
            count = self._outcomes[outcome] = REQUESTS.labels(self._rpc, outcome).inc
        count()
        self._observe(seconds)


@cache
def rpc(name: str) -> RpcMetrics:
    """The series of the RPC ``name`` (``package.Service/Method``); ask once, at start."""
    return RpcMetrics(name)


@cache
def batch(name: str) -> Callable[[float], None]:
    """A function that records the size of a batch of this kind."""
    return BATCHES.labels(name).observe


@cache
def queue(name: str) -> Gauge:
    """The depth of a queue; ``inc``, ``dec`` or ``set`` it."""
    return QUEUES.labels(name)


@cache
def refusal(reason: str) -> Callable[[], None]:
    """A function that counts a refusal. ``reason`` comes from our fixed list, never from a request."""
    return REFUSALS.labels(reason).inc


@cache
def dependency(name: str) -> Gauge:
    """1 while the dependency answers, 0 while it does not."""
    return UP.labels(name)


def serve(listen: str) -> "tuple[WSGIServer, Thread]":
    """Serve ``/metrics`` on ``host:port`` from a thread. Raises ``OSError`` if the port is taken."""
    host, _, port = listen.rpartition(":")
    return start_http_server(int(port), addr=host or "127.0.0.1")


@contextmanager
def exposed(listen: str | None) -> Iterator[None]:
    """:func:`serve` until the end of the block; without ``listen`` nothing is served."""
    if listen is None:
        yield
        return
    server, _ = serve(listen)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
