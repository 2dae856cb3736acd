"""Commands of an agency: hand something in, and follow what becomes of it."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from lienthong.cli import show_operations as show
from lienthong.cli.ask import AsJson, Legal, Purpose, Staff, asked_by, client_for, print_json
from lienthong.cli.failures import as_json
from lienthong.cli.files import content_of
from lienthong.cli.following import WAIT_S, Key, Timeout, Wait, as_said, carry_out, end
from lienthong.client import Irregularity, NewEmployer, Operation, read_declaration, read_payments

File: TypeAlias = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, UTF-8, comma or semicolon.")]
Month: TypeAlias = Annotated[str, typer.Option(help="YYYY-MM.")]
Reason: TypeAlias = Annotated[str, typer.Option("--reason", help="Why, for the record. / Lý do.")]
ReportId: TypeAlias = Annotated[str, typer.Argument(metavar="REPORT", help="The report's number.")]
OperationId: TypeAlias = Annotated[str, typer.Argument(metavar="OPERATION", help="The operation's number.")]

declaration = typer.Typer(no_args_is_help=True, help="Declarations of employers / kê khai.")
payments = typer.Typer(no_args_is_help=True, help="Payments collected by banks / tiền đóng.")
employer = typer.Typer(no_args_is_help=True, help="Units / đơn vị sử dụng lao động.")
debt = typer.Typer(no_args_is_help=True, help="Debts of units / nợ đóng.")
operation = typer.Typer(no_args_is_help=True, help="What became of a command / kết quả xử lý.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for name, group in (
        ("declaration", declaration),
        ("payments", payments),
        ("employer", employer),
        ("debt", debt),
        ("operation", operation),
    ):
        app.add_typer(group, name=name)


@declaration.command("submit")
def declaration_submit(  # noqa: PLR0913 -- one parameter an option
    context: typer.Context,
    file: File,
    wait: Wait = False,
    timeout: Timeout = WAIT_S,
    key: Key = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Hand in a declaration of up to 50,000 lines. / Nộp kê khai (D02-LT).

    Header: kind,identifier,full_name,from_month,to_month,schemes,base_vnd,position,unpaid_days
    """
    as_json.set(json_output)
    read = read_declaration(content_of(file))
    carry_out(
        context,
        lambda client, name, asking: client.submit_declaration(
            read.rows, idempotency_key=name, asking=asking
        ),
        as_said(key, wait, timeout, asked_by(purpose, staff, legal_basis), json_output),
        numbers=read.numbers,
    )


@payments.command("submit")
def payments_submit(  # noqa: PLR0913
    context: typer.Context,
    file: File,
    wait: Wait = False,
    timeout: Timeout = WAIT_S,
    key: Key = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Hand in what a bank has collected. / Nộp bảng kê thu hộ.

    Header: employer_code,value_date,amount_vnd,reference
    """
    as_json.set(json_output)
    read = read_payments(content_of(file))
    carry_out(
        context,
        lambda client, name, asking: client.record_payments(read.rows, idempotency_key=name, asking=asking),
        as_said(key, wait, timeout, asked_by(purpose, staff, legal_basis), json_output),
        numbers=read.numbers,
    )


@employer.command("register")
def employer_register(  # noqa: PLR0913
    context: typer.Context,
    employer_code: Annotated[str, typer.Argument(metavar="CODE", help="Mã đơn vị.")],
    name: Annotated[str, typer.Option(help="The unit's full name.")],
    province: Annotated[str, typer.Option(help="One of the 34 province codes.")],
    sector: Annotated[str, typer.Option(help="public, state, private or foreign.")],
    region: Annotated[int, typer.Option(help="Region of the minimum wage.", min=1, max=4)],
    obliged_since: Annotated[str, typer.Option(help="First day under the duty to insure, YYYY-MM-DD.")],
    reduced_accident_rate: Annotated[bool, typer.Option("--reduced-accident-rate")] = False,
    wait: Wait = False,
    timeout: Timeout = WAIT_S,
    key: Key = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Open a unit's account. / Đăng ký đơn vị."""
    unit = NewEmployer(
        employer_code=employer_code,
        name=name,
        province_code=province,
        sector=sector,
        region=region,
        obliged_since=obliged_since,
        reduced_accident_rate=reduced_accident_rate,
    )
    carry_out(
        context,
        lambda client, name, asking: client.register_employer(unit, idempotency_key=name, asking=asking),
        as_said(key, wait, timeout, asked_by(purpose, staff, legal_basis), json_output),
    )


@debt.command("urge")
def debt_urge(  # noqa: PLR0913
    context: typer.Context,
    employer_code: Annotated[str, typer.Argument(metavar="CODE", help="Mã đơn vị.")],
    document: Annotated[str, typer.Option(help="Number of the letter, 123/BHXH-QLT.")],
    issued_on: Annotated[str, typer.Option(help="Day of the letter, YYYY-MM-DD.")],
    wait: Wait = False,
    timeout: Timeout = WAIT_S,
    key: Key = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Record that a unit was urged in writing to pay. / Ghi nhận văn bản đôn đốc."""
    carry_out(
        context,
        lambda client, name, asking: client.urge_payment(
            employer_code,
            document_number=document,
            issued_on=issued_on,
            idempotency_key=name,
            asking=asking,
        ),
        as_said(key, wait, timeout, asked_by(purpose, staff, legal_basis), json_output),
    )


def report_make(  # noqa: PLR0913
    context: typer.Context,
    identifier: Annotated[str, typer.Option("--id", help="Her own personal ID or SI number.")],
    employer_code: Annotated[str, typer.Option("--employer", help="Mã đơn vị.")],
    kind: Annotated[str, typer.Option(help="not_paid, under_declared or not_declared.")],
    from_month: Annotated[str, typer.Option("--from", help="First month, YYYY-MM.")],
    to_month: Annotated[str, typer.Option("--to", help="Last month, YYYY-MM.")],
    actual_base: Annotated[int, typer.Option(help="The salary really paid, VND a month.", min=0)] = 0,
    statement: Annotated[str, typer.Option(help="In her own words.")] = "",
    wait: Wait = False,
    timeout: Timeout = WAIT_S,
    key: Key = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Report months that are unpaid, under-declared or not declared. / Phản ánh."""
    about = Irregularity(
        identifier=identifier,
        employer_code=employer_code,
        kind=kind,
        from_month=from_month,
        to_month=to_month,
        actual_base_vnd=actual_base,
        statement=statement,
    )
    carry_out(
        context,
        lambda client, name, asking: client.report_irregularity(about, idempotency_key=name, asking=asking),
        as_said(key, wait, timeout, asked_by(purpose, staff, legal_basis), json_output),
    )


def report_advance(  # noqa: PLR0913
    context: typer.Context,
    report_id: ReportId,
    to_state: Annotated[
        str, typer.Option("--to", help="assigned, inspected, confirmed, rejected, recovered.")
    ],
    reason: Reason,
    recovered: Annotated[int, typer.Option(help="What was recovered, VND.", min=0)] = 0,
    wait: Wait = False,
    timeout: Timeout = WAIT_S,
    key: Key = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Take a report one step further. / Cập nhật xử lý phản ánh."""
    carry_out(
        context,
        lambda client, name, asking: client.advance_report(
            report_id,
            to_state,
            reason=reason,
            recovered_vnd=recovered,
            idempotency_key=name,
            asking=asking,
        ),
        as_said(key, wait, timeout, asked_by(purpose, staff, legal_basis), json_output),
    )


@operation.command("show")
def operation_show(
    context: typer.Context,
    operation_id: OperationId,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """An operation as it is now. / Xem kết quả."""
    with client_for(context, json_output=json_output) as client:
        found = client.operation(operation_id, asking=asked_by(purpose, staff, legal_basis))
    end(found, (), json_output=json_output)


@operation.command("wait")
def operation_wait(  # noqa: PLR0913
    context: typer.Context,
    operation_id: OperationId,
    timeout: Timeout = WAIT_S,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Wait until an operation has ended. / Chờ kết quả."""
    with client_for(context, json_output=json_output) as client:
        found = client.wait(operation_id, timeout_s=timeout, asking=asked_by(purpose, staff, legal_basis))
    end(found, (), json_output=json_output)


@operation.command("list")
def operation_list(  # noqa: PLR0913
    context: typer.Context,
    state: Annotated[str, typer.Option(help="pending, completed, failed or held.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1)] = 50,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """The agency's operations, newest first. / Danh sách. With --json, one line for each page."""
    asking = asked_by(purpose, staff, legal_basis)
    found: list[Operation] = []
    token = ""
    with client_for(context, json_output=json_output) as client:
        while True:
            page = client.operation_page(
                state=state, page_size=min(limit, 200), page_token=token, asking=asking
            )
            print_json(page.receipt, wanted=json_output)
            found += page.operations
            token = page.next_page_token
            if not token or len(found) >= limit:
                break
    if not json_output:
        show.operations(found[:limit])
