"""Accepting, on a real PostgreSQL: everything of an operation, or nothing."""

import asyncio
import uuid
from typing import Any

import psycopg
import pytest

from gateway.accepting import Acceptance, Accepting, Outcome
from lienthong.db.pool import Pool
from tests.integration.gateway.support import SERVICE, acceptance
from vss.bus.v1 import bus_pb2


def written(owner: psycopg.Connection[Any], one: Acceptance) -> tuple[int, int, int]:
    """How many entries, operations and messages there are of an acceptance."""
    row = owner.execute(
        "SELECT (SELECT count(*) FROM audit_entry WHERE request_id = %(request_id)s),"
        " (SELECT count(*) FROM operation WHERE operation_id = %(id)s),"
        " (SELECT count(*) FROM outbox WHERE message_id = %(id)s::text)",
        {"request_id": one.entry.request_id, "id": one.operation.operation_id},
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


async def accept(accepting: Accepting, *ones: Acceptance) -> list[Any]:
    deadline = asyncio.get_running_loop().time() + 10
    return await asyncio.gather(
        *(accepting.accept(one, deadline=deadline) for one in ones), return_exceptions=True
    )


def messages(owner: psycopg.Connection[Any], agency_id: str) -> list[bus_pb2.Command]:
    """The commands of an agency in the outbox, in its order."""
    rows = owner.execute(
        "SELECT body FROM outbox WHERE message_id IN"
        " (SELECT operation_id::text FROM operation WHERE agency_id = %s) ORDER BY id",
        (agency_id,),
    ).fetchall()
    return [bus_pb2.Command.FromString(body) for (body,) in rows]


async def test_an_accepted_command_is_an_entry_an_operation_and_a_message(
    pool: Pool, owner: psycopg.Connection[Any], agency_id: str
) -> None:
    one = acceptance(agency_id, ordering_value="unit-1")
    assert await accept(Accepting(pool), one) == [Outcome.ACCEPTED]
    assert written(owner, one) == (1, 1, 1)
    (command,) = messages(owner, agency_id)
    assert (command.method, command.operation_id) == (f"{SERVICE}/Do", str(one.operation.operation_id))
    assert (command.request, command.evidence, command.reply_to) == (b"request", b"e" * 32, "gateway.results")
    found = await Accepting(pool).find(agency_id, one.operation.idempotency_key)
    assert found is not None
    assert (found["operation_id"], found["state"]) == (one.operation.operation_id, 1)


async def test_commands_of_one_key_are_numbered_without_gaps_in_the_order_in_which_they_leave(
    pool: Pool, owner: psycopg.Connection[Any], agency_id: str
) -> None:
    keys = [f"unit-{uuid.uuid4().hex}" for _ in range(3)]
    workers = [Accepting(pool, max_batch=7), Accepting(pool, max_batch=5)]
    all_ones = [acceptance(agency_id, ordering_value=keys[n % 3]) for n in range(120)]
    outcomes = await asyncio.gather(accept(workers[0], *all_ones[:60]), accept(workers[1], *all_ones[60:]))
    assert outcomes == [[Outcome.ACCEPTED] * 60] * 2
    left = messages(owner, agency_id)
    for key in keys:
        numbers = [command.sequence for command in left if command.ordering_key == key]
        assert numbers == list(range(1, 41))


async def test_a_command_without_a_key_has_no_number(
    pool: Pool, owner: psycopg.Connection[Any], agency_id: str
) -> None:
    await accept(Accepting(pool), acceptance(agency_id))
    assert [(c.ordering_key, c.sequence) for c in messages(owner, agency_id)] == [("", 0)]


async def test_a_replay_leaves_nothing_and_takes_no_number_from_its_neighbours(
    pool: Pool, owner: psycopg.Connection[Any], agency_id: str
) -> None:
    key = f"unit-{uuid.uuid4().hex}"
    first = acceptance(agency_id, ordering_value=key)
    accepting = Accepting(pool)
    await accept(accepting, first)
    replay = acceptance(agency_id, ordering_value=key, entry={"nonce": first.entry.nonce})
    others = [acceptance(agency_id, ordering_value=key) for _ in range(4)]
    outcomes = await accept(accepting, *others[:2], replay, *others[2:])
    assert outcomes == [Outcome.ACCEPTED] * 2 + [Outcome.REPLAYED] + [Outcome.ACCEPTED] * 2
    assert written(owner, replay) == (0, 0, 0)
    assert [c.sequence for c in messages(owner, agency_id)] == [1, 2, 3, 4, 5]


async def test_of_many_with_one_name_one_is_accepted_whoever_accepts_it(
    pool: Pool, owner: psycopg.Connection[Any], agency_id: str
) -> None:
    ones = [acceptance(agency_id, idempotency_key="mine", ordering_value="unit") for _ in range(10)]
    other = acceptance(agency_id, ordering_value="unit")
    workers = [Accepting(pool, max_batch=4), Accepting(pool, max_batch=4)]
    first, second = await asyncio.gather(accept(workers[0], *ones[:5], other), accept(workers[1], *ones[5:]))
    assert sorted(o.name for o in first[:5] + second) == ["ACCEPTED"] + ["NAMED"] * 9
    assert first[5] is Outcome.ACCEPTED
    assert sum(written(owner, one)[1] for one in ones) == 1
    # Neither an entry nor a message of those that were not accepted.
    assert {written(owner, one) for one in ones} == {(1, 1, 1), (0, 0, 0)}


async def test_the_same_name_of_two_agencies_is_two_operations(
    pool: Pool, owner: psycopg.Connection[Any], agency_id: str
) -> None:
    other = f"other-{uuid.uuid4().hex[:12]}"
    ones = [acceptance(agency_id, idempotency_key="mine"), acceptance(other, idempotency_key="mine")]
    try:
        assert await accept(Accepting(pool), *ones) == [Outcome.ACCEPTED] * 2
        assert await Accepting(pool).find("nobody", "mine") is None
    finally:
        owner.execute("DELETE FROM outbox WHERE message_id = %s", (str(ones[1].operation.operation_id),))


@pytest.mark.parametrize("size", [10, 100_000])
async def test_an_entry_that_cannot_be_written_keeps_its_command_back_and_no_other(
    pool: Pool, owner: psycopg.Connection[Any], agency_id: str, size: int
) -> None:
    wrong = acceptance(agency_id, entry={"day": "1999-01-01"}, request=b"r" * size)
    right = acceptance(agency_id)
    outcomes = await accept(Accepting(pool), wrong, right)
    assert isinstance(outcomes[0], psycopg.IntegrityError)
    assert outcomes[1] is Outcome.ACCEPTED
    assert written(owner, wrong) == (0, 0, 0)
    assert written(owner, right) == (1, 1, 1)


async def test_a_large_command_is_accepted_by_itself(
    pool: Pool, owner: psycopg.Connection[Any], agency_id: str
) -> None:
    one = acceptance(agency_id, request=b"r" * 5_000_000)
    assert await accept(Accepting(pool), one) == [Outcome.ACCEPTED]
    assert [len(c.request) for c in messages(owner, agency_id)] == [5_000_000]


def test_the_gateway_can_neither_forget_an_operation_nor_rewrite_what_was_asked(
    stack_variable: Any, agency_id: str
) -> None:
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY"), autocommit=True) as runtime:
        for statement in (
            "DELETE FROM operation",
            "UPDATE operation SET agency_id = 'x'",
            "DELETE FROM webhook_delivery",
            "SELECT * FROM bus_action",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                runtime.execute(statement)
    assert agency_id
