"""The questions of a statistician over one connection, as a ministry: one series, and a dataflow's whole year."""

import time
from collections import Counter
from datetime import date
from itertools import product

from benchmarks import stack as stacks
from benchmarks.load import Outcome, drive
from benchmarks.stack import BenchError, RunningStack
from lienthong.client import AgencyConfig
from lienthong.signing import prepare_request
from lienthong.statistics.flows import month_number, month_text

MINISTRY = "ministry-demo"
_CSV = "application/vnd.sdmx.data+csv;version=1.0.0"
_PROVINCES = ("VN", "VN_01", "VN_24", "VN_79")
_SCHEMES, _SEXES = ("SI", "HI", "UI"), ("M", "F", "_T")
_AGES = ("Y25T29", "Y40T44", "_T")
_SERIES_MADE, _YEARS_MADE = 6_000, 120


async def single_series(stack: RunningStack, *, today: date, seconds: float) -> Outcome:
    """A year of one series after the other: province or country, scheme, sex, age band."""
    keys = [".".join(("M", *key)) for key in product(_PROVINCES, _SCHEMES, _SEXES, _AGES)]
    return await _asked(stack, keys, _year(today), made=_SERIES_MADE, seconds=seconds)


async def whole_year(stack: RunningStack, *, today: date, seconds: float) -> Outcome:
    """Every series of the dataflow that there is, for a year, as SDMX-CSV."""
    return await _asked(stack, ["all"], _year(today), made=_YEARS_MADE, seconds=seconds)


def _year(today: date) -> str:
    """Twelve months until that of today, as SDMX asks for them."""
    last = month_number(today)
    return f"startPeriod={month_text(last - 11)}&endPeriod={month_text(last)}"


async def _asked(stack: RunningStack, keys: list[str], period: str, *, made: int, seconds: float) -> Outcome:
    config = AgencyConfig.load(stack.run / "agencies" / MINISTRY)
    authority = stack.gateway["LIENTHONG_AUTHORITY"]
    targets = [f"/sdmx/v1/data/DF_PARTICIPANTS/{key}?{period}" for key in keys]
    requests = [_raw(config, authority, targets[n % len(targets)]) for n in range(made)]
    outcome = await drive(
        stacks.address_of(authority),
        requests,
        connections=1,
        warm_up=1.0,
        seconds=seconds,
        mark=lambda: None,
    )
    if outcome.failures:
        raise BenchError(f"requests failed: {Counter(outcome.failures)}")
    return outcome


def _raw(config: AgencyConfig, authority: str, target: str) -> bytes:
    """One signed request as it goes over the wire."""
    stated = {"accept": _CSV, "purpose": "statistics", "staff": config.staff}
    signed = prepare_request(
        config.key,
        method="GET",
        url=f"http://{authority}{target}",
        headers=stated,
        body=b"",
        created=int(time.time()),
    )
    lines = {**stated, **signed.headers, "host": authority}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {target} HTTP/1.1\r\n{head}\r\n".encode()
