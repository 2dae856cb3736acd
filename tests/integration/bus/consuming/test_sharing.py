"""Small messages that wait share a transaction; what one of them does is its own all the same."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from lienthong.bus import envelope, outbox
from tests.support import bus_contract
from tests.support.bus_running import EVENTS_QUEUE, Base, Numbered, Wire, command
from tests.support.stack import until
from vss.bus.v1 import bus_pb2

# Each transaction that wrote a row of the inbox.
TRANSACTIONS = "SELECT count(DISTINCT xmin::text) FROM inbox"


def heard(amount: int) -> outbox.Outgoing:
    event = bus_pb2.Event(
        event_id=str(uuid4()),
        type=bus_contract.ADDED,
        payload=bus_contract.Added(account="a", amount=amount).SerializeToString(),
        schema_version=envelope.SCHEMA_VERSION,
    )
    return outbox.event(event)


def test_small_commands_that_wait_are_carried_out_in_few_transactions(
    base: Base, wire: Wire, start: Any
) -> None:
    wire.send(*(Numbered().add(n) for n in range(30)), *(command(n) for n in range(30, 60)))
    start(BUSTEST_TOGETHER="yes")
    until(lambda: len(base.results()) >= 60, seconds=20, what="sixty results")
    assert sorted(base.entries()) == list(range(60))
    assert len({result.operation_id for result in base.results()}) == 60
    ((transactions,),) = base.rows(TRANSACTIONS)
    assert transactions <= 20


def test_a_large_command_has_a_transaction_of_its_own(base: Base, wire: Wire, start: Any) -> None:
    wire.send(*(command(n, traceparent="0" * 9_000) for n in range(10)))
    start(BUSTEST_TOGETHER="yes")
    until(lambda: len(base.results()) >= 10, seconds=20, what="ten results")
    assert base.rows(TRANSACTIONS) == [(10,)]


def test_what_no_method_takes_together_has_a_transaction_of_its_own(
    base: Base, wire: Wire, start: Any
) -> None:
    wire.send(*(command(n) for n in range(10)))
    start()
    until(lambda: len(base.results()) >= 10, seconds=20, what="ten results")
    assert base.rows(TRANSACTIONS) == [(10,)]


def test_who_is_refused_among_others_undoes_only_his_own(base: Base, wire: Wire, start: Any) -> None:
    keys = [Numbered() for _ in range(20)]
    wire.send(*(key.add(n, "refuse" if n % 7 == 3 else "") for n, key in enumerate(keys)))
    wire.send(*(key.add(100 + n) for n, key in enumerate(keys)))
    start(BUSTEST_TOGETHER="yes")
    until(lambda: len(base.results()) >= 40, seconds=20, what="forty results")
    done = [n for n in range(20) if n % 7 != 3]
    assert sorted(base.entries()) == done + list(range(100, 120))
    assert base.outcomes().count("error") == 3
    assert base.rows("SELECT DISTINCT last_sequence FROM inbox_key") == [(2,)]


def test_who_fails_among_others_is_tried_again_alone(
    base: Base, wire: Wire, start: Any, tmp_path: Path
) -> None:
    wire.send(*(command(n, f"until {tmp_path / 'now'}" if n == 4 else "") for n in range(10)))
    start(BUSTEST_TOGETHER="yes")
    until(lambda: len(base.results()) >= 9, seconds=20, what="the nine others")
    assert sorted(base.entries()) == [n for n in range(10) if n != 4]
    (tmp_path / "now").touch()
    until(lambda: len(base.results()) >= 10, seconds=20, what="the tenth")
    assert sorted(base.entries()) == list(range(10))


def test_a_command_that_is_known_among_others_takes_effect_once(base: Base, wire: Wire, start: Any) -> None:
    known = Numbered().add(1)
    consumer = start(BUSTEST_TOGETHER="yes")
    wire.send(known)
    until(lambda: len(base.results()) >= 1, seconds=20, what="the first result")
    consumer.kill()
    wire.send(*(Numbered().add(n) for n in range(10, 15)), known, known)
    start(BUSTEST_TOGETHER="yes")
    until(lambda: len(base.results()) >= 8, seconds=20, what="its result twice more, and those of the others")
    assert sorted(base.entries()) == [1, 10, 11, 12, 13, 14]


def test_a_shared_transaction_before_whose_acknowledgement_the_process_dies_takes_effect_once(
    base: Base, wire: Wire, start: Any, tmp_path: Path
) -> None:
    (tmp_path / "consumer.committed").touch()
    wire.send(*(Numbered().add(n) for n in range(30)))
    dying = start(LIENTHONG_FAILPOINTS=str(tmp_path), BUSTEST_TOGETHER="yes")
    dying.hit(tmp_path, "consumer.committed")
    start(BUSTEST_TOGETHER="yes")
    until(lambda: wire.depth() == 0, seconds=20, what="the queue is empty")
    until(lambda: len(base.entries()) >= 30, seconds=20, what="thirty entries")
    assert sorted(base.entries()) == list(range(30))


def test_events_share_a_transaction_and_the_unlucky_one_is_alone(base: Base, wire: Wire, start: Any) -> None:
    wire.publish([heard(amount) for amount in range(30)])
    start(BUSTEST_TOGETHER="yes")
    query = "SELECT amount FROM heard ORDER BY amount"
    until(lambda: len(base.rows(query)) >= 29, seconds=20, what="all but one are heard")
    assert [amount for (amount,) in base.rows(query)] == [n for n in range(30) if n != 13]
    assert base.rows("SELECT count(*) FROM inbox_event") == [(29,)]
    assert wire.depth(EVENTS_QUEUE) == 0


def test_a_batch_of_events_without_trouble_is_one_transaction_or_few(
    base: Base, wire: Wire, start: Any
) -> None:
    wire.publish([heard(amount) for amount in range(100, 140)])
    start(BUSTEST_TOGETHER="yes")
    until(lambda: base.rows("SELECT count(*) FROM heard") == [(40,)], seconds=20, what="forty are heard")
    ((transactions,),) = base.rows("SELECT count(DISTINCT xmin::text) FROM inbox_event")
    assert transactions <= 12
