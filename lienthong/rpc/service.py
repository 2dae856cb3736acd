"""The life of a service process: from its environment to SIGTERM.

Every service is alike in this; what it is itself stands in its ``SERVICE``.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc.aio
import uvloop

from lienthong.db.heartbeat import Heartbeat
from lienthong.db.pool import Pool, open_pool
from lienthong.rpc import settings as configuration
from lienthong.rpc.process import settle
from lienthong.rpc.server import Assembly, RpcServer
from lienthong.rpc.settings import ServiceSettings
from lienthong.telemetry import logs, metrics, traces

_log = logs.get_logger("service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What one service brings: its names, its servicer over a pool, and the generated function that adds it.

    ``also``: full names of what the process serves besides. ``finish`` is given the servicer when the last
    call has ended, while the database is still open: for what is done behind answers. It bounds its own time.
    """

    name: str
    full_name: str
    servicer: Callable[[Pool], object]
    add: Callable[[Any, grpc.aio.Server], None]
    also: tuple[str, ...] = ()
    finish: Callable[[Any], Awaitable[None]] | None = None


def run(service: Service) -> None:
    """The whole life of the process, from its environment to SIGTERM or SIGINT."""
    settings = configuration.load()
    logs.configure(service.name, settings.log_level)
    traces.configure(service.name)
    uvloop.run(_serve(service, settings))
    traces.shutdown()
    logs.flush()


async def _serve(service: Service, settings: ServiceSettings) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with AsyncExitStack() as stack:
        stack.enter_context(metrics.exposed(settings.metrics_listen))
        server = RpcServer(settings, await _assemble(service, settings, stack))
        port = await server.start()
        settle()
        _log.info("service.started", port=port, callers=sorted(settings.callers))
        await told.wait()
        _log.info("service.stopping")
        await server.stop()
    _log.info("service.stopped")


async def _assemble(service: Service, settings: ServiceSettings, stack: AsyncExitStack) -> Assembly:
    """Wire the service to its database."""
    pool = await stack.enter_async_context(
        open_pool(
            settings.database_url,
            name=service.name,
            connections=settings.database_connections,
            statement_timeout_s=settings.longest_deadline_s,
        )
    )
    heartbeat = Heartbeat(settings.database_url, name=service.name)
    stack.push_async_callback(heartbeat.close)
    servicer = service.servicer(pool)
    if service.finish is not None:
        stack.push_async_callback(service.finish, servicer)
    return Assembly(
        full_name=service.full_name,
        also=service.also,
        register=partial(service.add, servicer),
        check=heartbeat.check,
    )
