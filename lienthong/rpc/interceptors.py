"""The edge of every gRPC service: who calls, how long it may take, how it fails, and one log line.

The checks run in this order, each raising: caller listed, database answering,
deadline. A failure leaves in one of these forms:

    lienthong.rpc.errors.Refusal     its code, with google.rpc.Status details
    TimeoutError, cancelled query    DEADLINE_EXCEEDED
    database not reachable           UNAVAILABLE (DATABASE_UNAVAILABLE)
    anything else                    INTERNAL without detail; frames go to the log
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import grpc
import psycopg
import psycopg_pool
import structlog
from google.protobuf.message import Message
from google.rpc import code_pb2

from lienthong.rpc import errors
from lienthong.telemetry import logs, metrics, traces

STATUS_KEY: Final = "grpc-status-details-bin"
REQUEST_ID_KEY: Final = "x-request-id"
TRACEPARENT_KEY: Final = "traceparent"
OPEN_TO_PROBES: Final = ("/grpc.health.v1.Health/", "/grpc.reflection.")

_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}
_log = logs.get_logger("rpc")

Unary = Callable[[Any, "grpc.aio.ServicerContext[Any, Any]"], Awaitable[Any]]


class Dependency(Protocol):
    """What the service cannot answer without."""

    @property
    def up(self) -> bool:
        """Whether it answered when last asked."""

    def suspect(self) -> None:
        """Ask again now: a call has just failed on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Who may call and how long a call may take, seconds."""

    callers: frozenset[str]
    probes: frozenset[str]
    default_deadline_s: float
    longest_deadline_s: float


def caller_of(context: "grpc.aio.ServicerContext[Any, Any]", allowed: frozenset[str]) -> str:
    """The listed name on the caller's certificate. Raises ``PermissionDenied`` if there is none."""
    presented = context.auth_context()
    for key in ("x509_common_name", "x509_subject_alternative_name"):
        for name in presented.get(key, ()):
            known = name.decode("utf-8", "replace")
            if known in allowed:
                return known
    reason = "CALLER_NOT_LISTED"
    raise errors.PermissionDenied(reason, "the certificate of this caller is not on the service's list")


def time_allowed(context: "grpc.aio.ServicerContext[Any, Any]", limits: Limits) -> float:
    """Seconds that this call may take: its own deadline, within our bounds."""
    remaining = cast("float | None", context.time_remaining())  # None without a deadline
    if remaining is None:
        return limits.default_deadline_s
    return min(remaining, limits.longest_deadline_s)


def refusal_for(error: Exception) -> errors.Refusal | None:
    """What a failure means to the caller; ``None`` for one that nobody foresaw."""
    if isinstance(error, errors.Refusal):
        return error
    if isinstance(error, (TimeoutError, psycopg.errors.QueryCanceled)):
        return errors.Refusal("DEADLINE_EXCEEDED", "the deadline passed", code=code_pb2.DEADLINE_EXCEEDED)
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError, psycopg_pool.PoolClosed)):
        return errors.Unavailable("DATABASE_UNAVAILABLE", "the service's database does not answer")
    return None


class Edge(grpc.aio.ServerInterceptor):
    """Wraps every handler of a server; see the module's docstring."""

    def __init__(self, limits: Limits, dependency: Dependency) -> None:
        self._limits = limits
        self._dependency = dependency
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        self._in_flight = metrics.queue("rpc_in_flight")

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]
        ],
        details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """The handler of this method behind our checks; made once a method."""
        known = self._wrapped.get(details.method)
        if known is not None:
            return known
        handler = await continuation(details)
        if handler is not None:
            handler = self._wrapped[details.method] = self._wrap(details.method, handler)
        return handler

    def _wrap(self, method: str, handler: Any) -> Any:
        probe = method.startswith(OPEN_TO_PROBES)
        if handler.unary_unary is not None:
            behaviour = self._probe(handler.unary_unary) if probe else self._call(method, handler.unary_unary)
            return grpc.unary_unary_rpc_method_handler(
                behaviour, handler.request_deserializer, handler.response_serializer
            )
        make, inner = (
            (grpc.unary_stream_rpc_method_handler, handler.unary_stream)
            if handler.unary_stream is not None
            else (grpc.stream_stream_rpc_method_handler, handler.stream_stream)
        )
        if inner is None or not probe:  # our contracts have no streams; refusing is safer than guessing
            msg = f"{method}: streaming RPCs have no edge"
            raise NotImplementedError(msg)
        return make(self._streamed_probe(inner), handler.request_deserializer, handler.response_serializer)

    def _probe(self, behaviour: Unary) -> Unary:
        async def checked(request: Any, context: "grpc.aio.ServicerContext[Any, Any]") -> Any:
            await self._require_probe(context)
            return await behaviour(request, context)

        return checked

    def _streamed_probe(self, behaviour: Any) -> Any:
        """Health ``Watch`` and reflection: the handler writes by itself or yields."""

        async def checked(request: Any, context: "grpc.aio.ServicerContext[Any, Any]") -> None:
            await self._require_probe(context)
            answers = behaviour(request, context)
            if hasattr(answers, "__aiter__"):
                async for answer in answers:
                    await context.write(answer)
            else:
                await answers

        return checked

    async def _require_probe(self, context: "grpc.aio.ServicerContext[Any, Any]") -> None:
        try:
            caller_of(context, self._limits.callers | self._limits.probes)
        except errors.Refusal as refusal:
            metrics.refusal(refusal.reason)()
            await abort(context, refusal)

    def _call(self, method: str, behaviour: Unary) -> Unary:
        rpc = method.lstrip("/")
        call = _Call(rpc, behaviour, self._limits, self._dependency)
        in_flight = self._in_flight

        async def edge(request: Any, context: "grpc.aio.ServicerContext[Any, Any]") -> Any:
            in_flight.inc()
            try:
                return await call(request, context)
            finally:
                in_flight.dec()

        return edge


class _Call:
    """One method behind its checks, with its metrics, span and log line."""

    def __init__(self, rpc: str, behaviour: Unary, limits: Limits, dependency: Dependency) -> None:
        self._rpc = rpc
        self._behaviour = behaviour
        self._limits = limits
        self._dependency = dependency
        self._series = metrics.rpc(rpc)
        self._batch = metrics.batch(rpc)

    async def __call__(self, request: Message, context: "grpc.aio.ServicerContext[Any, Any]") -> Any:
        started = time.perf_counter()
        ids, parents = _metadata(context)
        structlog.contextvars.bind_contextvars(request_id=ids)
        caller, outcome, refusal = "", "CANCELLED", None
        try:
            caller = caller_of(context, self._limits.callers)
            self._require_dependency()
            answer = await self._answer(request, context, parents)
        except Exception as error:  # noqa: BLE001 -- every failure leaves in one of our forms
            refusal = self._refusal(error)
            outcome = refusal.reason
        else:
            outcome = "ok"
            return answer
        finally:
            self._tell(request, caller, outcome, time.perf_counter() - started)
        await abort(context, refusal)
        raise AssertionError("abort returned")  # pragma: no cover

    async def _answer(self, request: Any, context: Any, parents: list[str]) -> Any:
        async with asyncio.timeout(time_allowed(context, self._limits)):
            if not traces.enabled():
                return await self._behaviour(request, context)
            links = parents if len(parents) > 1 else []
            with traces.span(self._rpc, parent=parents[0] if parents else None, links=links):
                return await self._behaviour(request, context)

    def _require_dependency(self) -> None:
        if not self._dependency.up:
            reason = "DATABASE_UNAVAILABLE"
            raise errors.Unavailable(reason, "the service's database does not answer")

    def _refusal(self, error: Exception) -> errors.Refusal:
        refusal = refusal_for(error)
        if refusal is None:
            _log.exception("rpc.broken", rpc=self._rpc)
            return errors.Refusal("INTERNAL", "internal error", code=code_pb2.INTERNAL)
        if refusal is not error:
            _log.warning("rpc.failed", rpc=self._rpc, **logs.describe_exception(error))
            if refusal.code == code_pb2.UNAVAILABLE:
                self._dependency.suspect()
        return refusal

    def _tell(self, request: Any, caller: str, outcome: str, seconds: float) -> None:
        items = len(request.requests) if hasattr(request, "requests") else 1
        self._series.done(outcome, seconds)
        self._batch(items)
        if outcome != "ok":
            metrics.refusal(outcome)()
        _log.info(
            "rpc", rpc=self._rpc, outcome=outcome, ms=round(seconds * 1000, 2), items=items, caller=caller
        )


def _metadata(context: "grpc.aio.ServicerContext[Any, Any]") -> tuple[str, list[str]]:
    """The request ids (comma list) and every traceparent of the calls that share this one."""
    ids, parents = "", []
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID_KEY:
            ids = str(value)
        elif key == TRACEPARENT_KEY:
            parents.append(str(value))
    return ids, parents


async def abort(context: "grpc.aio.ServicerContext[Any, Any]", refusal: errors.Refusal) -> None:
    """End the call with the refusal's code and its details as ``google.rpc.Status``."""
    details = errors.to_status(refusal).SerializeToString()
    code = _CODES.get(refusal.code, grpc.StatusCode.UNKNOWN)
    await context.abort(code, refusal.message, ((STATUS_KEY, details),))
