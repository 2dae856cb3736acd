"""One line of the result: measured, printed and written down."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.cpu import LOAD_GENERATOR

_MICRO = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement.

    ``cpu_us`` is the CPU time of a request in microseconds over all processes but the
    load generator; ``cpu_by_process`` parts it and adds the load generator's own.
    ``failures`` says of what kind the ``failed`` were. ``coalescing`` is None where there is nothing to coalesce. ``seconds`` is how long was
    measured; ``verified`` how many answers' signatures were checked afterwards.
    """

    name: str
    population: int
    connections: int
    coalescing: bool | None
    requests_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failed: int
    failures: Mapping[str, int]
    cpu_us: float
    cpu_by_process: Mapping[str, float]
    switched_on: str
    seconds: float
    verified: int | None = None


@dataclass(slots=True)
class Measured:
    """Raw figures: counts, seconds, and CPU seconds by process. ``counted`` belongs to the CPU time."""

    completed: int
    counted: int
    seconds: float
    latencies: Sequence[float]
    failures: Counter[str] = field(default_factory=Counter)
    cpu: Mapping[str, float] = field(default_factory=dict)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that ``share`` of an ordered sequence do not exceed; 0 of an empty one."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summarised(measured: Measured) -> dict[str, Any]:
    """The figures of a row from what was measured."""
    ordered = sorted(measured.latencies)
    by_process = {
        name: round(seconds / measured.counted * _MICRO, 1) if measured.counted else 0.0
        for name, seconds in sorted(measured.cpu.items(), key=lambda item: -item[1])
    }
    return {
        "requests_per_s": round(measured.completed / measured.seconds, 1) if measured.seconds else 0.0,
        "p50_ms": round(quantile(ordered, 0.50) * 1e3, 3),
        "p95_ms": round(quantile(ordered, 0.95) * 1e3, 3),
        "p99_ms": round(quantile(ordered, 0.99) * 1e3, 3),
        "failed": measured.failures.total(),
        "failures": dict(measured.failures),
        "seconds": round(measured.seconds, 2),
        "cpu_us": round(sum(us for name, us in by_process.items() if name != LOAD_GENERATOR), 1),
        "cpu_by_process": by_process,
    }


def write(rows: Sequence[Row], path: Path) -> None:
    """The rows as JSON."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False) + "\n", "utf-8")


def show(rows: Sequence[Row], console: Console) -> None:
    """The rows as a table, then what was switched on and the CPU time by process of each."""
    title = f"{rows[0].population:,} people" if rows else None
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("#", justify="right")
    table.add_column("what", no_wrap=True)
    for head in ("connections", "coalescing", "requests/s", "p50 ms", "p95 ms", "p99 ms", "failed", "CPU µs"):
        table.add_column(head, justify="right", no_wrap=True)
    for number, row in enumerate(rows, 1):
        table.add_row(
            str(number),
            row.name,
            str(row.connections),
            {True: "on", False: "off", None: ""}[row.coalescing],
            f"{row.requests_per_s:,.0f}",
            *(f"{value:.2f}" for value in (row.p50_ms, row.p95_ms, row.p99_ms)),
            f"[red]{row.failed}[/red]" if row.failed else "0",
            f"{row.cpu_us:,.0f}",
        )
    console.print(table)
    for number, row in enumerate(rows, 1):
        parts = ", ".join(f"{name} {us:,.0f}" for name, us in row.cpu_by_process.items() if us >= 1)
        checked = "" if row.verified is None else f" {row.verified} answers' signatures verified."
        console.print(f"[bold]{number}[/bold] {row.switched_on}.{checked}", highlight=False)
        if row.failures:
            console.print(f"  [red]failed: {row.failures}[/red]", highlight=False)
        if parts:
            console.print(f"  CPU µs a request: {parts}.", style="dim", highlight=False)
