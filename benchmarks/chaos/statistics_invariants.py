"""Statistics at the end of a run: what the folding workers kept equals everything counted anew."""

from benchmarks.chaos.evidence import Evidence, Verdict
from lienthong.statistics import flows, folding, settings
from lienthong.statistics.recounting import recount


def cubes_as_counted(evidence: Evidence) -> Verdict:
    """Each true cell is what the base tables say, each figure the sum of its cells' published states."""
    rules = settings.rules(evidence.statistics_secret)
    looked_at, broken = 0, []
    for url in evidence.statistics:
        with folding.connect(url, name="chaos-recount") as connection:
            for flow in flows.load(connection):
                found = recount(connection, flow.name, rules)
                looked_at += found.cells + found.figures
                broken += [
                    f"{flow.name} {one.key} {one.month}: kept {one.kept}, counted {one.counted}"
                    for one in (*found.cell_differences, *found.figure_differences)
                ]
    return Verdict("cubes of statistics equal their recount", looked_at, broken)
