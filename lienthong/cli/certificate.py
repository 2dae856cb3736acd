"""Certificates: get one, show it as a QR code, and check one without any line."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.markup import escape

from lienthong.certificate import (
    Certificate,
    CertificateKeys,
    CertificateRefused,
    KeysRefused,
    to_shc,
    verify,
)
from lienthong.certificate.jws import MOST_TEXT, from_text
from lienthong.certificate.qr import KINDS, kind_of, picture
from lienthong.cli.ask import (
    AsJson,
    Born,
    Id,
    Legal,
    Name,
    Purpose,
    Staff,
    asked_by,
    client_for,
    folder_of,
    print_json,
)
from lienthong.cli.failures import Exit, UsageProblem
from lienthong.cli.show import console
from lienthong.client import Person
from lienthong.client.config import read_settings
from lienthong.client.directory import fetch_certificate_keys

Source: TypeAlias = Annotated[
    str, typer.Argument(metavar="FILE", help="A file that holds shc:/… or a JWS; - for standard input.")
]

app = typer.Typer(no_args_is_help=True, help="Certificates that work offline / giấy chứng nhận BHYT.")


def register(program: typer.Typer) -> None:
    """Add these commands to the program."""
    program.add_typer(app, name="certificate")


@app.command("issue")
def certificate_issue(  # noqa: PLR0913 -- one parameter an option
    context: typer.Context,
    identifier: Id,
    name: Name,
    born: Born,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the certificate here, as shc:/…")
    ] = None,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Get a certificate for a person whose card is valid today. / Cấp giấy chứng nhận. Exits 1 when none is."""
    person = Person(identifier=identifier, full_name=name, born=born)
    with client_for(context, json_output=json_output) as client:
        answer = client.issue_certificate(person, asking=asked_by(purpose, staff, legal_basis))
    if output is not None:
        _write(output, f"{answer.shc}\n".encode())
    print_json(answer.receipt, wanted=json_output)
    if not json_output:
        until = answer.expires_at.astimezone().strftime("%Y-%m-%d %H:%M") if answer.expires_at else "?"
        console().print(f"[green]✓ có giá trị đến / valid until[/] {until}")
        if output is None:
            sys.stdout.write(f"{answer.shc}\n")
    raise typer.Exit(Exit.YES)


@app.command("verify")
def certificate_verify(
    source: Source,
    keys: Annotated[
        Path, typer.Option("--keys", help="The issuer's public keys: its /.well-known/jwks.json, kept.")
    ],
    issuer: Annotated[
        str, typer.Option("--issuer", help="The issuer's address. (default: whoever's the keys are)")
    ] = "",
    json_output: Annotated[bool, typer.Option("--json", help="Print what it says as JSON.")] = False,
) -> None:
    """Is a certificate good now? Asks nobody: no network. / Kiểm tra khi không có mạng. Exits 1 when it is not."""
    try:
        known = CertificateKeys.load(keys)
    except (OSError, KeysRefused) as error:
        raise UsageProblem(f"{keys}: {error}") from error
    try:
        certificate = verify(_text(source), known, now=datetime.now(UTC), issuer=issuer or None)
    except CertificateRefused as refused:
        _say_refused(refused, json_output=json_output)
        raise typer.Exit(Exit.NO) from refused
    _say(certificate, json_output=json_output)


@app.command("keys")
def certificate_keys(
    context: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", help="Write the JWK set here.")],
) -> None:
    """Fetch the issuer's public keys, to verify without a line. / Tải khoá để kiểm tra khi mất mạng."""
    folder = folder_of(context)
    settings = read_settings(folder)
    ca = folder / settings["ca"] if "ca" in settings else None
    content, keys = fetch_certificate_keys(settings["gateway"], ca=ca)
    _write(output, content)
    for key_id in keys:
        console().print(f"[green]✓[/] {escape(key_id)}")


@app.command("qr")
def certificate_qr(
    source: Source,
    output: Annotated[Path, typer.Option("-o", "--output", help="card.png, card.pdf or card.svg.")],
) -> None:
    """Draw a certificate's QR code. / Vẽ mã QR. What it says is not checked: verify does."""
    kind = kind_of(output)
    if kind is None:
        raise UsageProblem(f"{output}: expected a name that ends in one of {', '.join(KINDS)}")
    try:
        jws = from_text(_text(source))
        _write(output, picture(to_shc(jws), kind))
    except (CertificateRefused, ValueError) as error:
        raise UsageProblem(f"{source}: not a certificate: {error}") from error


def _text(source: str) -> str:
    try:
        if source == "-":
            return sys.stdin.read(MOST_TEXT + 1)
        with Path(source).open(encoding="utf-8") as stream:
            return stream.read(MOST_TEXT + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{source}: not a certificate: {type(error).__name__}") from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageProblem(f"{path}: {error.strerror}") from error


def _say(certificate: Certificate, *, json_output: bool) -> None:
    holder, card = certificate.holder, certificate.card
    until = certificate.expires_at
    if json_output:
        _print_json(
            {
                "valid": True,
                "fullName": holder.full_name,
                "born": holder.born,
                "cardCode": card.code,
                "validFrom": card.valid_from.isoformat(),
                "validTo": card.valid_to.isoformat(),
                "benefitDigit": card.benefit_digit,
                "benefitPercent": card.benefit_percent,
                "registeredFacility": card.facility_code,
                "issuer": certificate.issuer,
                "issuedAt": certificate.issued_at.isoformat(),
                "expiresAt": until.isoformat(),
                "keyId": certificate.key_id,
            }
        )
        return
    out = console()
    out.print("[bold green]✓ giấy chứng nhận đúng / the certificate holds[/]")
    for label, value in (
        ("họ tên / name", holder.full_name),
        ("ngày sinh / born", holder.born),
        ("mã thẻ / card code", card.code),
        ("giá trị / valid", f"{card.valid_from:%d/%m/%Y} – {card.valid_to:%d/%m/%Y}"),
        ("mức hưởng / benefit", f"{card.benefit_percent} % (mã {card.benefit_digit})"),
        ("nơi ĐKKCB / registered at", card.facility_code),
        ("nơi cấp / issuer", certificate.issuer),
        ("chứng nhận đến / certified until", until.astimezone().strftime("%Y-%m-%d %H:%M")),
    ):
        out.print(f"  {label}: [bold]{escape(value)}[/]")


def _say_refused(refused: CertificateRefused, *, json_output: bool) -> None:
    text = refused.reason.text
    if json_output:
        _print_json({"valid": False, "reason": refused.reason.code, "text": {"vi": text.vi, "en": text.en}})
        return
    out = console()
    out.print(f"[bold red]✗ không chấp nhận / refused[/]  [bold]{refused.reason.code}[/]")
    out.print(f"  {escape(text.vi)}\n  [dim]{escape(text.en)}[/]")


def _print_json(document: Mapping[str, Any]) -> None:
    json.dump(document, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
