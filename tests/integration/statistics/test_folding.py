"""What is declared is in the cubes, exactly once, whatever happens to the worker."""

import random
import signal
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.support.accounts import increase, line, person
from tests.support.bus import free_port
from tests.support.cubes import FLOW, THIS_MONTH, Cubes, in_month, somebody
from tests.support.stack import until
from vss.contributions.v1 import commands_pb2 as pb
from vss.types.v1 import text_pb2

UNIT, OTHER, ELSEWHERE = "9900000001TEST1", "9900000002TEST1", "9900000003TEST1"


@pytest.fixture(autouse=True)
def units(cubes: Cubes) -> None:
    cubes.desk.register(UNIT)
    cubes.desk.register(OTHER)
    cubes.desk.register(ELSEWHERE, province_code="79", province_of_asker="79")


def woman(born: int = 1990) -> text_pb2.Person:
    return somebody(person(), text_pb2.SEX_FEMALE, born)


def man(born: int = 1990) -> text_pb2.Person:
    return somebody(person(), text_pb2.SEX_MALE, born)


def test_who_is_declared_is_in_her_cells_from_her_first_month(cubes: Cubes) -> None:
    cubes.open()
    cubes.desk.declare(UNIT, increase(woman(1990), "2026-10"), increase(man(1961), "2026-11"))
    cubes.fold_all()
    women = {f"VN_01.{scheme}.F.Y35T39": 1 for scheme in ("SI", "HI", "UI")}
    men = {f"VN_01.{scheme}.M.Y_GE65": 1 for scheme in ("SI", "HI", "UI")}
    assert cubes.true_cells(THIS_MONTH - 1) == women
    assert cubes.true_cells(THIS_MONTH) == women | men
    cubes.expect_equal()


def test_the_age_is_the_one_that_is_reached_in_the_year(cubes: Cubes) -> None:
    cubes.open()
    cubes.desk.declare(UNIT, increase(woman(1991), "2025-12"))
    cubes.fold_all()
    assert "VN_01.SI.F.Y30T34" in cubes.true_cells(2025 * 12 + 11)
    assert "VN_01.SI.F.Y35T39" in cubes.true_cells(2026 * 12)
    cubes.expect_equal()


def test_a_person_with_two_units_of_one_province_is_there_once(cubes: Cubes) -> None:
    cubes.open()
    worker = woman()
    cubes.desk.declare(UNIT, increase(worker, "2026-10"))
    cubes.desk.declare(OTHER, increase(worker, "2026-11"))
    cubes.desk.declare(ELSEWHERE, increase(worker, "2026-11"))
    cubes.fold_all()
    assert cubes.true_cells()["VN_01.SI.F.Y35T39"] == 1
    assert cubes.true_cells()["VN_79.SI.F.Y35T39"] == 1
    cubes.desk.declare(OTHER, line(worker, pb.LINE_KIND_DECREASE, "2026-11"))
    cubes.fold_all()
    assert cubes.true_cells()["VN_01.SI.F.Y35T39"] == 1
    cubes.expect_equal()


def test_a_change_that_moves_no_cell_leaves_no_delta(cubes: Cubes) -> None:
    cubes.open()
    cubes.desk.declare(UNIT, increase(woman(), "2026-11"))
    cubes.fold_all()
    with psycopg.connect(cubes.owner_url) as connection:
        connection.execute("UPDATE participation SET base_vnd = base_vnd + 1, position = 'Kế toán'")
        connection.execute("UPDATE participant SET sex = sex")
    assert cubes.waiting() == 0


def test_a_corrected_year_of_birth_moves_every_month(cubes: Cubes) -> None:
    cubes.open()
    worker = woman(1990)
    cubes.desk.declare(UNIT, increase(worker, "2026-09"))
    cubes.fold_all()
    worker.born = "1980-05-17"
    cubes.desk.declare(UNIT, line(worker, pb.LINE_KIND_CHANGE, "2026-11", base_vnd=12_000_000))
    cubes.fold_all()
    for month in range(THIS_MONTH - 2, THIS_MONTH + 1):
        assert {key.rsplit(".", 1)[1] for key in cubes.true_cells(month)} == {"Y45T49"}
    cubes.expect_equal()


def test_a_month_that_begins_has_everybody_who_stays(cubes: Cubes) -> None:
    cubes.open(THIS_MONTH - 1)
    stays, leaves = woman(), man()
    cubes.desk.declare(UNIT, increase(stays, "2026-10"), increase(leaves, "2026-10"))
    cubes.desk.declare(UNIT, line(leaves, pb.LINE_KIND_DECREASE, "2026-11"))
    # What waits while the month opens is folded after it, into the new month too.
    cubes.open(THIS_MONTH)
    assert cubes.rows("SELECT opened_through FROM stat_flow WHERE flow = %s", FLOW) == [(THIS_MONTH,)]
    cubes.expect_equal()
    cubes.fold_all()
    assert cubes.true_cells(THIS_MONTH - 1)["VN_01.SI.M.Y35T39"] == 1
    assert "VN_01.SI.M.Y35T39" not in cubes.true_cells(THIS_MONTH)
    assert cubes.true_cells(THIS_MONTH)["VN_01.SI.F.Y35T39"] == 1
    cubes.expect_equal()


def test_a_build_counts_what_was_there_and_what_waits_comes_after(cubes: Cubes) -> None:
    cubes.desk.declare(UNIT, *(increase(woman(1960 + n), "2026-10") for n in range(40)))
    assert cubes.waiting() > 0
    cubes.open()
    assert cubes.true_cells() == {}, "built in the state before what waits"
    cubes.expect_equal()
    cubes.fold_all()
    assert sum(cubes.true_cells().values()) == 3 * 40
    cubes.expect_equal()


@pytest.mark.parametrize("seed", range(3))
def test_after_any_declarations_and_batches_the_recount_is_equal(cubes: Cubes, seed: int) -> None:
    draw = random.Random(seed)
    cubes.open(THIS_MONTH - 1)
    people = [draw.choice([woman, man])(draw.randint(1950, 2008)) for _ in range(30)]
    kinds = (pb.LINE_KIND_INCREASE, pb.LINE_KIND_DECREASE, pb.LINE_KIND_CHANGE, pb.LINE_KIND_CORRECTION)
    accepted = 0
    for step in range(12):
        lines = [
            line(
                who,
                draw.choice(kinds),
                f"2026-{draw.randint(5, 11):02d}",
                base_vnd=draw.choice([6_000_000, 11_000_000]),
            )
            for who in draw.sample(people, 8)
        ]
        accepted += cubes.desk.declare(draw.choice([UNIT, OTHER, ELSEWHERE]), *lines).accepted
        if draw.random() < 0.5:
            cubes.fold(most=draw.randint(1, 9))
        if step == 6:
            cubes.open(THIS_MONTH)
        cubes.expect_equal()
    assert accepted > 20
    cubes.fold_all()
    assert cubes.expect_equal() > 0


@pytest.mark.parametrize("point", ["statistics.folded", "statistics.committed"])
def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    cubes: Cubes, secret: Path, tmp_path: Path, point: str
) -> None:
    cubes.open()
    for unit in (UNIT, OTHER):
        cubes.desk.declare(unit, *(increase(woman(1960 + n), "2026-10") for n in range(20)))
    before = cubes.waiting()
    ((of_the_last,),) = cubes.rows("SELECT count(*) FROM stat_delta GROUP BY id ORDER BY id DESC LIMIT 1")
    (tmp_path / point).touch()
    killed = cubes.worker(secret, LIENTHONG_FAILPOINTS=str(tmp_path), LIENTHONG_BATCH_DELTAS="30")
    assert killed.wait(30) == -signal.SIGKILL
    assert cubes.waiting() == (before if point == "statistics.folded" else of_the_last) > 40
    cubes.expect_equal()
    successor = cubes.worker(secret)
    try:
        until(lambda: cubes.waiting() == 0, seconds=30, what="the successor has folded everything")
    finally:
        successor.send_signal(signal.SIGTERM)
    assert successor.wait(30) == 0
    assert sum(cubes.true_cells().values()) == 3 * 40
    cubes.expect_equal()


def test_a_worker_whose_connections_are_cut_again_and_again_counts_right(cubes: Cubes, secret: Path) -> None:
    worker = cubes.worker(secret, LIENTHONG_BATCH_DELTAS="7")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'contributions_statistics'"
    mine = cubes.folder.info.backend_pid
    cuts = 0
    try:
        for _ in range(12):
            until(cubes.is_led, seconds=30, what="the worker is there, again")
            cubes.desk.declare(UNIT, *(increase(woman(1960 + k), "2026-10") for k in range(6)))
            # Of the tests' own schema only: the stack's worker was there before.
            found = cubes.folder.execute(
                f"{cut} AND pid <> %s AND application_name = 'folding-contributions'"  # noqa: S608
                " AND backend_start > (SELECT backend_start FROM pg_stat_activity WHERE pid = %s)",
                [mine, mine],
            )
            cuts += found.rowcount
        until(lambda: cubes.waiting() == 0, seconds=60, what="everything is folded")
        assert cuts
    finally:
        worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert sum(cubes.true_cells().values()) == 3 * 12 * 6
    cubes.expect_equal()


def test_a_second_worker_waits_for_the_first_ones_end(cubes: Cubes, secret: Path) -> None:
    first = cubes.worker(secret)
    until(cubes.is_led, seconds=30, what="the first leads")
    second = cubes.worker(secret)
    try:
        cubes.desk.declare(UNIT, increase(woman(), "2026-11"))
        until(lambda: cubes.waiting() == 0, seconds=30, what="the first folds")
        first.kill()
        first.wait(30)
        cubes.desk.declare(UNIT, increase(woman(), "2026-11"))
        until(lambda: cubes.waiting() == 0, seconds=30, what="the second folds")
    finally:
        first.kill()
        second.send_signal(signal.SIGTERM)
    assert second.wait(30) == 0
    assert cubes.true_cells()["VN_01.SI.F.Y35T39"] == 2
    cubes.expect_equal()


def test_a_declaration_of_another_month_is_folded_when_its_month_opens(cubes: Cubes) -> None:
    cubes.open(THIS_MONTH)
    december = in_month(cubes.desk, 2026, 12)
    december.declare(UNIT, increase(woman(), "2026-12"))
    cubes.fold_all()
    assert cubes.true_cells(THIS_MONTH + 1) == {}
    cubes.open(THIS_MONTH + 1)
    assert cubes.true_cells(THIS_MONTH + 1)["VN_01.SI.F.Y35T39"] == 1
    cubes.expect_equal()


def test_who_is_not_known_is_counted_as_unknown_and_leaves_again(cubes: Cubes) -> None:
    cubes.open()
    insert = (
        "INSERT INTO participation (person_id, employer_id, base_vnd, changed_at, valid_from, valid_to, schemes)"
        " SELECT 77, employer_id, 1, now(), '2026-09-01', %s, 1 FROM employer WHERE employer_code = %s"
    )
    with psycopg.connect(cubes.owner_url, autocommit=True) as owner:
        owner.execute(insert, ["2026-10-01", UNIT])
        cubes.fold_all()
        assert cubes.true_cells(THIS_MONTH - 1) == {"VN_01.SI._U._U": 1}
        cubes.expect_equal()
        owner.execute("DELETE FROM participation")
        cubes.fold_all()
        assert cubes.true_cells(THIS_MONTH - 1) == {}
        cubes.expect_equal()
        # Gone before anybody has looked.
        owner.execute(insert, [None, UNIT])
        owner.execute("DELETE FROM participation")
        owner.execute(insert, [None, OTHER])
        owner.execute("DELETE FROM participation")
        while cubes.fold(most=1).deltas:
            cubes.expect_equal()
        assert cubes.true_cells(THIS_MONTH - 1) == {}


def test_a_unit_that_moves_or_goes_takes_its_people_along(cubes: Cubes) -> None:
    cubes.open()
    cubes.desk.declare(UNIT, increase(woman(), "2026-10"), increase(man(), "2026-11"))
    cubes.fold_all()
    with psycopg.connect(cubes.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE employer SET province_code = '24' WHERE employer_code = %s", [UNIT])
        cubes.expect_equal()
        cubes.fold_all()
        assert {key[:5] for key in cubes.true_cells()} == {"VN_24"}
        cubes.expect_equal()
        owner.execute("DELETE FROM participation")
        owner.execute("DELETE FROM employer")
    while cubes.fold(most=1).deltas:
        cubes.expect_equal()
    assert cubes.true_cells() == {}


def test_the_worker_tells_its_lag_what_waits_and_what_it_moved(cubes: Cubes, secret: Path) -> None:
    port = free_port()
    worker = cubes.worker(secret, LIENTHONG_METRICS_LISTEN=f"127.0.0.1:{port}")

    def told() -> dict[str, float]:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("lienthong_statistics"))
        return {name.removeprefix("lienthong_statistics_"): float(value) for name, value in lines}

    try:
        until(cubes.is_led, seconds=30, what="the worker leads")
        cubes.desk.declare(UNIT, increase(woman(), "2026-11"))
        until(lambda: cubes.waiting() == 0, seconds=30, what="the change is folded")
        ((cells,),) = cubes.rows("SELECT count(*) FROM stat_cell")
        assert cells >= 3 + 5, "schemes, and funds of the unit"
        until(lambda: told()["cells_moved_total"] == cells, seconds=30, what="its cells are told of")
        assert told()["leads"] == 1
        assert told()["deltas_folded_total"] >= 2
        # The worker looks once a second: it may have looked last while the change waited.
        until(lambda: told()["deltas_waiting"] == 0, seconds=30, what="that nothing waits is told")
        assert told()["lag_seconds"] == 0
        # While the worker cannot, what comes waits.
        with psycopg.connect(cubes.owner_url) as owner:
            owner.execute("LOCK TABLE stat_cell IN ACCESS EXCLUSIVE MODE")
            cubes.desk.declare(OTHER, increase(woman(), "2026-11"))
            assert cubes.waiting() > 0
        until(lambda: cubes.waiting() == 0, seconds=30, what="the change is folded after all")
        until(lambda: told()["cells_moved_total"] == 2 * cells, seconds=30, what="the cells are told of")
    finally:
        worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
