"""Units are counted by their state at the end of a month: from when it was judged, all at once, and by what is corrected."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from lienthong.db.migrations import upgrade
from lienthong.rpc.errors import Refusal
from lienthong.statistics import recounting
from services.contributions import flows
from services.contributions.commands import compliance
from services.contributions.domain.compliance import ComplianceState
from tests.support.accounts import Desk, increase, line, person
from tests.support.compliance import OTHER, UNIT, Office, office_of
from tests.support.cubes import RULES, Cubes, schema_of
from vss.contributions.v1 import commands_pb2 as pb

AREA, SECTOR = "DF_COMPLIANCE", "DF_COMPLIANCE_SECTOR"
ELSEWHERE = "9900000004TEST1"
MARCH = 2026 * 12 + 2


@pytest.fixture
def office(stack_variable: Callable[[str], str]) -> Iterator[Office]:
    """On 10 March 2026: a firm that pays, one that does not, and a foreign one of another province."""
    with office_of(stack_variable) as found:
        found.desk.register(ELSEWHERE, province_code="79", province_of_asker="79", sector=pb.SECTOR_FOREIGN)
        for unit, workers in ((UNIT, 3), (OTHER, 2), (ELSEWHERE, 1)):
            found.desk.declare(unit, *(increase(person(), "2026-03") for _ in range(workers)))
        for unit in (UNIT, ELSEWHERE):
            found.desk.pay(unit, 500_000_000, "2026-03-10")
        yield found


def cells(cubes: Cubes, flow: str, month: int) -> dict[str, int]:
    """Units by cell, of a month."""
    found = cubes.rows(
        "SELECT key, contributors FROM stat_cell JOIN stat_key USING (series)"
        " WHERE flow = %s AND month = %s AND contributors > 0",
        flow,
        month,
    )
    return dict(found)


def expect_equal(cubes: Cubes) -> int:
    """What is kept of both flows is what the base table says; how many cells that were."""
    compared = 0
    for flow in (AREA, SECTOR):
        found = recounting.recount(cubes.folder, flow, RULES)
        assert found.cell_differences == []
        assert found.figure_differences == []
        compared += found.cells
    return compared


def opened_through(cubes: Cubes) -> set[int]:
    return {
        month
        for (month,) in cubes.rows("SELECT opened_through FROM stat_flow WHERE flow LIKE 'DF_COMPLIANCE%%'")
    }


def test_a_month_is_opened_when_it_was_judged_and_not_before(office: Office) -> None:
    cubes = office.cubes
    cubes.open(MARCH)
    assert opened_through(cubes) == {MARCH - 1}
    office.on(2026, 6, 1)
    cubes.open(MARCH + 3)
    assert opened_through(cubes) == {MARCH + 2}
    on_time = {"VN_01.ON_TIME": 2, "VN_79.ON_TIME": 1}
    late = {"VN_01.ON_TIME": 1, "VN_01.LATE": 1, "VN_79.ON_TIME": 1}
    assert [cells(cubes, AREA, month) for month in range(MARCH, MARCH + 4)] == [on_time, on_time, late, {}]
    assert cells(cubes, SECTOR, MARCH + 2) == {"PRIVATE.ON_TIME": 1, "PRIVATE.LATE": 1, "FOREIGN.ON_TIME": 1}
    expect_equal(cubes)


def test_judging_a_month_leaves_no_changes_to_be_folded(office: Office) -> None:
    cubes = office.cubes
    cubes.open(MARCH)
    cubes.fold_all()
    with office.desk.connection.transaction():
        office.on(2026, 6, 1)
    waiting = cubes.rows("SELECT count(*) FROM stat_delta_compliance_month")
    assert waiting == [(0,)]
    cubes.open(MARCH + 3)
    releases = cubes.rows(
        "SELECT max(number) FROM stat_release JOIN stat_key USING (series) WHERE flow = %s", AREA
    )
    assert releases == [(1,)], "published once, whole"
    expect_equal(cubes)


def test_what_is_corrected_moves_from_cell_to_cell_with_its_workers(office: Office) -> None:
    cubes = office.cubes
    august = office.on(2026, 8, 5)
    cubes.open(MARCH + 5)
    assert cells(cubes, AREA, MARCH + 2)["VN_01.LATE"] == 1
    august.desk.pay(OTHER, 500_000_000, "2026-05-31")
    left = person()
    august.desk.declare(UNIT, increase(left, "2026-06"), increase(person(), "2026-06"))
    august.desk.declare(UNIT, line(left, pb.LINE_KIND_DECREASE, "2026-07"))
    while cubes.fold(most=1).deltas:
        expect_equal(cubes)
    assert cells(cubes, AREA, MARCH + 2) == {"VN_01.ON_TIME": 2, "VN_79.ON_TIME": 1}
    assert cells(cubes, SECTOR, MARCH + 2) == {"PRIVATE.ON_TIME": 2, "FOREIGN.ON_TIME": 1}
    expect_equal(cubes)


def test_a_revision_of_the_past_tells_its_time(office: Office) -> None:
    cubes = office.cubes
    units = [f"99000002{number:02}TEST1" for number in range(12)]
    for unit in units:
        office.desk.register(unit)
        office.desk.declare(unit, increase(person(), "2026-03"))
    august = office.on(2026, 8, 5)
    cubes.open(MARCH + 5)
    told = (
        "SELECT figures[1], published_at FROM stat_series JOIN stat_key USING (series)"
        " WHERE flow = 'DF_COMPLIANCE' AND key = 'VN_01.LATE' AND month = %s"
    )
    ((before, published),) = cubes.rows(told, MARCH + 3)
    for unit in units[:10]:
        august.desk.pay(unit, 500_000_000, "2026-06-10")
    # What is late, moves; that of May stays as it was.
    ((moment,),) = cubes.rows("SELECT clock_timestamp()")
    cubes.fold_all()
    ((after, revised),) = cubes.rows(told, MARCH + 3)
    assert before >= 10 > after
    assert published < moment < revised
    assert cubes.rows(told, MARCH + 2)[0][1] == published
    expect_equal(cubes)


def test_a_large_unit_counts_with_no_more_workers_than_any_other_large_one(office: Office) -> None:
    cubes = office.cubes
    office.on(2026, 4, 1)
    cubes.open(MARCH + 1)
    brings = "SELECT amounts[1] FROM df_compliance_all(0, %s, %s) JOIN employer ON employer_id = contributor WHERE employer_code = %s"
    assert cubes.rows(brings, MARCH, MARCH, UNIT) == [(3,)]
    with psycopg.connect(cubes.owner_url) as owner:
        owner.execute("UPDATE compliance_month SET workers = 40000 WHERE workers = 3")
    cubes.fold_all()
    assert cubes.rows(brings, MARCH, MARCH, UNIT) == [(flows.MOST_WORKERS,)]
    expect_equal(cubes)


def test_every_state_is_a_code_of_the_structure(office: Office) -> None:
    cubes = office.cubes
    office.on(2026, 5, 1)
    units = [UNIT, OTHER, ELSEWHERE]
    with psycopg.connect(cubes.owner_url) as owner:
        for state, month in zip(
            ComplianceState, ("2026-03-01", "2026-03-01", "2026-03-01", "2026-04-01"), strict=True
        ):
            unit = units[(state - 1) % 3]
            owner.execute(
                "UPDATE compliance_month SET state = %s WHERE month = %s"
                " AND employer_id = (SELECT employer_id FROM employer WHERE employer_code = %s)",
                [state, month, unit],
            )
    cubes.open(MARCH + 2)
    cubes.fold_all()
    assert cells(cubes, AREA, MARCH) == {"VN_01.ON_TIME": 1, "VN_01.LATE": 1, "VN_79.EVASION": 1}
    assert cells(cubes, AREA, MARCH + 1) == {"VN_01.UNDERDECLARED": 1, "VN_01.ON_TIME": 1, "VN_79.ON_TIME": 1}


@pytest.mark.parametrize("seed", range(3))
def test_after_any_commands_month_ends_and_batches_the_recount_is_equal(office: Office, seed: int) -> None:
    draw = random.Random(seed)
    cubes, units = office.cubes, [UNIT, OTHER, ELSEWHERE]
    day, corrected = date(2026, 3, 10), 0
    cubes.open(MARCH)
    for _ in range(40):
        day += timedelta(days=draw.choice([0, 2, 9]))
        now = replace(
            office, desk=replace(office.desk, now=datetime(day.year, day.month, day.day, 5, tzinfo=UTC))
        )
        if draw.random() < 0.6:
            now.turn()
        if draw.random() < 0.6:
            cubes.open(day.year * 12 + day.month - 1)
        try:
            with office.desk.connection.transaction():
                act(now, draw, draw.choice(units), day)
        except Refusal:
            continue
        ((waits,),) = cubes.rows("SELECT count(*) FROM stat_delta_compliance_month")
        corrected += waits > 0
        if draw.random() < 0.6:
            cubes.fold(most=draw.randint(1, 6))
        expect_equal(cubes)
    now.turn()
    cubes.open(day.year * 12 + day.month - 1)
    cubes.fold_all()
    assert expect_equal(cubes) > 10
    assert corrected > 3
    for month in now.judged():
        counted = Counter(ComplianceState(one.state).name for one in now.kept(month).values())
        found: Counter[str] = Counter()
        for key, units_there in cells(cubes, SECTOR, month.year * 12 + month.month - 1).items():
            found[key.split(".")[1]] += units_there
        assert found == counted


def act(office: Office, draw: random.Random, unit: str, day: date) -> None:
    """A list, a payment or a letter, dated some time back."""
    earlier = max(day - timedelta(days=draw.choice([0, 20, 60, 120])), date(2026, 3, 1))
    match draw.randint(0, 3):
        case 0:
            office.desk.declare(unit, increase(person(), f"{earlier:%Y-%m}"))
        case 1:
            province = "79" if unit == ELSEWHERE else "01"
            office.desk.urge(unit, f"{draw.random()}", issued_on=f"{earlier}", province_of_asker=province)
        case _:
            office.desk.pay(unit, draw.choice([1_000_000, 8_000_000, 60_000_000]), f"{earlier}")


def test_who_reads_figures_sees_no_true_cell_and_no_change(office: Office) -> None:
    with psycopg.connect(office.cubes.runtime_url, autocommit=True) as reader:
        for table in ("stat_cell", "stat_delta_compliance_month"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT FROM {table}".encode())


def test_the_worker_sees_of_the_book_and_the_months_and_changes_neither(office: Office) -> None:
    for table in ("book", "compliance_month"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), office.cubes.folder.transaction():
            office.cubes.folder.execute(f"DELETE FROM {table}".encode())  # noqa: S608 -- of this test


def test_a_database_that_has_been_at_work_is_judged_from_its_first_account_on(
    stack_variable: Callable[[str], str],
) -> None:
    with (
        schema_of(stack_variable, "contributions", revision="0006") as (owner, runtime_url, _),
        psycopg.connect(runtime_url, autocommit=True) as runtime,
    ):
        desk = Desk(runtime)
        desk.opened_through(date(2026, 11, 1))
        desk.register(UNIT, obliged_since="2026-02-10")
        upgrade("contributions", owner)
        months = "SELECT judged_from, judged_through FROM book"
        assert runtime.execute(months).fetchone() == (date(2026, 2, 1), date(2026, 1, 1))
        # One month a turn, until there is none that is over.
        for judged in (*range(2, 11), 10):
            with runtime.transaction():
                compliance.judge_months(desk.timer())
            assert runtime.execute(months).fetchone() == (date(2026, 2, 1), date(2026, judged, 1))
