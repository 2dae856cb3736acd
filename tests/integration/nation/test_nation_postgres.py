"""A nation in real databases: reproducible, whole or not there, and quick to sample."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from benchmarks.writes import cards
from deploy.local.waiting import until
from deploy.nation import sample
from deploy.nation.cards import BENEFIT_DIGITS
from deploy.nation.environment import owner_urls
from deploy.nation.store import ADVISORY_LOCK, DERIVED, Filling, NationError, State, inspect, read_label
from deploy.nation.tables import TABLES

POPULATION = 3_000
AS_OF = "2026-11-22"
DEADLINE_S = 60

ALL_TABLES = {name: (*tables, *DERIVED.get(name, ())) for name, tables in TABLES.items()}

Environment = dict[str, str]


def command(*more: str) -> list[str]:
    """The command line of a small nation."""
    return [sys.executable, "-m", "deploy.nation", "--population", str(POPULATION), "--as-of", AS_OF, *more]


def load(environment: Environment, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end. Nobody counts in the schemas of tests, so there is nothing to wait for."""
    return run(environment, "--no-wait", *more)


def run(environment: Environment, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command as its user does."""
    return subprocess.run(
        command(*more), env=environment, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )


def owner(environment: Environment, database: str) -> psycopg.Connection:
    """A connection of the owner of a database."""
    return psycopg.connect(owner_urls(environment)[database], autocommit=True)


def digests(environment: Environment) -> dict[str, str]:
    """A digest of all rows of each table, in the order of their text."""
    found = {}
    for database, tables in ALL_TABLES.items():
        with owner(environment, database) as connection:
            for table in tables:
                query = sql.SQL(
                    "SELECT count(*) || md5(string_agg(t::text, ';' ORDER BY t::text)) FROM {} t"
                ).format(sql.Identifier(table))
                row = connection.execute(query).fetchone()
                assert row is not None
                found[table] = row[0]
    return found


def eventually(what: str, condition: Callable[[], bool]) -> None:
    """Ask until it holds; fail after the deadline."""
    until(lambda: None if condition() else what, seconds=DEADLINE_S)


@contextmanager
def stuck(environment: Environment) -> Iterator[tuple[subprocess.Popen[bytes], psycopg.Connection]]:
    """A load whose other databases are already whole, while health_claims waits for a reader.

    Gives the load and the reader, who is in a transaction.
    """
    with owner(environment, "health_claims") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT FROM facility")
        running = subprocess.Popen(
            command("--no-wait", "--replace", "--seed", "2"), env=environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with owner(environment, "contributions") as connection:

                def committed() -> bool:
                    label = read_label(connection)
                    return label is not None and label.seed == 2

                eventually("contributions loaded with seed 2", committed)
            yield running, reader
        finally:
            kill_all(running)


def kill_all(running: subprocess.Popen[bytes]) -> None:
    """``kill -9`` of a load and its workers; those that are gone already may be."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


@pytest.fixture(scope="module")
def nation(shared: Environment) -> Environment:
    """A whole nation that every test leaves as it was."""
    done = load(shared)
    assert done.returncode == 0, done.stderr
    return shared


@pytest.fixture
def loaded(scratch: Environment) -> Environment:
    """A whole nation of one test's own."""
    done = load(scratch)
    assert done.returncode == 0, done.stderr
    return scratch


def test_two_loads_of_one_seed_are_the_same_row_for_row(loaded: Environment) -> None:
    before = digests(loaded)
    again = run(loaded, "--replace")
    assert again.returncode == 0
    assert again.stdout.count("no folding worker runs") == len(TABLES)
    assert digests(loaded) == before
    assert load(loaded, "--replace", "--seed", "2").returncode == 0
    changed = {table for table, digest in digests(loaded).items() if digest != before[table]}
    assert changed >= {"person", "card", "participation", "employer"}


def test_the_three_databases_fit_together(nation: Environment) -> None:
    with (
        owner(nation, "identity") as identity,
        owner(nation, "health_claims") as health,
        owner(nation, "contributions") as contributions,
    ):
        people = {row[0] for row in identity.execute("SELECT person_id FROM person")}
        assert len(people) == POPULATION
        holders = {row[0] for row in health.execute("SELECT person_id FROM holder")}
        assert {row[0] for row in health.execute("SELECT person_id FROM card")} <= holders <= people
        assert {row[0] for row in contributions.execute("SELECT person_id FROM participation")} <= people
        same = "SELECT person_id, full_name, match_key, birth_date, birth_year, sex FROM {}"
        known = set(identity.execute(same.format("person")))
        assert set(health.execute(same.format("holder"))) <= known
        identifiers = set(identity.execute("SELECT identifier, person_id FROM person_identifier"))
        assert set(health.execute("SELECT identifier, person_id FROM holder_identifier")) <= identifiers


def test_the_cast_is_there(nation: Environment) -> None:
    with owner(nation, "health_claims") as connection:
        row = connection.execute(
            "SELECT full_name, card_code, level FROM holder_identifier JOIN holder USING (person_id)"
            " JOIN card USING (person_id) JOIN facility ON code = facility_code"
            " WHERE identifier = '001190000017'"
        ).fetchone()
        assert row == ("Trần Thị Hồng Nhung", "DN4010100000017", 2)
        subjects = {row[0] for row in connection.execute("SELECT DISTINCT subject_code FROM card")}
        assert subjects <= set(BENEFIT_DIGITS)
    with owner(nation, "contributions") as connection:
        unpaid = connection.execute(
            "SELECT DISTINCT month FROM charge JOIN employer USING (employer_id)"
            " WHERE employer_code = '0100000001DNA03' AND month < '2026-10-01' AND paid_vnd < due_vnd"
            " ORDER BY month"
        ).fetchall()
        assert unpaid == [(date(2026, 8, 1),), (date(2026, 9, 1),)]


def test_keys_are_back_and_every_table_is_vacuumed(nation: Environment) -> None:
    for database, tables in TABLES.items():
        with owner(nation, database) as connection:
            keys = connection.execute(
                "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conrelid = ANY(%s::regclass[])",
                [list(tables)],
            ).fetchone()
            assert keys == (len(tables),)
            # Not relallvisible: a snapshot that anybody else holds at that moment keeps pages from being marked.
            forgotten = connection.execute(
                "SELECT relname FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace"
                " AND pg_stat_get_last_vacuum_time(oid) IS NULL AND relname !~ 'alembic|nation|box|verification_kept'"
            ).fetchall()
            assert forgotten == []


def test_indexes_that_are_no_keys_are_back_on_every_partition(nation: Environment) -> None:
    with owner(nation, "contributions") as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema"
            " AND tablename LIKE 'participation%' AND indexdef LIKE '%(employer_id)'"
        ).fetchone()
        assert found == (9,)


def test_a_nation_is_neither_loaded_twice_nor_overwritten_unasked(nation: Environment) -> None:
    before = digests(nation)
    idle = load(nation, "--if-empty", "--seed", "5")
    assert idle.returncode == 0
    assert "Nothing to do" in idle.stdout
    refused = load(nation, "--seed", "5")
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert digests(nation) == before


def test_rows_of_others_are_not_taken_for_a_nation(scratch: Environment) -> None:
    with owner(scratch, "contributions") as connection:
        connection.execute(
            "INSERT INTO employer (employer_id, changed_at, region, employer_code, name, province_code, sector)"
            " VALUES (1, now(), 1, '0100000009DNA03', 'A', '01', 'private')"
        )
    assert inspect(owner_urls(scratch)).state is State.FOREIGN
    refused = load(scratch, "--if-empty")
    assert refused.returncode == 1
    assert "not a synthetic nation" in refused.stderr


def test_a_killed_load_is_recognised_and_repaired_by_the_next(loaded: Environment) -> None:
    with stuck(loaded) as (running, _):
        kill_all(running)
    assert inspect(owner_urls(loaded)).state is State.INTERRUPTED
    with pytest.raises(NationError, match="no whole nation"):
        next(sample(1, 1, environment=loaded))
    repaired = load(loaded, "--if-empty", "--seed", "3")
    assert repaired.returncode == 0, repaired.stderr
    assert "interrupted" in repaired.stdout
    found = inspect(owner_urls(loaded))
    assert found.state is State.WHOLE
    assert found.label is not None
    assert found.label.seed == 3


def test_workers_whose_parent_is_killed_do_not_commit(loaded: Environment) -> None:
    with stuck(loaded) as (running, reader), owner(loaded, "health_claims") as watcher:

        def waiting() -> bool:
            query = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'facility'::regclass"
            return watcher.execute(query).rowcount == 1

        eventually("a worker that waits for its table", waiting)
        running.kill()  # the parent alone: this worker is an orphan now
        running.wait()
        assert waiting()
        reader.execute("COMMIT")  # and now it may begin
        lock = f"SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = {ADVISORY_LOCK}"
        eventually("the end of the orphan", lambda: watcher.execute(lock).rowcount == 0)
    with owner(loaded, "health_claims") as connection:
        label = read_label(connection)
        assert label is not None
        assert label.seed == 1


def test_a_database_whose_load_dies_is_what_it_was_before(nation: Environment) -> None:
    before = digests(nation)
    filling = Filling("identity", owner_urls(nation)["identity"])
    filling.begin()
    filling.write({"person_identifier": "999999999999\t5\n"})
    filling.index()
    filling.close()
    assert digests(nation) == before
    assert inspect(owner_urls(nation)).state is State.WHOLE


def test_two_loads_at_once_are_one_and_a_refusal(scratch: Environment) -> None:
    filling = Filling("identity", owner_urls(scratch)["identity"])
    filling.begin()
    try:
        refused = load(scratch)
    finally:
        filling.close()
    assert refused.returncode == 1
    assert "locked" in refused.stderr
    assert load(scratch).returncode == 0


def test_a_load_that_fails_names_the_reason_and_leaves_no_half(scratch: Environment) -> None:
    with owner(scratch, "identity") as connection:
        connection.execute("ALTER TABLE person ADD COLUMN surprise int NOT NULL")
    failed = load(scratch)
    assert failed.returncode == 1
    assert "NotNullViolation" in failed.stderr
    assert inspect(owner_urls(scratch)).state is not State.WHOLE


def test_without_tables_the_command_asks_for_migrations(scratch: Environment) -> None:
    with owner(scratch, "identity") as connection:
        connection.execute("DROP TABLE person")
    failed = load(scratch)
    assert failed.returncode == 1
    assert "migrations upgrade" in failed.stderr


def test_a_sample_is_of_real_distinct_covered_people_and_always_the_same(nation: Environment) -> None:
    day = date.fromisoformat(AS_OF)
    people = list(sample(500, 7, on=day, environment=nation))
    assert len({person.identifier for person in people}) == 500
    assert list(sample(40, 7, on=day, environment=nation)) == people[:40]
    assert list(sample(40, 8, on=day, environment=nation)) != people[:40]
    with owner(nation, "health_claims") as connection:
        for person in people:
            rows = connection.execute(
                "SELECT full_name, coalesce(birth_date::text, birth_year::text), status, valid_from, valid_to"
                " FROM holder_identifier JOIN holder USING (person_id) JOIN card USING (person_id)"
                " WHERE identifier = %s",
                [person.identifier],
            ).fetchall()
            assert [row[:3] for row in rows] == [(person.full_name, person.born, 1)]
            assert rows[0][3] <= day <= rows[0][4]
    with pytest.raises(NationError, match="wanted, but only"):
        list(sample(POPULATION, 7, on=day, environment=nation))


def test_whom_a_benchmark_declared_is_drawn_again_with_the_card_that_she_had(nation: Environment) -> None:
    day, url = date.fromisoformat(AS_OF), owner_urls(nation)["health_claims"]
    cards.put_back(url, [])
    people = list(sample(40, 7, on=day, environment=nation))
    cards.keep(url, people)
    before = digests(nation)
    with owner(nation, "health_claims") as connection:
        # As a run leaves it: another card, one that was taken back, and units of the benchmark and of the nation.
        connection.execute(
            "UPDATE card SET status = 2, status_from = '2026-11-01'"
            " WHERE person_id IN (SELECT person_id FROM benchmark_card)"
        )
        connection.execute(
            "INSERT INTO card (person_id, changed_at, valid_from, valid_to, benefit_digit, status, card_code, subject_code,"
            " province_code, facility_code) SELECT person_id, now(), '2026-11-01', '2026-12-31', 4, 1,"
            " 'DN401' || lpad(person_id::text, 10, '0'), 'DN', '01', '01001' FROM benchmark_card"
        )
        connection.execute(
            "INSERT INTO employment SELECT person_id, 1, now(), now(), '{24322,0}', code, 'private', '01'"
            " FROM benchmark_card, unnest(ARRAY['BENCH', 'OTHER']) AS code"
        )
        assert list(sample(40, 7, on=day, environment=nation)) != people
        # The statistics of these schemas are counted by nobody.
        connection.execute("DELETE FROM stat_delta")
        connection.execute("ALTER TABLE card DISABLE TRIGGER USER")
        cards.put_back(url, ["BENCH"])
        connection.execute("ALTER TABLE card ENABLE TRIGGER USER")
        left = connection.execute(
            "SELECT DISTINCT employer_code FROM employment WHERE employer_code IN ('BENCH', 'OTHER')"
        )
        assert left.fetchall() == [("OTHER",)]
        connection.execute("DELETE FROM employment WHERE employer_code = 'OTHER'")
    assert list(sample(40, 7, on=day, environment=nation)) == people
    assert digests(nation) == before


def test_the_runtime_roles_may_read_the_label_and_change_nothing(nation: Environment) -> None:
    for database in TABLES:
        url = nation[f"DATABASE_URL_{database.upper()}"]
        with psycopg.connect(url, autocommit=True) as runtime:
            assert read_label(runtime) is not None
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                runtime.execute("UPDATE nation SET load_id = %s", [uuid4()])
