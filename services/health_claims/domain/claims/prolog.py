"""What stands before the root element: the encoding, and no DTD. Looked at before any parser does.

Entities need a DTD, so a file without one has none: no bombs, nothing external. A parser
that is told not to resolve entities would still read the declarations.
"""

import re
from typing import Final

from services.health_claims.domain.claims.limits import PROLOG_BYTES

_BOM: Final = b"\xef\xbb\xbf"
_DECLARATION: Final = re.compile(rb"<\?xml\s([^?>]{0,200})\?>")
_ENCODING: Final = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_SKIPPED: Final = ((b"<!--", b"-->"), (b"<?", b"?>"))
_OTHER_UNICODE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00")
_KNOWN_TYPES: Final = (
    (b"PK", "a ZIP archive"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
)


class NotXml(ValueError):
    """Something else than XML; ``str()`` says what was found, of what is known."""


class Refused(ValueError):
    """XML that is not read; ``str()`` says why."""


def check(start: bytes) -> None:
    """Look at the first :data:`PROLOG_BYTES` octets of a document, or at all of it.

    Raises :class:`NotXml` and :class:`Refused`.
    """
    if start.startswith(_OTHER_UNICODE):
        raise Refused("expected UTF-8, found another encoding")
    at = len(_BOM) if start.startswith(_BOM) else 0
    declaration = _DECLARATION.match(start, at)
    if declaration is not None:
        encoding = _ENCODING.search(declaration[1])
        if encoding is not None and encoding[1].lower() not in {b"utf-8", b"utf8"}:
            raise Refused("expected UTF-8, found another encoding")
        at = declaration.end()
    at = _skip(start, at)
    rest = start[at : at + 2]
    if rest[:1] != b"<":
        raise NotXml(_what(start[at:]))
    if rest == b"<!":
        raise Refused("a DTD is not allowed")


def _skip(start: bytes, at: int) -> int:
    """Where white space, comments and processing instructions end."""
    while True:
        while start[at : at + 1].isspace():
            at += 1
        ending = next((end for begin, end in _SKIPPED if start.startswith(begin, at)), None)
        if ending is None:
            if at >= PROLOG_BYTES - 2:
                raise Refused("too much before the root element")
            return at
        found = start.find(ending, at)
        if found < 0:
            raise Refused("too much before the root element")
        at = found + len(ending)


def _what(start: bytes) -> str:
    found = next((name for begin, name in _KNOWN_TYPES if start.startswith(begin)), None)
    return f"expected XML, found {found}" if found else "expected XML"
