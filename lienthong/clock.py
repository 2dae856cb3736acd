"""What day it is in Việt Nam. Passed in wherever a rule depends on it, so that tests choose the day."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

Today = Callable[[], date]

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""UTC+7 all year: no daylight saving time since 1975."""


def vietnam_today() -> date:
    """Today's date in Việt Nam."""
    return datetime.now(VIETNAM).date()
