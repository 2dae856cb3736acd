"""Interest: the vectors, and the days walked one by one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong import law
from services.contributions.domain.dues import Fund
from services.contributions.domain.interest import Paid, accrued, rate_days, rows_used, unpaid

DEADLINE = date(2026, 9, 30).toordinal()
FUNDS = st.sampled_from([fund for fund in Fund if fund is not Fund.INTEREST])
PAYMENTS = st.lists(
    st.builds(Paid, st.integers(-30, 200).map(lambda day: DEADLINE + day), st.integers(-50, 10**9))
)


@pytest.mark.parametrize("fund", [Fund.RETIREMENT, Fund.UNEMPLOYMENT, Fund.HEALTH])
def test_100_million_for_45_days_is_1_350_000(fund: Fund) -> None:
    assert accrued(fund, 100_000_000, [], deadline=DEADLINE, until=DEADLINE + 45) == 1_350_000
    paid = [Paid(DEADLINE + 45, 100_000_000)]
    assert accrued(fund, 100_000_000, paid, deadline=DEADLINE, until=DEADLINE + 400) == 1_350_000


def test_the_day_of_the_deadline_bears_none_and_the_next_day_does() -> None:
    days = [
        accrued(Fund.HEALTH, 10_000_000, [], deadline=DEADLINE, until=DEADLINE + day) for day in (-9, 0, 1)
    ]
    assert days == [0, 0, 3_000]


def test_what_is_paid_by_the_deadline_bears_none() -> None:
    paid = [Paid(DEADLINE - 5, 4_000_000), Paid(DEADLINE, 6_000_000)]
    assert accrued(Fund.HEALTH, 10_000_000, paid, deadline=DEADLINE, until=DEADLINE + 99) == 0


def test_after_a_part_was_paid_only_the_rest_bears_interest() -> None:
    paid = [Paid(DEADLINE + 10, 60_000_000)]
    assert (
        accrued(Fund.SICKNESS, 100_000_000, paid, deadline=DEADLINE, until=DEADLINE + 30)
        == (100_000_000 * 10 + 40_000_000 * 20) * 3 // 10_000
    )


def test_interest_bears_no_interest() -> None:
    once = accrued(Fund.HEALTH, 10_000_000, [], deadline=DEADLINE, until=DEADLINE + 100)
    assert accrued(Fund.HEALTH, 10_000_000, [], deadline=DEADLINE, until=DEADLINE + 200) == 2 * once


def test_days_before_the_law_was_in_force_bear_none() -> None:
    before = date(2025, 5, 31).toordinal()
    july = date(2025, 7, 1).toordinal()
    assert accrued(Fund.HEALTH, 10_000_000, [], deadline=before, until=july - 1) == 0
    assert accrued(Fund.HEALTH, 10_000_000, [], deadline=before, until=july) == 3_000


@given(FUNDS, st.integers(0, 10**10), PAYMENTS, st.integers(-10, 200))
def test_it_is_the_sum_of_the_days_each_with_what_was_unpaid_on_it(
    fund: Fund, due: int, paid: list[Paid], after: int
) -> None:
    until = DEADLINE + after
    units = 0
    for day in range(DEADLINE + 1, until + 1):
        left = due - sum(payment.vnd for payment in paid if payment.day < day)
        units += max(0, left) * 3
    assert accrued(fund, due, paid, deadline=DEADLINE, until=until) == (units + 5_000) // 10_000


@given(st.integers(1, 10**10), PAYMENTS, st.integers(1, 200))
def test_stretches_neither_meet_nor_leave_the_time_after_the_deadline(
    due: int, paid: list[Paid], after: int
) -> None:
    last = DEADLINE
    for stretch in unpaid(due, paid, deadline=DEADLINE, until=DEADLINE + after):
        assert last < stretch.first <= stretch.last <= DEADLINE + after
        assert stretch.unpaid_vnd > 0
        last = stretch.last


@given(FUNDS, st.integers(0, 3000), st.integers(0, 900))
def test_each_day_takes_the_row_in_force_on_it(fund: Fund, begins: int, length: int) -> None:
    first = date(2020, 1, 1) + timedelta(begins)
    code = {Fund.UNEMPLOYMENT: "interest_ui", Fund.HEALTH: "interest_hi"}.get(fund, "interest_si")
    (row,) = law.interest().of(code)
    last = first + timedelta(length)
    expected = sum(row.value.hundredths for n in range(length + 1) if row.in_force(first + timedelta(n)))
    assert rate_days(fund, first.toordinal(), last.toordinal()) == expected
    assert rows_used([fund], first, last) == ([row] if expected else [])
