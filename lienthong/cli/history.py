"""What was treated before: for the next doctor, and for the citizen herself."""

from typing import Annotated, TypeAlias

import typer

from lienthong.cli import show_health as show
from lienthong.cli.ask import AsJson, Id, Legal, Purpose, Staff, asked_by, client_for, print_json, tell
from lienthong.cli.failures import Exit
from lienthong.client import HistoryAccess, PastVisit, Visits

VisitId: TypeAlias = Annotated[str, typer.Argument(metavar="VISIT", help="As `history list` shows it.")]

history = typer.Typer(no_args_is_help=True, help="Past visits / lịch sử khám chữa bệnh.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(history, name="history")


@history.command("list")
def history_list(  # noqa: PLR0913 -- one parameter an option
    context: typer.Context,
    identifier: Id,
    from_day: Annotated[
        str, typer.Option("--from", help="First day, YYYY-MM-DD. (default: a year ago)")
    ] = "",
    to_day: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1)] = 200,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """A person's visits, newest first. / Danh sách. With --json, one line for each page."""
    asked = Visits(identifier=identifier, from_day=from_day, to_day=to_day, page_size=min(limit, 200))
    found: list[PastVisit] = []
    access = HistoryAccess.UNSPECIFIED
    with client_for(context, json_output=json_output) as client:
        for page in client.visit_pages(asked, asking=asked_by(purpose, staff, legal_basis)):
            print_json(page.receipt, wanted=json_output)
            found += page.visits
            access = page.access
            if len(found) >= limit:
                break
    if not json_output:
        show.visits(found[:limit], access)
    raise typer.Exit(Exit.YES if found else Exit.NO)


@history.command("visit")
def history_visit(  # noqa: PLR0913
    context: typer.Context,
    visit_id: VisitId,
    identifier: Id,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """One visit: drugs, services, costs. / Chi tiết một lượt."""
    with client_for(context, json_output=json_output) as client:
        answer = client.visit(identifier, visit_id, asking=asked_by(purpose, staff, legal_basis))
    tell(answer, show.visit, json_output=json_output)


@history.command("drugs")
def history_drugs(  # noqa: PLR0913
    context: typer.Context,
    identifier: Id,
    on_day: Annotated[str, typer.Option("--on", help="YYYY-MM-DD. (default: today)")] = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Drugs that should still be running, and which overlap. / Thuốc còn dùng. Exits 1 when some overlap."""
    with client_for(context, json_output=json_output) as client:
        answer = client.running_drugs(
            identifier, on_day=on_day or None, asking=asked_by(purpose, staff, legal_basis)
        )
    tell(answer, show.drugs, json_output=json_output)
    raise typer.Exit(Exit.NO if any(running.overlaps for running in answer.drugs) else Exit.YES)


@history.command("sensitive")
def history_sensitive(
    context: typer.Context,
    identifier: Id,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Visits with protected diagnoses; needs a scope of its own. / Chẩn đoán nhạy cảm."""
    with client_for(context, json_output=json_output) as client:
        answer = client.sensitive_visits(identifier, asking=asked_by(purpose, staff, legal_basis))
    tell(answer, show.sensitive, json_output=json_output)
