"""Events, results, timers, waiting, metrics, and what a consumer refuses to start with."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pika
import psycopg
import pytest

from lienthong.bus import envelope, outbox, pruning, topology
from tests.support.bus import ROOT
from tests.support.bus_contract import ADD, ADDED, Added
from tests.support.bus_running import EVENTS_QUEUE, QUEUE, Base, Wire, command
from tests.support.stack import until
from vss.bus.v1 import bus_pb2

ENTRY_MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in [*ROOT.glob("services/*/consumers.py"), *ROOT.glob("gateway/consumers.py")]
)


def event(amount: int, **changes: Any) -> bus_pb2.Event:
    made = bus_pb2.Event(
        event_id=str(uuid4()),
        type=ADDED,
        payload=Added(account="a", amount=amount).SerializeToString(),
        schema_version=envelope.SCHEMA_VERSION,
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def heard(base: Base) -> list[int]:
    return sorted(row[0] for row in base.rows("SELECT amount FROM heard"))


# --- events


def test_an_event_that_comes_twice_is_taken_in_once(base: Base, wire: Wire, start: Any) -> None:
    start()
    twice, once = event(1), event(2)
    wire.publish([outbox.event(twice), outbox.event(twice), outbox.event(once)])
    until(lambda: heard(base) == [1, 2], seconds=20, what="both are taken in")
    until(lambda: wire.depth(EVENTS_QUEUE) == 0, seconds=10, what="the queue is empty")
    assert heard(base) == [1, 2]
    assert base.rows("SELECT count(*) FROM inbox_event") == [(2,)]


def test_an_event_that_fails_five_times_is_set_aside_and_leaves_nothing(
    base: Base, wire: Wire, start: Any
) -> None:
    start()
    wire.publish([outbox.event(event(13))], headers={envelope.ATTEMPTS: 4})
    ((_, properties, _),) = wire.await_dead(queue=EVENTS_QUEUE)
    assert properties.headers[envelope.REASON] == "ATTEMPTS_SPENT"
    assert heard(base) == []
    assert base.rows("SELECT FROM inbox_event") == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payload": b"\xff"}, "UNREADABLE"),
        ({"event_id": "1"}, "UNREADABLE"),
        ({"type": "vss.bustest.v1.Removed"}, "UNKNOWN_METHOD"),
    ],
)
def test_an_event_that_nobody_can_take_in_is_set_aside(
    wire: Wire, start: Any, change: dict[str, Any], reason: str
) -> None:
    start()
    made = outbox.event(event(1, **change))
    wire.send_raw(
        made.body,
        pika.BasicProperties(content_type=envelope.CONTENT_TYPE, type=envelope.EVENT),
        queue=EVENTS_QUEUE,
    )
    ((_, properties, _),) = wire.await_dead(queue=EVENTS_QUEUE)
    assert properties.headers[envelope.REASON] == reason


# --- results


def test_a_result_lost_before_and_after_its_commit_comes_again(
    base: Base, wire: Wire, start: Any, tmp_path: Path
) -> None:
    queue = wire.make()
    result = bus_pb2.Result(operation_id=str(uuid4()), schema_version=1)
    result.held.reason = "UNREADABLE"
    wire.publish([outbox.result(result, reply_to=queue)])
    for point, completed in (("completion.received", 0), ("completion.committed", 1)):
        (tmp_path / point).touch()
        start(BUSTEST_RESULTS=queue, LIENTHONG_FAILPOINTS=str(tmp_path)).hit(tmp_path, point)
        assert len(base.rows("SELECT FROM completed")) == completed
    start(BUSTEST_RESULTS=queue)
    until(lambda: len(base.rows("SELECT FROM completed")) == 2, seconds=20, what="it comes again")
    assert base.rows("SELECT DISTINCT outcome FROM completed") == [("held",)]


# --- timers


def test_a_timer_has_its_first_turn_at_the_start_and_publishes_in_its_transaction(
    base: Base, wire: Wire, start: Any
) -> None:
    start()
    until(lambda: base.rows("SELECT FROM turn"), seconds=20, what="a turn")
    ((at,),) = base.rows("SELECT at FROM turn")
    assert datetime.now(UTC) - at < timedelta(minutes=1)
    ((body,),) = base.rows("SELECT body FROM outbox WHERE type = %s", envelope.EVENT)
    assert bus_pb2.Event.FromString(body).operation_id == ""


def give_chores(base: Base, count: int) -> None:
    with base.owner() as owner:
        owner.execute("INSERT INTO chore SELECT generate_series(1, %s)", [count])


def test_a_timer_with_more_to_do_goes_on_at_once_in_transactions_of_their_own(base: Base, start: Any) -> None:
    give_chores(base, 5)
    start()
    done = "SELECT count(DISTINCT done_in) FROM chore"
    until(lambda: base.rows(done) == [(5,)], seconds=20, what="each is done, the next turn being an hour off")


def test_a_process_that_stops_ends_the_turn_under_way_and_begins_no_other(base: Base, start: Any) -> None:
    give_chores(base, 5)
    with base.owner() as owner:
        with owner.transaction():
            owner.execute("SELECT FROM chore WHERE number = 3 FOR UPDATE")
            consumer = start()
            held = "SELECT FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))"
            until(lambda: base.rows(held, owner.info.backend_pid), seconds=20, what="the third one waits")
            consumer.terminate()
            until(lambda: consumer.said("consumers.stopping"), seconds=10, what="it wants to stop")
        assert consumer.process.wait(20) == 0
    assert base.rows("SELECT number FROM chore WHERE done_in IS NOT NULL ORDER BY number") == [
        (1,),
        (2,),
        (3,),
    ]


def test_marks_are_forgotten_after_thirty_days_but_not_what_is_held(base: Base) -> None:
    with base.owner() as owner:
        owner.execute(
            "INSERT INTO inbox SELECT gen_random_uuid(), 'm', s, NULL, now() - d * interval '1 day'"
            " FROM unnest(ARRAY[29, 31]) AS d, unnest(ARRAY[1, 2]) AS s"
        )
        owner.execute(
            "INSERT INTO inbox_event SELECT gen_random_uuid(), now() - d * interval '1 day'"
            " FROM unnest(ARRAY[29, 31, 400]) AS d"
        )
    with psycopg.connect(base.url, autocommit=True) as runtime:
        assert pruning.prune(runtime, events=False, now=datetime.now(UTC)) == 1
        assert pruning.prune(runtime, events=True, now=datetime.now(UTC)) == 2
    assert base.rows("SELECT count(*) FROM inbox WHERE state = 2") == [(2,)]
    assert base.rows("SELECT count(*) FROM inbox") == [(3,)]


@pytest.mark.parametrize("events", [False, True])
def test_a_turn_forgets_the_oldest_marks_and_leaves_the_rest_to_the_next(
    base: Base, monkeypatch: pytest.MonkeyPatch, events: bool
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    with base.owner() as owner:
        owner.execute(
            "INSERT INTO inbox SELECT gen_random_uuid(), 'm', 1, NULL, now() - d * interval '1 day'"
            " FROM unnest(ARRAY[31, 41, 51]) AS d"
        )
        owner.execute(
            "INSERT INTO inbox_event SELECT gen_random_uuid(), now() - d * interval '1 day'"
            " FROM unnest(ARRAY[31, 41, 51]) AS d"
        )
    with psycopg.connect(base.url, autocommit=True) as runtime:
        turns = [pruning.prune(runtime, events=events, now=datetime.now(UTC)) for _ in range(3)]
    assert turns == [2, 1, 0]


# --- the process


def test_handlers_that_wait_for_the_database_wait_at_the_same_time(
    base: Base, wire: Wire, start: Any
) -> None:
    consumer = start(LIENTHONG_DATABASE_CONNECTIONS="12")
    wire.send(command(0))
    until(base.results, seconds=20, what="it is warm")
    wire.send(*(command(n, "slow 1") for n in range(10)))
    until(lambda: len(base.results()) == 11, seconds=20, what="all are carried out")
    first, last = base.rows(
        "SELECT min(at), max(at) FROM inbox WHERE operation_id IN"
        " (SELECT operation_id FROM entry WHERE amount > 0)"
    )[0]
    assert (last - first).total_seconds() < 3, "ten waits of a second came one after the other"
    assert consumer.process.poll() is None


def test_metrics_tell_what_became_of_messages(base: Base, wire: Wire, start: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    start(LIENTHONG_METRICS_LISTEN=listen)
    wire.send(command(1), command(2, "refuse"))
    wire.send(command(3, "break"), headers={envelope.ATTEMPTS: 4})
    wire.await_dead()
    until(lambda: len(base.results()) == 3, seconds=20, what="all are told")
    with httpx.Client(trust_env=False, timeout=5) as http:
        text = http.get(f"http://{listen}/metrics").text
    where = f'method="{ADD}"'
    for line in (
        f'lienthong_bus_handled_total{{{where},outcome="done",queue="{QUEUE}"}} 1.0',
        f'lienthong_bus_handled_total{{{where},outcome="refused",queue="{QUEUE}"}} 1.0',
        f'lienthong_bus_handled_total{{{where},outcome="dead",queue="{QUEUE}"}} 1.0',
        f'lienthong_bus_dead_total{{queue="{QUEUE}",reason="ATTEMPTS_SPENT"}} 1.0',
        f"lienthong_bus_seconds_count{{{where}}} 3.0",
        f'lienthong_bus_in_hand{{queue="{QUEUE}"}} 0.0',
        'lienthong_timer_turns_total{outcome="done",timer="turn"} 1.0',
        'lienthong_dependency_up{dependency="broker"} 1.0',
        'lienthong_dependency_up{dependency="database"} 1.0',
    ):
        assert line in text


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'protos' / 'gen'}"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **path, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("module", ["tests.support.bus_consumer", *ENTRY_MODULES])
def test_no_consumer_imports_grpc(module: str) -> None:
    said = _python(f"import {module}, sys; assert 'grpc' not in sys.modules, 'grpc'; print('none')")
    assert (said.stdout.strip(), said.returncode) == ("none", 0), said.stderr


@pytest.mark.parametrize("taken", ["grpc", "psycopg"])
def test_a_process_that_imported_what_green_threads_do_not_bear_is_refused(taken: str) -> None:
    said = _python(f"import {taken}; import lienthong.bus.consuming")
    assert f"{taken} was imported before lienthong.bus.green" in said.stderr


def test_a_handler_that_does_not_fit_its_contract_stops_the_start(base: Base) -> None:
    said = _python(
        "from tests.support import bus_consumer as b, bus_servicer\n"
        "from dataclasses import replace\n"
        "b.run(replace(b.CONSUMERS, servicer=bus_servicer.Listener()))",
        LIENTHONG_DATABASE_URL=base.url,
        LIENTHONG_AMQP_URL="amqp://a:b@127.0.0.1:1/%2F",
    )
    assert said.returncode == 1
    assert "misses Add; has Added, which the contract does not name" in said.stderr


def test_a_wrong_setting_stops_the_start_and_is_named() -> None:
    said = _python(
        "from tests.support import bus_consumer as b; b.run(b.CONSUMERS)",
        LIENTHONG_DATABASE_URL="nonsense",
        LIENTHONG_AMQP_URL="amqp://",
        LIENTHONG_PREFETCH="0",
    )
    assert said.returncode == 2
    for name in ("DATABASE_URL", "AMQP_URL", "PREFETCH"):
        assert f"LIENTHONG_{name}" in said.stderr


def test_results_go_nowhere_but_where_the_command_says(base: Base, wire: Wire, start: Any) -> None:
    start()
    wire.send(command(1, reply_to="reply.x"), command(2, reply_to=topology.RESULTS), command(3, reply_to=""))
    until(lambda: len(base.entries()) == 3, seconds=20, what="all are carried out")
    assert sorted(
        base.rows("SELECT exchange, routing_key, mandatory FROM outbox WHERE type = %s", envelope.RESULT)
    ) == [("", topology.RESULTS, True), ("", "reply.x", False)]
