"""Every result code of the portal, from records, a request and a day."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.fields import Born
from lienthong.names import match_key
from services.health_claims.domain.coverage import (
    Card,
    Decision,
    Holder,
    Inquiry,
    Status,
    cards_on,
    decide,
    law_on,
)

DAY = date(2026, 11, 22)
NUMBER = "0100000017"
BORN = date(1990, 5, 17)
STATED = Born(1990, BORN)
NOW = (date(2026, 1, 1), date(2026, 12, 31))
LAST_YEAR = (date(2025, 1, 1), date(2025, 12, 31))
NEXT_YEAR = (date(2027, 1, 1), date(2027, 12, 31))


def card(prefix: str = "DN401", period: tuple[date, date] = NOW, status: Status = Status.ACTIVE) -> Card:
    return Card(prefix + NUMBER, prefix[:2], int(prefix[2]), prefix[3:], *period, "01001", int(status))


def holder(
    *cards: Card, born: date | None = BORN, year: int = 1990, name: str = "Trần Thị Hồng Nhung"
) -> Holder:
    return Holder(1, match_key(name), born, year, None, None, 0, cards)


def ask(
    *cards: Card,
    identifier: str = NUMBER,
    name: str = "Trần Thị Hồng Nhung",
    born: Born = STATED,
    day: date = DAY,
    who: Holder | None = None,
) -> Decision:
    return decide(Inquiry(identifier, match_key(name), born, day), who or holder(*cards))


@pytest.mark.parametrize(
    ("code", "cards"),
    [
        ("000", [card()]),
        ("000", [card(period=LAST_YEAR), card("GD401")]),
        ("000", [card(status=Status.STOPPED), card("GD401")]),
        ("001", [card("QN597")]),
        ("002", [card("CA598")]),
        ("003", [card(period=LAST_YEAR), card("GD401", NEXT_YEAR)]),
        ("004", [card(), card("GD401", NEXT_YEAR)]),
        ("004", [card(), card(period=NEXT_YEAR)]),
        ("010", [card(period=LAST_YEAR)]),
        ("010", [card("QN597", LAST_YEAR)]),
        ("010", [card(period=LAST_YEAR), card("GD401", NEXT_YEAR, Status.REVOKED)]),
        ("010-not-yet", [card(period=NEXT_YEAR)]),
        ("110", [card(status=Status.REVOKED)]),
        ("120", [card(status=Status.DECREASED)]),
        ("124", [card(status=Status.STOPPED)]),
        ("110", [card(period=NEXT_YEAR, status=Status.REVOKED)]),
        ("120", [card(period=LAST_YEAR), card("GD401", status=Status.DECREASED)]),
    ],
)
def test_the_cards_of_a_matched_person_give_the_code(code: str, cards: list[Card]) -> None:
    assert ask(*cards).code == code


def test_nobody_behind_the_identifier_is_050() -> None:
    assert decide(Inquiry(NUMBER, "X", Born(1990), DAY), None) == Decision("050")


def test_an_adult_without_a_card_is_050_whatever_the_name() -> None:
    assert ask().code == "050"
    assert ask(name="Somebody Else").code == "050"


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("HT401" + NUMBER, "051"),
        ("DN402" + NUMBER, "052"),
        ("DN301" + NUMBER, "053"),
        ("HT302" + NUMBER, "051"),
        ("DN302" + NUMBER, "052"),
    ],
)
def test_a_card_code_that_is_not_the_persons_names_its_wrong_part(identifier: str, code: str) -> None:
    decision = ask(card(), identifier=identifier)
    assert (decision.code, decision.card) == (code, None)


def test_a_wrong_card_code_is_compared_with_the_most_alike_card() -> None:
    assert ask(card("GD279"), card("DN401"), identifier="DN301" + NUMBER).code == "053"


def test_a_card_code_of_somebody_without_a_card_is_050() -> None:
    child = holder(born=date(2024, 1, 1), year=2024)
    assert ask(identifier="TE101" + NUMBER, born=Born(2024), who=child).code == "050"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tran thi hong nhung", "000"),
        ("TRẦN  THỊ  HỒNG  NHUNG", "000"),
        ("Trần Thị Hồng Nhug", "061"),
        ("Đỗ Hồng Nhung", "060"),
        ("Hồng Nhung Trần Thị", "060"),
    ],
)
def test_the_name_is_compared_without_marks_and_case(name: str, code: str) -> None:
    assert ask(card(), name=name).code == code


@pytest.mark.parametrize(
    ("asked", "recorded", "year", "code"),
    [
        (Born(1990, BORN), BORN, 1990, "000"),
        (Born(1990), BORN, 1990, "000"),
        (Born(1990, BORN), None, 1990, "000"),
        (Born(1990), None, 1990, "000"),
        (Born(1990, date(1990, 5, 18)), BORN, 1990, "070"),
        (Born(1991), BORN, 1990, "070"),
        (Born(1991, date(1991, 5, 17)), None, 1990, "070"),
    ],
)
def test_a_birth_known_by_year_is_compared_by_year(
    asked: Born, recorded: date | None, year: int, code: str
) -> None:
    assert ask(born=asked, who=holder(card(), born=recorded, year=year)).code == code


@pytest.mark.parametrize(
    ("born", "year", "code"),
    [
        (date(2020, 11, 23), 2020, "130"),
        (date(2020, 11, 22), 2020, "050"),
        (None, 2020, "130"),
        (None, 2019, "050"),
    ],
)
def test_a_child_below_six_without_a_card_is_130(born: date | None, year: int, code: str) -> None:
    decision = ask(born=Born(year, born), who=holder(born=born, year=year))
    assert (decision.code, decision.card) == (code, None)


def test_a_child_without_a_card_must_still_be_matched() -> None:
    child = holder(born=date(2024, 1, 1), year=2024)
    assert ask(born=Born(2024), name="Bùi Gia Hân", who=child).code == "060"
    assert ask(born=Born(2023), who=child).code == "070"


@pytest.mark.parametrize(
    "unmatched",
    [
        {"name": "Ai Đó"},
        {"name": "Trần Thị Hồng Nhungg"},
        {"born": Born(1991)},
        {"identifier": f"HT401{NUMBER}"},
        {"identifier": f"DN402{NUMBER}"},
        {"identifier": f"DN301{NUMBER}"},
    ],
)
def test_of_an_unmatched_person_nothing_is_answered_but_a_code(unmatched: dict[str, Any]) -> None:
    decision = ask(card(), **unmatched)
    assert decision == Decision(decision.code)
    assert decision.code in {"051", "052", "053", "060", "061", "070"}


def test_the_old_card_shown_is_003_though_the_new_one_is_valid() -> None:
    decision = ask(card(period=LAST_YEAR), card("GD401"), identifier="DN401" + NUMBER)
    assert decision.code == "003"
    assert (decision.card, decision.new_card) == (card(period=LAST_YEAR), card("GD401"))


def test_the_new_card_shown_too_early_is_004_while_the_old_one_is_valid() -> None:
    decision = ask(card(), card("GD401", NEXT_YEAR), identifier="GD401" + NUMBER)
    assert (decision.code, decision.card, decision.new_card) == ("004", card(), card("GD401", NEXT_YEAR))


def test_a_revoked_card_shown_is_110_though_another_is_valid() -> None:
    assert ask(card(status=Status.REVOKED), card("GD401"), identifier="DN401" + NUMBER).code == "110"


def test_a_renewed_card_of_the_same_code_is_valid() -> None:
    decision = ask(card(period=LAST_YEAR), card(), identifier="DN401" + NUMBER)
    assert (decision.code, decision.card) == ("000", card())


@pytest.mark.parametrize(("low", "high"), [("4", "3"), ("3", "2"), ("2", "1"), ("1", "5")])
def test_of_several_valid_cards_the_higher_benefit_decides(low: str, high: str) -> None:
    worse, better = card(f"DN{low}01"), card(f"HN{high}01")
    assert ask(worse, better).card == better
    assert ask(better, worse).card == better
    assert cards_on(holder(worse, better), DAY) == [better, worse]


def test_of_two_valid_cards_alike_the_newer_is_offered_as_new() -> None:
    newer = card("GD401", (date(2026, 6, 1), date(2027, 5, 31)))
    decision = ask(newer, card())
    assert (decision.code, decision.card, decision.new_card) == ("004", card(), newer)


def test_the_first_and_the_last_day_are_covered_and_no_other() -> None:
    codes = [
        ask(card(), day=day).code for day in (NOW[0] - timedelta(1), NOW[0], NOW[1], NOW[1] + timedelta(1))
    ]
    assert codes == ["010-not-yet", "000", "000", "010"]


CARDS = st.lists(
    st.builds(
        lambda prefix, start, length, status: card(
            prefix, (DAY + timedelta(start), DAY + timedelta(start + length)), status
        ),
        st.sampled_from(["DN401", "GD401", "HT301", "CC101", "QN597", "CA598"]),
        st.integers(-800, 400),
        st.integers(0, 800),
        st.sampled_from(Status),
    ),
    max_size=5,
)


@given(CARDS)
def test_a_covering_code_always_names_an_active_card_valid_on_the_day(cards: list[Card]) -> None:
    decision = ask(*cards)
    meaning = law_on(DAY).codes[decision.code]
    assert meaning.covered == bool(cards_on(holder(*cards), DAY))
    if meaning.covered:
        assert decision.card is not None
        assert decision.card.status == Status.ACTIVE
        assert decision.card.valid_from <= DAY <= decision.card.valid_to
    assert (decision.new_card is not None) == (decision.code in ("003", "004"))


def test_of_two_records_of_one_period_the_active_one_speaks() -> None:
    gone, expired = card(period=LAST_YEAR, status=Status.REVOKED), card(period=LAST_YEAR)
    assert ask(gone, expired).code == ask(expired, gone).code == "010"


@given(CARDS, st.randoms())
def test_the_order_of_the_records_does_not_matter(cards: list[Card], random: Random) -> None:
    shuffled = list(cards)
    random.shuffle(shuffled)
    assert ask(*cards) == ask(*shuffled)._replace(holder=ask(*cards).holder)


@given(CARDS, st.sampled_from(["DN401", "GD401", "HT301", "CC101"]))
def test_no_card_is_shown_that_is_not_the_persons(cards: list[Card], prefix: str) -> None:
    decision = ask(*cards, identifier=prefix + NUMBER)
    for shown in (decision.card, decision.new_card):
        assert shown is None or shown in cards
