"""Commands: carried out once, in the order of their key, and each told how it ended."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.rpc import code_pb2

from lienthong.bus import envelope, retrying, topology
from lienthong.rpc import errors
from tests.support.bus_contract import ADDED, AddResponse
from tests.support.bus_running import QUEUE, Base, Numbered, Wire, command
from tests.support.stack import until
from vss.bus.v1 import bus_pb2


def told(base: Base, count: int, *, seconds: float = 20) -> list[bus_pb2.Result]:
    """The results, once there are that many."""
    until(lambda: len(base.results()) >= count, seconds=seconds, what=f"{count} results")
    results = base.results()
    assert len(results) == count
    return results


def settled(wire: Wire) -> None:
    """Return once the queue is empty and nothing is in anybody's hand."""
    until(lambda: wire.depth() == 0, seconds=20, what="the queue is empty")


def test_commands_of_one_key_are_carried_out_once_each_in_the_order_accepted(
    base: Base, wire: Wire, start: Any
) -> None:
    start()
    one, other = Numbered(), Numbered()
    wire.send(*(turn for n in range(40) for turn in (one.add(n), other.add(1000 + n))))
    told(base, 80)
    entries = base.entries()
    assert [amount for amount in entries if amount < 1000] == list(range(40))
    assert [amount for amount in entries if amount >= 1000] == list(range(1000, 1040))
    assert base.rows("SELECT last_sequence FROM inbox_key") == [(40,), (40,)]


def test_change_mark_event_and_result_are_one_commit(base: Base, wire: Wire, start: Any) -> None:
    sent = command(7, traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    wire.send(sent)
    start()
    (result,) = told(base, 1)
    assert AddResponse.FromString(result.response).agency_id == "employer-demo"
    assert (result.operation_id, result.method) == (sent.operation_id, sent.method)
    assert (result.traceparent, result.schema_version) == (sent.traceparent, 1)
    (marked,) = base.rows("SELECT operation_id::text, state, result FROM inbox")
    assert marked == (sent.operation_id, 1, result.SerializeToString())
    (event,) = base.rows(
        "SELECT body, exchange, routing_key FROM outbox WHERE message_id <> %s AND type = %s "
        "AND position(%s::bytea in body) > 0",
        sent.operation_id,
        envelope.EVENT,
        sent.operation_id.encode(),
    )
    assert event[1:] == (topology.EVENTS, ADDED)
    assert bus_pb2.Event.FromString(event[0]).operation_id == sent.operation_id


def test_a_refusal_undoes_the_changes_and_is_the_result(base: Base, wire: Wire, start: Any) -> None:
    start()
    one = Numbered()
    wire.send(one.add(1, "refuse"), one.add(2, "wrong"), one.add(3))
    refused, wrong, done = told(base, 3)
    assert errors.from_status(refused.error).reason == "LEDGER_UNKNOWN"
    assert errors.from_status(wrong.error).fields[0].field == "amount"
    assert done.HasField("response")
    assert base.entries() == [3]
    assert base.rows("SELECT count(*) FROM inbox WHERE state = 1") == [(3,)]


def test_a_command_that_comes_twice_takes_effect_once_and_its_result_is_sent_again(
    base: Base, wire: Wire, start: Any
) -> None:
    start()
    one = Numbered()
    keyed, free = one.add(1), command(2)
    wire.send(keyed, free)
    first = told(base, 2)
    wire.send(keyed, free)
    again = told(base, 4)[2:]
    assert sorted(r.SerializeToString() for r in first) == sorted(r.SerializeToString() for r in again)
    assert sorted(base.entries()) == [1, 2]


def test_what_arrives_out_of_turn_waits_for_its_predecessor_and_counts_no_attempt(
    base: Base, wire: Wire, start: Any
) -> None:
    consumer = start()
    one = Numbered()
    first, second, third = one.add(1), one.add(2), one.add(3)
    wire.send(third, second)
    waiting = topology.retry_queue(QUEUE, 1)
    until(lambda: wire.depth(waiting) == 2, seconds=10, what="two wait")
    assert base.entries() == []
    wire.send(first)
    told(base, 3)
    assert base.entries() == [1, 2, 3]
    assert not consumer.said("bus.attempt_failed")


def test_a_command_after_its_deadline_is_not_begun(base: Base, wire: Wire, start: Any) -> None:
    one = Numbered()
    late = one.add(1)
    late.deadline.FromDatetime(datetime.now(UTC) - timedelta(seconds=1))
    in_time = one.add(2)
    in_time.deadline.FromDatetime(datetime.now(UTC) + timedelta(minutes=5))
    wire.send(late, in_time)
    start()
    refused, done = told(base, 2)
    assert refused.error.code == code_pb2.DEADLINE_EXCEEDED
    assert errors.from_status(refused.error).reason == "DEADLINE_EXCEEDED"
    assert done.HasField("response")
    assert base.entries() == [2]


def test_a_failed_attempt_comes_again_after_a_second_before_its_successor(
    base: Base, wire: Wire, start: Any, tmp_path: Path
) -> None:
    consumer = start()
    one = Numbered()
    wire.send(one.add(1, f"until {tmp_path / 'ready'}"), one.add(2))
    until(lambda: consumer.said("bus.attempt_failed"), seconds=10, what="an attempt fails")
    assert base.entries() == []
    (tmp_path / "ready").touch()
    told(base, 2)
    assert base.entries() == [1, 2]


def test_the_fifth_failed_attempt_sets_a_command_aside_and_its_key_goes_on(
    base: Base, wire: Wire, start: Any
) -> None:
    consumer = start()
    one = Numbered()
    broken = one.add(1, "break")
    wire.send(broken, headers={envelope.ATTEMPTS: 4})
    wire.send(one.add(2))
    held, done = told(base, 2)
    assert (held.held.reason, held.held.attempts) == ("ATTEMPTS_SPENT", 5)
    assert done.HasField("response")
    assert base.entries() == [2]
    ((_, properties, body),) = wire.await_dead()
    assert body == broken.SerializeToString()
    assert (properties.type, properties.message_id) == (envelope.COMMAND, broken.operation_id)
    assert properties.headers[envelope.REASON] == "ATTEMPTS_SPENT"
    assert properties.headers[envelope.ATTEMPTS] == 5
    assert properties.headers[envelope.ERROR] == "ValueError"
    assert abs(properties.headers[envelope.HELD_AT] - datetime.now(UTC).timestamp()) < 60
    assert base.rows("SELECT state FROM inbox WHERE operation_id = %s", broken.operation_id) == [(2,)]
    assert "Bí Mật" not in consumer.log.read_text() + str(properties.headers)


def test_a_replay_is_carried_out_when_it_is_replayed_and_only_then(
    base: Base, wire: Wire, start: Any, tmp_path: Path
) -> None:
    start()
    one = Numbered()
    held = one.add(1, f"until {tmp_path / 'mended'}")
    wire.send(held, headers={envelope.ATTEMPTS: 4})
    wire.send(one.add(2))
    told(base, 2)
    wire.await_dead()
    (tmp_path / "mended").touch()
    wire.send(held)  # a copy that is no replay: it lies in the dead-letter queue already
    settled(wire)
    assert base.entries() == [2]
    wire.send(held, headers={envelope.REPLAYED: True})
    assert told(base, 3)[2].HasField("response")
    wire.send(held, headers={envelope.REPLAYED: True})
    told(base, 4)
    assert base.entries() == [2, 1]
    assert base.rows("SELECT state FROM inbox WHERE operation_id = %s", held.operation_id) == [(1,)]
    assert wire.dead() == []


def test_a_replay_that_fails_five_times_again_is_set_aside_again(base: Base, wire: Wire, start: Any) -> None:
    start()
    held = Numbered().add(1, "break")
    wire.send(held, headers={envelope.ATTEMPTS: 4})
    wire.await_dead()
    wire.send(held, headers={envelope.ATTEMPTS: 4, envelope.REPLAYED: True})
    ((_, properties, _),) = wire.await_dead()
    assert properties.headers[envelope.REASON] == retrying.ATTEMPTS_SPENT
    assert base.outcomes() == ["held", "held"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"method": "vss.bustest.v1.LedgerCommandService/Subtract"}, "UNKNOWN_METHOD"),
        ({"request": b"\xff\xff"}, "UNREADABLE"),
    ],
)
def test_what_nobody_can_carry_out_is_set_aside_at_once_and_its_key_goes_on(
    base: Base, wire: Wire, start: Any, change: dict[str, Any], reason: str
) -> None:
    start()
    one = Numbered()
    wire.send(one.add(1, **change), one.add(2))
    held, done = told(base, 2)
    assert held.held.reason == reason
    assert done.HasField("response")
    ((_, properties, _),) = wire.await_dead()
    assert properties.headers[envelope.REASON] == reason


@pytest.mark.parametrize("change", [{"operation_id": "x"}, {"sequence": 0}, {"schema_version": 2}])
def test_a_command_that_does_not_say_which_it_is_is_set_aside_and_changes_nothing(
    base: Base, wire: Wire, start: Any, change: dict[str, Any]
) -> None:
    start()
    wire.send(Numbered().add(1, **change))
    ((_, properties, _),) = wire.await_dead()
    assert properties.headers[envelope.REASON] == "UNREADABLE"
    assert base.results() == []
    assert base.rows("SELECT FROM inbox_key") == []
