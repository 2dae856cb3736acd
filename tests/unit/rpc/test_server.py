"""The edge of a gRPC service, shown on a real server with mTLS in this process."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
import pytest_asyncio
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from lienthong.rpc.channels import TlsFiles, open_channel
from lienthong.rpc.errors import InvalidArgument, from_status
from lienthong.rpc.server import Assembly, RpcServer
from lienthong.rpc.settings import ServiceSettings
from lienthong.telemetry import logs
from services.identity.server import FULL_NAME, IdentityQuery
from tests.support.people import NHUNG, TODAY, FakePersons, ask
from tests.support.pki import Authority
from tests.support.silence import silence
from vss.identity.v1 import identity_pb2 as pb
from vss.identity.v1 import identity_pb2_grpc

pytestmark = pytest.mark.asyncio

# Generated without types.
IDENTITY: Any = identity_pb2_grpc
HEALTH: Any = health_pb2_grpc
REFLECTION: Any = reflection_pb2_grpc

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
Handler = Callable[[pb.VerifyIdentityRequest, Any], Awaitable[pb.VerifyIdentityResponse]]


class Bench:
    """Servers and channels of one test."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.database_up = True
        self.port = 0
        self._tls = authority.issue("identity")
        self._channels: list[grpc.aio.Channel] = []
        self._servers: list[RpcServer] = []

    async def check(self) -> None:
        """The database's answer."""
        if not self.database_up:
            raise psycopg.OperationalError

    async def start(self, handler: Handler | None = None, **changed: Any) -> RpcServer:
        """A server; on the port of the one before if there is one."""
        servicer = IdentityQuery(FakePersons(), today=lambda: TODAY)
        if handler is not None:
            servicer.VerifyIdentity = handler  # type: ignore[method-assign,assignment]
        values: dict[str, Any] = {
            "listen": f"127.0.0.1:{self.port}",
            "database_url": "postgresql://nobody@127.0.0.1:1/none",
            "tls_ca": self._tls.ca,
            "tls_cert": self._tls.certificate,
            "tls_key": self._tls.key,
            "callers": "gateway",
            "probes": "supervisor",
            "health_interval_s": 0.02,
            **changed,
        }
        assembly = Assembly(
            full_name=FULL_NAME,
            register=lambda s: IDENTITY.add_IdentityQueryServiceServicer_to_server(servicer, s),
            check=self.check,
        )
        server = RpcServer(ServiceSettings(**values), assembly)
        self._servers.append(server)
        self.port = await server.start()
        return server

    def channel(self, name: str = "gateway", tls: TlsFiles | None = None) -> grpc.aio.Channel:
        """A channel of the caller ``name``."""
        tls = tls or self.authority.issue(name)
        channel = open_channel(f"127.0.0.1:{self.port}", server_name="identity", tls=tls)
        self._channels.append(channel)
        return channel

    def stub(self, name: str = "gateway") -> Any:
        """The identity service as the caller ``name`` sees it."""
        return IDENTITY.IdentityQueryServiceStub(self.channel(name))

    async def close(self) -> None:
        """End everything."""
        for channel in self._channels:
            await channel.close()
        for server in self._servers:
            await server.stop()


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Closed at the end of the test."""
    made = Bench(Authority(tmp_path / "pki"))
    yield made
    await made.close()


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is logged during the test."""
    reading, writing = os.pipe()
    logs.configure("identity", "info", descriptor=writing)

    def read() -> list[dict[str, Any]]:
        logs.flush()
        return [json.loads(line) for line in os.read(reading, 1_000_000).splitlines()]

    yield read
    silence()
    os.close(reading)
    os.close(writing)


REQUEST = ask(NHUNG, full_name="Trần Thị Hồng Nhung", born="1990-05-17")


async def failure(call: Awaitable[Any]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return failed.value


def details_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    return status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])


async def test_a_listed_caller_is_answered(bench: Bench) -> None:
    await bench.start()
    answer = await bench.stub().VerifyIdentity(REQUEST, timeout=5)
    assert answer.result == pb.IDENTITY_RESULT_MATCH


async def test_a_caller_who_is_not_listed_is_denied_everything(bench: Bench) -> None:
    await bench.start()
    channel = bench.channel("contributions")
    calls = [
        IDENTITY.IdentityQueryServiceStub(channel).VerifyIdentity(REQUEST, timeout=5),
        HEALTH.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5),
    ]
    for call in calls:
        error = await failure(call)
        assert error.code() == grpc.StatusCode.PERMISSION_DENIED
        assert from_status(details_of(error)).reason == "CALLER_NOT_LISTED"
    reflected = REFLECTION.ServerReflectionStub(channel).ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=5
    )
    assert (await failure(reflected.read())).code() == grpc.StatusCode.PERMISSION_DENIED


async def test_a_probe_may_ask_for_health_and_nothing_else(bench: Bench) -> None:
    await bench.start()
    channel = bench.channel("supervisor")
    health = HEALTH.HealthStub(channel)
    for name in ("", FULL_NAME):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        assert answer.status == SERVING
    error = await failure(IDENTITY.IdentityQueryServiceStub(channel).VerifyIdentity(REQUEST, timeout=5))
    assert error.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_without_a_certificate_there_is_no_connection(bench: Bench) -> None:
    await bench.start()
    ca = bench.authority.issue("gateway").ca.read_bytes()
    options = [("grpc.ssl_target_name_override", "identity")]
    async with grpc.aio.secure_channel(
        f"127.0.0.1:{bench.port}", grpc.ssl_channel_credentials(ca), options=options
    ) as channel:
        error = await failure(IDENTITY.IdentityQueryServiceStub(channel).VerifyIdentity(REQUEST, timeout=5))
    assert error.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_of_another_authority_is_no_certificate(bench: Bench, tmp_path: Path) -> None:
    await bench.start()
    foreign, ours = Authority(tmp_path / "foreign").issue("gateway"), bench.authority.issue("gateway")
    channel = bench.channel(tls=TlsFiles(ca=ours.ca, certificate=foreign.certificate, key=foreign.key))
    error = await failure(
        IDENTITY.IdentityQueryServiceStub(channel).VerifyIdentity(REQUEST, timeout=2, wait_for_ready=False)
    )
    assert error.code() == grpc.StatusCode.UNAVAILABLE


async def test_reflection_shows_the_service_to_a_listed_caller(bench: Bench) -> None:
    await bench.start()
    stub = REFLECTION.ServerReflectionStub(bench.channel())
    call = stub.ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=5
    )
    names = [
        service.name for answer in [await call.read()] for service in answer.list_services_response.service
    ]
    assert FULL_NAME in names


async def test_health_follows_the_database_and_calls_fail_at_once_without_it(bench: Bench) -> None:
    await bench.start()
    watch = HEALTH.HealthStub(bench.channel()).Watch(health_pb2.HealthCheckRequest(service=FULL_NAME))
    assert (await watch.read()).status == SERVING
    bench.database_up = False
    assert (await watch.read()).status == NOT_SERVING
    started = asyncio.get_running_loop().time()
    error = await failure(bench.stub().VerifyIdentity(REQUEST, timeout=60))
    assert error.code() == grpc.StatusCode.UNAVAILABLE
    assert from_status(details_of(error)).reason == "DATABASE_UNAVAILABLE"
    assert asyncio.get_running_loop().time() - started < 30  # the client's one retry included
    bench.database_up = True
    assert (await watch.read()).status == SERVING
    assert (await bench.stub().VerifyIdentity(REQUEST, timeout=5)).result == pb.IDENTITY_RESULT_MATCH
    watch.cancel()


async def test_a_service_starts_without_its_database(bench: Bench) -> None:
    bench.database_up = False
    await bench.start()
    health = HEALTH.HealthStub(bench.channel())
    assert (await health.Check(health_pb2.HealthCheckRequest(), timeout=5)).status == NOT_SERVING


async def test_a_refusal_carries_its_reason_and_fields(bench: Bench) -> None:
    await bench.start()
    error = await failure(bench.stub().VerifyIdentity(ask(NHUNG, born="2026-02-30"), timeout=5))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    refusal = from_status(details_of(error))
    assert isinstance(refusal, InvalidArgument)
    assert [field.field for field in refusal.fields] == ["born"]


async def test_what_nobody_foresaw_is_internal_without_detail(
    bench: Bench, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    async def broken(request: pb.VerifyIdentityRequest, _context: Any) -> pb.VerifyIdentityResponse:
        raise KeyError(request.full_name)

    await bench.start(broken)
    error = await failure(bench.stub().VerifyIdentity(REQUEST, timeout=5))
    assert (error.code(), error.details()) == (grpc.StatusCode.INTERNAL, "internal error")
    lines = log_lines()
    (told,) = [line for line in lines if line["event"] == "rpc.broken"]
    assert told["error"] == "KeyError"
    assert told["trace"][-1].endswith(" broken")
    assert "Nhung" not in json.dumps(lines, ensure_ascii=False)


async def test_one_line_a_call_names_the_requests_and_nobody(
    bench: Bench, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    await bench.start()
    batch = pb.BatchVerifyIdentityRequest(requests=[REQUEST, REQUEST])
    await bench.stub().BatchVerifyIdentity(batch, timeout=5, metadata=(("x-request-id", "r1,r2"),))
    (line,) = [line for line in log_lines() if line["event"] == "rpc"]
    assert (line["request_id"], line["items"], line["outcome"], line["caller"]) == (
        "r1,r2",
        2,
        "ok",
        "gateway",
    )
    assert line["rpc"] == f"{FULL_NAME}/BatchVerifyIdentity"
    assert NHUNG.personal_id not in json.dumps(line)
    assert NHUNG.full_name not in json.dumps(line, ensure_ascii=False)


@asynccontextmanager
async def waiting_handler() -> AsyncIterator[tuple[Handler, asyncio.Event, asyncio.Event]]:
    """A handler that never answers, and whether it has begun and was cancelled."""
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def wait(_request: pb.VerifyIdentityRequest, _context: Any) -> pb.VerifyIdentityResponse:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return pb.VerifyIdentityResponse()

    yield wait, begun, cancelled


@pytest.mark.parametrize("allowed", [0.1, None])
async def test_work_ends_at_the_deadline_or_at_our_bound(bench: Bench, allowed: float | None) -> None:
    async with waiting_handler() as (handler, _, cancelled):
        await bench.start(handler, default_deadline_s=0.1)
        error = await failure(bench.stub().VerifyIdentity(REQUEST, timeout=allowed))
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(5):
            await cancelled.wait()


async def test_no_deadline_is_longer_than_ours(bench: Bench) -> None:
    async with waiting_handler() as (handler, _, cancelled):
        await bench.start(handler, longest_deadline_s=0.1)
        error = await failure(bench.stub().VerifyIdentity(REQUEST, timeout=30))
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert cancelled.is_set()


async def test_a_cancelled_call_cancels_its_work(bench: Bench) -> None:
    async with waiting_handler() as (handler, begun, cancelled):
        await bench.start(handler)
        call = bench.stub().VerifyIdentity(REQUEST, timeout=30)
        async with asyncio.timeout(5):
            await begun.wait()
            call.cancel()
            await cancelled.wait()


async def test_more_calls_than_the_bound_are_refused(bench: Bench) -> None:
    async with waiting_handler() as (handler, begun, _):
        await bench.start(handler, concurrent_calls=1)
        stub = bench.stub()
        first = stub.VerifyIdentity(REQUEST, timeout=30)
        async with asyncio.timeout(5):
            await begun.wait()
        error = await failure(stub.VerifyIdentity(REQUEST, timeout=5))
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        first.cancel()


async def test_a_message_over_the_cap_is_refused(bench: Bench) -> None:
    await bench.start()
    request = ask(NHUNG, full_name="A" * 2_200_000)
    assert (
        await failure(bench.stub().VerifyIdentity(request, timeout=5))
    ).code() == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_two_hundred_request_ids_fit_in_the_metadata(bench: Bench) -> None:
    await bench.start()
    ids = ",".join(f"{number:036d}" for number in range(200))
    answer = await bench.stub().VerifyIdentity(REQUEST, timeout=5, metadata=(("x-request-id", ids),))
    assert answer.result == pb.IDENTITY_RESULT_MATCH


async def test_no_request_fails_while_a_service_is_replaced(bench: Bench) -> None:
    """Calls at work when the old process stops, and calls made meanwhile, all succeed."""
    release, begun = asyncio.Event(), asyncio.Event()
    kept = 0

    async def slow(_request: pb.VerifyIdentityRequest, _context: Any) -> pb.VerifyIdentityResponse:
        nonlocal kept
        begun.set()
        await release.wait()
        kept += 1
        return pb.VerifyIdentityResponse(person_id=1)

    old = await bench.start(slow)
    stub = bench.stub()
    at_work = [asyncio.ensure_future(stub.VerifyIdentity(REQUEST, timeout=10)) for _ in range(20)]
    async with asyncio.timeout(5):
        await begun.wait()
    await bench.start()  # the new process, on the same port
    stopping = asyncio.create_task(old.stop())
    meanwhile = [await stub.VerifyIdentity(REQUEST, timeout=10) for _ in range(200)]
    assert not stopping.done()  # the old one waits for its calls
    release.set()
    answered_by = [answer.person_id for answer in await asyncio.gather(*at_work)]
    await stopping
    # What had begun was finished by the old one; what it had only received went to the new one.
    assert kept >= 1
    assert answered_by.count(1) == kept
    assert answered_by.count(NHUNG.person.person_id) == 20 - kept
    assert {answer.result for answer in meanwhile} == {pb.IDENTITY_RESULT_MATCH}
