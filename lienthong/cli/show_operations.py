"""Operations for people: what was accepted, how it ended, which lines were refused and why."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lienthong.cli import show_health
from lienthong.cli.show import console
from lienthong.client import (
    AdvanceResult,
    ClaimsResult,
    ClosedStay,
    DeclarationResult,
    EmployerResult,
    LineRefusal,
    OpenedStay,
    Operation,
    OperationState,
    PaymentsResult,
    ReportResult,
    UrgeResult,
)

STATES = {
    OperationState.PENDING: "[yellow]… đang xử lý / pending[/]",
    OperationState.COMPLETED: "[green]✓ hoàn thành / completed[/]",
    OperationState.FAILED: "[red]✗ bị từ chối / failed[/]",
    OperationState.HELD: "[red]! tạm giữ / held[/]",
    OperationState.UNSPECIFIED: "[dim]?[/]",
}
MOST_REFUSALS = 200
"""Rows shown; the whole answer is in --json."""


def accepted(operation: Operation, out: Console | None = None) -> None:
    """It will be carried out: under which number to ask."""
    out = out or console()
    out.print(f"[green]✓ đã tiếp nhận / accepted[/]  [bold]{escape(operation.operation_id)}[/]")
    out.print(f"  [dim]lienthong operation wait {escape(operation.operation_id)}[/]", soft_wrap=True)


def operation(found: Operation, numbers: Sequence[int] = (), out: Console | None = None) -> None:
    """How it ended. ``numbers``: the line of the file of each line that was sent."""
    out = out or console()
    out.print(f"{STATES[found.state]}  [bold]{escape(found.operation_id)}[/]")
    for label, at in (("tiếp nhận / accepted", found.accepted_at), ("xong / ended", found.finished_at)):
        if at is not None:
            out.print(f"  [dim]{label} {_moment(at)}[/]")
    if found.error is not None:
        out.print(f"  [bold]{escape(found.error.reason)}[/]")
        out.print(f"  {escape(found.error.text.vi)}\n  [dim]{escape(found.error.text.en)}[/]")
        for wrong in found.error.fields:
            out.print(f"  {escape(wrong.field)}: {escape(wrong.description)}")
    _outcome(found, numbers, out)


def operations(found: Iterable[Operation], out: Console | None = None) -> None:
    """One line an operation."""
    table = Table(
        Column("Lúc\n[dim]at", no_wrap=True),
        Column("Mã\n[dim]operation", no_wrap=True),
        Column("Việc\n[dim]what", overflow="fold"),
        Column("Kết quả\n[dim]state", overflow="fold"),
        box=SIMPLE,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for one in found:
        at = _moment(one.accepted_at) if one.accepted_at else ""
        table.add_row(at, escape(one.operation_id), escape(one.method.rpartition("/")[2]), STATES[one.state])
    (out or console()).print(table)


def _outcome(found: Operation, numbers: Sequence[int], out: Console) -> None:
    outcome = found.outcome
    match outcome:
        case DeclarationResult():
            out.print(
                f"  số / declaration {outcome.declaration_number}: [green]{outcome.accepted}[/] nhận / accepted,"
                f" [{'red' if outcome.refused else 'dim'}]{outcome.refused}[/] từ chối / refused"
            )
            if outcome.charged_vnd is not None:
                out.print(f"  phát sinh / charged {outcome.charged_vnd:,} VND")
            _refusals(outcome.refusals, numbers, out)
        case PaymentsResult():
            out.print(
                f"  [green]{outcome.accepted}[/] nhận / accepted ({outcome.recorded_vnd:,} VND),"
                f" [{'red' if outcome.refused else 'dim'}]{outcome.refused}[/] từ chối / refused"
            )
            _refusals(outcome.refusals, numbers, out)
        case EmployerResult():
            late = f", chậm / late {outcome.days_late} ngày / days" if outcome.days_late else ""
            out.print(f"  {escape(outcome.employer_code)}{late}")
        case UrgeResult() | AdvanceResult():
            out.print(f"  {outcome.state.name.lower()}")
        case ReportResult():
            out.print(f"  phản ánh / report {escape(outcome.report_id)}: {outcome.state.name.lower()}")
        case OpenedStay() | ClosedStay():
            out.print(f"  {escape(outcome.treatment_code)}")
        case ClaimsResult():
            show_health.claims(outcome, out)
        case None:
            pass


def _refusals(refusals: Sequence[LineRefusal], numbers: Sequence[int], out: Console) -> None:
    """One line a refusal; by the line of the file where that is known."""
    if not refusals:
        return
    table = Table(
        Column("Dòng\n[dim]line", justify="right", no_wrap=True),
        Column("Trường\n[dim]field", no_wrap=True),
        Column("Mã\n[dim]reason", no_wrap=True),
        Column("Lý do\n[dim]text", overflow="fold"),
        box=SIMPLE,
        show_edge=False,
    )
    for refusal in refusals[:MOST_REFUSALS]:
        known = 1 <= refusal.line <= len(numbers)
        line = numbers[refusal.line - 1] if known else refusal.line
        text = f"{escape(refusal.text.vi)}\n[dim]{escape(refusal.text.en)}[/]"
        table.add_row(str(line), escape(refusal.field), escape(refusal.reason), text)
    out.print(table)
    if len(refusals) > MOST_REFUSALS:
        out.print(f"… {len(refusals) - MOST_REFUSALS} dòng nữa / more")


def _moment(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
