"""One table of a dossier: base64 to lines of fields, each field checked by itself.

Wrappers have had several names (``DSACH_CHI_TIET_THUOC``, ``CHI_TIET_THUOC``): a line is
an element that has fields of its table as children.
"""

import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from services.health_claims.domain.claims import limits, prolog
from services.health_claims.domain.claims.fields import Check, names, tables
from services.health_claims.domain.claims.findings import Findings

Line = Mapping[str, str]
"""Values by field, without surrounding space."""


class TableRefused(Exception):
    """The table cannot be read; ``str()`` is the code of the finding."""


class DossierRefused(TableRefused):
    """With this table the dossier has more than one may have; no other is read."""


@dataclass(slots=True)
class Room:
    """What is left for the tables of one dossier together. A table beyond it raises :class:`TableRefused`."""

    octets: int = limits.DOSSIER_BYTES
    tags: int = limits.DOSSIER_TAGS
    lines: int = limits.DOSSIER_LINES

    def take_octets(self, number: int) -> None:
        """Of a table, decoded."""
        self.octets -= number
        if self.octets < 0:
            raise DossierRefused("DOSSIER_BYTES_LIMIT")

    def take_tags(self, number: int) -> None:
        """Of a table, before it is read."""
        self.tags -= number
        if self.tags < 0:
            raise DossierRefused("DOSSIER_TAGS_LIMIT")

    def take_line(self) -> None:
        """One more."""
        self.lines -= 1
        if self.lines < 0:
            raise DossierRefused("DOSSIER_LINES_LIMIT")


def decode(content: str, room: Room) -> bytes:
    """What the base64 of a NOIDUNGFILE says. Raises :class:`TableRefused`."""
    if len(content) > limits.TABLE_BYTES * 3 // 2:
        raise TableRefused("TABLE_LIMIT")
    try:
        octets = binascii.a2b_base64("".join(content.split()).encode("ascii"), strict_mode=True)
    except (ValueError, UnicodeEncodeError):
        raise TableRefused("BASE64_MALFORMED") from None
    if not octets:
        raise TableRefused("TABLE_MALFORMED")
    if len(octets) > limits.TABLE_BYTES:
        raise TableRefused("TABLE_LIMIT")
    room.take_octets(len(octets))
    return octets


def read(name: str, octets: bytes, findings: Findings, room: Room) -> list[Line]:
    """The lines of the table ``name``, one whose fields are known; what is wrong in them goes to ``findings``.

    Raises :class:`TableRefused`.
    """
    table = tables()[name]
    reader = _Reader(name, table.checks, findings)
    lines: list[Line] = []
    for number, element in enumerate(_lines(_parse(octets, room), table.checks, 1), 1):
        room.take_line()
        line = reader.line(element, number)
        lines.append(line)
        for field in table.required:
            if not line.get(field):
                findings.add(name, "FIELD_REQUIRED", line=number, field=field)
    for field in sorted(reader.unknown):
        findings.add(name, "FIELD_UNKNOWN", field=field)
    if not lines:
        findings.add(name, "TABLE_EMPTY")
    return lines


def _parse(octets: bytes, room: Room) -> etree._Element:
    tags = octets.count(b"<")
    if tags > limits.TABLE_TAGS:
        raise TableRefused("TABLE_LIMIT")
    room.take_tags(tags)
    try:
        prolog.check(octets[: limits.PROLOG_BYTES])
        return etree.fromstring(octets, _parser())
    except etree.XMLSyntaxError as error:
        limit = error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT
        raise TableRefused("TABLE_LIMIT" if limit else "TABLE_MALFORMED") from None
    except (prolog.NotXml, prolog.Refused):
        raise TableRefused("TABLE_MALFORMED") from None


def _parser() -> "etree.XMLParser[etree._Element]":
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _lines(element: etree._Element, known: Mapping[str, Check], depth: int) -> Iterator[etree._Element]:
    if depth > limits.DEPTH:
        raise TableRefused("TABLE_LIMIT")
    if any(child.tag in known for child in element):
        yield element
        return
    for child in element:
        yield from _lines(child, known, depth + 1)


class _Reader:
    """Reads the lines of one table."""

    def __init__(self, table: str, checks: Mapping[str, Check], findings: Findings) -> None:
        self._table = table
        self._checks = checks
        self._findings = findings
        self.unknown: set[str] = set()
        """Fields that the table does not have: by name if another has it, empty for a name of the file's own."""

    def line(self, element: etree._Element, number: int) -> dict[str, str]:
        """The fields of one line."""
        checks = self._checks
        line: dict[str, str] = {}
        for child in element:
            field = str(child.tag)
            check = checks.get(field)
            if check is None:
                self.unknown.add(field if field in names() else "")
                continue
            text = child.text
            value = text.strip() if text else ""
            problem = check(value) if value else None
            if len(child):
                problem = "FIELD_NESTED"
            elif field in line:
                problem = "FIELD_TWICE"
            if problem is not None:
                self._findings.add(self._table, problem, line=number, field=field)
            line[field] = value
        return line
