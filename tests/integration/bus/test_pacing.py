"""Large commands wait for what follows a database, on a real one that says how far behind that is."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from lienthong.bus import pacing
from lienthong.bus.database import Database, open_database
from lienthong.bus.pacing import Pace
from lienthong.statistics.tables import BEHIND


class Follower:
    """A sequence that tells how often it was asked, and a table with what is answered."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self.schema = f"pacing_{uuid4().hex}"
        self._run("CREATE SCHEMA {schema}")
        self._run("CREATE TABLE {schema}.follower (seconds float8)")
        self._run("CREATE SEQUENCE {schema}.asked")
        self._run("INSERT INTO {schema}.follower VALUES (NULL)")

    def _run(self, text: str, *values: object) -> psycopg.Cursor:
        return self._connection.execute(sql.SQL(text).format(schema=sql.Identifier(self.schema)), values)  # type: ignore[arg-type]

    @property
    def question(self) -> str:
        """What a pace asks."""
        return f"SELECT seconds, nextval('{self.schema}.asked') FROM {self.schema}.follower"  # noqa: S608 -- our own name

    @property
    def asked(self) -> int:
        """How often it was asked."""
        (times,) = self._run(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {schema}.asked"
        ).fetchone()  # type: ignore[misc]
        return int(times)

    def is_behind(self, seconds: float | None) -> None:
        """Answer this from now on."""
        self._run("UPDATE {schema}.follower SET seconds = %s", seconds)

    def drop(self) -> None:
        """Leave nothing."""
        self._run("DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def follower(stack_variable: Callable[[str], str]) -> Iterator[Follower]:
    """Something that may be behind."""
    with psycopg.connect(stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER"), autocommit=True) as connection:
        made = Follower(connection)
        yield made
        made.drop()


@pytest.fixture
def database(stack_variable: Callable[[str], str]) -> Iterator[Database]:
    """The same database, as a consumer has it."""
    url = stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER")
    with open_database(url, name="pacing-test", connections=2) as opened:
        yield opened


@pytest.mark.parametrize("seconds", [None, 0.0, pacing.NEAR_S, pacing.HOPELESS_S, 1e9])
def test_nobody_waits_for_what_is_near_or_hopeless(
    follower: Follower, database: Database, seconds: float | None
) -> None:
    follower.is_behind(seconds)
    Pace(database, follower.question).wait()
    assert follower.asked == 1


def test_a_command_waits_until_the_follower_is_near(
    follower: Follower, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "MOST_S", 3600.0)
    follower.is_behind(pacing.NEAR_S + 1)
    pace = Pace(database, follower.question)
    with ThreadPoolExecutor(1) as others:
        waiting = others.submit(pace.wait)
        while follower.asked < 3:
            assert not waiting.done()
        follower.is_behind(pacing.NEAR_S)
        waiting.result(timeout=60)


def test_it_goes_on_after_a_while_all_the_same(
    follower: Follower, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "MOST_S", 0.3)
    follower.is_behind(pacing.NEAR_S + 1)
    Pace(database, follower.question).wait()
    assert follower.asked > 1


def test_all_who_wait_share_the_look(
    follower: Follower, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_LOOK_EVERY_S", 3600.0)
    pace = Pace(database, follower.question)
    with ThreadPoolExecutor(16) as others:
        for waiting in [others.submit(pace.wait) for _ in range(16)]:
            waiting.result(timeout=60)
    assert follower.asked == 1


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("SELECT 1 FROM pacing_nowhere", id="a view that is missing"),
        pytest.param("SELECT 1 / 0", id="an answer that fails"),
        pytest.param(
            "DO $$ BEGIN RAISE SQLSTATE '57014'; END $$", id="an answer that the server cut off for its time"
        ),
    ],
)
def test_no_answer_holds_no_command_up(database: Database, question: LiteralString) -> None:
    Pace(database, question).wait()


def test_the_consumer_of_contributions_may_ask(stack_variable: Callable[[str], str]) -> None:
    with psycopg.connect(stack_variable("DATABASE_URL_CONTRIBUTIONS"), autocommit=True) as connection:
        row = connection.execute(BEHIND).fetchone()
    assert row is not None
    assert row[0] is None or row[0] >= 0
