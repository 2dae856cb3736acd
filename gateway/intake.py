"""Takes a request off the wire, within its caps, before anything in it is parsed."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any, TypeAlias

from gateway.problems import Problem
from gateway.settings import Settings

Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

# A string that nobody closes reaches to the end of the body. It must match all the same:
# otherwise every quotation mark in it is a new start, and the search takes the square of the length.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def check_headers(headers: Headers, settings: Settings) -> None:
    """Raise ``headers_too_large`` above the caps on count and bytes."""
    if len(headers) > settings.max_header_fields:
        raise Problem("headers_too_large", "too many header fields")
    if sum(map(len, chain.from_iterable(headers))) > settings.max_header_bytes:
        raise Problem("headers_too_large", "header fields too long")


def declared_length(headers: Mapping[bytes, bytes], most: int) -> int:
    """What Content-Length says, 0 without it. Raises ``too_large`` above ``most``, or for no number."""
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or len(declared) > 12 or int(declared) > most:
        raise Problem("too_large", "declared length")
    return int(declared)


async def read_body(receive: Receive, most: int) -> bytes:
    """The whole body. Raises ``too_large`` above ``most`` bytes, ``malformed`` when it does not come whole."""
    return await _whole(receive, most)


class Room:
    """How many bytes of large bodies may be under way at once; beyond it the next is refused.

    Of one agency half as many, or a single body: no agency keeps the others' out.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._most_of_one = most // 2
        self._held: Counter[str] = Counter()

    @contextmanager
    def hold(self, size: int, agency_id: str) -> Iterator[None]:
        """Room for ``size`` bytes within the block. Raises ``unavailable`` when there is none."""
        held = self._held[agency_id]
        if size > self._left or (held and held + size > self._most_of_one):
            raise Problem("unavailable", "too many large bodies under way")
        self._left -= size
        self._held[agency_id] += size
        try:
            yield
        finally:
            self._left += size
            self._held[agency_id] -= size
            if not self._held[agency_id]:
                del self._held[agency_id]


def check_depth(body: bytes, limit: int) -> None:
    """Raise ``too_large`` for JSON nested deeper than any contract, without parsing it.

    Takes time linear in the body, whoever wrote it: nothing about the sender is known yet.
    """
    if body.count(b"{") + body.count(b"[") <= limit:
        return
    brackets = _STRING.sub(b"", body).translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(limit):
        brackets = brackets.replace(b"[]", b"")
    # What is left and still has an inside was deeper; so was, at least, what nobody closes.
    if b"[]" in brackets or brackets.count(b"[") > limit:
        raise Problem("too_large", "nested too deep")


async def _whole(receive: Receive, limit: int) -> bytes:
    message = await receive()
    body: bytes | bytearray = message.get("body", b"")
    if message.get("more_body", False):
        body = bytearray(body)  # grows in place, however small the parts are
        while message.get("more_body", False) and len(body) <= limit:
            message = await receive()
            body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        # Gone, too slow, or its chunks cannot be read: it is told in case that it listens.
        raise Problem("malformed", "the body broke off")
    if len(body) > limit:
        raise Problem("too_large", "body")
    return bytes(body)
