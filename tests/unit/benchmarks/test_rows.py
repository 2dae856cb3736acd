"""From raw figures to a line of the table and of bench.json."""

import asyncio
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.__main__ import PARTS, plan
from benchmarks.loops import closed_loop
from benchmarks.rows import Measured, Row, quantile, show, summarised, write

KEYS = {
    "name", "population", "connections", "coalescing", "requests_per_s", "p50_ms", "p95_ms", "p99_ms", "failed", "cpu_us"
}  # fmt: skip


def row(**changes: object) -> Row:
    measured = Measured(
        completed=1_000,
        counted=1_100,
        seconds=2.0,
        latencies=[n / 1_000 for n in range(1, 101)],
        failures=Counter({"status 503": 2}),
        cpu={"gateway": 0.11, "postgres": 0.22, "load generator": 0.011},
    )
    known = {"name": "coverage check", "population": 100_000, "connections": 64, "coalescing": True}
    return Row(**{**known, "switched_on": "everything", "verified": 20, **summarised(measured), **changes})  # type: ignore[arg-type]  # a row's own fields


def test_a_quantile_is_a_value_that_was_measured() -> None:
    ordered = [float(n) for n in range(100)]
    assert (quantile(ordered, 0.5), quantile(ordered, 0.99), quantile(ordered, 1.0)) == (50.0, 99.0, 99.0)
    assert quantile([3.0], 0.5) == 3.0
    assert quantile([], 0.5) == 0.0


def test_rates_count_the_measured_interval_and_cpu_time_its_own() -> None:
    figures = row()
    assert figures.requests_per_s == 500.0
    assert (figures.p50_ms, figures.p95_ms, figures.p99_ms) == (51.0, 96.0, 100.0)
    assert figures.cpu_by_process == {"postgres": 200.0, "gateway": 100.0, "load generator": 10.0}


def test_the_cost_of_a_request_is_without_the_load_generator() -> None:
    assert row().cpu_us == 300.0


def test_failures_are_counted_and_named() -> None:
    assert (row().failed, row().failures) == (2, {"status 503": 2})


def test_the_file_is_a_list_of_rows_with_the_agreed_keys(tmp_path: Path) -> None:
    write([row(), row(coalescing=None)], tmp_path / "bench.json")
    first, second = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert first.keys() >= KEYS
    assert (first["coalescing"], second["coalescing"]) == (True, None)


def test_the_table_says_what_was_switched_on_and_what_failed() -> None:
    output = io.StringIO()
    show([row()], Console(width=120, file=output))
    text = output.getvalue()
    for told in ("coverage check", "500", "everything", "status 503", "gateway 100", "20 answers"):
        assert told in text


async def test_a_call_that_raises_has_failed_and_the_loop_goes_on() -> None:
    turn = 0

    async def call() -> int:
        nonlocal turn
        turn += 1
        await asyncio.sleep(0.001)
        if turn % 2:
            raise ValueError
        return 200

    measured = await closed_loop(call, concurrency=2, warm_up=0.05, seconds=0.2, cpu=lambda: {"this": 1.0})
    assert measured.failures["ValueError"] > 1
    assert measured.completed == 200 * len(measured.latencies) > 0
    assert measured.cpu == {"this": 0.0}


def test_the_plan_is_everything_unless_told_otherwise() -> None:
    whole = plan([])
    assert (whole.parts, whole.connections, whole.seconds) == (PARTS, (1, 8, 64, 256), 10.0)
    some = plan(["--only", "floor", "--only", "echo", "--seconds", "3"])
    assert (some.parts, some.seconds) == (("floor", "echo"), 3.0)
    assert plan(["--connections", "16,32"]).connections == (16, 32)
    assert plan(["--quick"]).connections == (1, 64)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--connections", "x"],
        ["--connections", "0"],
        ["--seconds", "0"],
        ["--seconds", "300"],
        ["--only", "x"],
    ],
)
def test_a_wrong_plan_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        plan(wrong)
