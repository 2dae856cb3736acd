"""Who is covered is in one cell a month: the card that the coverage question would name on its first day."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import psycopg
import pytest

from services.health_claims import flows
from services.health_claims.domain.benefit.levels import benefits_on
from services.health_claims.domain.coverage import Card, Holder, cards_on
from tests.support.cubes import THIS_MONTH
from tests.support.health_cubes import FACILITIES, HealthCubes, area_of, health_cubes_of

FLOW = "DF_COVERAGE"
ACTIVE, REVOKED, DECREASED, STOPPED = 1, 2, 3, 4
AREAS = {code: area_of(code, province) for code, _, province in FACILITIES}


@pytest.fixture
def cubes(stack_variable: Callable[[str], str]) -> Iterator[HealthCubes]:
    with health_cubes_of(stack_variable) as found:
        yield found


def issue(
    cubes: HealthCubes,
    person: int,
    code: str = "DN4",
    *,
    begins: str = "2026-01-01",
    ends: str = "2027-12-31",
    facility: str = "01001",
    status: int = ACTIVE,
    status_from: str | None = None,
) -> None:
    """A card of this person, written as the consumers write."""
    cubes.writer.execute(
        "INSERT INTO card (person_id, changed_at, valid_from, valid_to, benefit_digit, status, status_from,"
        " card_code, subject_code, province_code, facility_code)"
        " VALUES (%s, now(), %s, %s, %s, %s, %s, %s, %s, '01', %s)",
        [
            person,
            begins,
            ends,
            int(code[2]),
            status,
            status_from,
            f"{code}01{person:010}",
            code[:2],
            facility,
        ],
    )


def month(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:]) - 1


def in_cells(cubes: HealthCubes, first: str, last: str) -> list[set[str]]:
    """The cells in which somebody is, month by month."""
    return [set(cubes.true_cells(FLOW, number)) for number in range(month(first), month(last) + 1)]


def test_a_card_counts_in_the_months_on_whose_first_day_it_is_valid(cubes: HealthCubes) -> None:
    cubes.open()
    issue(cubes, 1, begins="2026-02-01", ends="2026-03-31")
    issue(cubes, 2, "HN2", begins="2026-02-02", ends="2026-05-01", facility="79001")
    cubes.fold_all()
    mine, other = {"VNF_001.DN.B4"}, {"VNF_079.HN.B2"}
    assert in_cells(cubes, "2026-01", "2026-06") == [set(), mine, mine | other, other, other, set()]
    cubes.expect_equal()


def test_of_several_cards_the_one_with_the_highest_benefit_counts(cubes: HealthCubes) -> None:
    cubes.open()
    issue(cubes, 1, "DN4", begins="2026-01-01", ends="2026-12-31")
    issue(cubes, 1, "HT3", begins="2026-03-15", ends="2026-05-31")
    issue(cubes, 1, "QN5", begins="2026-05-01", ends="2026-05-01")
    cubes.fold_all()
    low, high, highest = {"VNF_001.DN.B4"}, {"VNF_001.HT.B3"}, {"VNF_001.QN.B5"}
    assert in_cells(cubes, "2026-03", "2026-06") == [low, high, highest, low]
    cubes.expect_equal()


def test_a_card_that_is_decreased_counts_until_that_day_and_later_no_more(cubes: HealthCubes) -> None:
    cubes.open()
    issue(cubes, 1)
    cubes.fold_all()
    cubes.writer.execute("UPDATE card SET status = 3, status_from = '2026-09-01'")
    cubes.fold_all()
    assert in_cells(cubes, "2026-08", "2026-09") == [{"VNF_001.DN.B4"}, set()]
    cubes.expect_equal()


def test_a_withdrawn_card_whose_day_was_not_recorded_never_counts(cubes: HealthCubes) -> None:
    cubes.open()
    issue(cubes, 1, status=REVOKED)
    cubes.fold_all()
    assert cubes.true_cells(FLOW, month("2026-06")) == {}
    cubes.expect_equal()


def test_a_change_that_moves_no_cell_leaves_no_delta(cubes: HealthCubes) -> None:
    cubes.open()
    issue(cubes, 1)
    cubes.fold_all()
    cubes.writer.execute("UPDATE card SET changed_at = now()")
    assert cubes.waiting() == 0


def test_a_facility_that_moves_takes_its_people_along_and_an_unknown_one_is_unknown(
    cubes: HealthCubes,
) -> None:
    cubes.open()
    issue(cubes, 1)
    issue(cubes, 2, "ZZ4", facility="55555")
    cubes.fold_all()
    assert set(cubes.true_cells(FLOW)) == {"VNF_001.DN.B4", "_U._U.B4"}
    cubes.change("UPDATE facility SET province_code = '24' WHERE code = '01001'")
    cubes.expect_equal()
    cubes.fold_all()
    assert set(cubes.true_cells(FLOW)) == {"VNU_24.DN.B4", "_U._U.B4"}
    cubes.expect_equal()


def test_a_month_that_begins_has_everybody_who_is_covered_then(cubes: HealthCubes) -> None:
    cubes.open(THIS_MONTH - 1)
    issue(cubes, 1)
    issue(cubes, 2, ends="2026-10-31")
    # What waits while the month opens is folded after it, into the new month too.
    assert cubes.open(THIS_MONTH) == len(cubes.flows())
    cubes.expect_equal()
    cubes.fold_all()
    assert (cubes.true_cells(FLOW, THIS_MONTH - 1), cubes.true_cells(FLOW)) == (
        {"VNF_001.DN.B4": 2},
        {"VNF_001.DN.B4": 1},
    )
    cubes.expect_equal()


def recorded(cubes: HealthCubes) -> dict[int, list[Card]]:
    """Everybody's cards as the coverage question reads them."""
    found: dict[int, list[Card]] = {}
    for person, *card in cubes.rows(
        "SELECT person_id, card_code, subject_code, benefit_digit, province_code, valid_from, valid_to,"
        " facility_code, status, status_from FROM card"
    ):
        found.setdefault(person, []).append(Card._make(card))
    return found


def expected(cubes: HealthCubes, number: int) -> dict[str, int]:
    """The cells of a month by the rule of the coverage question."""
    day = date(number // 12, number % 12 + 1, 1)
    cells: Counter[str] = Counter()
    for person, cards in recorded(cubes).items():
        holder = Holder(person, "", None, 1990, None, None, 0, tuple(cards))
        valid = cards_on(holder, day)
        if valid:
            best = valid[0]
            cells[f"{AREAS[best.facility_code]}.{best.subject_code}.B{best.benefit_digit}"] += 1
    return dict(cells)


def day_of(draw: random.Random) -> date:
    """Some day of the two years that the tests look at."""
    return date(2025, 6, 1) + timedelta(days=draw.randint(0, 600))


def change_something(cubes: HealthCubes, draw: random.Random) -> None:
    """Some cards more, or some of a person's changed or gone."""
    for _ in range(draw.randint(1, 4)):
        first, last = sorted([day_of(draw), day_of(draw)])
        person, code = draw.randint(1, 12), draw.choice(["DN4", "HT3", "HN2", "CC1", "QN5", "GD4", "TE1"])
        taken = "SELECT FROM card WHERE person_id = %s AND subject_code = %s AND valid_from = %s"
        if not cubes.rows(taken, person, code[:2], first):
            facility = draw.choice(list(AREAS))
            issue(cubes, person, code, begins=str(first), ends=str(last), facility=facility)
    person = draw.randint(1, 12)
    match draw.randint(0, 3):
        case 0:
            status, since = (
                draw.choice([ACTIVE, REVOKED, DECREASED, STOPPED]),
                draw.choice([None, day_of(draw)]),
            )
            withdraw = "UPDATE card SET status = %s, status_from = %s WHERE person_id = %s"
            cubes.change(withdraw, status, since, person)
        case 1:
            prolong = "UPDATE card SET valid_to = greatest(valid_from, %s) WHERE person_id = %s"
            cubes.change(prolong, day_of(draw), person)
        case 2:
            cubes.change("DELETE FROM card WHERE person_id = %s", person)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_and_batches_the_cells_are_those_of_the_coverage_question(
    cubes: HealthCubes, seed: int
) -> None:
    draw = random.Random(seed)
    cubes.open(THIS_MONTH - 1)
    for step in range(25):
        change_something(cubes, draw)
        if draw.random() < 0.5:
            cubes.fold(most=draw.randint(1, 5))
        if step == 12:
            cubes.open(THIS_MONTH)
        cubes.expect_equal()
    cubes.fold_all()
    assert cubes.expect_equal() > 0
    for number in range(month("2025-06"), THIS_MONTH + 1):
        assert cubes.true_cells(FLOW, number) == expected(cubes, number)


def test_a_build_counts_what_the_coverage_question_would_say(cubes: HealthCubes) -> None:
    for person in range(1, 60):
        issue(cubes, person, draw_code(person), begins=f"2025-{person % 12 + 1:02}-{person % 28 + 1:02}")
        issue(
            cubes, person, "HT3", begins="2026-05-02", ends=f"2026-{person % 5 + 6:02}-15", facility="79001"
        )
    # Nothing waits: what was there before the triggers is built.
    for table in ("card", "facility"):
        cubes.change(f"DELETE FROM stat_delta_{table}")  # noqa: S608 -- of this test
    cubes.open()
    for number in range(month("2025-01"), THIS_MONTH + 1):
        assert cubes.true_cells(FLOW, number) == expected(cubes, number)
    cubes.expect_equal()


def draw_code(person: int) -> str:
    return ("DN4", "HN2", "TE1", "GD4")[person % 4]


def test_the_order_of_benefits_is_that_of_the_law() -> None:
    benefits = benefits_on(date(2026, 11, 1))
    assert list(flows.DIGITS_RISING) == sorted(benefits, key=lambda digit: benefits[digit].rank)


def test_the_worker_sees_no_name_no_number_and_no_file(cubes: HealthCubes) -> None:
    for column in ("card.card_code", "holder.full_name", "holder_identifier.identifier", "dossier.content"):
        table, name = column.split(".")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), cubes.folder.transaction():
            cubes.folder.execute(f"SELECT {name} FROM {table}".encode())  # noqa: S608 -- of this test


def test_who_reads_cards_and_figures_sees_no_true_cell(cubes: HealthCubes) -> None:
    with psycopg.connect(cubes.runtime_url, autocommit=True) as reader:
        for table in ("stat_cell", "stat_delta", "stat_delta_card"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT FROM {table}".encode())
