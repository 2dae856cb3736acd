"""When a month closes: so many days after its end, in Việt Nam.

Five days unless the operator says otherwise: a month that is read five days after its last
change is complete (docs/disclosure.md, "Late, not wrong").
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from lienthong.clock import VIETNAM

CLOSE_DAYS: Final = 5
MOST_CLOSE_DAYS: Final = 60


def closes_at(month: date, days: int) -> datetime:
    """The moment, in UTC, at which the month that begins on this day closes."""
    end = datetime.combine(after(month), time(), VIETNAM)
    return (end + timedelta(days=days)).astimezone(UTC)


def last_closed(now: datetime, days: int) -> date:
    """The latest month that has closed."""
    day = (now.astimezone(VIETNAM) - timedelta(days=days)).date()
    return before(day.replace(day=1), 1)


def after(month: date) -> date:
    """The month after this one."""
    return before(month, -1)


def before(month: date, number: int) -> date:
    """The month so many months before this one."""
    count = month.year * 12 + month.month - 1 - number
    return date(count // 12, count % 12 + 1, 1)


def written(month: date) -> str:
    """YYYY-MM."""
    return f"{month:%Y-%m}"
