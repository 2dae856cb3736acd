"""One call over the bus, as gRPC shows it: a future, what is known of the call, and its error, in one."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.rpc import status_pb2

if TYPE_CHECKING:
    _Future = grpc.Future[Any]
else:
    _Future = grpc.Future

STATUS_KEY: Final = "grpc-status-details-bin"
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


class BusCall(grpc.RpcError, grpc.Call, _Future):
    """One call: its future, and the error that it raises if it fails."""

    def __init__(
        self,
        operation_id: str,
        deadline: float,
        read: Callable[[bytes], Any],
        cancelled: Callable[[str], None],
    ) -> None:
        super().__init__()
        self.operation_id = operation_id
        self._deadline = deadline
        self._read = read
        self._on_cancel = cancelled
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._response: Any = None
        self._code = grpc.StatusCode.OK
        self._details = ""
        self._trailing: tuple[tuple[str, str | bytes], ...] = ()

    # --- ends, each at most once

    def succeed(self, response: bytes) -> None:
        """The response came."""
        try:
            value = self._read(response)
        except Exception:  # noqa: BLE001 -- as over gRPC: whatever the deserializer raises
            self.fail(grpc.StatusCode.INTERNAL, "the response cannot be read")
            return
        self._end(grpc.StatusCode.OK, "", (), value)

    def refuse(self, status: status_pb2.Status) -> None:
        """An error came, or is made here."""
        code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
        self._end(code, status.message, ((STATUS_KEY, status.SerializeToString()),))

    def fail(self, code: grpc.StatusCode, details: str) -> None:
        """Ended here, without word from the service."""
        self._end(code, details, ())

    def _end(
        self,
        code: grpc.StatusCode,
        details: str,
        trailing: tuple[tuple[str, str | bytes], ...],
        response: Any = None,
    ) -> None:
        with self._lock:
            if self._done.is_set():
                return
            self._code, self._details, self._trailing, self._response = code, details, trailing, response
            callbacks, self._callbacks = self._callbacks, []
            self._done.set()
        for callback in callbacks:
            callback()

    # --- grpc.Future

    def cancel(self) -> bool:
        """Stop waiting. A command that has begun is carried out all the same."""
        self.fail(grpc.StatusCode.CANCELLED, "cancelled by its caller")
        self._on_cancel(self.operation_id)
        return self.cancelled()

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._done.is_set() and self._code is grpc.StatusCode.CANCELLED

    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._done.is_set()

    def done(self) -> bool:
        """Whether it has ended."""
        return self._done.is_set()

    def result(self, timeout: float | None = None) -> Any:
        """The response. Raises itself, ``FutureTimeoutError`` or ``FutureCancelledError``."""
        self._await(timeout)
        if self._code is grpc.StatusCode.OK:
            return self._response
        if self.cancelled():
            raise grpc.FutureCancelledError
        raise self

    def exception(self, timeout: float | None = None) -> Exception | None:
        """The error, if it failed."""
        self._await(timeout)
        if self.cancelled():
            raise grpc.FutureCancelledError
        return None if self._code is grpc.StatusCode.OK else self

    def traceback(self, timeout: float | None = None) -> Any:
        """That of the error."""
        error = self.exception(timeout)
        return None if error is None else error.__traceback__

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Call ``fn`` with this when it ends, at once if it has."""
        if not self.add_callback(lambda: fn(self)):
            fn(self)

    # --- grpc.Call

    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.running()

    def time_remaining(self) -> float:
        """Seconds to the deadline."""
        return max(self._deadline - time.monotonic(), 0.0)

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Call ``callback`` when it ends; ``False`` if it has ended."""
        with self._lock:
            if self._done.is_set():
                return False
            self._callbacks.append(callback)
            return True

    def initial_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """None travels over the bus."""
        self._await(None)
        return ()

    def trailing_metadata(self) -> tuple[Any, ...]:
        """The status in full, if it failed."""
        self._await(None)
        return self._trailing

    def code(self) -> grpc.StatusCode:
        """How it ended; waits for that."""
        self._await(None)
        return self._code

    def details(self) -> str:
        """What was said with the code."""
        self._await(None)
        return self._details

    def _await(self, timeout: float | None) -> None:
        if not self._done.wait(timeout):
            raise grpc.FutureTimeoutError

    def __str__(self) -> str:
        if not self._done.is_set():
            return f"<BusCall {self.operation_id} under way>"
        return f"<BusCall {self.operation_id} {self._code.name}: {self._details}>"

    __repr__ = __str__
