"""Queues and exchanges follow from the contracts."""

from lienthong.bus import topology

SERVICE = "vss.contributions.v1.ContributionsCommandService"
CLAIMS = "vss.health_claims.v1.HealthClaimsCommandService"


def _queues() -> dict[str, dict[str, object]]:
    return {queue.name: dict(queue.arguments) for queue in topology.derive().queues}


def test_a_command_service_has_a_queue_of_its_name_with_one_active_consumer() -> None:
    assert topology.command_services() == (SERVICE, CLAIMS)
    assert _queues()[SERVICE]["x-single-active-consumer"] is True
    bound = {(b.exchange, b.queue, b.routing_key) for b in topology.derive().bindings}
    assert (topology.COMMANDS, SERVICE, SERVICE) in bound


def test_every_queue_that_is_consumed_has_its_retries_and_its_dead_letters() -> None:
    found = topology.derive()
    expected = set()
    for name in found.work:
        expected |= {name, topology.dead_queue(name)}
        expected |= {topology.retry_queue(name, delay) for delay in topology.RETRY_DELAYS_S}
    assert {queue.name for queue in found.queues} == expected
    assert set(found.work) == {SERVICE, CLAIMS, "health_claims.events", topology.RESULTS}


def test_every_queue_survives_a_node() -> None:
    assert {arguments["x-queue-type"] for arguments in _queues().values()} == {"quorum"}


def test_a_retry_gives_back_to_its_own_queue_only_and_loses_nothing_on_the_way() -> None:
    queues, found = _queues(), topology.derive()
    for name in found.work:
        for delay in topology.RETRY_DELAYS_S:
            arguments = queues[topology.retry_queue(name, delay)]
            assert arguments["x-message-ttl"] == delay * 1000
            assert arguments["x-dead-letter-routing-key"] == name
            assert arguments["x-dead-letter-strategy"] == "at-least-once"
            through = topology.COMMANDS if name in {SERVICE, CLAIMS} else ""
            assert arguments["x-dead-letter-exchange"] == through


def test_an_event_reaches_those_who_subscribed_to_it() -> None:
    found = topology.derive(subscriptions={"a": ("x.Y", "x.Z"), "b": ("x.Y",)})
    events = {(b.queue, b.routing_key) for b in found.bindings if b.exchange == topology.EVENTS}
    assert events == {("a.events", "x.Y"), ("a.events", "x.Z"), ("b.events", "x.Y")}


def test_every_event_that_somebody_subscribed_to_is_in_a_contract() -> None:
    from google.protobuf import descriptor_pool

    from vss.contributions.v1 import events_pb2

    assert events_pb2.DESCRIPTOR.package == "vss.contributions.v1"
    for kinds in topology.SUBSCRIPTIONS.values():
        for kind in kinds:
            assert descriptor_pool.Default().FindMessageTypeByName(kind).full_name == kind


def test_a_callers_own_queue_is_known_by_its_name() -> None:
    assert topology.is_temporary(topology.temporary_queue())
    assert topology.temporary_queue() != topology.temporary_queue()
    assert not topology.is_temporary(topology.RESULTS)
