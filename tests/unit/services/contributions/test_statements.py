"""A unit's account as of a day: its sums, its days, its law."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.contributions.domain.dues import Fund
from services.contributions.domain.interest import Paid, accrued
from services.contributions.domain.ledger import deadline_day
from services.contributions.domain.months import month_index
from services.contributions.domain.statements import ChargeAsOf, Statement, Unit, interest_days, statement
from services.contributions.domain.states import LegalState, Reason

TODAY = date(2026, 11, 22).toordinal()
UNIT = Unit(1, "X", "X", "01", 1, False, None, 0, False, 0, 0)
FUNDS = st.sampled_from([fund for fund in Fund if fund is not Fund.INTEREST])


@st.composite
def accounts(draw: st.DrawFn) -> list[ChargeAsOf]:
    """Charges of the last year, each paid in parts or not."""
    found = []
    for month in draw(st.lists(st.integers(month_index(date(2025, 12, 1)), month_index(date(2026, 11, 1))))):
        due = draw(st.integers(1, 10**9))
        left, paid = due, []
        for day in sorted(draw(st.lists(st.integers(TODAY - 300, TODAY), max_size=3))):
            part = draw(st.integers(0, left))
            if part:
                paid.append(Paid(day, part))
                left -= part
        found.append(ChargeAsOf(month, 0, draw(FUNDS), due, paid))
    return found


def look(charges: list[ChargeAsOf], unit: Unit = UNIT, *, days: int = 0, as_of: int = TODAY) -> Statement:
    return statement(unit, charges, as_of=as_of, today=TODAY, days=days)


@given(accounts())
def test_late_and_due_are_all_that_is_unpaid(charges: list[ChargeAsOf]) -> None:
    found = look(charges)
    unpaid = {True: 0, False: 0}
    for charge in charges:
        unpaid[deadline_day(charge.month) < TODAY] += charge.due_vnd - charge.paid_vnd
    assert (found.late_vnd, found.due_vnd) == (unpaid[True], unpaid[False])
    assert (found.verdict.state == LegalState.LATE) == (found.late_vnd > 0)
    assert (found.days_late > 0) == (found.late_vnd > 0)


@given(accounts(), st.integers(1, 366))
def test_the_days_add_up_to_what_was_borne_in_them(charges: list[ChargeAsOf], days: int) -> None:
    found = look(charges, days=days)
    assert [day.day for day in found.days] == list(range(TODAY - days + 1, TODAY + 1))
    if days == 366:
        assert abs(sum(day.interest_vnd for day in found.days) - found.interest_vnd) <= len(charges)
    for day in found.days[:: max(1, days // 5)]:
        bearing = sum(
            charge.due_vnd - sum(part.vnd for part in charge.paid if part.day < day.day)
            for charge in charges
            if deadline_day(charge.month) < day.day
        )
        assert day.unpaid_vnd == bearing
        assert abs(day.interest_vnd - bearing * 3 / 10_000) <= 1


@given(accounts(), st.integers(0, 60), st.integers(0, 60))
def test_a_longer_range_begins_with_the_days_before(charges: list[ChargeAsOf], one: int, other: int) -> None:
    short, long = sorted((one, other))
    longer = interest_days(charges, first=TODAY - long + 1, last=TODAY)
    shorter = interest_days(charges, first=TODAY - short + 1, last=TODAY)
    assert [day[:2] for day in longer[long - short :]] == [day[:2] for day in shorter]


def test_interest_that_was_paid_is_not_asked_again() -> None:
    july = month_index(date(2026, 7, 1))
    late = ChargeAsOf(july, 0, Fund.HEALTH, 10_000_000, [Paid(deadline_day(july) + 10, 10_000_000)])
    borne = accrued(Fund.HEALTH, late.due_vnd, late.paid, deadline=deadline_day(july), until=TODAY)
    assert borne == 30_000
    assert [row.interest_vnd for row in look([late]).rows] == [30_000]
    found = look([late], UNIT._replace(interest_paid_vnd=30_000))
    assert (found.interest_vnd, found.rows) == (0, [])


def test_the_countdown_is_60_on_the_deadline_and_0_on_day_60() -> None:
    july = month_index(date(2026, 7, 1))
    owed = ChargeAsOf(july, 0, Fund.HEALTH, 10_000_000, [])
    countdown = [look([owed], as_of=deadline_day(july) + day).days_to_evasion for day in (0, 1, 60, 61)]
    assert countdown == [0, 59, 0, -1]


def test_evasion_begins_on_day_61_and_only_when_urged() -> None:
    july = month_index(date(2026, 7, 1))
    owed = [ChargeAsOf(july, 0, Fund.HEALTH, 10_000_000, [])]
    urged = UNIT._replace(urged_on=deadline_day(july) + 5)
    states = [look(owed, urged, as_of=deadline_day(july) + day).verdict.state for day in (0, 1, 60, 61)]
    assert states == [LegalState.ON_TIME, LegalState.LATE, LegalState.LATE, LegalState.EVASION]
    assert look(owed).verdict.reasons == (Reason.UNPAID_AFTER_DEADLINE,)


def test_a_base_too_low_counts_today_and_not_for_a_past_day() -> None:
    low = UNIT._replace(underdeclared=1)
    assert look([], low).verdict.state == LegalState.EVASION
    assert look([], low, as_of=TODAY - 1).verdict.state == LegalState.ON_TIME


@given(accounts())
def test_every_sum_names_its_rows_of_law(charges: list[ChargeAsOf]) -> None:
    found = look(charges)
    codes = {row.code for row in found.law}
    assert "evasion_days" in codes
    assert all(row.legal_basis for row in found.law)
    funds = {row.charge.fund for row in found.rows}
    assert ("interest_hi" in codes) == (Fund.HEALTH in funds)
    assert ("employer_monthly" in codes) == bool(funds)
