"""Accounts for people: ledgers, statements, debtors, reports. Amounts in VND."""

from collections.abc import Iterable, Sequence
from datetime import date

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lienthong.cli.show import SCHEMES, console
from lienthong.client import (
    Debtor,
    Fund,
    FundState,
    LedgerMonth,
    LedgerPage,
    LegalState,
    Report,
    ReportState,
    Statement,
)
from lienthong.client.accounts import FundMonth, LawRow
from lienthong.client.answers import Employer

_FUNDS = {
    Fund.RETIREMENT: "hưu trí, tử tuất / retirement",
    Fund.SICKNESS: "ốm đau, thai sản / sickness",
    Fund.OCCUPATIONAL: "TNLĐ, BNN / occupational",
    Fund.UNEMPLOYMENT: "BHTN / unemployment",
    Fund.HEALTH: "BHYT / health",
    Fund.INTEREST: "tiền lãi / interest",
    Fund.UNSPECIFIED: "?",
}
_FUND_STATES = {
    FundState.PAID: "[green]đã đóng / paid[/]",
    FundState.PAID_LATE: "[yellow]đóng trễ / paid late[/]",
    FundState.DUE: "[yellow]trong hạn / due[/]",
    FundState.LATE: "[red]chậm đóng / late[/]",
    FundState.UNSPECIFIED: "[dim]?[/]",
}
_WORST_FIRST = (FundState.LATE, FundState.DUE, FundState.PAID_LATE, FundState.PAID)
_LEGAL = {
    LegalState.ON_TIME: "[green]đúng hạn / on time[/]",
    LegalState.LATE: "[yellow]chậm đóng / late[/]",
    LegalState.EVASION: "[bold red]trốn đóng / evasion[/]",
    LegalState.UNSPECIFIED: "[dim]?[/]",
}
_REPORT_STATES = {
    ReportState.RECEIVED: "đã tiếp nhận / received",
    ReportState.ASSIGNED: "đã phân công / assigned",
    ReportState.INSPECTED: "đã thanh tra / inspected",
    ReportState.CONFIRMED: "[red]xác nhận / confirmed[/]",
    ReportState.REJECTED: "bác bỏ / rejected",
    ReportState.RECOVERED: "[green]đã thu hồi / recovered[/]",
    ReportState.UNSPECIFIED: "[dim]?[/]",
}


def ledger(pages: Sequence[LedgerPage], *, by_fund: bool = False, out: Console | None = None) -> None:
    """One line a month and employer (or fund), then the time by scheme and the gaps."""
    out = out or console()
    table = _table(
        Column("Tháng\n[dim]month", no_wrap=True),
        Column("Đơn vị\n[dim]employer", overflow="fold"),
        Column("Mức đóng\n[dim]base", no_wrap=True, justify="right"),
        Column("Đơn vị đóng\n[dim]employer's", no_wrap=True, justify="right"),
        Column("NLĐ đóng\n[dim]employee's", no_wrap=True, justify="right"),
        Column("Trạng thái\n[dim]state", overflow="fold"),
    )
    for month in (month for page in pages for month in page.months):
        parts = [(fund,) for fund in month.funds] if by_fund else [month.funds]
        for funds in parts:
            table.add_row(*_month_row(month, funds, by_fund=by_fund))
    out.print(table)
    for page in pages:
        for total in page.totals:
            out.print(
                f"  {SCHEMES.get(total.scheme, escape(total.scheme))}:"
                f" [bold]{total.paid_years}[/] năm / years [bold]{total.paid_years_months}[/] tháng / months"
                f" ({total.paid_months}; nếu thu hồi / if recovered {total.months_if_recovered})"
            )
        for gap in page.gaps:
            out.print(
                f"  [yellow]gián đoạn / gap[/] {escape(gap.from_month)} – {escape(gap.to_month)} ({gap.months})"
            )
    _law([row for page in pages for row in page.law], out)


def statement(answer: Statement, out: Console | None = None) -> None:
    """State and reasons first, then sums, then months and days."""
    out = out or console()
    out.print(f"{_LEGAL[answer.state]}  [bold]{_unit(answer.employer)}[/]  {_day(answer.as_of)}")
    for reason in answer.reasons:
        out.print(f"  {escape(reason.text.vi)} [dim]({escape(reason.legal_basis)})[/]")
        out.print(f"  [dim]{escape(reason.text.en)}[/]")
    sums = Table(show_header=False, box=None)
    for label, vnd in (
        ("chậm đóng / late", answer.late_vnd),
        ("trong hạn / due", answer.due_vnd),
        ("tiền lãi / interest", answer.interest_vnd),
        ("nộp thừa / advance", answer.advance_vnd),
    ):
        sums.add_row(label, _vnd(vnd))
    if answer.days_late:
        sums.add_row("số ngày chậm / days late", str(answer.days_late))
        sums.add_row("còn đến ngày 60 / days to day 60", str(answer.days_to_evasion))
    if answer.urged_on:
        sums.add_row("đôn đốc / urged on", _day(answer.urged_on))
    out.print(sums)
    _statement_months(answer, out)
    _law(answer.law, out)


def debtors(found: Iterable[Debtor], out: Console | None = None) -> None:
    """One line a unit."""
    table = _table(
        Column("Đơn vị\n[dim]unit", overflow="fold"),
        Column("Trạng thái\n[dim]state", overflow="fold"),
        Column("Nợ\n[dim]owed, VND", no_wrap=True, justify="right"),
        Column("Từ tháng\n[dim]since", no_wrap=True),
        Column("Ngày\n[dim]days", no_wrap=True, justify="right"),
        Column("Đôn đốc\n[dim]urged", no_wrap=True),
    )
    for one in found:
        urged = _day(one.urged_on) if one.urged_on else ""
        unit, owed = _unit(one.employer), _vnd(one.owed_vnd)
        table.add_row(unit, _LEGAL[one.state], owed, escape(one.oldest_month), str(one.days_late), urged)
    (out or console()).print(table)


def report(one: Report, out: Console | None = None) -> None:
    """The report, then its steps."""
    out = out or console()
    out.print(f"{_REPORT_STATES[one.state]}  [bold]{escape(one.report_id)}[/]")
    out.print(f"  {_unit(one.employer)}  {one.kind.name.lower().replace('_', ' ')}")
    out.print(f"  {escape(one.from_month)} – {escape(one.to_month)}")
    if one.actual_base_vnd:
        out.print(f"  lương thực trả / really paid {_vnd(one.actual_base_vnd)} VND")
    if one.statement:
        out.print(f"  “{escape(one.statement)}”")
    table = _table("Lúc\n[dim]at", "Bước\n[dim]step", "Ai\n[dim]who", "Lý do\n[dim]why")
    for step in one.steps:
        at = step.at.astimezone().strftime("%Y-%m-%d %H:%M") if step.at else ""
        who = " ".join(filter(None, (step.agency_id, step.staff)))
        recovered = f" ({_vnd(step.recovered_vnd)} VND)" if step.recovered_vnd else ""
        table.add_row(at, _REPORT_STATES[step.state], escape(who), escape(step.reason) + recovered)
    out.print(table)


def reports(found: Iterable[Report], out: Console | None = None) -> None:
    """One line a report."""
    table = _table(
        Column("Lúc\n[dim]at", no_wrap=True),
        Column("Mã\n[dim]report", no_wrap=True),
        Column("Đơn vị\n[dim]unit", overflow="fold"),
        Column("Nội dung\n[dim]about", overflow="fold"),
        Column("Xử lý\n[dim]state", overflow="fold"),
    )
    for one in found:
        at = one.reported_at.astimezone().strftime("%Y-%m-%d") if one.reported_at else ""
        about = f"{one.kind.name.lower().replace('_', ' ')} {one.from_month}–{one.to_month}"
        table.add_row(
            at, escape(one.report_id), _unit(one.employer), escape(about), _REPORT_STATES[one.state]
        )
    (out or console()).print(table)


def _month_row(month: LedgerMonth, funds: Sequence[FundMonth], *, by_fund: bool) -> tuple[str, ...]:
    unit = _unit(month.employer)
    if by_fund and funds:
        unit += f"\n[dim]{_FUNDS[funds[0].fund]}[/]"
    worst = min((fund.state for fund in funds), key=_severity, default=FundState.UNSPECIFIED)
    late = max((fund.days_late for fund in funds), default=0)
    told = _FUND_STATES[worst] + (f" {late} ngày / days" if late else "")
    return (
        escape(month.month),
        unit,
        _vnd(month.base_vnd),
        _sum(fund.employer_vnd for fund in funds),
        _sum(fund.employee_vnd for fund in funds),
        told,
    )


def _severity(state: FundState) -> int:
    return _WORST_FIRST.index(state) if state in _WORST_FIRST else len(_WORST_FIRST)


def _statement_months(answer: Statement, out: Console) -> None:
    if answer.months:
        table = _table(
            Column("Tháng\n[dim]month", no_wrap=True),
            Column("Quỹ\n[dim]fund", overflow="fold"),
            Column("Phải đóng\n[dim]due", no_wrap=True, justify="right"),
            Column("Đã đóng\n[dim]paid", no_wrap=True, justify="right"),
            Column("Hạn\n[dim]deadline", no_wrap=True),
            Column("Lãi\n[dim]interest", no_wrap=True, justify="right"),
        )
        for row in answer.months:
            colour = "red" if row.days_late and row.paid_vnd < row.due_vnd else "default"
            table.add_row(
                escape(row.month) + (f" [dim]#{row.declaration_number}[/]" if row.declaration_number else ""),
                _FUNDS[row.fund],
                _vnd(row.due_vnd),
                f"[{colour}]{_vnd(row.paid_vnd)}[/]",
                _day(row.deadline),
                _vnd(row.interest_vnd),
            )
        out.print(table)
    if answer.interest_days:
        table = _table("Ngày\n[dim]day", "Chưa đóng\n[dim]unpaid", "Lãi\n[dim]interest")
        for day in answer.interest_days:
            table.add_row(_day(day.day), _vnd(day.unpaid_vnd), _vnd(day.interest_vnd))
        out.print(table)


def _law(rows: Iterable[LawRow], out: Console) -> None:
    """What the amounts rest on, each row once."""
    for code, basis, verified in dict.fromkeys((row.code, row.legal_basis, row.verified) for row in rows):
        doubt = "" if verified else " (chưa đối chiếu / not verified)"
        out.print(f"  [dim]{escape(code)}: {escape(basis)}{doubt}[/]")


def _table(*columns: Column | str) -> Table:
    return Table(*columns, box=SIMPLE, show_edge=False, padding=(0, 1, 0, 0))


def _unit(employer: Employer | None) -> str:
    return escape(f"{employer.code} {employer.name}".strip()) if employer else ""


def _sum(amounts: Iterable[int | None]) -> str:
    known = [amount for amount in amounts if amount is not None]
    return _vnd(sum(known)) if known else ""


def _vnd(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}"


def _day(value: date | None) -> str:
    return value.strftime("%d/%m/%Y") if value else "?"
