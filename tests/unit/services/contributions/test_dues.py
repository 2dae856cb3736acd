"""What a person's month owes, by the vectors and against exact arithmetic."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.law import UnknownRule
from services.contributions.domain.dues import UNCAPPED, Due, Fund, dues, floor_of, rows_used, tariff
from services.contributions.domain.months import month_index

ALL = 1 | 2 | 4
NOVEMBER = month_index(date(2026, 11, 1))
JUNE = month_index(date(2026, 6, 1))
MONTHS = st.integers(1995 * 12, 2040 * 12)


def test_an_ordinary_salary_pays_32_percent() -> None:
    assert dues(10_000_000, NOVEMBER, ALL, 1, False) == (
        Due(Fund.RETIREMENT, 1_400_000, 800_000),
        Due(Fund.SICKNESS, 300_000, 0),
        Due(Fund.OCCUPATIONAL, 50_000, 0),
        Due(Fund.UNEMPLOYMENT, 100_000, 100_000),
        Due(Fund.HEALTH, 300_000, 150_000),
    )


def test_the_reduced_rate_lowers_occupational_accidents_only() -> None:
    usual, reduced = (dues(10_000_000, NOVEMBER, ALL, 1, rate) for rate in (False, True))
    assert [pair for pair in zip(usual, reduced, strict=True) if pair[0] != pair[1]] == [
        (Due(Fund.OCCUPATIONAL, 50_000, 0), Due(Fund.OCCUPATIONAL, 30_000, 0))
    ]


@pytest.mark.parametrize(("month", "cap"), [(JUNE, 46_800_000), (NOVEMBER, 50_600_000)])
def test_social_and_health_are_capped_at_20_reference_levels_of_the_month(month: int, cap: int) -> None:
    caps = {row.fund: row.cap_vnd for row in tariff(month, ALL, 1, False)}
    assert {caps[fund] for fund in Fund if fund in caps and fund is not Fund.UNEMPLOYMENT} == {cap}
    assert dues(cap + 1, month, 3, 1, False) == dues(cap, month, 3, 1, False)


@pytest.mark.parametrize(
    ("region", "cap"), [(1, 106_200_000), (2, 94_600_000), (3, 82_800_000), (4, 74_000_000)]
)
def test_unemployment_is_capped_at_20_minimum_wages_of_the_region(region: int, cap: int) -> None:
    (row,) = tariff(NOVEMBER, 4, region, False)
    assert (row.fund, row.cap_vnd) == (Fund.UNEMPLOYMENT, cap)
    assert dues(200_000_000, NOVEMBER, 4, region, False) == (Due(Fund.UNEMPLOYMENT, cap // 100, cap // 100),)


@pytest.mark.parametrize(
    ("month", "schemes", "region", "floor"),
    [
        (NOVEMBER, 1, 1, 2_530_000),
        (JUNE, 1, 1, 2_340_000),
        (NOVEMBER, ALL, 1, 5_310_000),
        (NOVEMBER, ALL, 4, 3_700_000),
        (NOVEMBER, 8, 1, 1_500_000),
        (NOVEMBER, 0, 1, 0),
    ],
)
def test_the_floor_is_the_highest_of_the_schemes(month: int, schemes: int, region: int, floor: int) -> None:
    assert floor_of(month, schemes, region) == floor


def test_a_base_under_the_floor_is_charged_as_registered() -> None:
    assert dues(1_000_000, NOVEMBER, 2, 1, False) == (Due(Fund.HEALTH, 30_000, 15_000),)


def test_voluntary_insurance_is_paid_by_the_person_and_never_beside_compulsory() -> None:
    assert dues(3_000_000, NOVEMBER, 8, 1, False) == (Due(Fund.RETIREMENT, 0, 660_000),)
    assert dues(9_000_000, NOVEMBER, 1 | 8, 1, False) == dues(9_000_000, NOVEMBER, 1, 1, False)


def test_schemes_that_a_month_did_not_know_owe_nothing() -> None:
    assert dues(1_000_000, month_index(date(2008, 12, 1)), 4, 1, False) == ()
    assert dues(1_000_000, month_index(date(1994, 12, 1)), 15, 1, False) == ()
    assert tariff(month_index(date(2000, 1, 1)), 1, 1, False)[0].cap_vnd == UNCAPPED


def test_a_region_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownRule):
        dues(9_000_000, NOVEMBER, ALL, 5, False)


@given(st.integers(0, 10**10), MONTHS, st.integers(0, 15), st.integers(1, 4), st.booleans())
def test_amounts_are_the_exact_share_rounded_half_up(
    base: int, month: int, schemes: int, region: int, reduced: bool
) -> None:
    found = dues(base, month, schemes, region, reduced)
    rows = tariff(month, schemes, region, reduced)
    assert [due.fund for due in found] == sorted({row.fund for row in rows})
    for due, row in zip(found, rows, strict=True):
        capped = Decimal(min(base, row.cap_vnd))
        for amount, rate in ((due.employer_vnd, row.employer_rate), (due.employee_vnd, row.employee_rate)):
            assert amount == int((capped * rate / 10000).quantize(Decimal(1), ROUND_HALF_UP))


@given(MONTHS, st.integers(0, 15), st.integers(1, 4), st.booleans())
def test_every_amount_names_its_rows_of_law(month: int, schemes: int, region: int, reduced: bool) -> None:
    rows = rows_used(month, schemes, region, reduced)
    day = date(month // 12, month % 12 + 1, 1)
    assert all(row.in_force(day) and row.legal_basis for row in rows)
    assert len({row.code for row in rows}) == len(rows)
    rates = sum(row.code.startswith("rate_") for row in rows)
    assert rates == sum(
        (row.employer_rate > 0) + (row.employee_rate > 0) for row in tariff(month, schemes, region, reduced)
    )


def test_the_rows_of_an_ordinary_month() -> None:
    assert {row.code for row in rows_used(NOVEMBER, 2 | 4, 3, False)} == {
        "hi_cap", "hi_floor", "ui_cap", "ui_floor", "reference_level", "regional_minimum_wage_3",
        "rate_health_employer", "rate_health_employee", "rate_unemployment_employer", "rate_unemployment_employee",
    }  # fmt: skip
