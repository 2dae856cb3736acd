"""What units owe and have paid is in the cells of their funds, sector and size, exactly once."""

import random
from datetime import date
from itertools import pairwise

import psycopg
import pytest

from lienthong.statistics import batches
from lienthong.statistics.structures import catalogue
from services.contributions.commands import opening
from services.contributions.flows import collection, employers
from tests.support.accounts import Desk, increase, line, payment, person
from tests.support.collection import FLOW, Base, base, brought, brought_by, expected
from tests.support.cubes import THIS_MONTH, Cubes, in_month
from vss.contributions.v1 import commands_pb2 as pb

UNIT, OTHER, ELSEWHERE = "9900000001TEST1", "9900000002TEST1", "9900000003TEST1"
FIRST_MONTH = THIS_MONTH - 60
NOW = 2**62
"""No transaction is after it."""
DUE = {"RET": 2_200_000, "SICK": 300_000, "ACC": 50_000, "UI": 200_000, "HI": 450_000}
"""Of somebody with a base of ten million."""


@pytest.fixture(autouse=True)
def units(cubes: Cubes) -> None:
    cubes.desk.register(UNIT)
    cubes.desk.register(OTHER, sector=pb.SECTOR_STATE)
    cubes.desk.register(ELSEWHERE, province_code="79", province_of_asker="79", sector=pb.SECTOR_FOREIGN)


def cells(cubes: Cubes, month: int = THIS_MONTH) -> dict[str, tuple[int, ...]]:
    """Due, paid, arrears and interest by cell, summed up without anybody's factor; nothing of it undone."""
    found: dict[str, tuple[int, ...]] = {}
    for (_, cell, _), amounts in brought(cubes, month, month, NOW).items():
        found[cell] = tuple(map(sum, zip(found.get(cell, (0, 0, 0, 0)), amounts, strict=True)))
    return found


def by_fund(where: str, size: str, people: int) -> dict[str, tuple[int, ...]]:
    """Nothing of it paid."""
    return {
        f"{where.format(fund=fund)}.{size}": (people * due, 0, people * due, 0) for fund, due in DUE.items()
    }


def declare(desk: Desk, code: str, count: int, first: str) -> None:
    desk.declare(code, *(increase(person(), first) for _ in range(count)))


def open_months(desk: Desk) -> None:
    """What the calendar does, in one transaction as the consumers do it."""
    with desk.connection.transaction():
        opening.open_months(desk.timer())


def test_a_unit_is_in_the_cell_of_each_fund_with_what_its_people_owe(cubes: Cubes) -> None:
    cubes.open()
    declare(cubes.desk, UNIT, 3, "2026-11")
    declare(cubes.desk, OTHER, 2, "2026-11")
    assert cells(cubes) == by_fund("VN_01.{fund}.PRIVATE", "S_LT10", 3) | by_fund(
        "VN_01.{fund}.STATE", "S_LT10", 2
    )
    cubes.fold_all()
    assert cubes.true_cells(flow=FLOW) == dict.fromkeys(cells(cubes), 1)
    cubes.expect_equal()


def test_one_more_participant_moves_all_of_the_units_month_to_another_size(cubes: Cubes) -> None:
    cubes.open()
    declare(cubes.desk, UNIT, 9, "2026-10")
    cubes.fold_all()
    declare(cubes.desk, UNIT, 1, "2026-11")
    cubes.fold_all()
    assert cells(cubes, THIS_MONTH - 1) == by_fund("VN_01.{fund}.PRIVATE", "S_LT10", 9)
    assert cells(cubes) == by_fund("VN_01.{fund}.PRIVATE", "S10T49", 10)
    assert set(cubes.true_cells(flow=FLOW)) == set(cells(cubes))
    cubes.expect_equal()


def test_a_payment_pays_the_month_and_what_is_left_is_arrears(cubes: Cubes) -> None:
    cubes.open()
    declare(cubes.desk, UNIT, 1, "2026-11")
    cubes.fold_all()
    cubes.desk.pay(UNIT, DUE["HI"] + DUE["UI"] + 100_000, "2026-11-20")
    cubes.fold_all()
    found = {cell.split(".")[1]: amounts for cell, amounts in cells(cubes).items()}
    assert {fund: paid for fund, (_, paid, _, _) in found.items()} == {
        "HI": 450_000, "UI": 200_000, "ACC": 50_000, "SICK": 50_000, "RET": 0,
    }  # fmt: skip
    assert all(due - paid == left for due, paid, left, _ in found.values())
    cubes.expect_equal()


def test_interest_stands_with_the_month_that_was_late_and_is_split_as_the_funds_were_due(
    cubes: Cubes,
) -> None:
    cubes.open()
    july = cubes.desk.on(2026, 7, 5)
    declare(july, UNIT, 1, "2026-07")
    # July's deadline was 31 August.
    cubes.desk.pay(UNIT, 5 * sum(DUE.values()), "2026-10-15")
    cubes.fold_all()
    (charged,) = cubes.rows("SELECT sum(due_vnd) FROM charge WHERE fund = 6 AND month = '2026-07-01'")[0]
    assert charged == 43_200
    found = {cell.split(".")[1]: amounts[3] for cell, amounts in cells(cubes, THIS_MONTH - 4).items()}
    assert sum(found.values()) == charged
    assert all(abs(found[fund] - charged * due / sum(DUE.values())) < 1 for fund, due in DUE.items())
    assert {amounts[3] for amounts in cells(cubes).values()} == {0}, "November was paid in time"
    cubes.expect_equal()


def test_what_is_declared_after_the_deadline_counts_in_the_month_that_it_is_for(cubes: Cubes) -> None:
    cubes.open()
    declare(cubes.desk, UNIT, 1, "2026-09")
    declare(cubes.desk, UNIT, 1, "2026-05")
    cubes.fold_all()
    assert len({entry for _, entry, _ in cubes.desk.charges(UNIT)}) == 3
    assert cells(cubes, THIS_MONTH - 2) == by_fund("VN_01.{fund}.PRIVATE", "S_LT10", 2)
    assert cells(cubes, THIS_MONTH - 6) == by_fund("VN_01.{fund}.PRIVATE", "S_LT10", 1)
    cubes.expect_equal()


def test_a_collector_of_voluntary_contributions_is_no_employer(cubes: Cubes) -> None:
    cubes.open()
    declare(cubes.desk, UNIT, 1, "2026-11")
    with psycopg.connect(cubes.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE employer SET sector = 'none'")
    cubes.fold_all()
    assert {cell.split(".")[2] for cell in cubes.true_cells(flow=FLOW)} == {"_Z"}
    cubes.expect_equal()


def test_the_codes_of_sectors_and_sizes_are_those_of_the_code_lists() -> None:
    codelists = catalogue().codelists
    assert {*employers.SECTORS.values(), "_U", "_T"} == set(codelists["CL_SECTOR"].by_id)
    assert [*(code for code, _ in employers.SIZES), "_T"] == list(codelists["CL_SIZE"].by_id)
    assert [*collection.FUNDS.values(), "_T"] == list(codelists["CL_FUND"].by_id)


def test_a_unit_that_moves_or_changes_hands_takes_its_charges_along(cubes: Cubes) -> None:
    cubes.open()
    declare(cubes.desk, UNIT, 1, "2026-11")
    cubes.fold_all()
    with psycopg.connect(cubes.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE employer SET sector = 'foreign' WHERE employer_code = %s", [UNIT])
        cubes.expect_equal()
        owner.execute("UPDATE employer SET province_code = '24' WHERE employer_code = %s", [UNIT])
        while cubes.fold(most=1).deltas:
            cubes.expect_equal()
        assert {key[:5] for key in cubes.true_cells(flow=FLOW)} == {"VN_24"}
        assert {key.split(".")[2] for key in cubes.true_cells(flow=FLOW)} == {"FOREIGN"}
        owner.execute("DELETE FROM participation")
        owner.execute("DELETE FROM charge")
        owner.execute("DELETE FROM employer")
    while cubes.fold(most=1).deltas:
        cubes.expect_equal()
    assert cubes.true_cells(flow=FLOW) == {}


def test_months_that_an_account_took_over_are_not_counted(cubes: Cubes) -> None:
    cubes.open()
    declare(cubes.desk, UNIT, 1, "2026-09")
    with psycopg.connect(cubes.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE employer_account SET taken_over = '2026-10-01'")
    assert cells(cubes, THIS_MONTH - 2) == {}
    assert cells(cubes, THIS_MONTH - 1) == by_fund("VN_01.{fund}.PRIVATE", "S_LT10", 1)


def test_what_changes_no_amount_leaves_no_delta(cubes: Cubes) -> None:
    cubes.open()
    declare(cubes.desk, UNIT, 1, "2026-11")
    cubes.fold_all()
    with psycopg.connect(cubes.owner_url) as connection:
        connection.execute("UPDATE charge SET changed_at = now(), paid_on = '2026-11-01'")
        connection.execute("UPDATE employer SET name = 'x'")
    assert cubes.waiting() == 0


def test_a_month_that_the_calendar_opens_charges_everybody_and_is_counted(
    cubes: Cubes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_CONTRIBUTORS", 2)
    declare(cubes.desk, UNIT, 12, "2026-10")
    for number in range(10, 20):
        cubes.desk.register(f"99000000{number}TEST1")
        declare(cubes.desk, f"99000000{number}TEST1", 1, "2026-11")
    cubes.open(THIS_MONTH + 1)
    cubes.fold_all()
    assert cells(cubes, THIS_MONTH + 1) == {}
    open_months(in_month(cubes.desk, 2026, 12))
    # One transaction, and so one batch, however much it is.
    assert cubes.fold(most=1).deltas == 55
    found = cubes.true_cells(THIS_MONTH + 1, FLOW)
    assert found == {f"VN_01.{fund}.PRIVATE.S10T49": 1 for fund in DUE} | {
        f"VN_01.{fund}.PRIVATE.S_LT10": 10 for fund in DUE
    }
    cubes.expect_equal()


def test_only_what_changes_is_counted_anew(cubes: Cubes) -> None:
    cubes.open()
    july = cubes.desk.on(2026, 7, 5)
    declare(july, UNIT, 2, "2026-07")
    cubes.fold_all()
    cubes.desk.pay(UNIT, 3_000_000, "2026-11-20")
    (bound,) = cubes.rows("SELECT max(id) FROM stat_delta")[0]
    months = cubes.folder.execute("SELECT * FROM df_collection_months(%s)", [bound]).fetchone()
    assert months == (THIS_MONTH - 4, THIS_MONTH - 4)
    cubes.fold_all()
    cubes.expect_equal()


def something(draw: random.Random, desk: Desk, people: list[pb.DeclarationLine]) -> None:
    """A declaration, a payment, or a new month: whatever the desk may be asked."""
    code = draw.choice([UNIT, UNIT, OTHER, ELSEWHERE])
    match draw.randint(0, 5):
        case 0:
            day = f"2026-{draw.randint(8, 11):02d}-{draw.randint(1, 20):02d}"
            desk.pay_all("test-bank", payment(code, draw.randint(1, 60_000_000), day))
        case 1:
            open_months(desk)
        case _:
            kinds = (
                pb.LINE_KIND_INCREASE,
                pb.LINE_KIND_DECREASE,
                pb.LINE_KIND_CHANGE,
                pb.LINE_KIND_CORRECTION,
            )
            lines = [
                line(
                    who,
                    draw.choice(kinds),
                    f"2026-{draw.randint(5, 11):02d}",
                    base_vnd=draw.choice([6_000_000, 11_000_000]),
                )
                for who in draw.sample(people, 12)
            ]
            desk.declare(code, *lines)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_commands_cells_are_those_of_a_naive_count_and_the_recount_is_equal(
    cubes: Cubes, seed: int
) -> None:
    draw = random.Random(seed)
    cubes.open(THIS_MONTH - 1)
    people = [person() for _ in range(18)]
    desk = cubes.desk.on(2026, 8, 5)
    cubes.desk.opened_through(date(2026, 7, 1))
    for step in range(24):
        if step == 12:
            desk = cubes.desk
            declare(desk, UNIT, 12, "2026-09")
            cubes.open(THIS_MONTH)
        if step == 20:
            desk.pay(UNIT, 60_000_000, "2026-11-20")
        something(draw, desk, people)
        if draw.random() < 0.4:
            cubes.fold(most=draw.randint(1, 9))
        if step % 4 == 0:
            cubes.expect_equal()
        known = expected(base(cubes))
        assert brought(cubes, FIRST_MONTH, THIS_MONTH, NOW) == known
    cubes.fold_all()
    cubes.expect_equal()
    assert any(interest for *_, interest in known.values())
    assert len({cell.rsplit(".", 1)[1] for _, cell, _ in known}) > 1
    for month in range(THIS_MONTH - 6, THIS_MONTH + 1):
        counted = {cell for _, cell, number in known if number == month}
        assert set(cubes.true_cells(month, FLOW)) == counted


@pytest.mark.parametrize("seed", range(2))
def test_the_state_before_some_deltas_is_what_the_tables_were_then(cubes: Cubes, seed: int) -> None:
    draw = random.Random(100 + seed)
    people = [person() for _ in range(18)]
    states: list[tuple[int, Base]] = []
    for _ in range(10):
        something(draw, cubes.desk, people)
        (newest,) = cubes.rows("SELECT max(id) FROM stat_delta")[0]
        states.append((newest, base(cubes)))
    ids = [unit for unit, *_ in states[-1][1].employers]
    assert any(one != other for (_, one), (_, other) in pairwise(states))
    for newest, then in states:
        known = expected(then)
        assert brought(cubes, FIRST_MONTH, THIS_MONTH, newest) == known
        assert brought_by(cubes, ids, FIRST_MONTH, THIS_MONTH, newest) == ({}, known)
        some = ids[:1]
        mine = {key: amounts for key, amounts in known.items() if key[0] in some}
        assert brought_by(cubes, some, FIRST_MONTH, THIS_MONTH, newest) == ({}, mine)
    folded, at_first = states[len(states) // 2]
    cubes.rows("DELETE FROM stat_delta WHERE id <= %s RETURNING id", folded)
    for newest, then in states[len(states) // 2 :]:
        both = brought_by(cubes, ids, FIRST_MONTH, THIS_MONTH, newest)
        assert both == (expected(at_first), expected(then))


@pytest.fixture
def many(cubes: Cubes) -> Cubes:
    """Forty private units in one province, a state unit alone; one release of all."""
    for number in range(100, 140):
        cubes.desk.register(f"9900000{number}TEST1")
        declare(cubes.desk, f"9900000{number}TEST1", 1 + number % 4, "2026-11")
    declare(cubes.desk, OTHER, 1, "2026-11")
    with psycopg.connect(cubes.owner_url) as connection:
        connection.execute("DELETE FROM stat_delta")
    cubes.open()
    return cubes


def figures(cubes: Cubes) -> dict[str, list[int | None]]:
    """Due, paid, arrears and interest as anybody may see them; None where suppressed."""
    found = cubes.rows(
        "SELECT key, figures[2:], suppressed[2:] FROM stat_series JOIN stat_key USING (series)"
        " WHERE flow = %s AND month = %s AND shown",
        FLOW,
        THIS_MONTH,
    )
    return {
        key: [None if hidden else vnd for vnd, hidden in zip(values, suppressed, strict=True)]
        for key, values, suppressed in found
    }


def test_a_figure_is_near_the_truth_and_a_unit_alone_has_none(many: Cubes) -> None:
    found = figures(many)
    truth = sum(amounts[0] for cell, amounts in cells(many).items() if ".PRIVATE." in cell)
    due, paid, arrears, interest = found["VN_01._T.PRIVATE.S_LT10"]
    assert due is not None
    assert 0.6 * truth < due < 1.4 * truth
    assert arrears is not None
    assert (paid, interest) == (None, None), "of nothing nothing is told"
    assert not [key for key in found if ".STATE." in key]
    many.expect_equal()


def test_interest_is_not_drowned_by_the_due_of_a_unit_alone(many: Cubes) -> None:
    found = many.rows(
        "SELECT amounts[1], figures[2:5] FROM stat_cell JOIN stat_release USING (series, month) JOIN stat_key USING (series)"
        " WHERE flow = %s AND key LIKE 'VN_01.%%.STATE.%%'",
        FLOW,
    )
    assert len(found) == 5
    for due, (_, paid, arrears, interest) in found:
        assert 0 < abs(interest) <= 0.65 * due / 20 + 1
        assert 0 < abs(paid) <= 0.65 * due + 1
        assert abs(arrears - due) <= 0.65 * due + 1


def test_nobody_but_the_folder_sees_charges_beside_the_service(many: Cubes) -> None:
    many.folder.execute("SELECT employer_id, due_vnd FROM charge LIMIT 1")
    for refused in (
        "SELECT paid_on FROM charge",
        "UPDATE charge SET due_vnd = 0",
        "SELECT owed_vnd FROM employer_account",
        "INSERT INTO stat_delta_charge (id, sign) VALUES (1, 1)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            many.folder.execute(refused.encode())
    with (
        psycopg.connect(many.runtime_url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT FROM stat_delta_charge")
