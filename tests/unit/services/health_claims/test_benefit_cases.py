"""What the fund pays, case by case: the vectors of the law and everything that its rules tell apart."""

from datetime import date
from typing import Any, Final

import pytest

from lienthong import law
from services.health_claims.domain.benefit import (
    Case,
    CopayYear,
    Kind,
    Reason,
    Split,
    decide_benefit,
    threshold,
)
from services.health_claims.domain.benefit.rules import References
from services.health_claims.domain.facility import Facility

HOME: Final = "01001"
FACILITIES: Final = {
    "primary": Facility("79001", "", 1),
    "polyclinic": Facility("79002", "", 2, points=60, polyclinic=True),
    "basic-40": Facility("79003", "", 2, points=40),
    "basic-49": Facility("79004", "", 2, points=49),
    "basic-50": Facility("79005", "", 2, points=50),
    "basic-69": Facility("79006", "", 2, points=69),
    "basic-70": Facility("79007", "", 2, points=70),
    "basic-provisional": Facility("79008", "", 2, points=65, provisional=True),
    "basic-unranked": Facility("79009", "", 2),
    "basic-district": Facility("79010", "", 2, former_tier=3, points=65),
    "basic-provincial": Facility("79011", "", 2, former_tier=2, points=75),
    "basic-central": Facility("79012", "", 2, former_tier=1, points=60),
    "basic-provincial-40": Facility("79013", "", 2, former_tier=2, points=40),
    "special": Facility("79014", "", 3),
    "special-district": Facility("79015", "", 3, former_tier=3),
    "special-provincial": Facility("79016", "", 3, former_tier=2),
    "special-central": Facility("79017", "", 3, former_tier=1),
    "unknown": Facility("79018", "", 0),
}
REASONS: Final = {
    "home": Reason.PLACE,
    "place": Reason.PLACE,
    "self": Reason.SELF,
    "self-home": Reason.SELF,
    "referral": Reason.REFERRAL,
    "referral-home": Reason.REFERRAL,
    "revisit": Reason.REVISIT,
    "emergency": Reason.EMERGENCY,
    "stay": Reason.TEMPORARY_STAY,
    "stay-home": Reason.TEMPORARY_STAY,
}
KINDS: Final = {"out": Kind.OUTPATIENT, "in": Kind.INPATIENT, "day": Kind.DAY_INPATIENT}

# digit | why here | kind | facility | day | more | level | part of it | rule of the level | rule of the route
TABLE = """
4 | home          | out | special             | 2026-11-22 |                  |  80 | 100 | digit     | registered
4 | home          | in  | special             | 2026-11-22 |                  |  80 | 100 | digit     | registered
4 | home          | out | basic-70            | 2026-06-30 |                  |  80 | 100 | digit     | registered
3 | home          | out | basic-70            | 2026-11-22 |                  |  95 | 100 | digit     | registered
2 | home          | out | basic-70            | 2026-11-22 |                  | 100 | 100 | digit     | registered
1 | home          | out | basic-70            | 2026-11-22 |                  | 100 | 100 | digit     | registered
5 | home          | out | basic-70            | 2026-11-22 |                  | 100 | 100 | digit     | registered
4 | self-home     | out | special             | 2026-11-22 |                  |  80 | 100 | digit     | registered
4 | stay-home     | out | special             | 2026-11-22 |                  |  80 | 100 | digit     | registered
4 | home          | out | primary             | 2026-11-22 |                  | 100 | 100 | primary_facility | registered
3 | home          | out | primary             | 2026-11-22 |                  | 100 | 100 | primary_facility | registered
4 | home          | out | polyclinic          | 2026-11-22 |                  | 100 | 100 | polyclinic_outpatient | registered
4 | home          | in  | polyclinic          | 2026-11-22 |                  |  80 | 100 | digit     | registered
4 | home          | day | polyclinic          | 2026-11-22 |                  |  80 | 100 | digit     | registered
4 | emergency     | out | special             | 2026-11-22 |                  |  80 | 100 | digit     | emergency
4 | emergency     | in  | special-central     | 2026-11-22 |                  |  80 | 100 | digit     | emergency
4 | emergency     | in  | unknown             | 2026-11-22 |                  |  80 | 100 | digit     | emergency
3 | emergency     | in  | special             | 2026-11-22 |                  |  95 | 100 | digit     | emergency
4 | referral      | in  | special             | 2026-11-22 |                  |  80 | 100 | digit     | referral
4 | referral      | in  | special             | 2026-11-22 | slip=2026-11-22  |  80 | 100 | digit     | referral
4 | referral      | in  | special             | 2026-11-20 | slip=2026-11-06  |  80 | 100 | digit     | referral
4 | referral      | in  | special             | 2026-11-21 | slip=2026-11-06  |  80 |  40 | digit     | self_specialised_inpatient
4 | referral      | out | special             | 2026-11-21 | slip=2026-11-06  |  80 |   0 | digit     | self_specialised_outpatient
4 | referral-home | out | special             | 2026-11-21 | slip=2026-11-06  |  80 | 100 | digit     | registered
4 | referral      | in  | special             | 2026-11-25 | slip=2026-11-06 admitted=2026-11-20 | 80 | 100 | digit | referral
4 | referral      | out | special             | 2026-09-17 | slip=2026-08-31  |  80 |   0 | digit     | self_specialised_outpatient
4 | referral      | out | special             | 2026-09-16 | slip=2026-08-31  |  80 | 100 | digit     | referral
4 | referral      | out | special             | 2026-11-21 | slip=2026-11-06 icd=N18.5 | 80 | 100 | digit | referral
4 | referral      | out | special             | 2026-11-22 | slip=2025-11-23 icd=N18.5 | 80 | 100 | digit | referral
4 | referral      | out | special             | 2026-11-22 | slip=2025-11-22 icd=N18.5 | 80 |   0 | digit | self_specialised_outpatient
4 | revisit       | out | special             | 2026-11-22 | slip=2026-11-01  |  80 | 100 | digit     | revisit
4 | revisit       | out | special             | 2026-11-22 |                  |  80 | 100 | digit     | revisit
4 | stay          | out | basic-70            | 2026-11-22 |                  |  80 | 100 | digit     | temporary_stay
4 | stay          | in  | basic-70            | 2026-11-22 |                  |  80 | 100 | digit     | temporary_stay
4 | stay          | out | primary             | 2026-11-22 |                  | 100 | 100 | primary_facility | temporary_stay
4 | stay          | in  | special             | 2026-11-22 |                  |  80 |  40 | digit     | self_specialised_inpatient
4 | stay          | out | special             | 2026-11-22 |                  |  80 |   0 | digit     | self_specialised_outpatient
4 | place         | in  | special             | 2026-11-22 |                  |  80 |  40 | digit     | self_specialised_inpatient
4 | self          | out | primary             | 2026-11-22 |                  | 100 | 100 | primary_facility | self_primary
4 | self          | in  | primary             | 2026-11-22 |                  | 100 | 100 | primary_facility | self_primary
4 | self          | out | primary             | 2025-01-01 |                  | 100 | 100 | primary_facility | self_primary
4 | self          | in  | basic-40            | 2026-11-22 |                  |  80 | 100 | digit     | self_basic_inpatient
4 | self          | in  | basic-70            | 2026-11-22 |                  |  80 | 100 | digit     | self_basic_inpatient
4 | self          | day | basic-70            | 2026-11-22 |                  |  80 | 100 | digit     | self_basic_inpatient
4 | self          | in  | basic-provincial    | 2025-06-01 |                  |  80 | 100 | digit     | self_basic_inpatient
4 | self          | out | basic-40            | 2025-06-01 |                  |  80 | 100 | digit     | self_basic_outpatient_low_points
4 | self          | out | basic-49            | 2026-11-22 |                  |  80 | 100 | digit     | self_basic_outpatient_low_points
4 | self          | out | basic-provisional   | 2026-11-22 |                  |  80 | 100 | digit     | self_basic_outpatient_low_points
4 | self          | out | basic-provincial-40 | 2026-11-22 |                  |  80 | 100 | digit     | self_basic_outpatient_low_points
4 | self          | out | basic-50            | 2026-06-30 |                  |  80 |   0 | digit     | self_basic_outpatient_points
4 | self          | out | basic-50            | 2026-07-01 |                  |  80 |  50 | digit     | self_basic_outpatient_points
4 | self          | out | basic-69            | 2026-06-30 |                  |  80 |   0 | digit     | self_basic_outpatient_points
4 | self          | out | basic-69            | 2026-07-01 |                  |  80 |  50 | digit     | self_basic_outpatient_points
4 | self          | out | basic-70            | 2026-06-30 |                  |  80 |   0 | digit     | self_basic_outpatient_other
4 | self          | out | basic-70            | 2026-07-01 |                  |  80 |   0 | digit     | self_basic_outpatient_other
4 | self          | out | basic-unranked      | 2026-11-22 |                  |  80 |   0 | digit     | self_basic_outpatient_other
4 | self          | out | basic-provincial    | 2026-06-30 |                  |  80 |   0 | digit     | self_basic_outpatient_former_higher
4 | self          | out | basic-provincial    | 2026-07-01 |                  |  80 |  50 | digit     | self_basic_outpatient_former_higher
4 | self          | out | basic-central       | 2026-06-30 |                  |  80 |   0 | digit     | self_basic_outpatient_former_higher
4 | self          | out | basic-central       | 2026-07-01 |                  |  80 |  50 | digit     | self_basic_outpatient_former_higher
3 | self          | out | basic-central       | 2026-07-01 |                  |  95 |  50 | digit     | self_basic_outpatient_former_higher
4 | self          | out | basic-district      | 2025-01-01 |                  |  80 | 100 | digit     | self_former_district
4 | self          | out | basic-district      | 2026-11-22 |                  |  80 | 100 | digit     | self_former_district
4 | self          | in  | special-district    | 2026-11-22 |                  |  80 | 100 | digit     | self_former_district
4 | self          | out | polyclinic          | 2026-07-01 |                  | 100 |  50 | polyclinic_outpatient | self_basic_outpatient_points
4 | self          | in  | special             | 2026-11-22 |                  |  80 |  40 | digit     | self_specialised_inpatient
4 | self          | in  | special             | 2025-01-01 |                  |  80 |  40 | digit     | self_specialised_inpatient
4 | self          | day | special             | 2026-11-22 |                  |  80 |  40 | digit     | self_specialised_inpatient
3 | self          | in  | special             | 2026-11-22 |                  |  95 |  40 | digit     | self_specialised_inpatient
1 | self          | in  | special             | 2026-11-22 |                  | 100 |  40 | digit     | self_specialised_inpatient
4 | self          | in  | special-central     | 2026-11-22 |                  |  80 |  40 | digit     | self_specialised_inpatient
4 | self          | out | special             | 2026-11-22 |                  |  80 |   0 | digit     | self_specialised_outpatient
1 | self          | out | special-central     | 2026-11-22 |                  | 100 |   0 | digit     | self_specialised_outpatient
4 | self          | in  | special-provincial  | 2026-06-30 |                  |  80 | 100 | digit     | self_former_provincial_inpatient
4 | self          | in  | special-provincial  | 2026-07-01 |                  |  80 | 100 | digit     | self_former_provincial_inpatient
4 | self          | out | special-provincial  | 2026-06-30 |                  |  80 |   0 | digit     | self_former_provincial_outpatient
4 | self          | out | special-provincial  | 2026-07-01 |                  |  80 |  50 | digit     | self_former_provincial_outpatient
4 | self          | in  | special             | 2026-11-22 | area=K1          |  80 | 100 | digit     | self_living_area_inpatient
4 | self          | in  | special             | 2026-11-22 | area=K2          |  80 | 100 | digit     | self_living_area_inpatient
4 | self          | in  | special             | 2026-11-22 | area=K3          |  80 | 100 | digit     | self_living_area_inpatient
4 | self          | out | special             | 2026-11-22 | area=K3          |  80 |   0 | digit     | self_specialised_outpatient
4 | self          | in  | special             | 2026-11-22 | area=K9          |  80 |  40 | digit     | self_specialised_inpatient
4 | self          | out | special             | 2026-11-22 | icd=C34.1        |  80 | 100 | digit     | self_listed_disease
4 | self          | in  | special             | 2026-11-22 | icd=D66          |  80 | 100 | digit     | self_listed_disease
4 | self          | out | basic-70            | 2026-11-22 | icd=C509         |  80 | 100 | digit     | self_listed_disease
4 | self          | out | special             | 2026-11-22 | icd=J18.9        |  80 |   0 | digit     | self_specialised_outpatient
4 | self          | out | special             | 2026-11-22 | icd=G71.0        |  80 |   0 | digit     | self_specialised_outpatient
4 | self          | in  | unknown             | 2026-11-22 |                  |  80 |   0 | digit     | self_unknown_facility
4 | home          | out | basic-70            | 2026-06-30 | cost=350999      | 100 | 100 | low_cost  | registered
4 | home          | out | basic-70            | 2026-06-30 | cost=351000      |  80 | 100 | digit     | registered
4 | home          | out | basic-70            | 2026-07-01 | cost=351000      | 100 | 100 | low_cost  | registered
4 | home          | out | basic-70            | 2026-07-01 | cost=379499      | 100 | 100 | low_cost  | registered
4 | home          | out | basic-70            | 2026-07-01 | cost=379500      |  80 | 100 | digit     | registered
3 | home          | in  | basic-70            | 2026-07-01 | cost=1           | 100 | 100 | low_cost  | registered
4 | self          | in  | special             | 2026-07-01 | cost=379499      | 100 |  40 | low_cost  | self_specialised_inpatient
1 | home          | out | basic-70            | 2026-07-01 | cost=379499      | 100 | 100 | digit     | registered
4 | home          | in  | special             | 2026-11-22 | paid=15180000 five=2020-01-01 |  80 | 100 | digit  | registered
4 | home          | in  | special             | 2026-11-22 | paid=15180001 five=2020-01-01 | 100 | 100 | exempt | registered
4 | home          | in  | special             | 2026-11-22 | paid=15180001 five=2026-11-22 | 100 | 100 | exempt | registered
4 | home          | in  | special             | 2026-11-22 | paid=15180001 five=2026-11-23 |  80 | 100 | digit  | registered
4 | home          | in  | special             | 2026-11-22 | paid=15180001                 |  80 | 100 | digit  | registered
3 | referral      | in  | special             | 2026-11-22 | paid=15180001 five=2020-01-01 | 100 | 100 | exempt | referral
4 | emergency     | in  | special             | 2026-11-22 | paid=15180001 five=2020-01-01 | 100 | 100 | exempt | emergency
4 | self          | in  | special             | 2026-11-22 | paid=15180001 five=2020-01-01 |  80 |  40 | digit  | self_specialised_inpatient
4 | home          | out | basic-70            | 2026-06-30 | paid=14040000 five=2020-01-01 |  80 | 100 | digit  | registered
4 | home          | out | basic-70            | 2026-06-30 | paid=14040001 five=2020-01-01 | 100 | 100 | exempt | registered
4 | home          | out | basic-70            | 2026-07-01 | paid=14040001 before=14040001 five=2020-01-01 | 100 | 100 | exempt | registered
4 | home          | out | basic-70            | 2026-11-22 | paid=15066588 before=1396758 five=2020-01-01  |  80 | 100 | digit  | registered
4 | home          | out | basic-70            | 2026-11-22 | paid=15066589 before=1396758 five=2020-01-01  | 100 | 100 | exempt | registered
4 | home          | out | basic-70            | 2026-11-22 | paid=20000000 exceeded=2026-11-23 five=2020-01-01 |  80 | 100 | digit  | registered
4 | home          | out | basic-70            | 2026-11-22 | paid=1 exceeded=2026-11-22 five=2020-01-01        | 100 | 100 | exempt | registered
0 | home          | out | primary             | 2026-11-22 | cost=10          |   0 | 100 |           | registered
"""


def rows() -> list[Any]:
    """The table's lines as parameters, named by what they ask."""
    lines = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
    return [pytest.param(*line, id="-".join(filter(None, line[:6])).replace(" ", "-")) for line in lines]


def case(digit: str, why: str, kind: str, facility: str, day: str, more: str = "") -> Case:
    """The case that a line of the table describes."""
    told = dict(word.split("=") for word in more.split())
    here = FACILITIES[facility]
    paid = (
        CopayYear(
            int(told["paid"]),
            int(told["before"]) if "before" in told else None,
            date.fromisoformat(told["exceeded"]) if "exceeded" in told else None,
        )
        if "paid" in told
        else None
    )
    return Case(
        day=date.fromisoformat(day),
        kind=KINDS[kind],
        benefit_digit=int(digit),
        valid_to=date(2026, 12, 31),
        registered_facility=here.code if why.endswith("home") else HOME,
        facility=here,
        reason=REASONS[why],
        admitted_on=date.fromisoformat(told["admitted"]) if "admitted" in told else None,
        slip_on=date.fromisoformat(told["slip"]) if "slip" in told else None,
        diagnosis=told.get("icd", ""),
        cost_vnd=int(told.get("cost", 0)),
        living_area=told.get("area"),
        five_years_on=date.fromisoformat(told["five"]) if "five" in told else None,
        copay=paid,
    )


@pytest.mark.parametrize(
    ("digit", "why", "kind", "facility", "day", "more", "level", "part", "level_rule", "route_rule"), rows()
)
def test_the_rules_decide_level_and_part(
    digit: str, why: str, kind: str, facility: str, day: str, more: str,
    level: str, part: str, level_rule: str, route_rule: str,
) -> None:  # fmt: skip
    outcome = decide_benefit(case(digit, why, kind, facility, day, more))
    assert (outcome.level_percent, outcome.route_percent) == (int(level), int(part))
    assert outcome.fund_basis_points == int(level) * int(part)
    rules = [step.rule for step in outcome.steps]
    assert f"route_{route_rule}" in rules
    assert outcome.route == ("self_visit" if route_rule.startswith("self") else route_rule)
    made_whole = {"level_by_digit"} if level_rule == "digit" else {f"level_{level_rule}", "level_by_digit"}
    assert {rule for rule in rules if rule.startswith("level_")} == (made_whole if level_rule else set())


def test_the_table_has_more_than_eighty_cases() -> None:
    assert len({line.values[:6] for line in rows()}) == len(rows()) >= 80


def test_an_80_percent_card_off_route_in_a_specialised_hospital_is_paid_32_percent() -> None:
    outcome = decide_benefit(case("4", "self", "in", "special", "2026-11-22", "cost=10000000"))
    assert outcome.split == Split(10_000_000, 3_200_000, 800_000, 6_000_000)
    assert outcome.split.copay_vnd + outcome.split.patient_vnd == 6_800_000


@pytest.mark.parametrize(
    ("day", "line"),
    [("2026-06-30", "14.040.000"), ("2026-07-01", "15.180.000"), ("2027-01-01", "15.180.000")],
)
def test_the_yearly_line_is_six_reference_levels(day: str, line: str) -> None:
    copay = decide_benefit(case("4", "home", "out", "basic-70", day)).copay
    assert f"{copay.threshold_vnd:,}".replace(",", ".") == line
    assert copay.left_vnd == copay.threshold_vnd + 1  # strictly more


def test_the_threshold_of_a_year_with_two_reference_levels_is_that_of_the_public_example() -> None:
    numerator, denominator = threshold(6, References(2_530_000, 2_340_000), 1_396_758)
    assert round(numerator / denominator, 2) == 15_066_588.03
    copay = decide_benefit(
        case("4", "home", "out", "basic-70", "2026-11-22", "paid=1396758 before=1396758")
    ).copay
    assert (copay.threshold_vnd, copay.left_vnd) == (15_066_589, 15_066_589 - 1_396_758)


def test_before_2025_no_benefit_is_promised() -> None:
    with pytest.raises(law.UnknownRule):
        decide_benefit(case("4", "home", "out", "basic-70", "2024-12-31"))


@pytest.mark.parametrize("day", ["2025-01-01", "2026-06-30", "2026-07-01", "2030-02-03"])
def test_every_step_says_its_rule_its_article_and_the_rows_it_rests_on(day: str) -> None:
    for line in TABLE.strip().splitlines():
        digit, why, kind, facility, _, more, *_ = (cell.strip() for cell in line.split("|"))
        for step in decide_benefit(case(digit, why, kind, facility, day, more)).steps:
            assert step.vi != step.en != ""
            assert step.legal_basis
            assert step.rows
            assert all("@" in row and "=" in row for row in step.rows)


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        ("", []),
        ("slip=2026-11-20", ["benefit_figures/referral_working_days@2025-01-01=10 (unverified)"]),
        (
            "slip=2026-01-20 icd=N18.5",
            [
                "benefit_figures/referral_listed_months@2025-01-01=12 (unverified)",
                "year_slip_diseases/N18@2025-01-01=Chronic kidney disease (unverified)",
            ],
        ),
    ],
)
def test_a_referral_cites_what_its_slip_was_compared_with(more: str, rows: list[str]) -> None:
    outcome = decide_benefit(case("4", "referral", "in", "special", "2026-11-22", more))
    (step,) = (step for step in outcome.steps if step.rule == "route_referral")
    assert list(step.rows) == ["routes/route_referral@2025-01-01=100%", *rows]


def test_a_row_that_nobody_compared_with_the_official_text_says_so() -> None:
    steps = {
        step.rule: step for step in decide_benefit(case("4", "self", "out", "basic-70", "2026-11-22")).steps
    }
    assert steps["level_by_digit"].rows == ("benefits/4@2009-07-01=80% (unverified)",)
    assert steps["copay_threshold"].rows == (
        "benefit_figures/copay_threshold_references@2025-01-01=6",
        "levels/reference_level@2026-07-01=2530000 VND",
    )


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("4|home|out|basic-70|2026-11-22|cost=1000000", []),
        ("4|home|out|basic-70|2026-11-22|", ["low_cost_possible"]),
        ("1|home|out|basic-70|2026-11-22|", []),
        ("4|home|out|primary|2026-11-22|", []),
        ("4|self|out|special|2026-11-22|", []),
        ("4|referral|out|special|2026-11-22|cost=1000000", ["slip_missing"]),
        ("4|revisit|out|special|2026-11-22|cost=1000000", ["revisit_slip_once", "slip_missing"]),
        ("4|referral|out|special|2026-11-21|slip=2026-11-06 cost=1000000", ["slip_expired"]),
        ("4|stay|out|special|2026-11-22|cost=1000000", ["temporary_stay_specialised"]),
        ("4|self|out|unknown|2026-11-22|cost=1000000", ["facility_unknown"]),
        ("4|self|out|basic-unranked|2026-11-22|cost=1000000", ["facility_unranked"]),
        ("4|home|in|special|2026-12-16|cost=1000000", ["card_expires_during_stay"]),
        ("4|home|in|special|2026-12-15|cost=1000000", []),
        ("4|home|out|special|2026-12-31|cost=1000000", []),
        ("4|home|in|special|2026-11-22|cost=1000000 paid=15180001", ["five_years_unknown"]),
        (
            "4|home|in|special|2026-11-22|cost=1000000 paid=15180001 five=2026-11-23",
            ["exemption_waits_for_five_years"],
        ),
        (
            "4|self|in|special|2026-11-22|cost=1000000 paid=15180001 five=2020-01-01",
            ["exemption_not_off_route"],
        ),
        ("4|home|in|special|2026-11-22|cost=1000000 paid=14980000 five=2020-01-01", []),
        (
            "4|home|in|special|2026-11-22|cost=1000000 paid=14980001 five=2020-01-01",
            ["exemption_in_this_visit"],
        ),
    ],
)
def test_what_the_desk_should_know_is_noted(line: str, codes: list[str]) -> None:
    outcome = decide_benefit(case(*line.split("|")))
    assert [notice.code for notice in outcome.notices] == codes


def test_a_notice_writes_amounts_and_days_as_each_language_does() -> None:
    (low,) = decide_benefit(case("4", "home", "out", "basic-70", "2026-11-22")).notices
    assert "379.500 đồng" in low.vi
    assert "379,500 VND" in low.en
    (end,) = decide_benefit(case("4", "home", "in", "special", "2026-12-20", "cost=1000000")).notices
    assert "31/12/2026" in end.vi
    assert "2027-01-15" in end.en


def test_a_digit_that_does_not_go_with_the_group_is_pointed_out() -> None:
    asked = case("4", "home", "out", "basic-70", "2026-11-22", "cost=1000000")
    assert decide_benefit(asked._replace(subject_code="DN")).notices == ()
    assert [one.code for one in decide_benefit(asked._replace(subject_code="TE")).notices] == [
        "digit_not_of_group"
    ]
