"""A claim file's envelope: octets in, dossiers out, one at a time; a file is never in memory whole.

    GIAMDINHHS
      THONGTINDONVI   MACSKCB
      THONGTINHOSO    NGAYLAP, SOLUONGHOSO, DANHSACHHOSO
        HOSO          FILEHOSO (LOAIHOSO, NOIDUNGFILE: base64 of the table) ...
      CHUKYDONVI

The request's signature proves who sent the file; CHUKYDONVI is kept with it and not checked.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lxml import etree

from services.health_claims.domain.claims import limits, prolog

ROOT: Final = "GIAMDINHHS"
_DOSSIER: Final = "HOSO"
_FILE: Final = "FILEHOSO"
_HEAD: Final = frozenset({"MACSKCB", "NGAYLAP", "SOLUONGHOSO", "CHUKYDONVI"})


class FileRefused(Exception):
    """The file as a whole is not taken. ``reason`` is one of the contract's; the text says what was expected."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Part(NamedTuple):
    """A FILEHOSO: which table, and its text as it stands in the file."""

    table: str
    content: str


class Raw(NamedTuple):
    """A HOSO."""

    parts: tuple[Part, ...]


class Envelope:
    """Reads one file. What it says of the whole file is complete once :meth:`dossiers` has ended."""

    def __init__(self, compressed: bytes) -> None:
        self._compressed = compressed
        self._head: dict[str, str] = {}
        self._count = 0
        self._depth = 0
        self._elements = 0
        self._parts: list[Part] = []

    @property
    def facility_code(self) -> str:
        """MACSKCB; empty when it has not been read."""
        return self._head.get("MACSKCB", "")

    @property
    def has_signature(self) -> bool:
        """Whether there is a CHUKYDONVI."""
        return "CHUKYDONVI" in self._head

    def dossiers(self) -> Iterator[Raw]:
        """The dossiers in their order. Raises :class:`FileRefused`, also after some of them."""
        parser = etree.XMLPullParser(
            ("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for chunk in _checked(_inflated(self._compressed)):
                parser.feed(chunk)
                yield from self._take(parser)
            parser.close()
            yield from self._take(parser)
        except etree.XMLSyntaxError as error:
            raise _syntax(error) from None
        self._check_whole()

    def _take(self, parser: "etree.XMLPullParser[etree._Element]") -> Iterator[Raw]:
        for event, element in parser.read_events():
            if event == "start":
                self._begin(element)
            else:
                yield from self._end(element)

    def _begin(self, element: etree._Element) -> None:
        self._depth += 1
        if self._depth > limits.DEPTH:
            raise FileRefused("FILE_LIMIT", f"expected at most {limits.DEPTH} elements within one another")
        if self._depth == 1 and element.tag != ROOT:
            raise FileRefused("FILE_TYPE", f"expected a claim file: its root element is {ROOT}")
        if element.tag == _DOSSIER:
            self._elements, self._parts = 0, []
            self._count += 1
            if self._count > limits.DOSSIERS:
                raise FileRefused("FILE_LIMIT", f"expected at most {limits.DOSSIERS} dossiers")
        self._elements += 1
        if self._elements > limits.DOSSIER_ELEMENTS:
            raise FileRefused("FILE_LIMIT", f"expected at most {limits.DOSSIER_ELEMENTS} elements in a HOSO")

    def _end(self, element: etree._Element) -> Iterator[Raw]:
        self._depth -= 1
        tag = element.tag
        if tag in _HEAD:
            self._head.setdefault(str(tag), (element.text or "").strip())
        elif tag == _FILE:
            self._parts.append(Part(_child(element, "LOAIHOSO"), _child(element, "NOIDUNGFILE")))
        elif tag == _DOSSIER:
            yield Raw(tuple(self._parts))
            self._parts = []
        if tag in {_DOSSIER, _FILE}:
            _forget(element)

    def _check_whole(self) -> None:
        if not self._count:
            raise FileRefused("FILE_MALFORMED", "expected at least one HOSO")
        declared = self._head.get("SOLUONGHOSO", "")
        if not (declared.isascii() and declared.isdigit() and len(declared) < 9):
            raise FileRefused("FILE_MALFORMED", "expected a number in SOLUONGHOSO")
        if int(declared) != self._count:
            raise FileRefused("FILE_MALFORMED", "SOLUONGHOSO is not the number of HOSO in the file")


def _child(element: etree._Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _forget(element: etree._Element) -> None:
    """Let go of what has been read.

    The parser is ahead of the events: it may be adding to the text behind ``element``.
    So the element is emptied in its place, and those before it go altogether.
    """
    element.clear(keep_tail=True)
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _inflated(compressed: bytes) -> Iterator[bytes]:
    """The file in chunks. Raises :class:`FileRefused` before more than the bound is inflated."""
    inflater = zlib.decompressobj()
    left = limits.FILE_BYTES
    waiting = compressed
    try:
        while not inflater.eof:
            chunk = inflater.decompress(waiting, limits.CHUNK_BYTES)
            waiting = inflater.unconsumed_tail
            if not chunk and not waiting and not inflater.eof:
                raise FileRefused("FILE_MALFORMED", "the compressed file ends too early")
            left -= len(chunk)
            if left < 0:
                raise FileRefused("FILE_LIMIT", f"expected at most {limits.FILE_BYTES >> 20} MiB")
            if chunk:
                yield chunk
    except zlib.error:
        raise FileRefused("FILE_MALFORMED", "expected a file compressed with zlib") from None
    if inflater.unused_data:
        raise FileRefused("FILE_MALFORMED", "something follows the compressed file")


def _checked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, once what stands before the root element has been looked at."""
    rest = iter(chunks)
    start = b""
    for chunk in rest:
        start += chunk
        if len(start) >= limits.PROLOG_BYTES:
            break
    try:
        prolog.check(start[: limits.PROLOG_BYTES])
    except prolog.NotXml as error:
        raise FileRefused("FILE_TYPE", str(error)) from None
    except prolog.Refused as error:
        raise FileRefused("FILE_MALFORMED", str(error)) from None
    yield start
    yield from rest


def _syntax(error: etree.XMLSyntaxError) -> FileRefused:
    """The parser's own words may repeat what is in the file; only the place is told."""
    if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        return FileRefused("FILE_LIMIT", "a part of the file is longer, or nested deeper, than is allowed")
    line = error.lineno or 0
    return FileRefused("FILE_MALFORMED", f"expected well-formed XML in UTF-8; it is not at line {line}")
