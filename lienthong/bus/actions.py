"""What operators do to the bus, recorded before it is done (table ``bus_action``)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

import psycopg

Action: TypeAlias = Literal["declare", "show_payload", "replay", "drop"]

_INSERT = b"""
INSERT INTO bus_action (actor, action, queue, message_id, because) VALUES (%s, %s, %s, %s, %s)
"""


@contextmanager
def recorded(
    connection: psycopg.Connection[Any],
    *,
    actor: str,
    action: Action,
    queue: str,
    message_id: str | None = None,
    because: str | None = None,
) -> Iterator[None]:
    """Record an action, then do it in the block; a block that fails is recorded as ``failed`` as well.

    ``connection`` commits each statement by itself. Fails closed: without the record
    the block does not run (whatever psycopg raises).
    """
    connection.execute(_INSERT, (actor, action, queue, message_id, because))
    try:
        yield
    except Exception as error:
        connection.execute(_INSERT, (actor, "failed", queue, message_id, f"{action}: {type(error).__name__}"))
        raise
