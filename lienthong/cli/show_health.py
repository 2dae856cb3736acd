"""Past visits and claim files for people: tables, Vietnamese first, then English."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lienthong.client import (
    ClaimsResult,
    DossierOutcome,
    DossierState,
    DrugLine,
    HistoryAccess,
    PastVisit,
    RunningDrugs,
    SensitiveVisits,
    Severity,
    VisitAnswer,
)

ACCESS = {
    HistoryAccess.CHECKED: "đã kiểm tra thẻ trong 72 giờ / coverage checked within 72 hours",
    HistoryAccess.STAY: "đang điều trị tại đây / an open stay here",
    HistoryAccess.EMERGENCY: "[bold yellow]truy cập khẩn cấp, sẽ bị hậu kiểm / break-glass, will be reviewed[/]",
    HistoryAccess.OWN_DATA: "dữ liệu của chính mình / own data",
    HistoryAccess.OWN_VISITS: "chỉ các lượt tại cơ sở này / this facility's own visits alone",
    HistoryAccess.UNSPECIFIED: "?",
}
DOSSIERS = {
    DossierState.ACCEPTED: "[green]✓ nhận / accepted[/]",
    DossierState.REPLACED: "[green]✓ thay bản trước / replaced[/]",
    DossierState.UNCHANGED: "[dim]= không đổi / unchanged[/]",
    DossierState.REFUSED: "[red]✗ từ chối / refused[/]",
    DossierState.UNSPECIFIED: "[dim]?[/]",
}
_SEVERITIES = {
    Severity.ERROR: "[red]lỗi / error[/]",
    Severity.WARNING: "[yellow]cảnh báo / warning[/]",
    Severity.UNSPECIFIED: "[dim]?[/]",
}
MOST_FINDINGS = 200
"""Rows shown of a file; the whole answer is in --json."""


def console() -> Console:
    """Standard output as it is now."""
    return Console(highlight=False)


def visits(found: Sequence[PastVisit], access: HistoryAccess, out: Console | None = None) -> None:
    """One line a visit."""
    out = out or console()
    out.print(f"[dim]{ACCESS[access]}[/]")
    table = Table(
        Column("Vào – ra\n[dim]stay", no_wrap=True),
        Column("Cơ sở\n[dim]facility", overflow="fold"),
        Column("Chẩn đoán\n[dim]diagnosis", overflow="fold"),
        Column("Chi phí\n[dim]cost", justify="right", no_wrap=True),
        Column("Quỹ trả\n[dim]fund", justify="right", no_wrap=True),
        Column("Người bệnh trả\n[dim]patient", justify="right", no_wrap=True),
        Column("Mã lượt\n[dim]visit", overflow="fold"),
        box=SIMPLE,
        show_edge=False,
    )
    for one in found:
        own = None if one.copay_vnd is None or one.patient_vnd is None else one.copay_vnd + one.patient_vnd
        table.add_row(
            f"{_at(one.admitted_at)} – {_at(one.discharged_at)}",
            escape(f"{one.facility_code} {one.facility_name}".strip()),
            _diagnosis(one),
            _money(one.cost_vnd),
            _money(one.fund_vnd),
            _money(own),
            escape(one.visit_id),
        )
    out.print(table)


def visit(answer: VisitAnswer, out: Console | None = None) -> None:
    """A visit with its drugs and services."""
    out = out or console()
    visits([answer.visit], answer.access, out)
    if answer.visit.diagnosis_text:
        out.print(f"  {escape(answer.visit.diagnosis_text)}")
    drugs = _lines("Thuốc / drugs")
    for drug in answer.drugs:
        drugs.add_row(
            escape(drug.substance_code),
            _drug(drug),
            escape(f"{drug.quantity} {drug.unit}"),
            _day(drug.lasts_until),
            _money(drug.fund_vnd),
        )
    services = _lines("Dịch vụ / services")
    for service in answer.services:
        services.add_row(
            escape(service.code),
            escape(service.name),
            escape(f"{service.quantity} {service.unit}"),
            "",
            _money(service.fund_vnd),
        )
    for table in (drugs, services):
        if table.row_count:
            out.print(table)


def drugs(answer: RunningDrugs, out: Console | None = None) -> None:
    """One line a drug; those that overlap are marked."""
    table = _lines(ACCESS[answer.access])
    for running in answer.drugs:
        mark = "[bold red]trùng hoạt chất / overlaps[/] " if running.overlaps else ""
        drug = running.drug
        table.add_row(
            escape(drug.substance_code),
            mark + _drug(drug),
            escape(f"{drug.quantity} {drug.unit}"),
            _day(drug.lasts_until),
            _money(drug.fund_vnd),
        )
    out = out or console()
    out.print(table)
    if answer.withheld:
        out.print("[bold yellow]Còn thuốc không được hiển thị / more is running than is shown[/]")


def sensitive(answer: SensitiveVisits, out: Console | None = None) -> None:
    """One line a visit."""
    table = Table(
        "Ngày / day", "Cơ sở / facility", "Chẩn đoán / diagnoses", title=ACCESS[answer.access], box=SIMPLE
    )
    for one in answer.visits:
        table.add_row(_day(one.admitted_on), escape(one.facility_code), escape(", ".join(one.diagnoses)))
    (out or console()).print(table)


def claims(result: ClaimsResult, out: Console) -> None:
    """What became of a claim file: each dossier, then everything that was found."""
    out.print(
        f"  {result.dossiers} hồ sơ / dossiers: [green]{result.accepted}[/] nhận / accepted,"
        f" [{'red' if result.refused else 'dim'}]{result.refused}[/] từ chối / refused"
    )
    table = Table(
        Column("#", justify="right"),
        Column("MA_LK", overflow="fold"),
        "",
        Column("Bản\n[dim]version", justify="right"),
        Column("Quỹ, kê khai\n[dim]declared", justify="right", no_wrap=True),
        Column("Quỹ, tính lại\n[dim]by the rules", justify="right", no_wrap=True),
        box=SIMPLE,
        show_edge=False,
    )
    for one in result.outcomes:
        differs = one.fund_declared_vnd != one.fund_computed_vnd
        computed = (
            f"[bold yellow]{_money(one.fund_computed_vnd)}[/]" if differs else _money(one.fund_computed_vnd)
        )
        table.add_row(
            str(one.position),
            escape(one.treatment_code),
            DOSSIERS[one.state],
            str(one.version or ""),
            _money(one.fund_declared_vnd),
            computed,
        )
    out.print(table)
    _findings(result.outcomes, out)


def _findings(outcomes: Iterable[DossierOutcome], out: Console) -> None:
    rows = [(one.position, finding) for one in outcomes for finding in one.findings]
    if not rows:
        return
    table = Table(
        Column("#", justify="right"),
        Column("Bảng\n[dim]table", no_wrap=True),
        Column("Dòng\n[dim]line", justify="right"),
        Column("Trường\n[dim]field", no_wrap=True),
        Column("Mức\n[dim]severity", no_wrap=True),
        Column("Nội dung\n[dim]finding", overflow="fold"),
        box=SIMPLE,
        show_edge=False,
    )
    for position, finding in rows[:MOST_FINDINGS]:
        text = f"{escape(finding.text.vi)}\n[dim]{escape(finding.code)}: {escape(finding.text.en)}[/]"
        line = str(finding.line) if finding.line else ""
        table.add_row(
            str(position),
            escape(finding.table),
            line,
            escape(finding.field),
            _SEVERITIES[finding.severity],
            text,
        )
    out.print(table)
    if len(rows) > MOST_FINDINGS:
        out.print(f"… {len(rows) - MOST_FINDINGS} dòng nữa / more")


def _lines(title: str) -> Table:
    return Table(
        Column("Mã\n[dim]code", no_wrap=True),
        Column("Tên\n[dim]name", overflow="fold"),
        Column("Số lượng\n[dim]quantity", no_wrap=True),
        Column("Đến ngày\n[dim]lasts until", no_wrap=True),
        Column("Quỹ trả\n[dim]fund", justify="right", no_wrap=True),
        title=title,
        title_justify="left",
        box=SIMPLE,
        show_edge=False,
    )


def _drug(drug: DrugLine) -> str:
    told = " ".join(part for part in (drug.name, drug.strength, drug.route) if part)
    return f"{escape(told)}\n[dim]{escape(drug.directions)}[/]" if drug.directions else escape(told)


def _diagnosis(one: PastVisit) -> str:
    told = escape(", ".join(code for code in (one.main_diagnosis, *one.other_diagnoses) if code))
    return f"{told} [dim](có chẩn đoán được bảo vệ / some is protected)[/]" if one.has_sensitive else told


def _money(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}"


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _at(moment: datetime | None) -> str:
    return f"{moment:%d/%m/%Y}" if moment else "?"
