"""One gateway worker: ``python -m gateway``. Everything is wired here, once.

Several workers share the port (SO_REUSEPORT) and know of each other only through
the gateway's database. On SIGTERM a worker stops accepting, finishes what is
under way and leaves.
"""

import asyncio
import signal
import time
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple

import grpc.aio
import msgspec
import uvloop
from pydantic import ValidationError

from gateway.accepting import Accepting
from gateway.app import Gateway, Parts
from gateway.budget import Budget
from gateway.checks import Guards
from gateway.commands import Commands
from gateway.deliveries.answering import Deliveries
from gateway.docs_page import CONTENT_SECURITY_POLICY, docs_page
from gateway.faces.fhir.json import MEDIA_TYPE as FHIR_TYPE
from gateway.faces.fhir.routes import FhirFace
from gateway.faces.sdmx.routes import SdmxFace
from gateway.helper import Helper
from gateway.http import HttpServer, http_server, listening_socket
from gateway.local import local_asks
from gateway.openapi import build_openapi
from gateway.operations import Operations
from gateway.pages import Document, Pages
from gateway.persons import Persons
from gateway.quota import QuotaLedger
from gateway.recent_checks import RecentChecks
from gateway.replays import RecentNonces
from gateway.replies import JSON_TYPE, Replies
from gateway.routes import Ask, prepare_routes
from gateway.settings import Settings
from gateway.upstream import Sharing, ask_over_grpc, batch_metrics, resolve_persons
from gateway.waiting import Waiters
from gateway.watch import RegistryWatch
from lienthong.access.contract import Contract, Delivery
from lienthong.access.published import published_contract
from lienthong.audit.entry import Pseudonyms
from lienthong.audit.reader import AuditReader
from lienthong.audit.writer import AuditWriter
from lienthong.certificate import KEYS_PATH, CertificateKeys, public_keys
from lienthong.db.pool import Pool, open_pool
from lienthong.rpc.channels import TlsFiles, open_channel
from lienthong.rpc.process import end, settle
from lienthong.rpc.settings import refuse_to_start
from lienthong.signing import AnswerSigner, PrivateKey, key_directory
from lienthong.statistics.structures import catalogue
from lienthong.telemetry import logs, metrics, traces

_SERVICES = ("identity", "contributions", "health_claims")

_log = logs.get_logger("gateway")


def main() -> None:
    """The whole life of a worker, from its environment to SIGTERM or SIGINT."""
    try:
        settings = Settings()
    except ValidationError as error:
        refuse_to_start(error)
    logs.configure("gateway", settings.log_level)
    traces.configure("gateway")
    uvloop.run(serve(settings))
    traces.shutdown()
    logs.flush()


async def serve(settings: Settings) -> None:
    """Serve until told to stop by a signal."""
    async with AsyncExitStack() as stack:
        stack.enter_context(metrics.exposed(settings.metrics_listen))
        waiters = Waiters(settings.database_url, most=settings.max_waiting)
        gateway, audit, accepting = await _wire(settings, stack, waiters)
        server = http_server(settings, gateway)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, server, waiters)
        settle()
        _log.info("gateway.started", listen=settings.listen, coalescing=settings.coalescing)
        await server.serve(sockets=[listening_socket(settings.listen)])
        await audit.drain()
        await accepting.drain()
    _log.info("gateway.stopped")


def _stop(server: HttpServer, waiters: Waiters) -> None:
    server.stop()
    waiters.stop()


class _Pools(NamedTuple):
    """Connections to the gateway's database, apart so that nothing large and no flood keeps those of the reads."""

    reading: Pool
    writing: Pool
    following: Pool
    """Of operations, by those who wait for them."""
    filing: Pool
    """Of deliveries, whose files are large."""
    looking: Pool
    """Of the auditor, who may look for what hardly any entry has: a look at all of a day's."""


async def _pools(settings: Settings, stack: AsyncExitStack) -> _Pools:
    async def pool(name: str, connections: int, statement_timeout_s: float = 2.0) -> Pool:
        opened = open_pool(
            settings.database_url,
            name=name,
            connections=connections,
            statement_timeout_s=statement_timeout_s,
        )
        return await stack.enter_async_context(opened)

    return _Pools(
        reading=await pool("gateway", 4 if settings.coalescing else 16),
        writing=await pool("gateway-writes", 4, statement_timeout_s=5.0),
        following=await pool("gateway-operations", 2),
        filing=await pool("gateway-deliveries", 2),
        looking=await pool("gateway-audit", 2),
    )


async def _wire(
    settings: Settings, stack: AsyncExitStack, waiters: Waiters
) -> tuple[Gateway, AuditWriter, Accepting]:
    sharing = Sharing(on=settings.coalescing)
    pools = await _pools(settings, stack)
    channels = await _channels(settings, stack)
    contract = published_contract()
    pseudonyms = Pseudonyms.load(settings.pseudonym_key)
    key = PrivateKey.load(settings.signing_key)
    replies = Replies(AnswerSigner(key, time.time), pseudonyms)
    audit = AuditWriter(
        pools.reading,
        max_batch=sharing.max_batch,
        max_in_flight=sharing.max_in_flight,
        on_batch=batch_metrics("audit"),
    )
    quota = QuotaLedger(settings.worker)
    watch = await _watch(pools.reading, quota, stack)
    helper = await _helper(settings, stack)
    _in_background(stack, waiters.run())
    operations = Operations(pools.following, waiters, helper, contract=contract, registry=watch.registry)
    resolve = resolve_persons(channels["identity"], sharing)
    accepting = Accepting(pools.writing)
    fhir = _fhir(settings, contract)
    sdmx = SdmxFace(contract, catalogue().published(), server_url=f"{settings.scheme}://{settings.authority}")
    asks = _asks(contract, channels, sharing, AuditReader(pools.looking, pseudonyms))
    asks |= operations.asks() | _deliveries(settings, pools.filing).asks()
    parts = Parts(
        settings=settings,
        routes=prepare_routes(contract, asks, operations.encoders(), [*fhir.faces(), *sdmx.faces()]),
        guards=Guards(
            registry=watch.registry, nonces=RecentNonces(), quota=quota, citizen_name=replies.citizen_name
        ),
        replies=replies,
        audit=audit,
        pages=Pages(
            replies,
            _documents(settings, contract, key) | _resources(fhir),
            ready=lambda: {"database": watch.ready},
            shelf=sdmx.structures(),
        ),
        resolve_person=resolve,
        recent_checks=RecentChecks(pools.reading, sharing),
        commands=Commands(
            accepting=accepting,
            persons=Persons(channels["identity"]),
            resolve_person=resolve,
            helper=helper,
            replies=replies,
        ),
        helper=helper,
        budget=Budget(pools.reading),
    )
    return Gateway(parts), audit, accepting


def _deliveries(settings: Settings, pool: Pool) -> Deliveries:
    return Deliveries(
        pool,
        catalogue().published().dataflows,
        close_days=settings.delivery_close_days,
        clock=lambda: datetime.now(UTC),
    )


async def _helper(settings: Settings, stack: AsyncExitStack) -> Helper:
    helper = Helper(pseudonym_key=settings.pseudonym_key, max_depth=settings.max_depth)
    await helper.start()
    stack.push_async_callback(helper.stop)
    return helper


def _in_background(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Run until the stack is left."""
    stack.push_async_callback(end, asyncio.create_task(work))


async def _channels(settings: Settings, stack: AsyncExitStack) -> dict[str, grpc.aio.Channel]:
    tls = TlsFiles(ca=settings.tls_ca, certificate=settings.tls_cert, key=settings.tls_key)
    return {
        name: await stack.enter_async_context(open_channel(settings.target(name), server_name=name, tls=tls))
        for name in _SERVICES
    }


async def _watch(pool: Pool, quota: QuotaLedger, stack: AsyncExitStack) -> RegistryWatch:
    watch = RegistryWatch(pool, quota)
    _in_background(stack, watch.run())
    return watch


def _asks(
    contract: Contract, channels: Mapping[str, grpc.aio.Channel], sharing: Sharing, reader: AuditReader
) -> dict[str, Ask]:
    over_grpc = {
        capability.rpc: ask_over_grpc(capability, channels[capability.service], sharing)
        for capability in contract.capabilities
        if capability.delivery is Delivery.GRPC
    }
    return over_grpc | local_asks(reader)


def _documents(settings: Settings, contract: Contract, key: PrivateKey) -> dict[str, Document]:
    openapi = build_openapi(contract, server_url=f"{settings.scheme}://{settings.authority}")
    directory = msgspec.json.encode(key_directory([key.public]))
    policy = (b"content-security-policy", CONTENT_SECURITY_POLICY.encode())
    return _certificate_keys(settings) | {
        "/openapi.json": Document(JSON_TYPE, msgspec.json.encode(openapi)),
        "/docs": Document("text/html; charset=utf-8", docs_page(openapi), (policy,)),
        "/.well-known/http-message-signatures-directory": Document(
            "application/http-message-signatures-directory+json", directory
        ),
    }


def _fhir(settings: Settings, contract: Contract) -> FhirFace:
    return FhirFace(
        contract,
        systems=settings.fhir_systems,
        secret=bytes.fromhex(settings.pseudonym_key.read_text().strip()),
        server_url=f"{settings.scheme}://{settings.authority}",
    )


def _resources(fhir: FhirFace) -> dict[str, Document]:
    return {path: Document(FHIR_TYPE, msgspec.json.encode(one)) for path, one in fhir.documents().items()}


def _certificate_keys(settings: Settings) -> dict[str, Document]:
    """Where verifiers of certificates find the keys; any web page may read them (SMART Health Cards)."""
    if settings.certificate_keys is None:
        return {}
    keys = CertificateKeys.load(settings.certificate_keys)
    body = msgspec.json.encode(public_keys(keys.values()))
    return {KEYS_PATH: Document("application/jwk-set+json", body, ((b"access-control-allow-origin", b"*"),))}


if __name__ == "__main__":
    main()
