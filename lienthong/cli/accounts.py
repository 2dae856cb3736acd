"""Commands of an agency: look into ledgers, statements, debts and reports."""

from typing import Annotated

import typer

from lienthong.cli import show_accounts as show
from lienthong.cli.ask import AsJson, Id, Legal, Purpose, Staff, asked_by, client_for, print_json
from lienthong.cli.failures import Exit
from lienthong.cli.submit import ReportId, report_advance, report_make
from lienthong.client import Debtor, Debts, LedgerPage, LegalState, Months, Report

report = typer.Typer(no_args_is_help=True, help="Reports of employees / phản ánh.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("ledger")(ledger)
    app.command("statement")(statement)
    app.command("debtors")(debtors)
    report.command("make")(report_make)
    report.command("advance")(report_advance)
    app.add_typer(report, name="report")


def ledger(  # noqa: PLR0913 -- one parameter an option
    context: typer.Context,
    identifier: Id,
    from_month: Annotated[str, typer.Option("--from", help="First month, YYYY-MM.")] = "",
    to_month: Annotated[str, typer.Option("--to", help="Last month, YYYY-MM.")] = "",
    funds: Annotated[bool, typer.Option("--funds", help="A line for each fund. / Từng quỹ.")] = False,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Every month: due, paid, late; and the totals. / Sổ đóng. With --json, one line for each page."""
    months = Months(identifier=identifier, from_month=from_month, to_month=to_month, page_size=500)
    pages: list[LedgerPage] = []
    with client_for(context, json_output=json_output) as client:
        for page in client.ledger_pages(months, asking=asked_by(purpose, staff, legal_basis)):
            print_json(page.receipt, wanted=json_output)
            pages.append(page)
    if not json_output:
        show.ledger(pages, by_fund=funds)
    raise typer.Exit(Exit.YES if any(page.months for page in pages) else Exit.NO)


def statement(  # noqa: PLR0913
    context: typer.Context,
    employer_code: Annotated[
        str, typer.Argument(metavar="[CODE]", help="Mã đơn vị. An employer may leave out its own.")
    ] = "",
    as_of: Annotated[str | None, typer.Option("--as-of", help="YYYY-MM-DD. (default: today)")] = None,
    days: Annotated[int, typer.Option(help="Interest of each of the last days.", min=0, max=366)] = 0,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """What a unit owes, its interest and its legal state. / Bảng kê nợ. Exits 0 when nothing is late, else 1."""
    with client_for(context, json_output=json_output) as client:
        answer = client.statement(
            employer_code, as_of=as_of, days=days, asking=asked_by(purpose, staff, legal_basis)
        )
    print_json(answer.receipt, wanted=json_output)
    if not json_output:
        show.statement(answer)
    raise typer.Exit(Exit.YES if answer.state is LegalState.ON_TIME else Exit.NO)


def debtors(  # noqa: PLR0913
    context: typer.Context,
    state: Annotated[str, typer.Option(help="late or evasion. (default: both)")] = "",
    least: Annotated[int, typer.Option(help="Only debts of at least so much, VND.", min=0)] = 0,
    sector: Annotated[str, typer.Option(help="public, state, private or foreign.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, oldest debt first.", min=1)] = 50,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Units of the inspector's province that owe. / Đơn vị chậm đóng, trốn đóng. With --json, one line a page."""
    debts = Debts(state=state, least_vnd=least, sector=sector, page_size=min(limit, 200))
    found: list[Debtor] = []
    with client_for(context, json_output=json_output) as client:
        for page in client.debtor_pages(debts, asking=asked_by(purpose, staff, legal_basis)):
            print_json(page.receipt, wanted=json_output)
            found += page.debtors
            if len(found) >= limit:
                break
    if not json_output:
        show.debtors(found[:limit])


@report.command("show")
def report_show(
    context: typer.Context,
    report_id: ReportId,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """A report and every step that it took. / Xem phản ánh."""
    with client_for(context, json_output=json_output) as client:
        answer = client.report(report_id, asking=asked_by(purpose, staff, legal_basis))
    print_json(answer.receipt, wanted=json_output)
    if not json_output:
        show.report(answer.report)


@report.command("list")
def report_list(  # noqa: PLR0913
    context: typer.Context,
    state: Annotated[str, typer.Option(help="received, assigned, inspected, confirmed …")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1)] = 50,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Reports, newest first. / Danh sách phản ánh. With --json, one line for each page."""
    found: list[Report] = []
    asking = asked_by(purpose, staff, legal_basis)
    with client_for(context, json_output=json_output) as client:
        for page in client.report_pages(state=state, page_size=min(limit, 200), asking=asking):
            print_json(page.receipt, wanted=json_output)
            found += page.reports
            if len(found) >= limit:
                break
    if not json_output:
        show.reports(found[:limit])
