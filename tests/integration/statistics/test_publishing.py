"""What is published: sums of base states, moved only when enough has changed, and open to few roles."""

from itertools import product

import psycopg
import pytest

from lienthong import disclosure
from lienthong.statistics import batches, flows, folding, margins
from lienthong.statistics.flows import Flow
from tests.support.accounts import increase, line, person
from tests.support.cubes import FLOW, RULES, THIS_MONTH, Cubes, somebody
from vss.contributions.v1 import commands_pb2 as pb
from vss.types.v1 import text_pb2

UNIT, ELSEWHERE = "9900000001TEST1", "9900000003TEST1"
WOMEN = "VN_01.SI.F.Y35T39"


def people(count: int, sex: int = text_pb2.SEX_FEMALE, born: int = 1990) -> list[text_pb2.Person]:
    return [somebody(person(), sex, born) for _ in range(count)]


@pytest.fixture(autouse=True)
def units(cubes: Cubes) -> None:
    cubes.desk.register(UNIT)
    cubes.desk.register(ELSEWHERE, province_code="79", province_of_asker="79")


@pytest.fixture
def full(cubes: Cubes) -> Cubes:
    """Forty women and twenty men in one province, two women in another; one release of all."""
    cubes.desk.declare(UNIT, *(increase(who, "2026-10") for who in people(40)))
    cubes.desk.declare(UNIT, *(increase(who, "2026-10") for who in people(20, text_pb2.SEX_MALE)))
    cubes.desk.declare(ELSEWHERE, *(increase(who, "2026-10") for who in people(2)))
    with psycopg.connect(cubes.owner_url) as connection:
        connection.execute("DELETE FROM stat_delta")
    cubes.open()
    return cubes


def test_a_margin_is_the_sum_of_its_published_base_cells(full: Cubes) -> None:
    figures = full.figures()
    base = {key: figure for key, (figure, _) in figures.items() if "VN." not in key and "_T" not in key}
    assert set(base) == {
        f"{where}.{scheme}"
        for where, scheme in [
            (f"VN_{area}", f"{scheme}.{sex}.Y35T39")
            for area, sex in (("01", "F"), ("01", "M"), ("79", "F"))
            for scheme in ("SI", "HI", "UI")
        ]
    }
    women = base["VN_01.SI.F.Y35T39"] + base["VN_79.SI.F.Y35T39"]
    assert figures["VN.SI.F.Y35T39"] == (women, False)
    assert figures["VN.SI._T._T"] == (women + base["VN_01.SI.M.Y35T39"], False)
    assert abs(women - 42) <= 2 * RULES.parameters.noise + RULES.parameters.small_value


def test_a_small_cell_is_suppressed_and_its_key_is_not_told(full: Cubes) -> None:
    assert full.figures()["VN_79.SI.F.Y35T39"][1] is True
    shown = {key for (key,) in full.rows("SELECT key FROM stat_key WHERE shown")}
    assert WOMEN in shown
    assert "VN.SI.F._T" in shown
    assert not {key for key in shown if key.startswith("VN_79")}


def test_one_persons_change_moves_nothing_that_is_published(full: Cubes) -> None:
    before = (
        full.rows("SELECT * FROM stat_series ORDER BY month, series"),
        full.rows("SELECT * FROM stat_release"),
    )
    (newcomer,) = people(1)
    full.desk.declare(UNIT, increase(newcomer, "2026-10"))
    full.fold_all()
    assert full.true_cells()[WOMEN] == 41
    full.desk.declare(UNIT, line(newcomer, pb.LINE_KIND_DECREASE, "2026-10"))
    full.fold_all()
    after = (
        full.rows("SELECT * FROM stat_series ORDER BY month, series"),
        full.rows("SELECT * FROM stat_release"),
    )
    assert after == before
    full.expect_equal()


def test_enough_changes_are_a_release_that_moves_every_margin(full: Cubes) -> None:
    before = full.figures()
    full.desk.declare(UNIT, *(increase(who, "2026-10") for who in people(30)))
    full.fold_all()
    after = full.figures()
    moved = after[WOMEN][0] - before[WOMEN][0]
    assert abs(moved - 30) <= 2 * RULES.parameters.noise
    assert after["VN.SI._T._T"][0] - before["VN.SI._T._T"][0] == moved
    numbers = full.rows(
        "SELECT number FROM stat_release JOIN stat_key USING (series) WHERE key = %s AND month = %s",
        WOMEN,
        THIS_MONTH,
    )
    assert sorted(numbers) == [(1,), (2,)]
    full.expect_equal()


def test_a_change_that_has_waited_long_enough_is_published(full: Cubes) -> None:
    (newcomer,) = people(1)
    full.desk.declare(UNIT, increase(newcomer, "2026-10"))
    full.fold_all()
    assert folding.settle_all(full.folder, RULES) == 0
    ((waiting,),) = full.rows("SELECT count(*) FROM stat_cell WHERE changes > 0")
    with psycopg.connect(full.owner_url) as connection:
        connection.execute(
            "UPDATE stat_cell SET changed_since = changed_since - interval '2 hours' WHERE changes > 0"
        )
    # Three schemes and five funds, of two months.
    assert folding.settle_all(full.folder, RULES) == waiting >= 2 * (3 + 5)
    assert full.rows("SELECT count(*) FROM stat_cell WHERE changes > 0") == [(0,)]
    full.expect_equal()


def test_only_the_folders_role_sees_true_cells_and_nobody_else_writes_deltas(full: Cubes) -> None:
    with psycopg.connect(full.runtime_url, autocommit=True) as connection:
        for refused in (
            "SELECT FROM stat_cell",
            "SELECT FROM stat_delta",
            "SELECT FROM stat_delta_participation",
            "INSERT INTO stat_delta_participation (sign, person_id) VALUES (1, 1)",
            "UPDATE stat_series SET figures = '{1}'",
            "DELETE FROM stat_release",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused.encode())
        assert connection.execute("SELECT count(*) FROM stat_series").fetchone() != (0,)
    for refused in (
        "UPDATE participation SET schemes = 1",
        "INSERT INTO participant VALUES (1, 1990, 1)",
        "UPDATE stat_release SET figures = '{1}'",
        "DELETE FROM stat_release",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            full.folder.execute(refused.encode())


SUMS = ((0, 0), (1, 1), (-900, 10_000), (1000, 90_000), (10**13, 10**24), (10**14, 10**25), (7, 3))


def test_a_margin_is_judged_in_sql_as_in_the_rules(cubes: Cubes) -> None:
    verdicts = set()
    for contributors, repeats, (amount, square) in product((0, 2, 3, 50), (1, 6), SUMS):
        flow = Flow(
            name="DF_TEST",
            dimensions=("A",),
            totals=("_T",),
            measures=("N", "SUM"),
            indicator=True,
            listed=True,
            is_distinct=True,
            repeats=repeats,
            months_kept=1,
            first_month=None,
            opened_through=None,
        )
        judged = margins.judged(flow, f"{contributors}", f"(ARRAY[0, {amount}])[{{n}}]", f"{square}::numeric")
        (row,) = cubes.folder.execute(f"SELECT {judged}", margins.given(RULES)).fetchall()
        few = disclosure.margin_suppressed(RULES.parameters, contributors)
        assert row[0] == [few, few or disclosure.dominated(RULES.parameters, amount, square, repeats)]
        verdicts.add(tuple(row[0]))
    assert verdicts == {(True, True), (False, True), (False, False)}


def test_lag_is_that_of_the_oldest_change_that_waits(full: Cubes) -> None:
    assert full.rows("SELECT since FROM stat_waiting") == [(None,)]
    full.desk.declare(UNIT, *(increase(who, "2026-10") for who in people(1)))
    waits = "SELECT clock_timestamp() - since BETWEEN interval '0 s' AND interval '60 s' FROM stat_waiting"
    assert full.rows(waits) == [(True,)]
    full.fold_all()
    assert full.rows("SELECT since FROM stat_waiting") == [(None,)]


def test_a_batch_says_what_it_did(full: Cubes) -> None:
    full.desk.declare(UNIT, *(increase(who, "2026-11") for who in people(2)))
    waiting = full.waiting()
    folded = full.fold(most=waiting)
    ((moved,),) = full.rows("SELECT count(*) FROM stat_cell WHERE changes > 0")
    # Two periods and two people, five charges before and after; three schemes and five funds of one month, none of
    # which is published anew for two people.
    assert folded == batches.Folded(deltas=waiting, cells=moved, released=0)
    assert waiting >= 2 + 2 + 2 * 5
    assert moved >= 3 + 5
    assert FLOW in [flow.name for flow in flows.load(full.folder)]


def test_a_figure_that_is_suppressed_tells_no_time(full: Cubes) -> None:
    times = "SELECT key, published_at FROM stat_series JOIN stat_key USING (series) WHERE month = %s AND flow = %s"
    before = dict(full.rows(times, THIS_MONTH, FLOW))
    assert before["VN_79.SI.F.Y35T39"] is None
    assert before[WOMEN] is not None
    with psycopg.connect(full.owner_url) as connection:
        connection.execute("UPDATE stat_cell SET changes = 1000, changed_since = now()")
    full.desk.declare(ELSEWHERE, *(increase(who, "2026-11") for who in people(1, born=1991)))
    full.fold_all()
    after = dict(full.rows(times, THIS_MONTH, FLOW))
    # Published anew, suppressed as before: nobody can tell.
    numbers = full.rows(
        "SELECT max(number) FROM stat_release JOIN stat_key USING (series) WHERE key = 'VN_79.SI.F.Y35T39'"
        " AND month = %s",
        THIS_MONTH,
    )
    assert numbers == [(2,)]
    assert full.figures()["VN_79.SI.F.Y35T39"][1] is True
    assert after["VN_79.SI.F.Y35T39"] is None
    figures = full.figures()
    assert all((at is None) == figures[key][1] for key, at in after.items())
