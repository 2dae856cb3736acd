"""A gRPC channel over RabbitMQ: the generated stub of a command service works on it unchanged.

    channel = BusChannel(broker.parse(url), caller=caller, purpose="collection", name="inspector")
    stub = ContributionsCommandServiceStub(channel)
    stub.UrgePayment(request, timeout=5, metadata=[("traceparent", parent)])

As over gRPC: messages, deadline, metadata, status codes, and ``google.rpc.Status`` in
``grpc-status-details-bin``. Different, because a command is carried, not called:

- DEADLINE_EXCEEDED, CANCELLED and UNAVAILABLE say that the caller stopped waiting. A
  command that had begun is carried out all the same; one that had not is not, once its
  deadline has passed.
- A handler that fails with anything but a refusal is tried again until the deadline, so
  the caller usually meets that. INTERNAL comes when it was set aside before (HELD).
- Results come through the service's outbox: some milliseconds more.
- Calls have no order and no idempotency key of their own; the gateway's operations do.

Threads: any number may call. Bounds: ``most_outstanding`` calls, beyond which a call
fails with RESOURCE_EXHAUSTED and is not sent. Every call has a deadline:
``DEFAULT_TIMEOUT_S`` without a ``timeout``. Imports grpc, so never in a consumer.
"""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn, Self, TypeAlias
from uuid import uuid4

import grpc
from google.rpc import code_pb2, status_pb2

from lienthong.bus import envelope
from lienthong.bus.broker import Broker
from lienthong.bus.calls import BusCall
from lienthong.bus.line import Line, Sending, State
from lienthong.rpc import errors
from vss.bus.v1 import bus_pb2

DEFAULT_TIMEOUT_S: Final = 30.0
_TRACEPARENT: Final = "traceparent"
_STATES: Final[dict[State, grpc.ChannelConnectivity]] = {
    "connecting": grpc.ChannelConnectivity.CONNECTING,
    "ready": grpc.ChannelConnectivity.READY,
    "away": grpc.ChannelConnectivity.TRANSIENT_FAILURE,
    "shut": grpc.ChannelConnectivity.SHUTDOWN,
}
_HELD_CODES: Final = {"UNKNOWN_METHOD": code_pb2.UNIMPLEMENTED}

Metadata: TypeAlias = Iterable[tuple[str, str | bytes]]


class _Method(grpc.UnaryUnaryMultiCallable):  # type: ignore[type-arg] # any message
    """One RPC on one channel."""

    def __init__(
        self, channel: "BusChannel", method: str, write: Callable[[Any], bytes], read: Callable[[bytes], Any]
    ) -> None:
        self._channel = channel
        self._method = method
        self._write = write
        self._read = read

    def __call__(self, request: Any, timeout: float | None = None, *args: Any, **kwargs: Any) -> Any:
        """The response. Raises ``grpc.RpcError``."""
        return self.with_call(request, timeout, *args, **kwargs)[0]

    def with_call(
        self, request: Any, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> tuple[Any, BusCall]:
        """The response and the call. Raises ``grpc.RpcError``."""
        call = self.future(request, timeout, *args, **kwargs)
        if call.code() is not grpc.StatusCode.OK:
            raise call
        return call.result(), call

    def future(  # type: ignore[override] # grpc's stubs want a protocol of their own here
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: Any = None,
        wait_for_ready: bool | None = None,  # noqa: FBT001 -- grpc's own signature
        compression: Any = None,
    ) -> BusCall:
        """Send, and return at once."""
        del compression  # bodies are small, and the broker's
        if credentials is not None:
            raise NotImplementedError("credentials of a single call do not travel over the bus")
        allowed = DEFAULT_TIMEOUT_S if timeout is None else max(timeout, 0.0)
        command = bus_pb2.Command(method=self._method)
        try:
            _put_metadata(command, metadata or ())
        except ValueError as error:
            return _failed(str(error), self._read)
        try:
            command.request = self._write(request)
        except Exception:  # noqa: BLE001 -- as over gRPC: whatever the serializer raises
            return _failed("the request cannot be written", self._read)
        return self._channel.begin(command, allowed, self._read, patient=bool(wait_for_ready))


class BusChannel(grpc.Channel):
    """See the module's docstring. Connects by itself; close it, or use it in ``with``.

    ``caller`` and ``purpose`` are what the service is told of every command; inside the
    house they are believed. ``name`` is what the broker shows of the connection.
    """

    def __init__(
        self,
        where: Broker,
        *,
        caller: bus_pb2.Caller,
        purpose: str,
        name: str,
        most_outstanding: int = 1_000,
    ) -> None:
        self._caller = caller
        self._purpose = purpose
        self._most = most_outstanding
        self._lock = threading.Lock()
        self._calls: dict[str, BusCall] = {}
        self._closed = False
        self._state: State = "connecting"
        self._watchers: list[Callable[[grpc.ChannelConnectivity], None]] = []
        self._line = Line(where, name=name, listener=self)

    def begin(
        self, command: bus_pb2.Command, timeout_s: float, read: Callable[[bytes], Any], *, patient: bool
    ) -> BusCall:
        """Send ``command``, completed with who asks. Never blocks."""
        operation_id = str(uuid4())
        now = datetime.now(UTC)
        command.operation_id = operation_id
        command.caller.CopyFrom(self._caller)
        command.purpose = self._purpose
        command.schema_version = envelope.SCHEMA_VERSION
        command.accepted_at.FromDatetime(now)
        command.deadline.FromDatetime(now + timedelta(seconds=timeout_s))
        call = BusCall(operation_id, time.monotonic() + timeout_s, read, self._forget)
        with self._lock:
            full = len(self._calls) >= self._most
            if not self._closed and not full:
                self._calls[operation_id] = call
        if self._closed:
            call.fail(grpc.StatusCode.CANCELLED, "the channel is closed")
        elif full:
            call.fail(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{self._most} calls are under way")
        else:
            self._line.submit(Sending(command, timeout_s, patient))
        return call

    def close(self) -> None:
        """Fail what is under way with CANCELLED, and disconnect."""
        with self._lock:
            self._closed = True
            calls, self._calls = self._calls, {}
        for call in calls.values():
            call.fail(grpc.StatusCode.CANCELLED, "the channel is closed")
        self._line.close()

    # --- what the line says

    def answered(self, result: bus_pb2.Result) -> None:
        """A result came; perhaps after its call ended."""
        call = self._take(result.operation_id)
        if call is None:
            return
        match result.WhichOneof("outcome"):
            case "response":
                call.succeed(result.response)
            case "error":
                call.refuse(result.error)
            case _:
                call.refuse(_held(result.held))

    def failed(self, operation_id: str, reason: str, message: str) -> None:
        """Nothing will be heard of it."""
        call = self._take(operation_id)
        if call is not None:
            call.refuse(errors.to_status(errors.Unavailable(reason, message)))

    def expired(self, operation_id: str) -> None:
        """Its deadline has passed."""
        call = self._take(operation_id)
        if call is not None:
            call.fail(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed")

    def changed(self, state: State) -> None:
        """The line has another state."""
        with self._lock:
            self._state = state
            watchers = [*self._watchers]
        for watcher in watchers:
            watcher(_STATES[state])

    def _take(self, operation_id: str) -> BusCall | None:
        with self._lock:
            return self._calls.pop(operation_id, None)

    def _forget(self, operation_id: str) -> None:
        if self._take(operation_id) is not None:
            self._line.forget(operation_id)

    # --- grpc.Channel

    def unary_unary(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes] | None = None,
        response_deserializer: Callable[[bytes], Any] | None = None,
        _registered_method: bool | None = False,  # noqa: FBT001, FBT002 -- what generated stubs pass
    ) -> _Method:
        """Calls one RPC: ``/vss.contributions.v1.ContributionsCommandService/UrgePayment``."""
        return _Method(
            self, method.removeprefix("/"), request_serializer or bytes, response_deserializer or bytes
        )

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotImplementedError."""
        del args, kwargs
        _no_streams(method)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotImplementedError."""
        del args, kwargs
        _no_streams(method)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotImplementedError."""
        del args, kwargs
        _no_streams(method)

    def subscribe(
        self,
        callback: Callable[[grpc.ChannelConnectivity], None],
        try_to_connect: bool | None = False,  # noqa: FBT001, FBT002 -- grpc's own signature
    ) -> None:
        """Tell the state now and whenever it changes, from the channel's thread."""
        del try_to_connect  # it always does
        with self._lock:
            self._watchers.append(callback)
            state = self._state
        callback(_STATES[state])

    def unsubscribe(self, callback: Callable[[grpc.ChannelConnectivity], None]) -> None:
        """Tell it no more."""
        with self._lock:
            self._watchers = [watcher for watcher in self._watchers if watcher != callback]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _failed(details: str, read: Callable[[bytes], Any]) -> BusCall:
    """A call that failed before anything was sent."""
    call = BusCall("", time.monotonic(), read, lambda _: None)
    call.fail(grpc.StatusCode.INTERNAL, details)
    return call


def _no_streams(method: str) -> NoReturn:
    msg = f"{method}: the bus carries unary RPCs only; a command service has no streams"
    raise NotImplementedError(msg)


def _held(held: bus_pb2.Held) -> status_pb2.Status:
    """What a command that was set aside is to its caller: no such method, or a failure without detail."""
    code = _HELD_CODES.get(held.reason, code_pb2.INTERNAL)
    reason = held.reason if held.reason in _HELD_CODES else "HELD"
    return errors.to_status(
        errors.Refusal(reason, f"set aside after {held.attempts} attempts: {held.reason}", code=code)
    )


def _put_metadata(command: bus_pb2.Command, metadata: Metadata) -> None:
    """Raises ``ValueError`` for a key that is not in lower case, or a value that is not text."""
    for key, value in metadata:
        if key != key.lower() or not key.isascii():
            raise ValueError("Invalid metadata: a key is not in lower case")
        if isinstance(value, bytes) or key.endswith("-bin"):
            raise ValueError("Invalid metadata: the bus carries text only")
        if key == _TRACEPARENT:
            command.traceparent = value
        else:
            known = command.metadata.get(key)
            command.metadata[key] = value if known is None else f"{known},{value}"
