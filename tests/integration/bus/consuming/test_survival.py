"""What a consumer must survive without losing a message: garbage, kills, and servers that go away."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika
import pytest

from deploy.local import health, waiting
from deploy.local.stack import Stack, from_environment
from deploy.local.supervisor import Supervisor
from lienthong.bus import envelope
from tests.support.bus_running import Base, Numbered, Wire, command
from tests.support.stack import until

PERSISTENT = 2


@pytest.fixture(scope="module")
def stack(stack_variable: Callable[[str], str]) -> Stack:
    return from_environment({"RUN": stack_variable("RUN"), "PORT_BASE": stack_variable("PORT_BASE")})


def kill_server(stack: Stack, name: str) -> None:
    """SIGKILL, and wait until the supervisor has it back."""

    def pid() -> int:
        return next(state.pid for state in Supervisor(stack).states() if state.name == name)

    before = pid()
    os.kill(before, signal.SIGKILL)
    waiting.until(lambda: "still away" if pid() in {0, before} else health.missing(stack, name), seconds=40)


def unreadable(**changes: Any) -> pika.BasicProperties:
    usual = {"content_type": envelope.CONTENT_TYPE, "type": envelope.COMMAND, "delivery_mode": PERSISTENT}
    return pika.BasicProperties(**{**usual, **changes})


# --- messages that cannot be read


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        (b"\xff\xff\xff", unreadable()),
        (b'{"who": "somebody else"}', unreadable(content_type="application/json")),
        (b"\x80\x04N.", unreadable(content_type="application/x-python-serialize")),
        (b"what", unreadable(content_type=None)),
        (b"", unreadable(type=None)),
        (b"", unreadable(type="vss.bus.v1.Result")),
        (b"not packed", unreadable(headers={"compression": "application/x-gzip"})),
        (b"x", unreadable(headers={"compression": "unheard-of"})),
        (b"x", unreadable(content_encoding="no-such-encoding", content_type="text/plain")),
    ],
)
def test_what_cannot_be_read_is_set_aside_as_it_came_and_never_acknowledged_away(
    base: Base, wire: Wire, start: Any, body: bytes, properties: pika.BasicProperties
) -> None:
    start()
    wire.send_raw(body, properties)
    sent = command(1)
    wire.send(sent)
    until(base.results, seconds=20, what="the next command is carried out")
    ((_, found, kept),) = wire.await_dead()
    assert kept == body
    assert (found.content_type, found.type) == (properties.content_type, properties.type)
    assert found.headers[envelope.REASON] == "UNREADABLE"


def test_headers_that_are_not_what_they_should_be_harm_nobody(base: Base, wire: Wire, start: Any) -> None:
    start()
    odd = {envelope.ATTEMPTS: "many", "x-waits": -1, envelope.REPLAYED: "no", "x-death": "later"}
    wire.send(command(1), headers=odd)
    until(base.results, seconds=20, what="it is carried out")
    assert base.entries() == [1]


# --- kills


def test_a_consumer_killed_between_commit_and_ack_has_done_it_once_and_says_so_again(
    base: Base, wire: Wire, start: Any, tmp_path: Path
) -> None:
    (tmp_path / "consumer.committed").touch()
    one = Numbered()
    wire.send(one.add(1), one.add(2), one.add(3))
    start(LIENTHONG_FAILPOINTS=str(tmp_path)).hit(tmp_path, "consumer.committed")
    assert base.entries() == [1]
    start()
    until(lambda: base.entries() == [1, 2, 3], seconds=20, what="the others are carried out")
    until(lambda: len(base.results()) == 4, seconds=20, what="the first is told again")
    first, again = [r for r in base.results() if r.operation_id == base.results()[0].operation_id]
    assert first == again


def test_a_consumer_killed_at_work_leaves_nothing_behind_and_the_next_one_does_it(
    base: Base, wire: Wire, start: Any
) -> None:
    one = Numbered()
    consumer = start()
    wire.send(*(one.add(n) for n in range(300)))
    until(lambda: len(base.entries()) > 20, seconds=20, what="some are carried out")
    consumer.kill()
    start()
    until(lambda: len(base.entries()) == 300, seconds=40, what="all are carried out")
    assert base.entries() == list(range(300))
    assert wire.dead() == []


def test_sigterm_finishes_what_is_at_work_and_gives_the_rest_back(base: Base, wire: Wire, start: Any) -> None:
    consumer = start()
    one = Numbered()
    wire.send(one.add(1, "slow 1.5"), one.add(2), command(3, "slow 1.5"))
    at_work = "SELECT FROM pg_locks WHERE relation = 'entry'::regclass AND mode = 'RowExclusiveLock'"
    until(lambda: len(base.rows(at_work)) >= 2, seconds=10, what="two are at work")
    assert consumer.stop() == 0
    assert sorted(base.entries()) == [1, 3]
    assert wire.depth() == 1
    assert consumer.said("consumers.stopped")


# --- servers that go away


def test_the_database_killed_at_work_dead_letters_nothing_and_keeps_the_order(
    base: Base, wire: Wire, start: Any, stack: Stack
) -> None:
    consumer = start()
    one = Numbered()
    wire.send(*(one.add(n) for n in range(200)))
    until(lambda: len(base.entries()) > 10, seconds=20, what="some are carried out")
    kill_server(stack, "postgres")
    wire.send(one.add(200))
    until(lambda: len(base.entries()) == 201, seconds=40, what="all are carried out")
    assert base.entries() == list(range(201))
    assert wire.dead() == []
    assert consumer.process.poll() is None
    assert not consumer.said("bus.attempt_failed")


def test_after_the_database_was_killed_while_nothing_came_the_next_command_meets_one_dead_connection(
    base: Base, wire: Wire, start: Any, stack: Stack
) -> None:
    consumer = start(LIENTHONG_DATABASE_CONNECTIONS="6")
    mine = "SELECT pid FROM pg_stat_activity WHERE application_name = 'lienthong-bustest-consumers'"
    until(lambda: len(base.rows(mine)) == 6, seconds=20, what="its connections are there")
    kill_server(stack, "postgres")
    one = Numbered()
    wire.send(*(one.add(n) for n in range(12)))
    until(lambda: len(base.entries()) == 12, seconds=20, what="all are carried out")
    assert consumer.log.read_text().count("discarding closed connection") == 1


def test_the_broker_killed_at_work_loses_nothing_and_keeps_the_order(
    base: Base, wire: Wire, start: Any, stack: Stack
) -> None:
    consumer = start()
    one = Numbered()
    wire.send(*(one.add(n) for n in range(300)))
    until(lambda: len(base.entries()) > 10, seconds=20, what="some are carried out")
    kill_server(stack, "rabbitmq")
    wire.send(one.add(300))
    until(lambda: len(base.entries()) == 301, seconds=60, what="all are carried out")
    assert base.entries() == list(range(301))
    assert wire.dead() == []
    assert consumer.process.poll() is None


def test_a_consumer_starts_without_its_broker_and_stops_when_told(base: Base, wire: Wire, start: Any) -> None:
    consumer = start(LIENTHONG_AMQP_URL="amqp://nobody:none@127.0.0.1:1/%2F")
    until(lambda: consumer.said("broker.down"), seconds=10, what="it says that the broker is away")
    assert consumer.stop() == 0


def test_a_consumer_stops_while_its_broker_is_gone(base: Base, wire: Wire, start: Any, stack: Stack) -> None:
    consumer = start()
    until(lambda: consumer.said("broker.up"), seconds=20, what="it is connected")
    Supervisor(stack).stop("rabbitmq")
    try:
        until(lambda: consumer.said("broker.down"), seconds=20, what="it says that the broker is away")
        assert consumer.stop() == 0
    finally:
        Supervisor(stack).start("rabbitmq")
        waiting.until(lambda: health.missing(stack, "rabbitmq"), seconds=40)


def test_a_consumer_stops_while_its_database_is_away_and_the_message_stays(wire: Wire, start: Any) -> None:
    consumer = start(LIENTHONG_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nowhere?connect_timeout=2")
    wire.send(command(1))
    until(lambda: consumer.said("broker.up") and wire.depth() == 0, seconds=10, what="it is delivered")
    assert consumer.stop() == 0
    assert wire.depth() == 1


def test_two_consumers_side_by_side_do_everything_once(base: Base, wire: Wire, start: Any) -> None:
    start()
    start()
    one = Numbered()
    wire.send(*(one.add(n) for n in range(100)))
    until(lambda: len(base.entries()) == 100, seconds=20, what="all are carried out")
    assert base.entries() == list(range(100))
