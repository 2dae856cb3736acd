"""Waiting for a condition: it is asked again and again until it holds or the deadline passes."""

import time
from collections.abc import Callable

INTERVAL_S = 0.05
"""Between two questions. The wait ends on the condition, never on the interval."""


class DeadlinePassedError(Exception):
    """The condition did not come true in time; the message is its last state."""


def until(condition: Callable[[], str | None], *, seconds: float) -> float:
    """Ask ``condition`` until it returns None; return the seconds waited.

    ``condition`` returns what is still missing, in words. Raises
    :class:`DeadlinePassedError` with the last of those words.
    """
    start = time.monotonic()
    while (missing := condition()) is not None:
        if time.monotonic() - start > seconds:
            raise DeadlinePassedError(missing)
        time.sleep(INTERVAL_S)
    return time.monotonic() - start
