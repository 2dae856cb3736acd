"""The bus: its topology, how it stands, and what was set aside."""

import getpass
import json
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any, TypeAlias

import psycopg
import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lienthong.bus import actions, broker, dead, declaring, topology, watching
from lienthong.bus.errors import BusRefused
from lienthong.cli import stackfile
from lienthong.cli.failures import UsageProblem
from lienthong.cli.show import console

_AMQP = "AMQP_URL"
_RECORD = "DATABASE_URL_GATEWAY_OWNER"
_OUTBOXES = ("gateway", "contributions", "health_claims")
_CONNECT_TIMEOUT_S = 5

app = typer.Typer(no_args_is_help=True, help="The bus between gateway and services (RabbitMQ).")
dead_app = typer.Typer(no_args_is_help=True, help="What was set aside: look, send again, drop.")
app.add_typer(dead_app, name="dead")

Amqp: TypeAlias = Annotated[
    str,
    typer.Option(
        "--amqp-url", envvar=_AMQP, help="The broker, as its operator. (default: from $RUN/stack.env)"
    ),
]
Url: TypeAlias = Annotated[
    str,
    typer.Option(
        "--database-url",
        envvar=_RECORD,
        help="Where changes are recorded: the gateway's database as its owner. (default: from $RUN/stack.env)",
    ),
]
Actor: TypeAlias = Annotated[
    str, typer.Option("--as", help="Who does it, for the record. (default: the operating-system user)")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json")]
QueueName: TypeAlias = Annotated[
    str, typer.Argument(metavar="QUEUE", help="A dead-letter queue, or the queue it belongs to.")
]
LetterIds: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="As `dead list` shows it.")
]
Every: TypeAlias = Annotated[bool, typer.Option("--all", help="Every message that is there now.")]


@app.command("declare")
def declare(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; missing is a difference too.")
    ] = False,
    amqp_url: Amqp = "",
    url: Url = "",
    actor: Actor = "",
) -> None:
    """Make the exchanges and queues of the contracts; fail naming what differs from them.

    Not seen without the broker's management plug-in: queues and bindings that no
    contract names.
    """
    where, wanted = _broker(amqp_url), topology.derive()
    if check:
        done = declaring.declare(where, wanted, check_only=True)
    else:
        with (
            _record(url) as record,
            actions.recorded(record, actor=_actor(actor), action="declare", queue="*"),
        ):
            done = declaring.declare(where, wanted)
    out = console()
    for name in done.made:
        out.print(f"made {escape(name)}", soft_wrap=True)
    out.print(f"{len(done.stood)} stood as they should")


@app.command("status")
def status(
    seconds: Annotated[float, typer.Option(help="Rates are over this time.", min=0.1, max=60)] = 2.0,
    every: Annotated[bool, typer.Option("--all", help="Also empty retry and dead-letter queues.")] = False,
    amqp_url: Amqp = "",
    json_output: AsJson = False,
) -> None:
    """Outboxes and queues: how many wait, since when, who consumes, how fast.

    "?" is not known: the broker tells neither ages nor rates without its management
    plug-in. A queue's "change" is that of its ready messages; what a consumer has in
    hand is not counted.
    """
    lines = watching.status(_broker(amqp_url), topology.derive(), _outboxes(), over_s=seconds)
    if json_output:
        _dump([{name: getattr(line, name) for name in watching.Line.__slots__} for line in lines])
        return
    table = Table(
        Column("Queue", overflow="fold"), *(Column(name, justify="right") for name in _STATUS_COLUMNS)
    )
    for line in lines:
        if every or _matters(line):
            table.add_row(*_cells(line))
    console().print(table)


_STATUS_COLUMNS = ("Ready", "Consumers", "Oldest s", "In/s", "Out/s", "Change/s")


def _matters(line: watching.Line) -> bool:
    """Whether a line belongs into the short table: work queues always, the others when they hold something."""
    aside = ".retry." in line.name or line.name.endswith(".dead")
    return not aside or line.depth is None or line.depth > 0


def _cells(line: watching.Line) -> list[str]:
    if line.depth is None:
        return [escape(line.name), "[red]missing[/]", "", "", "", "", ""]
    is_queue = line.consumers is not None
    waiting = f"[red]{line.depth}[/]" if line.name.endswith(".dead") and line.depth else str(line.depth)
    consumers = "–" if line.consumers is None else str(line.consumers)
    oldest = "?" if is_queue and line.depth else _figure(line.oldest_s)
    rates = ["?", "?"] if is_queue else [_figure(line.rate_in), _figure(line.rate_out)]
    return [escape(line.name), waiting, consumers, oldest, *rates, _figure(line.change)]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


@dead_app.command("list")
def dead_list(
    queue: Annotated[str, typer.Argument(metavar="[QUEUE]", help="(default: all)")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Of each queue, oldest first.")] = 100,
    amqp_url: Amqp = "",
    json_output: AsJson = False,
) -> None:
    """What was set aside, why, and after how many attempts."""
    where = _broker(amqp_url)
    names = (_dead_queue(queue),) if queue else dead.queues(topology.derive())
    found = {name: dead.letters(where, name, limit=limit) for name in names}
    if json_output:
        _dump([_described(name, letter) for name, letters in found.items() for letter in letters])
        return
    out = console()
    for name, letters in found.items():
        if letters:
            table = _letter_table()
            for letter in letters:
                table.add_row(*_letter_cells(letter))
            out.print(f"[bold]{escape(name)}[/]", soft_wrap=True)
            out.print(table)
    if not any(found.values()):
        out.print("nothing was set aside")


def _letter_table() -> Table:
    what, reason = (Column(name, overflow="fold") for name in ("What", "Reason"))
    return Table(Column("Id", no_wrap=True), what, reason, "Tries", "Held at", box=SIMPLE)


def _letter_cells(letter: dead.Letter) -> list[str]:
    what = letter.about.get("method") or letter.about.get("event") or letter.type or "?"
    reason = f"{letter.reason or '?'} {letter.error}".strip()
    held = letter.held_at.strftime("%Y-%m-%d %H:%MZ") if letter.held_at else "?"
    return [
        escape(letter.letter_id),
        escape(re.split(r"[./]", what)[-1]),
        escape(reason),
        str(letter.attempts),
        held,
    ]


@dead_app.command("show")
def dead_show(
    queue: QueueName,
    letter_id: Annotated[str, typer.Argument(metavar="ID")],
    with_payload: Annotated[
        bool, typer.Option("--payload", help="Also what it carries: personal data. Recorded.")
    ] = False,
    amqp_url: Amqp = "",
    url: Url = "",
    actor: Actor = "",
) -> None:
    """One message: its envelope, and with --payload what it carries."""
    where, name = _broker(amqp_url), _dead_queue(queue)
    letter = next((one for one in dead.letters(where, name) if one.letter_id == letter_id), None)
    if letter is None:
        raise BusRefused(f"{letter_id}: is not in {name}")
    shown = _described(name, letter)
    if with_payload:
        with (
            _record(url) as record,
            actions.recorded(
                record, actor=_actor(actor), action="show_payload", queue=name, message_id=letter_id
            ),
        ):
            shown["payload"] = dead.payload(where, name, letter_id)
    _dump(shown)


@dead_app.command("replay")
def dead_replay(
    queue: QueueName,
    letter_ids: LetterIds = None,
    every: Every = False,
    amqp_url: Amqp = "",
    url: Url = "",
    actor: Actor = "",
) -> None:
    """Send messages again to the queue that they were set aside from."""
    where, name, chosen = _broker(amqp_url), _dead_queue(queue), _chosen(letter_ids, every=every)
    with _record(url) as record:

        def recording(letter_id: str) -> AbstractContextManager[None]:
            return actions.recorded(
                record, actor=_actor(actor), action="replay", queue=name, message_id=letter_id
            )

        for letter_id in dead.replay(where, name, chosen, recording=recording):
            console().print(f"replayed {escape(letter_id)}", soft_wrap=True)


@dead_app.command("drop")
def dead_drop(  # noqa: PLR0913 -- one parameter an option
    queue: QueueName,
    because: Annotated[str, typer.Option(help="The reason, for the record. Nothing personal.")],
    letter_ids: LetterIds = None,
    every: Every = False,
    amqp_url: Amqp = "",
    url: Url = "",
    actor: Actor = "",
) -> None:
    """Forget messages for good. Their operations stay held."""
    where, name, chosen = _broker(amqp_url), _dead_queue(queue), _chosen(letter_ids, every=every)
    with _record(url) as record:

        def recording(letter_id: str) -> AbstractContextManager[None]:
            return actions.recorded(
                record,
                actor=_actor(actor),
                action="drop",
                queue=name,
                message_id=letter_id,
                because=because,
            )

        for letter_id in dead.drop(where, name, chosen, recording=recording):
            console().print(f"dropped {escape(letter_id)}", soft_wrap=True)


def _chosen(letter_ids: list[str] | None, *, every: bool) -> list[str] | None:
    """The ids asked for, None for all. Raises ``UsageProblem`` for neither and for both."""
    if bool(letter_ids) == every:
        raise UsageProblem("name messages by their ids, or say --all")
    return None if every else letter_ids


def _described(queue: str, letter: dead.Letter) -> dict[str, Any]:
    about = {"queue": queue} | {
        name: getattr(letter, name) for name in dead.Letter.__slots__ if name != "about"
    }
    return about | letter.about


def _dump(value: Any) -> None:
    json.dump(value, sys.stdout, default=str, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def _dead_queue(queue: str) -> str:
    known = dead.queues(topology.derive())
    name = queue if queue in known else topology.dead_queue(queue)
    if name not in known:
        raise UsageProblem(f"{queue}: one of {', '.join(known)}")
    return name


def _broker(url: str) -> broker.Broker:
    try:
        return broker.parse(url or stackfile.variable(_AMQP, option="--amqp-url"))
    except broker.BrokerUrlError as error:
        raise UsageProblem(f"{_AMQP}: {error}") from error


@contextmanager
def _record(url: str) -> Iterator[psycopg.Connection[Any]]:
    found = url or stackfile.variable(_RECORD, option="--database-url")
    with psycopg.connect(found, connect_timeout=_CONNECT_TIMEOUT_S, autocommit=True) as connection:
        yield connection


def _outboxes() -> dict[str, str]:
    """The databases that may have an outbox, as far as the environment or the stack names them."""
    named = {name: stackfile.known(f"DATABASE_URL_{name.upper()}_OWNER") for name in _OUTBOXES}
    return {name: url for name, url in named.items() if url}


def _actor(given: str) -> str:
    return given or getpass.getuser()
