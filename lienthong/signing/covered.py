"""The list of covered components of a signature (RFC 9421 sections 1.1 and 2).

A client sends the same list with every request, so a list is read once and kept, under
its text, with all that can be known from it alone: what it covers and the shape of the
signature base.
"""

import re
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from lienthong.signing.errors import MALFORMED, Unusable
from lienthong.signing.message import Key

Parameter: TypeAlias = str | bool

MAX_COMPONENTS = 64
MAX_PARSED = 8
"""Components whose value is a part that must first be parsed out of a field: work before any trust."""
MAX_KEPT = 256
"""Lists that are remembered; the least recently used one makes room."""
MAX_KEPT_LENGTH = 1024
"""Characters of the longest list that is remembered."""

DERIVED = frozenset(
    {"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query", "@status"}
)
QUERY_PARAM = "@query-param"

_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_TEXT = r'"[ !#-\'*-\[\]-~]*"'  # a string without quotation marks, backslashes and parentheses
_ONE = rf"{_TEXT}(?:;[a-z*][a-z0-9_.*-]*(?:={_TEXT})?)*"
_LIST = re.compile(rf"\((?:{_ONE}(?: {_ONE})*)?\)")
_ITEM = re.compile(rf"({_TEXT})((?:;[a-z*][a-z0-9_.*-]*(?:={_TEXT})?)*)")
_PARAMETER = re.compile(rf";([a-z*][a-z0-9_.*-]*)(?:=({_TEXT}))?")
_PARSED_OUT = frozenset({"key", "sf", "name"})
_FIELD_PARAMETERS = ({"key"}, {"key", "sf"}, {"sf"}, {"bs"}, set[str]())


class Component(NamedTuple):
    """One covered component: its name and its parameters in the order written."""

    name: str
    parameters: tuple[tuple[str, Parameter], ...] = ()

    @property
    def identifier(self) -> str:
        """As it stands in the list and in the signature base."""
        written = (
            f";{name}" + ("" if value is True else f"={_quoted(value)}") for name, value in self.parameters
        )
        return _quoted(self.name) + "".join(written)

    @property
    def key(self) -> Key:
        """Under which a message holds the value, parameters aside."""
        return self.name if self.name[0] == "@" else self.name.encode("ascii")


class Covered:
    """A list of components that may be covered, in the canonical text and ready for use."""

    __slots__ = ("body", "components", "identifiers", "keys", "names", "target", "template", "text")

    def __init__(self, components: tuple[Component, ...]) -> None:
        _check(components)
        self.components = components
        self.identifiers = tuple(component.identifier for component in components)
        self.text = f"({' '.join(self.identifiers)})"
        lines = [f"{identifier}: ".replace("%", "%%") + "%b\n" for identifier in self.identifiers]
        self.template = ("".join(lines) + '"@signature-params": %b').encode("ascii")
        plain = [component.key for component in components if not component.parameters]
        self.names = frozenset(plain)
        self.keys = plain if len(plain) == len(components) else None
        self.target = "@method" in self.names and (
            "@target-uri" in self.names or {"@authority", "@path", "@query"} <= self.names
        )
        self.body = {b"content-digest", b"content-type"} <= self.names

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Covered) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def covered_from_text(text: str) -> Covered | None:
    """The list of a canonical text, or None when the text is in no canonical form.

    Raises Unusable when the list is well formed but may not be covered.
    """
    return _kept(text) if len(text) <= MAX_KEPT_LENGTH else _read(text)


def _read(text: str) -> Covered | None:
    if not _LIST.fullmatch(text):
        return None
    covered = Covered(tuple(_component(name, written) for name, written in _ITEM.findall(text)))
    return covered if covered.text == text else None


_kept = lru_cache(maxsize=MAX_KEPT)(_read)


def _component(name: str, written: str) -> Component:
    found = ((key, value[1:-1] if value else True) for key, value in _PARAMETER.findall(written))
    return Component(name[1:-1], tuple(found))


def _check(components: tuple[Component, ...]) -> None:
    """Raise Unusable for what cannot be covered, is unknown, or stands there twice."""
    seen, parsed = set(), 0
    for component in components:
        parameters = dict(component.parameters)
        if len(parameters) != len(component.parameters):
            raise Unusable(MALFORMED, "a component has a parameter twice")
        seen.add((component.name, frozenset(parameters.items())))
        if not _known(component.name, parameters):
            raise Unusable(MALFORMED, "a covered component is unknown or has unknown parameters")
        parsed += bool(parameters.keys() & _PARSED_OUT)
        if len(seen) > MAX_COMPONENTS or parsed > MAX_PARSED:
            raise Unusable(MALFORMED, "too many covered components")
    if len(seen) != len(components):
        raise Unusable(MALFORMED, "a component is covered twice")


def _known(name: str, parameters: dict[str, Parameter]) -> bool:
    """Whether this name may have these parameters (RFC 9421 sections 2.1 and 2.2). No trailers here."""
    flags = {key for key, value in parameters.items() if value is True}
    others = parameters.keys() - {"req"}
    if not flags >= parameters.keys() & {"req", "sf", "bs"} or flags & {"key", "name"}:
        return False
    if name == QUERY_PARAM:
        return others == {"name"}
    if name in DERIVED:
        return not others
    return bool(_FIELD_NAME.fullmatch(name)) and others in _FIELD_PARAMETERS


def _quoted(text: object) -> str:
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
