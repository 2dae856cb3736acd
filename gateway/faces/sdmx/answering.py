"""What is sent: the representation, compressed if asked, or that nothing has changed (304)."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from gateway.faces import Incoming, Written
from gateway.faces.sdmx.negotiation import Offer, wants_gzip

_VARY: Final = (b"vary", b"Accept, Accept-Encoding, Accept-Language")
_LEAST_COMPRESSED: Final = 1_024
_LEVEL: Final = 1
_DETAIL: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the request's head decides about the form of its answer."""

    offer: Offer
    gzip: bool
    language: str
    known_tags: str
    """``If-None-Match``; empty unless it is to be heeded."""
    detail: str


def asked(incoming: Incoming, offer: Offer, what: str, language: str) -> Asked:
    """``what`` is for the log.

    ``If-None-Match`` counts only if the signature covers it: whoever could put it in on the
    way would have a signed "nothing has changed" for old figures.
    """
    headers: Mapping[bytes, bytes] = incoming.headers
    covered = b"if-none-match" in incoming.covered
    return Asked(
        offer=offer,
        gzip=wants_gzip(headers.get(b"accept-encoding", b"")),
        language=language,
        known_tags=headers[b"if-none-match"].decode("latin-1") if covered else "",
        detail=f"sdmx: {what}"[:_DETAIL],
    )


def entity_tag(*parts: bytes) -> str:
    """A weak one: two answers with the same tag say the same figures; the moment of writing may differ."""
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(b"%d:" % len(part) + part)
    return f'W/"{state.hexdigest()}"'


def is_known(tag: str, known_tags: str) -> bool:
    """Whether ``If-None-Match`` names the tag, compared weakly (RFC 9110 section 13.1.2)."""
    opaque = tag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") in {opaque, "*"} for one in known_tags.split(",") if one)


def not_modified(form: Asked, tag: str) -> Written:
    """304: what the asker has is what he would get."""
    headers = ((b"etag", tag.encode()), _VARY, _KEPT)
    return Written(
        status=304,
        media_type=form.offer.stated,
        body=b"",
        headers=headers,
        detail=f"{form.detail}: not modified"[:_DETAIL],
    )


_KEPT: Final = (b"cache-control", b"private, no-cache")


def whole(form: Asked, tag: str, body: bytes, told: str) -> Written:
    """200 with the representation; ``told`` is for the log."""
    headers = [(b"etag", tag.encode()), _VARY, _KEPT]
    if form.gzip and len(body) >= _LEAST_COMPRESSED:
        body = compressed(body)
        headers.append((b"content-encoding", b"gzip"))
    return Written(
        status=200,
        media_type=form.offer.stated,
        body=body,
        headers=tuple(headers),
        detail=f"{form.detail}: {told}"[:_DETAIL],
    )


def compressed(body: bytes) -> bytes:
    """As gzip, fast: what is written is repetitive, and shrinks to a twentieth at any level."""
    pressing = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    return pressing.compress(body) + pressing.flush()
