"""Whom agencies verified is in one cell a month: with the best outcome, where the person lives."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

import psycopg
import pytest

from lienthong.db.pool import Pool
from lienthong.statistics import forgetting
from lienthong.statistics.flows import month_number
from lienthong.statistics.reading import Query, Statistics
from services.identity.domain import Result
from services.identity.flows import MONTHS_KEPT, OUTCOMES
from services.identity.queries import PostgresPersons
from tests.support.cubes import THIS_MONTH, pool_of
from tests.support.identity_cubes import identity_cubes_of
from tests.support.service_cubes import ServiceCubes

FLOW = "DF_IDENTITY"
PROVINCES = ("01", "24", "79")


@pytest.fixture
def cubes(stack_variable: Callable[[str], str]) -> Iterator[ServiceCubes]:
    with identity_cubes_of(stack_variable) as found:
        yield found


def settle(cubes: ServiceCubes, person: int, province: str = "01") -> None:
    """A person who lives there."""
    cubes.change(
        "INSERT INTO person (person_id, changed_at, birth_year, sex, full_name, match_key, province_code)"
        " VALUES (%s, now(), 1990, 2, 'x', 'X', %s)",
        person,
        province,
    )


def day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


async def verify(cubes: ServiceCubes, *best: tuple[int, Result], month: int = THIS_MONTH) -> None:
    """Write as the service does, with its role and its statement."""
    async with pool_of(cubes) as pool:
        await write(pool, *best, month=month)


async def write(pool: Pool, *best: tuple[int, Result], month: int = THIS_MONTH) -> None:
    await PostgresPersons(pool).write_verified({(person, day(month)): result for person, result in best})


def verified(cubes: ServiceCubes) -> dict[int, int]:
    return dict(cubes.rows("SELECT person_id, outcome FROM verification"))


@pytest.mark.asyncio
async def test_a_person_counts_once_a_month_where_she_lives(cubes: ServiceCubes) -> None:
    cubes.open()
    for person, province in [(1, "01"), (2, "01"), (3, "79")]:
        settle(cubes, person, province)
    await verify(cubes, (1, Result.MATCH), (2, Result.NO_MATCH), (3, Result.PARTIAL), (4, Result.MATCH))
    await verify(cubes, (1, Result.MATCH), month=THIS_MONTH - 1)
    cubes.fold_all()
    assert cubes.true_cells(FLOW) == {
        "VN_01.MATCH": 1,
        "VN_01.NO_MATCH": 1,
        "VN_79.PARTIAL": 1,
        "_U.MATCH": 1,
    }
    assert cubes.true_cells(FLOW, THIS_MONTH - 1) == {"VN_01.MATCH": 1}
    cubes.expect_equal()


@pytest.mark.asyncio
async def test_the_best_outcome_of_the_month_counts(cubes: ServiceCubes) -> None:
    cubes.open()
    settle(cubes, 1)
    for result, counted in [
        (Result.NO_MATCH, "NO_MATCH"),
        (Result.PARTIAL, "PARTIAL"),
        (Result.NO_MATCH, "PARTIAL"),
        (Result.MATCH, "MATCH"),
        (Result.PARTIAL, "MATCH"),
    ]:
        await verify(cubes, (1, result))
        cubes.fold_all()
        assert cubes.true_cells(FLOW) == {f"VN_01.{counted}": 1}
    cubes.expect_equal()


@pytest.mark.asyncio
async def test_wrong_particulars_on_purpose_move_nobody_who_was_verified(cubes: ServiceCubes) -> None:
    cubes.open()
    settle(cubes, 1)
    await verify(cubes, (1, Result.MATCH))
    cubes.fold_all()
    for result in (Result.NO_MATCH, Result.PARTIAL, Result.MATCH):
        await verify(cubes, (1, result))
        assert cubes.waiting() == 0
    assert verified(cubes) == {1: Result.MATCH}


@pytest.mark.asyncio
async def test_whatever_is_asked_about_a_person_she_comes_once_a_month_and_moves_at_most_twice(
    cubes: ServiceCubes,
) -> None:
    draw = random.Random(7)
    for result in [*reversed(OUTCOMES), *draw.choices([*OUTCOMES], k=30)]:
        await verify(cubes, (1, result))
    signs = [sign for (sign,) in cubes.rows("SELECT sign FROM stat_delta ORDER BY id, sign")]
    assert signs == [1, -1, 1, -1, 1]


@pytest.mark.asyncio
async def test_a_person_who_moves_is_counted_where_she_lives_now(cubes: ServiceCubes) -> None:
    cubes.open()
    settle(cubes, 1)
    settle(cubes, 2)
    await verify(cubes, (1, Result.MATCH))
    await verify(cubes, (1, Result.PARTIAL), month=THIS_MONTH - 3)
    cubes.fold_all()
    cubes.change("UPDATE person SET province_code = '24', full_name = 'y'")
    cubes.expect_equal()
    cubes.fold_all()
    assert cubes.true_cells(FLOW) == {"VN_24.MATCH": 1}
    assert cubes.true_cells(FLOW, THIS_MONTH - 3) == {"VN_24.PARTIAL": 1}
    cubes.change("UPDATE person SET full_name = 'z'")
    assert cubes.waiting() == 0
    cubes.expect_equal()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.asyncio
async def test_after_any_changes_and_batches_the_cells_are_those_of_the_rows(
    cubes: ServiceCubes, seed: int
) -> None:
    draw = random.Random(seed)
    for person in range(1, 9):
        settle(cubes, person, draw.choice(PROVINCES))
    cubes.open(THIS_MONTH - 1)
    async with pool_of(cubes) as pool:
        for step in range(25):
            some = draw.sample(range(1, 11), 3)
            month = THIS_MONTH - draw.randrange(3)
            await write(pool, *((person, draw.choice([*OUTCOMES])) for person in some), month=month)
            if draw.random() < 0.3:
                moved = "UPDATE person SET province_code = %s WHERE person_id = %s"
                cubes.change(moved, draw.choice(PROVINCES), draw.randint(1, 8))
            if draw.random() < 0.5:
                cubes.fold(most=draw.randint(1, 5))
            if step == 12:
                cubes.open(THIS_MONTH)
            cubes.expect_equal()
    cubes.fold_all()
    assert cubes.expect_equal() > 0
    for month in range(THIS_MONTH - 2, THIS_MONTH + 1):
        assert cubes.true_cells(FLOW, month) == expected(cubes, month)


def expected(cubes: ServiceCubes, month: int) -> dict[str, int]:
    """The cells of a month, counted here."""
    query = (
        "SELECT coalesce('VN_' || province_code, '_U'), outcome"
        " FROM verification LEFT JOIN person USING (person_id) WHERE month = %s"
    )
    return dict(
        Counter(f"{area}.{OUTCOMES[Result(outcome)]}" for area, outcome in cubes.rows(query, day(month)))
    )


def this_month_of(cubes: ServiceCubes) -> int:
    """The month in which the database is."""
    ((today,),) = cubes.rows("SELECT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date")
    return month_number(today)


@pytest.mark.asyncio
async def test_who_was_verified_is_forgotten_and_what_was_published_stays(cubes: ServiceCubes) -> None:
    now = this_month_of(cubes)
    too_old, old_enough = now - MONTHS_KEPT - 1, now - MONTHS_KEPT
    people = range(1, 60)
    for person in people:
        settle(cubes, person)
    for month in (too_old, old_enough, now):
        await verify(cubes, *((person, Result.MATCH) for person in people), month=month)
    cubes.open(now - 2)
    cubes.open(now)
    cubes.fold_all()
    told = await answered(cubes)
    assert set(told) == {too_old, old_enough, now}
    assert forgetting.forget_old(cubes.folder) == len(people)
    left = cubes.rows("SELECT DISTINCT month FROM verification ORDER BY 1")
    assert left == [(day(old_enough),), (day(now),)]
    # No trace of the rows, and nothing for the worker to do.
    assert cubes.waiting() == 0
    cubes.expect_equal()
    cubes.change("UPDATE person SET province_code = '79' WHERE person_id < 30")
    cubes.fold_all()
    cubes.expect_equal()
    assert (await answered(cubes))[too_old] == told[too_old]
    assert cubes.true_cells(FLOW, too_old) == {}
    assert forgetting.forget_old(cubes.folder) == 0


@pytest.mark.asyncio
async def test_who_forgets_leaves_the_deltas_of_a_restore_that_have_the_same_number(
    cubes: ServiceCubes,
) -> None:
    now = this_month_of(cubes)
    await verify(cubes, *((person, Result.MATCH) for person in range(1, 6)), month=now - MONTHS_KEPT - 1)
    cubes.open(now)
    cubes.fold_all()
    await verify(cubes, (1, Result.MATCH), (2, Result.MATCH), month=now)
    with cubes.owner.transaction():
        # As in another server, which comes to the number of what waits.
        cubes.change("UPDATE stat_delta SET id = pg_current_xact_id()::text::bigint")
        assert cubes.rows("SELECT stat_forget(10)") == [(5,)]
    assert cubes.rows("SELECT person_id, sign FROM stat_delta_verification ORDER BY 1") == [(1, 1), (2, 1)]
    cubes.fold_all()
    assert cubes.true_cells(FLOW, now) == {"_U.MATCH": 2}
    cubes.expect_equal()


async def answered(cubes: ServiceCubes) -> dict[int, int]:
    """Month -> the country's figure, of months in which it is published and not nothing."""
    asked = [("REF_AREA", frozenset({"VN"})), ("OUTCOME", frozenset({"_T"}))]
    async with pool_of(cubes) as pool:
        found = await Statistics(pool).observations(Query(dataflow=FLOW, filters=asked))
    return {m: v for m, v, s in zip(found.months, found.values, found.suppressed, strict=True) if v and not s}


@pytest.mark.asyncio
async def test_a_recount_is_exact_while_rows_are_being_forgotten(cubes: ServiceCubes) -> None:
    now = this_month_of(cubes)
    people = range(1, 30)
    for month in (now - MONTHS_KEPT - 1, now):
        await verify(cubes, *((person, Result.MATCH) for person in people), month=month)
    cubes.open(now - 2)
    cubes.fold_all()
    left = len(people)
    while left:
        (step,) = cubes.folder.execute("SELECT stat_forget(10)").fetchone() or (0,)
        left -= step
        cubes.expect_equal()
        assert cubes.rows("SELECT count(*) FROM verification WHERE month < %s", day(now)) == [(left,)]


def test_the_process_that_answers_can_add_and_better_outcomes_and_nothing_else(cubes: ServiceCubes) -> None:
    cubes.change("INSERT INTO verification VALUES (1, '2026-11-01', 2)")
    for statement in (
        "DELETE FROM verification",
        "TRUNCATE verification",
        "UPDATE verification SET month = '2026-10-01'",
        "UPDATE verification SET person_id = 2",
        "UPDATE person SET province_code = '01'",
        "SELECT stat_forget(1)",
        "SELECT FROM stat_cell",
        "SELECT FROM stat_delta",
        "SELECT FROM stat_delta_verification",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            cubes.writer.execute(statement.encode())


def test_the_worker_sees_no_name_no_number_and_no_birth_and_deletes_nothing(cubes: ServiceCubes) -> None:
    for statement in (
        "SELECT full_name FROM person",
        "SELECT personal_id FROM person",
        "SELECT birth_year FROM person",
        "SELECT FROM person_identifier",
        "DELETE FROM verification",
        "UPDATE verification_kept SET since = now()",
        "INSERT INTO verification VALUES (1, '2026-11-01', 1)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), cubes.folder.transaction():
            cubes.folder.execute(statement.encode())


def test_of_a_verification_is_kept_who_which_month_and_how_it_ended(cubes: ServiceCubes) -> None:
    query = "SELECT attname FROM pg_attribute WHERE attrelid = 'verification'::regclass AND attnum > 0 ORDER BY attnum"
    assert cubes.rows(query) == [("person_id",), ("month",), ("outcome",)]


def test_a_month_is_its_first_day_and_an_outcome_is_of_somebody(cubes: ServiceCubes) -> None:
    for row in ("(1, '2026-11-02', 1)", "(1, '2026-11-01', 4)", "(1, '2026-11-01', 0)"):
        with pytest.raises(psycopg.errors.CheckViolation):
            cubes.change(f"INSERT INTO verification VALUES {row}")  # noqa: S608 -- of this test
