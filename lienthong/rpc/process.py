"""What every serving process does at its beginning and at its end."""

import asyncio
import gc

# Young objects between two collections. A request makes some hundred, and nearly
# all die by reference counting: Python's 700 would collect several times a request.
_YOUNG = 20_000
_TOLD_AGAIN_S = 0.1


def settle() -> None:
    """Take modules, descriptors and tables out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task that runs for ever, and wait until it has ended.

    Told again and again: cancelled within a statement, the driver raises an error of its
    own, and the work takes it for a break of the database and goes on.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=_TOLD_AGAIN_S)
