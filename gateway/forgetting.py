"""Forgets operations that ended more than 400 days ago: a year and a month, for whoever closes his books.

From then on the agency's name for one (``Idempotency-Key``) is free again. What is pending, or held
for an operator to decide, stays; so do the entries of the access log, which are forgotten by days.
The age is the database's own (migration 0006): nobody with the gateway's role can make it younger.

So are deliveries of statistics, with their files, 400 days after they were made (migration 0007), and
subscriptions that ended before.
"""

from typing import Final, LiteralString

from lienthong.bus.handling import TimerContext
from lienthong.telemetry import logs

AT_ONCE: Final = 1_000
"""Operations forgotten by one statement."""
_MOST_STEPS: Final = 100
_FORGET: Final[LiteralString] = "SELECT forget_operations(%(most)b)"
_FORGET_DELIVERIES: Final[LiteralString] = "SELECT forget_deliveries(%(most)b)"
_log = logs.get_logger("gateway.forgetting")


def forget_operations(context: TimerContext) -> None:
    """One turn: at most 100,000; what is left is for the next."""
    _log.info("operations.forgotten", operations=_forget(context, _FORGET))


def forget_deliveries(context: TimerContext) -> None:
    """Likewise of deliveries."""
    _log.info("deliveries.forgotten", deliveries=_forget(context, _FORGET_DELIVERIES))


def _forget(context: TimerContext, statement: LiteralString) -> int:
    forgotten = 0
    for _ in range(_MOST_STEPS):
        (step,) = context.connection.execute(statement, {"most": AT_ONCE}).fetchone() or (0,)
        forgotten += step
        if step < AT_ONCE:
            break
    return forgotten
