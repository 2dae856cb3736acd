"""Periods of SDMX as months."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.faces.sdmx.periods import NoPeriod, moment, months


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", ("2026-01", "2026-12")),
        ("2026-05", ("2026-05", "2026-05")),
        ("2026-05-31", ("2026-05", "2026-05")),
        ("2026-05-31T23:59:59", ("2026-05", "2026-05")),
        ("2026-A1", ("2026-01", "2026-12")),
        ("2026-S2", ("2026-07", "2026-12")),
        ("2026-T3", ("2026-09", "2026-12")),
        ("2026-Q1", ("2026-01", "2026-03")),
        ("2026-M09", ("2026-09", "2026-09")),
        ("2026-W01", ("2025-12", "2026-01")),
        ("2024-D366", ("2024-12", "2024-12")),
    ],
)
def test_a_period_is_the_months_that_it_touches(text: str, expected: tuple[str, str]) -> None:
    assert months(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-13", "2026-00", "2026-02-30", "2026-Q5", "2026-Q0", "2026-W54", "2025-D366", "2026-X1", "1800",
     "2026-05-", "２０２６", "2026-05 ", "9999-D999"],
)  # fmt: skip
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(NoPeriod):
        months(text)


@given(st.text(max_size=60))
def test_garbage_is_a_period_or_refused(text: str) -> None:
    for read in (months, moment):
        try:
            read(text)
        except NoPeriod:
            continue


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T08:15:30Z", "2026-11-22T08:15:30Z"),
        ("2026-11-22T08:15:30+07:00", "2026-11-22T01:15:30Z"),
        ("2026-11-22T08:15:30", "2026-11-22T08:15:30Z"),
        ("2026-11-22", "2026-11-22T00:00:00Z"),
    ],
)
def test_a_moment_is_in_utc(text: str, expected: str) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01T00:00:00+14:00", "2026-11-22T08:15:30 07:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(NoPeriod):
        moment(text)
