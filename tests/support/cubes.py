"""Contributions' cubes in a schema of their own: declared by the real commands, folded by the real worker."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from lienthong import disclosure
from lienthong.db.migrations import upgrade
from lienthong.db.pool import Pool
from lienthong.statistics import batches, folding, recounting
from lienthong.statistics.flows import Connection, Rules
from tests.support.accounts import Desk
from vss.types.v1 import text_pb2

ROOT = Path(__file__).resolve().parents[2]
SECRET = bytes(range(32))
FLOW = "DF_PARTICIPANTS"
THIS_MONTH = 2026 * 12 + 10
"""November 2026, in which the desk is."""
RULES = Rules(
    parameters=disclosure.Parameters(minimum_frequency=3, noise=2, settle_seconds=3600, patience=1000),
    secret=SECRET,
)


class HasRuntime(Protocol):
    """Whatever has a conninfo of the role that answers."""

    runtime_url: str


@dataclass(kw_only=True)
class Cubes:
    """The schema: who declares, who folds, and what is kept."""

    owner_url: str
    runtime_url: str
    folder_url: str
    desk: Desk
    folder: Connection

    def fold(self, most: int = 1000) -> batches.Folded:
        """One batch."""
        return folding.fold_once(self.folder, RULES, most=most)

    def fold_all(self) -> None:
        """Until nothing waits."""
        while self.fold().deltas:
            pass

    def open(self, through: int = THIS_MONTH) -> int:
        """Build, or open months."""
        return folding.open_due(self.folder, RULES, through=through)

    def flows(self) -> list[str]:
        """What is counted here."""
        return [name for (name,) in self.rows("SELECT flow FROM stat_flow ORDER BY flow")]

    def expect_equal(self) -> int:
        """What is kept is what the base tables say, of every flow; how many cells that were."""
        cells = 0
        for flow in self.flows():
            found = recounting.recount(self.folder, flow, RULES)
            assert found.cell_differences == []
            assert found.figure_differences == []
            cells += found.cells
        return cells

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a query of the owner finds."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def waiting(self) -> int:
        """Deltas that are not folded."""
        return int(self.rows("SELECT count(*) FROM stat_delta")[0][0])

    def is_led(self) -> bool:
        """Whether a worker leads here."""
        query = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = %s AND objid = hashtext(current_schema())::oid"
        )
        return bool(self.rows(query, folding.ADVISORY_LOCK)[0][0])

    def true_cells(self, month: int = THIS_MONTH, flow: str = FLOW) -> dict[str, int]:
        """Contributors by cell, of a month."""
        found = self.rows(
            "SELECT key, contributors FROM stat_cell JOIN stat_key USING (series) WHERE month = %s AND flow = %s",
            month,
            flow,
        )
        return {key: contributors for key, contributors in found if contributors}

    def figures(self, month: int = THIS_MONTH, flow: str = FLOW) -> dict[str, tuple[int, bool]]:
        """(figure, suppressed) of the contributors by key, of a month."""
        found = self.rows(
            "SELECT key, figures[1], suppressed[1] FROM stat_series JOIN stat_key USING (series)"
            " WHERE month = %s AND flow = %s",
            month,
            flow,
        )
        return {key: (figure, suppressed) for key, figure, suppressed in found}

    def worker(self, secret: Path, **more: str) -> subprocess.Popen[bytes]:
        """The worker as a process."""
        return worker_of(self.folder_url, secret, **more)


def worker_of(folder_url: str, secret: Path, **more: str) -> subprocess.Popen[bytes]:
    """The worker of this database as a process, with the rules of the tests."""
    environment = {
        "PATH": os.environ["PATH"],
        "LIENTHONG_DATABASE_URL": url_of(folder_url),
        "LIENTHONG_STATISTICS_SECRET": str(secret),
        "LIENTHONG_STATISTICS_MINIMUM_FREQUENCY": "3",
        "LIENTHONG_STATISTICS_NOISE": "2",
        "LIENTHONG_STATISTICS_SETTLE_SECONDS": "3600",
        "LIENTHONG_STATISTICS_PATIENCE": "1000",
        "LIENTHONG_GATHER_S": "0",
        "LIENTHONG_POLL_S": "0.1",
        **more,
    }
    command = [sys.executable, "-m", "lienthong.statistics.folding"]
    return subprocess.Popen(command, env=environment, cwd=ROOT)


@asynccontextmanager
async def pool_of(cubes: HasRuntime) -> AsyncIterator[Pool]:
    """As :func:`lienthong.db.pool.open_pool`, which has search paths of its own."""
    kwargs = {"autocommit": True, "prepare_threshold": 0}
    url = make_conninfo(
        cubes.runtime_url,
        options=f"{conninfo_to_dict(cubes.runtime_url)['options']} -c plan_cache_mode=force_generic_plan -c jit=off",
    )
    async with AsyncConnectionPool(url, kwargs=kwargs, min_size=1, max_size=1, open=False) as pool:
        yield pool


def url_of(conninfo: str) -> str:
    """A conninfo of names and values as the URL that settings ask for."""
    parts = conninfo_to_dict(conninfo)
    place = f"{parts.pop('user')}@{parts.pop('host')}:{parts.pop('port')}/{parts.pop('dbname')}"
    given = "&".join(
        f"{key}={str(value).replace('%', '%25').replace(' ', '%20').replace('=', '%3D')}"
        for key, value in parts.items()
    )
    return f"postgresql://{place}?{given}"


@contextmanager
def schema_of(
    stack_variable: Callable[[str], str], database: str, *, revision: str = "head"
) -> Iterator[tuple[str, str, str]]:
    """A migrated schema of a service with nothing in it: conninfos of its owner, its process and its folder."""
    schema = f"cubes_test_{uuid4().hex[:12]}"
    variable = f"DATABASE_URL_{database.upper()}"
    owner = stack_variable(f"{variable}_OWNER")
    owners, runtime, folder = (
        make_conninfo(stack_variable(variable + suffix), options=f"-c search_path={schema}")
        for suffix in ("_OWNER", "", "_STATISTICS")
    )
    try:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
            for role in (database, f"{database}_statistics"):
                names = map(sql.Identifier, (schema, role))
                connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(*names))
        upgrade(database, owners, revision=revision)
        yield owners, runtime, folder
    finally:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


@contextmanager
def cubes_of(stack_variable: Callable[[str], str]) -> Iterator[Cubes]:
    """Contributions, migrated, with nothing in it but the book."""
    with schema_of(stack_variable, "contributions") as (owner, runtime_url, folder_url):
        folder = folding.connect(folder_url, name="cubes-test")
        with psycopg.connect(runtime_url, autocommit=True) as runtime, folder:
            desk = Desk(runtime)
            desk.opened_through(date(2026, 11, 1))
            yield Cubes(
                owner_url=owner, runtime_url=runtime_url, folder_url=folder_url, desk=desk, folder=folder
            )


def somebody(person: text_pb2.Person, sex: int, born: int) -> text_pb2.Person:
    """The person with this sex and year of birth."""
    person.sex = text_pb2.Sex.Name(sex)  # type: ignore[assignment] # enum values go by name too
    person.born = f"{born}-05-17"
    return person


def in_month(desk: Desk, year: int, month: int) -> Desk:
    """The same desk in another month."""
    return replace(desk, now=datetime(year, month, 22, 5, tzinfo=UTC))
