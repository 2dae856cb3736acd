"""``stats recount``: a dataflow counted anew from the base tables, and compared with what is kept. For operators."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from lienthong.cli import stackfile
from lienthong.cli.failures import Exit, UsageProblem
from lienthong.cli.show import console
from lienthong.statistics import folding, settings
from lienthong.statistics.recounting import Difference, Recount, UnknownFlow, recount
from lienthong.statistics.structures import catalogue

_SECRET = "STATISTICS_SECRET"  # noqa: S105 -- the name of a variable that holds a path


def stats_recount(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="As `stats list` shows it: DF_PARTICIPANTS.")],
    url: Annotated[
        str,
        typer.Option(
            "--database-url",
            help="The counting service's database, as its folding worker."
            " (default: DATABASE_URL_<SERVICE>_STATISTICS, or from $RUN/stack.env)",
        ),
    ] = "",
    secret: Annotated[
        Path | None, typer.Option("--secret", help=f"The file of the worker's secret. (default: {_SECRET})")
    ] = None,
) -> None:
    """Count anew from the base tables and compare cell by cell; exits 1 and says where they differ.

    Exact while everything runs; changes nothing.
    """
    known = catalogue().published().dataflows.get(flow)
    if known is None:
        raise UsageProblem(f"no dataflow {flow}: `stats list` shows them")
    variable = f"DATABASE_URL_{known.service.upper()}_STATISTICS"
    where = url or stackfile.variable(variable, option="--database-url")
    file = secret or Path(stackfile.variable(_SECRET, option="--secret"))
    try:
        rules = settings.rules(file)
    except (OSError, ValueError) as wrong:
        raise UsageProblem(f"{file} holds no secret of statistics") from wrong
    with folding.connect(where, name="lienthong-recount") as connection:
        try:
            found = recount(connection, known.share_of or flow, rules)
        except UnknownFlow:
            raise UsageProblem(f"{known.share_of or flow} was not built yet in this database") from None
    if known.share_of:
        console().print(
            f"{flow} is computed from {known.share_of} when it is asked for; counted anew is that."
        )
    _show(found)
    if not found.equal:
        raise typer.Exit(Exit.NO)


def _show(found: Recount) -> None:
    out = console()
    out.print(
        f"{found.flow}: {found.cells:,} cells and {found.figures:,} figures compared in {found.seconds:.1f} s"
    )
    for what, differences in (
        ("cells that differ from the base tables", found.cell_differences),
        ("figures that differ from their cells", found.figure_differences),
    ):
        out.print(f"  {what}: {'none' if not differences else f'{len(differences)} at least'}")
        for one in differences:
            out.print(f"    {escape(_place(one))}", soft_wrap=True)


def _place(one: Difference) -> str:
    """Where, not how much: a true number stays in the database."""
    kind = "missing" if one.kept is None else "not in the base tables" if one.counted is None else "differs"
    return f"{one.key} {one.month}: {kind}"
