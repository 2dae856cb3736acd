"""The lists that contributions rest on say what the law says."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from lienthong import law
from lienthong.law import Rules

DAY = date(2026, 11, 22)
LISTS: list[Rules[Any]] = [
    law.levels(),
    law.limits(),
    law.rates(),
    law.days(),
    law.interest(),
    law.allocation(),
]


@pytest.mark.parametrize(
    ("day", "vnd"),
    [
        (date(2024, 6, 30), 1_800_000),
        (date(2024, 7, 1), 2_340_000),
        (date(2026, 6, 30), 2_340_000),
        (DAY, 2_530_000),
    ],
)
def test_the_reference_level_rose_in_july_2024_and_in_july_2026(day: date, vnd: int) -> None:
    assert law.levels().at("reference_level", day).value.vnd == vnd


def test_regional_minimum_wages_of_2024_and_2026() -> None:
    def wages(day: date) -> list[int]:
        return [law.levels().at(f"regional_minimum_wage_{region}", day).value.vnd for region in (1, 2, 3, 4)]

    assert wages(date(2025, 12, 31)) == [4_960_000, 4_410_000, 3_860_000, 3_450_000]
    assert wages(date(2026, 1, 1)) == [5_310_000, 4_730_000, 4_140_000, 3_700_000]


def test_the_rates_together_are_32_percent() -> None:
    rows = {code: row.value.hundredths for code, row in law.rates().all_at(DAY).items()}
    usual = {code: rate for code, rate in rows.items() if "reduced" not in code and "voluntary" not in code}
    assert sum(rate for code, rate in usual.items() if code.endswith("_employer")) == 2150
    assert sum(rate for code, rate in usual.items() if code.endswith("_employee")) == 1050
    assert rows["rate_occupational_employer_reduced"] == 30


def test_days_interest_and_order() -> None:
    days = {code: row.value.number for code, row in law.days().all_at(DAY).items()}
    assert days == {"unpaid_days_si": 14, "unpaid_days_ui": 14, "registration_days": 30, "evasion_days": 60}
    interest = law.interest().all_at(DAY)
    assert {code: row.value.hundredths for code, row in interest.items()} == {
        "interest_si": 3, "interest_ui": 3, "interest_hi": 3,
    }  # fmt: skip
    assert not interest["interest_hi"].verified
    order = law.allocation().at("allocation_order", DAY)
    assert order.value.funds == ("health", "unemployment", "occupational", "sickness", "retirement")
    assert not order.verified


@pytest.mark.parametrize("rules", LISTS)
def test_a_code_has_no_gap_between_its_rows(rules: Rules[Any]) -> None:
    for code in rules.all_at(DAY):
        for earlier, later in pairwise(rules.of(code)):
            assert earlier.valid_to == later.valid_from - timedelta(1), (code, later.valid_from)


def test_every_limit_names_a_level_that_was_known_in_its_time() -> None:
    for code in law.limits().all_at(DAY):
        for row in law.limits().of(code):
            names = [row.value.of]
            if row.value.of == "regional_minimum_wage":
                names = [f"regional_minimum_wage_{region}" for region in (1, 2, 3, 4)]
            for name in names:
                assert law.levels().at(name, row.valid_from).value.vnd > 0


def test_levels_and_minimum_wages_never_fall() -> None:
    for code in law.levels().all_at(DAY):
        amounts = [row.value.vnd for row in law.levels().of(code)]
        assert amounts == sorted(amounts)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (law.rates().at("rate_health_employee", DAY), "1.5 %"),
        (law.rates().at("rate_retirement_employer", DAY), "14 %"),
        (law.interest().at("interest_si", DAY), "0.03 % a day"),
        (law.levels().at("reference_level", DAY), "2530000 VND"),
        (law.limits().at("si_cap", DAY), "20 × reference_level"),
        (law.days().at("evasion_days", DAY), "60 days"),
        (
            law.allocation().at("allocation_order", DAY),
            "health, unemployment, occupational, sickness, retirement",
        ),
    ],
)
def test_a_value_reads_as_an_official_would_write_it(row: law.Row[object], text: str) -> None:
    assert str(row.value) == text
