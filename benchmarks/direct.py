"""The same question asked of health_claims by gRPC, with the gateway's certificate: no gateway, no audit."""

from itertools import cycle, islice

from benchmarks.loops import closed_loop
from benchmarks.rows import Row, summarised
from benchmarks.stack import RunningStack
from lienthong.rpc.channels import Caller, open_channel
from vss.health_claims.v1 import health_claims_pb2

ONE_BY_ONE = "direct gRPC, one by one"
BATCHES = "direct gRPC, batches of 200"
_SERVICE = "vss.health_claims.v1.HealthClaimsQueryService"
_BATCH = 200


async def direct(stack: RunningStack, *, in_batches: bool, warm_up: float, seconds: float) -> Row:
    """One row: 64 calls under way, or two batches as in the gateway. Requests are people, either way."""
    concurrency = 2 if in_batches else 64
    async with open_channel(
        stack.gateway["LIENTHONG_TARGETS_HEALTH_CLAIMS"], server_name="health_claims", tls=stack.tls
    ) as channel:
        once = Caller(channel, f"{_SERVICE}/CheckCoverage", health_claims_pb2.CheckCoverageResponse)
        many = Caller(channel, f"{_SERVICE}/BatchCheckCoverage", health_claims_pb2.BatchCheckCoverageResponse)
        facility = "01001"
        people = cycle(
            [
                health_claims_pb2.CheckCoverageRequest(
                    identifier=p.identifier, full_name=p.full_name, born=p.born, facility_code=facility
                )
                for p in stack.people
            ]
        )

        async def one() -> int:
            answer = await once(next(people), timeout=5)
            return _answered([answer])

        async def batch() -> int:
            request = health_claims_pb2.BatchCheckCoverageRequest(requests=islice(people, _BATCH))
            answer = await many(request, timeout=5)
            return _answered([result.response for result in answer.results])  # type: ignore[attr-defined]  # Caller knows Message

        measured = await closed_loop(
            batch if in_batches else one,
            concurrency=concurrency,
            warm_up=warm_up,
            seconds=seconds,
            cpu=stack.cpu,
        )
    return Row(
        name=BATCHES if in_batches else ONE_BY_ONE,
        population=stack.population,
        connections=concurrency,
        coalescing=None,
        switched_on="mTLS gRPC and SQL; no signature, no scope, no mask, no audit entry"
        + ("; times are those of a whole batch" if in_batches else ""),
        **summarised(measured),
    )


def _answered(answers: list[object]) -> int:
    wrong = {
        getattr(answer, "result_code", "") for answer in answers if not getattr(answer, "covered", False)
    }
    if wrong:
        raise ValueError(f"not covered: {wrong}")
    return len(answers)
