"""Forgets operations that ended more than 400 days ago: a year and a month, for whoever closes his books.

From then on the agency's name for one (``Idempotency-Key``) is free again. What is pending, or held
for an operator to decide, stays; so do the entries of the access log, which are forgotten by days.
Age and the most that is done at once are the database's own (migration 0009): nobody with the gateway's
role can make anything younger be forgotten, or so much that others wait for it.

So are deliveries of statistics, with their files, 400 days after they were made, and
subscriptions that ended before.
"""

from typing import Final, LiteralString

from lienthong.bus.handling import TimerContext
from lienthong.telemetry import logs

AT_ONCE: Final = 1_000
"""Operations, or deliveries, forgotten in one turn, and so in one transaction; fewer deliveries if they are large."""
_FORGET: Final[LiteralString] = "SELECT forget_operations(%(most)b)"
_FORGET_DELIVERIES: Final[LiteralString] = "SELECT forget_deliveries(%(most)b)"
_log = logs.get_logger("gateway.forgetting")


def forget_operations(context: TimerContext) -> bool:
    """One turn; whether another may find more."""
    forgotten = _forget(context, _FORGET)
    _log.info("operations.forgotten", operations=forgotten)
    return forgotten > 0


def forget_deliveries(context: TimerContext) -> bool:
    """Likewise of deliveries, and of the subscriptions that have none left."""
    forgotten = _forget(context, _FORGET_DELIVERIES)
    _log.info("deliveries.forgotten", deliveries_and_subscriptions=forgotten)
    return forgotten > 0


def _forget(context: TimerContext, statement: LiteralString) -> int:
    (forgotten,) = context.connection.execute(statement, {"most": AT_ONCE}).fetchone() or (0,)
    return int(forgotten)
