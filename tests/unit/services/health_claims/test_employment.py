"""Which cards employment gives, extends and ends."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.law import UnknownRule
from services.health_claims.domain.coverage import Card, Holder, Status, cards_on
from services.health_claims.domain.employment import OPEN, Employment, Insured, Months, reconcile

TODAY = date(2026, 11, 22)
NUMBER = "0100000017"
NOW = 2026 * 12 + 10
"""November 2026."""


def at(*covered: tuple[int, int], sector: str = "private", province: str = "01") -> Employment:
    return Employment(sector, province, tuple(Months(*months) for months in covered))


def card(code: str = "DN401", begins: date = date(2026, 1, 1), **given: Any) -> Card:
    usual: dict[str, Any] = {
        "valid_to": date(2026, 12, 31),
        "facility_code": "01001",
        "status": Status.ACTIVE,
    }
    return Card(code + NUMBER, code[:2], int(code[2]), code[3:], begins, **(usual | given))


def written(*employments: Employment, cards: tuple[Card, ...] = (), released: bool = False) -> list[Card]:
    insured = Insured(NUMBER, "01009", cards, employments, released)
    return reconcile(insured, today=TODAY)


def after(*employments: Employment, cards: tuple[Card, ...] = (), released: bool = False) -> tuple[Card, ...]:
    changed = {(c.code, c.valid_from): c for c in written(*employments, cards=cards, released=released)}
    return tuple(({(c.code, c.valid_from): c for c in cards} | changed).values())


def covered_on(day: date, cards: tuple[Card, ...]) -> list[Card]:
    return cards_on(Holder(1, "", None, 1990, None, None, 0, cards), day)


def test_a_new_employee_gets_a_card_until_the_end_of_the_year() -> None:
    (new,) = written(at((NOW, OPEN)))
    assert new == card(begins=date(2026, 11, 1), facility_code="01009")


@pytest.mark.parametrize(
    ("sector", "code"), [("public", "HC401"), ("state", "DN401"), ("private", "DN401"), ("foreign", "DN401")]
)
def test_the_ownership_of_the_unit_gives_the_subject_group(sector: str, code: str) -> None:
    (new,) = written(at((NOW, OPEN), sector=sector))
    assert (new.code, new.benefit_digit) == (code + NUMBER, 4)


def test_an_ownership_that_the_law_does_not_list_is_an_error() -> None:
    with pytest.raises(UnknownRule):
        written(at((NOW, OPEN), sector="unheard-of"))


def test_the_card_that_she_holds_is_continued() -> None:
    assert written(at((NOW - 70, OPEN)), cards=(card(),)) == []
    last_year = card(begins=date(2025, 1, 1), valid_to=date(2025, 12, 31))
    assert written(at((NOW - 70, OPEN)), cards=(last_year,)) == [
        last_year._replace(valid_to=date(2026, 12, 31))
    ]


def test_an_older_card_that_ran_out_stays_as_it_is() -> None:
    old = card("CH401", begins=date(2025, 6, 1), valid_to=date(2026, 5, 31))
    assert written(at((NOW - 70, OPEN)), cards=(old, card("DN401", begins=date(2026, 6, 1)))) == []


def test_the_end_is_a_card_decreased_from_the_day_after_its_last_month() -> None:
    (closed,) = written(at((NOW - 70, NOW - 1)), cards=(card(),), released=True)
    assert closed == card(valid_to=date(2026, 10, 31), status=Status.DECREASED, status_from=date(2026, 11, 1))
    assert covered_on(date(2026, 10, 31), (closed,)) == [closed]
    assert covered_on(date(2026, 11, 1), (closed,)) == []


def test_an_end_that_is_still_to_come_leaves_the_card_until_then() -> None:
    (closed,) = written(at((NOW - 70, NOW)), cards=(card(),), released=True)
    assert covered_on(TODAY, (closed,)) == [closed]
    assert covered_on(date(2026, 12, 1), (closed,)) == []


def test_an_end_before_this_year_takes_this_years_card() -> None:
    (closed,) = written(at((NOW - 70, NOW - 11)), cards=(card(),), released=True)
    assert closed.status == Status.DECREASED
    assert covered_on(date(2026, 1, 1), (closed,)) == []


def test_months_taken_back_end_the_card_only_when_a_unit_took_them_back() -> None:
    assert written(at(), cards=(card(),)) == []
    (closed,) = written(at(), cards=(card(),), released=True)
    assert covered_on(date(2026, 1, 1), (closed,)) == []


def test_another_unit_that_goes_on_keeps_the_card() -> None:
    units = (at((NOW - 70, NOW - 1)), at((NOW - 5, OPEN)))
    assert written(*units, cards=(card(),), released=True) == []


def test_a_change_to_a_unit_of_another_province_gives_another_card() -> None:
    units = (at((NOW - 70, NOW - 1)), at((NOW, OPEN), province="79"))
    closed, new = written(*units, cards=(card(),), released=True)
    assert (closed.valid_to, closed.status) == (date(2026, 10, 31), Status.DECREASED)
    assert (new.code, new.valid_from, new.valid_to) == (
        f"DN479{NUMBER}", date(2026, 11, 1), date(2026, 12, 31),
    )  # fmt: skip
    assert new.facility_code == card().facility_code


def test_coming_back_after_months_without_gives_a_new_card() -> None:
    closed = card(valid_to=date(2026, 6, 30), status=Status.DECREASED, status_from=date(2026, 7, 1))
    (new,) = written(at((NOW - 70, NOW - 5), (NOW, OPEN)), cards=(closed,))
    assert (new.valid_from, new.valid_to, new.status) == (
        date(2026, 11, 1), date(2026, 12, 31), Status.ACTIVE,
    )  # fmt: skip


def test_an_end_reported_in_error_is_undone() -> None:
    closed = card(valid_to=date(2026, 10, 31), status=Status.DECREASED, status_from=date(2026, 11, 1))
    assert written(at((NOW - 70, OPEN)), cards=(closed,)) == [card()]


def test_a_card_decreased_on_a_day_that_nobody_recorded_is_left_to_itself() -> None:
    (new,) = written(at((NOW, OPEN)), cards=(card(status=Status.DECREASED),))
    assert new.valid_from == date(2026, 11, 1)


def test_a_better_card_is_kept_and_gets_the_employees_beside_it() -> None:
    better = card("CK201")
    cards = after(at((NOW, OPEN)), cards=(better,))
    assert covered_on(TODAY, cards) == [better, card(begins=date(2026, 11, 1))]
    cards = after(at((NOW, NOW)), cards=cards, released=True)
    assert covered_on(date(2026, 12, 1), cards) == [better]


def test_a_card_that_was_taken_back_is_not_given_again() -> None:
    revoked = card(begins=date(2026, 11, 1), status=Status.REVOKED)
    assert written(at((NOW, OPEN)), cards=(revoked,)) == []


def test_no_card_begins_before_the_health_insurance_law() -> None:
    (new,) = written(at((2005 * 12, OPEN)))
    assert new.valid_from == date(2009, 7, 1)


def test_months_of_earlier_years_alone_give_no_card() -> None:
    assert written(at((NOW - 70, NOW - 40))) == []


@st.composite
def employments(draw: st.DrawFn) -> tuple[Employment, ...]:
    """Up to three units, each with up to three runs of months around this year."""
    units = []
    for _ in range(draw(st.integers(0, 3))):
        bounds = draw(st.lists(st.integers(NOW - 30, NOW + 2), max_size=6, unique=True).map(sorted))
        runs = [(first, last) for first, last in zip(bounds[::2], bounds[1::2], strict=False)]
        if runs and draw(st.booleans()):
            runs[-1] = (runs[-1][0], OPEN)
        kind = draw(st.sampled_from(["private", "public"]))
        units.append(at(*runs, sector=kind, province=draw(st.sampled_from(["01", "79"]))))
    return tuple(units)


@given(employments())
def test_whoever_is_employed_this_year_is_covered_on_each_day_of_it_and_on_no_other(
    units: tuple[Employment, ...],
) -> None:
    cards = after(*units)
    for month in range(1, 13):
        index = 2026 * 12 + month - 1
        expected = any(
            run.first <= index and (run.last == OPEN or index <= run.last) for u in units for run in u.covered
        )
        for day in (date(2026, month, 1), date(2026, month, 28)):
            assert bool(covered_on(day, cards)) == expected


@given(employments(), employments())
def test_writing_the_cards_and_asking_again_gives_none(
    before: tuple[Employment, ...], now: tuple[Employment, ...]
) -> None:
    cards = after(*now, cards=after(*before), released=True)
    assert written(*now, cards=cards, released=True) == []


@given(employments(), employments())
def test_a_day_still_to_come_is_covered_exactly_by_what_was_told_last(
    before: tuple[Employment, ...], now: tuple[Employment, ...]
) -> None:
    cards = after(*now, cards=after(*before), released=True)
    day = TODAY + timedelta(days=9)  # in December
    index = NOW + 1
    expected = any(
        run.first <= index and (run.last == OPEN or index <= run.last) for u in now for run in u.covered
    )
    assert bool(covered_on(day, cards)) == expected
