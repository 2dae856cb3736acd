"""Kept answers and evidence, in one SQLite file. Contents are sealed; names are keyed hashes.

Delivery: what a method writes is committed and synced to the disk when it returns
(``synchronous=FULL``); a crash in between leaves the state before it. Bounds: answers are
kept for seven days and at most 10,000 of them, the oldest going first; provisional answers
wait without a limit of time, at most 10,000, then no further one is given; settled ones are
forgotten after 90 days.

What can be read on the disk without the key: times, states, counts.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from lienthong.connector.model import Entry, Evidence, Kept, Settled, State
from lienthong.connector.vault import Spoiled, Vault
from lienthong.telemetry import logs

KEPT_FOR: Final = timedelta(days=7)
MOST_KEPT: Final = 10_000
MOST_PENDING: Final = 10_000
SETTLED_FOR: Final = timedelta(days=90)

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS kept (name BLOB PRIMARY KEY, kept_at INTEGER NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kept_age ON kept (kept_at);
CREATE TABLE IF NOT EXISTS provisional (
    evidence_id TEXT PRIMARY KEY,
    number      INTEGER NOT NULL UNIQUE,
    state       TEXT NOT NULL,
    tried       INTEGER NOT NULL DEFAULT 0,
    evidence    BLOB NOT NULL,
    settled     BLOB,
    settled_at  INTEGER
);
CREATE INDEX IF NOT EXISTS provisional_state ON provisional (state, tried, number);
"""

T = TypeVar("T")

_log = logs.get_logger("connector")


class Full(Exception):
    """As many provisional answers wait as may: no further one is given before the line is back."""


class Store:
    """The file. Safe to share between threads; for one process (lienthong/connector/folder.py)."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self._vault = vault
        self._lock = threading.Lock()
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
        for setting in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "trusted_schema=OFF"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def keep(self, kept: Kept) -> None:
        """Keep this answer in place of an earlier one about the same person; forget what is too old."""
        name = self._vault.name(*kept.question.who)
        at = _second(kept.kept_at)
        sealed = self._vault.seal(msgspec.json.encode(kept), _place(b"kept", name))
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (name, at, sealed))
            database.execute("DELETE FROM kept WHERE kept_at < ?", (at - int(KEPT_FOR.total_seconds()),))
            database.execute(
                "DELETE FROM kept WHERE name IN (SELECT name FROM kept ORDER BY kept_at DESC LIMIT -1 OFFSET ?)",
                (MOST_KEPT,),
            )

    def kept(self, who: tuple[str, str, str], now: datetime) -> Kept | None:
        """The last answer about this person, not older than seven days. Raises Spoiled.

        Its own content must name the same person, whatever row it lies in.
        """
        name = self._vault.name(*who)
        with self._lock:
            row = self._database.execute("SELECT sealed FROM kept WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        kept = self._read(row[0], _place(b"kept", name), Kept)
        if kept.question.who != who:
            raise Spoiled("another person's answer")
        return kept if timedelta() <= now - kept.kept_at <= KEPT_FOR else None

    def record(self, evidence: Evidence) -> None:
        """Write evidence down; it is on the disk when this returns. Raises Full."""
        sealed = self._seal(evidence.evidence_id, b"evidence", evidence)
        with self._transaction() as database:
            (waiting,) = database.execute(
                "SELECT count(*) FROM provisional WHERE state = ?", (State.PENDING,)
            ).fetchone()
            if waiting >= MOST_PENDING:
                raise Full
            database.execute(
                "INSERT INTO provisional (evidence_id, number, state, evidence)"
                " SELECT ?, coalesce(max(number), 0) + 1, ?, ? FROM provisional",
                (evidence.evidence_id, State.PENDING, sealed),
            )

    def next_pending(self) -> Evidence | None:
        """The one to ask about next: the least tried, of those the oldest. Raises Spoiled, and goes on."""
        with self._lock:
            row = self._database.execute(
                "SELECT evidence_id, evidence FROM provisional WHERE state = ? ORDER BY tried, number LIMIT 1",
                (State.PENDING,),
            ).fetchone()
        if row is None:
            return None
        try:
            return self._read(row[1], _place(b"evidence", row[0].encode()), Evidence)
        except Spoiled:
            self.tried(row[0])
            raise

    def tried(self, evidence_id: str) -> None:
        """Asking about it came to nothing: the others are next."""
        with self._transaction() as database:
            database.execute("UPDATE provisional SET tried = tried + 1 WHERE evidence_id = ?", (evidence_id,))

    def settle(self, evidence_id: str, settled: Settled) -> None:
        """Write down what the gateway said; forget what was settled long ago."""
        state = State.CHANGED if settled.changes else State.CONFIRMED
        at = _second(settled.settled_at)
        sealed = self._seal(evidence_id, b"settled", settled)
        with self._transaction() as database:
            database.execute(
                "UPDATE provisional SET state = ?, settled = ?, settled_at = ? WHERE evidence_id = ?",
                (state, sealed, at, evidence_id),
            )
            database.execute(
                "DELETE FROM provisional WHERE settled_at < ?", (at - int(SETTLED_FOR.total_seconds()),)
            )

    def entries(self, *, state: State | None, limit: int) -> list[Entry]:
        """Provisional answers, newest first; without those that do not open, which are logged."""
        wanted = state.value if state else ""
        with self._lock:
            rows = self._database.execute(
                "SELECT evidence_id, state, evidence, settled FROM provisional"
                " WHERE ?1 IN ('', state) ORDER BY number DESC LIMIT ?2",
                (wanted, limit),
            ).fetchall()
        found = []
        for row in rows:
            try:
                found.append(self._entry(*row))
            except Spoiled:
                _log.error("evidence.spoiled", evidence_id=row[0])
        return found

    def entry(self, evidence_id: str) -> Entry | None:
        """One of them."""
        with self._lock:
            row = self._database.execute(
                "SELECT evidence_id, state, evidence, settled FROM provisional WHERE evidence_id = ?",
                (evidence_id,),
            ).fetchone()
        return None if row is None else self._entry(*row)

    def counts(self) -> dict[str, int]:
        """How many answers are kept, and how many provisional ones there are of each state."""
        with self._lock:
            (kept,) = self._database.execute("SELECT count(*) FROM kept").fetchone()
            found = dict(self._database.execute("SELECT state, count(*) FROM provisional GROUP BY state"))
        return {"kept": kept, **{state.value: found.get(state.value, 0) for state in State}}

    def _entry(self, evidence_id: str, state: str, evidence: bytes, settled: bytes | None) -> Entry:
        place = evidence_id.encode()
        return Entry(
            state=State(state),
            evidence=self._read(evidence, _place(b"evidence", place), Evidence),
            settled=None if settled is None else self._read(settled, _place(b"settled", place), Settled),
        )

    def _seal(self, evidence_id: str, what: bytes, content: msgspec.Struct) -> bytes:
        return self._vault.seal(msgspec.json.encode(content), _place(what, evidence_id.encode()))

    def _read(self, sealed: bytes, place: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(self._vault.open(sealed, place), type=kind)
        except msgspec.DecodeError as error:
            raise Spoiled("what is kept is of another version") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _place(what: bytes, name: bytes) -> bytes:
    return what + b":" + name


def _second(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
