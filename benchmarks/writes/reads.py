"""Reads of contributions, and the coverage check while declarations run at full rate."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from benchmarks import stack as stacks
from benchmarks.load import Outcome, drive
from benchmarks.requests import RequestMaker, coverage_checks
from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes.declarations import Rate, rate
from benchmarks.writes.units import INSPECTOR, Unit
from deploy.nation.sampling import SampledPerson
from lienthong.client import AgencyConfig
from lienthong.signing import prepare_request

LEDGER, DEBTORS = "/v1/contributions:ledger", "/v1/debtors:list"
_MADE = 4_000
_PAGE = 200


async def ledger(stack: RunningStack, people: Sequence[SampledPerson], *, seconds: float) -> Outcome:
    """One connection: a ledger of fifteen years, whole in one page, after the other."""
    bodies = [{"identifier": person.identifier, "pageSize": _PAGE} for person in people]
    return await _one_by_one(stack, LEDGER, bodies, seconds)


async def debtors(stack: RunningStack, *, seconds: float) -> Outcome:
    """One connection: the first page of the debtors of a province, in every way that it can be filtered."""
    bodies: list[dict[str, Any]] = [
        {},
        {"state": "LEGAL_STATE_EVASION"},
        {"state": "LEGAL_STATE_LATE"},
        {"leastVnd": 1_400_000},
        {"sector": "private", "state": "LEGAL_STATE_EVASION", "leastVnd": 1_200_000},
    ]
    return await _one_by_one(stack, DEBTORS, bodies, seconds)


async def beside(
    stack: RunningStack, units: list[Unit], *, month: str, warm_up: float, seconds: float
) -> tuple[Outcome, Outcome, Rate]:
    """Coverage checks over one connection: alone, then while every unit declares; and at what rate it does."""
    alone = await _coverage(stack, warm_up, seconds)
    declaring = asyncio.create_task(
        rate(stack, units, month=month, warm_up=2 * warm_up, seconds=seconds + warm_up)
    )
    await asyncio.sleep(warm_up)
    together = await _coverage(stack, warm_up, seconds)
    return alone, together, await declaring


async def _coverage(stack: RunningStack, warm_up: float, seconds: float) -> Outcome:
    authority = stack.gateway["LIENTHONG_AUTHORITY"]
    maker = RequestMaker(stack.config, authority, coverage_checks(stack.people))
    requests = maker.make(int(800 * (warm_up + seconds + 1)), created=int(time.time()))
    return await _driven(authority, requests, warm_up=warm_up, seconds=seconds)


async def _one_by_one(
    stack: RunningStack, path: str, bodies: Sequence[dict[str, Any]], seconds: float
) -> Outcome:
    config = AgencyConfig.load(stack.run / "agencies" / INSPECTOR)
    authority = stack.gateway["LIENTHONG_AUTHORITY"]
    requests = [_raw(config, authority, path, bodies[n % len(bodies)]) for n in range(_MADE)]
    return await _driven(authority, requests, warm_up=1.0, seconds=seconds)


async def _driven(authority: str, requests: list[bytes], *, warm_up: float, seconds: float) -> Outcome:
    outcome = await drive(
        stacks.address_of(authority),
        requests,
        connections=1,
        warm_up=warm_up,
        seconds=seconds,
        mark=lambda: None,
    )
    if outcome.failures:
        raise BenchError(f"requests failed: {Counter(outcome.failures)}")
    return outcome


def _raw(config: AgencyConfig, authority: str, path: str, values: dict[str, Any]) -> bytes:
    """One signed request as it goes over the wire."""
    body = msgspec.json.encode(values)
    stated = {"content-type": "application/json", "purpose": "inspection", "staff": config.staff}
    signed = prepare_request(
        config.key,
        method="POST",
        url=f"http://{authority}{path}",
        headers=stated,
        body=body,
        created=int(time.time()),
    )
    lines = {**stated, **signed.headers, "host": authority, "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body
