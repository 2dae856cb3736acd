"""A database that counts, dumped while changes wait and restored into a server of its own, which counts from anew."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from deploy.local import files, packages, postgresql, waiting
from deploy.local.stack import ROOT, Ports, Stack
from lienthong.statistics import folding
from tests.support.cubes import THIS_MONTH
from tests.support.identity_cubes import identity_cubes_of
from tests.support.service_cubes import ServiceCubes

FLOW = "DF_IDENTITY"
_BESIDE = 100  # ports from here on above those of the stack under test
_WITHIN_S = 60


@dataclass(kw_only=True)
class Server:
    """Another PostgreSQL server as it is before a restore: roles, and databases with nothing in them."""

    stack: Stack
    programs: Path

    def url(self, role: str, schema: str) -> str:
        """The database ``identity``, where this schema is the one that is looked in."""
        return make_conninfo(self.stack.database_url("identity", role), options=f"-c search_path={schema}")

    @contextmanager
    def cubes(self, schema: str) -> Iterator[ServiceCubes]:
        """What is in the schema, with the rights that each has here."""
        folder_url, runtime_url = self.url("identity_statistics", schema), self.url("identity", schema)
        with (
            folding.connect(folder_url, name="restored-test") as folder,
            psycopg.connect(self.url("identity_owner", schema), autocommit=True) as owner,
            psycopg.connect(runtime_url, autocommit=True) as writer,
        ):
            yield ServiceCubes(
                owner=owner, writer=writer, folder=folder, folder_url=folder_url, runtime_url=runtime_url
            )


@pytest.fixture
def cubes(stack_variable: Callable[[str], str]) -> Iterator[ServiceCubes]:
    with identity_cubes_of(stack_variable) as found:
        yield found


@pytest.fixture
def server(stack_variable: Callable[[str], str]) -> Iterator[Server]:
    run = Path(stack_variable("RUN")).absolute() / "restored"
    stack = Stack(run=run, ports=Ports(int(stack_variable("PORT_BASE")) + _BESIDE), gateway_workers=1)
    files.folder(stack.run)
    files.folder(stack.secrets)
    programs = packages.find_postgresql()
    assert programs is not None
    postgresql.prepare(stack, programs)
    user = postgresql.system_user()
    as_user: dict[str, Any] = {"user": user, "group": user, "extra_groups": None if user is None else []}
    with subprocess.Popen(postgresql.command(stack, programs), cwd="/", **as_user) as process:
        try:
            waiting.until(lambda: postgresql.missing(stack), seconds=_WITHIN_S)
            postgresql.ensure_databases(stack)
            yield Server(stack=stack, programs=programs)
        finally:
            process.terminate()
            process.wait(_WITHIN_S)
            shutil.rmtree(postgresql.data_folder(stack).parent)
            shutil.rmtree(run, ignore_errors=True)


def restore(cubes: ServiceCubes, server: Server, dump: Path) -> str:
    """As the operator's guide says, of this schema alone: dump, restore, migrations. Returns the schema."""
    ((schema,),) = cubes.rows("SELECT current_schema()")
    source = make_conninfo(os.environ["DATABASE_URL_IDENTITY_OWNER"])
    target = server.stack.database_url("identity", "identity_owner")
    _run([server.programs / "pg_dump", "--format=custom", f"--file={dump}", f"--schema={schema}", source])
    _run([server.programs / "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={target}", dump])
    assert _highest_number(cubes) > _next_number(server, schema), "the servers count alike: nothing is shown"
    urls = {"DATABASE_URL_IDENTITY_OWNER": server.url("identity_owner", schema)}
    _run([sys.executable, "-m", "lienthong.db.migrations", "upgrade", "identity"], urls)
    return str(schema)


def _run(command: list[Any], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | (environment or {}), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _highest_number(cubes: ServiceCubes) -> int:
    return int(cubes.rows("SELECT max(id) FROM stat_delta")[0][0])


def _next_number(server: Server, schema: str) -> int:
    with server.cubes(schema) as there:
        return int(there.rows("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")[0][0])


def verify(cubes: ServiceCubes, first: int, last: int) -> None:
    """People with these numbers, each verified this month; their deltas have one number."""
    month = f"{THIS_MONTH // 12}-{THIS_MONTH % 12 + 1:02}-01"
    cubes.change(
        "INSERT INTO verification SELECT n, %s, 1 FROM generate_series(%s::bigint, %s) n", month, first, last
    )


def test_what_waited_before_the_restore_is_counted_once_and_first(
    cubes: ServiceCubes, server: Server, tmp_path: Path
) -> None:
    cubes.open()
    verify(cubes, 1, 5)
    cubes.fold_all()
    verify(cubes, 6, 8)
    cubes.change("DELETE FROM verification WHERE person_id = 1")
    with server.cubes(restore(cubes, server, tmp_path / "identity.dump")) as there:
        verify(there, 9, 10)
        there.expect_equal()
        there.fold(most=1)
        assert there.true_cells(FLOW) == {"_U.MATCH": 7}
        there.fold_all()
        assert there.true_cells(FLOW) == {"_U.MATCH": 9}
        there.expect_equal()
        there.open(THIS_MONTH + 1)
        there.expect_equal()


def test_what_is_said_to_be_counted_is_counted_also_while_what_was_restored_waits(
    cubes: ServiceCubes, server: Server, tmp_path: Path
) -> None:
    cubes.open()
    verify(cubes, 1, 1)
    with server.cubes(restore(cubes, server, tmp_path / "identity.dump")) as there:
        verify(there, 2, 1_000)
        ((said, waits),) = there.rows(
            "SELECT (SELECT since FROM stat_waiting), (SELECT min(at) FROM stat_delta)"
        )
        assert said == waits


def test_where_nothing_was_restored_no_number_is_touched(cubes: ServiceCubes) -> None:
    verify(cubes, 1, 1)
    verify(cubes, 2, 2)
    numbers = "SELECT id FROM stat_delta ORDER BY id"
    before = cubes.rows(numbers)
    ((schema,),) = cubes.rows("SELECT current_schema()")
    url = make_conninfo(os.environ["DATABASE_URL_IDENTITY_OWNER"], options=f"-c search_path={schema}")
    _run(
        [sys.executable, "-m", "lienthong.db.migrations", "upgrade", "identity"],
        {"DATABASE_URL_IDENTITY_OWNER": url},
    )
    assert cubes.rows(numbers) == before
    assert len(set(before)) == 2
