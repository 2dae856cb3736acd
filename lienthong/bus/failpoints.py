"""Named places where a test may have this process killed, exactly once.

Without ``LIENTHONG_FAILPOINTS`` in the environment nothing happens. With it, it
names a folder: the one process that manages to rename the file ``<point>`` there
to ``<point>.<pid>.hit`` kills itself with SIGKILL at that place.
"""

import os
import signal
from pathlib import Path
from typing import Final, Literal, TypeAlias

VARIABLE: Final = "LIENTHONG_FAILPOINTS"

Point: TypeAlias = Literal[
    "gateway.accepted",  # after the gateway's commit, before the answer
    "relay.published",  # between publish and confirm
    "consumer.committed",  # between the consumer's commit and its ack
    "completion.received",  # a result has reached the gateway's consumer, nothing is committed
    "completion.committed",  # between the completion's commit and its ack
    "statistics.folded",  # a batch is added to the cubes, its deltas are not deleted, nothing is committed
    "statistics.committed",  # after the commit of a batch
    "delivery.signed",  # a delivery has its manifest and none of its files, nothing is committed
    "delivery.filed",  # a delivery is whole, nothing is committed
    "delivery.committed",  # after the commit of a delivery
]

_named = os.environ.get(VARIABLE)
_folder: Path | None = Path(_named) if _named else None


def reach(point: Point) -> None:
    """The process is at ``point``: die here if the folder of failpoints says so."""
    if _folder is None:
        return
    try:
        (_folder / point).rename(_folder / f"{point}.{os.getpid()}.hit")
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
