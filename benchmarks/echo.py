"""A bare unary gRPC echo: what grpc.aio costs before anything is done.

``python -m benchmarks.echo`` is its server; it writes its port on the first line.
"""

import asyncio
import subprocess
import sys
import time
from typing import Any

import grpc.aio
import uvloop

from benchmarks.cpu import LOAD_GENERATOR, cpu_seconds
from benchmarks.loops import closed_loop
from benchmarks.rows import Row, summarised
from benchmarks.stack import RunningStack

NAME = "bare gRPC echo"
_METHOD = "/benchmarks.Echo/Echo"
_PAYLOAD = b"x" * 80
_CONCURRENCY = 64


async def echo(stack: RunningStack, *, warm_up: float, seconds: float) -> Row:
    """One row: 64 calls under way to one server process, 80 octets each way."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.echo", stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None  # noqa: S101 -- a pipe was asked for
        port = int(await asyncio.wait_for(server.stdout.readline(), 10))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call: Any = channel.unary_unary(_METHOD)

            async def once() -> int:
                return int(await call(_PAYLOAD, timeout=5) == _PAYLOAD)

            roots = {server.pid: "echo server"}
            measured = await closed_loop(
                once,
                concurrency=_CONCURRENCY,
                warm_up=warm_up,
                seconds=seconds,
                cpu=lambda: {**cpu_seconds(roots), LOAD_GENERATOR: time.process_time()},
            )
    finally:
        server.terminate()
        await server.wait()
    return Row(
        name=NAME,
        population=stack.population,
        connections=_CONCURRENCY,
        coalescing=None,
        switched_on="grpc.aio on uvloop, one channel, no TLS, no protobuf, no database",
        **summarised(measured),
    )


async def _serve() -> None:
    async def answer(request: bytes, _: object) -> bytes:
        return request

    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("benchmarks.Echo", {"Echo": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(_serve())
