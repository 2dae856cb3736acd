"""Forgets operations that ended more than 400 days ago: a year and a month, for whoever closes his books.

From then on the agency's name for one (``Idempotency-Key``) is free again. What is pending, or held
for an operator to decide, stays; so do the entries of the access log, which are forgotten by days.
The age is the database's own (migration 0006): nobody with the gateway's role can make it younger.
"""

from typing import Final, LiteralString

from lienthong.bus.handling import TimerContext
from lienthong.telemetry import logs

AT_ONCE: Final = 1_000
"""Operations forgotten by one statement."""
_MOST_STEPS: Final = 100
_FORGET: Final[LiteralString] = "SELECT forget_operations(%(most)b)"
_log = logs.get_logger("gateway.forgetting")


def forget_operations(context: TimerContext) -> None:
    """One turn: at most 100,000; what is left is for the next."""
    forgotten = 0
    for _ in range(_MOST_STEPS):
        (step,) = context.connection.execute(_FORGET, {"most": AT_ONCE}).fetchone() or (0,)
        forgotten += step
        if step < AT_ONCE:
            break
    _log.info("operations.forgotten", operations=forgotten)
