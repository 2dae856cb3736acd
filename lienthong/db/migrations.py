"""Migrations: one Alembic history per database, run by the role that owns its schema.

    python -m lienthong.db.migrations upgrade [database ...]

Without names, every database that the environment names by
``DATABASE_URL_<NAME>_OWNER`` is brought to its newest revision. Two runs at once
are harmless: the second waits for an advisory lock and finds nothing to do. What a
restore brought from another server is made ready for this one too
(:mod:`lienthong.statistics.restoring`).

Each ``migrations/env.py`` is two lines: import :func:`run_env`, call it.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from lienthong.statistics import restoring

FOLDERS = {
    "identity": "services/identity/migrations",
    "contributions": "services/contributions/migrations",
    "health_claims": "services/health_claims/migrations",
    "gateway": "gateway/migrations",
}
"""Each database and the folder of its history, below the folder that holds the packages."""

ROOT = Path(__file__).resolve().parents[2]

ADVISORY_LOCK = 0x4C69_656E_74  # "Lient": one lock a database, so that runs queue instead of meeting
LOCK_TIMEOUT = "60s"
CONNECT_TIMEOUT_S = 5


class MigrationError(Exception):
    """The migrations cannot run as asked; the message says what to correct."""


def owner_url(database: str, environment: Mapping[str, str]) -> str:
    """The URL of the role that owns the schema of ``database``.

    Raises :class:`MigrationError` if the environment does not name it.
    """
    variable = f"DATABASE_URL_{database.upper()}_OWNER"
    url = environment.get(variable, "")
    if not url:
        raise MigrationError(f"{variable} is not set: it names the owner of the database {database}")
    return url


def named_databases(environment: Mapping[str, str]) -> list[str]:
    """The databases whose owner the environment names, in the order of :data:`FOLDERS`."""
    return [name for name in FOLDERS if environment.get(f"DATABASE_URL_{name.upper()}_OWNER")]


def has_history(database: str, root: Path = ROOT) -> bool:
    """Whether the folder of ``database`` holds an Alembic environment."""
    return (root / FOLDERS[database] / "env.py").is_file()


def upgrade(database: str, url: str, *, revision: str = "head", root: Path = ROOT) -> None:
    """Bring one database to ``revision``.

    Raises :class:`MigrationError` for an unknown database or a folder without
    history, and whatever Alembic and psycopg raise.
    """
    if database not in FOLDERS:
        raise MigrationError(f"unknown database {database}: one of {', '.join(FOLDERS)}")
    if not has_history(database, root):
        raise MigrationError(f"{FOLDERS[database]}/env.py is missing")
    config = Config()
    config.set_main_option("script_location", str(root / FOLDERS[database]).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    command.upgrade(config, revision)


def run_env() -> None:
    """What an ``env.py`` does: connect, take the lock, run, each revision in its own transaction; then what was restored.

    Raises :class:`psycopg.errors.LockNotAvailable` if another run holds the lock
    for longer than :data:`LOCK_TIMEOUT`.
    """
    url = context.config.attributes["url"]
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S),
        poolclass=NullPool,
    )
    with engine.connect() as connection:
        # A session lock: it must outlive the transaction of each single revision,
        # and it goes with the connection if this process dies.
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        connection.exec_driver_sql("RESET lock_timeout")
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.exec_driver_sql(restoring.AGE_RESTORED)
        connection.commit()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when every database asked for is at its newest revision."""
    parser = argparse.ArgumentParser(prog="python -m lienthong.db.migrations", description=__doc__)
    parser.add_argument("action", choices=["upgrade"])
    parser.add_argument("databases", nargs="*", help="default: all that the environment names")
    options = parser.parse_args(arguments)
    names = options.databases or named_databases(os.environ)
    if not names:
        sys.stderr.write("no DATABASE_URL_<NAME>_OWNER in the environment: nothing to migrate\n")
        return 2
    try:
        for name in names:
            upgrade(name, owner_url(name, os.environ))
            sys.stdout.write(f"{name}: up to date\n")
    except MigrationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
