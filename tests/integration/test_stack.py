"""The local stack as operators and tests rely on it: idempotent, self-healing, closed to strangers."""

import os
import secrets
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from psycopg import sql

from deploy.local import agencies, control, envfile, health, waiting
from deploy.local.stack import DATABASES, SERVICES, WRITERS, Stack, from_environment
from deploy.local.supervisor import Supervisor
from lienthong.client.config import AgencyConfig
from lienthong.db import migrations

_PROCESSES = ["gateway-0", *SERVICES, *WRITERS, "postgres", "rabbitmq"]


@pytest.fixture(scope="module")
def stack(stack_variable: Callable[[str], str]) -> Stack:
    """The stack under test, as its own stack.env describes it."""
    workers = sum(key.startswith("METRICS_GATEWAY_") for key in os.environ)
    return from_environment(
        {
            "RUN": stack_variable("RUN"),
            "PORT_BASE": stack_variable("PORT_BASE"),
            "GATEWAY_WORKERS": str(workers),
            "LIENTHONG_FAILPOINTS": os.environ.get("LIENTHONG_FAILPOINTS", ""),
        }
    )


@pytest.fixture
def whole(stack: Stack) -> Iterator[Stack]:
    """Everything is up again before the next test begins."""
    yield stack
    for name in _pids(stack):
        waiting.until(partial(health.missing, stack, name), seconds=30)


def _pids(stack: Stack) -> dict[str, int]:
    return {state.name: state.pid for state in Supervisor(stack).states()}


def _started_anew(stack: Stack, name: str, old: int) -> str | None:
    pid = _pids(stack)[name]
    return health.missing(stack, name) if pid not in {0, old} else "not started yet"


@pytest.mark.parametrize("name", _PROCESSES)
def test_a_killed_process_does_its_work_again_by_itself(whole: Stack, name: str) -> None:
    pid = _pids(whole)[name]
    os.kill(pid, signal.SIGKILL)
    waiting.until(lambda: _started_anew(whole, name, pid), seconds=60)


def test_up_on_a_stack_that_is_up_touches_no_process_and_no_key(whole: Stack) -> None:
    pids, keys = _pids(whole), _agency_keys(whole)
    control.up(whole)
    assert _pids(whole) == pids
    assert _agency_keys(whole) == keys


def _agency_keys(stack: Stack) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in stack.agencies.glob("*/key.pem")}


def test_every_demo_agency_has_a_folder_that_the_sdk_reads(stack: Stack) -> None:
    for demo in agencies.DEMO:
        config = AgencyConfig.load(stack.agencies / demo.agency.agency_id)
        assert config.agency_id == demo.agency.agency_id
        assert config.gateway == stack.gateway_url
        assert config.key.algorithm == demo.algorithm
        assert config.gateway_keys


def test_secrets_are_for_their_owner_only(stack: Stack) -> None:
    secret = [
        *stack.secrets.iterdir(),
        *stack.agencies.glob("*/key.pem"),
        *stack.pki.glob("*.key"),
        stack.env_file,
    ]
    assert len(secret) > len(DATABASES)
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in secret} == {
        path.name: "0o600" for path in secret
    }


def test_migrations_that_run_at_once_do_not_meet(stack: Stack) -> None:
    urls = envfile.databases(stack)

    def revisions() -> list[str]:
        return [_revision(migrations.owner_url(name, urls)) for name in migrations.named_databases(urls)]

    before = revisions()
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(_run_migrations, stack) for _ in range(2)]
    assert [run.result() for run in runs] == [0, 0]
    assert revisions() == before


def _revision(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row is not None
    return str(row[0])


def _run_migrations(stack: Stack) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "lienthong.db.migrations", "upgrade"],
        env={**os.environ, **envfile.databases(stack)},
        capture_output=True,
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize("database", DATABASES)
def test_a_role_enters_its_own_database_and_no_other(stack: Stack, database: str) -> None:
    for other in DATABASES:
        url = stack.database_url(other, database)
        if other == database:
            psycopg.connect(url).close()
        else:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(url)


@pytest.mark.parametrize("database", DATABASES)
def test_a_runtime_role_owns_nothing_and_makes_nothing(stack: Stack, database: str) -> None:
    with psycopg.connect(stack.database_url(database, database)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        ).fetchone()
        assert row == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(sql.SQL("CREATE TABLE {} ()").format(sql.Identifier("mine")))


def test_a_commit_is_on_the_disk_and_a_log_holds_no_statement(stack: Stack) -> None:
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "jit": "off",
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        "password_encryption": "scram-sha-256",
    }
    with psycopg.connect(stack.database_url("identity", "identity")) as connection:
        rows = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)]
        ).fetchall()
    assert dict(rows) == wanted


def test_a_server_without_its_password_lets_nobody_in(stack: Stack) -> None:
    host, port = stack.database_host_port
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=host, port=port, user="postgres", dbname="postgres", passfile=os.devnull)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=host, port=port, user="postgres", dbname="postgres", password="postgres")


def test_the_log_of_the_database_server_holds_no_value_of_a_failed_statement(stack: Stack) -> None:
    value = secrets.token_hex(8)
    with (
        psycopg.connect(stack.database_url("identity", "identity")) as connection,
        pytest.raises(psycopg.errors.InvalidTextRepresentation, match=value),
    ):
        connection.execute(sql.SQL("SELECT {}::text::bigint").format(sql.Literal(f"x{value}")))
    assert value not in (stack.logs / "postgres.log").read_text(errors="replace")
