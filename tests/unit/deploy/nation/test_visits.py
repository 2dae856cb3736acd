"""The claim history of random people."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from deploy.nation.cast import cast
from deploy.nation.visits import TREATED, low_cost_line, reference_change
from tests.unit.deploy.nation.conftest import AS_OF, Nation, Row

KEY = ("person_id", "facility_code", "treatment_code")
CAST = {str(member.person_id) for member in cast(AS_OF)}


def key(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


def random_dossiers(nation: Nation) -> list[Row]:
    return [row for row in nation.tables["dossier"] if row["person_id"] not in CAST]


def test_about_one_in_ten_has_visits_and_at_most_three(nation: Nation) -> None:
    each = Counter(row["person_id"] for row in random_dossiers(nation))
    assert len(each) / len(nation.tables["person"]) == pytest.approx(TREATED, rel=0.2)
    assert set(each.values()) == {1, 2, 3}


def test_a_visit_lies_within_the_last_two_years_and_the_cards_validity(nation: Nation) -> None:
    cards = defaultdict(list)
    for card in nation.tables["card"]:
        if card["status"] == "1":
            cards[card["person_id"], card["card_code"]].append((card["valid_from"], card["valid_to"]))
    for row in random_dossiers(nation):
        came, left = row["admitted_at"][:10], row["discharged_at"][:10]
        assert any(start <= came and left <= end for start, end in cards[row["person_id"], row["card_code"]])
        assert row["admitted_at"] < row["discharged_at"] < row["received_at"]
        assert left <= AS_OF.isoformat()
        assert date.fromisoformat(row["admitted_at"][:10]) >= AS_OF - timedelta(days=731)


def test_fund_and_patient_share_the_cost_and_small_costs_are_paid_in_full(nation: Nation) -> None:
    shares = defaultdict(set)
    for row in random_dossiers(nation):
        cost, fund, copay = (int(row[name]) for name in ("insured_cost_vnd", "fund_vnd", "copay_vnd"))
        assert fund + copay == cost
        day = date.fromisoformat(row["discharged_at"][:10])
        if cost < low_cost_line(day):
            assert copay == 0
        shares[row["card_code"][2]].add(fund * 100 / cost)
    assert shares["4"] == {80.0, 100.0}
    assert shares["3"] == {95.0, 100.0}
    assert shares["1"] == {100.0}


@pytest.mark.parametrize("column", ["cost_vnd", "fund_vnd"])
def test_the_lines_add_up_to_the_dossier(nation: Nation, column: str) -> None:
    lines: Counter[tuple[str, ...]] = Counter()
    for table in ("dossier_drug", "dossier_service"):
        for row in nation.tables[table]:
            lines[key(row)] += int(row[column])
    assert lines == {key(row): int(row[column]) for row in nation.tables["dossier"]}


def test_the_years_own_payments_are_the_sum_over_the_dossiers(nation: Nation) -> None:
    paid: Counter[tuple[str, str]] = Counter()
    before: Counter[tuple[str, str]] = Counter()
    for row in nation.tables["dossier"]:
        day = date.fromisoformat(row["discharged_at"][:10])
        paid[row["person_id"], str(day.year)] += int(row["copay_counted_vnd"])
        change = reference_change(day.year)
        if change is not None and day < change:
            before[row["person_id"], str(day.year)] += int(row["copay_counted_vnd"])
    for row in nation.tables["copay_year"]:
        person_year = row["person_id"], row["year"]
        assert int(row["copay_vnd"]) == paid.pop(person_year)
        changed = reference_change(int(row["year"])) is not None
        assert row["paid_before_change"] == (str(before[person_year]) if changed else "\\N")
    assert not +paid


def test_the_reference_level_changed_within_2024_and_2026_and_not_in_2025() -> None:
    assert [reference_change(year) for year in (2024, 2025, 2026)] == [
        date(2024, 7, 1),
        None,
        date(2026, 7, 1),
    ]


def test_a_sensitive_diagnosis_stands_in_its_own_table_only(nation: Nation) -> None:
    hidden = {key(row): row for row in nation.tables["dossier_sensitive"]}
    assert len(hidden) > 20
    for row in nation.tables["dossier"]:
        is_sensitive = key(row) in hidden
        assert row["has_sensitive"] == ("t" if is_sensitive else "f")
        assert (row["main_diagnosis"] == "\\N") is is_sensitive
        assert (row["diagnosis_text"] == "") is is_sensitive
    assert {row["diagnoses"] for row in hidden.values()} == {"{F32.1}", "{B20.9}"}


def test_every_dossier_is_a_treatment_of_a_facility_that_exists(nation: Nation) -> None:
    facilities = {row["code"] for row in nation.tables["facility"]}
    treatments = {(row["facility_code"], row["treatment_code"]): row for row in nation.tables["treatment"]}
    assert len(treatments) == len(nation.tables["treatment"])
    for row in nation.tables["dossier"]:
        assert row["facility_code"] in facilities
        treatment = treatments[row["facility_code"], row["treatment_code"]]
        assert (treatment["person_id"], treatment["version"]) == (row["person_id"], row["version"])


def test_nobody_stays_overnight_at_a_health_station(nation: Nation) -> None:
    levels = {row["code"]: row["level"] for row in nation.tables["facility"]}
    inpatients = [row for row in nation.tables["dossier"] if row["visit_kind"] == "03"]
    assert len(inpatients) > 100
    assert all(levels[row["facility_code"]] != "1" for row in inpatients)
