"""The state that statistics make of a verdict, and which months of the past a command touches."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.law import UnknownRule
from services.contributions.domain.allocation import Allocated, Book
from services.contributions.domain.compliance import (
    ComplianceState,
    Facts,
    Participants,
    counted_as,
    judge,
    last_day,
    money_moved_from,
    participants_moved,
)
from services.contributions.domain.dues import Fund, floor_of
from services.contributions.domain.periods import OPEN, Change, Share
from services.contributions.domain.states import LegalState, Reason, Verdict

JULY = 2026 * 12 + 6
MAY = JULY - 2
"""Its deadline is 30 June: on 31 July it is 31 days late, on 31 August 62."""
JANUARY = 2026 * 12
REGION = 1
ALL = 7


def facts(
    oldest: int | None = None, urged: date | None = None, *, low: int = 0, undeclared: tuple[int, ...] = ()
) -> Facts:
    return Facts(oldest, None if urged is None else urged.toordinal(), low, undeclared, 0)


@pytest.mark.parametrize(
    ("month", "found", "state"),
    [
        (JULY, facts(), ComplianceState.ON_TIME),
        (JULY, facts(JULY - 1), ComplianceState.ON_TIME),
        (JULY, facts(MAY), ComplianceState.LATE),
        (JULY, facts(MAY, date(2026, 7, 2)), ComplianceState.LATE),
        (JULY + 1, facts(MAY, date(2026, 7, 2)), ComplianceState.EVASION),
        (JULY, facts(low=1), ComplianceState.UNDERDECLARED),
        (JULY, facts(MAY, low=1), ComplianceState.UNDERDECLARED),
        (JULY + 1, facts(MAY, date(2026, 7, 2), low=1), ComplianceState.EVASION),
        (JULY, facts(undeclared=(JANUARY,)), ComplianceState.EVASION),
        (JULY, facts(low=1, undeclared=(JULY, JANUARY)), ComplianceState.EVASION),
        (JULY, facts(undeclared=(JULY,)), ComplianceState.ON_TIME),
    ],
)
def test_a_unit_is_in_one_state_evasion_before_under_declared_before_late(
    month: int, found: Facts, state: ComplianceState
) -> None:
    assert judge(month, found) is state


def test_people_under_the_floor_are_under_declared() -> None:
    assert judge(JULY, facts()._replace(under_floor=3)) is ComplianceState.UNDERDECLARED


@given(st.sets(st.sampled_from(list(Reason))), st.sampled_from([LegalState.ON_TIME, LegalState.LATE]))
def test_evasion_by_law_is_evasion_or_under_declared(reasons: set[Reason], before: LegalState) -> None:
    evades = reasons - {Reason.UNPAID_AFTER_DEADLINE}
    state = LegalState.EVASION if evades else before
    counted = counted_as(Verdict(state, 0, tuple(reasons)))
    assert (counted in {ComplianceState.EVASION, ComplianceState.UNDERDECLARED}) is bool(evades)


def test_a_day_of_another_law_is_refused() -> None:
    with pytest.raises(UnknownRule):
        judge(2025 * 12 + 5, facts(2025 * 12))


def test_the_last_day_of_a_month_is_the_day_before_the_next_ones_first() -> None:
    assert date.fromordinal(last_day(2028 * 12 + 1)) == date(2028, 2, 29)
    assert date.fromordinal(last_day(2026 * 12 + 11)) == date(2026, 12, 31)


def allocated(month: int, day: date, fund: Fund = Fund.HEALTH) -> Allocated:
    return Allocated(1, month, 0, fund, 1, day.toordinal())


def test_money_changes_months_from_its_value_date_on_and_none_before_the_one_that_it_pays() -> None:
    assert money_moved_from(Book()) is None
    assert money_moved_from(Book(allocated=[allocated(MAY, date(2026, 7, 5))])) == JULY
    assert money_moved_from(Book(allocated=[allocated(JULY, date(2026, 5, 5))])) == JULY
    both = [allocated(MAY, date(2026, 7, 5)), allocated(MAY, date(2026, 6, 5))]
    assert money_moved_from(Book(allocated=both)) == JULY - 1
    assert money_moved_from(Book(allocated=[allocated(MAY, date(2026, 7, 5), Fund.INTEREST)])) is None


def test_participants_move_in_the_months_that_were_judged_alone() -> None:
    low = floor_of(MAY, ALL, REGION) - 1
    came = Change(MAY, OPEN, None, Share(ALL, 90_000_000, ""))
    lowered = Change(JULY - 1, JULY, Share(ALL, 90_000_000, ""), Share(ALL, low, ""))
    voluntary = Change(MAY, OPEN, None, Share(8, 90_000_000, ""))
    renamed = Change(MAY, OPEN, Share(ALL, 90_000_000, ""), Share(ALL, 90_000_000, "Kế toán"))
    moved = participants_moved([came, lowered, voluntary, renamed], REGION, MAY - 3, JULY)
    assert moved == {MAY: Participants(1, 0), JULY - 1: Participants(1, 1), JULY: Participants(1, 1)}
    assert participants_moved([came], REGION, JULY, JULY) == {JULY: Participants(1, 0)}
