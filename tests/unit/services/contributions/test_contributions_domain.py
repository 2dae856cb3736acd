"""Months, deadlines and page tokens."""

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lienthong.fields import WrongField
from services.contributions import tokens
from services.contributions.domain.months import (
    MonthQuery,
    MonthRow,
    PaymentState,
    Position,
    Scheme,
    add_months,
    deadline,
    month_index,
    months_back,
    payment_state,
    schemes_of,
)

MONTHS = st.dates(date(1995, 1, 1), date(2090, 12, 31)).map(lambda day: day.replace(day=1))
POSITIONS = st.builds(Position, MONTHS, st.integers(0, (1 << 62)), MONTHS)
QUERIES = st.builds(
    MonthQuery,
    person_id=st.integers(0, 1 << 62),
    employer_code=st.none() | st.sampled_from(["0100000001DNA03", "0100000002DNA03"]),
    first=st.none() | MONTHS,
    last=st.none() | MONTHS,
    rows=st.integers(1, 500),
    after=st.none(),
)


def row(month: date, schemes: int, unpaid: int) -> MonthRow:
    return MonthRow(month, 1, month, "0100000001DNA03", "X", schemes, 1, unpaid, charged=True, opened=True)


@given(MONTHS, MONTHS)
def test_months_back_is_the_calendar_walked_day_by_day(one: date, other: date) -> None:
    oldest, newest = sorted((one, other))
    newest = min(newest, add_months(oldest, 30))
    days = [oldest + timedelta(n) for n in range((newest - oldest).days + 1)]
    assert list(months_back(newest, oldest)) == [day for day in days if day.day == 1][::-1]


@given(MONTHS, st.integers(-300, 300))
def test_adding_months_goes_there_and_back(month: date, count: int) -> None:
    assert add_months(add_months(month, count), -count) == month
    assert month_index(add_months(month, count)) - month_index(month) == count


@given(MONTHS)
def test_the_deadline_is_the_last_day_of_the_following_month_since_july_2025(month: date) -> None:
    last = deadline(month)
    assert last.day == calendar.monthrange(last.year, last.month)[1]
    assert month_index(last) - month_index(month) == (1 if month >= date(2025, 7, 1) else 0)


@given(MONTHS, st.integers(1, 15), st.integers(0, 15), st.integers(0, 90))
def test_a_month_is_unpaid_only_after_its_deadline(
    month: date, schemes: int, unpaid: int, later: int
) -> None:
    today = month + timedelta(later)
    state = payment_state(row(month, schemes, unpaid), today=today)
    owed = any(schemes & bit and unpaid & bit for bit in (1, 2, 4, 8))
    assert (state == PaymentState.PAID) == (not owed)
    assert (state == PaymentState.UNPAID) == (owed and today > deadline(month))


def test_on_the_day_of_the_deadline_a_month_is_still_due() -> None:
    september = row(date(2026, 9, 1), 7, 7)
    assert payment_state(september, today=date(2026, 10, 31)) == PaymentState.DUE
    assert payment_state(september, today=date(2026, 11, 1)) == PaymentState.UNPAID


@given(st.integers(0, 15))
def test_a_mask_is_the_sum_of_its_schemes(mask: int) -> None:
    assert sum(schemes_of(mask)) == mask
    assert all(isinstance(scheme, Scheme) for scheme in schemes_of(mask))


@given(QUERIES, POSITIONS)
def test_a_token_continues_the_question_that_it_was_written_for(
    query: MonthQuery, position: Position
) -> None:
    token = tokens.write(query, position)
    assert tokens.read(token, query) == position
    assert tokens.read(token, query._replace(rows=query.rows % 500 + 1)) == position


@given(QUERIES, QUERIES, POSITIONS)
def test_a_token_continues_no_other_question(one: MonthQuery, other: MonthQuery, position: Position) -> None:
    assume(one._replace(rows=1) != other._replace(rows=1))
    with pytest.raises(WrongField):
        tokens.read(tokens.write(one, position), other)


@given(QUERIES, POSITIONS, st.data())
def test_a_token_changed_in_any_character_is_refused_or_another_place(
    query: MonthQuery, position: Position, data: st.DataObject
) -> None:
    token = tokens.write(query, position)
    at = data.draw(st.integers(0, len(token) - 1))
    changed = token[:at] + data.draw(st.sampled_from("AZaz09-_=+ \x00é")) + token[at + 1 :]
    try:
        found = tokens.read(changed, query)
    except WrongField:
        return
    assert (found == position) == (changed == token)


@given(QUERIES, st.text(max_size=60))
def test_garbage_is_no_token(query: MonthQuery, garbage: str) -> None:
    with pytest.raises(WrongField):
        tokens.read(garbage, query)
