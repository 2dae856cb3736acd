"""``stats population``: the official population of which coverage is a share. For operators."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import psycopg
import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lienthong.cli import stackfile
from lienthong.cli.files import content_of
from lienthong.cli.show import console
from lienthong.clock import vietnam_today
from lienthong.statistics import population

_URL_VARIABLE = "DATABASE_URL_HEALTH_CLAIMS_OWNER"
_CONNECT_TIMEOUT_S = 5

app = typer.Typer(
    no_args_is_help=True, help="The official population, of which coverage is a share. For operators."
)

Url: TypeAlias = Annotated[
    str,
    typer.Option(
        "--database-url",
        envvar=_URL_VARIABLE,
        show_envvar=True,
        help="The database of health_claims as its owner. (default: from $RUN/stack.env)",
    ),
]


def register(stats: typer.Typer) -> None:
    """Add these commands to ``stats``."""
    stats.add_typer(app, name="population")


@app.command("load")
def load(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=f"CSV with the header {','.join(population.HEADER)}.")
    ],
    url: Url = "",
    actor: Annotated[
        str,
        typer.Option("--as", help="Who loads it, for the record. (default: the operating-system user)"),
    ] = "",
) -> None:
    """Take in a file of populations, whole or not at all. / Nạp dân số. The same file twice changes nothing."""
    rows = population.read(content_of(file), today=vietnam_today())
    with _connected(url) as connection:
        stored = population.store(connection, rows, actor=actor or getpass.getuser())
    console().print(f"{stored.new} new, {stored.corrected} corrected, {stored.unchanged} as they were")


@app.command("list")
def list_(url: Url = "") -> None:
    """What holds now, by area and year, with who says so. / Danh sách."""
    with _connected(url) as connection:
        rows = population.listed(connection)
    table = Table(
        "Area", "Year", Column("Persons", justify="right"), "Published", Column("Source", overflow="fold"),
        box=SIMPLE,
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.area, str(row.year), f"{row.persons:,}", row.published_on.isoformat(), escape(row.source)
        )
    console().print(table)


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    found = url or stackfile.variable(_URL_VARIABLE, option="--database-url")
    with psycopg.connect(found, connect_timeout=_CONNECT_TIMEOUT_S, autocommit=True) as connection:
        yield connection
