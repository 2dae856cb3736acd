"""Writes the access log: many entries, one commit, before any of their answers leaves.

Guarantee: ``record`` returns only after the entry is durable. An entry whose
(key id, nonce) is in the log already is not written and ``record`` returns
``False``: its request is a replay.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from operator import attrgetter
from typing import Any, Protocol

import psycopg

from lienthong.audit.entry import AuditEntry
from lienthong.rpc.coalesce import Coalescer, Item

# What ``record`` may raise because of the database: then no answer may leave.
NOT_RECORDED = psycopg.Error

# Because of the entry itself: a value that PostgreSQL cannot store, or a day without a partition.
_NOT_TO_BE_HELD = (psycopg.DataError, psycopg.IntegrityError)

# Each column of a batch travels as one text, its values parted by control characters that no
# entry may hold. The server splits them for a third less than it takes to read the same as JSON.
_PART = "\x1f"
_NULL = "\x1e"

_TYPES = {
    "day": "date",
    "status": "smallint",
    "subjects_asked": "text[]",
    "subjects_answered": "bigint[]",
    "answer_created": "bigint",
}
_SPLIT = "string_to_array(%s, E'\\x1f', E'\\x1e')"
_COLUMNS = tuple(field.name for field in fields(AuditEntry))
_INSERT_ALL = f"""
INSERT INTO audit_entry ({", ".join(_COLUMNS)})
SELECT {", ".join(f"{name}::{_TYPES.get(name, 'text')}" for name in _COLUMNS)}
FROM unnest({", ".join([_SPLIT] * len(_COLUMNS))})
    AS entry({", ".join(_COLUMNS)})
"""  # noqa: S608 -- the names of an entry's fields, nothing from outside
_INSERT_NEW = f"{_INSERT_ALL}ON CONFLICT (key_id, nonce, day) DO NOTHING RETURNING request_id"
_row = attrgetter(*_COLUMNS)


class Connections(Protocol):
    """Where connections come from: a psycopg pool in service, a single one in a test."""

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """A connection in autocommit mode."""


class AuditWriter:
    """Group commit for audit entries."""

    def __init__(
        self,
        pool: Connections,
        *,
        batch_seconds: float = 2.0,
        max_batch: int = 200,
        max_in_flight: int = 2,
        on_batch: Callable[[int, int], None] | None = None,
    ) -> None:
        self._pool = pool
        self._batch_seconds = batch_seconds
        self._coalescer: Coalescer[AuditEntry, bool] = Coalescer(
            self._write, max_batch=max_batch, max_in_flight=max_in_flight, on_batch=on_batch
        )

    def record(self, entry: AuditEntry, *, deadline: float) -> "asyncio.Future[bool]":
        """Durable when done: True when written, False for a replay.

        Raises ``Overloaded``, ``TooLate``, ``TimeoutError`` or a psycopg error when
        the entry could not be made durable in time; then no answer may leave.
        """
        return self._coalescer.submit(entry, deadline=deadline)

    async def drain(self) -> None:
        """Wait until everything submitted is written."""
        await self._coalescer.drain()

    async def _write(self, items: Sequence[Item[AuditEntry]]) -> list[bool | Exception]:
        try:
            return list(await self._insert(items))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(items) == 1:
                return [error]
        # One entry that the database cannot hold must not take its neighbours along.
        return [outcome for item in items for outcome in await self._write([item])]

    async def _insert(self, items: Sequence[Item[AuditEntry]]) -> list[bool]:
        entries = [item.request for item in items]
        async with asyncio.timeout(self._batch_seconds), self._pool.connection() as connection:
            try:
                # Looking for each nonce before it is inserted costs a sixth of the statement, and
                # nearly no batch holds a replay; the index refuses one either way.
                await connection.execute(_INSERT_ALL, _values(entries))
            except psycopg.errors.UniqueViolation:
                written = await insert_entries(connection, entries)
                return [entry.request_id in written for entry in entries]
        return [True] * len(entries)


async def insert_entries(connection: psycopg.AsyncConnection[Any], entries: Sequence[AuditEntry]) -> set[str]:
    """Write entries; the request ids of those that were written: the others are replays."""
    cursor = await connection.execute(_INSERT_NEW, _values(entries))
    return {request_id for (request_id,) in await cursor.fetchall()}


def _values(entries: Sequence[AuditEntry]) -> list[str]:
    # In one order for every worker: two batches that hold the same replays in different
    # orders would wait for each other until the server ends one, with all its neighbours.
    return columns_of(sorted(entries, key=_nonce))


def _nonce(entry: AuditEntry) -> str:
    return entry.nonce or ""


def columns_of(entries: Sequence[AuditEntry]) -> list[str]:
    """The entries' values column by column, as the statement takes them.

    Raises :class:`psycopg.DataError` for a value that holds one of the parting characters.
    """
    columns = []
    for values in zip(*map(_row, entries), strict=True):
        column = _PART.join([_text(value) for value in values])
        nulls = values.count(None) + values.count("")
        if column.count(_PART) != len(values) - 1 or column.count(_NULL) != nulls:
            raise psycopg.DataError("a value holds a character that parts values")
        columns.append(column)
    return columns


def _text(value: str | int | list[str] | list[int] | None) -> str:
    if type(value) is str and value:
        return value
    if not value and not isinstance(value, (list, int)):
        return _NULL  # an empty text too: by itself the server would take it for no value at all
    # Pseudonyms and person ids: nothing in them means anything in the text of an array.
    return f"{{{','.join(map(str, value))}}}" if isinstance(value, list) else str(value)
