"""Resources off the wire: bounded, each element that is read has its type, and errors name a FHIRPath.

FHIR lets a server ignore elements that it does not know, but not those that change
the meaning of what it does know (R4, 2.4 "Modifier Extensions", 2.27.1 ``implicitRules``):
these are refused wherever something is read.
"""

import re
from functools import cache
from typing import Annotated, Any, Final, NoReturn, TypeVar

import msgspec

from gateway.problems import Problem
from lienthong.access.twins import MalformedJson, refuse_twins
from lienthong.rpc.errors import FieldViolation

MEDIA_TYPE: Final = "application/fhir+json"
MEDIA_TYPES: Final = frozenset({b"application/fhir+json", b"application/json"})
MOST_BYTES: Final = 64 * 1024
"""A longer request is refused; the event loop reads it."""

_WHERE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_FIELD = re.compile(r"`([A-Za-z]{1,64})`")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Few = msgspec.Meta(min_length=1, max_length=10)
_ResourceT = TypeVar("_ResourceT")


class Backbone(msgspec.Struct, kw_only=True):
    """What can be modified: a resource, or a part of one with a name of its own."""

    modifierExtension: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815 -- FHIR's names


class Coding(msgspec.Struct):
    """R4 2.24.0.5."""

    system: Text | None = None
    code: Text | None = None


class CodeableConcept(msgspec.Struct):
    """R4 2.24.0.6."""

    coding: Annotated[list[Coding], Few] | None = None


class Identifier(msgspec.Struct):
    """R4 2.24.0.9."""

    system: Text | None = None
    value: Text | None = None


class Reference(msgspec.Struct):
    """R4 2.3.0."""

    reference: Text | None = None
    identifier: Identifier | None = None


class HumanName(msgspec.Struct):
    """R4 2.24.0.12."""

    use: Text | None = None
    text: Text | None = None
    family: Text | None = None
    given: Annotated[list[Text], Few] | None = None


class Period(msgspec.Struct):
    """R4 2.24.0.10."""

    start: Text | None = None
    end: Text | None = None


class Quantity(msgspec.Struct):
    """R4 2.24.0.7, and Money (2.24.0.8)."""

    value: int | float | None = None
    currency: Text | None = None


class Extension(msgspec.Struct):
    """R4 2.4, with the kinds of value that we ask for."""

    url: Text
    valueString: Text | None = None  # noqa: N815
    valueDate: Text | None = None  # noqa: N815


class _Header(msgspec.Struct):
    resourceType: Text  # noqa: N815
    id: Text | None = None


class Contained:
    """The resources inside a resource, found by their local references."""

    def __init__(self, root: str, raws: list[msgspec.Raw] | None) -> None:
        self._root = root
        self._raws = raws or []

    def find(self, reference: str, kind: str, shape: type[_ResourceT], at: str) -> tuple[str, _ResourceT]:
        """The FHIRPath of what ``reference`` ("#id") names, and it. Refuses what is not there once, as ``kind``."""
        found = []
        for index, raw in enumerate(self._raws):
            here = f"{self._root}.contained[{index}]"
            header = _decoded(raw, _Header, here)
            if header.id == reference[1:]:
                found.append((here, raw, header.resourceType))
        if len(found) != 1 or found[0][2] != kind:
            refuse(at, f"must name one contained {kind}")
        here, raw, _ = found[0]
        return here, _decoded(raw, shape, here)


def read(body: bytes, shape: type[_ResourceT], root: str) -> _ResourceT:
    """The resource of a body. Raises ``MalformedJson``, or ``Problem`` naming the FHIRPath below ``root``."""
    resource = _decoded(body, shape, root)
    try:
        refuse_twins(body, {})
    except (ValueError, RecursionError):
        # What was passed over was not looked at: a number of five thousand digits, say.
        raise MalformedJson("not JSON that can be read") from None
    return resource


def not_modified(part: Backbone, at: str) -> None:
    """Refuse what says that it means something else than it seems to."""
    if part.modifierExtension is not msgspec.UNSET:
        refuse(f"{at}.modifierExtension", "is not understood here, and must not be ignored")


def refuse(at: str, what: str) -> NoReturn:
    """Raise ``invalid_argument`` naming the FHIRPath, or the parameter, and what is expected there."""
    raise Problem("invalid_argument", "FHIR", fields=(FieldViolation(at, what),))


def _decoded(body: bytes | msgspec.Raw, shape: type[_ResourceT], root: str) -> _ResourceT:
    kind: Any = shape
    try:
        decoded: _ResourceT = _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        raise Problem("invalid_argument", "FHIR", fields=(_violation(str(error), root),)) from None
    except _UNREADABLE as error:
        raise MalformedJson(type(error).__name__) from None
    return decoded


@cache
def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def _violation(text: str, root: str) -> FieldViolation:
    """What msgspec says, without any value that was sent."""
    where = _WHERE.search(text)
    at = root + (where["path"] if where else "")
    what = text[: where.start()] if where else text
    if what.startswith("Object missing required field"):
        name = _FIELD.search(what)
        return FieldViolation(f"{at}.{name[1]}" if name else at, "is required")
    if what.startswith("Invalid enum value"):
        return FieldViolation(at, "is not a code that is supported here")
    expected = what.split(", got ")[0].replace(" | null", "")
    return FieldViolation(at, expected[:1].lower() + expected[1:])


def put(values: dict[str, Any], name: str, value: Any) -> None:
    """Add an element, unless it would be empty: FHIR has no empty elements."""
    if value not in ("", None, [], {}):
        values[name] = value
