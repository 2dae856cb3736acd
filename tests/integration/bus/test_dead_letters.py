"""What was set aside can be looked at, sent again and dropped; each change is recorded first."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pika
import psycopg
import pytest
from typer.testing import CliRunner

from lienthong.bus import envelope, topology
from lienthong.bus.topology import Queue, Topology
from lienthong.cli import app
from lienthong.cli.failures import report
from tests.support.bus import Queues
from vss.bus.v1 import bus_pb2
from vss.contributions.v1 import commands_pb2

_METHOD = "vss.contributions.v1.ContributionsCommandService/RegisterEmployer"
_NAME = "Công ty TNHH Hoa Sen"
_STAFF = "nguyen.van.binh"


@pytest.fixture
def queue(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> str:
    """A work queue that the command takes for one of the contracts', with its dead-letter queue."""
    name = queues.make()
    dead = queues.make(topology.dead_queue(name))
    made = Topology(exchanges=(), queues=(Queue(name, {}), Queue(dead, {})), bindings=(), work=(name,))
    monkeypatch.setattr(topology, "derive", lambda: made)
    return name


@pytest.fixture
def record(stack_variable: Callable[[str], str]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY_OWNER"), autocommit=True) as connection:
        yield connection


@dataclass(frozen=True)
class Ran:
    exit_code: int
    stdout: str


def _run(*arguments: str) -> Ran:
    """The command, with its failures turned into exit codes as its entry point does."""
    done = CliRunner().invoke(app, ["bus", *arguments])
    expected = isinstance(done.exception, Exception)
    return Ran(report(done.exception) if expected else done.exit_code, done.stdout)  # type: ignore[arg-type]


def _actions(record: psycopg.Connection[Any], queue: str) -> list[tuple[Any, ...]]:
    query = "SELECT actor, action, message_id, because FROM bus_action WHERE queue = %s ORDER BY action_id"
    return record.execute(query, (topology.dead_queue(queue),)).fetchall()


def _set_aside(queues: Queues, queue: str, body: bytes, **changed: Any) -> None:
    properties: dict[str, Any] = {
        "content_type": envelope.CONTENT_TYPE,
        "type": envelope.COMMAND,
        "delivery_mode": 2,
        "headers": {
            envelope.REASON: "ATTEMPTS_SPENT",
            envelope.ATTEMPTS: 5,
            envelope.ERROR: "ZeroDivisionError",
            envelope.HELD_AT: 1_795_000_000,
        },
    }
    with queues.channel() as channel:
        channel.confirm_delivery()
        channel.basic_publish(
            "",
            topology.dead_queue(queue),
            body,
            pika.BasicProperties(**(properties | changed)),
            mandatory=True,
        )


def _command(operation_id: str) -> bytes:
    request = commands_pb2.RegisterEmployerRequest(employer_code="0100000003DNA03", name=_NAME)
    return bus_pb2.Command(
        method=_METHOD,
        operation_id=operation_id,
        request=request.SerializeToString(),
        caller=bus_pb2.Caller(agency_id="inspector-demo", staff=_STAFF),
        ordering_key="0100000003DNA03",
        sequence=3,
        schema_version=envelope.SCHEMA_VERSION,
    ).SerializeToString()


@pytest.fixture
def letter(queues: Queues, queue: str) -> str:
    """A command that was set aside; its id."""
    operation_id = str(uuid4())
    _set_aside(queues, queue, _command(operation_id), message_id=operation_id)
    return operation_id


def test_the_list_tells_what_why_and_after_how_many_attempts_and_nothing_of_what_is_carried(
    queue: str, letter: str
) -> None:
    told = _run("dead", "list", queue, "--json").stdout
    (found,) = json.loads(told)
    assert found["letter_id"] == letter
    assert (found["reason"], found["error"], found["attempts"]) == ("ATTEMPTS_SPENT", "ZeroDivisionError", 5)
    assert (found["method"], found["sequence"]) == (_METHOD, "3")
    assert "Hoa Sen" not in told
    assert _STAFF not in told
    assert letter[:8] in _run("dead", "list").stdout


def test_looking_leaves_everything_where_it_is(queues: Queues, queue: str, letter: str) -> None:
    for _ in range(3):
        assert letter[:8] in _run("dead", "list").stdout
    assert queues.depth(topology.dead_queue(queue)) == 1


def test_show_tells_the_envelope_and_with_payload_the_content_which_is_recorded(
    queue: str, letter: str, record: psycopg.Connection[Any]
) -> None:
    plain = _run("dead", "show", queue, letter).stdout
    assert json.loads(plain)["agency_id"] == "inspector-demo"
    assert "Hoa Sen" not in plain
    assert _STAFF not in plain
    assert _actions(record, queue) == []
    shown = json.loads(_run("dead", "show", queue, letter, "--payload", "--as", "an operator").stdout)
    assert shown["payload"]["content"]["name"] == _NAME
    assert _actions(record, queue) == [("an operator", "show_payload", letter, None)]


def test_a_replayed_message_goes_back_to_its_queue_marked_and_without_its_attempts(
    queues: Queues, queue: str, letter: str, record: psycopg.Connection[Any]
) -> None:
    assert _run("dead", "replay", queue, letter, "--as", "an operator").exit_code == 0
    assert queues.depth(topology.dead_queue(queue)) == 0
    ((_, properties, body),) = queues.take(queue)
    assert body == _command(letter)
    assert properties.headers == {envelope.REPLAYED: True}
    assert (properties.type, properties.message_id, properties.delivery_mode) == (envelope.COMMAND, letter, 2)
    assert _actions(record, queue) == [("an operator", "replay", letter, None)]


def test_of_many_only_the_named_one_is_replayed(queues: Queues, queue: str, letter: str) -> None:
    others = [str(uuid4()) for _ in range(5)]
    for other in others:
        _set_aside(queues, queue, _command(other), message_id=other)
    assert _run("dead", "replay", queue, others[2]).exit_code == 0
    left = json.loads(_run("dead", "list", queue, "--json").stdout)
    assert {one["letter_id"] for one in left} == {letter, *others} - {others[2]}


def test_all_that_are_there_can_be_replayed_with_one_command_each_recorded(
    queues: Queues, queue: str, letter: str, record: psycopg.Connection[Any]
) -> None:
    others = [str(uuid4()) for _ in range(20)]
    for other in others:
        _set_aside(queues, queue, _command(other), message_id=other)
    assert _run("dead", "replay", queue).exit_code == 2, "all only when it is said"
    assert _run("dead", "replay", queue, letter, "--all").exit_code == 2
    assert _run("dead", "replay", queue, "--all").exit_code == 0
    assert queues.depth(topology.dead_queue(queue)) == 0
    assert [p.message_id for _, p, _ in queues.take(queue)] == [letter, *others]
    assert [action[2] for action in _actions(record, queue)] == [letter, *others]


def test_those_that_are_there_are_replayed_although_one_is_not(
    queues: Queues, queue: str, letter: str
) -> None:
    assert _run("dead", "replay", queue, "nothing", letter).exit_code == 3
    assert [p.message_id for _, p, _ in queues.take(queue)] == [letter]


def test_a_replay_that_the_broker_does_not_take_stays_and_is_recorded_as_failed(
    queues: Queues, queue: str, letter: str, record: psycopg.Connection[Any]
) -> None:
    with queues.channel() as channel:
        channel.queue_delete(queue)
    assert _run("dead", "replay", queue, letter).exit_code == 3
    assert queues.depth(topology.dead_queue(queue)) == 1
    assert [action[1] for action in _actions(record, queue)] == ["replay", "failed"]


def test_a_drop_needs_a_reason_and_forgets_the_message(
    queues: Queues, queue: str, letter: str, record: psycopg.Connection[Any]
) -> None:
    assert _run("dead", "drop", queue, letter).exit_code == 2
    assert queues.depth(topology.dead_queue(queue)) == 1
    assert _run("dead", "drop", queue, letter, "--because", "sent by mistake").exit_code == 0
    assert queues.depth(topology.dead_queue(queue)) == 0
    assert [action[1:] for action in _actions(record, queue)] == [("drop", letter, "sent by mistake")]


def test_nothing_is_changed_when_it_cannot_be_recorded(queues: Queues, queue: str, letter: str) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    assert _run("dead", "drop", queue, letter, "--because", "x", "--database-url", nowhere).exit_code == 4
    assert _run("dead", "replay", queue, letter, "--database-url", nowhere).exit_code == 4
    assert queues.depth(topology.dead_queue(queue)) == 1


def test_the_record_cannot_be_rewritten(queue: str, letter: str, record: psycopg.Connection[Any]) -> None:
    assert _run("dead", "drop", queue, letter, "--because", "x").exit_code == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        record.execute("DELETE FROM bus_action WHERE message_id = %s", (letter,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        record.execute("UPDATE bus_action SET because = 'y' WHERE message_id = %s", (letter,))


def test_a_message_without_an_id_that_nobody_can_read_is_named_by_its_digest(
    queues: Queues, queue: str
) -> None:
    _set_aside(queues, queue, b"\xff\xff", content_type="text/plain", type=None, headers=None)
    (found,) = json.loads(_run("dead", "list", queue, "--json").stdout)
    assert found["letter_id"].startswith("sha256:")
    assert found["unreadable"] == "content type"
    assert _run("dead", "show", queue, found["letter_id"], "--payload").exit_code == 0
    assert _run("dead", "drop", queue, found["letter_id"], "--because", "not ours").exit_code == 0
    assert queues.depth(topology.dead_queue(queue)) == 0


def test_a_queue_or_a_message_that_is_not_there_is_named(queue: str) -> None:
    assert _run("dead", "replay", queue, "nothing").exit_code == 3
    unknown = _run("dead", "list", "no.such.queue")
    assert unknown.exit_code == 2


def test_status_tells_what_the_broker_and_the_databases_know(queues: Queues, queue: str, letter: str) -> None:
    lines = {line["name"]: line for line in json.loads(_run("status", "--seconds", "0.1", "--json").stdout)}
    assert lines[topology.dead_queue(queue)]["depth"] == 1
    assert lines[queue] | {"change": None} == {
        "name": queue, "depth": 0, "consumers": 0, "oldest_s": None, "rate_in": None, "rate_out": None,
        "change": None,
    }  # fmt: skip
    assert lines["outbox of gateway"]["depth"] >= 0
    assert lines["outbox of gateway"]["rate_in"] is not None
    assert topology.dead_queue(queue)[:12] in _run("status", "--seconds", "0.1").stdout
