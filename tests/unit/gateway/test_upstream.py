"""How questions travel: shared, each with its own failure and deadline, over a real gRPC channel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc.aio
import pytest

from gateway.routes import Question
from gateway.upstream import MARGIN_SECONDS, Sharing, ask_over_grpc, resolve_persons
from lienthong.access.contract import Capability
from lienthong.access.published import published_contract
from lienthong.rpc import errors
from lienthong.rpc.coalesce import TooLate
from lienthong.rpc.errors import FieldViolation, to_status
from vss.health_claims.v1 import health_claims_pb2 as hc
from vss.health_claims.v1 import health_claims_pb2_grpc
from vss.identity.v1 import identity_pb2, identity_pb2_grpc

CHECK = "vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage"
GET = "vss.health_claims.v1.HealthClaimsQueryService/GetCoverage"


class HealthClaims(health_claims_pb2_grpc.HealthClaimsQueryServiceServicer):
    """Answers each with its own name; refuses "bad"; waits for ``gate``."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.metadata: list[dict[str, str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: grpc.StatusCode | None = None
        self.short = False

    async def BatchCheckCoverage(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.batches.append([one.identifier for one in request.requests])
        self.metadata.append({key: str(value) for key, value in context.invocation_metadata()})
        await self.gate.wait()
        if self.failure is not None:
            await context.abort(self.failure, "Nhung at 10.0.0.1")
        results = []
        for one in request.requests:
            if one.identifier == "bad":
                wrong = errors.InvalidArgument(FieldViolation("identifier", "is wrong"))
                results.append(hc.CheckCoverageResult(error=to_status(wrong)))
            else:
                results.append(
                    hc.CheckCoverageResult(response=hc.CheckCoverageResponse(result_code=one.identifier))
                )
        return hc.BatchCheckCoverageResponse(results=results[: -1 if self.short else None])

    async def GetCoverage(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.metadata.append({key: str(value) for key, value in context.invocation_metadata()})
        await self.gate.wait()
        return hc.GetCoverageResponse(as_of=request.identifier)


class Identity(identity_pb2_grpc.IdentityQueryServiceServicer):
    """Knows everybody by the number in the identifier."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    async def ResolvePersons(self, request: Any, _context: Any) -> Any:  # noqa: N802
        self.batches.append(list(request.identifiers))
        return identity_pb2.ResolvePersonsResponse(person_ids=[int(i) for i in request.identifiers])


@pytest.fixture
def claims() -> HealthClaims:
    return HealthClaims()


@pytest.fixture
def identity() -> Identity:
    return Identity()


@pytest.fixture
async def channel(claims: HealthClaims, identity: Identity) -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    health_claims_pb2_grpc.add_HealthClaimsQueryServiceServicer_to_server(claims, server)  # type: ignore[no-untyped-call]
    identity_pb2_grpc.add_IdentityQueryServiceServicer_to_server(identity, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened
    claims.gate.set()
    await server.stop(None)


def question(name: str, seconds: float = 3.0, kind: Callable[..., Any] = hc.CheckCoverageRequest) -> Question:
    now = asyncio.get_running_loop().time()
    trace = f"00-{'1' * 32}-{'2' * 16}-00"
    return Question(kind(identifier=name), f"id-{name}", trace, now + seconds)


def capability(rpc: str) -> Capability:
    (found,) = [one for one in published_contract().capabilities if one.rpc == rpc]
    return found


def check(channel: grpc.aio.Channel, *, shared: bool = True) -> Any:
    return ask_over_grpc(capability(CHECK), channel, Sharing(on=shared))


async def outcomes(*asked: Any) -> list[Any]:
    told = await asyncio.gather(*asked, return_exceptions=True)
    return [getattr(one, "result_code", one) for one in told]


async def test_what_is_asked_at_once_shares_a_call_and_keeps_its_order(
    channel: grpc.aio.Channel, claims: HealthClaims
) -> None:
    ask = check(channel)
    names = [str(number) for number in range(50)]
    assert await outcomes(*(ask(question(name)) for name in names)) == names
    assert len(claims.batches) < 50
    assert [name for batch in claims.batches for name in batch] == names


async def test_the_call_carries_the_id_of_everybody_in_it(
    channel: grpc.aio.Channel, claims: HealthClaims
) -> None:
    ask = check(channel)
    await outcomes(*(ask(question(str(number))) for number in range(300)))
    assert sum(map(len, claims.batches)) == 300
    for batch, metadata in zip(claims.batches, claims.metadata, strict=True):
        assert metadata["x-request-id"].split(",") == [f"id-{name}" for name in batch]
    assert all(metadata["traceparent"].startswith(f"00-{'1' * 32}-") for metadata in claims.metadata)


async def test_one_wrong_item_fails_alone(channel: grpc.aio.Channel) -> None:
    ask = check(channel)
    first, wrong, last = await outcomes(*(ask(question(name)) for name in ("a", "bad", "b")))
    assert (first, last) == ("a", "b")
    assert isinstance(wrong, errors.InvalidArgument)
    assert [field.field for field in wrong.fields] == ["identifier"]


async def test_without_sharing_each_has_a_call_of_its_own(
    channel: grpc.aio.Channel, claims: HealthClaims
) -> None:
    ask = check(channel, shared=False)
    assert await outcomes(*(ask(question(name)) for name in "abc")) == ["a", "b", "c"]
    assert sorted(claims.batches) == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED])
async def test_a_call_that_fails_says_so_to_everybody_in_it(
    channel: grpc.aio.Channel, claims: HealthClaims, code: grpc.StatusCode
) -> None:
    claims.failure = code
    ask = check(channel)
    told = await outcomes(*(ask(question(name)) for name in "ab"))
    assert [type(one) for one in told] == [errors.Unavailable] * 2


async def test_an_answer_short_of_results_is_nobodys_answer(
    channel: grpc.aio.Channel, claims: HealthClaims
) -> None:
    claims.short = True
    ask = check(channel)
    told = await outcomes(*(ask(question(name)) for name in "ab"))
    assert all(isinstance(one, Exception) for one in told)


async def test_a_service_that_hangs_is_given_up_in_time_for_the_refusal(
    channel: grpc.aio.Channel, claims: HealthClaims
) -> None:
    claims.gate.clear()
    ask, loop = check(channel), asyncio.get_running_loop()
    began = loop.time()
    (told,) = await outcomes(ask(question("a", seconds=MARGIN_SECONDS + 0.2)))
    assert isinstance(told, TooLate | errors.Unavailable | TimeoutError)
    assert loop.time() - began < MARGIN_SECONDS + 0.2


async def test_who_waits_behind_calls_that_hang_fails_in_time_too(
    channel: grpc.aio.Channel, claims: HealthClaims
) -> None:
    """Every request has the same budget, so those ahead fail first."""
    claims.gate.clear()
    ask, loop, budget = check(channel), asyncio.get_running_loop(), MARGIN_SECONDS + 0.3
    waiting = [asyncio.ensure_future(ask(question("first", seconds=budget)))]
    while not claims.batches:  # noqa: ASYNC110  the service is asked by then
        await asyncio.sleep(0.01)
    began = loop.time()
    waiting += [asyncio.ensure_future(ask(question(str(n), seconds=budget))) for n in range(3)]
    told = await outcomes(*waiting)
    assert loop.time() - began < budget
    assert all(isinstance(one, TooLate | errors.Unavailable | TimeoutError) for one in told), told


async def test_no_time_left_is_not_asked_at_all(channel: grpc.aio.Channel, claims: HealthClaims) -> None:
    alone = ask_over_grpc(capability(GET), channel, Sharing(on=True))
    with pytest.raises(errors.Unavailable):
        await alone(question("a", seconds=MARGIN_SECONDS / 2, kind=hc.GetCoverageRequest))
    assert claims.metadata == []


async def test_what_the_contract_does_not_share_has_a_call_of_its_own(
    channel: grpc.aio.Channel, claims: HealthClaims
) -> None:
    alone = ask_over_grpc(capability(GET), channel, Sharing(on=True))
    told = await asyncio.gather(*(alone(question(name, kind=hc.GetCoverageRequest)) for name in "ab"))
    assert [one.as_of for one in told] == ["a", "b"]
    assert sorted(m["x-request-id"] for m in claims.metadata) == ["id-a", "id-b"]


def identifier(text: str) -> Question:
    return Question(text, "id", "", asyncio.get_running_loop().time() + 3)


async def test_a_wrong_identifier_is_refused_before_it_joins_the_others(
    channel: grpc.aio.Channel, identity: Identity
) -> None:
    resolve = resolve_persons(channel, Sharing(on=True))
    with pytest.raises(errors.InvalidArgument) as caught:
        resolve(identifier("DN401010000001"))
    assert [field.field for field in caught.value.fields] == ["identifier"]
    told = await asyncio.gather(*(resolve(identifier(text)) for text in ("0100000017", "001190000017")))
    assert told == [100000017, 1190000017]
    assert identity.batches == [["0100000017", "001190000017"]]


async def test_a_card_code_stands_for_the_number_that_it_ends_in(
    channel: grpc.aio.Channel, identity: Identity
) -> None:
    resolve = resolve_persons(channel, Sharing(on=True))
    assert await resolve(identifier("dn4 01 01 00000017")) == 100000017
    assert identity.batches == [["0100000017"]]
