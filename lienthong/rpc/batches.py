"""Answers many requests in one call: each stands alone, in order, in bounded steps.

A batch is worked through in chunks of at most 200, one SQL statement each; between
chunks the event loop is let go, so that a batch of 1,000 does not hold up the calls
of a single person.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from lienthong.rpc.errors import FieldViolation, InvalidArgument, Refusal

LARGEST_BATCH: Final = 1_000
CHUNK: Final = 200

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")


def require_batch(requests: Sequence[object]) -> None:
    """Raises ``InvalidArgument`` unless there are 1 to 1,000 requests."""
    if not 1 <= len(requests) <= LARGEST_BATCH:
        raise InvalidArgument(FieldViolation("requests", f"expected 1 to {LARGEST_BATCH} items"))


async def in_chunks(
    requests: Sequence[Q], answer: Callable[[Sequence[Q]], Awaitable[list[A]]], *, chunk: int = CHUNK
) -> list[A]:
    """One answer for each request, in order. ``answer`` gets at most ``chunk`` of them."""
    if len(requests) <= chunk:
        return await answer(requests)
    answers: list[A] = []
    for start in range(0, len(requests), chunk):
        answers += await answer(requests[start : start + chunk])
        await asyncio.sleep(0)
    return answers


def each(requests: Sequence[Q], translate: Callable[[Q], T]) -> list[T | Refusal]:
    """Every request translated, or the refusal of that request alone."""
    translated: list[T | Refusal] = []
    for request in requests:
        try:
            translated.append(translate(request))
        except Refusal as refusal:
            translated.append(refusal)
    return translated
