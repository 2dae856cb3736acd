"""What the process tells its operators about verifications that are written down behind the answers."""

from typing import Final

from prometheus_client import Counter, Gauge

LATE: Final = Gauge(
    "lienthong_verifications_late", "People verified, and answered, who could not be written down so far."
)
LOST: Final = Counter(
    "lienthong_verifications_lost_total", "People verified, and answered, whom statistics will not count."
)
