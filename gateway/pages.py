"""The public pages: health, the contract as OpenAPI and for reading, and our keys.

Nothing here is about anybody, so nothing is checked or recorded; each answer is
signed all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from gateway.replies import JSON_TYPE, Replies

Page: TypeAlias = tuple[int, list[tuple[bytes, bytes]], bytes]

HEALTHZ, READYZ = "/healthz", "/readyz"


@dataclass(frozen=True, slots=True)
class Document:
    """A fixed page."""

    content_type: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Pages:
    """Finds the page for a path."""

    def __init__(
        self, replies: Replies, documents: Mapping[str, Document], *, ready: Callable[[], Mapping[str, bool]]
    ) -> None:
        self._replies = replies
        self._documents = documents
        self._ready = ready

    def find(self, method: str, path: str) -> Page | None:
        """The page, or None when the path belongs to the contract or to nobody."""
        if method not in ("GET", "HEAD"):
            return None
        if path == HEALTHZ:
            return self._page(200, Document(JSON_TYPE, b'{"status":"alive"}'))
        if path == READYZ:
            return self._readiness()
        document = self._documents.get(path)
        return self._page(200, document) if document is not None else None

    def _readiness(self) -> Page:
        """503 until everything that an answer needs is there; names what is missing."""
        parts = self._ready()
        status = 200 if all(parts.values()) else 503
        body = msgspec.json.encode({"ready": status == 200, "parts": parts})
        return self._page(
            status, Document(JSON_TYPE, body, ((b"retry-after", b"1"),) if status != 200 else ())
        )

    def _page(self, status: int, document: Document) -> Page:
        signed = self._replies.page(status, document.content_type, document.body)
        return status, [*signed, *document.headers, (b"cache-control", b"no-cache")], document.body
