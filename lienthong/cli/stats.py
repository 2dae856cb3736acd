"""Statistics for people: which tables there are, their figures, and a picture of them."""

import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from lienthong.cli import deliveries, population
from lienthong.cli import show_statistics as show
from lienthong.cli.ask import Legal, Purpose, Staff, asked_by, client_for, print_json
from lienthong.cli.chart import bars, line
from lienthong.cli.drawing import FONTS
from lienthong.cli.failures import Exit, UsageProblem
from lienthong.cli.recount import stats_recount
from lienthong.cli.selecting import AREA, In, Language, Where, flow_of, in_one_unit, in_two_divisions, names
from lienthong.cli.selecting import selection as selection_of
from lienthong.cli.series import Told, told
from lienthong.cli.tiles import PLACES, tiles
from lienthong.client import Client, NotFound
from lienthong.client.answers import read_answer
from lienthong.client.questions import Asking, Question
from lienthong.client.statistics import Observations, Selection, observations, parquet
from lienthong.statistics.structures import areas, catalogue


class Format(StrEnum):
    """How figures are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class Kind(StrEnum):
    """What a picture shows."""

    LINE = "line"
    BARS = "bars"
    MAP = "map"


Flow: TypeAlias = Annotated[
    str, typer.Argument(metavar="FLOW", help="As `stats list` shows it: DF_PARTICIPANTS.")
]
By: TypeAlias = Annotated[
    list[str] | None, typer.Option("--by", help="A dimension in full; those not named stand at their total.")
]
First: TypeAlias = Annotated[str, typer.Option("--from", help="First month, YYYY-MM.")]
Last: TypeAlias = Annotated[str, typer.Option("--to", help="Last month, YYYY-MM.")]
LastN: TypeAlias = Annotated[
    int, typer.Option("--last", help="Only the latest months of each series.", min=0, max=1200)
]
Former: TypeAlias = Annotated[
    bool, typer.Option("--former", help="By area: the former 63 provinces in the place of the 34 of today.")
]
AsOf: TypeAlias = Annotated[str, typer.Option("--as-of", help="As it was published then, RFC 3339.")]

stats = typer.Typer(no_args_is_help=True, help="Statistics that name nobody / số liệu thống kê.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    stats.command("recount")(stats_recount)
    deliveries.register(stats)
    population.register(stats)
    app.add_typer(stats, name="stats")


@stats.command("list")
def stats_list(
    flow: Annotated[str, typer.Argument(metavar="[FLOW]", help="Its dimensions and codes.")] = "",
    language: In = Language.VI,
) -> None:
    """The dataflows, or what one of them consists of. / Danh sách. Asks nobody: it comes with this program."""
    if flow:
        show.structure(flow_of(flow), language)
    else:
        show.dataflows(catalogue().published(), language)


@stats.command("get")
def stats_get(  # noqa: PLR0913 -- one parameter an option
    context: typer.Context,
    flow: Flow,
    where: Where = None,
    by: By = None,
    former: Former = False,
    every: Annotated[
        bool,
        typer.Option("--all", help="Every code of every dimension, totals and all divisions among them."),
    ] = False,
    from_month: First = "",
    to_month: Last = "",
    last_n: LastN = 0,
    as_of: AsOf = "",
    updated_after: Annotated[
        str, typer.Option("--updated-after", help="Only what was published anew after this moment, RFC 3339.")
    ] = "",
    form: Annotated[Format, typer.Option("--format", help="json: exactly the answer's JSON.")] = Format.TABLE,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write there: CSV, or Parquet when it ends in .parquet."),
    ] = None,
    language: In = Language.VI,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
) -> None:
    """Figures of a dataflow. / Số liệu. Suppressed ones are shown as (c). Exits 1 when there are none."""
    columnar = output is not None and output.suffix.lower() == ".parquet"
    if output is not None and form is not (Format.TABLE if columnar else Format.CSV):
        raise UsageProblem(
            "--output is of --format csv, or ends in .parquet; a picture comes from `stats plot`"
        )
    selection = replace(
        selection_of(flow_of(flow), where or [], by or [], every=every, former=former),
        from_month=from_month,
        to_month=to_month,
        last_n=last_n,
        as_of=as_of,
        updated_after=updated_after,
    )
    if in_two_divisions(selection.dataflow, selection.filters.get(AREA)):
        show.two_divisions()
    with client_for(context, json_output=form is Format.JSON) as client:
        if columnar and output is not None:
            _write_parquet(
                client, parquet(selection, language, asked_by(purpose, staff, legal_basis)), output
            )
            return
        answer = _ask(client, selection, asked_by(purpose, staff, legal_basis))
    print_json(answer.receipt, wanted=form is Format.JSON)
    if not answer.values:
        show.nothing()
        raise typer.Exit(Exit.NO)
    if form is Format.CSV:
        _written(show.csv_text(answer, language), output)
    elif form is Format.TABLE:
        show.figures(selection.dataflow, answer, language)


@stats.command("plot")
def stats_plot(  # noqa: PLR0913
    context: typer.Context,
    flow: Flow,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write, ending in .svg or .png.")
    ],
    where: Where = None,
    by: By = None,
    kind: Annotated[
        Kind,
        typer.Option(
            "--kind", help="line: over time; bars, map: the provinces in the latest month, as a map of tiles."
        ),
    ] = Kind.LINE,
    former: Former = False,
    from_month: First = "",
    to_month: Last = "",
    as_of: AsOf = "",
    language: In = Language.VI,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
) -> None:
    """A picture of figures, as SVG or PNG; what is suppressed is marked. / Biểu đồ."""
    if output.suffix.lower() not in {".svg", ".png"}:
        raise UsageProblem("--output ends in .svg or .png")
    of_areas = kind is not Kind.LINE
    chosen = [*(by or []), *([AREA] if of_areas and not names(where, AREA) else [])]
    selection = replace(
        in_one_unit(selection_of(flow_of(flow), where or [], chosen, former=former)),
        from_month=from_month,
        to_month=to_month,
        as_of=as_of,
        last_n=1 if of_areas else 0,
    )
    if kind is Kind.MAP:
        _refuse_unless_on_the_map(selection)
    with client_for(context, json_output=False) as client:
        answer = _ask(client, selection, asked_by(purpose, staff, legal_basis))
    if not answer.values:
        show.nothing()
        raise typer.Exit(Exit.NO)
    # Who is in no former province is mostly nobody: shown where there is a figure, not as one that is suppressed.
    asked = [code for code in selection.filters.get(AREA, ()) if not code.startswith(areas.NOT_STATED)]
    picture = (
        told(selection.dataflow, answer, language, along=AREA, asked=asked)
        if of_areas
        else told(selection.dataflow, answer, language)
    )
    _drawn(picture, kind, output)


def _write_parquet(client: Client, question: Question, output: Path) -> None:
    """The file as the gateway has signed it."""
    try:
        receipt = client.ask(question)
    except NotFound as error:
        show.nothing()
        raise typer.Exit(Exit.NO) from error
    output.write_bytes(receipt.body)
    show.done(output)


def _refuse_unless_on_the_map(selection: Selection) -> None:
    elsewhere = [code for code in selection.filters.get(AREA, ()) if code not in PLACES]
    if AREA not in selection.dataflow.order or elsewhere:
        known = "the 34 provinces of today, VN_01 to VN_96"
        raise UsageProblem(f"a map has {known}; not {', '.join(elsewhere[:3]) or selection.dataflow.id}")


_DRAWN: Final = {Kind.LINE: line, Kind.BARS: bars, Kind.MAP: tiles}


def _drawn(picture: Told, kind: Kind, output: Path) -> None:
    if kind is Kind.MAP and len(picture.series) > 1:
        raise UsageProblem(
            f"a map has one figure a province, these are {len(picture.series)}: choose with --where"
        )
    svg = _DRAWN[kind](picture)
    output.write_bytes(_png(svg) if output.suffix.lower() == ".png" else svg.encode())
    show.done(output)


def _png(svg: str) -> bytes:
    # Here, because no other command needs it, and loading it takes a part of the time of each.
    from lienthong.cli.raster import NoFont, png

    try:
        return png(svg, fonts=FONTS)
    except NoFont:
        raise UsageProblem(
            "no font of this machine has Vietnamese letters: install DejaVu Sans or Noto Sans"
            " (Debian: fonts-dejavu-core), or write an .svg"
        ) from None


def _ask(client: Client, selection: Selection, asking: Asking) -> Observations:
    return read_answer(client.ask(observations(selection, asking)), Observations)


def _written(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    # The mark tells spreadsheets that it is UTF-8.
    output.write_text("\ufeff" + text, encoding="utf-8", newline="")
    show.done(output)
