"""What every interaction needs: the ways to read an identifier, a parameter and the contract's own rules."""

import re
import time
import urllib.parse
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from google.protobuf.message import Message

from gateway.faces.fhir.json import Identifier, refuse
from gateway.faces.fhir.opaque import Names
from gateway.faces.fhir.systems import LENGTHS, Systems
from gateway.problems import Problem
from lienthong.access.requests import Decoder
from lienthong.access.twins import MalformedJson
from lienthong.clock import VIETNAM
from lienthong.rpc.errors import FieldViolation, InvalidArgument

FORM: Final = frozenset({b"application/x-www-form-urlencoded"})

_MOST_PARAMETERS = 16
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the translations stand on; ``base`` is the address of the FHIR face."""

    systems: Systems
    names: Names
    base: str


def ask(decode: Decoder, values: Mapping[str, object], paths: Mapping[str, str]) -> Message:
    """The contract's request, held to the contract's own rules.

    It goes through the decoder of the plain route. Raises ``Problem`` that names the
    fields as the asker has them.
    """
    try:
        return decode(msgspec.json.encode(values))
    except InvalidArgument as wrong:
        fields = tuple(FieldViolation(paths.get(f.field, f.field), f.description) for f in wrong.fields)
        raise Problem("invalid_argument", wrong.message, fields=fields) from None


def identifier_of(systems: Systems, found: Identifier, at: str) -> str:
    """The value of an identifier of ours, without spaces, in upper case.

    ``at`` is the FHIRPath of the element, or the parameter. Refuses an unknown system and
    a wrong length.
    """
    system, value = (f"{at}.system", f"{at}.value") if at[:1].isupper() else (at, at)
    if found.value is None:
        refuse(value, "is required")
    text = "".join(found.value.split()).upper()
    if found.system is not None:
        name = systems.identifier_names.get(found.system)
        if name is None:
            refuse(system, f"the system must be one of {', '.join(systems.identifier_names)}")
        if len(text) != LENGTHS[name]:
            refuse(value, f"must have {LENGTHS[name]} characters")
    return text


def token(systems: Systems, text: str, name: str, *, only: str = "") -> str:
    """The identifier of a token parameter, ``system|value``, ``|value`` or ``value`` (R4 3.1.1.4.9)."""
    system, _, value = text.rpartition("|")
    if "," in text or "\\" in text or not value:
        refuse(name, "must be one system|value")
    if only and system and system != systems[only]:
        refuse(name, f"must be {systems[only]}|value")
    return identifier_of(systems, Identifier(system or None, value), name)


def parameters(
    query: str, body: bytes, known: Collection[str], in_url: Collection[str], repeated: str = ""
) -> dict[str, str]:
    """The search parameters of a POST, from its form and its URL (R4 3.1.1.1).

    Nothing but ``in_url`` may stand in the URL. Refuses what is not ``known``, also where
    FHIR would let it be ignored: the search would find more than was asked for. The values
    of the one that may be ``repeated`` stand with "&" between them.
    """
    try:
        form = body.decode()
    except UnicodeDecodeError:
        raise MalformedJson("the form is not UTF-8") from None
    found: dict[str, str] = {}
    for text, allowed in ((query, in_url), (form, known)):
        for name, value in _pairs(text):
            if name not in allowed:
                what = "goes in the body, not in the URL" if name in known else "is not a parameter here"
                refuse(name if _NAME.fullmatch(name) else "parameter", what)
            if name in found and name != repeated:
                refuse(name, "is given twice")
            found[name] = f"{found[name]}&{value}" if name in found else value
    if "json" not in found.pop("_format", "json"):
        refuse("_format", "must be application/fhir+json")
    return found


def no_query(query: str) -> None:
    """Refuse whatever stands in the URL, but a format that is the one there is."""
    parameters(query, b"", (), ("_format",))


def instant(seconds: float) -> str:
    """A FHIR instant, UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def day(text: str) -> str:
    """The day in Việt Nam of a FHIR dateTime; what has no time, or none that exists, is left as it is."""
    if text[10:11] != "T":
        return text
    try:
        moment = datetime.fromisoformat(text)
        return text if moment.tzinfo is None else moment.astimezone(VIETNAM).date().isoformat()
    except (ValueError, OverflowError):
        return text


def first(given: Mapping[str, str], names: Collection[str]) -> tuple[str, str]:
    """The name and value of the one parameter of several spellings. Refuses none, and two."""
    found = [(name, given[name]) for name in names if name in given]
    if len(found) != 1:
        refuse(next(iter(names)), f"exactly one of {', '.join(names)} is required")
    return found[0]


def _pairs(text: str) -> list[tuple[str, str]]:
    if not text:
        return []
    try:
        return urllib.parse.parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:
        raise MalformedJson("not name=value&name=value in UTF-8") from None
