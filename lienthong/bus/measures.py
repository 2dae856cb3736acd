"""What a consumer counts. Methods and reasons come from contracts and from our own lists, never from a message."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

HANDLED: Final = Counter(
    "lienthong_bus_handled_total", "Messages settled, by what became of them.", ["queue", "method", "outcome"]
)
SECONDS: Final = Histogram(
    "lienthong_bus_seconds",
    "From a worker's beginning with a message to its verdict.",
    ["method"],
    buckets=_SECONDS,
)
RETRIES: Final = Counter(
    "lienthong_bus_retries_total", "Messages sent to a retry queue.", ["queue", "reason"]
)
DEAD: Final = Counter("lienthong_bus_dead_total", "Messages set aside.", ["queue", "reason"])
IN_HAND: Final = Gauge(
    "lienthong_bus_in_hand", "Messages delivered and not settled; at most the prefetch.", ["queue"]
)
PACED: Final = Counter(
    "lienthong_bus_paced_seconds_total", "What large commands waited for statistics that were behind."
)
TURNS: Final = Counter(
    "lienthong_timer_turns_total", "Turns of a timer, by how they ended.", ["timer", "outcome"]
)

UNKNOWN: Final = "unknown"
"""The method of a message that names none of ours."""
