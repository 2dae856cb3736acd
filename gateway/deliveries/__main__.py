"""The process that makes deliveries: ``python -m gateway.deliveries``. Everything is wired here, once.

On SIGTERM it finishes the delivery that is under way and leaves.
"""

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from pydantic import ValidationError

from gateway.deliveries.figures import Figures
from gateway.deliveries.making import Making
from gateway.deliveries.settings import Settings
from gateway.deliveries.worker import Worker
from gateway.faces.sdmx.routes import RPCS
from lienthong.db.pool import open_pool
from lienthong.rpc.channels import TlsFiles, open_channel
from lienthong.rpc.settings import refuse_to_start
from lienthong.signing import Algorithm, PrivateKey
from lienthong.statistics.structures import catalogue
from lienthong.telemetry import logs, metrics, traces

_log = logs.get_logger("gateway.deliveries")


async def serve(settings: Settings) -> None:
    """Deliver until told to stop by a signal."""
    key = PrivateKey.load(settings.signing_key)
    if key.algorithm is not Algorithm.ECDSA_P256_SHA256:
        raise SystemExit("refusing to start: LIENTHONG_SIGNING_KEY: a manifest is signed with a P-256 key")
    async with AsyncExitStack() as stack:
        stack.enter_context(metrics.exposed(settings.metrics_listen))
        # Files are large, and nobody waits for an answer.
        pool = await stack.enter_async_context(
            open_pool(settings.database_url, name="deliveries", connections=2, statement_timeout_s=30.0)
        )
        tls = TlsFiles(ca=settings.tls_ca, certificate=settings.tls_cert, key=settings.tls_key)
        channels = {
            name: await stack.enter_async_context(
                open_channel(settings.target(name), server_name=name, tls=tls)
            )
            for name in RPCS
        }
        making = Making(
            pool,
            Figures(catalogue().published().dataflows, channels),
            key,
            close_days=settings.delivery_close_days,
            clock=lambda: datetime.now(UTC),
        )
        worker = Worker(making)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, worker.stop)
        _log.info("deliveries.started", close_days=settings.delivery_close_days)
        await worker.run()
    _log.info("deliveries.stopped")


def main() -> None:
    """The whole life of the process."""
    try:
        settings = Settings()
    except ValidationError as error:
        refuse_to_start(error)
    logs.configure("deliveries", settings.log_level)
    traces.configure("deliveries")
    asyncio.run(serve(settings))
    traces.shutdown()
    logs.flush()


if __name__ == "__main__":
    main()
