"""How a green thread waits for PostgreSQL: with one turn of eventlet's hub, not four.

psycopg runs every operation as a generator that says what it waits for, and leaves the
waiting to one function. Its own function for patched processes builds a selector, a
timer and two listeners each time, which is half of what a short command costs
(docs/decisions/0009). This one sends at once, which nearly always can, and then
waits for the answer.
"""

from collections.abc import Generator
from typing import Final, TypeVar

import psycopg.waiting
from eventlet.hubs import trampoline
from eventlet.patcher import original
from psycopg.waiting import Ready, Wait, wait_selector

T = TypeVar("T")
_select: Final = original("select")
_MASKS: Final = {
    Wait.R: _select.POLLIN,
    Wait.W: _select.POLLOUT,
    Wait.RW: _select.POLLIN | _select.POLLOUT,
}


def install() -> None:
    """Let psycopg wait by :func:`wait_green` from now on, in the whole process."""
    psycopg.waiting.wait = wait_green


def wait_green(
    gen: Generator[Wait, Ready | int, T], fileno: int, interval: float = 0.0, timeout: float | None = None
) -> T:
    """Run ``gen`` to its end and return its value, letting other green threads run meanwhile.

    Shaped as psycopg's own functions; with a ``timeout``, it is one of them.
    """
    if timeout is not None:
        return wait_selector(gen, fileno, interval, timeout)
    try:
        wanted = next(gen)
        while True:
            wanted = gen.send(_ready(fileno, wanted))
    except StopIteration as end:
        value: T = end.value
        return value


def _ready(descriptor: int, wanted: Wait) -> Ready:
    """What the socket is ready for, of what is wanted."""
    poll = _select.poll()
    poll.register(descriptor, _MASKS[wanted])
    for _ in range(2):
        found = _meaning(poll.poll(0), wanted)
        if found is not None:
            return found
        if wanted is Wait.RW:
            # Neither: the server reads slowly. It says something before it reads on, or it reads on.
            return _either(descriptor)
        trampoline(descriptor, read=wanted is Wait.R, write=wanted is Wait.W)
    return Ready.R if wanted is Wait.R else Ready.W


def _meaning(events: list[tuple[int, int]], wanted: Wait) -> Ready | None:
    if not events:
        return None
    (_, event), *_none = events
    readable = event & ~_select.POLLOUT  # also an error or the end: reading tells which
    writable = event & _select.POLLOUT
    if readable and writable:
        return Ready.RW
    if readable:
        return Ready.R if wanted & Wait.R else Ready.W
    return Ready.W


def _either(descriptor: int) -> Ready:
    import select  # the patched one

    readable, writable, _ = select.select([descriptor], [descriptor], [], None)
    return Ready((Ready.R if readable else 0) | (Ready.W if writable else 0))
