"""A visit with its stay: cards that end or begin within it, children, several cards, and what is noted."""

from datetime import date
from typing import Any

import pytest

from lienthong.fields import Born
from services.health_claims.domain.benefit import Kind, Reason, Visit
from services.health_claims.domain.coverage import Card, Decision, Holder, Inquiry, Status, decide
from services.health_claims.domain.facility import Facility
from services.health_claims.domain.visit import covered_until, decide_visit

DAY = date(2026, 11, 22)
NUMBER = "0100000017"
HERE = Facility("01001", "", 2, points=75)
FACILITIES = {HERE.code: HERE, "79001": Facility("79001", "", 3)}
INPATIENT = Visit(Kind.INPATIENT, cost_vnd=10_000_000)
OUTPATIENT = Visit(Kind.OUTPATIENT, cost_vnd=10_000_000)


def card(
    begins: str = "2026-01-01",
    ends: str = "2026-12-31",
    status: Status = Status.ACTIVE,
    since: str | None = None,
    prefix: str = "DN401",
) -> Card:
    return Card(
        prefix + NUMBER, prefix[:2], int(prefix[2]), prefix[3:], date.fromisoformat(begins),
        date.fromisoformat(ends), HERE.code, int(status), None if since is None else date.fromisoformat(since),
    )  # fmt: skip


def ask(
    *cards: Card, visit: Visit | None = INPATIENT, born: date = date(1990, 5, 17), **other: Any
) -> Decision:
    given: dict[str, Any] = {"identifier": NUMBER, "day": DAY, "facility": HERE.code, "area": None, **other}
    holder = Holder(1, "X", born, born.year, given["area"], None, 0, cards)
    inquiry = Inquiry(given["identifier"], "X", Born(born.year, born), given["day"], visit, given["facility"])
    return decide_visit(inquiry, holder, FACILITIES)


def codes(decision: Decision) -> list[str]:
    return [notice.code for notice in decision.notices]


def since(day: str, visit: Visit = INPATIENT) -> Visit:
    return visit._replace(admitted_on=date.fromisoformat(day))


def test_without_a_visit_the_answer_is_the_plain_one() -> None:
    inquiry = Inquiry(NUMBER, "X", Born(1990), DAY)
    holder = Holder(1, "X", None, 1990, None, None, 0, (card(),))
    assert decide_visit(inquiry, holder, FACILITIES) == decide(inquiry, holder)
    assert decide_visit(inquiry, holder, FACILITIES).outcome is None


@pytest.mark.parametrize(
    ("ends", "admitted", "code"),
    [
        ("2026-11-22", "2026-11-20", "000"),
        ("2026-11-21", "2026-11-20", "010-stay"),
        ("2026-11-21", "2026-11-21", "010-stay"),
        ("2026-11-07", "2026-11-01", "010-stay"),
        ("2026-11-06", "2026-11-01", "010"),
        ("2026-11-20", "2026-11-21", "010"),
    ],
)
def test_a_card_that_ends_during_a_stay_is_paid_on_for_fifteen_days(
    ends: str, admitted: str, code: str
) -> None:
    decision = ask(card(ends=ends), visit=since(admitted))
    assert decision.code == code
    assert (decision.outcome is not None) == (code != "010")
    if code == "010-stay" and decision.outcome is not None:
        assert (decision.outcome.pays_until - date.fromisoformat(ends)).days == 15
        assert "pays_after_expiry" in [step.rule for step in decision.outcome.steps]
        assert "card_expires_during_stay" in codes(decision)


def test_an_outpatient_gets_no_days_beyond_the_card() -> None:
    assert ask(card(ends="2026-11-21"), visit=since("2026-11-20", OUTPATIENT)).code == "010"
    outcome = ask(card(ends="2026-11-30"), visit=OUTPATIENT).outcome
    assert outcome is not None
    assert outcome.pays_until == date(2026, 11, 30)


def test_without_a_day_of_admission_an_expired_card_stays_expired() -> None:
    assert ask(card(ends="2026-11-21")).code == "010"


def test_of_several_cards_that_ended_during_the_stay_the_highest_is_paid_on() -> None:
    decision = ask(
        card(ends="2026-11-21"), card("2026-02-01", "2026-11-20", prefix="HN201"),
        card("2026-03-01", "2026-06-30"), visit=since("2026-11-19"),
    )  # fmt: skip
    assert decision.code == "010-stay"
    assert decision.card == card("2026-02-01", "2026-11-20", prefix="HN201")


def test_the_card_shown_is_the_one_asked_about_during_a_stay_too() -> None:
    lasting, short = card(ends="2026-11-21"), card("2026-02-01", "2026-06-30", prefix="GD401")
    assert ask(lasting, short, visit=since("2026-11-19"), identifier=lasting.code).code == "010-stay"
    assert ask(lasting, short, visit=since("2026-11-19"), identifier=short.code).code == "010"


def test_a_new_card_already_valid_is_the_one_to_use() -> None:
    old, new = card(ends="2026-11-20"), card("2026-11-21", "2027-12-31", prefix="GD401")
    assert ask(old, new, visit=since("2026-11-19"), identifier=old.code).code == "003"
    assert ask(old, new, visit=since("2026-11-19")).code == "000"


def test_a_new_card_to_come_does_not_end_what_the_old_one_pays() -> None:
    decision = ask(card(ends="2026-11-20"), card("2026-12-01", "2027-12-31"), visit=since("2026-11-19"))
    assert decision.code == "010-stay"
    assert decision.new_card is not None


@pytest.mark.parametrize(
    ("status", "code"), [(Status.REVOKED, "110"), (Status.DECREASED, "120"), (Status.STOPPED, "124")]
)
def test_a_card_withdrawn_during_the_stay_is_not_paid_on_but_pointed_out(status: Status, code: str) -> None:
    decision = ask(card(status=status, since="2026-11-21"), visit=since("2026-11-20"))
    assert (decision.code, decision.outcome, codes(decision)) == (code, None, ["card_withdrawn_during_stay"])
    assert codes(ask(card(status=status, since="2026-11-20"), visit=since("2026-11-20"))) == []


def test_a_card_reported_decreased_only_after_its_end_has_expired() -> None:
    ended = card(ends="2026-11-21", status=Status.DECREASED, since="2026-11-22")
    assert ask(ended, visit=None).code == "120"
    assert ask(ended, visit=since("2026-11-20")).code == "010-stay"


def test_a_withdrawal_to_come_ends_what_is_promised() -> None:
    outcome = ask(card(status=Status.DECREASED, since="2026-12-01")).outcome
    assert outcome is not None
    assert outcome.pays_until == date(2026, 11, 30)


def test_a_card_that_began_during_the_stay_is_paid_from_its_first_day() -> None:
    decision = ask(card("2026-11-21"), visit=since("2026-11-19"))
    assert (decision.code, decision.visit_code) == ("000", "04")
    assert "card_began_during_stay" in codes(decision)
    before = card("2026-01-01", "2026-11-20", prefix="HT301")
    assert ask(card("2026-11-21"), before, visit=since("2026-11-19")).visit_code == ""


def test_cover_goes_on_over_cards_that_follow_without_a_gap() -> None:
    first, second = card(ends="2026-11-30"), card("2026-12-01", "2027-03-31", prefix="GD401")
    apart = card("2027-04-02", "2027-12-31", prefix="HN201")
    assert covered_until(first, [apart, second, first]) == (date(2027, 3, 31), False)
    outcome = ask(apart, second, first).outcome
    assert outcome is not None
    assert outcome.pays_until == date(2027, 4, 15)


def test_several_cards_give_the_highest_and_say_so_with_or_without_a_visit() -> None:
    cards = (card(), card("2026-02-01", prefix="HN201"))
    for visit in (None, OUTPATIENT):
        decision = ask(*cards, visit=visit)
        assert decision.card == cards[1]
        assert codes(decision) == ["several_cards"]
        assert "2 thẻ" in decision.notices[0].vi
        assert "100 %" in decision.notices[0].vi
    assert codes(ask(card(), visit=OUTPATIENT)) == []


def test_a_child_without_a_card_is_admitted_on_the_proof_of_birth() -> None:
    for visit in (None, OUTPATIENT):
        decision = ask(visit=visit, born=date(2024, 2, 1))
        assert (decision.code, decision.outcome, codes(decision)) == ("130", None, ["child_without_card"])


@pytest.mark.parametrize(
    ("born", "ends", "noted"),
    [
        ("2026-11-01", "2026-12-31", ["newborn"]),
        ("2026-10-25", "2026-12-31", []),
        ("2020-11-23", "2026-12-31", []),
        ("2020-11-22", "2026-12-31", ["child_card_after_six"]),
        ("2024-02-01", "2026-10-31", ["child_card_ended"]),
        ("2020-11-22", "2026-10-31", []),
    ],
)
def test_cards_of_children_and_newborns(born: str, ends: str, noted: list[str]) -> None:
    decision = ask(card(ends=ends, prefix="TE101"), visit=OUTPATIENT, born=date.fromisoformat(born))
    assert codes(decision) == noted
    if decision.outcome is not None:
        assert decision.outcome.level_percent == 100


@pytest.mark.parametrize(("born", "part", "rule"), [
    ("2026-11-01", 100, "route_newborn"), ("2026-10-25", 40, "route_self_specialised_inpatient"),
])  # fmt: skip
def test_a_newborn_is_treated_as_where_she_is_registered(born: str, part: int, rule: str) -> None:
    outcome = ask(card(prefix="TE101"), facility="79001", born=date.fromisoformat(born)).outcome
    assert outcome is not None
    assert outcome.route_percent == part
    assert rule in [step.rule for step in outcome.steps]
    grown = ask(card(), facility="79001", born=date.fromisoformat(born)).outcome
    assert grown is not None
    assert grown.route_percent == 40


def test_the_place_and_the_living_area_decide_the_route() -> None:
    def part(**other: Any) -> int | None:
        outcome = ask(card(), visit=INPATIENT._replace(reason=Reason.SELF), **other).outcome
        return None if outcome is None else outcome.route_percent

    assert part() == 100
    assert part(facility="79001") == 40
    assert part(facility="79001", area="K3") == 100
    assert part(facility="99999") == part(facility="") == 0


def test_a_facility_that_is_not_in_the_records_is_still_where_the_card_is_registered() -> None:
    elsewhere = card()._replace(facility_code="99999")
    outcome = ask(elsewhere, facility="99999").outcome
    assert outcome is not None
    assert outcome.route == "registered"


def test_a_visit_under_earlier_rules_is_answered_without_a_benefit() -> None:
    decision = ask(card("2024-01-01"), day=date(2024, 12, 31))
    assert (decision.code, decision.outcome, codes(decision)) == ("000", None, ["rules_before_2025"])


def test_nobody_and_the_wrong_name_get_no_benefit() -> None:
    inquiry = Inquiry(NUMBER, "Y", Born(1990), DAY, OUTPATIENT, HERE.code)
    assert decide_visit(inquiry, None, FACILITIES) == Decision("050")
    holder = Holder(1, "X", None, 1990, None, None, 0, (card(), card("2026-02-01", prefix="HN201")))
    assert decide_visit(inquiry, holder, FACILITIES) == Decision("060")
