"""Legal states by date, and the steps of a report."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contributions.domain.ledger import deadline_day
from services.contributions.domain.reports import (
    OutOfOrder,
    ReportKind,
    ReportState,
    check_step,
    stands_for_evasion,
)
from services.contributions.domain.states import Account, LegalState, Reason, closed_through, cutoffs, decide

AUGUST = 2026 * 12 + 7
DEADLINE = date(2026, 9, 30).toordinal()


def account(
    oldest: int | None = AUGUST, urged: int | None = None, under: int = 0, *, unregistered: bool = False
) -> Account:
    return Account(oldest, urged, under, unregistered)


@pytest.mark.parametrize(
    ("days", "urged", "state"),
    [
        (0, None, LegalState.ON_TIME),
        (1, None, LegalState.LATE),
        (60, 5, LegalState.LATE),
        (61, None, LegalState.LATE),
        (61, 5, LegalState.EVASION),
        (61, 61, LegalState.EVASION),
        (500, None, LegalState.LATE),
        (61, 0, LegalState.LATE),  # a letter of the day of the deadline is about an earlier debt
        (61, 62, LegalState.LATE),  # a letter of tomorrow
    ],
)
def test_late_after_the_deadline_and_evasion_after_sixty_days_and_a_letter(
    days: int, urged: int | None, state: LegalState
) -> None:
    letter = None if urged is None else DEADLINE + urged
    assert decide(account(urged=letter), DEADLINE + days).state is state


def test_a_unit_that_owes_nothing_is_on_time() -> None:
    assert decide(account(oldest=None, urged=DEADLINE), DEADLINE + 90).state is LegalState.ON_TIME


def test_a_state_says_since_when_and_why() -> None:
    verdict = decide(account(urged=DEADLINE + 5), DEADLINE + 80)
    assert verdict.since == DEADLINE + 61
    assert verdict.reasons == (Reason.UNPAID_AFTER_DEADLINE, Reason.OVER_60_DAYS_AND_URGED)
    assert decide(account(urged=DEADLINE + 70), DEADLINE + 80).since == DEADLINE + 70
    assert decide(account(), DEADLINE + 80).since == DEADLINE + 1


def test_a_base_under_the_floor_or_somebody_not_declared_is_evasion_at_once() -> None:
    low = decide(account(oldest=None, under=1), DEADLINE)
    assert (low.state, low.reasons) == (LegalState.EVASION, (Reason.BASE_UNDER_DECLARED,))
    missing = decide(account(oldest=None, unregistered=True), DEADLINE)
    assert (missing.state, missing.reasons) == (LegalState.EVASION, (Reason.NOT_DECLARED_OVER_60_DAYS,))


@given(st.integers(AUGUST - 14, AUGUST + 3), st.integers(DEADLINE - 40, DEADLINE + 400), st.booleans())
def test_ranges_of_the_oldest_month_say_the_same_as_the_rule(oldest: int, day: int, urged: bool) -> None:
    letter = deadline_day(oldest) + 1 if urged else None
    limits = cutoffs(day)
    if urged and oldest <= limits.evasion:
        expected = LegalState.EVASION
    else:
        expected = LegalState.LATE if oldest <= limits.late else LegalState.ON_TIME
    assert decide(account(oldest, letter), day).state is expected


def test_a_month_is_closed_on_the_day_after_its_deadline() -> None:
    assert closed_through(DEADLINE) == AUGUST - 1
    assert closed_through(DEADLINE + 1) == AUGUST


def test_a_report_goes_only_forward_and_ends() -> None:
    allowed = {(now, then) for now in ReportState for then in ReportState if _follows(now, then)}
    assert allowed == {
        (ReportState.RECEIVED, ReportState.ASSIGNED),
        (ReportState.ASSIGNED, ReportState.INSPECTED),
        (ReportState.INSPECTED, ReportState.CONFIRMED),
        (ReportState.INSPECTED, ReportState.REJECTED),
        (ReportState.CONFIRMED, ReportState.RECOVERED),
    }


def _follows(now: ReportState, then: ReportState) -> bool:
    try:
        check_step(now, then)
    except OutOfOrder:
        return False
    return True


def test_somebody_not_declared_is_evasion_sixty_days_after_the_deadline_of_registration() -> None:
    last = date(2026, 8, 1).toordinal() + 30 + 60
    assert not stands_for_evasion(ReportKind.NOT_DECLARED, AUGUST, last)
    assert stands_for_evasion(ReportKind.NOT_DECLARED, AUGUST, last + 1)
    assert stands_for_evasion(ReportKind.UNDER_DECLARED, AUGUST, last)
    assert not stands_for_evasion(ReportKind.NOT_PAID, AUGUST, last + 1)
