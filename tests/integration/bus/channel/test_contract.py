"""One contract, two channels: what a stub may rely on, whether its calls go by gRPC or by the bus."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from lienthong.bus.channel import BusChannel
from lienthong.rpc import errors
from tests.support.bus_contract import SERVICE, AddRequest, AddResponse, LedgerStub
from tests.support.bus_doors import grpc_channel
from tests.support.bus_running import Base
from tests.support.stack import until


@pytest.fixture(scope="module")
def over_grpc(base: Base, tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    with grpc_channel(base, Path(tmp_path_factory.mktemp("pki"))) as channel:
        yield channel


@pytest.fixture(params=["grpc", "bus"])
def channel(request: pytest.FixtureRequest, over_grpc: grpc.Channel, bus: BusChannel) -> grpc.Channel:
    return over_grpc if request.param == "grpc" else bus


@pytest.fixture
def stub(channel: grpc.Channel) -> LedgerStub:
    return LedgerStub(channel)


def failure(call: Any, *arguments: Any, **named: Any) -> Any:
    with pytest.raises(grpc.RpcError) as failed:
        call(*arguments, **named)
    return failed.value


def status_of(error: Any) -> status_pb2.Status:
    (value,) = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
    return status_pb2.Status.FromString(value)


def request(amount: int = 1, how: str = "", account: str = "") -> Any:
    return AddRequest(account=account or uuid4().hex, amount=amount, how=how)


def test_a_call_returns_the_response(stub: LedgerStub, base: Base) -> None:
    asked = request(5)
    response = stub.Add(asked, timeout=20)
    assert isinstance(response, AddResponse)
    assert response.agency_id == "employer-demo"
    assert base.rows("SELECT amount FROM entry WHERE account = %s", asked.account) == [(5,)]


def test_metadata_reaches_the_handler(stub: LedgerStub) -> None:
    assert stub.Add(request(), timeout=20, metadata=(("x-seen", "that"),)).seen == "that"


def test_with_call_gives_the_response_and_the_call(stub: LedgerStub) -> None:
    response, call = stub.Add.with_call(request(), timeout=20)
    assert response.place > 0
    assert call.code() is grpc.StatusCode.OK
    assert not call.details()
    assert not call.is_active()
    assert status_less(call.trailing_metadata())


def status_less(metadata: Any) -> bool:
    return all(key != "grpc-status-details-bin" for key, _ in metadata or ())


@pytest.mark.parametrize(
    ("how", "code", "reason", "message"),
    [
        ("refuse", grpc.StatusCode.NOT_FOUND, "LEDGER_UNKNOWN", "there is no such ledger"),
        ("exhaust", grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MUCH", "enough"),
        (
            "wrong",
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_ARGUMENT",
            "amount: expected a positive number",
        ),
    ],
)
def test_a_refusal_has_its_code_its_message_and_its_details(
    stub: LedgerStub, how: str, code: grpc.StatusCode, reason: str, message: str
) -> None:
    error = failure(stub.Add, request(how=how), timeout=20)
    assert (error.code(), error.details()) == (code, message)
    status = status_of(error)
    assert (status.code, status.message) == (code.value[0], message)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == (reason, errors.DOMAIN)
    assert errors.from_status(status).reason == reason


def test_a_refusal_changes_nothing(stub: LedgerStub, base: Base) -> None:
    asked = request(how="refuse")
    failure(stub.Add, asked, timeout=20)
    assert base.rows("SELECT FROM entry WHERE account = %s", asked.account) == []


def test_a_refusal_names_the_wrong_fields(stub: LedgerStub) -> None:
    refusal = errors.from_status(status_of(failure(stub.Add, request(how="wrong"), timeout=20)))
    assert refusal.fields == (errors.FieldViolation("amount", "expected a positive number"),)


def test_a_call_over_its_time_fails_with_deadline_exceeded(stub: LedgerStub) -> None:
    error = failure(stub.Add, request(how="slow 3"), timeout=0.5)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_failure_of_the_handler_tells_nothing_of_it(stub: LedgerStub) -> None:
    error = failure(stub.Add, request(how="break"), timeout=3)
    assert error.code() in {grpc.StatusCode.INTERNAL, grpc.StatusCode.DEADLINE_EXCEEDED}
    assert "Bí Mật" not in f"{error.details()} {error.trailing_metadata()}"


def test_an_unknown_method_is_unimplemented(channel: grpc.Channel) -> None:
    unknown = channel.unary_unary(
        f"/{SERVICE}/Subtract",
        request_serializer=AddRequest.SerializeToString,
        response_deserializer=AddResponse.FromString,
    )
    assert failure(unknown, request(), timeout=20).code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_future_answers_and_calls_back(stub: LedgerStub) -> None:
    told = threading.Event()
    future = stub.Add.future(request(), timeout=20)
    future.add_done_callback(lambda _: told.set())
    assert future.result(20).place > 0
    assert told.wait(5)
    assert (future.done(), future.running(), future.cancelled()) == (True, False, False)
    assert future.exception() is None
    assert future.code() is grpc.StatusCode.OK


def test_a_future_that_fails_raises_itself(stub: LedgerStub) -> None:
    future = stub.Add.future(request(how="refuse"), timeout=20)
    error = failure(future.result, 20)
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert future.exception() is error


def test_a_future_is_waited_for_no_longer_than_asked(stub: LedgerStub) -> None:
    future = stub.Add.future(request(how="slow 2"), timeout=20)
    with pytest.raises(grpc.FutureTimeoutError):
        future.result(0.1)
    assert future.result(20).place > 0


def test_a_cancelled_future_has_ended(stub: LedgerStub) -> None:
    future = stub.Add.future(request(how="slow 2"), timeout=20)
    assert future.time_remaining() > 10
    future.cancel()
    assert future.cancelled()
    assert future.code() is grpc.StatusCode.CANCELLED
    with pytest.raises(grpc.FutureCancelledError):
        future.result(1)


def test_many_threads_may_call_at_once_and_each_gets_its_own(stub: LedgerStub) -> None:
    seen: dict[int, str] = {}

    def call(number: int) -> None:
        seen[number] = stub.Add(request(), timeout=30, metadata=(("x-seen", str(number)),)).seen

    threads = [threading.Thread(target=call, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert seen == {number: str(number) for number in range(40)}


def test_a_call_with_metadata_in_capitals_fails_with_internal(stub: LedgerStub) -> None:
    error = failure(stub.Add, request(), timeout=5, metadata=(("X-Seen", "that"),))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "Invalid metadata" in error.details()


def test_a_request_that_cannot_be_written_fails_with_internal(stub: LedgerStub) -> None:
    assert failure(stub.Add, "no message", timeout=5).code() is grpc.StatusCode.INTERNAL


def test_a_channel_tells_when_it_is_ready(channel: grpc.Channel) -> None:
    states: list[grpc.ChannelConnectivity] = []
    channel.subscribe(states.append, try_to_connect=True)
    until(lambda: grpc.ChannelConnectivity.READY in states, seconds=10, what="it is ready")
    channel.unsubscribe(states.append)


def test_an_interceptor_works_on_it(channel: grpc.Channel) -> None:
    class Signed(grpc.UnaryUnaryClientInterceptor):
        def intercept_unary_unary(self, continuation: Any, details: Any, asked: Any) -> Any:
            return continuation(details._replace(metadata=(("x-seen", "by an interceptor"),)), asked)

    stub = LedgerStub(grpc.intercept_channel(channel, Signed()))
    assert stub.Add(request(), timeout=20).seen == "by an interceptor"
