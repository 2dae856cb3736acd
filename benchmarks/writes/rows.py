"""The lines of the second table: what was measured, its figures, and what it must reach."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.rows import quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measurement. ``per_s`` counts ``unit``; latencies in milliseconds; ``goal`` in words."""

    name: str
    unit: str
    per_s: float
    p50_ms: float
    p99_ms: float
    goal: str
    remark: str = ""


def line(
    name: str, *, unit: str, goal: str, per_s: float, latencies: Sequence[float], remark: str = ""
) -> Line:
    """The line of a rate and of latencies in seconds."""
    ordered = sorted(latencies)
    return Line(
        name=name,
        unit=unit,
        per_s=round(per_s, 1),
        p50_ms=round(quantile(ordered, 0.50) * 1e3, 2),
        p99_ms=round(quantile(ordered, 0.99) * 1e3, 2),
        goal=goal,
        remark=remark,
    )


def spent(before: Mapping[str, float], after: Mapping[str, float], count: int) -> str:
    """The processor time of one of ``count``, all processes and each, in words; both are seconds by process."""
    each = {name: (after[name] - before.get(name, 0.0)) / max(1, count) * 1e6 for name in after}
    parts = sorted(each.items(), key=lambda part: -part[1])
    told = ", ".join(f"{name} {us:,.1f}" for name, us in parts if us >= 0.1)
    return f"{sum(each.values()):,.1f} µs of processor time each: {told}"


def write(lines: Sequence[Line], path: Path) -> None:
    """The lines as JSON."""
    path.write_text(json.dumps([asdict(one) for one in lines], indent=2, ensure_ascii=False) + "\n", "utf-8")


def show(lines: Sequence[Line], console: Console) -> None:
    """The lines as a table."""
    table = Table(box=box.SIMPLE_HEAD)
    for head in ("what", "counted"):
        table.add_column(head)
    for head in ("per second", "p50 ms", "p99 ms"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("goal")
    for one in lines:
        figures = (f"{one.per_s:,.0f}", f"{one.p50_ms:,.2f}", f"{one.p99_ms:,.2f}")
        table.add_row(one.name, one.unit, *figures, one.goal)
    console.print(table)
    for one in lines:
        if one.remark:
            console.print(f"{one.name}: {one.remark}", highlight=False)
