"""What the worker of deliveries exposes to Prometheus."""

from typing import Final

from prometheus_client import Gauge

DUE: Final = Gauge("lienthong_deliveries_due", "Subscriptions whose month has closed and is not delivered.")
LATE: Final = Gauge(
    "lienthong_deliveries_late_seconds",
    "Since the oldest of them could have been delivered: since its month closed, or the subscription began.",
)
