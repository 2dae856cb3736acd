"""The coverage check through the gateway, everything on."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks import stack as stacks
from benchmarks.load import Outcome, drive
from benchmarks.requests import RequestMaker, coverage_checks
from benchmarks.rows import Measured, Row, summarised
from benchmarks.stack import BenchError, RunningStack
from lienthong.client import AgencyConfig
from lienthong.signing import AnswerRefused, verify_answer

NAME = "coverage check"
# Requests made beforehand for each second and core: more than this machine can answer.
_MADE_PER_CORE = 3_500
_MADE_FOR_ONE = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: the agency, and what its kind of key is called."""

    config: AgencyConfig
    key: str

    @property
    def name(self) -> str:
        """Of its row."""
        return f"{NAME}, {self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateways:
    """Where to ask: which processes share the authority besides the stack's own, and how they wait."""

    authority: str
    coalescing: bool
    more: Mapping[int, str] = field(default_factory=dict)


async def coverage(
    stack: RunningStack,
    gateways: Gateways,
    asker: Asker | None = None,
    *,
    connections: int,
    warm_up: float,
    seconds: float,
) -> Row:
    """One row: so many connections to these gateways, of the demo's hospital unless another asks."""
    where = gateways.authority
    config = asker.config if asker else stack.config
    maker = RequestMaker(config, where, coverage_checks(stack.people))
    rate = _MADE_FOR_ONE if connections == 1 else _MADE_PER_CORE * (os.cpu_count() or 1)
    requests = maker.make(int(rate * (warm_up + seconds + 1)), created=int(time.time()))
    marks: list[dict[str, float]] = []
    outcome = await drive(
        stacks.address_of(where),
        requests,
        connections=connections,
        warm_up=warm_up,
        seconds=seconds,
        mark=lambda: marks.append(stack.cpu(gateways.more)),
    )
    wrong = not_believed(stack, maker, outcome)
    if not outcome.completed:
        raise BenchError(f"no answer came from {where}")
    before, after = marks
    measured = Measured(
        completed=outcome.completed,
        counted=outcome.between_marks,
        failures=outcome.failures + wrong,
        seconds=outcome.seconds,
        latencies=outcome.latencies,
        cpu={name: after[name] - before[name] for name in after},
    )
    return Row(
        name=asker.name if asker else NAME,
        population=stack.population,
        connections=connections,
        coalescing=gateways.coalescing,
        switched_on=switched_on(stack, config, is_shared=gateways.coalescing),
        verified=len(outcome.sample) - wrong.total(),
        **summarised(measured),
    )


def switched_on(stack: RunningStack, config: AgencyConfig, *, is_shared: bool) -> str:
    """What a request of this agency went through."""
    (answer_key, *_) = config.gateway_keys.values()
    return (
        f"RFC 9421 both ways ({config.key.algorithm} in, {answer_key.algorithm} out), replay check, scope, "
        f"purpose, field mask, audit entry committed ({stack.durability}), mTLS gRPC, "
        f"logs at {stack.gateway.get('LIENTHONG_LOG_LEVEL', 'info')}, {stack.workers} gateway workers, "
        f"coalescing {'on' if is_shared else 'off'}; load generator on the same cores"
    )


def not_believed(
    stack: RunningStack,
    maker: RequestMaker,
    outcome: Outcome,
    says: Callable[[Mapping[str, Any]], bool] = lambda answer: answer.get("covered") is True,
) -> Counter[str]:
    """What of the sample is not the gateway's answer to that very request, or does not say what it should."""
    wrong: Counter[str] = Counter()
    for request, answer in outcome.sample:
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        try:
            verify_answer(
                stack.config.gateway_keys,
                status=200,
                headers=[(name, value) for name, _, value in lines],
                body=body,
                request=maker.signed(request),
            )
        except AnswerRefused as refused:
            wrong[f"answer {refused.reason}"] += 1
        else:
            wrong["says something else"] += not says(json.loads(body))
    return +wrong
