"""Languages, and the days of entries."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.replies import _day, language_of


@pytest.mark.parametrize(
    ("header", "language"),
    [(b"", "vi"), (b"vi", "vi"), (b"VI-vn", "vi"), (b"*", "vi"), (b" vi;q=0.1, en", "vi"), (b"en", "en"),
     (b"en-GB,vi;q=0.5", "en"), (b"fr", "en"), (b"\xff", "en")],
)  # fmt: skip
def test_whoever_does_not_prefer_another_language_is_answered_in_vietnamese(
    header: bytes, language: str
) -> None:
    assert language_of(header) == language


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=5))
def test_a_day_is_remembered_right(numbers: list[int]) -> None:
    for number in numbers:
        assert _day(number) == datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()
