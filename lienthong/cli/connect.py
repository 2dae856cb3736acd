"""The connector: a local service that answers the desk also while the line is down."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from lienthong.certificate import CertificateKeys, KeysRefused
from lienthong.cli.ask import folder_of
from lienthong.cli.failures import UsageProblem
from lienthong.client import AgencyConfig
from lienthong.connector.folder import FolderRefused
from lienthong.connector.service import ListenRefused, Settings, serve
from lienthong.telemetry import logs


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command("connect")(connect)


def connect(
    context: typer.Context,
    state: Annotated[
        Path, typer.Option("--state", help="Folder of its key, its token and what it keeps, encrypted.")
    ],
    listen: Annotated[
        str, typer.Option("--listen", help="Where to answer, ADDRESS:PORT.")
    ] = "127.0.0.1:7410",
    keys: Annotated[
        Path | None,
        typer.Option("--keys", help="Public keys of certificates, from `certificate keys`; read each time."),
    ] = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Let other machines ask too; TLS before it is then your duty.")
    ] = False,
) -> None:
    """Run the connector: POST /check, GET /provisional, GET /status, GET /sdmx/… / Chạy máy nối tại cơ sở.

    Each request shows the token of the state folder: Authorization: Bearer …
    For SDMX software its own token stands in the address: /t/TOKEN/sdmx/v1
    """
    agency = AgencyConfig.load(folder_of(context))
    if keys is not None:
        try:
            CertificateKeys.load(keys)
        except (OSError, KeysRefused) as error:
            raise UsageProblem(f"{keys}: {error}") from error
    logs.configure("connector", "info")
    settings = Settings(listen=listen, state=state, keys=keys, remote=remote)
    try:
        asyncio.run(serve(agency, settings, lambda address: _told(address, state)))
    except (ListenRefused, FolderRefused) as error:
        raise UsageProblem(str(error)) from error
    except OSError as error:
        raise UsageProblem(f"{listen}: {error.strerror}") from error
    finally:
        logs.flush()


def _told(address: str, state: Path) -> None:
    out = Console(stderr=True, soft_wrap=True, highlight=False)
    out.print(f"[green]✓[/] {escape(address)}  token: {escape(str(state / 'token'))}")
    out.print(f"  SDMX: {escape(address)}/t/TOKEN/sdmx/v1  token: {escape(str(state / 'sdmx-token'))}")
