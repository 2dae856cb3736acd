"""Periods of participation."""

from collections import defaultdict
from datetime import date
from itertools import pairwise

from deploy.nation.employers import FIRST_ENTERPRISE_ID
from deploy.nation.work import LONGEST_HISTORY, UNDER_DECLARING
from services.contributions.domain.dues import floor_of
from tests.unit.deploy.nation.conftest import AS_OF, Nation, Row
from tests.unit.deploy.nation.test_employers import month

NOW = AS_OF.year * 12 + AS_OF.month - 1


def careers(nation: Nation) -> dict[str, list[Row]]:
    """Periods by person, oldest first."""
    found = defaultdict(list)
    for row in nation.tables["participation"]:
        found[row["person_id"]].append(row)
    return {person: sorted(rows, key=lambda row: row["valid_from"]) for person, rows in found.items()}


def last_month(row: Row) -> int:
    """The last month of a period, or now while it is open."""
    return NOW if row["valid_to"] == r"\N" else month(row["valid_to"])


def test_every_participant_and_employer_exists(nation: Nation) -> None:
    people = {row["person_id"] for row in nation.tables["person"]}
    employers = {row["employer_id"] for row in nation.tables["employer"]}
    for row in nation.tables["participation"]:
        assert row["person_id"] in people
        assert row["employer_id"] in employers


def test_the_periods_of_a_person_do_not_overlap(nation: Nation) -> None:
    for rows in careers(nation).values():
        for earlier, later in pairwise(rows):
            assert earlier["valid_to"] != r"\N"
            assert month(earlier["valid_to"]) < month(later["valid_from"])


def test_a_period_is_of_whole_months_and_neither_reversed_nor_in_the_future(nation: Nation) -> None:
    for row in nation.tables["participation"]:
        assert date.fromisoformat(row["valid_from"]).day == 1
        assert NOW - LONGEST_HISTORY <= month(row["valid_from"]) <= last_month(row) <= NOW


def test_nobody_works_before_eighteen(nation: Nation) -> None:
    born = {row["person_id"]: row for row in nation.tables["person"]}
    for row in nation.tables["participation"]:
        person = born[row["person_id"]]
        birth = person["birth_date"] if person["birth_date"] != r"\N" else f"{person['birth_year']}-01-01"
        assert month(row["valid_from"]) - month(birth) >= 18 * 12


def test_about_a_fifth_of_the_nation_is_declared_now(nation: Nation) -> None:
    declared = {r["person_id"] for r in nation.tables["participation"] if r["valid_to"] == r"\N"}
    assert 0.18 < len(declared) / len(nation.tables["person"]) < 0.23


def test_careers_have_changes_of_base_of_job_and_gaps(nation: Nation) -> None:
    found = [rows for rows in careers(nation).values() if len(rows) > 1]
    pairs = [(a, b) for rows in found for a, b in pairwise(rows)]
    same = [(a, b) for a, b in pairs if a["employer_id"] == b["employer_id"]]
    gaps = [(a, b) for a, b in pairs if month(b["valid_from"]) - month(a["valid_to"]) > 1]
    assert len(same) > len(pairs) / 2
    assert len(pairs) - len(same) > len(pairs) / 20
    assert len(gaps) > len(pairs) / 40
    adjacent = [(a, b) for a, b in same if month(b["valid_from"]) - month(a["valid_to"]) == 1]
    raises = sum(int(b["base_vnd"]) > int(a["base_vnd"]) for a, b in adjacent)
    assert raises > 0.95 * len(adjacent)


def test_civil_servants_pay_no_unemployment_insurance_and_volunteers_only_their_own(nation: Nation) -> None:
    sector = {row["employer_id"]: row["sector"] for row in nation.tables["employer"]}
    expected = {"public": "3", "none": "8", "private": "7", "foreign": "7", "state": "7"}
    assert {row["schemes"] for row in nation.tables["participation"]} == {"3", "7", "8"}
    for row in nation.tables["participation"]:
        assert row["schemes"] == expected[sector[row["employer_id"]]]


def test_who_works_in_an_enterprise_has_its_card(nation: Nation) -> None:
    cards = defaultdict(set)
    for card in nation.tables["card"]:
        cards[card["person_id"]].add(card["subject_code"])
    for row in nation.tables["participation"]:
        if row["valid_to"] == r"\N" and row["schemes"] == "7" and int(row["person_id"]) >= 100:
            assert cards[row["person_id"]] & {"DN", "CH", "NN"}


def test_who_works_now_is_declared_with_the_floor_unless_the_unit_under_declares(nation: Nation) -> None:
    region = {row["employer_id"]: int(row["region"]) for row in nation.tables["employer"]}
    low: set[str] = set()
    honest = 0
    for row in nation.tables["participation"]:
        if row["valid_to"] != r"\N" or int(row["employer_id"]) < FIRST_ENTERPRISE_ID:
            continue
        if int(row["base_vnd"]) < floor_of(NOW, int(row["schemes"]), region[row["employer_id"]]):
            low.add(row["employer_id"])
        else:
            honest += 1
    assert honest > 1_000
    assert low
    assert all(int(employer) % UNDER_DECLARING == 0 for employer in low)
