"""What the contracts ask for is made once, works, and every difference from it is named."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pika
import pytest

from lienthong.bus import broker, declaring, topology
from lienthong.bus.errors import BrokerUnavailable, BusRefused, Drift
from lienthong.bus.topology import Binding, Exchange, Queue, Topology
from tests.support.bus import Queues
from tests.support.stack import until


def _renamed(ending: str) -> Topology:
    """The topology of the contracts under other names: the stack's own is at work."""
    derived = topology.derive()

    def name(given: str) -> str:
        return f"{ending}.{given}" if given else given

    def arguments(given: dict[str, Any]) -> dict[str, Any]:
        named = ("x-dead-letter-exchange", "x-dead-letter-routing-key")
        return given | {key: name(given[key]) for key in named if key in given}

    return Topology(
        exchanges=tuple(Exchange(name(e.name), e.kind) for e in derived.exchanges),
        queues=tuple(Queue(name(q.name), arguments(dict(q.arguments))) for q in derived.queues),
        bindings=tuple(
            Binding(
                name(b.exchange),
                name(b.queue),
                name(b.routing_key) if b.routing_key == b.queue else b.routing_key,
            )
            for b in derived.bindings
        ),
        work=tuple(name(q) for q in derived.work),
    )


@pytest.fixture
def where(queues: Queues) -> broker.Broker:
    return broker.parse(queues.url)


@pytest.fixture
def wanted(queues: Queues) -> Iterator[Topology]:
    made = _renamed(f"test-{uuid4().hex[:8]}")
    yield made
    with queues.channel() as channel:
        for queue in made.queues:
            channel.queue_delete(queue.name)
        for exchange in made.exchanges:
            channel.exchange_delete(exchange.name)


def _work(wanted: Topology, ending: str) -> str:
    return next(name for name in wanted.work if name.endswith(ending))


def _queue(wanted: Topology, name: str) -> Queue:
    return next(queue for queue in wanted.queues if queue.name == name)


def test_everything_is_made_once_and_then_stands(where: broker.Broker, wanted: Topology) -> None:
    count = len(wanted.queues) + len(wanted.exchanges)
    first, second = declaring.declare(where, wanted), declaring.declare(where, wanted)
    assert (len(first.made), len(first.stood)) == (count, 0)
    assert (len(second.made), len(second.stood)) == (0, count)
    assert declaring.declare(where, wanted, check_only=True) == second


def test_a_check_makes_nothing_and_names_what_is_missing(where: broker.Broker, wanted: Topology) -> None:
    for _ in range(2):
        with pytest.raises(Drift) as drift:
            declaring.declare(where, wanted, check_only=True)
        assert len(drift.value.differences) == len(wanted.queues) + len(wanted.exchanges)


def _changed(argument: str, value: Any) -> Any:
    others: dict[str, Any] = {
        "x-queue-type": None,
        "x-single-active-consumer": None,
        "x-message-ttl": 17,
        "x-dead-letter-exchange": "elsewhere",
        "x-dead-letter-routing-key": "elsewhere",
        "x-overflow": "drop-head",
        "x-dead-letter-strategy": "at-most-once",
    }
    assert value != others[argument]
    return others[argument]


@pytest.mark.parametrize(
    "argument",
    ["x-single-active-consumer", "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key",
     "x-overflow", "x-dead-letter-strategy", "x-queue-type"],
)  # fmt: skip
def test_a_queue_with_another_argument_is_named_with_the_argument(
    where: broker.Broker, wanted: Topology, queues: Queues, argument: str
) -> None:
    victim = next(queue for queue in wanted.queues if argument in queue.arguments)
    changed = dict(victim.arguments)
    changed[argument] = _changed(argument, changed[argument])
    if argument == "x-queue-type":
        changed = {}
    with queues.channel() as channel:
        channel.queue_declare(
            victim.name, durable=True, arguments={k: v for k, v in changed.items() if v is not None}
        )
    with pytest.raises(Drift) as drift:
        declaring.declare(where, wanted)
    (difference,) = drift.value.differences
    assert victim.name in difference
    assert "x-" in difference
    with pytest.raises(Drift) as again:
        declaring.declare(where, wanted, check_only=True)
    assert again.value.differences == [difference], "everything else was made all the same"


def test_an_exchange_of_another_kind_is_named(where: broker.Broker, wanted: Topology, queues: Queues) -> None:
    with queues.channel() as channel:
        channel.exchange_declare(wanted.exchanges[0].name, "fanout", durable=True)
    with pytest.raises(Drift, match=re.escape(wanted.exchanges[0].name)):
        declaring.declare(where, wanted)


@pytest.mark.parametrize("ending", ["CommandService", ".events", ".results"])
def test_what_waits_in_a_retry_queue_comes_back_to_its_queue(
    where: broker.Broker, wanted: Topology, queues: Queues, ending: str
) -> None:
    declaring.declare(where, wanted)
    queue = _work(wanted, ending)
    with queues.channel() as channel:
        channel.confirm_delivery()
        retry = topology.retry_queue(queue, topology.RETRY_DELAYS_S[0])
        channel.basic_publish("", retry, b"again", pika.BasicProperties(delivery_mode=2), mandatory=True)
    until(lambda: queues.depth(queue) == 1, seconds=20, what="it came back")
    assert [body for _, _, body in queues.take(queue)] == [b"again"]


def test_what_a_consumer_rejects_is_set_aside_and_not_lost(
    where: broker.Broker, wanted: Topology, queues: Queues
) -> None:
    declaring.declare(where, wanted)
    queue = _work(wanted, "CommandService")
    with queues.channel() as channel:
        channel.confirm_delivery()
        channel.basic_publish("", queue, b"rejected", pika.BasicProperties(delivery_mode=2), mandatory=True)
        method, _, _ = next(channel.consume(queue, inactivity_timeout=10))
        channel.basic_reject(method.delivery_tag, requeue=False)
    dead = topology.dead_queue(queue)
    until(lambda: queues.depth(dead) == 1, seconds=20, what="it was set aside")


def test_a_command_reaches_its_service_and_an_event_its_subscribers_only(
    where: broker.Broker, wanted: Topology, queues: Queues
) -> None:
    declaring.declare(where, wanted)
    commands, events = (exchange.name for exchange in wanted.exchanges)
    service, subscriber = _work(wanted, "CommandService"), _work(wanted, "health_claims.events")
    with queues.channel() as channel:
        channel.confirm_delivery()
        for exchange, key in (
            (commands, service),
            (events, "vss.contributions.v1.ParticipationChanged"),
            (events, "vss.contributions.v1.MonthsSettled"),
        ):
            channel.basic_publish(exchange, key, key.encode(), pika.BasicProperties(delivery_mode=2))
    until(lambda: queues.depth(service) and queues.depth(subscriber), seconds=10, what="both arrived")
    assert [body for _, _, body in queues.take(service)] == [service.encode()]
    assert [body for _, _, body in queues.take(subscriber)] == [b"vss.contributions.v1.ParticipationChanged"]


def test_a_service_may_not_declare(stack_variable: Any, wanted: Topology) -> None:
    with pytest.raises(BusRefused, match="403"):
        declaring.declare(broker.parse(stack_variable("AMQP_URL_CONTRIBUTIONS")), wanted)


def test_without_a_broker_it_is_unavailable(wanted: Topology, unused_tcp_port: int) -> None:
    with pytest.raises(BrokerUnavailable, match=str(unused_tcp_port)):
        declaring.declare(broker.parse(f"amqp://a:b@127.0.0.1:{unused_tcp_port}/"), wanted)
