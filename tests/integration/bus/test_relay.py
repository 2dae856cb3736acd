"""The relay against the real broker and database: what was put arrives, whatever is killed."""

import json
import os
import random
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.local.supervisor import Supervisor
from lienthong.bus import envelope
from lienthong.bus.outbox import Outgoing
from tests.support.bus import Outbox, Queues, RelayProcess, direct, free_port
from tests.support.stack import Running, until

Start = Callable[..., RelayProcess]
Servers = Callable[[str], Any]

_KEYS = 7


@pytest.fixture
def queue(queues: Queues) -> str:
    return queues.make()


@pytest.fixture
def running(stack_variable: Callable[[str], str]) -> Running:
    return Running.from_variables(stack_variable)


def _numbered(queue: str, numbers: Iterable[int]) -> list[Outgoing]:
    """Messages whose key is their number modulo the count of keys."""
    return [
        direct(queue, str(n).encode(), message_id=f"message-{n}", key=f"employer-{n % _KEYS}")
        for n in numbers
    ]


def _first_arrivals(deliveries: Iterable[Any]) -> list[int]:
    """Numbers in the order received, each the first time only."""
    return list(dict.fromkeys(int(body) for _, _, body in deliveries))


def _by_key(numbers: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for number in numbers:
        found[number % _KEYS].append(number)
    return dict(found)


def _expect_all_in_order(queues: Queues, queue: str, count: int) -> None:
    arrived = _first_arrivals(queues.take(queue))
    assert sorted(arrived) == list(range(count)), "lost, or never put"
    assert _by_key(arrived) == _by_key(range(count)), "out of order within a key"


def _events(relay: RelayProcess) -> list[dict[str, Any]]:
    return [json.loads(line) for line in relay.log.read_text().splitlines()]


def test_a_committed_message_arrives_with_its_properties_and_leaves_the_outbox(
    box: Outbox, queues: Queues, queue: str, start_relay: Start
) -> None:
    start_relay()
    body = random.Random(1).randbytes(150_000)
    box.put([direct(queue, body, message_id="one")])
    box.empty()
    ((_, properties, received),) = queues.take(queue)
    assert received == body
    assert (properties.content_type, properties.delivery_mode) == (envelope.CONTENT_TYPE, 2)
    assert (properties.type, properties.message_id) == ("vss.bus.v1.Event", "one")


def test_a_message_that_was_rolled_back_never_leaves(
    box: Outbox, queues: Queues, queue: str, start_relay: Start
) -> None:
    start_relay()
    with psycopg.connect(box.url) as connection:
        box.put_over(connection, [direct(queue, b"never")])
        connection.rollback()
    box.put([direct(queue, b"after")])
    box.empty()
    assert [body for _, _, body in queues.take(queue)] == [b"after"]


def test_a_relay_that_is_told_of_a_message_does_not_wait_for_its_poll(
    box: Outbox, queue: str, start_relay: Start
) -> None:
    relay = start_relay(LIENTHONG_POLL_S="60")
    box.put([direct(queue, b"first")])
    box.empty()  # it has looked once: from here on only a notification wakes it
    for number in range(3):
        box.put([direct(queue, str(number).encode())])
        box.empty(seconds=5)
    assert relay.stop() == 0


def test_a_relay_killed_between_publish_and_confirm_loses_nothing(
    box: Outbox, queues: Queues, queue: str, start_relay: Start, tmp_path: Path
) -> None:
    box.put(_numbered(queue, range(1000)))
    failpoints = tmp_path / "failpoints"
    failpoints.mkdir()
    (failpoints / "relay.published").touch()
    killed = start_relay(LIENTHONG_FAILPOINTS=str(failpoints))
    assert killed.process.wait(20) == -9
    assert (failpoints / f"relay.published.{killed.process.pid}.hit").exists()
    assert box.depth() == 1000, "what was not known to be confirmed is still there"
    start_relay(LIENTHONG_FAILPOINTS=str(failpoints))
    box.empty()
    assert queues.depth(queue) > 1000, "sent, and sent again"
    _expect_all_in_order(queues, queue, 1000)


def test_order_of_each_key_holds_with_two_relays_of_which_one_after_the_other_is_killed(
    box: Outbox, queues: Queues, queue: str, start_relay: Start
) -> None:
    count, chance = 6_000, random.Random(20261122)
    small = {"LIENTHONG_BATCH_MESSAGES": "40"}  # many batches, so that the kills meet them at work
    relays = [start_relay(**small), start_relay(**small)]
    for begin in range(0, count, 100):
        box.put(_numbered(queue, range(begin, begin + 100)))
        if begin % 1_000 == 900:
            victim = chance.randrange(2)
            relays[victim].kill()
            relays[victim] = start_relay(**small)
    box.empty(seconds=60)
    _expect_all_in_order(queues, queue, count)


@pytest.fixture(scope="module")
def pair(
    stack_variable: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Outbox, Queues, str]]:
    """An outbox with two relays at work on it, and a queue."""
    box = Outbox(
        stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER"),
        stack_variable("DATABASE_URL_CONTRIBUTIONS"),
        "contributions",
    )
    queues = Queues(stack_variable("AMQP_URL"))
    folder = tmp_path_factory.mktemp("relays")
    relays = [
        RelayProcess(box.url, queues.url, folder / f"{n}.log", LIENTHONG_BATCH_MESSAGES="8") for n in range(2)
    ]
    yield box, queues, queues.make()
    for relay in relays:
        relay.kill()
    queues.forget()
    box.drop()


# Transactions, each of messages given by the number of their key.
_TRANSACTIONS = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=30), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transactions=_TRANSACTIONS)
def test_whatever_is_put_by_transactions_arrives_in_the_order_of_each_key(
    pair: tuple[Outbox, Queues, str], transactions: list[list[int]]
) -> None:
    box, queues, queue = pair
    expected: dict[int, list[bytes]] = defaultdict(list)
    number = 0
    for keys in transactions:
        messages = []
        for key in keys:
            body = f"{key} {number}".encode()
            number += 1
            expected[key].append(body)
            messages.append(direct(queue, body, key=f"key-{key}"))
        box.put(messages)
    box.empty()
    received: dict[int, list[bytes]] = defaultdict(list)
    for body in dict.fromkeys(body for _, _, body in queues.take(queue)):
        received[int(body.split()[0])].append(body)
    assert received == expected


def test_an_unroutable_message_stays_until_its_queue_is_there_and_the_others_go_on(
    box: Outbox, queues: Queues, queue: str, start_relay: Start
) -> None:
    missing = f"{queue}.later"
    relay = start_relay()
    lost = [direct(missing, str(n).encode(), key="one") for n in range(3)]
    box.put([*lost, *_numbered(queue, range(50))])
    until(lambda: queues.depth(queue) == 50, seconds=20, what="the others arrived")
    assert box.depth() == 3
    assert any(line["event"] == "relay.unroutable" for line in _events(relay))
    queues.make(missing)
    box.empty()
    assert [body for _, _, body in queues.take(missing)] == [b"0", b"1", b"2"]


def test_a_reply_that_nobody_waits_for_any_more_is_forgotten(
    box: Outbox, queue: str, start_relay: Start
) -> None:
    start_relay()
    box.put([direct(f"reply.{queue}", b"too late", mandatory=False)])
    box.empty()


def test_an_exchange_that_is_not_there_does_not_stop_the_others(
    box: Outbox, queues: Queues, queue: str, start_relay: Start
) -> None:
    relay = start_relay()
    wrong = Outgoing(
        exchange="vss.nowhere",
        routing_key="x",
        mandatory=True,
        type="vss.bus.v1.Event",
        message_id="wrong",
        body=b"",
    )
    box.put([wrong, *_numbered(queue, range(50))])
    until(lambda: box.depth() == 1, seconds=30, what="the others arrived")
    _expect_all_in_order(queues, queue, 50)
    said = [line["said"] for line in _events(relay) if line["event"] == "relay.channel_refused"]
    assert "vss.nowhere" in said[0]


def test_nothing_is_lost_when_the_broker_is_stopped_and_started_and_then_killed_under_load(
    box: Outbox, queues: Queues, queue: str, start_relay: Start, running: Running
) -> None:
    relay = start_relay(LIENTHONG_BATCH_MESSAGES="40")
    # An orderly restart first: RabbitMQ 3.10 finds no leader any more for a queue that was
    # declared within the last second before a kill.
    servers = Supervisor(running.stack)
    servers.stop("rabbitmq")
    box.put([direct(queue, b"0", message_id="message-0", key="employer-0")])
    servers.start("rabbitmq")
    box.empty(seconds=60)
    assert [body for _, _, body in queues.take(queue)] == [b"0"]
    box.put(_numbered(queue, range(3_000)))
    until(lambda: box.depth() < 3_000, seconds=20, what="the relay is at work")
    os.kill(running.process("rabbitmq").pid, 9)
    box.put(_numbered(queue, range(3_000, 4_000)))
    box.empty(seconds=60)
    assert relay.process.poll() is None, "the same process"
    _expect_all_in_order(queues, queue, 4_000)


def test_a_broker_that_stands_still_is_given_up_and_found_again(
    box: Outbox, queues: Queues, queue: str, start_relay: Start, running: Running
) -> None:
    relay = start_relay(LIENTHONG_BATCH_MESSAGES="40", LIENTHONG_CONFIRM_TIMEOUT_S="1")
    box.put(_numbered(queue, range(3_000)))
    until(lambda: box.depth() < 3_000, seconds=20, what="the relay is at work")
    broker = running.process("rabbitmq").pid
    os.kill(broker, signal.SIGSTOP)
    try:
        until(lambda: _said(relay, "no confirm within 1 s"), seconds=20, what="the relay has given up")
    finally:
        os.kill(broker, signal.SIGCONT)
    box.empty(seconds=100)
    _expect_all_in_order(queues, queue, 3_000)


def _said(relay: RelayProcess, what: str) -> bool:
    return any(line.get("said") == what for line in _events(relay))


def test_a_message_that_the_broker_has_no_room_for_stays_until_there_is(
    box: Outbox, queues: Queues, queue: str, start_relay: Start
) -> None:
    small = queues.make(f"{queue}.small", **{"x-max-length": 10, "x-overflow": "reject-publish"})
    relay = start_relay(LIENTHONG_BATCH_MESSAGES="16")
    box.put(_numbered(small, range(60)))
    until(lambda: any(line["event"] == "relay.nacked" for line in _events(relay)), seconds=20, what="no room")
    box.put(_numbered(queue, range(60, 70)))
    until(lambda: queues.depth(queue) == 10, seconds=20, what="others go on")
    assert box.depth() > 0
    arrived: set[int] = set()
    until(
        lambda: arrived.update(_first_arrivals(queues.take(small))) or len(arrived) == 60,
        seconds=60,
        what="everything arrived as room was made",
    )
    box.empty()


def test_nothing_is_lost_when_the_database_is_killed_under_load(
    box: Outbox, queues: Queues, queue: str, start_relay: Start, running: Running
) -> None:
    relay = start_relay(LIENTHONG_BATCH_MESSAGES="40")
    box.put(_numbered(queue, range(3_000)))
    until(lambda: box.depth() < 3_000, seconds=20, what="the relay is at work")
    os.kill(running.process("postgres").pid, 9)
    until(lambda: _answers(box), seconds=60, what="the database is back")
    box.put(_numbered(queue, range(3_000, 3_500)))
    box.empty(seconds=60)
    assert relay.process.poll() is None, "the same process"
    _expect_all_in_order(queues, queue, 3_500)


def _answers(box: Outbox) -> bool:
    try:
        box.depth()
    except psycopg.OperationalError:
        return False
    return True


def test_memory_is_bounded_however_much_waits(box: Outbox, queue: str, start_relay: Start) -> None:
    body = bytes(150_000)
    for _ in range(20):
        box.put([direct(queue, body) for _ in range(70)])  # 210 MB in all
    relay = start_relay()
    box.empty(seconds=100)
    assert relay.peak_mib() < 150
    assert relay.stop() == 0


def test_a_relay_that_is_told_to_stop_ends_its_batch_and_says_so(
    box: Outbox, queues: Queues, queue: str, start_relay: Start
) -> None:
    box.put(_numbered(queue, range(2_000)))
    relay = start_relay(LIENTHONG_BATCH_MESSAGES="40")
    until(lambda: box.depth() < 2_000, seconds=20, what="the relay is at work")
    assert relay.stop() == 0
    assert _events(relay)[-1]["event"] == "relay.stopped"
    assert queues.depth(queue) + box.depth() == 2_000, "each is either confirmed and deleted, or still there"


def test_metrics_tell_depth_age_published_and_confirms(box: Outbox, queue: str, start_relay: Start) -> None:
    port = free_port()
    start_relay(LIENTHONG_METRICS_LISTEN=f"127.0.0.1:{port}")
    box.put(_numbered(queue, range(25)))
    box.empty()
    with httpx.Client(trust_env=False) as http:
        seen = http.get(f"http://127.0.0.1:{port}/metrics").text
    assert "lienthong_outbox_published_total 25.0" in seen
    assert "lienthong_outbox_depth " in seen
    assert "lienthong_outbox_oldest_seconds " in seen
    assert "lienthong_outbox_confirm_seconds_count" in seen
    assert 'lienthong_dependency_up{dependency="rabbitmq"} 1.0' in seen


def test_a_relay_without_its_address_of_the_broker_does_not_start(box: Outbox, start_relay: Start) -> None:
    relay = start_relay(LIENTHONG_AMQP_URL="amqp://nobody")
    assert relay.process.wait(20) == 2
    assert "LIENTHONG_AMQP_URL" in relay.log.read_text()
