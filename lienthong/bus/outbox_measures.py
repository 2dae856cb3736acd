"""What a relay tells its operators: depth, oldest age, published, confirm latency."""

from time import monotonic
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from lienthong.telemetry import logs

_log = logs.get_logger("relay")

_DEPTH: Final = Gauge("lienthong_outbox_depth", "Messages waiting in the outbox.")
_OLDEST: Final = Gauge("lienthong_outbox_oldest_seconds", "Age of the oldest waiting message.")
_PUBLISHED: Final = Counter("lienthong_outbox_published_total", "Messages that the broker confirmed.")
_REFUSED: Final = Counter(
    "lienthong_outbox_refused_total",
    "Messages (channel: batches) that stay in the outbox for now, by why: unroutable, nacked, unanswered, channel.",
    ["why"],
)
_CONFIRM: Final = Histogram(
    "lienthong_outbox_confirm_seconds",
    "From sending a batch to its last confirm.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_LINE_EVERY_S: Final = 30.0


class Measures:
    """Counts for metrics at once, and for one log line every half minute in which something happened."""

    def __init__(self) -> None:
        self._published = 0
        self._batches = 0
        self._seconds = 0.0
        self._line_at = monotonic()

    def published(self, messages: int, seconds: float) -> None:
        """A batch was confirmed, ``seconds`` after it was sent."""
        _PUBLISHED.inc(messages)
        _CONFIRM.observe(seconds)
        self._published += messages
        self._batches += 1
        self._seconds += seconds

    def refused(self, why: str) -> None:
        """A message, or with ``channel`` a batch, stays for now."""
        _REFUSED.labels(why).inc()

    def waiting(self, depth: int, oldest_s: float) -> None:
        """What the outbox holds now."""
        _DEPTH.set(depth)
        _OLDEST.set(oldest_s)
        if monotonic() - self._line_at >= _LINE_EVERY_S and (depth or self._batches):
            _log.info(
                "relay.state",
                depth=depth,
                oldest_s=round(oldest_s, 1),
                published=self._published,
                confirm_ms=round(1000 * self._seconds / max(1, self._batches), 1),
            )
            self._published, self._batches, self._seconds = 0, 0, 0.0
            self._line_at = monotonic()
