"""Runs one gRPC service: mTLS, caller list, health, reflection, deadlines, graceful stop.

Health follows the database: SERVING only while it answers. While it does not,
calls fail at once with UNAVAILABLE instead of each waiting for a connection.

On SIGTERM health says NOT_SERVING, clients are told to go elsewhere (GOAWAY),
calls at work are finished within the grace period, and what comes meanwhile
reaches another process by the client's retry: no request fails.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from lienthong.rpc.interceptors import Edge, Limits
from lienthong.rpc.process import end
from lienthong.rpc.settings import ServiceSettings
from lienthong.telemetry import logs, metrics

# LookUpPersons sets both: 50,000 identifiers of at most 24 characters, and some 100 bytes a person.
LARGEST_REQUEST = 2 * 1024 * 1024
LARGEST_ANSWER = 16 * 1024 * 1024
_CHECK_SECONDS = 1.0

_log = logs.get_logger("server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What a service brings to its server."""

    full_name: str
    """``vss.identity.v1.IdentityQueryService``"""
    register: Callable[[grpc.aio.Server], None]
    check: Callable[[], Awaitable[None]]
    """Returns when the database answers; raises or is timed out (one second) when it does not."""
    also: tuple[str, ...] = ()
    """What is served besides, by the same database."""


class DatabaseWatch:
    """Asks the database whether it is there and tells the health service."""

    def __init__(
        self, check: Callable[[], Awaitable[None]], *, full_names: tuple[str, ...], interval_s: float
    ) -> None:
        self._check = check
        self._names = ("", *full_names)
        self._interval_s = interval_s
        self._suspected = asyncio.Event()
        self._gauge = metrics.dependency("database")
        self.health = health.aio.HealthServicer()
        self.up = False

    async def start(self) -> None:
        """Say NOT_SERVING until the first answer."""
        await self._tell(up=False)

    async def run(self) -> None:
        """Ask for ever, every ``interval_s`` seconds or when a call suspects."""
        while True:
            await self.ask()
            self._suspected.clear()
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._suspected.wait()
            except TimeoutError:
                continue

    async def ask(self) -> None:
        """Ask once."""
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._check()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the database does not answer
            if self.up:
                _log.warning("database.down", **logs.describe_exception(error))
            await self._tell(up=False)
        else:
            if not self.up:
                _log.info("database.up")
            await self._tell(up=True)

    def suspect(self) -> None:
        """Ask now rather than at the next turn."""
        self._suspected.set()

    async def _tell(self, *, up: bool) -> None:
        self.up = up
        self._gauge.set(int(up))
        status = health_pb2.HealthCheckResponse.SERVING if up else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in self._names:
            await self.health.set(name, status)


class RpcServer:
    """One listening server. ``start``, then ``stop``; it cannot be started twice."""

    def __init__(self, settings: ServiceSettings, assembly: Assembly) -> None:
        self._settings = settings
        full_names = (assembly.full_name, *assembly.also)
        self._watch = DatabaseWatch(
            assembly.check, full_names=full_names, interval_s=settings.health_interval_s
        )
        limits = Limits(
            callers=settings.callers,
            probes=settings.probes,
            default_deadline_s=settings.default_deadline_s,
            longest_deadline_s=settings.longest_deadline_s,
        )
        self._server = grpc.aio.server(
            interceptors=[Edge(limits, self._watch)],
            options=_OPTIONS,
            maximum_concurrent_rpcs=settings.concurrent_calls,
        )
        assembly.register(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._watch.health, self._server)
        names = (*full_names, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen; returns the port. Raises ``RuntimeError`` if it is taken."""
        credentials = grpc.ssl_server_credentials(
            [(self._settings.tls_key.read_bytes(), self._settings.tls_cert.read_bytes())],
            root_certificates=self._settings.tls_ca.read_bytes(),
            require_client_auth=True,
        )
        port = self._server.add_secure_port(self._settings.listen, credentials)
        await self._watch.start()
        await self._watch.ask()
        self._watching = asyncio.create_task(self._watch.run())
        await self._server.start()
        return port

    async def stop(self) -> None:
        """Stop without failing a request; see the module's docstring."""
        await self._watch.health.enter_graceful_shutdown()
        await self._server.stop(self._settings.stop_grace_s)
        if self._watching is not None:
            await end(self._watching)


_OPTIONS = [
    ("grpc.max_receive_message_length", LARGEST_REQUEST),
    ("grpc.max_send_message_length", LARGEST_ANSWER),
    # A shared call names up to 200 requests in its metadata: more than gRPC's 8 KiB.
    ("grpc.max_metadata_size", 32 * 1024),
    ("grpc.absolute_max_metadata_size", 64 * 1024),
    # A new process listens before the old one has stopped.
    ("grpc.so_reuseport", 1),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
]
