"""What is the bus's own in a channel: deadlines on both sides, bounds, the broker, the end."""

import time
from socket import SHUT_RDWR
from typing import Any
from uuid import uuid4

import grpc
import pytest

from lienthong.bus import broker, envelope, outbox, topology
from lienthong.bus.channel import BusChannel
from lienthong.rpc import errors
from tests.support.bus_contract import AddRequest, LedgerStub
from tests.support.bus_doors import bus_channel
from tests.support.bus_running import Base, ConsumerProcess, Wire
from tests.support.stack import until
from vss.bus.v1 import bus_pb2
from vss.contributions.v1 import commands_pb2_grpc

from google.rpc import status_pb2  # isort: skip


def request(how: str = "") -> Any:
    return AddRequest(account=uuid4().hex, amount=1, how=how)


def reason_of(error: Any) -> str:
    (value,) = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
    return errors.from_status(status_pb2.Status.FromString(value)).reason


def sever(channel: BusChannel) -> None:
    """End the connection as a cut cable does."""
    socket = channel._line._connection._transport._sock
    socket.shutdown(SHUT_RDWR)


def test_the_generated_stub_of_a_command_service_takes_it_as_it_is(wire: Wire) -> None:
    with bus_channel(wire.url) as channel:
        stub: Any = commands_pb2_grpc.ContributionsCommandServiceStub(channel)  # type: ignore[no-untyped-call]
    assert callable(stub.SubmitDeclaration.with_call)


@pytest.mark.parametrize("kind", ["unary_stream", "stream_unary", "stream_stream"])
def test_streams_are_refused_in_clear_words(bus: BusChannel, kind: str) -> None:
    with pytest.raises(NotImplementedError, match=r"/a\.B/C: the bus carries unary RPCs only"):
        getattr(bus, kind)("/a.B/C", request_serializer=bytes, response_deserializer=bytes)


def test_what_a_command_carries_is_who_asks_why_and_until_when(wire: Wire) -> None:
    service = wire.make_bound(topology.COMMANDS)
    parent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    with bus_channel(wire.url) as channel:
        metadata = (("traceparent", parent), ("x-a", "1"), ("x-a", "2"))
        future = channel.unary_unary(f"/{service}/Do").future(b"asked", timeout=60, metadata=metadata)
        until(lambda: wire.depth(service) == 1, seconds=20, what="the command is in its queue")
        future.cancel()
    ((_, properties, body),) = wire.take(service)
    command = bus_pb2.Command.FromString(body)
    assert (properties.message_id, command.method) == (command.operation_id, f"{service}/Do")
    assert (command.request, command.caller.staff) == (b"asked", "Lê Văn Tư")
    assert (command.purpose, command.traceparent, command.metadata["x-a"]) == ("employment", parent, "1,2")
    assert 50 < command.deadline.seconds - time.time() <= 60
    assert (command.ordering_key, command.sequence) == ("", 0)
    assert command.reply_to.startswith("reply.")


def test_a_command_that_nobody_began_before_its_deadline_is_not_carried_out(
    wire: Wire, base: Base, service: ConsumerProcess
) -> None:
    busy, late = [request("slow 2") for _ in range(8)], request()
    with bus_channel(wire.url) as channel:
        stub = LedgerStub(channel)
        futures = [stub.Add.future(one, timeout=20) for one in busy]
        until(
            lambda: base.rows("SELECT FROM pg_locks WHERE relation = 'entry'::regclass"),
            seconds=10,
            what="work",
        )
        with pytest.raises(grpc.RpcError) as failed:
            stub.Add(late, timeout=0.2)
        assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        for future in futures:
            future.result(30)
    marked = "SELECT FROM inbox WHERE position(convert_to('DEADLINE_EXCEEDED', 'UTF8') in result) > 0"
    until(lambda: base.rows(marked), seconds=10, what="the consumer refuses it")
    assert base.rows("SELECT FROM entry WHERE account = %s", late.account) == []


def test_beyond_its_bound_a_call_fails_at_once_and_is_not_sent(wire: Wire, service: ConsumerProcess) -> None:
    with bus_channel(wire.url, most_outstanding=2) as channel:
        stub = LedgerStub(channel)
        under_way = [stub.Add.future(request("slow 1"), timeout=20) for _ in range(2)]
        with pytest.raises(grpc.RpcError) as failed:
            stub.Add(request(), timeout=20)
        assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        for future in under_way:
            future.result(20)
        assert stub.Add(request(), timeout=20).place > 0


def test_close_fails_what_is_under_way_with_cancelled(wire: Wire, service: ConsumerProcess) -> None:
    channel = bus_channel(wire.url)
    stub = LedgerStub(channel)
    under_way = [stub.Add.future(request("slow 2"), timeout=20) for _ in range(3)]
    channel.close()
    assert {future.code() for future in under_way} == {grpc.StatusCode.CANCELLED}
    assert not channel._line._thread.is_alive()
    with pytest.raises(grpc.RpcError) as failed:
        stub.Add(request(), timeout=20)
    assert failed.value.code() is grpc.StatusCode.CANCELLED
    channel.close()


def test_without_a_broker_a_call_is_unavailable_and_says_why() -> None:
    with bus_channel("amqp://nobody:none@127.0.0.1:1/%2F") as channel:
        stub = LedgerStub(channel)
        for _ in range(2):
            with pytest.raises(grpc.RpcError) as failed:
                stub.Add(request(), timeout=20)
            assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
            assert reason_of(failed.value) == "BROKER_UNAVAILABLE"
        with pytest.raises(grpc.RpcError) as failed:
            stub.Add(request(), timeout=0.5, wait_for_ready=True)
        assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_service_without_a_queue_is_unavailable(bus: BusChannel) -> None:
    call = bus.unary_unary("/vss.nobody.v1.NobodyCommandService/Do")
    with pytest.raises(grpc.RpcError) as failed:
        call(b"", timeout=20)
    assert (failed.value.code(), reason_of(failed.value)) == (grpc.StatusCode.UNAVAILABLE, "NO_QUEUE")


def test_a_connection_that_ends_fails_what_is_under_way_and_comes_back(
    wire: Wire, service: ConsumerProcess
) -> None:
    with bus_channel(wire.url) as channel:
        stub = LedgerStub(channel)
        stub.Add(request(), timeout=20)
        under_way = stub.Add.future(request("slow 3"), timeout=20)
        until(lambda: channel._line._unanswered, seconds=5, what="it is sent")
        sever(channel)
        assert under_way.code() is grpc.StatusCode.UNAVAILABLE
        assert stub.Add(request(), timeout=20, wait_for_ready=True).place > 0


def test_a_command_that_was_set_aside_is_internal_without_detail(
    wire: Wire, service: ConsumerProcess
) -> None:
    with bus_channel(wire.url) as channel:
        future = LedgerStub(channel).Add.future(request("slow 2"), timeout=20)
        until(lambda: channel._line._unanswered, seconds=5, what="it is sent")
        result = bus_pb2.Result(
            operation_id=future.operation_id,
            held=bus_pb2.Held(reason="ATTEMPTS_SPENT", attempts=5),
            schema_version=envelope.SCHEMA_VERSION,
        )
        wire.publish([outbox.result(result, reply_to=channel._line._queue)])
        assert future.code() is grpc.StatusCode.INTERNAL
        assert reason_of(future) == "HELD"


def test_garbage_in_its_queue_harms_nobody(wire: Wire, service: ConsumerProcess) -> None:
    with bus_channel(wire.url) as channel:
        stub = LedgerStub(channel)
        stub.Add(request(), timeout=20)
        wire.send_raw(
            b"\xff", broker.properties(outbox.result(bus_pb2.Result(), reply_to="x")), channel._line._queue
        )
        stranger = bus_pb2.Result(operation_id=str(uuid4()), schema_version=1)
        wire.publish([outbox.result(stranger, reply_to=channel._line._queue)])
        assert stub.Add(request(), timeout=20).place > 0
