"""Statistics of a nation: forgotten before the load, built by the folding worker after it.

The load itself leaves no deltas: its triggers are off. When it commits, the flows of the
database count as never built, and the worker that runs there builds them from the base tables.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import psycopg
from psycopg import sql

from lienthong.statistics import folding

COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": ("verification", "person"),
    "contributions": ("participation", "participant", "employer", "charge", "compliance_month"),
    "health_claims": ("card", "holder", "dossier", "facility"),
}
"""Databases that count something, with the tables whose changes they count."""

_TABLES: Final = ("stat_delta", "stat_flow", "stat_key", "stat_cell", "stat_release", "stat_series")

BUILD_TIMEOUT_S: Final = 600.0
_WORKER_TIMEOUT_S: Final = 5.0
"""How long a worker may be away: one that waited too long for the load's locks connects anew."""
_LOOK_EVERY_S: Final = 0.2

_FORGET: Final = "TRUNCATE stat_delta, stat_cell, stat_release, stat_series, stat_key"
_NOT_BUILT: Final = """
UPDATE stat_flow SET first_month = NULL, opened_through = NULL, minimum_frequency = NULL,
                     dominance_percent = NULL, released_at = NULL
"""
_STATE: Final = """
SELECT (SELECT count(*) FROM stat_flow WHERE opened_through IS NULL),
       EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s
               AND objid = hashtext(current_schema())::oid AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
       (SELECT count(*) FROM stat_key WHERE shown)
"""


def tables(database: str) -> tuple[str, ...]:
    """The tables of statistics; none where nothing is counted."""
    counted = COUNTED.get(database, ())
    return (*_TABLES, *(f"stat_delta_{table}" for table in counted)) if counted else ()


def forget(connection: psycopg.Connection, database: str) -> None:
    """In the load's transaction: nothing is counted, and what comes now leaves no deltas."""
    connection.execute(_FORGET)
    connection.execute(_NOT_BUILT)
    _triggers(connection, database, "DISABLE")


def count_again(connection: psycopg.Connection, database: str) -> None:
    """Before the load's commit: what changes from now on is a delta."""
    _triggers(connection, database, "ENABLE")


def _triggers(connection: psycopg.Connection, database: str, verb: str) -> None:
    for table in COUNTED[database]:
        statement = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
        connection.execute(statement.format(sql.Identifier(table), sql.SQL(verb)))


def await_built(urls: Mapping[str, str]) -> str:
    """Wait until the workers have built what they count, all at once; what became of it, in words.

    Without a worker there is nothing to wait for: the first that starts builds.
    """

    def wait(database: str) -> str:
        with psycopg.connect(urls[database], connect_timeout=5, autocommit=True) as connection:
            return f"statistics of {database}: {_await(connection)}"

    with ThreadPoolExecutor(len(COUNTED)) as pool:
        return "\n".join(pool.map(wait, [database for database in COUNTED if database in urls]))


def _await(connection: psycopg.Connection) -> str:
    started = seen = time.monotonic()
    while True:
        row = connection.execute(_STATE, [folding.ADVISORY_LOCK]).fetchone()
        unbuilt, is_led, series = row or (0, False, 0)
        now = time.monotonic()
        if not unbuilt:
            return f"{series:,} series, built in {now - started:.1f} s"
        seen = now if is_led else seen
        if now - seen > _WORKER_TIMEOUT_S:
            return "not built, no folding worker runs; the first that starts builds them"
        if now - started > BUILD_TIMEOUT_S:
            return f"not built within {BUILD_TIMEOUT_S:.0f} s; the folding worker goes on"
        time.sleep(_LOOK_EVERY_S)
