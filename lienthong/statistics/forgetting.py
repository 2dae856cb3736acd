"""What a database counts no more is forgotten by its own function ``stat_forget(most)``, where it has one.

The function says how old that is, and has its owner's rights: the worker can forget
nothing that is younger. A database without one keeps what it counts.
"""

from typing import Final, LiteralString

from lienthong.statistics import measures
from lienthong.statistics.flows import Connection

AT_ONCE: Final = 5_000
"""Rows forgotten by one statement."""
_MOST_STEPS: Final = 20
_HAS: Final[LiteralString] = "SELECT to_regprocedure('stat_forget(integer)') IS NOT NULL"
_FORGET: Final[LiteralString] = "SELECT stat_forget(%s)"


def forget_old(connection: Connection) -> int:
    """One turn: at most 100,000 rows; what is left is for the next. How many were forgotten."""
    if connection.execute(_HAS).fetchone() != (True,):
        return 0
    forgotten = 0
    for _ in range(_MOST_STEPS):
        (step,) = connection.execute(_FORGET, [AT_ONCE]).fetchone() or (0,)
        forgotten += step
        if step < AT_ONCE:
            break
    measures.FORGOTTEN.inc(forgotten)
    return forgotten
