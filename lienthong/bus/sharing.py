"""Several messages in one transaction: the statements that mark them all.

What many small messages cost is mostly what each of them costs alone: to begin, to claim
its turn, to mark it, to commit. Messages that wait anyway share these
(docs/decisions/0018). Only the usual case is known here, in which every message is new
and its turn has come; in any other :class:`Apart` is raised, and whoever asked takes
the messages one by one.
"""

from collections.abc import Sequence
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg

from lienthong.bus import outbox
from vss.bus.v1 import bus_pb2


class Apart(Exception):
    """These messages cannot be carried out in one transaction; nothing was changed."""


_CLAIM: Final[LiteralString] = """
WITH asked AS (
    SELECT a.id, a.ordering_key, a.sequence
    FROM unnest(%(ids)b::uuid[], %(keys)b::text[], %(sequences)b::bigint[]) AS a (id, ordering_key, sequence)
), turns AS (
    INSERT INTO inbox_key AS k (ordering_key, last_sequence)
    SELECT a.ordering_key, a.sequence FROM asked a
    WHERE a.ordering_key <> ''
      AND (a.sequence = 1 OR EXISTS (SELECT FROM inbox_key i WHERE i.ordering_key = a.ordering_key))
    ORDER BY a.ordering_key
    ON CONFLICT (ordering_key) DO UPDATE SET last_sequence = excluded.last_sequence
        WHERE k.last_sequence = excluded.last_sequence - 1
    RETURNING ordering_key
)
SELECT (SELECT count(*) FROM turns), (SELECT count(*) FROM asked a JOIN inbox i ON i.operation_id = a.id)
"""
"""Of how many it is the turn now, and how many are known already."""

_MARK: Final[LiteralString] = """
INSERT INTO inbox (operation_id, method, state, result)
SELECT d.id, d.method, 1, d.result
FROM unnest(%(ids)b::uuid[], %(methods)b::text[], %(results)b::bytea[]) AS d (id, method, result)
"""
_MARK_AND_PUT: Final[LiteralString] = "WITH marked AS (" + _MARK + ")" + outbox.PUT

_MARK_EVENTS: Final[LiteralString] = """
INSERT INTO inbox_event (event_id)
SELECT e.id FROM unnest(%(ids)b::uuid[]) AS e (id) ORDER BY e.id
ON CONFLICT DO NOTHING
"""


def claim(connection: psycopg.Connection[Any], commands: Sequence[bus_pb2.Command]) -> None:
    """Begin the transaction and take the turn of every command. Raises :class:`Apart`."""
    keys = [command.ordering_key for command in commands]
    keyed = [key for key in keys if key]
    if len(set(keyed)) < len(keyed) or any(command.HasField("deadline") for command in commands):
        raise Apart
    asked = {
        "ids": [UUID(command.operation_id) for command in commands],
        "keys": keys,
        "sequences": [command.sequence for command in commands],
    }
    connection.execute(b"BEGIN")
    if connection.execute(_CLAIM, asked).fetchone() != (len(keyed), 0):
        raise Apart


def claim_events(connection: psycopg.Connection[Any], event_ids: Sequence[UUID]) -> None:
    """Begin the transaction and mark every event. Raises :class:`Apart`."""
    connection.execute(b"BEGIN")
    if connection.execute(_MARK_EVENTS, {"ids": event_ids}).rowcount != len(event_ids):
        raise Apart


def finish(
    connection: psycopg.Connection[Any],
    results: Sequence[bus_pb2.Result],
    messages: Sequence[outbox.Outgoing],
) -> None:
    """Mark the commands by their results, put the messages, commit.

    Raises ``UniqueViolation`` if another process marked one of them meanwhile.
    """
    marks = {
        "ids": [UUID(result.operation_id) for result in results],
        "methods": [result.method for result in results],
        "results": [result.SerializeToString() for result in results],
    }
    if messages:
        connection.execute(_MARK_AND_PUT, marks | outbox.parameters(messages))
    else:
        connection.execute(_MARK, marks)
    outbox.commit(connection, messages)
