"""Carries a command out once: its mark in the inbox and its changes are one transaction.

At least once comes in, once takes effect. The mark of a command is its row in
``inbox`` (with the result, sent again when the command comes again) and, if it has
an ordering key, the key's last number in ``inbox_key``. Events and results:
:mod:`lienthong.bus.hearing`; several commands in one transaction:
:mod:`lienthong.bus.sharing`.

Round trips of a command: two to begin, and to claim its turn and look for its mark;
those of its handler; one for mark and messages, one to commit. (psycopg's pipelines cost
more than they save.) The connection is in autocommit: BEGIN and COMMIT are statements.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, LiteralString
from uuid import UUID

import psycopg
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2

from lienthong.bus import envelope, outbox, sharing
from lienthong.bus.dispatch import CommandMethod
from lienthong.bus.handling import CommandContext
from lienthong.bus.transactions import (
    Clock,
    Connection,
    Outcome,
    Publishing,
    Unknown,
    Unreadable,
    rolled_back_on_error,
)
from lienthong.rpc import errors
from vss.bus.v1 import bus_pb2

_DONE: Final = 1
_HELD: Final = 2

_TOO_LATE: Final = errors.Refusal(
    "DEADLINE_EXCEEDED", "the deadline passed before the command began", code=code_pb2.DEADLINE_EXCEEDED
)


_FIND: Final[LiteralString] = """
SELECT i.state, i.state IS NULL, i.result
FROM (SELECT %(id)b::uuid AS id) AS asked LEFT JOIN inbox i ON i.operation_id = asked.id
"""

_CLAIM: Final[LiteralString] = """
WITH turn AS (
    INSERT INTO inbox_key AS k (ordering_key, last_sequence)
    SELECT %(key)b, %(sequence)b::bigint
    WHERE %(sequence)b::bigint = 1 OR EXISTS (SELECT FROM inbox_key WHERE ordering_key = %(key)b)
    ON CONFLICT (ordering_key) DO UPDATE SET last_sequence = excluded.last_sequence
        WHERE k.last_sequence = excluded.last_sequence - 1
    RETURNING last_sequence
)
SELECT (SELECT state FROM inbox WHERE operation_id = %(id)b),
       coalesce((SELECT true FROM turn),
                (SELECT false FROM inbox_key WHERE ordering_key = %(key)b AND last_sequence >= %(sequence)b::bigint)),
       (SELECT result FROM inbox WHERE operation_id = %(id)b)
"""
"""State of the operation; true if it is its turn now, false if that was earlier, NULL if it comes later."""

_MARK: Final[LiteralString] = """
INSERT INTO inbox (operation_id, method, state, result) VALUES (%(id)b, %(method)b, %(state)b, %(result)b)
"""

# Mark and messages in one statement: it costs less than two.
_MARK_AND_PUT: Final[LiteralString] = "WITH marked AS (" + _MARK + ")" + outbox.PUT

# Of what is held, and of nothing else, the mark may change.
_MARK_AGAIN: Final[LiteralString] = """
UPDATE inbox SET state = %(state)b, result = %(result)b, at = clock_timestamp()
WHERE operation_id = %(id)b AND state = 2
"""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What the inbox says of a command: its state if known, and whether it is its turn."""

    state: int | None
    turn: bool | None
    result: bytes | None

    def open_to(self, *, replayed: bool) -> bool:
        """Whether the command may be carried out now; what is held, only by its replay."""
        if self.state == _HELD:
            return replayed
        return self.state is None and self.turn is True


@dataclass(frozen=True, slots=True)
class _Call:
    """A command and what carries it out."""

    command: bus_pb2.Command
    method: CommandMethod
    request: Message
    publishing: Publishing

    def context(self, connection: Connection, now: datetime) -> CommandContext:
        """What the method is given besides the request."""
        command = self.command
        return CommandContext(
            connection=connection,
            operation_id=UUID(command.operation_id),
            caller=command.caller,
            purpose=command.purpose,
            sequence=command.sequence,
            evidence=command.evidence,
            accepted_at=command.accepted_at.ToDatetime(UTC),
            now=now,
            publish=self.publishing,
            metadata=command.metadata,
        )


class CommandInbox:
    """Carries out the commands of one service. ``methods`` by full name."""

    def __init__(self, methods: Mapping[str, CommandMethod], *, clock: Clock) -> None:
        self._methods = methods
        self._clock = clock

    def receive(self, connection: Connection, command: bus_pb2.Command, *, replayed: bool) -> Outcome:
        """Carry ``command`` out, once and in its turn.

        ``out_of_turn``: it comes later, nothing was changed. ``held``: it is set aside
        already and this is not its replay. Raises :class:`Unknown`, :class:`Unreadable`,
        what the database raises and what the handler raises, with nothing changed.
        """
        call = self._read(command)
        with rolled_back_on_error(connection):
            claim = _claim(connection, command)
            if not claim.open_to(replayed=replayed):
                return _leave(connection, command, claim)
            outcome, result = self._run(connection, call)
            events = call.publishing.events
            if outcome == "refused":
                # Undo the handler's changes, and stand at the same place again.
                connection.execute(b"ROLLBACK")
                events = []
                if _claim(connection, command) != claim:
                    raise psycopg.errors.SerializationFailure("another process was faster")
            _finish(connection, command, claim, result, events)
            return outcome

    def receive_all(self, connection: Connection, commands: Sequence[bus_pb2.Command]) -> None:
        """Carry all of them out, each in its turn, in one transaction.

        Raises, with nothing changed, if one of them is not to be done or cannot be:
        :class:`lienthong.bus.sharing.Apart`, its refusal, and what :meth:`receive` raises.
        """
        calls = [self._read(command) for command in commands]
        with rolled_back_on_error(connection):
            sharing.claim(connection, commands)
            results: list[bus_pb2.Result] = []
            messages: list[outbox.Outgoing] = []
            for call, response in _carried_out(calls, self._clock, connection):
                result = self._answer(call, response)
                results.append(result)
                messages += _messages(call.command, result, call.publishing.events)
            sharing.finish(connection, results, messages)

    def hold(self, connection: Connection, command: bus_pb2.Command, reason: str, attempts: int) -> Outcome:
        """Mark ``command`` as set aside, tell so, and let its key go on.

        ``out_of_turn`` and ``duplicate``: not now, or not at all; nothing was changed.
        Raises :class:`Unreadable` if the command does not say which one it is.
        """
        _require_place(command)
        with rolled_back_on_error(connection):
            claim = _claim(connection, command)
            if not claim.open_to(replayed=True):
                return _leave(connection, command, claim)
            result = self._result(command)
            result.held.reason, result.held.attempts = reason, attempts
            _finish(connection, command, claim, result, [])
            return "held"

    def _read(self, command: bus_pb2.Command) -> "_Call":
        method = self._methods.get(command.method)
        if method is None:
            raise Unknown(command.method)
        _require_place(command)
        try:
            request = method.request.FromString(command.request)
        except DecodeError:
            raise Unreadable("request") from None
        publishing = Publishing(
            self._clock,
            operation_id=command.operation_id,
            traceparent=command.traceparent,
            key=command.ordering_key,
        )
        return _Call(command, method, request, publishing)

    def _run(self, connection: Connection, call: "_Call") -> tuple[Outcome, bus_pb2.Result]:
        command, now = call.command, self._clock()
        if command.HasField("deadline") and command.deadline.ToDatetime(UTC) <= now:
            return "too_late", self._error(command, _TOO_LATE)
        try:
            response = call.method.call(call.request, call.context(connection, now))
        except errors.Refusal as refusal:
            return "refused", self._error(command, refusal)
        return "done", self._answer(call, response)

    def _answer(self, call: "_Call", response: Message) -> bus_pb2.Result:
        if not isinstance(response, call.method.response):
            raise TypeError(f"{call.method.name} answered a {type(response).__name__}")
        result = self._result(call.command)
        result.response = response.SerializeToString()
        return result

    def _result(self, command: bus_pb2.Command) -> bus_pb2.Result:
        result = bus_pb2.Result(
            operation_id=command.operation_id,
            method=command.method,
            schema_version=envelope.SCHEMA_VERSION,
            traceparent=command.traceparent,
        )
        result.finished_at.FromDatetime(self._clock())
        return result

    def _error(self, command: bus_pb2.Command, refusal: errors.Refusal) -> bus_pb2.Result:
        result = self._result(command)
        result.error.CopyFrom(errors.to_status(refusal))
        return result


def _carried_out(
    calls: Sequence[_Call], clock: Clock, connection: Connection
) -> Iterator[tuple[_Call, Message]]:
    """Every call with its response; those of one method all at once."""
    for method, alike in groupby(sorted(calls, key=_name), key=_method):
        if method.call_all is None:
            raise sharing.Apart
        some = list(alike)
        contexts = [call.context(connection, clock()) for call in some]
        yield from zip(some, method.call_all([call.request for call in some], contexts), strict=True)


def _name(call: _Call) -> str:
    return call.method.name


def _method(call: _Call) -> CommandMethod:
    return call.method


def _require_place(command: bus_pb2.Command) -> None:
    """Raises :class:`Unreadable` unless the command says which one it is, and its place under its key."""
    try:
        UUID(command.operation_id)
    except ValueError:
        raise Unreadable("operation id") from None
    if command.ordering_key and not 1 <= command.sequence < 2**63:
        raise Unreadable("sequence")


def _claim(connection: Connection, command: bus_pb2.Command) -> _Claim:
    """Begin the transaction; take the command's turn if it is that, and look for its mark."""
    place = {"id": UUID(command.operation_id), "key": command.ordering_key, "sequence": command.sequence}
    connection.execute(b"BEGIN")
    found = connection.execute(_CLAIM if command.ordering_key else _FIND, place)
    return _Claim(*(found.fetchone() or (None, None, None)))


def _leave(connection: Connection, command: bus_pb2.Command, claim: _Claim) -> Outcome:
    """Change nothing; if the command is done already, send its result again."""
    connection.execute(b"ROLLBACK")
    if claim.state == _HELD:
        return "held"
    if claim.state is None and claim.turn is None:
        return "out_of_turn"
    if claim.result is not None and command.reply_to:
        stored = bus_pb2.Result.FromString(claim.result)
        outbox.put(connection, [outbox.result(stored, reply_to=command.reply_to)])
        connection.execute(outbox.RING)
    return "duplicate"


def _messages(
    command: bus_pb2.Command, result: bus_pb2.Result, events: list[outbox.Outgoing]
) -> list[outbox.Outgoing]:
    return [*events, outbox.result(result, reply_to=command.reply_to)] if command.reply_to else events


def _finish(
    connection: Connection,
    command: bus_pb2.Command,
    claim: _Claim,
    result: bus_pb2.Result,
    events: list[outbox.Outgoing],
) -> None:
    """Mark, messages and commit.

    Raises ``SerializationFailure`` if another process marked the same command meanwhile.
    """
    messages = _messages(command, result, events)
    mark = {
        "id": UUID(command.operation_id),
        "method": command.method,
        "state": _HELD if result.HasField("held") else _DONE,
        "result": result.SerializeToString(),
    }
    if claim.state == _HELD and connection.execute(_MARK_AGAIN, mark).rowcount != 1:
        raise psycopg.errors.SerializationFailure("another process was faster")
    try:
        if claim.state is None and messages:
            connection.execute(_MARK_AND_PUT, mark | outbox.parameters(messages))
        elif claim.state is None:
            connection.execute(_MARK, mark)
        else:
            outbox.put(connection, messages)
        outbox.commit(connection, messages)
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != "inbox_pkey":
            raise  # a deferred constraint of the handler's tables
        raise psycopg.errors.SerializationFailure("another process was faster") from None
