"""A plain servicer: what it is told to do stands in the request. Imports neither grpc nor nameko."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from google.rpc import code_pb2

from lienthong.bus.handling import CommandContext, EventContext, ResultContext, TimerContext
from lienthong.rpc import errors
from tests.support import bus_contract
from vss.bus.v1 import bus_pb2

TABLES = """
CREATE TABLE entry (
    place bigint GENERATED ALWAYS AS IDENTITY, operation_id uuid, account text, amount bigint, sequence bigint
);
CREATE TABLE heard (event_id uuid, account text, amount bigint);
CREATE TABLE completed (operation_id uuid, outcome text);
CREATE TABLE turn (at timestamptz);
CREATE TABLE chore (number integer PRIMARY KEY, done_in xid8);
"""


class Ledger:
    """The commands."""

    def Add(self, request: Any, context: CommandContext) -> Any:
        """Adds an entry; then does what ``how`` says."""
        found = context.connection.execute(
            "INSERT INTO entry (operation_id, account, amount, sequence) VALUES (%s, %s, %s, %s) RETURNING place",
            (context.operation_id, request.account, request.amount, context.sequence),
        ).fetchone()
        assert found is not None
        self._misbehave(request, context)
        context.publish(bus_contract.Added(account=request.account, amount=request.amount))
        return bus_contract.AddResponse(
            place=found[0], agency_id=context.caller.agency_id, seen=context.metadata.get("x-seen", "")
        )

    def _misbehave(self, request: Any, context: CommandContext) -> None:
        """``refuse``, ``wrong``, ``exhaust``, ``break``, ``slow``, ``until PATH`` (fails until PATH exists)."""
        match request.how.partition(" "):
            case ("refuse", _, _):
                raise errors.NotFound("LEDGER_UNKNOWN", "there is no such ledger")
            case ("wrong", _, _):
                raise errors.InvalidArgument(errors.FieldViolation("amount", "expected a positive number"))
            case ("exhaust", _, _):
                raise errors.Refusal("TOO_MUCH", "enough", code=code_pb2.RESOURCE_EXHAUSTED)
            case ("break", _, _):
                raise ValueError("Nguyễn Văn Bí Mật")
            case ("slow", _, seconds):
                context.connection.execute("SELECT pg_sleep(%s)", (float(seconds),))
            case ("until", _, path):
                if not Path(path).exists():
                    raise ValueError("not yet")


class Listener:
    """The events."""

    def Added(self, event: Any, context: EventContext) -> None:
        """Notes what was heard."""
        context.connection.execute(
            "INSERT INTO heard VALUES (%s, %s, %s)", (context.event_id, event.account, event.amount)
        )
        if event.amount == 13:
            raise ValueError("unlucky")


def add_all(requests: Sequence[Any], contexts: Sequence[CommandContext]) -> list[Any]:
    """Several entries in one transaction."""
    return [Ledger().Add(request, context) for request, context in zip(requests, contexts, strict=True)]


def hear_all(events: Sequence[Any], contexts: Sequence[EventContext]) -> None:
    """Several events in one transaction."""
    for event, context in zip(events, contexts, strict=True):
        Listener().Added(event, context)


class SharingLedger(Ledger):
    """The same, of which several are carried out at once."""

    TOGETHER: ClassVar = {"Add": add_all}


class SharingListener(Listener):
    """The same, of which several are taken in at once."""

    TOGETHER: ClassVar = {"Added": hear_all}


def complete(results: Sequence[bus_pb2.Result], context: ResultContext) -> None:
    """Takes results in, once each."""
    for result in results:
        context.connection.execute(
            "INSERT INTO completed VALUES (%s, %s)", (result.operation_id, result.WhichOneof("outcome"))
        )


def turn(context: TimerContext) -> None:
    """A turn of the clock."""
    context.connection.execute("INSERT INTO turn VALUES (%s)", (context.now,))
    context.publish(bus_contract.Added(account="timer", amount=1))


def chores(context: TimerContext) -> bool:
    """The first chore that is left; whether there are more."""
    context.connection.execute(
        "UPDATE chore SET done_in = pg_current_xact_id()"
        " WHERE number = (SELECT min(number) FROM chore WHERE done_in IS NULL)"
    )
    return context.connection.execute("SELECT FROM chore WHERE done_in IS NULL").rowcount > 0
