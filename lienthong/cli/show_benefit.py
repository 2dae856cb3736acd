"""What a visit pays, for people: the split first, then why, then what to look at."""

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lienthong.client import Benefit, Copay, CoverageAnswer, Split


def benefit(answer: CoverageAnswer, out: Console) -> None:
    """Of an answer what the desk tells the patient; nothing where nothing was asked."""
    if answer.benefit is not None:
        _benefit(answer.benefit, out)
    for notice in answer.notices:
        out.print(f"[yellow]![/] {escape(notice.text.vi)}\n  [dim]{escape(notice.text.en)}[/]")
    for change in answer.changes:
        told = f"{change.what}: {change.before or '–'} → {change.after or '–'}"
        out.print(f"[bold yellow]≠ đã thay đổi / changed[/] {escape(told)}")


def _benefit(told: Benefit, out: Console) -> None:
    share = f"{told.fund_basis_points / 100:g} %"
    parts = f"{told.level_percent} % × {told.route_percent} %"
    out.print(f"[bold]Quỹ chi trả / the fund pays {share}[/]  ({parts}, {escape(told.route)})")
    if told.pays_until is not None:
        out.print(f"  đến hết / until {told.pays_until:%d/%m/%Y}")
    if told.split is not None:
        out.print(_split(told.split))
    if told.copay is not None:
        _copay(told.copay, out)
    for step in told.steps:
        out.print(f"  • {escape(step.text.vi)}  [dim]{escape(step.legal_basis)}[/]")


def _split(split: Split) -> Table:
    table = Table("", Column("VND", justify="right"), box=SIMPLE, show_edge=False)
    for label, amount in (
        ("chi phí / cost", split.cost_vnd),
        ("quỹ BHYT trả / fund", split.fund_vnd),
        ("cùng chi trả / own share", split.copay_vnd),
        ("tự trả / self-paid", split.patient_vnd),
    ):
        table.add_row(label, f"{amount:,}")
    return table


def _copay(copay: Copay, out: Console) -> None:
    state = "miễn cùng chi trả / exempt" if copay.exempt else f"còn / left {copay.left_vnd:,}"
    out.print(
        f"  cùng chi trả năm / own share of {copay.year}: {copay.paid_vnd:,} VND"
        f" (ngưỡng / threshold {copay.threshold_vnd:,}; {state})"
    )
