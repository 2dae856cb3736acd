"""Statistics at the end of a run: what the folding workers kept, and what commands corrected, equals everything counted anew."""

from benchmarks.chaos.evidence import Evidence, Verdict
from lienthong.statistics import flows, folding, settings
from lienthong.statistics.recounting import recount
from services.contributions.commands import compliance
from services.contributions.domain.months import month_index


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


def months_as_judged(evidence: Evidence) -> Verdict:
    """The legal states of every month that was judged are what the books say of its last day."""
    looked_at, broken = 0, []
    connection = evidence.contributions
    kept = (
        "SELECT employer_id, workers, under_floor, state FROM compliance_month"
        " WHERE month = %s AND (workers > 0 OR state <> 1)"
    )
    with connection.transaction():
        rows = connection.execute(
            "SELECT generate_series(judged_from, judged_through, '1 month')::date FROM book"
        ).fetchall()
        for (month,) in rows:
            found = {number: tuple(one) for number, *one in connection.execute(kept, [month]).fetchall()}
            said = {
                one.employer_id: (one.workers, one.under_floor, int(one.state))
                for some in compliance.of_everybody(connection, month_index(month))
                for one in some
            }
            looked_at += len(said)
            broken += [
                f"unit {number}, {month:%Y-%m}: kept {found.get(number)}, the books say {said.get(number)}"
                for number in sorted(found.keys() | said.keys())
                if found.get(number) != said.get(number)
            ]
    return Verdict("legal states at the end of months are what the books say", looked_at, broken)
