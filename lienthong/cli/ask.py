"""Commands of an agency: ask the gateway, show the answer."""

import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol, TypeAlias, TypeVar

import typer

from lienthong.cli import show
from lienthong.cli.failures import Exit, UsageProblem, as_json
from lienthong.cli.files import text_of
from lienthong.cli.moments import local
from lienthong.client import (
    AgencyConfig,
    Asking,
    AuditEntry,
    Client,
    ContributionMonth,
    Entries,
    IdentityResult,
    Months,
    Person,
    Receipt,
    Visit,
)
from lienthong.client.config import FOLDER_VARIABLE, read_settings
from lienthong.client.directory import fetch_gateway_keys

Id: TypeAlias = Annotated[
    str, typer.Option("--id", help="Personal ID (12 digits), SI number (10) or card code (15).")
]
Name: TypeAlias = Annotated[str, typer.Option("--name", help="Full name / họ và tên.")]
Born: TypeAlias = Annotated[str, typer.Option("--born", help="YYYY-MM-DD, or YYYY.")]
Purpose: TypeAlias = Annotated[
    str,
    typer.Option("--purpose", help="Why: admission, emergency, employment, … (default: the agency's usual)"),
]
Staff: TypeAlias = Annotated[
    str,
    typer.Option("--staff", help="The named person who asks. (default: LIENTHONG_STAFF, then agency.toml)"),
]
Legal: TypeAlias = Annotated[str, typer.Option("--legal-basis", help="Reference to the legal basis, if any.")]
VisitKind: TypeAlias = Annotated[
    str, typer.Option("--visit", help="outpatient, inpatient or day_inpatient: what is paid for it.")
]
VisitReason: TypeAlias = Annotated[
    str, typer.Option("--reason", help="self, referral, revisit, emergency or temporary_stay.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print exactly the answer's JSON.")]

coverage = typer.Typer(no_args_is_help=True, help="Health-insurance cards / thẻ BHYT.")
identity = typer.Typer(no_args_is_help=True, help="Who a person is / xác minh nhân thân.")
contributions = typer.Typer(no_args_is_help=True, help="Contribution history / quá trình đóng.")
audit = typer.Typer(no_args_is_help=True, help="Who asked for what / nhật ký truy cập.")

_CSV_COLUMNS = {"identifier", "full_name", "born"}


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for name, group in (
        ("coverage", coverage),
        ("identity", identity),
        ("contributions", contributions),
        ("audit", audit),
    ):
        app.add_typer(group, name=name)
    app.command("keys")(keys)


@coverage.command("check")
def coverage_check(  # noqa: PLR0913 -- one parameter an option
    context: typer.Context,
    identifier: Id,
    name: Name,
    born: Born,
    visit_on: Annotated[
        str | None, typer.Option("--on", help="Day of the visit, YYYY-MM-DD. (default: today)")
    ] = None,
    visit: VisitKind = "",
    reason: VisitReason = "",
    admitted_on: Annotated[str, typer.Option("--admitted", help="First day of the stay, YYYY-MM-DD.")] = "",
    slip_on: Annotated[str, typer.Option("--slip", help="Day of the referral or re-visit slip.")] = "",
    diagnosis: Annotated[str, typer.Option(help="Main diagnosis, ICD-10.")] = "",
    cost: Annotated[int, typer.Option(help="Cost within the fund's scope, VND, to be split.", min=0)] = 0,
    previous: Annotated[str, typer.Option(help="checkToken of an earlier answer: tells what changed.")] = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Is this person's card valid, and what does it pay? / Kiểm tra thẻ BHYT. Exits 0 when covered, 1 when not.

    With --visit it says what the fund pays for that visit here, and why.
    """
    if not visit and (reason or admitted_on or slip_on or diagnosis or cost):
        raise UsageProblem(
            "--visit says what kind of visit these are of: outpatient, inpatient, day_inpatient"
        )
    about = Visit(
        kind=visit,
        reason=reason,
        admitted_on=admitted_on,
        slip_on=slip_on,
        diagnosis=diagnosis,
        cost_vnd=cost,
    )
    person = Person(
        identifier=identifier,
        full_name=name,
        born=born,
        visit_on=visit_on,
        visit=about if visit else None,
        previous_check=previous,
    )
    with client_for(context, json_output=json_output) as client:
        answer = client.check(person, asking=asked_by(purpose, staff, legal_basis))
    tell(answer, show.coverage, json_output=json_output)
    raise typer.Exit(Exit.YES if answer.covered else Exit.NO)


@coverage.command("get")
def coverage_get(  # noqa: PLR0913
    context: typer.Context,
    identifier: Id,
    as_of: Annotated[str | None, typer.Option("--as-of", help="YYYY-MM-DD. (default: today)")] = None,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """The cards valid on a day, past or present. / Thẻ có hiệu lực vào một ngày."""
    with client_for(context, json_output=json_output) as client:
        answer = client.get_coverage(identifier, as_of=as_of, asking=asked_by(purpose, staff, legal_basis))
    tell(answer, show.dated_coverage, json_output=json_output)
    raise typer.Exit(Exit.YES if answer.covered else Exit.NO)


@coverage.command("batch")
def coverage_batch(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV with a header: identifier,full_name,born[,visit_on]; 1,000 rows.")
    ],
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Check many people in one signed request. Exits 0 when every one of them is covered."""
    people = _people(file)
    with client_for(context, json_output=json_output) as client:
        answer = client.batch_check_coverage(people, asking=asked_by(purpose, staff, legal_basis))
    tell(answer, lambda told: show.batch(people, told), json_output=json_output)
    everyone = all(item.response is not None and item.response.covered for item in answer.results)
    raise typer.Exit(Exit.YES if everyone else Exit.NO)


@identity.command("verify")
def identity_verify(  # noqa: PLR0913
    context: typer.Context,
    identifier: Id,
    name: Annotated[str | None, typer.Option("--name", help="Full name / họ và tên.")] = None,
    born: Annotated[str | None, typer.Option("--born", help="YYYY-MM-DD, or YYYY.")] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="male or female.")] = None,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Do these particulars fit the person? / Xác minh nhân thân. Exits 0 only when all of them do."""
    if sex not in (None, "male", "female"):
        raise UsageProblem("--sex is male or female")
    with client_for(context, json_output=json_output) as client:
        answer = client.verify_identity(
            identifier, full_name=name, born=born, sex=sex, asking=asked_by(purpose, staff, legal_basis)
        )
    tell(answer, show.identity, json_output=json_output)
    raise typer.Exit(Exit.YES if answer.result is IdentityResult.MATCH else Exit.NO)


@contributions.command("list")
def contributions_list(  # noqa: PLR0913
    context: typer.Context,
    identifier: Id,
    from_month: Annotated[str, typer.Option("--from", help="First month, YYYY-MM.")] = "",
    to_month: Annotated[str, typer.Option("--to", help="Last month, YYYY-MM.")] = "",
    page_size: Annotated[int, typer.Option(help="Rows asked for at once.", min=1, max=500)] = 500,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Months, employers, bases and what was paid. / Quá trình đóng. With --json, one line for each page."""
    months = Months(identifier=identifier, from_month=from_month, to_month=to_month, page_size=page_size)
    asking = asked_by(purpose, staff, legal_basis)
    found: list[ContributionMonth] = []
    with client_for(context, json_output=json_output) as client:
        for page in client.contribution_pages(months, asking=asking):
            print_json(page.receipt, wanted=json_output)
            found += page.months
    if not json_output:
        show.contributions(found)
    raise typer.Exit(Exit.YES if found else Exit.NO)


@audit.command("list")
def audit_list(  # noqa: PLR0913
    context: typer.Context,
    agency_id: Annotated[str, typer.Option(help="Only this agency's entries.")] = "",
    identifier: Annotated[str, typer.Option("--id", help="Only entries about this person.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Only from this time on (local time).")] = None,
    outcome: Annotated[str, typer.Option(help='"ok" or a refusal\'s reason.')] = "",
    stated: Annotated[
        str, typer.Option("--for", help="Only what was asked for this purpose, such as emergency.")
    ] = "",
    rpc: Annotated[str, typer.Option(help="Only this RPC, or every RPC of this service.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many entries, newest first.", min=1)] = 50,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """The access log, newest first. / Nhật ký truy cập. With --json, one line for each page."""
    entries = Entries(
        agency_id=agency_id,
        identifier=identifier,
        since=local(since),
        outcome=outcome,
        purpose=stated,
        rpc=rpc,
        page_size=min(limit, 500),
    )
    found: list[AuditEntry] = []
    with client_for(context, json_output=json_output) as client:
        for page in client.audit_pages(entries, asking=asked_by(purpose, staff, legal_basis)):
            print_json(page.receipt, wanted=json_output)
            found += page.entries
            if len(found) >= limit:
                break
    if not json_output:
        show.audit(found[:limit])


def keys(
    context: typer.Context,
    pin: Annotated[
        bool,
        typer.Option(
            "--pin", help="Write the fetched keys into the agency's folder and trust them from now on."
        ),
    ] = False,
    json_output: AsJson = False,
) -> None:
    """The gateway's public keys, and which of them this agency has pinned."""
    as_json.set(json_output)
    folder = folder_of(context)
    settings = read_settings(folder)
    path = folder / settings.get("gateway_keys", "gateway-keys.json")
    content, fetched = fetch_gateway_keys(
        settings["gateway"], ca=folder / settings["ca"] if "ca" in settings else None
    )
    if pin:
        path.write_bytes(content)
    if json_output:
        sys.stdout.write(content.decode() + "\n")
        return
    pinned = AgencyConfig.load(folder).gateway_keys if path.exists() else {}
    show.gateway_keys(fetched, pinned)


def folder_of(context: typer.Context) -> Path:
    """The asking agency's folder. Raises UsageProblem when none was named."""
    folder = context.obj
    if not isinstance(folder, Path):
        raise UsageProblem(f"say which agency asks: --agency DIR before the command, or {FOLDER_VARIABLE}")
    return folder


@contextmanager
def client_for(context: typer.Context, *, json_output: bool) -> Iterator[Client]:
    """The asking agency's client, closed at the end of the block."""
    as_json.set(json_output)
    with Client(folder_of(context)) as client:
        yield client


def asked_by(purpose: str, staff: str, legal_basis: str) -> Asking:
    """Why and on whose behalf, as the options say."""
    return Asking(purpose=purpose, staff=staff, legal_basis=legal_basis)


class _Answered(Protocol):
    @property
    def receipt(self) -> Receipt | None: ...


AnsweredT = TypeVar("AnsweredT", bound=_Answered)


def tell(answer: AnsweredT, show_it: Callable[[AnsweredT], None], *, json_output: bool) -> None:
    """Show the answer: its signed bytes when JSON is wanted, else with ``show_it``."""
    print_json(answer.receipt, wanted=json_output)
    if not json_output:
        show_it(answer)


def print_json(receipt: Receipt | None, *, wanted: bool) -> None:
    """Print the signed bytes, when JSON is wanted."""
    if wanted and receipt is not None:
        sys.stdout.write(receipt.body.decode() + "\n")


def _people(file: Path) -> list[Person]:
    try:
        rows = list(csv.DictReader(io.StringIO(text_of(file), newline="")))
    except csv.Error as error:
        raise UsageProblem(f"{file}: {error}") from error
    if not rows or not set(rows[0]) >= _CSV_COLUMNS:
        raise UsageProblem(f"{file}: needs a header with identifier,full_name,born and at least one row")
    return [
        Person(
            identifier=row["identifier"] or "",
            full_name=row["full_name"] or "",
            born=row["born"] or "",
            visit_on=row.get("visit_on") or None,
        )
        for row in rows
    ]
