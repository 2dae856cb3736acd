"""Time by scheme, gaps, and how a month stands: against a model that looks at every month by itself."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contributions.domain.dues import Fund, dues
from services.contributions.domain.ledger import (
    ALL_FUNDS,
    UNSETTLED,
    Clock,
    FundState,
    LedgerRow,
    Period,
    deadline_day,
    funds_of_schemes,
    law_of,
    owed,
    schemes_of_funds,
    standing,
)
from services.contributions.domain.months import Scheme, month_index
from services.contributions.domain.totals import Charges, Gap, gaps, totals

NOW = month_index(date(2026, 11, 1))
TODAY = date(2026, 11, 22).toordinal()
CLOCKS = st.builds(Clock, st.just(TODAY), st.integers(NOW - 3, NOW))
ENTRY = 4


def period(employer_id: int, first: int, last: int, schemes: int, regular_from: int = 0) -> Period:
    entry = ENTRY if regular_from else 0
    return Period(
        employer_id, first, last, schemes, 9_000_000, entry, regular_from, 1, False, "X", "X", None
    )  # fmt: skip


@st.composite
def careers(draw: st.DrawFn) -> list[Period]:
    """Some periods that have begun, with one or two employers."""
    found = []
    for _ in range(draw(st.integers(0, 5))):
        first = draw(st.integers(NOW - 40, NOW))
        last = draw(st.integers(first, NOW))
        regular_from = draw(st.just(0) | st.integers(first, last + 2))
        found.append(period(draw(st.integers(1, 2)), first, last, draw(st.integers(1, 15)), regular_from))
    return found


CHARGES = st.dictionaries(
    st.tuples(st.integers(1, 2), st.integers(NOW - 41, NOW), st.sampled_from([0, ENTRY])),
    st.tuples(st.integers(0, 31), st.integers(0, 31)).map(lambda m: Charges(m[0] << 1, (m[0] & m[1]) << 1)),
    max_size=40,
)


def settled(charges: dict[tuple[int, int, int], Charges], one: Period, month: int) -> list[int | None]:
    """Of each fund, as ``standing`` takes it; what is settled is so in time."""
    known = charges.get((one.employer_id, month, one.entry_of(month)), Charges(0, 0))
    return [
        None
        if not known.all >> fund & 1
        else UNSETTLED
        if known.unsettled >> fund & 1
        else deadline_day(month)
        for fund in ALL_FUNDS
    ]


@given(careers(), CHARGES, CLOCKS)
def test_totals_are_the_months_counted_one_by_one(
    career: list[Period], charges: dict[tuple[int, int, int], Charges], clock: Clock
) -> None:
    paid: dict[Scheme, set[int]] = {}
    recovered: dict[Scheme, set[int]] = {}
    for one in career:
        for scheme in Scheme:
            if not one.schemes & scheme:
                continue
            paid.setdefault(scheme, set())
            recovered.setdefault(scheme, set())
            for month in range(one.first, one.last + 1):
                days = settled(charges, one, month)
                states = {
                    standing(month, days[fund - 1], clock).state
                    for fund in ALL_FUNDS
                    if funds_of_schemes(scheme) >> fund & 1 and funds_of_schemes(one.schemes) >> fund & 1
                }
                if states <= {FundState.PAID, FundState.PAID_LATE}:
                    paid[scheme].add(month)
                    recovered[scheme].add(month)
                elif FundState.LATE in states:
                    recovered[scheme].add(month)
    assert {t.scheme: (t.paid_months, t.months_if_recovered) for t in totals(career, charges, clock)} == {
        scheme: (len(paid[scheme]), len(recovered[scheme])) for scheme in paid
    }


@given(careers(), CHARGES, CLOCKS)
def test_recovery_never_takes_time_away(
    career: list[Period], charges: dict[tuple[int, int, int], Charges], clock: Clock
) -> None:
    for total in totals(career, charges, clock):
        assert 0 <= total.paid_months <= total.months_if_recovered


@given(careers())
def test_gaps_are_the_months_between_in_which_nobody_declared_social_insurance(career: list[Period]) -> None:
    covered = {month for one in career if one.schemes & (1 | 8) for month in range(one.first, one.last + 1)}
    between = range(min(covered), max(covered) + 1) if covered else range(0)
    found = gaps(career)
    assert [month for gap in found for month in range(gap.first, gap.last + 1)] == [
        month for month in between if month not in covered
    ]
    assert all(later.first > earlier.last + 1 for earlier, later in pairwise(found))


def test_two_periods_that_touch_leave_no_gap() -> None:
    career = [period(1, NOW - 9, NOW - 6, 7), period(2, NOW - 5, NOW - 4, 8), period(1, NOW - 1, NOW, 1)]
    assert gaps(career) == [Gap(NOW - 3, NOW - 2)]
    assert gaps([*career, period(3, NOW - 3, NOW - 2, 2)]) == [Gap(NOW - 3, NOW - 2)]  # health is not social


@pytest.mark.parametrize(
    ("month", "settled_on", "state", "late"),
    [
        (date(2026, 9, 1), date(2026, 10, 31), FundState.PAID, 0),
        (date(2026, 9, 1), date(2026, 11, 1), FundState.PAID_LATE, 1),
        (date(2026, 9, 1), UNSETTLED, FundState.LATE, 22),
        (date(2026, 10, 1), UNSETTLED, FundState.DUE, 0),
        (date(2026, 9, 1), None, FundState.PAID, 0),
        (date(2026, 10, 1), None, FundState.DUE, 0),
    ],
)
def test_how_a_charge_stands(month: date, settled_on: date | int | None, state: FundState, late: int) -> None:
    day = settled_on.toordinal() if isinstance(settled_on, date) else settled_on
    found = standing(month_index(month), day, Clock(TODAY, NOW))
    assert (found.state, found.days_late) == (state, late)
    assert found.settled == (day or None)


def test_a_month_for_which_nobody_was_charged_is_never_taken_for_paid() -> None:
    clock = Clock(TODAY, month_index(date(2026, 8, 1)))
    assert standing(month_index(date(2026, 9, 1)), None, clock).state == FundState.LATE


@given(st.integers(0, 15))
def test_funds_and_schemes_name_each_other(schemes: int) -> None:
    funds = funds_of_schemes(schemes)
    assert schemes_of_funds(funds) & schemes == schemes
    assert (funds >> Fund.HEALTH & 1) == (schemes >> 1 & 1)
    assert not funds >> Fund.INTEREST & 1


def test_the_rows_of_law_of_a_ledger_name_both_reference_levels() -> None:
    one = period(1, NOW - 12, NOW, 7)
    rows = law_of((month, one) for month in range(one.first, one.last + 1))
    levels = [row.value.vnd for row in rows if row.code == "reference_level"]
    assert levels == [2_340_000, 2_530_000]


def test_what_is_owed_is_what_each_month_would_owe_by_itself() -> None:
    """Bases and law change within a career: two units in turn, one above every cap."""
    career = [
        period(1, NOW - 24, NOW - 13, 7),
        period(2, NOW - 12, NOW, 5),
        period(3, NOW - 3, NOW, 7)._replace(base_vnd=90_000_000),
    ]
    rows = [
        LedgerRow(month, one, (None,) * 5)
        for month in range(NOW - 24, NOW + 1)
        for one in career
        if one.first <= month <= one.last
    ]
    found = list(owed(rows))
    assert [row for row, _ in found] == rows
    assert len({tuple(amounts) for _, amounts in found}) > 2
    for (month, one, _), amounts in found:
        alone = dues(one.base_vnd, month, one.schemes, one.region, one.reduced)
        assert [(a.fund, a.employer_vnd, a.employee_vnd) for a in amounts] == list(alone)
