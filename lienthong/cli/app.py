"""The commands put together, and the options that all of them share."""

from pathlib import Path
from typing import Annotated

import typer

from lienthong.cli import accounts, agency, ask, bus, certificate, claims, connect, history, stats, submit
from lienthong.client.config import FOLDER_VARIABLE

_HELP = """Ask the VSS integration gateway, and administer who may.

Hỏi cổng liên thông của BHXH Việt Nam, và quản lý cơ quan được hỏi.

Exit codes

0  yes: covered, matched, accepted, done
1  no: not covered, no full match, unknown identifier; some lines refused
2  asked wrongly
3  refused, by the gateway or the registry; an operation failed
4  unavailable, try later; an operation is still pending or set aside
5  the answer's signature does not hold
6  a fault of this command, whatever was asked
"""

app = typer.Typer(
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def common(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--agency",
            envvar=FOLDER_VARIABLE,
            metavar="DIR",
            help="The asking agency's folder: agency.toml, key.pem and the gateway's pinned keys.",
        ),
    ] = None,
) -> None:
    """Remember the agency's folder for the command that follows."""
    context.obj = folder


app.add_typer(agency.app, name="agency")
app.add_typer(bus.app, name="bus")
ask.register(app)
submit.register(app)
accounts.register(app)
claims.register(app)
history.register(app)
certificate.register(app)
connect.register(app)
stats.register(app)
