"""Accepts commands: audit entry, operation, place in the order and message in one commit.

Guarantee: when ``accept`` says ACCEPTED, the operation is durable and will be carried
out; when it says anything else, nothing of it was written. Concurrent commands share
one transaction, a large one has its own.

Locks are taken in one order by everybody (nonces, then keys of order, then names of
operations, each sorted), so that two batches never wait for each other in a circle.
"""

import asyncio
import base64
import contextlib
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from lienthong.audit.entry import AuditEntry
from lienthong.audit.writer import Connections, insert_entries
from lienthong.bus import envelope, outbox, topology
from lienthong.bus.failpoints import reach
from lienthong.rpc.coalesce import Coalescer, Item
from lienthong.telemetry import metrics
from vss.bus.v1 import bus_pb2

# Above it a command gets a transaction of its own, two of them at a time.
_SHARED_BYTES = 64 * 1024
_LARGE_AT_ONCE = 2
_BATCH_SECONDS = 5.0
GATHER_S = 0.05
"""From one batch of commands to the next, unless it is full: who comes meanwhile shares its price."""

_FIND: LiteralString = """
SELECT operation_id, agency_id, staff, rpc, request_digest, idempotency_key, state, accepted_at, finished_at
FROM operation WHERE agency_id = %s AND idempotency_key = %s
"""
# The number after those that were given: this batch's are the last ``wanted`` of them.
_NUMBER: LiteralString = """
INSERT INTO operation_key AS k (ordering_key, last_sequence)
SELECT * FROM unnest(%s::text[], %s::bigint[]) AS mine(ordering_key, wanted) ORDER BY 1
ON CONFLICT (ordering_key) DO UPDATE SET last_sequence = k.last_sequence + excluded.last_sequence
RETURNING ordering_key, last_sequence
"""
_INSERT: LiteralString = """
INSERT INTO operation (operation_id, agency_id, key_id, staff, rpc, purpose, idempotency_key, request_digest,
                       ordering_key, sequence, accepted_at)
SELECT * FROM unnest(%(operation_ids)s::uuid[], %(agency_ids)s::text[], %(key_ids)s::text[], %(staff)s::text[],
                     %(rpcs)s::text[], %(purposes)s::text[], %(idempotency_keys)s::text[], %(digests)s::text[],
                     %(ordering_keys)s::text[], %(sequences)s::bigint[], %(accepted)s::timestamptz[])
"""
# Operations and messages in one statement: it costs less than two.
_INSERT_AND_PUT: LiteralString = "WITH accepted AS (" + _INSERT + ")" + outbox.PUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A command as the gateway has taken it. ``request`` is serialised, ``evidence`` the body's SHA-256.

    ``ordering_value`` orders it among those of its service, "" when it asks for no order.
    """

    operation_id: UUID
    agency_id: str
    key_id: str
    staff: str | None
    rpc: str
    purpose: str
    legal_basis: str | None
    idempotency_key: str
    evidence: bytes
    ordering_value: str
    request: bytes
    traceparent: str
    accepted_at: datetime

    @property
    def ordering_key(self) -> str:
        """The key of the order, of this service alone."""
        return f"{self.rpc.partition('/')[0]}/{self.ordering_value}" if self.ordering_value else ""

    @property
    def request_digest(self) -> str:
        """The body's SHA-256 in base64."""
        return digest_text(self.evidence)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An operation and the entry of its answer: both are written, or neither."""

    operation: Operation
    entry: AuditEntry


class Outcome(Enum):
    """What became of an acceptance."""

    ACCEPTED = auto()
    # The entry's nonce is in the log already.
    REPLAYED = auto()
    # The agency's idempotency key names an operation by now.
    NAMED = auto()


def digest_text(digest: bytes) -> str:
    """A digest as it is kept: base64."""
    return base64.b64encode(digest).decode()


def uuid7(now: float) -> UUID:
    """A UUID that sorts by time (RFC 9562, version 7); ``now`` in seconds since 1970."""
    millis = int(now * 1000).to_bytes(6, "big")
    octets = bytearray(millis + os.urandom(10))
    octets[6] = 0x70 | octets[6] & 0x0F
    octets[8] = 0x80 | octets[8] & 0x3F
    return UUID(bytes=bytes(octets))


def command_of(operation: Operation, sequence: int) -> bus_pb2.Command:
    """The command as it travels."""
    command = bus_pb2.Command(
        method=operation.rpc,
        operation_id=str(operation.operation_id),
        request=operation.request,
        caller=bus_pb2.Caller(
            agency_id=operation.agency_id,
            key_id=operation.key_id,
            staff=operation.staff or "",
            legal_basis=operation.legal_basis or "",
        ),
        purpose=operation.purpose,
        evidence=operation.evidence,
        traceparent=operation.traceparent,
        schema_version=envelope.SCHEMA_VERSION,
        ordering_key=operation.ordering_value,
        sequence=sequence,
        reply_to=topology.RESULTS,
    )
    command.accepted_at.FromDatetime(operation.accepted_at)
    return command


class Accepting:
    """Writes what is accepted."""

    def __init__(self, pool: Connections, *, max_batch: int = 100, max_in_flight: int = 1) -> None:
        self._pool = pool
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._size = metrics.batch("accept")
        self._coalescer: Coalescer[Acceptance, Outcome] = Coalescer(
            self._write,
            max_batch=max_batch,
            max_in_flight=max_in_flight,
            on_batch=lambda sent, _: self._size(sent),
            pause_s=GATHER_S,
        )

    async def find(self, agency_id: str, idempotency_key: str) -> dict[str, Any] | None:
        """The agency's operation of this name, as a row; None when there is none yet."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_FIND, (agency_id, idempotency_key))
            return await cursor.fetchone()

    async def accept(self, acceptance: Acceptance, *, deadline: float) -> Outcome:
        """Write it durably by ``deadline`` (loop time). Raises what ``AuditWriter.record`` does."""
        if len(acceptance.operation.request) <= _SHARED_BYTES:
            return await self._coalescer.submit(acceptance, deadline=deadline)
        async with asyncio.timeout_at(deadline), self._large:
            (outcome,) = await self._write([Item(acceptance, deadline)])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def drain(self) -> None:
        """Wait until everything submitted is written."""
        await self._coalescer.drain()

    async def _write(self, items: Sequence[Item[Acceptance]]) -> list[Outcome | Exception]:
        outcomes: list[Outcome | Exception | None] = [None] * len(items)
        left = list(range(len(items)))
        while left:
            try:
                replays = await self._commit([items[i].request for i in left])
            except (psycopg.IntegrityError, psycopg.DataError) as error:
                if len(left) == 1:
                    outcomes[left[0]] = _outcome_of(error)
                    break
                # Which one it was is not told: each by itself then.
                for i in left:
                    (outcomes[i],) = await self._write([items[i]])
                break
            for place in replays:
                outcomes[left[place]] = Outcome.REPLAYED
            for i in left if not replays else ():
                outcomes[i] = Outcome.ACCEPTED
            left = [i for i in left if outcomes[i] is None]
        return [o for o in outcomes if o is not None]

    async def _commit(self, batch: Sequence[Acceptance]) -> set[int]:
        """The places of the replays in the batch; when there are any, nothing was written."""
        replays: set[int] = set()
        async with asyncio.timeout(_BATCH_SECONDS), self._pool.connection() as connection:
            async with connection.transaction() as transaction:
                written = await insert_entries(connection, [a.entry for a in batch])
                replays = {i for i, a in enumerate(batch) if a.entry.request_id not in written}
                if replays:
                    raise psycopg.Rollback(transaction)
                await _operations(connection, [a.operation for a in batch])
            if not replays:
                reach("gateway.accepted")
                await _ring(connection)
        return replays


async def _ring(connection: psycopg.AsyncConnection[Any]) -> None:
    """Wake the relay. It is accepted already: without the ring it leaves at the relay's next look."""
    with contextlib.suppress(psycopg.Error):
        await connection.execute(outbox.RING)


def _outcome_of(error: psycopg.Error) -> Outcome | Exception:
    return Outcome.NAMED if error.diag.constraint_name == "operation_idempotency" else error


async def _operations(connection: psycopg.AsyncConnection[Any], operations: Sequence[Operation]) -> None:
    numbers = await _numbers(connection, operations)
    by_name = sorted(
        zip(operations, numbers, strict=True), key=lambda one: (one[0].agency_id, one[0].idempotency_key)
    )
    operation = {
        "operation_ids": [o.operation_id for o, _ in by_name],
        "agency_ids": [o.agency_id for o, _ in by_name],
        "key_ids": [o.key_id for o, _ in by_name],
        "staff": [o.staff for o, _ in by_name],
        "rpcs": [o.rpc for o, _ in by_name],
        "purposes": [o.purpose for o, _ in by_name],
        "idempotency_keys": [o.idempotency_key for o, _ in by_name],
        "digests": [o.request_digest for o, _ in by_name],
        "ordering_keys": [o.ordering_key for o, _ in by_name],
        "sequences": [number for _, number in by_name],
        "accepted": [o.accepted_at for o, _ in by_name],
    }
    messages = [outbox.command(command_of(o, n)) for o, n in zip(operations, numbers, strict=True)]
    await connection.execute(_INSERT_AND_PUT, operation | outbox.parameters(messages))


async def _numbers(connection: psycopg.AsyncConnection[Any], operations: Sequence[Operation]) -> list[int]:
    """The place of each in the order of its key, 0 without a key; the keys stay locked until the commit."""
    wanted = Counter(o.ordering_key for o in operations if o.ordering_key)
    if not wanted:
        return [0] * len(operations)
    cursor = await connection.execute(_NUMBER, (list(wanted), list(wanted.values())))
    following = {key: last - wanted[key] for key, last in await cursor.fetchall()}
    numbers: list[int] = []
    for operation in operations:
        key = operation.ordering_key
        if key:
            following[key] += 1
        numbers.append(following[key] if key else 0)
    return numbers


def now_utc() -> datetime:
    """The time at which something is accepted."""
    return datetime.fromtimestamp(time.time(), UTC)
