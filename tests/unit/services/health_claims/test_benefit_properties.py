"""What holds of every answer, whatever the case."""

from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lienthong import law
from lienthong.fields import Born
from services.health_claims.domain.benefit import (
    Case,
    CopayYear,
    Kind,
    Reason,
    Visit,
    decide_benefit,
    split_cost,
    threshold,
)
from services.health_claims.domain.benefit.rules import References
from services.health_claims.domain.benefit.slips import working_days_after
from services.health_claims.domain.coverage import Card, Holder, Inquiry, Status
from services.health_claims.domain.facility import Facility
from services.health_claims.domain.visit import decide_visit

DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
MONEY = st.integers(0, 100_000_000_000)
PERCENT = st.integers(0, 100)
FACILITIES = st.builds(
    Facility,
    st.sampled_from(["01001", "79001"]),
    st.just(""),
    st.integers(0, 3),
    st.none() | st.integers(1, 4),
    st.none() | st.integers(0, 100),
    st.booleans(),
    st.booleans(),
)
PAID = st.integers(13_000_000, 16_000_000) | MONEY
COPAY = st.none() | st.builds(CopayYear, PAID, st.none() | PAID, st.none() | DAYS)
CASES = st.builds(
    Case,
    day=DAYS,
    kind=st.sampled_from(Kind),
    benefit_digit=st.integers(0, 6),
    valid_to=DAYS,
    registered_facility=st.just("01001"),
    facility=st.none() | FACILITIES,
    reason=st.sampled_from(Reason),
    admitted_on=st.none() | DAYS,
    slip_on=st.none() | DAYS,
    diagnosis=st.sampled_from(["", "J18.9", "C34.1", "N18.5"]),
    cost_vnd=st.sampled_from([0, 1, 379_499, 379_500]) | MONEY,
    living_area=st.sampled_from([None, "K1", "K3"]),
    five_years_on=st.none() | DAYS,
    copay=COPAY,
    subject_code=st.sampled_from(["", "DN", "TE"]),
)


@given(CASES)
def test_nothing_is_paid_over_the_whole_or_under_nothing_and_the_parts_add_up(case: Case) -> None:
    outcome = decide_benefit(case)
    assert 0 <= outcome.fund_basis_points <= 10_000
    assert (outcome.split is None) == (case.cost_vnd == 0)
    if outcome.split is not None:
        cost, *parts = outcome.split
        assert cost == case.cost_vnd == sum(parts)
        assert min(parts) >= 0
        if outcome.fund_basis_points == 10_000:
            assert parts == [cost, 0, 0]
        if outcome.fund_basis_points == 0:
            assert parts[0] == 0


@given(MONEY, PERCENT, PERCENT)
def test_a_cost_is_divided_to_the_last_dong_and_rounded_once(cost: int, level: int, part: int) -> None:
    split = split_cost(cost, level, part)
    assert split.fund_vnd + split.copay_vnd + split.patient_vnd == cost
    assert min(split) >= 0
    assert abs(split.fund_vnd * 10_000 - cost * level * part) <= 5_000


@given(MONEY, PERCENT, PERCENT, PERCENT)
def test_a_higher_level_never_pays_less(cost: int, one: int, other: int, part: int) -> None:
    low, high = sorted((one, other))
    assert split_cost(cost, low, part).fund_vnd <= split_cost(cost, high, part).fund_vnd


@given(CASES, st.integers(1, 5), st.integers(1, 5))
def test_a_digit_that_gives_more_never_pays_less(case: Case, one: int, other: int) -> None:
    percents = {int(code): row.value.percent for code, row in law.benefits().all_at(case.day).items()}
    low, high = sorted((one, other), key=percents.__getitem__)
    outcomes = [decide_benefit(case._replace(benefit_digit=digit)) for digit in (low, high)]
    assert outcomes[0].fund_basis_points <= outcomes[1].fund_basis_points


@given(CASES)
def test_off_the_route_is_never_paid_more_than_at_home(case: Case) -> None:
    if case.facility is None:
        return
    away = decide_benefit(case._replace(reason=Reason.SELF))
    home = decide_benefit(case._replace(reason=Reason.SELF, registered_facility=case.facility.code))
    assert away.fund_basis_points <= home.fund_basis_points


@given(CASES)
def test_an_inpatient_is_paid_at_most_fifteen_days_beyond_the_card_and_others_none(case: Case) -> None:
    beyond = (decide_benefit(case).pays_until - case.valid_to).days
    assert beyond in ((0,) if case.kind == Kind.OUTPATIENT else (0, 15))
    assert (decide_benefit(case._replace(withdrawn=True)).pays_until - case.valid_to).days == 0


@given(CASES)
def test_who_is_exempt_has_both_and_stays_so_until_the_year_ends(case: Case) -> None:
    copay = decide_benefit(case).copay
    if copay.exempt_from is None:
        return
    assert case.copay is not None
    assert case.five_years_on is not None
    assert case.five_years_on <= copay.exempt_from <= case.day
    assert copay.left_vnd == 0
    if case.copay.exceeded_on is None and case.day.year == 2026:
        return  # when it was passed was not recorded, and the threshold rose within the year
    later = case._replace(day=date(case.day.year, 12, 31))
    assert decide_benefit(later).copay.exempt_from is not None


@given(st.integers(0, 20_000_000), st.integers(1, 5_000_000), st.integers(1, 5_000_000))
def test_the_threshold_of_two_levels_weighs_each_by_what_was_paid_under_it(
    paid: int, old: int, more: int
) -> None:
    numerator, denominator = threshold(6, References(old + more, old), paid)
    # Before the change the share paid / old of the six was used; the rest costs the new level.
    assert numerator * old == denominator * (paid * old + (6 * old - paid) * (old + more))
    assert numerator <= 6 * (old + more) * denominator


@given(st.dates(date(2025, 1, 1), date(2027, 11, 30)), st.integers(1, 30))
def test_the_last_working_day_is_one_and_so_many_lie_between(day: date, count: int) -> None:
    last = working_days_after(day, count)
    assert last.weekday() < 5
    assert not law.holidays().all_at(last)
    between = [day + timedelta(n) for n in range(1, (last - day).days + 1)]
    assert sum(d.weekday() < 5 and not law.holidays().all_at(d) for d in between) == count


CARDS = st.lists(
    st.builds(
        lambda digit, begins, days, status, since: Card(
            f"DN{digit}010100000017",
            "DN",
            digit,
            "01",
            begins,
            begins + timedelta(days),
            "01001",
            status,
            since,
        ),
        st.integers(1, 5),
        DAYS,
        st.integers(0, 500),
        st.sampled_from([1, 1, 1, 2, 3, 4]),
        st.none() | DAYS,
    ),
    max_size=5,
    unique_by=lambda card: (card.code, card.valid_from),
)


@given(CARDS, DAYS, st.integers(0, 40), st.sampled_from(Kind), st.randoms(use_true_random=False))
def test_the_order_in_which_cards_are_stored_does_not_matter(
    cards: list[Card], day: date, stayed: int, kind: Kind, random: Random
) -> None:
    visit = Visit(kind, admitted_on=day - timedelta(stayed), cost_vnd=1_000_000)
    inquiry = Inquiry("0100000017", "X", Born(1990), day, visit, "01001")
    shuffled = random.sample(cards, len(cards))
    answers = [
        decide_visit(inquiry, Holder(1, "X", None, 1990, None, None, 0, tuple(stored)), {})._replace(
            holder=None
        )
        for stored in (cards, shuffled)
    ]
    assert answers[0] == answers[1]


@given(CARDS, DAYS, st.integers(0, 40), st.sampled_from(Kind))
def test_a_benefit_is_promised_on_a_day_that_the_fund_pays_and_by_an_active_card_only(
    cards: list[Card], day: date, stayed: int, kind: Kind
) -> None:
    came = day - timedelta(stayed)
    inquiry = Inquiry("0100000017", "X", Born(1990), day, Visit(kind, admitted_on=came), "01001")
    answer = decide_visit(inquiry, Holder(1, "X", None, 1990, None, None, 0, tuple(cards)), {})
    if answer.outcome is None:
        return
    card = answer.card
    assert card is not None
    assert day <= answer.outcome.pays_until
    assert card.valid_from <= day
    assert card.status_on(min(day, card.valid_to)) == Status.ACTIVE
    assert day <= card.valid_to or (answer.code == "010-stay" and came <= card.valid_to)
