"""A month closes so many days after its end, by the clock of Việt Nam."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deliveries.periods import after, before, closes_at, last_closed, written


def test_a_month_closes_at_midnight_in_viet_nam() -> None:
    assert closes_at(date(2026, 10, 1), 5) == datetime(2026, 11, 5, 17, 0, tzinfo=UTC)
    assert closes_at(date(2026, 12, 1), 0) == datetime(2026, 12, 31, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 5, 16, 59, 59, tzinfo=UTC), "2026-09"),
        (datetime(2026, 11, 5, 17, 0, tzinfo=UTC), "2026-10"),
        (datetime(2027, 1, 5, 17, 0, tzinfo=UTC), "2026-12"),
    ],
)
def test_the_latest_month_that_has_closed(now: datetime, expected: str) -> None:
    assert written(last_closed(now, 5)) == expected


@given(st.integers(1_600_000_000, 2_200_000_000), st.integers(0, 60))
def test_a_month_has_closed_when_its_close_has_passed_and_the_next_one_has_not(
    seconds: int, days: int
) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    month = last_closed(moment, days)
    assert closes_at(month, days) <= moment < closes_at(after(month), days)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 60))
def test_months_are_counted_back_and_forth(day: date, number: int) -> None:
    month = day.replace(day=1)
    earlier = before(month, number)
    for _ in range(number):
        earlier = after(earlier)
    assert earlier == month
    assert after(month) - timedelta(days=1) >= month
