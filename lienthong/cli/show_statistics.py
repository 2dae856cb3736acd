"""Dataflows and figures for people."""

import csv
import io
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lienthong.client.statistics import Observations
from lienthong.statistics.structures import TIME, VALUE, Catalogue, Dataflow, catalogue

SUPPRESSED = "(c)"
ESTIMATED = "(e)"
_FREE = {False: "A", True: "E"}
_MOST_CODES = 12
_MOST_ROWS = 2_000


def dataflows(known: Catalogue, language: str) -> None:
    """One line a dataflow."""
    table = Table(Column("", style="bold"), "", Column("", style="dim"), box=SIMPLE, show_header=False)
    for flow in known.dataflows.values():
        table.add_row(flow.id, flow.name.in_language(language), " · ".join(flow.order))
    _out().print(table)


def structure(flow: Dataflow, language: str) -> None:
    """What a dataflow is, and the codes of its dimensions."""
    out = _out()
    out.print(f"[bold]{flow.id}[/]  {escape(flow.name.in_language(language))}")
    out.print(escape(flow.description.in_language(language)))
    out.print(f"[dim]{escape(flow.method.in_language(language))}[/]")
    for dimension in flow.dimensions:
        codes = flow.codes(dimension.id).by_id
        allowed = flow.allowed(dimension.id)
        table = Table(
            Column(dimension.id, style="bold"),
            dimension.name.in_language(language),
            box=SIMPLE,
            pad_edge=False,
        )
        for code in allowed if len(allowed) <= _MOST_CODES else allowed[:_MOST_CODES]:
            table.add_row(code, escape(codes[code].name.in_language(language)))
        if len(allowed) > _MOST_CODES:
            table.add_row("…", f"{len(allowed) - _MOST_CODES} +")
        out.print(table)


def figures(flow: Dataflow, answer: Observations, language: str) -> None:
    """The series with their months; dimensions that say the same everywhere stand above."""
    rows = list(answer.figures())
    out = _out()
    fixed = {d for n, d in enumerate(flow.order) if len({row.codes[n] for row in rows}) == 1}
    said = [
        f"{d} {_name(d, rows[0].codes[n], language)}" for n, d in enumerate(flow.order) if d in fixed and rows
    ]
    out.print(f"[bold]{flow.id}[/]  {escape(flow.name.in_language(language))}")
    out.print(f"[dim]{escape(' · '.join(said))}[/]")
    free = [n for n, d in enumerate(flow.order) if d not in fixed]
    table = Table(*(flow.order[n] for n in free), TIME, Column(VALUE, justify="right"), box=SIMPLE)
    for row in rows[:_MOST_ROWS]:
        names = [escape(_name(flow.order[n], row.codes[n], language)) for n in free]
        mark = f" [dim]{ESTIMATED}[/]" if row.estimated else ""
        value = f"[yellow]{SUPPRESSED}[/]" if row.value is None else f"{row.value:,}{mark}"
        table.add_row(*names, row.month, value)
    out.print(table)
    if len(rows) > _MOST_ROWS:
        out.print(f"… {len(rows) - _MOST_ROWS:,} + : --format csv")
    if any(row.value is None for row in rows):
        out.print(
            f"{SUPPRESSED} không công bố: quá ít người hoặc đơn vị / suppressed: too few stand behind it"
        )
    if any(row.estimated for row in rows):
        out.print(
            f"{ESTIMATED} ước tính theo dân số của năm trước / estimated by the population of an earlier year"
        )
    out.print(f"[dim]Mốc dữ liệu / watermark {answer.watermark}[/]")


def csv_text(answer: Observations, language: str) -> str:
    """Codes, each with its name; suppressed figures are empty, and their status says why."""
    order = answer.dimensions[:-1]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        [*(column for d in order for column in (d, f"{d}_NAME")), TIME, VALUE, "OBS_STATUS", "CONF_STATUS"]
    )
    for row in answer.figures():
        named = [
            column
            for d, code in zip(order, row.codes, strict=True)
            for column in (code, _name(d, code, language))
        ]
        value, status = (
            ("", ("Q", "C")) if row.value is None else (str(row.value), (_FREE[row.estimated], "F"))
        )
        writer.writerow([*named, row.month, value, *status])
    return text.getvalue()


def nothing() -> None:
    """No figure is published of what was asked for."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(
        "không có số liệu được công bố / no figure is published of this"
    )


def two_divisions() -> None:
    """The answer has the same people by today's provinces and by the former ones."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(
        "REF_AREA có cả tỉnh hiện nay (VN_) và tỉnh cũ (VNF_, VNU_): không cộng lại với nhau / "
        "has today's provinces and the former ones: the same people twice, not to be added up"
    )


def done(path: Path) -> None:
    """A file was written."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"[green]✓[/] {escape(str(path))}")


def _name(dimension: str, code: str, language: str) -> str:
    codes = catalogue().concepts[dimension].codes
    found = codes.by_id.get(code) if codes is not None else None
    return found.name.in_language(language) if found is not None else code


def _out() -> Console:
    return Console(highlight=False)
