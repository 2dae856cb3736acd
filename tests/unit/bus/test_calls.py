"""A call's end, and what is said of it."""

import time

import grpc
import pytest
from google.rpc import code_pb2

from lienthong.bus.calls import BusCall
from lienthong.rpc import errors


def call() -> BusCall:
    return BusCall("id", time.monotonic() + 5, bytes.decode, lambda _: None)


def test_a_call_ends_once_and_stays_as_it_ended() -> None:
    made = call()
    told: list[str] = []
    made.add_done_callback(lambda one: told.append(one.code().name))
    made.succeed(b"first")
    made.fail(grpc.StatusCode.DEADLINE_EXCEEDED, "late")
    made.succeed(b"second")
    assert made.result() == "first"
    assert told == ["OK"]
    assert not made.cancel()


def test_a_response_that_cannot_be_read_is_internal() -> None:
    made = call()
    made.succeed(b"\xff")
    assert made.code() is grpc.StatusCode.INTERNAL


def test_a_refusal_carries_the_status_as_our_grpc_servers_send_it() -> None:
    refusal = errors.NotFound("EMPLOYER_UNKNOWN", "no such unit")
    made = call()
    made.refuse(errors.to_status(refusal))
    assert (made.code(), made.details()) == (grpc.StatusCode.NOT_FOUND, "no such unit")
    assert made.trailing_metadata() == (
        ("grpc-status-details-bin", errors.to_status(refusal).SerializeToString()),
    )
    with pytest.raises(grpc.RpcError) as failed:
        made.result()
    assert failed.value is made


def test_a_code_that_grpc_does_not_know_is_unknown() -> None:
    made = call()
    status = errors.to_status(errors.Refusal("ODD", "odd", code=code_pb2.UNKNOWN))
    status.code = 77
    made.refuse(status)
    assert made.code() is grpc.StatusCode.UNKNOWN


def test_time_remaining_runs_to_the_deadline_and_not_below() -> None:
    assert 4 < call().time_remaining() <= 5
    assert BusCall("id", time.monotonic() - 1, bytes.decode, lambda _: None).time_remaining() == 0
