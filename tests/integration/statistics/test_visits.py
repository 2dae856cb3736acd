"""Visits are in their cells by month of discharge, a patient's all together, and only while their dossier stands."""

import random
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lienthong import disclosure
from services.health_claims import flows
from services.health_claims.domain.benefit.case import Kind
from services.health_claims.domain.claims import codes
from tests.support.cubes import SECRET, THIS_MONTH, worker_of
from tests.support.health_cubes import FACILITIES, HealthCubes, area_of, health_cubes_of, treat
from tests.support.stack import until

PLACE, DISEASE = "DF_VISITS", "DF_VISITS_ICD"


@pytest.fixture
def cubes(stack_variable: Callable[[str], str]) -> Iterator[HealthCubes]:
    with health_cubes_of(stack_variable) as found:
        yield found


def born(cubes: HealthCubes, person: int, year: int, sex: int) -> None:
    cubes.writer.execute(
        "INSERT INTO holder (person_id, changed_at, birth_year, sex, full_name, match_key)"
        " VALUES (%s, now(), %s, %s, 'x', 'X') ON CONFLICT (person_id) DO NOTHING",
        [person, year, sex],
    )


def sums(cubes: HealthCubes, flow: str, month: int = THIS_MONTH) -> dict[str, tuple[int, ...]]:
    """True amounts by cell, with the factors of their contributors."""
    found = cubes.rows(
        "SELECT key, amounts FROM stat_cell JOIN stat_key USING (series)"
        " WHERE flow = %s AND month = %s AND contributors > 0",
        flow,
        month,
    )
    return {key: tuple(amounts) for key, amounts in found}


def near(person: int, *amounts: int) -> tuple[range, ...]:
    """What this patient's whole amounts are with her factor: rounded up or down."""
    factor = float(disclosure.amount_factor(SECRET, person))
    return tuple(range(int(amount * factor) - 1, int(amount * factor) + 3) for amount in amounts)


def test_a_visit_is_in_the_cells_of_its_place_and_of_its_disease(cubes: HealthCubes) -> None:
    cubes.open()
    born(cubes, 1, 1990, 2)
    treat(cubes, 1, "A", facility="79001", kind="03", diagnosis="I21.9")
    cubes.fold_all()
    assert cubes.true_cells(PLACE) == {"VNF_079.SPECIALISED.INPATIENT": 1}
    assert cubes.true_cells(DISEASE) == {"IX.Y35T39.F": 1}
    wanted = near(1, 1, 1_000_000, 800_000, 200_000)
    for flow in (PLACE, DISEASE):
        (told,) = sums(cubes, flow).values()
        assert all(amount in about for amount, about in zip(told, wanted, strict=True))
    cubes.expect_equal()


def test_two_visits_of_one_person_in_a_cell_are_one_contributor_with_the_whole_amount(
    cubes: HealthCubes,
) -> None:
    cubes.open()
    treat(cubes, 1, "A", cost=300_000)
    treat(cubes, 1, "B", cost=300_000)
    cubes.fold_all()
    ((contributors, amounts, squares),) = cubes.rows(
        "SELECT contributors, amounts, squares FROM stat_cell JOIN stat_key USING (series) WHERE flow = %s",
        PLACE,
    )
    assert contributors == 1
    assert amounts[1] in near(1, 600_000)[0]
    assert squares[1] == Decimal(amounts[1]) ** 2
    cubes.expect_equal()


def test_a_sensitive_or_missing_main_diagnosis_is_in_no_chapter(cubes: HealthCubes) -> None:
    cubes.open()
    for person, diagnosis in enumerate(
        (None, "", "j20.9", "C00", "D48.9", "D50", "H60", "Z99.9", "W??"), start=1
    ):
        born(cubes, person, 2020, 1)
        treat(cubes, person, str(person), diagnosis=diagnosis)
    cubes.fold_all()
    cells = Counter({key.split(".")[0]: n for key, n in cubes.true_cells(DISEASE).items()})
    assert cells == {"_U": 2, "X": 1, "II": 2, "III": 1, "VIII": 1, "XXI": 1, "XX": 1}
    cubes.expect_equal()


def test_the_month_is_that_of_the_discharge_in_viet_nam(cubes: HealthCubes) -> None:
    cubes.open()
    treat(cubes, 1, "A", at=datetime(2026, 10, 31, 16, 59, 59, tzinfo=UTC))
    treat(cubes, 2, "B", at=datetime(2026, 10, 31, 17, 0, tzinfo=UTC))
    cubes.fold_all()
    assert sum(cubes.true_cells(PLACE, THIS_MONTH - 1).values()) == 1
    assert sum(cubes.true_cells(PLACE).values()) == 1
    cubes.expect_equal()


def test_a_replacement_takes_the_place_of_the_version_before(cubes: HealthCubes) -> None:
    cubes.open()
    treat(cubes, 1, "A", cost=1_000_000)
    cubes.fold_all()
    with cubes.writer.transaction():
        cubes.writer.execute("UPDATE dossier SET stands = false")
        treat(cubes, 1, "A", version=2, cost=400_000, kind="03")
    cubes.fold_all()
    assert set(sums(cubes, PLACE)) == {"VNF_001.BASIC.INPATIENT"}
    assert sums(cubes, PLACE)["VNF_001.BASIC.INPATIENT"][1] in near(1, 400_000)[0]
    cubes.expect_equal()


def test_a_facility_that_moves_and_a_birth_that_is_corrected_take_visits_along(cubes: HealthCubes) -> None:
    cubes.open()
    treat(cubes, 1, "A")
    treat(cubes, 2, "B", facility="55555", kind="06")
    cubes.fold_all()
    assert set(cubes.true_cells(PLACE)) == {"VNF_001.BASIC.OUTPATIENT", "_U._U._U"}
    assert set(cubes.true_cells(DISEASE)) == {"X._U._U"}
    cubes.change("UPDATE facility SET province_code = '24', level = 3 WHERE code = '01001'")
    born(cubes, 1, 1950, 1)
    cubes.fold_all()
    assert set(cubes.true_cells(PLACE)) == {"VNU_24.SPECIALISED.OUTPATIENT", "_U._U._U"}
    assert set(cubes.true_cells(DISEASE)) == {"X.Y_GE65.M", "X._U._U"}
    cubes.change("UPDATE holder SET birth_year = 2020")
    cubes.fold_all()
    assert set(cubes.true_cells(DISEASE)) == {"X.Y_LT15.M", "X._U._U"}
    cubes.expect_equal()


def test_a_patient_is_in_as_many_cells_as_margins_reckon_with_and_nothing_is_lost(cubes: HealthCubes) -> None:
    cubes.open()
    for number, chapter in enumerate("ACEGHIJKLM"):
        treat(cubes, 1, str(number), diagnosis=f"{chapter}10", cost=1_000_000 + number)
    cubes.fold_all()
    cells = sums(cubes, DISEASE)
    assert len(cells) == flows.MOST_CELLS == flows.VISITS_ICD.repeats
    assert sum(amounts[1] for amounts in cells.values()) in range(
        sum(near(1, 10_000_045)[0][:1]) - 10, near(1, 10_000_045)[0][-1] + 10
    )
    costliest = max(cells.items(), key=lambda one: one[1][1])[0]
    assert costliest == "XIII._U._U"
    cubes.expect_equal()


def change_something(cubes: HealthCubes, draw: random.Random, number: int) -> None:
    """A new dossier, a new version, one that goes, a birth or a facility that is corrected."""
    person, kind = draw.randint(1, 8), draw.choice(["01", "02", "03", "04", "06", "09"])
    given: dict[str, Any] = {
        "facility": draw.choice(FACILITIES)[0],
        "kind": kind,
        "diagnosis": draw.choice([None, "A09", "J18.9", "I10", "O80"]),
        "at": datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=draw.randint(0, 24 * 90)),
        "cost": draw.randint(0, 5_000_000),
    }
    match draw.randint(0, 5):
        case 0:
            gone = "UPDATE dossier SET stands = false WHERE person_id = %s AND visit_kind = %s"
            cubes.writer.execute(gone, [person, kind])
        case 1:
            cubes.change(
                "UPDATE holder SET birth_year = %s WHERE person_id = %s", draw.randint(1940, 2020), person
            )
        case 2:
            level, province = draw.randint(1, 3), draw.choice(["01", "24", "79"])
            move = "UPDATE facility SET level = %s, province_code = %s WHERE code = %s"
            cubes.change(move, level, province, given["facility"])
        case 3:
            cubes.change("DELETE FROM dossier WHERE person_id = %s AND visit_kind = %s", person, kind)
        case _:
            born(cubes, person, draw.randint(1940, 2020), draw.randint(1, 2))
            treat(cubes, person, str(number), **given)


def standing(cubes: HealthCubes) -> dict[tuple[str, int], set[int]]:
    """Who was treated, by type of visit and month, as a reader of the dossiers counts."""
    names = {Kind.OUTPATIENT: "OUTPATIENT", Kind.INPATIENT: "INPATIENT", Kind.DAY_INPATIENT: "DAY_INPATIENT"}
    found: dict[tuple[str, int], set[int]] = defaultdict(set)
    for person, kind, at in cubes.rows(
        "SELECT person_id, visit_kind, discharged_at FROM dossier WHERE stands"
    ):
        day = at.astimezone(UTC) + timedelta(hours=7)
        group = codes.visit_kind(kind)
        found["_U" if group is None else names[group], day.year * 12 + day.month - 1].add(person)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_and_batches_the_recount_is_equal(cubes: HealthCubes, seed: int) -> None:
    draw = random.Random(seed)
    cubes.open(THIS_MONTH - 1)
    for step in range(40):
        change_something(cubes, draw, step)
        if draw.random() < 0.4:
            cubes.fold(most=draw.randint(1, 4))
        if step == 20:
            cubes.open(THIS_MONTH)
        if step % 3 == 0:
            cubes.expect_equal()
    cubes.fold_all()
    assert cubes.expect_equal() > 0
    who = standing(cubes)
    for month in range(THIS_MONTH - 2, THIS_MONTH + 1):
        types = {key.split(".")[2] for key in cubes.true_cells(PLACE, month)}
        assert types == {name for (name, number), people in who.items() if number == month and people}
    visited = "SELECT DISTINCT facility_code, province_code FROM dossier JOIN facility ON code = facility_code WHERE stands"
    found = {
        key.split(".")[0]
        for month in range(THIS_MONTH - 3, THIS_MONTH + 1)
        for key in cubes.true_cells(PLACE, month)
    }
    assert found == {area_of(*row) for row in cubes.rows(visited)}


def test_a_build_equals_what_is_folded(cubes: HealthCubes) -> None:
    draw = random.Random(7)
    for number in range(60):
        change_something(cubes, draw, number)
    for table in ("card", "facility", "holder", "dossier"):
        cubes.change(f"DELETE FROM stat_delta_{table}")  # noqa: S608 -- of this test
    cubes.open()
    assert sum(cubes.true_cells(PLACE).values()) > 0
    cubes.expect_equal()


@pytest.mark.parametrize("point", ["statistics.folded", "statistics.committed"])
def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    cubes: HealthCubes, secret: Path, tmp_path: Path, point: str
) -> None:
    cubes.open()
    for person in range(1, 31):
        born(cubes, person, 1950 + person, 1 + person % 2)
        treat(cubes, person, str(person))
    before = cubes.waiting()
    (tmp_path / point).touch()
    killed = worker_of(
        cubes.folder_url, secret, LIENTHONG_FAILPOINTS=str(tmp_path), LIENTHONG_BATCH_DELTAS="20"
    )
    assert killed.wait(30) == -signal.SIGKILL
    assert cubes.waiting() == (before if point == "statistics.folded" else before - 20)
    cubes.expect_equal()
    successor = worker_of(cubes.folder_url, secret)
    try:
        until(lambda: cubes.waiting() == 0, seconds=30, what="the successor has folded everything")
    finally:
        successor.send_signal(signal.SIGTERM)
    assert successor.wait(30) == 0
    assert sum(cubes.true_cells(PLACE).values()) == sum(cubes.true_cells(DISEASE).values()) == 30
    cubes.expect_equal()


def test_the_types_of_visits_are_those_of_the_benefit_rules() -> None:
    kinds = {"OUTPATIENT": Kind.OUTPATIENT, "INPATIENT": Kind.INPATIENT, "DAY_INPATIENT": Kind.DAY_INPATIENT}
    grouped = {kind: kinds[name] for name, group in flows.VISIT_TYPES.items() for kind in group}
    known = {f"{number:02}": codes.visit_kind(f"{number:02}") for number in range(100)}
    assert grouped == {kind: group for kind, group in known.items() if group is not None}


def test_a_figure_of_visits_is_a_sum_with_noise_and_patients_are_not_told(cubes: HealthCubes) -> None:
    for person in range(1, 200):
        treat(cubes, person, str(person), facility=FACILITIES[person % 3][0], cost=1_000_000 + person)
    for table in ("facility", "dossier"):
        cubes.change(f"DELETE FROM stat_delta_{table}")  # noqa: S608 -- of this test
    cubes.open()
    ((figures, suppressed),) = cubes.rows(
        "SELECT figures, suppressed FROM stat_series JOIN stat_key USING (series)"
        " WHERE flow = %s AND key = 'VN._T._T' AND month = %s",
        PLACE,
        THIS_MONTH,
    )
    assert suppressed == [False] * 5
    assert 140 < figures[1] < 260
    assert figures[2] > 199_000_000 * 0.7


def test_visits_of_small_cells_are_not_drowned_by_their_cost(cubes: HealthCubes) -> None:
    """Each patient in a small cell of her own: the country's visits are near their number all the same."""
    for number in range(400):
        diagnosis, born_in = "ACEGHIJKLM"[number % 10] + "10", 1930 + 5 * (number // 10 % 18)
        born(cubes, number, born_in, 1 + number // 200)
        treat(cubes, number, str(number), diagnosis=diagnosis, cost=50_000_000)
    for table in ("facility", "holder", "dossier"):
        cubes.change(f"DELETE FROM stat_delta_{table}")  # noqa: S608 -- of this test
    cubes.open()
    ((visits,),) = cubes.rows(
        "SELECT figures[2] FROM stat_series JOIN stat_key USING (series) WHERE flow = %s AND key = '_T._T._T'"
        " AND month = %s",
        DISEASE,
        THIS_MONTH,
    )
    assert 250 < visits < 600
