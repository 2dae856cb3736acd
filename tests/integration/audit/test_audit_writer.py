"""The access log in a real PostgreSQL: written once, together, and never rewritten."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import psycopg_pool
import pytest

from lienthong.audit.entry import AuditEntry
from lienthong.audit.writer import AuditWriter
from lienthong.db.pool import Pool, open_pool

Make = Callable[..., AuditEntry]


async def record(writer: AuditWriter, *entries: AuditEntry) -> list[Any]:
    """What becomes of entries that are submitted in one turn of the loop."""
    deadline = asyncio.get_running_loop().time() + 5
    return await asyncio.gather(
        *(writer.record(entry, deadline=deadline) for entry in entries), return_exceptions=True
    )


def kept(owner: psycopg.Connection[Any], agency_id: str) -> list[str]:
    rows = owner.execute(
        "SELECT request_id FROM audit_entry WHERE agency_id = %s ORDER BY entry_id", (agency_id,)
    )
    return [request_id for (request_id,) in rows]


async def test_what_is_recorded_is_there_for_everybody(
    pool: Pool, owner: psycopg.Connection[Any], entry: Make, agency_id: str
) -> None:
    made = entry(
        detail="khác ' \" \\ \n é", staff="desk-1", purpose="admission", rpc="a/b", legal_basis="x",
        request_base='"@method": POST', request_signature="c2ln", request_digest="ZGln",
        subjects_asked=["one", "two"], subjects_answered=[1, 2**62],
    )  # fmt: skip
    assert await record(AuditWriter(pool), made) == [True]
    cursor = owner.cursor(row_factory=psycopg.rows.dict_row)
    (row,) = cursor.execute("SELECT * FROM audit_entry WHERE agency_id = %s", (agency_id,)).fetchall()
    for name in AuditEntry.__dataclass_fields__:
        told = row[name].isoformat() if name == "day" else row[name]
        assert told == getattr(made, name), name
    assert row["recorded_at"] is not None


async def test_a_replay_is_not_written_a_second_time(
    pool: Pool, owner: psycopg.Connection[Any], entry: Make, agency_id: str
) -> None:
    writer = AuditWriter(pool)
    first, again = entry(nonce="n" * 32 + agency_id), entry(nonce="n" * 32 + agency_id)
    assert await record(writer, first) == [True]
    assert await record(writer, again) == [False]
    assert await record(AuditWriter(pool), again) == [False], "nor by another worker"
    assert kept(owner, agency_id) == [first.request_id]


async def test_of_two_entries_with_one_nonce_in_one_batch_exactly_one_is_written(
    pool: Pool, owner: psycopg.Connection[Any], entry: Make, agency_id: str
) -> None:
    sizes: list[int] = []
    writer = AuditWriter(pool, on_batch=lambda sent, _: sizes.append(sent))
    twins = [entry(nonce="n" * 32 + agency_id) for _ in range(2)]
    told = await record(writer, entry(), *twins, entry())
    assert sizes == [4]
    assert [told[0], told[3]] == [True, True]
    assert sorted(told[1:3]) == [False, True]
    assert len(kept(owner, agency_id)) == 3


async def test_of_two_entries_with_one_nonce_in_two_batches_at_once_exactly_one_is_written(
    runtime_url: str, owner: psycopg.Connection[Any], entry: Make, agency_id: str
) -> None:
    async with open_pool(runtime_url, name="a") as one, open_pool(runtime_url, name="b") as two:
        writers = [AuditWriter(one), AuditWriter(two)]
        for number in range(20):
            nonce = f"{number:032}{agency_id}"
            told = await asyncio.gather(*(record(w, entry(nonce=nonce), entry()) for w in writers))
            assert sorted(outcome for outcome, _ in told) == [False, True]
            assert all(neighbour for _, neighbour in told)
    assert len(kept(owner, agency_id)) == 60


async def test_entries_that_spend_no_nonce_never_meet(
    pool: Pool, owner: psycopg.Connection[Any], entry: Make, agency_id: str
) -> None:
    assert await record(AuditWriter(pool), *(entry(nonce=None) for _ in range(3))) == [True] * 3
    assert len(kept(owner, agency_id)) == 3


async def test_an_entry_that_the_database_cannot_hold_leaves_its_neighbours(
    pool: Pool, owner: psycopg.Connection[Any], entry: Make, agency_id: str
) -> None:
    told = await record(AuditWriter(pool), entry(), entry(detail="a\0b"), entry(day="2026-02-30"), entry())
    assert [outcome is True for outcome in told] == [True, False, False, True]
    assert all(isinstance(outcome, psycopg.DataError) for outcome in told[1:3])
    assert len(kept(owner, agency_id)) == 2


async def test_an_entry_of_a_day_without_a_partition_is_refused_and_leaves_its_neighbours(
    pool: Pool, owner: psycopg.Connection[Any], entry: Make, agency_id: str
) -> None:
    told = await record(AuditWriter(pool), entry(), entry(day="1999-12-31"), entry())
    assert [outcome is True for outcome in told] == [True, False, True]
    assert isinstance(told[1], psycopg.IntegrityError)
    assert len(kept(owner, agency_id)) == 2


async def test_the_same_replays_in_opposite_order_at_two_workers_block_nobody(
    runtime_url: str, entry: Make, agency_id: str
) -> None:
    """Each waits for the other's rows: without one order for all, the server would end one of the two."""
    async with open_pool(runtime_url, name="a") as one, open_pool(runtime_url, name="b") as two:
        writers = [AuditWriter(one), AuditWriter(two)]
        for number in range(10):
            nonces = [f"{number:04}{at:028}{agency_id}" for at in range(200)]
            told = await asyncio.gather(
                record(writers[0], *(entry(nonce=nonce) for nonce in nonces)),
                record(writers[1], *(entry(nonce=nonce) for nonce in reversed(nonces))),
            )
            assert [sorted(pair) for pair in zip(told[0], reversed(told[1]), strict=True)] == [
                [False, True]
            ] * 200


async def test_without_the_database_nothing_counts_as_recorded(entry: Make) -> None:
    async with open_pool("postgresql://nobody@127.0.0.1:1/none", name="none", wait_s=0.2) as pool:
        told = await record(AuditWriter(pool), entry(), entry())
    assert len(told) == 2
    assert all(isinstance(o, psycopg_pool.PoolTimeout | psycopg.OperationalError) for o in told), told


async def test_a_commit_that_takes_too_long_counts_as_not_recorded(
    pool: Pool, owner: psycopg.Connection[Any], entry: Make, agency_id: str
) -> None:
    writer = AuditWriter(pool, batch_seconds=0.3)
    with owner.transaction():
        owner.execute("LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE")
        (told,) = await record(writer, entry())
        assert isinstance(told, TimeoutError)
    assert await record(writer, entry()) == [True], "and the next one is written again"
    assert len(kept(owner, agency_id)) == 1


TODAY = f"audit_entry_{datetime.now(UTC):%Y%m%d}"
REWRITES = (
    "UPDATE audit_entry SET outcome = 'ok'",
    "UPDATE audit_entry SET outcome = 'ok' WHERE false",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    # Naming a partition does not get past the rule.
    f"UPDATE {TODAY} SET outcome = 'ok'",  # noqa: S608 -- a name of ours
    f"DELETE FROM {TODAY}",  # noqa: S608 -- a name of ours
    f"TRUNCATE {TODAY}",
    "DROP TABLE audit_entry",
    "ALTER TABLE audit_entry DISABLE TRIGGER keep",
    f"ALTER TABLE audit_entry DETACH PARTITION {TODAY}",
    f"INSERT INTO {TODAY} SELECT * FROM audit_entry LIMIT 1",  # noqa: S608 -- a name of ours
    "CREATE TABLE audit_entry_copy ()",
)


@pytest.mark.parametrize("statement", REWRITES)
def test_the_gateway_can_rewrite_nothing_of_the_log(runtime_url: str, statement: str) -> None:
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with psycopg.connect(runtime_url, autocommit=True) as gateway, refused:
        gateway.execute(statement)  # type: ignore[call-overload]  # one of the above


@pytest.mark.parametrize("statement", REWRITES[:7])
def test_not_even_the_owner_rewrites_the_log_by_mistake(
    owner: psycopg.Connection[Any], statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="not allowed"):
        owner.execute(statement)  # type: ignore[call-overload]  # one of the above
