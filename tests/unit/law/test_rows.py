"""Rows of law: one in force on a day, each with its legal basis."""

from datetime import date, timedelta

import pytest

from lienthong import law
from lienthong.law import Row, Rules, UnknownRule

DAY = date(2026, 11, 22)


def row(begins: date, ends: date | None, value: int) -> Row[int]:
    return Row("rate", begins, ends, value, "Law 1", verified=False)


def test_the_row_in_force_on_the_day_is_found() -> None:
    change = date(2026, 7, 1)
    rules = Rules([row(change, None, 2), row(date(2024, 7, 1), change - timedelta(1), 1)])
    assert [rules.at("rate", day).value for day in (change - timedelta(1), change, DAY)] == [1, 2, 2]
    assert rules.all_at(DAY)["rate"].value == 2


def test_a_day_or_a_code_without_a_row_is_refused() -> None:
    rules = Rules([row(date(2026, 1, 1), None, 1)])
    with pytest.raises(UnknownRule):
        rules.at("rate", date(2025, 12, 31))
    with pytest.raises(UnknownRule):
        rules.at("other", DAY)


def test_two_rows_in_force_on_one_day_do_not_load() -> None:
    with pytest.raises(ValueError, match="two rows are in force on 2026-01-01"):
        Rules([row(date(2025, 1, 1), None, 1), row(date(2026, 1, 1), None, 2)])


@pytest.mark.parametrize(
    "rules",
    [
        law.portal_codes(),
        law.benefits(),
        law.managed_provinces(),
        law.ages(),
        law.deadlines(),
        law.levels(),
        law.limits(),
        law.rates(),
        law.days(),
        law.interest(),
        law.allocation(),
        law.debt_reasons(),
        law.routes(),
        law.benefit_rules(),
        law.benefit_figures(),
        law.benefit_notices(),
        law.card_groups(),
        law.serious_diseases(),
        law.year_slip_diseases(),
    ],
)
def test_every_row_names_its_legal_basis(rules: Rules[object]) -> None:
    rows = rules.all_at(DAY).values()
    assert rows
    assert all(row.legal_basis for row in rows)


def test_the_codes_that_do_not_block_a_claim() -> None:
    codes = law.portal_codes().all_at(DAY)
    assert {code for code, row in codes.items() if row.value.covered} == {
        "000", "001", "002", "004", "010-stay",
    }  # fmt: skip


def test_card_data_is_shown_for_matched_persons_only() -> None:
    codes = law.portal_codes().all_at(DAY)
    assert {code for code, row in codes.items() if not row.value.shows_card} == {
        "050", "051", "052", "053", "060", "061", "070", "130",
    }  # fmt: skip


def test_benefit_digits_pay_what_the_law_says() -> None:
    benefits = law.benefits().all_at(DAY)
    assert {code: row.value.percent for code, row in benefits.items()} == {
        "1": 100,
        "2": 100,
        "3": 95,
        "4": 80,
        "5": 100,
    }
    assert len({row.value.rank for row in benefits.values()}) == 5
