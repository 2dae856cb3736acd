"""Administration of agencies, and the one command of their own side: making a key."""

import getpass
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import msgspec
import psycopg
import typer
from rich.markup import escape
from rich.table import Column, Table

from lienthong.agencies import Agency, AgencyKind, admin
from lienthong.cli import stackfile
from lienthong.cli.failures import UsageProblem
from lienthong.cli.files import content_of
from lienthong.cli.moments import local
from lienthong.cli.show import console
from lienthong.client.enrolment import Enrolment, new_key
from lienthong.signing import Algorithm, CannotSign

_URL_VARIABLE = "DATABASE_URL_GATEWAY_OWNER"
_CONNECT_TIMEOUT_S = 5

# An enrolment has some 500 octets.
_MOST_ENROLMENT = 64 * 1024

app = typer.Typer(no_args_is_help=True, help="Which agencies may ask, with which keys, for what.")
key_app = typer.Typer(no_args_is_help=True, help="Keys of agencies.")
app.add_typer(key_app, name="key")
webhook_app = typer.Typer(no_args_is_help=True, help="Where agencies are told that an operation has ended.")
app.add_typer(webhook_app, name="webhook")

AgencyId: TypeAlias = Annotated[str, typer.Argument(metavar="AGENCY", help="For example hospital-demo.")]
Url: TypeAlias = Annotated[
    str,
    typer.Option(
        "--database-url",
        envvar=_URL_VARIABLE,
        show_envvar=True,
        help="The registry's database as its owner. (default: from $RUN/stack.env)",
    ),
]
Actor: TypeAlias = Annotated[
    str,
    typer.Option("--as", help="Who makes the change, for the record. (default: the operating-system user)"),
]


@app.command("add")
def add(  # noqa: PLR0913 -- one parameter an option
    agency_id: AgencyId,
    name: Annotated[str, typer.Option(help="The body's full name.")],
    kind: Annotated[AgencyKind, typer.Option()],
    facility_code: Annotated[str | None, typer.Option(help="MA_CSKCB, for a hospital.")] = None,
    employer_code: Annotated[str | None, typer.Option(help="Mã đơn vị, for an employer.")] = None,
    province_code: Annotated[str | None, typer.Option(help="Mã tỉnh, for an inspector.")] = None,
    webhook_url: Annotated[str | None, typer.Option(help="Where it is told of its operations' ends.")] = None,
    url: Url = "",
    actor: Actor = "",
) -> None:
    """Register an agency. It can ask for nothing before it has a key and a grant."""
    agency = Agency(
        agency_id,
        name,
        kind,
        facility_code,
        employer_code,
        active=True,
        province_code=province_code,
        webhook_url=webhook_url,
    )
    with _connected(url) as conn:
        admin.add_agency(conn, agency, actor=_actor(actor))
    console().print(f"added {escape(agency_id)}")


@app.command("suspend")
def suspend(agency_id: AgencyId, url: Url = "", actor: Actor = "") -> None:
    """Refuse every request of an agency until it is resumed."""
    with _connected(url) as conn:
        admin.set_active(conn, agency_id, active=False, actor=_actor(actor))
    console().print(f"suspended {escape(agency_id)}")


@app.command("resume")
def resume(agency_id: AgencyId, url: Url = "", actor: Actor = "") -> None:
    """Let a suspended agency ask again."""
    with _connected(url) as conn:
        admin.set_active(conn, agency_id, active=True, actor=_actor(actor))
    console().print(f"resumed {escape(agency_id)}")


@key_app.command("new")
def key_new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Is made; must not hold a key yet.")],
    agency_id: Annotated[str, typer.Option(help="The id agreed with VSS.")],
    gateway: Annotated[str, typer.Option(help="The gateway's address, https://…")],
    algorithm: Annotated[Algorithm, typer.Option()] = Algorithm.ED25519,
    purpose: Annotated[str, typer.Option(help="The usual purpose, for agency.toml.")] = "",
    staff: Annotated[str, typer.Option(help="The usual named person, for agency.toml.")] = "",
) -> None:
    """At the agency: make a key pair and enrolment.json, the file to send to VSS."""
    try:
        enrolment = new_key(
            folder,
            agency_id=agency_id,
            gateway=gateway,
            algorithm=algorithm,
            now=int(time.time()),
            usual={name: value for name, value in (("purpose", purpose), ("staff", staff)) if value},
        )
    except CannotSign as error:
        raise UsageProblem(f"{agency_id!r} cannot be an agency's id: {error.detail}") from error
    except FileExistsError as error:
        raise UsageProblem(f"{error.filename} exists: a key is never written over") from error
    out = console()
    out.print(f"key {enrolment.key_id}")
    out.print(
        f"send {escape(str(folder / 'enrolment.json'))} to VSS within a day;"
        f" keep {escape(str(folder / 'key.pem'))} to yourself",
        soft_wrap=True,
    )


@key_app.command("add")
def key_add(
    agency_id: AgencyId,
    file: Annotated[
        Path, typer.Argument(metavar="ENROLMENT", help="The enrolment.json that the agency sent.")
    ],
    url: Url = "",
    actor: Actor = "",
) -> None:
    """Register a key, after checking that it is sound and that the agency holds it."""
    enrolment = _read_enrolment(file)
    with _connected(url) as conn:
        admin.add_key(
            conn, agency_id, enrolment.public_key, proof=enrolment.proof, now=time.time(), actor=_actor(actor)
        )
    console().print(f"added key {enrolment.key_id} ({enrolment.public_key.algorithm})")


@key_app.command("revoke")
def key_revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Its thumbprint.")],
    because: Annotated[str, typer.Option(help="The reason, for the record.")],
    url: Url = "",
    actor: Actor = "",
) -> None:
    """Refuse a key for good; every gateway does so within a second."""
    with _connected(url) as conn:
        admin.revoke_key(conn, key_id, because=because, actor=_actor(actor))
    console().print(f"revoked {escape(key_id)}")


@webhook_app.command("set")
def webhook_set(
    agency_id: AgencyId,
    webhook: Annotated[str, typer.Argument(metavar="URL", help="https://…")],
    url: Url = "",
    actor: Actor = "",
) -> None:
    """Tell an agency at this address when an operation of its own ends."""
    with _connected(url) as conn:
        admin.set_webhook(conn, agency_id, webhook, actor=_actor(actor))
    console().print(f"{escape(agency_id)} is told at {escape(webhook)}", soft_wrap=True)


@webhook_app.command("clear")
def webhook_clear(agency_id: AgencyId, url: Url = "", actor: Actor = "") -> None:
    """Tell an agency nothing more; what waits is given up."""
    with _connected(url) as conn:
        admin.set_webhook(conn, agency_id, None, actor=_actor(actor))
    console().print(f"{escape(agency_id)} is not told any more")


@webhook_app.command("status")
def webhook_status(
    agency_id: Annotated[str | None, typer.Argument(metavar="AGENCY", help="(default: all)")] = None,
    url: Url = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """The latest deliveries: what was told, what waits for its next attempt, what was given up."""
    with _connected(url) as conn:
        rows = admin.webhook_status(conn, agency_id=agency_id, limit=limit)
    if json_output:
        json.dump(rows, sys.stdout, default=str, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    table = Table(
        "Agency", Column("Operation, delivery", overflow="fold"), "Told as", "State", "Attempts", "Last error"
    )
    for row in rows:
        table.add_row(
            escape(row["agency_id"]),
            str(row["operation_id"] or row["stat_delivery_id"]),
            _ENDS.get(row["state"], "delivered"),
            _delivery_state(row),
            str(row["attempts"]),
            escape(row["last_error"] or ""),
        )
    console().print(table)


_ENDS = {2: "completed", 3: "failed", 4: "held"}


def _delivery_state(row: dict[str, Any]) -> str:
    if row["delivered_at"] is not None:
        return f"told {_utc(row['delivered_at'])}"
    if row["given_up_at"] is not None:
        return f"[red]given up[/] {_utc(row['given_up_at'])}"
    return f"waits until {_utc(row['due_at'])}"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


@app.command("grant")
def grant(  # noqa: PLR0913
    agency_id: AgencyId,
    scope: Annotated[str, typer.Argument(help="For example coverage:check.")],
    purpose: Annotated[list[str], typer.Option(help="Repeatable: admission, emergency, …")],
    data_class: Annotated[list[str], typer.Option(help="Repeatable: result, identity, coverage, …")],
    valid_from: Annotated[datetime | None, typer.Option(help="Local time. (default: now)")] = None,
    valid_to: Annotated[datetime | None, typer.Option(help="Local time. (default: without end)")] = None,
    quota: Annotated[int | None, typer.Option(help="Requests a minute. (default: no limit)", min=1)] = None,
    observations: Annotated[
        int | None,
        typer.Option("--observations-per-day", help="Of statistics:read alone. (default: no limit)", min=1),
    ] = None,
    legal_basis: Annotated[str | None, typer.Option(help="Agreement or article.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="End the grant that stands.")] = False,
    url: Url = "",
    actor: Actor = "",
) -> None:
    """Let an agency use a scope, for these purposes, seeing these classes of data."""
    terms = admin.GrantTerms(
        scope=scope,
        purposes=frozenset(purpose),
        data_classes=frozenset(data_class),
        valid_from=local(valid_from),
        valid_to=local(valid_to),
        quota_per_minute=quota,
        observations_per_day=observations,
        legal_basis=legal_basis,
    )
    with _connected(url) as conn:
        grant_id = admin.grant(conn, agency_id, terms, actor=_actor(actor), replace=replace)
    console().print(f"grant {grant_id}: {escape(agency_id)} may {escape(scope)}")


@app.command("revoke-grant")
def revoke_grant(agency_id: AgencyId, scope: str, url: Url = "", actor: Actor = "") -> None:
    """End the grant of a scope now."""
    with _connected(url) as conn:
        admin.revoke_grant(conn, agency_id, scope, actor=_actor(actor))
    console().print(f"revoked {escape(scope)} of {escape(agency_id)}")


@app.command("list")
def list_(
    url: Url = "",
    changes: Annotated[bool, typer.Option("--changes", help="The latest 100 changes instead.")] = False,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Agencies with their keys and grants, or who changed what."""
    with _connected(url) as conn:
        rows = admin.list_changes(conn) if changes else admin.list_agencies(conn)
    if json_output:
        json.dump(rows, sys.stdout, default=str, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        console().print(_changes(rows) if changes else _agencies(rows))


def _agencies(rows: list[dict[str, Any]]) -> Table:
    table = Table("Agency", "Kind", Column("Keys", overflow="fold"), "Grants", show_lines=True)
    for row in rows:
        codes = row["facility_code"] or row["employer_code"] or row["province_code"] or ""
        state = "" if row["active"] else " [red]suspended[/]"
        keys = [
            f"{'[red]revoked[/] ' if k['revoked_at'] else ''}{k['key_id']} {k['algorithm']}"
            for k in row["keys"]
        ]
        grants = [
            f"{g['scope']}: {', '.join(g['purposes'])} → {', '.join(g['data_classes'])}"
            for g in row["grants"]
            if not g["revoked_at"]
        ]
        name = f"[bold]{escape(row['agency_id'])}[/]{state}\n{escape(row['name'])}"
        table.add_row(name, f"{row['kind']} {codes}", "\n".join(keys), "\n".join(grants))
    return table


def _changes(rows: list[dict[str, Any]]) -> Table:
    table = Table("At", "Who", "What", "Agency", "Version")
    for row in rows:
        table.add_row(
            _utc(row["changed_at"]),
            escape(row["actor"]),
            row["what"],
            escape(row["agency_id"]),
            str(row["version"]),
        )
    return table


def _read_enrolment(file: Path) -> Enrolment:
    try:
        return Enrolment.parse(content_of(file, _MOST_ENROLMENT))
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise UsageProblem(f"{file}: {error}") from error


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    found = url or stackfile.variable(_URL_VARIABLE, option="--database-url")
    with psycopg.connect(found, connect_timeout=_CONNECT_TIMEOUT_S, autocommit=True) as conn:
        yield conn


def _actor(given: str) -> str:
    return given or getpass.getuser()
