"""The public pages: health, the contract as OpenAPI and for reading, and our keys.

Nothing here is about anybody, so nothing is checked or recorded; each answer is
signed all the same. What depends on more than the path (its query, ``Accept``) is a
``Shelf``; whoever signs his request to one gets an answer that is bound to it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import msgspec

from gateway.http import Scope
from gateway.replies import JSON_TYPE, Replies
from lienthong.signing import ParsedSignature, RequestView, SignatureRefused, parse_signature

Page: TypeAlias = tuple[int, list[tuple[bytes, bytes]], bytes]

HEALTHZ, READYZ = "/healthz", "/readyz"


@dataclass(frozen=True, slots=True)
class Document:
    """A fixed page."""

    content_type: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


ViewOf: TypeAlias = Callable[[Scope, bytes], RequestView]


class Shelf(Protocol):
    """Documents under one prefix."""

    prefix: str

    def find(self, path: str, query: str, headers: Mapping[bytes, bytes]) -> tuple[int, Document] | None:
        """The status and the document; None for a path that leads elsewhere."""


class Pages:
    """Finds the page for a path."""

    def __init__(
        self,
        replies: Replies,
        documents: Mapping[str, Document],
        *,
        ready: Callable[[], Mapping[str, bool]],
        shelf: Shelf | None = None,
    ) -> None:
        self._replies = replies
        self._documents = documents
        self._ready = ready
        self._shelf = shelf

    def find(self, scope: Scope, view_of: ViewOf) -> Page | None:
        """The page, or None when the path belongs to the contract or to nobody."""
        if scope["method"] not in {"GET", "HEAD"}:
            return None
        path: str = scope["path"]
        if path == HEALTHZ:
            return self._page(200, Document(JSON_TYPE, b'{"status":"alive"}'))
        if path == READYZ:
            return self._readiness()
        document = self._documents.get(path)
        if document is not None:
            return self._page(200, document)
        if self._shelf is not None and path.startswith(self._shelf.prefix):
            return self._from_shelf(self._shelf, scope, view_of)
        return None

    def _from_shelf(self, shelf: Shelf, scope: Scope, view_of: ViewOf) -> Page | None:
        headers = dict(scope["headers"])
        view = view_of(scope, b"") if b"signature-input" in headers else None
        parsed = None
        if view is not None:
            # Who signed it is not asked: the answer is the same for everybody.
            with suppress(SignatureRefused):
                parsed = parse_signature(view)
        if parsed is not None and b"if-none-match" not in parsed.covered.names:
            # Whoever put it in on the way would have our word that nothing has changed.
            headers.pop(b"if-none-match", None)
        found = shelf.find(scope["path"], scope["query_string"].decode("latin-1"), headers)
        if found is None:
            return None
        return self._page(*found, view=view, parsed=parsed)

    def _readiness(self) -> Page:
        """503 until everything that an answer needs is there; names what is missing."""
        parts = self._ready()
        status = 200 if all(parts.values()) else 503
        body = msgspec.json.encode({"ready": status == 200, "parts": parts})
        return self._page(
            status, Document(JSON_TYPE, body, ((b"retry-after", b"1"),) if status != 200 else ())
        )

    def _page(
        self,
        status: int,
        document: Document,
        *,
        view: RequestView | None = None,
        parsed: ParsedSignature | None = None,
    ) -> Page:
        signed = self._replies.page(status, document.content_type, document.body, view=view, parsed=parsed)
        return status, [*signed, *document.headers, (b"cache-control", b"no-cache")], document.body
