"""What a hospital hands in: claim files, and that somebody has come and gone."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from lienthong.cli.ask import AsJson, Born, Id, Legal, Name, Purpose, Staff, asked_by
from lienthong.cli.failures import as_json
from lienthong.cli.files import content_of
from lienthong.cli.following import WAIT_S, Key, Timeout, Wait, as_said, carry_out
from lienthong.cli.moments import local
from lienthong.client import Admission, Asking, Person
from lienthong.client.health_questions import file_key

Treatment: TypeAlias = Annotated[
    str, typer.Option("--treatment", help="The facility's number of the treatment (MA_LK).")
]

claims = typer.Typer(no_args_is_help=True, help="Claim files / hồ sơ đề nghị thanh toán.")
stay = typer.Typer(no_args_is_help=True, help="Stays / lượt điều trị: check-in, check-out.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(claims, name="claims")
    app.add_typer(stay, name="stay")


@claims.command("submit")
def claims_submit(  # noqa: PLR0913 -- one parameter an option
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GIAMDINHHS, as XML 130/3176.")],
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the findings. / Chờ kết quả.")
    ] = True,
    timeout: Timeout = WAIT_S,
    key: Annotated[
        str, typer.Option("--key", help="Idempotency key. (default: from the file's SHA-256)")
    ] = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Hand in a claim file and show what was found in it. / Gửi hồ sơ. Exits 1 when a dossier was refused.

    The same file again is the same operation: after a broken line just repeat it.
    """
    as_json.set(json_output)
    content = content_of(file)
    carry_out(
        context,
        lambda client, name, asking: client.submit_claims(content, idempotency_key=name, asking=asking),
        as_said(key or file_key(content), wait, timeout, _asking(purpose, staff, legal_basis), json_output),
    )


@stay.command("open")
def stay_open(  # noqa: PLR0913
    context: typer.Context,
    identifier: Id,
    name: Name,
    born: Born,
    treatment: Treatment,
    admitted_at: Annotated[
        datetime | None, typer.Option("--at", help="When she came (local time). (default: now)")
    ] = None,
    wait: Wait = False,
    timeout: Timeout = WAIT_S,
    key: Key = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Record that a person is admitted: her history opens. / Ghi nhận vào viện (check-in)."""
    admission = Admission(
        person=Person(identifier=identifier, full_name=name, born=born),
        treatment_code=treatment,
        admitted_at=local(admitted_at),
    )
    carry_out(
        context,
        lambda client, name, asking: client.open_stay(admission, idempotency_key=name, asking=asking),
        as_said(key, wait, timeout, asked_by(purpose, staff, legal_basis), json_output),
    )


@stay.command("close")
def stay_close(  # noqa: PLR0913
    context: typer.Context,
    treatment: Treatment,
    left_at: Annotated[
        datetime | None, typer.Option("--at", help="When she left (local time). (default: now)")
    ] = None,
    wait: Wait = False,
    timeout: Timeout = WAIT_S,
    key: Key = "",
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Record that a person has left. / Ghi nhận ra viện."""
    left = local(left_at)
    carry_out(
        context,
        lambda client, name, asking: client.close_stay(
            treatment, left_at=left, idempotency_key=name, asking=asking
        ),
        as_said(key, wait, timeout, asked_by(purpose, staff, legal_basis), json_output),
    )


def _asking(purpose: str, staff: str, legal_basis: str) -> Asking:
    """Claim files have a purpose of their own, whatever the agency's usual one is."""
    return asked_by(purpose or "claims", staff, legal_basis)
