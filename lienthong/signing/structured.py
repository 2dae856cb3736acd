"""Structured fields in all their forms (RFC 9651), read by http-sf with our bounds around it."""

import re
from typing import Any, NoReturn, TypeAlias

import http_sf

from lienthong.signing.errors import MALFORMED, Unusable

Member: TypeAlias = tuple[Any, dict[str, Any]]
"""An item with its parameters, or a list of such with the list's parameters."""

MAX_MARKS = 640
"""Separators outside of strings in one field: bounds the work before any trust."""

# A string that does not end takes all the rest: it is searched for once, not from every quotation mark.
_STRING = re.compile(rb'%"[^"]*(?:"|\Z)|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_DICTIONARIES = frozenset({"content-digest", "repr-digest", "signature", "signature-input"})
_MARK = re.compile(rb"[ \t;,()]")


def dictionary_of(value: bytes, limit: int | None = None) -> dict[str, Member]:
    """The members of a dictionary field, at most ``limit``.

    Raises Unusable ``malformed``, also for a key that comes twice and for more parts
    than anyone needs.
    """
    _check_bounds(value, limit)
    try:
        members: dict[str, Member] = http_sf.parse(value, tltype="dictionary", on_duplicate_key=_refuse)  # type: ignore[assignment]  # a dictionary, as asked
    except ValueError as wrong:
        raise Unusable(MALFORMED, "a field is not a structured dictionary") from wrong
    return members


def strictly_serialised(value: bytes, name: str) -> bytes:
    """A whole field, of a type that is known from its name, in its canonical form. Raises Unusable."""
    _check_bounds(value, None)
    kind = "dictionary" if name in _DICTIONARIES else None
    try:
        return http_sf.ser(http_sf.parse(value, name=name, tltype=kind)).encode("ascii")
    except (ValueError, KeyError) as wrong:
        raise Unusable(MALFORMED, "a field covered with ;sf is not a known structured field") from wrong


def _check_bounds(value: bytes, limit: int | None) -> None:
    """Outside of strings, a comma stands only between members."""
    bare = _STRING.sub(b"", value)
    if limit is not None and bare.count(b",") >= limit:
        raise Unusable(MALFORMED, f"a field has more than {limit} members")
    if len(_MARK.findall(bare)) > MAX_MARKS:
        raise Unusable(MALFORMED, "a field has more parts than anyone needs")


def serialised(member: Member) -> bytes:
    """The canonical form of one member."""
    return http_sf.ser([member]).encode("ascii")


def _refuse(_key: str, _context: str) -> NoReturn:
    raise Unusable(MALFORMED, "a structured field names a key twice")
