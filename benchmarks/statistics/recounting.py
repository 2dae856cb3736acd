"""How long a recount takes: everything anew from the base tables, compared cell by cell."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.stack import BenchError, RunningStack
from benchmarks.writes import rows
from benchmarks.writes.rows import Line
from lienthong.statistics import flows, folding, settings
from lienthong.statistics.recounting import recount

_SUFFIX = "_STATISTICS"


def lines(stack: RunningStack) -> list[Line]:
    """A line for each dataflow of each database. Raises ``BenchError`` when one is not what it should be."""
    rules = settings.rules(Path(stack.environment["STATISTICS_SECRET"]))
    return [line for url in _databases(stack) for line in _recounted(url, rules, stack.population)]


def _databases(stack: RunningStack) -> list[str]:
    return [
        url
        for name, url in sorted(stack.environment.items())
        if name.startswith("DATABASE_URL_") and name.endswith(_SUFFIX)
    ]


def _recounted(url: str, rules: flows.Rules, population: int) -> Iterator[Line]:
    with folding.connect(url, name="bench-recount") as connection:
        for flow in flows.load(connection):
            found = recount(connection, flow.name, rules)
            if not found.equal:
                raise BenchError(f"{flow.name} is not what the base tables say")
            yield rows.line(
                f"recount of {flow.name}, {population:,} people",
                unit="cells",
                goal="minutes at 10,000,000",
                per_s=found.cells / found.seconds,
                latencies=[found.seconds],
                remark=f"{found.cells:,} cells and {found.figures:,} figures compared in {found.seconds:.1f} s, equal",
            )
