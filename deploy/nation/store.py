"""The database side of a nation: what is there, and one database filled in one transaction.

A database is truncated, filled, indexed and labelled in a single transaction: after
``kill -9`` at any moment it is either what it was before or whole. Three databases
cannot commit as one, so each label carries the id of its load: a nation is whole
only when the three labels agree. A reader waits for the whole load (TRUNCATE locks
the tables); it never sees half of one.

    NationError
      NotEmptyError    something is there, and nobody said to replace it
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from uuid import UUID

import psycopg
from psycopg import sql

from deploy.nation import accounts, statistics
from deploy.nation.tables import STAGED, TABLES

DERIVED = {"contributions": accounts.DERIVED}
"""Tables of a database that a load empties beside those that it fills."""
_ACCOUNTED = "contributions"
ADVISORY_LOCK = 0x4E61_7469  # "Nati": one load of a database at a time
LOCK_TIMEOUT = "10s"
LOCKED = "{} is locked by another load or a long query: try again when it is over"
CONNECT_TIMEOUT_S = 5
INDEX_MEMORY = "256MB"

LABEL_TABLE = """
CREATE TABLE IF NOT EXISTS nation (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    load_id    uuid        NOT NULL,
    population bigint      NOT NULL,
    seed       bigint      NOT NULL,
    as_of      date        NOT NULL,
    digest     text        NOT NULL,
    loaded_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE nation IS 'Which synthetic nation this database holds; absent in production';
COMMENT ON COLUMN nation.load_id IS 'The same in all databases of one load';
COMMENT ON COLUMN nation.population IS 'People, the cast included';
COMMENT ON COLUMN nation.digest IS
    'BLAKE2b of the rows as loaded: the same for the same population, seed and date';
"""


class NationError(Exception):
    """A nation cannot be loaded as asked; the message says what to do."""


class NotEmptyError(NationError):
    """The databases hold something that nobody said to replace."""


@dataclass(frozen=True)
class Load:
    """What is loaded, and the id that the three databases of one load share."""

    load_id: UUID
    population: int
    seed: int
    as_of: date


@dataclass(frozen=True)
class Label(Load):
    """Which nation a database holds."""

    digest: str


class State(Enum):
    """What three databases hold together."""

    EMPTY = "empty"
    WHOLE = "a whole nation"
    INTERRUPTED = "part of a nation whose load was interrupted"
    FOREIGN = "rows that are not a synthetic nation"


@dataclass(frozen=True)
class Found:
    """The state of the databases, and the label if they hold one whole nation."""

    state: State
    label: Label | None = None


def connect(url: str) -> psycopg.Connection:
    """A connection for work in explicit transactions; no statement waits long for a lock."""
    connection = psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True)
    connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    return connection


def inspect(urls: Mapping[str, str]) -> Found:
    """What the databases hold together.

    Raises :class:`NationError` if a table is missing and psycopg's errors if a
    database is out of reach.
    """
    labels: list[Label | None] = []
    filled: list[bool] = []
    for database, url in urls.items():
        with connect(url) as connection:
            labels.append(read_label(connection))
            filled.append(_has_rows(connection, database))
    if any(full and label is None for full, label in zip(filled, labels, strict=True)):
        return Found(State.FOREIGN)
    if not any(labels):
        return Found(State.EMPTY)
    first = labels[0]
    agreed = first is not None and all(label and label.load_id == first.load_id for label in labels)
    return Found(State.WHOLE, first) if agreed and all(filled) else Found(State.INTERRUPTED)


def read_label(connection: psycopg.Connection) -> Label | None:
    """The label of this database; None without one."""
    row = connection.execute("SELECT to_regclass('nation') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return None
    found = connection.execute("SELECT load_id, population, seed, as_of, digest FROM nation").fetchone()
    return Label(*found) if found else None


def _has_rows(connection: psycopg.Connection, database: str) -> bool:
    for table in TABLES[database]:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
        try:
            row = connection.execute(query).fetchone()
        except psycopg.errors.UndefinedTable as error:
            message = f"{database} has no table {table}: run python -m lienthong.db.migrations upgrade first"
            raise NationError(message) from error
        except psycopg.errors.LockNotAvailable as error:
            raise NationError(LOCKED.format(database)) from error
        if row and row[0]:
            return True
    return False


class Filling:
    """One database being filled: :meth:`begin`, :meth:`write` many times, :meth:`index`, :meth:`finish`."""

    def __init__(self, database: str, url: str) -> None:
        self.database = database
        self._connection = connect(url)
        self._digest = hashlib.blake2b(digest_size=16)
        self._constraints: list[tuple[str, str, str]] = []
        self._indexes: list[tuple[str, str]] = []
        self.rows = 0

    @property
    def _tables(self) -> tuple[str, ...]:
        """All that the load empties; those that others are computed from first."""
        return (*TABLES[self.database], *DERIVED.get(self.database, ()))

    def begin(self) -> None:
        """Empty the tables inside a transaction and take their keys away until :meth:`finish`.

        An index built once over all rows is several times cheaper than one grown row by row.
        Raises :class:`NationError` if another load is running.
        """
        run = self._connection.execute
        try:
            run(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
            run("BEGIN")
            run(f"SET LOCAL maintenance_work_mem = '{INDEX_MEMORY}'")
            # One database waits for its neighbour of the same worker, longer than servers like to see.
            run("SET LOCAL idle_in_transaction_session_timeout = 0")
            # Two loads run side by side already: more workers would take turns on the same cores.
            run("SET LOCAL max_parallel_maintenance_workers = 0")
            # First what its worker takes in hand first: neither then holds what the other waits for.
            if self.database in statistics.COUNTED:
                statistics.forget(self._connection, self.database)
            names = sql.SQL(", ").join(map(sql.Identifier, self._tables))
            run(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names))
            if self.database == _ACCOUNTED:
                run(accounts.STAGE)
        except psycopg.errors.LockNotAvailable as error:
            raise NationError(LOCKED.format(self.database)) from error
        self._constraints = self._keys()
        for table, name, _ in self._constraints:
            run(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                    sql.Identifier(table), sql.Identifier(name)
                )
            )
        self._indexes = self._others()
        for name, _ in self._indexes:
            run(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))

    def _keys(self) -> list[tuple[str, str, str]]:
        """(table, name, definition) of the primary and unique keys."""
        return self._connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype IN ('p', 'u') AND conrelid = ANY(%s::regclass[]) ORDER BY 1, 2",
            [list(TABLES[self.database])],
        ).fetchall()

    def _others(self) -> list[tuple[str, str]]:
        """(name, definition) of the indexes that are no keys, of the tables that are filled by COPY."""
        return self._connection.execute(
            "SELECT relname, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')"
            " FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE indrelid = ANY(%s::regclass[]) ORDER BY 1",
            [list(TABLES[self.database])],
        ).fetchall()

    def write(self, rows: Mapping[str, str]) -> None:
        """COPY these rows; the server routes them to their partitions."""
        for table, text in rows.items():
            if not text:
                continue
            names = (TABLES[self.database] | STAGED)[table]
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
            data = text.encode()
            self._digest.update(table.encode() + data)
            with self._connection.cursor() as cursor:
                with cursor.copy(statement) as copy:
                    copy.write(data)
                self.rows += cursor.rowcount

    def index(self) -> None:
        """Build the keys and take statistics."""
        for table, name, definition in self._constraints:
            self._connection.execute(
                sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                    sql.Identifier(table),
                    sql.Identifier(name),
                    sql.SQL(definition),  # as PostgreSQL itself wrote it
                )
            )
        for _, definition in self._indexes:
            self._connection.execute(definition.encode())  # as PostgreSQL itself wrote it
        for table in TABLES[self.database]:
            self._connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))

    def derive(self, as_of: date) -> None:
        """Fill the tables that follow from the others."""
        if self.database == _ACCOUNTED:
            self.rows += accounts.derive(self._connection, as_of)

    def finish(self, load: Load) -> Label:
        """Label the database and commit."""
        label = Label(load.load_id, load.population, load.seed, load.as_of, self._digest.hexdigest())
        run = self._connection.execute
        run(LABEL_TABLE)
        run("DELETE FROM nation")
        run(
            "INSERT INTO nation (load_id, population, seed, as_of, digest) VALUES (%s, %s, %s, %s, %s)",
            [label.load_id, label.population, label.seed, label.as_of, label.digest],
        )
        # The runtime role bears the name of the database.
        run(sql.SQL("GRANT SELECT ON nation TO {}").format(sql.Identifier(self.database)))
        if self.database in statistics.COUNTED:
            statistics.count_again(self._connection, self.database)
        run("COMMIT")
        self._write_numbers_down()
        return label

    def _write_numbers_down(self) -> None:
        """Say anew where each sequence stands, in a transaction of its own.

        At wal_level minimal a sequence that was restarted and used in one transaction is not in the
        write-ahead log: after a crash it would give the same numbers again.
        """
        names = sql.SQL(", ").join(map(sql.Identifier, self._tables))
        run = self._connection.execute
        run("BEGIN")
        run(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(names))
        run(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, last_value)"
            " FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
        run("COMMIT")

    def tidy(self) -> None:
        """Mark all pages visible and frozen: index-only scans at once, no autovacuum in the middle of a run.

        A crash before this costs speed, not rows.
        """
        for table in (*self._tables, *statistics.tables(self.database)):
            self._connection.execute(sql.SQL("VACUUM (FREEZE, ANALYZE) {}").format(sql.Identifier(table)))

    def close(self) -> None:
        """End the connection; what is not finished is undone."""
        self._connection.close()
