"""The tests' plain servicer behind two doors: a gRPC server of the house, and the bus."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import psycopg

from lienthong.bus import broker
from lienthong.bus.channel import BusChannel
from lienthong.bus.handling import CommandContext
from lienthong.rpc.server import Assembly, RpcServer
from lienthong.rpc.settings import ServiceSettings
from tests.support import bus_contract
from tests.support.bus_running import Base
from tests.support.bus_servicer import Ledger
from tests.support.pki import Authority
from vss.bus.v1 import bus_pb2

CALLER = bus_pb2.Caller(agency_id="employer-demo", key_id="k1", staff="Lê Văn Tư")


def bus_channel(url: str, **changes: Any) -> BusChannel:
    """A channel over the bus, as the caller of the tests."""
    usual: dict[str, Any] = {"caller": CALLER, "purpose": "employment", "name": "test-channel"}
    return BusChannel(broker.parse(url), **{**usual, **changes})


class _Adapter:
    """The plain servicer as a gRPC one: a transaction and a context for each call."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._servicer = Ledger()

    async def add(self, request: Any, context: Any) -> Any:
        metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        return await asyncio.to_thread(self._add, request, metadata)

    def _add(self, request: Any, metadata: dict[str, str]) -> Any:
        now = datetime.now(UTC)
        with psycopg.connect(self._url) as connection:
            return self._servicer.Add(
                request,
                CommandContext(
                    connection=connection,
                    operation_id=uuid4(),
                    caller=CALLER,
                    purpose="employment",
                    sequence=0,
                    evidence=b"",
                    accepted_at=now,
                    now=now,
                    publish=lambda event, key="": None,
                    metadata=metadata,
                ),
            )


def _register(adapter: _Adapter) -> Any:
    handler = grpc.unary_unary_rpc_method_handler(
        adapter.add,
        request_deserializer=bus_contract.AddRequest.FromString,
        response_serializer=bus_contract.AddResponse.SerializeToString,
    )
    served = grpc.method_handlers_generic_handler(bus_contract.SERVICE, {"Add": handler})
    return lambda server: server.add_generic_rpc_handlers((served,))


@contextmanager
def grpc_channel(base: Base, folder: Path) -> Iterator[grpc.Channel]:
    """A channel to a gRPC server of the house in this process, with mTLS."""
    authority = Authority(folder)
    tls = authority.issue("ledger")
    settings = ServiceSettings(
        listen="127.0.0.1:0",
        database_url=base.url,
        tls_ca=tls.ca,
        tls_cert=tls.certificate,
        tls_key=tls.key,
        callers=frozenset({"tests"}),
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def there() -> None:
        """The database of the tests answers."""

    async def begin() -> tuple[RpcServer, int]:
        assembly = Assembly(
            full_name=bus_contract.SERVICE, register=_register(_Adapter(base.url)), check=there
        )
        server = RpcServer(settings, assembly)
        return server, await server.start()

    server, port = asyncio.run_coroutine_threadsafe(begin(), loop).result(20)
    mine = authority.issue("tests")
    credentials = grpc.ssl_channel_credentials(
        mine.ca.read_bytes(), mine.key.read_bytes(), mine.certificate.read_bytes()
    )
    options = [("grpc.ssl_target_name_override", "ledger"), ("grpc.enable_retries", 0)]
    channel = grpc.secure_channel(f"127.0.0.1:{port}", credentials, options)
    try:
        yield channel
    finally:
        channel.close()
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
