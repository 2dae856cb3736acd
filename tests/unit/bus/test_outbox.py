"""Where a message goes, and in which lane it waits."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.bus import envelope, outbox, topology
from lienthong.bus.outbox import Outgoing
from lienthong.bus.tables import LANES, OUTBOX, inbox_rights, outbox_rights
from vss.bus.v1 import bus_pb2

SERVICE = "vss.contributions.v1.ContributionsCommandService"


def _outgoing(key: str, message_id: str) -> Outgoing:
    return Outgoing(
        exchange="", routing_key="q", mandatory=True, type="t", message_id=message_id, body=b"", key=key
    )


@given(key=st.text(min_size=1), first=st.text(), second=st.text())
def test_messages_of_one_key_share_a_lane_whatever_their_ids(key: str, first: str, second: str) -> None:
    assert outbox.lane(_outgoing(key, first)) == outbox.lane(_outgoing(key, second))


def test_messages_without_a_key_use_every_lane_that_the_table_has() -> None:
    lanes = {outbox.lane(_outgoing("", str(number))) for number in range(1_000)}
    assert lanes == set(range(LANES))
    assert f"generate_series(0, {LANES - 1})" in OUTBOX
    assert f"BETWEEN 0 AND {LANES - 1}" in OUTBOX


def test_a_command_goes_to_the_queue_of_its_service_in_the_lane_of_its_key() -> None:
    message = bus_pb2.Command(
        method=f"{SERVICE}/SubmitDeclaration", operation_id="o", ordering_key="0100000001DNA03"
    )
    made = outbox.command(message)
    assert (made.exchange, made.routing_key, made.mandatory) == (topology.COMMANDS, SERVICE, True)
    assert (made.type, made.message_id, made.key) == (envelope.COMMAND, "o", "0100000001DNA03")
    assert bus_pb2.Command.FromString(made.body) == message


@pytest.mark.parametrize(
    ("queue", "mandatory"),
    [(topology.RESULTS, True), (topology.temporary_queue(), False)],
    ids=["lasting", "temporary"],
)
def test_a_result_must_arrive_unless_its_asker_may_be_gone(queue: str, mandatory: bool) -> None:
    made = outbox.result(bus_pb2.Result(operation_id="o"), reply_to=queue)
    assert (made.exchange, made.routing_key, made.mandatory, made.type) == (
        "",
        queue,
        mandatory,
        envelope.RESULT,
    )


def test_an_event_is_for_whoever_subscribed() -> None:
    made = outbox.event(bus_pb2.Event(event_id="e", type="x.Y"), key="k")
    assert (made.exchange, made.routing_key, made.mandatory) == (topology.EVENTS, "x.Y", False)
    assert (made.type, made.message_id, made.key) == (envelope.EVENT, "e", "k")


@pytest.mark.parametrize("rights", [outbox_rights, inbox_rights])
def test_rights_are_given_to_a_name_and_to_nothing_else(rights: object) -> None:
    assert callable(rights)
    with pytest.raises(ValueError, match="not the name of a role"):
        rights("x; DROP TABLE outbox")


def test_what_consumers_import_brings_no_grpc() -> None:
    program = (
        "import sys; from lienthong.bus import broker, envelope, failpoints, outbox, relay, tables, topology;"
        "sys.exit(any(name.split('.')[0] in {'grpc', 'nameko', 'eventlet'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
