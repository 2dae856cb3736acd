"""What every command that hands something in shares: send it once, then follow what becomes of it."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias
from uuid import uuid4

import typer
from rich.console import Console
from rich.markup import escape

from lienthong.cli import show_operations as show
from lienthong.cli.ask import client_for, print_json
from lienthong.cli.failures import Exit
from lienthong.client import (
    Asking,
    ClaimsResult,
    Client,
    DeclarationResult,
    Operation,
    OperationState,
    PaymentsResult,
    Unavailable,
)

Wait: TypeAlias = Annotated[bool, typer.Option("--wait", help="Wait until it is carried out. / Chờ kết quả.")]


def _finite(seconds: float) -> float:
    if not math.isfinite(seconds):
        raise typer.BadParameter("a number of seconds is needed")
    return seconds


Timeout: TypeAlias = Annotated[
    float, typer.Option("--timeout", help="Seconds to wait at most.", min=0, callback=_finite)
]
Key: TypeAlias = Annotated[
    str,
    typer.Option(
        "--key", help="Idempotency key: names the operation, so that it is done once. (default: new)"
    ),
]
HandIn: TypeAlias = Callable[[Client, str, Asking], Operation]
"""Hands something in with a client, under an idempotency key, for whoever asks."""

WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How a command is sent and followed, as its options say. ``timeout`` None: not followed."""

    key: str
    timeout: float | None
    asking: Asking
    json_output: bool


def carry_out(
    context: typer.Context, hand_in: HandIn, following: Following, *, numbers: Sequence[int] = ()
) -> None:
    """Hand in, then say that it was accepted or how it ended. Exits.

    ``numbers``: the line of the file of each line that was sent.
    """
    with client_for(context, json_output=following.json_output) as client:
        handed = _handed_in(lambda key: hand_in(client, key, following.asking), following.key)
        if following.timeout is not None:
            handed = _ended(client, handed, following.asking, following.timeout)
    if following.timeout is not None:
        end(handed, numbers, json_output=following.json_output)
    print_json(handed.receipt, wanted=following.json_output)
    if not following.json_output:
        show.accepted(handed)
    raise typer.Exit(Exit.YES)


def as_said(key: str, wait: bool, timeout: float, asking: Asking, json_output: bool) -> Following:
    """As the options that all of these commands have say it."""
    return Following(key=key, timeout=timeout if wait else None, asking=asking, json_output=json_output)


def end(found: Operation, numbers: Sequence[int], *, json_output: bool) -> None:
    """Show the operation and exit by its state."""
    print_json(found.receipt, wanted=json_output)
    if not json_output:
        show.operation(found, numbers)
        sys.stdout.flush()
    raise typer.Exit(_exit_code(found))


def _handed_in(hand_in: Callable[[str], Operation], key: str) -> Operation:
    """Hand in under the key, or a new one; without an answer, say how to go on without doing it twice."""
    name = key or str(uuid4())
    try:
        return hand_in(name)
    except Unavailable:
        Console(stderr=True, soft_wrap=True, highlight=False).print(
            f"có thể đã tiếp nhận / may have been accepted: repeat the same with --key {escape(name)}"
        )
        raise


def _ended(client: Client, handed: Operation, asking: Asking, timeout: float) -> Operation:
    if handed.pending:
        return client.wait(handed.operation_id, timeout_s=timeout, asking=asking)
    # Known from before under this key: its result is asked for by itself.
    return client.operation(handed.operation_id, asking=asking)


def _exit_code(found: Operation) -> Exit:
    if found.state is OperationState.COMPLETED:
        outcome = found.outcome
        of_lines = DeclarationResult | PaymentsResult | ClaimsResult
        return Exit.NO if isinstance(outcome, of_lines) and outcome.refused > 0 else Exit.YES
    return Exit.REFUSED if found.state is OperationState.FAILED else Exit.UNAVAILABLE
