"""What becomes of a delivery: acknowledged, tried again later, or set aside.

    done, refused, duplicate      acknowledged: the database knows about it
    out of turn                   waits in a retry queue; counts no attempt
    the database is away          stays where it is, in the process (:mod:`lienthong.bus.database`)
    any other database trouble    waits in a retry queue; counts no attempt, is never set aside
    anything else that is raised  an attempt; after the fifth it is set aside
    unreadable, unknown method    set aside at once

A message goes to another queue with a publisher confirm before the original is
acknowledged: a crash in between makes two of it, and the inbox carries out one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import psycopg
import psycopg_pool

from lienthong.bus import envelope
from lienthong.bus.topology import RETRY_DELAYS_S

MOST_ATTEMPTS: Final = 5
WAITS: Final = "x-waits"
"""Header: how often a message waited without its own fault."""

UNREADABLE: Final = "UNREADABLE"
UNKNOWN_METHOD: Final = "UNKNOWN_METHOD"
ATTEMPTS_SPENT: Final = "ATTEMPTS_SPENT"

Reason: TypeAlias = Literal["UNREADABLE", "UNKNOWN_METHOD", "ATTEMPTS_SPENT"]

# Which delay a wait gets, by how often the message waited before. A predecessor is
# usually there within a second; a queue of many that wait must not go round too fast.
_WAIT_STEPS: Final = (0, 0, 0, 1, 1, 1, 1, 2)


@dataclass(frozen=True, slots=True)
class Ack:
    """Carried out, now or before. ``outcome`` is for the metrics."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Comes back after ``delay_s``. ``why`` is for the metrics."""

    delay_s: int
    why: str
    headers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dead:
    """Set aside with its reason, until an operator replays or drops it."""

    reason: Reason
    attempts: int
    headers: Mapping[str, Any]


Verdict: TypeAlias = Ack | Retry | Dead


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What its headers tell of a message. A header that is not what it should be counts as absent."""

    attempts: int = 0
    waits: int = 0
    replayed: bool = False

    @classmethod
    def of(cls, headers: Mapping[str, Any] | None) -> "History":
        """Read the headers of a delivery."""
        given = headers or {}
        return cls(
            attempts=_count(given.get(envelope.ATTEMPTS)),
            waits=_count(given.get(WAITS)),
            replayed=given.get(envelope.REPLAYED) is True,
        )

    def headers(self) -> dict[str, Any]:
        """The headers that tell it again."""
        told: dict[str, Any] = {envelope.ATTEMPTS: self.attempts, WAITS: self.waits}
        return told | {envelope.REPLAYED: True} if self.replayed else told


def wait(history: History, why: str) -> Retry:
    """Later, and not by its own fault."""
    step = _WAIT_STEPS[min(history.waits, len(_WAIT_STEPS) - 1)]
    waited = History(attempts=history.attempts, waits=history.waits + 1, replayed=history.replayed)
    return Retry(RETRY_DELAYS_S[step], why, waited.headers())


def attempt_failed(history: History, error: BaseException, *, now: float) -> Retry | Dead:
    """What follows a failed attempt: the next one after a growing delay, or the end.

    ``now`` is seconds since 1970.
    """
    attempts = history.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        return dead(History(attempts=attempts, replayed=history.replayed), ATTEMPTS_SPENT, error, now=now)
    failed = History(attempts=attempts, waits=history.waits, replayed=history.replayed)
    delay = RETRY_DELAYS_S[min(attempts, len(RETRY_DELAYS_S)) - 1]
    return Retry(delay, type(error).__name__, failed.headers())


def dead(history: History, reason: Reason, error: BaseException | None = None, *, now: float) -> Dead:
    """Set aside now; of ``error`` only the class is told, for its text may quote data."""
    headers: dict[str, Any] = {
        envelope.ATTEMPTS: history.attempts,
        envelope.REASON: reason,
        envelope.HELD_AT: int(now),
    }
    if error is not None:
        headers[envelope.ERROR] = type(error).__name__
    if history.replayed:
        headers[envelope.REPLAYED] = True
    return Dead(reason, history.attempts, headers)


def is_database_away(error: BaseException) -> bool:
    """Whether the database cannot be reached, or ended the connection: nothing about this message."""
    if isinstance(error, (psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests, psycopg_pool.PoolClosed)):
        return True
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:  # the connection itself broke
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    # Class 08: connection; 57P0x: shutdown, crash, starting; 53300: too many connections;
    # 25006: a server that is, for now, a read-only replica.
    return error.sqlstate.startswith(("08", "57P0")) or error.sqlstate in {"53300", "25006"}


def is_database_trouble(error: BaseException) -> bool:
    """Whether the database could not, which may go by: deadlock, serialization, timeout, disk, memory."""
    return isinstance(error, psycopg.OperationalError)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0
