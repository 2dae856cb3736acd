"""Health-insurance cards."""

from collections import Counter, defaultdict
from datetime import date

from deploy.nation.cards import BENEFIT_DIGITS
from deploy.nation.geography import LEGACY, PROVINCES
from tests.unit.deploy.nation.conftest import AS_OF, Nation, Row


def holders_of(nation: Nation) -> dict[str, list[Row]]:
    """Cards by person."""
    cards = defaultdict(list)
    for card in nation.tables["card"]:
        cards[card["person_id"]].append(card)
    return cards


def test_a_card_code_is_group_benefit_province_and_social_insurance_number(nation: Nation) -> None:
    numbers = {row["person_id"]: row["si_number"] for row in nation.tables["person"]}
    provinces = {p.code for p in PROVINCES} | {p.code[1:] for p in LEGACY} | {"97", "98"}
    for card in nation.tables["card"]:
        assert card["benefit_digit"] == str(BENEFIT_DIGITS[card["subject_code"]])
        assert card["province_code"] in provinces
        parts = card["subject_code"], card["benefit_digit"], card["province_code"]
        assert card["card_code"] == "".join(parts) + numbers[card["person_id"]]


def test_about_ninety_five_in_a_hundred_have_a_card(nation: Nation) -> None:
    insured = len(holders_of(nation)) / len(nation.tables["person"])
    assert 0.94 < insured < 0.965


def test_nearly_all_of_them_are_covered_today(nation: Nation) -> None:
    today = AS_OF.isoformat()
    covered = sum(
        any(c["status"] == "1" and c["valid_from"] <= today <= c["valid_to"] for c in cards)
        for cards in holders_of(nation).values()
    )
    assert 0.90 < covered / len(nation.tables["person"]) < 0.95


def test_every_card_has_a_holder_and_a_facility(nation: Nation) -> None:
    holders = {row["person_id"] for row in nation.tables["holder"]}
    facilities = {row["code"] for row in nation.tables["facility"]}
    for card in nation.tables["card"]:
        assert card["person_id"] in holders
        assert card["facility_code"] in facilities


def test_a_holder_without_a_card_is_a_small_child(nation: Nation) -> None:
    cards = holders_of(nation)
    without = [row for row in nation.tables["holder"] if row["person_id"] not in cards]
    assert len(without) > 10
    assert all(int(row["birth_year"]) >= AS_OF.year - 6 for row in without)


def test_groups_fit_age_and_walk_of_life(nation: Nation) -> None:
    born = {row["person_id"]: int(row["birth_year"]) for row in nation.tables["holder"]}
    counts = Counter(card["subject_code"] for card in nation.tables["card"])
    assert set(counts) == set(BENEFIT_DIGITS)
    assert [code for code, _ in counts.most_common(3)] == ["GD", "DN", "HS"]
    for card in nation.tables["card"]:
        age = AS_OF.year - born[card["person_id"]]
        if card["subject_code"] == "TE":
            assert age <= 6
        if card["subject_code"] == "HS":
            assert 6 <= age <= 18
        if card["subject_code"] in ("HT", "BT", "CK") and int(card["person_id"]) >= 100:
            assert age >= 57


def test_a_validity_ends_after_it_begins(nation: Nation) -> None:
    for card in nation.tables["card"]:
        assert date.fromisoformat(card["valid_from"]) <= date.fromisoformat(card["valid_to"])


def test_each_kind_of_refusal_has_its_few_percent(nation: Nation) -> None:
    today, total = AS_OF.isoformat(), len(nation.tables["card"])
    status = Counter(card["status"] for card in nation.tables["card"])
    for number in ("2", "3", "4"):  # revoked, decreased, stopped
        assert 0.002 < status[number] / total < 0.02
    cards = holders_of(nation).values()
    lapsed = sum(max(c["valid_to"] for c in held) < today for held in cards)
    assert 0.008 < lapsed / total < 0.04
    renewed = sum(min(c["valid_to"] for c in h) < today <= max(c["valid_to"] for c in h) for h in cards)
    assert 0.015 < renewed / total < 0.05
    announced = sum(len(h) == 2 and max(c["valid_from"] for c in h) > today for h in cards)
    assert 0.003 < announced / total < 0.02


def test_two_cards_of_a_person_follow_each_other(nation: Nation) -> None:
    for cards in holders_of(nation).values():
        assert len(cards) <= 2
        if len(cards) == 2:
            old, new = sorted(cards, key=lambda card: card["valid_from"])
            assert old["valid_to"] < new["valid_from"]


def test_army_and_police_have_their_own_province_codes(nation: Nation) -> None:
    for card in nation.tables["card"]:
        if card["subject_code"] == "QN":
            assert card["province_code"] == "97"
        if card["subject_code"] == "CA":
            assert card["province_code"] == "98"
