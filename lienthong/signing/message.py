"""Requests and answers as signatures see them: what can be covered, and its value.

Fields have their lower-case name in octets as the key, derived components (``@method``)
a text, members of dictionaries a pair: the three can never meet, so a field cannot pass
for a derived component.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Protocol, TypeAlias

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]
Key: TypeAlias = bytes | str | tuple[bytes, str]

OUR_FIELDS = (b"purpose", b"staff", b"legal-basis", b"idempotency-key")
"""Our own header fields: each must be covered whenever a request carries it."""

_OWS = b" \t"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Absent(LookupError):
    """A component is covered that the message does not have."""


class Values(dict[Key, bytes]):
    """What a message offers to be covered. A missing key raises ``Absent``.

    ``doubled`` holds the names of fields that came more than once. The derived
    components that few cover are made when asked for.
    """

    __slots__ = ("doubled", "scheme")

    def __init__(self, headers: RawHeaders) -> None:
        super().__init__({name: value.strip(_OWS) for name, value in headers})
        self.scheme: bytes | None = None
        self.doubled: frozenset[bytes] = frozenset()
        if len(self) != len(headers):
            self._combine(headers)

    def _combine(self, headers: RawHeaders) -> None:
        """Several lines of one field become one value (RFC 9421 section 2.1)."""
        lines: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            lines.setdefault(name, []).append(value.strip(_OWS))
        self.update({name: b", ".join(values) for name, values in lines.items()})
        self.doubled = frozenset(name for name, values in lines.items() if len(values) > 1)

    def __missing__(self, key: Key) -> bytes:
        if self.scheme is None or b"?" in self["@path"]:
            raise Absent
        if key == "@scheme":
            return self.scheme
        target = self["@path"] + (self["@query"] if self["@query"] != b"?" else b"")
        if key == "@request-target":
            return target
        if key == "@target-uri":
            return self.scheme + b"://" + self["@authority"] + target
        raise Absent


class Message(Protocol):
    """What a signature base is built from."""

    @property
    def values(self) -> Values:
        """All that can be covered, with its value."""

    @property
    def headers(self) -> RawHeaders:
        """The header fields in the order received, for ``;bs``."""


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as received, before any trust.

    ``authority`` is the external one, from configuration and never from the request.
    ``path`` is raw, as on the wire, percent signs and all; ``query`` is raw and without
    its ``?``, ``""`` when there is none. ``headers`` are as ASGI gives them: names in
    lower case, values untouched, in order.
    """

    method: str
    scheme: str
    authority: str
    path: str
    query: str
    headers: RawHeaders
    body: bytes
    _values: Values | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def values(self) -> Values:
        """All that can be covered, with its value; built once."""
        values = self._values
        if values is None:
            values = Values(self.headers)
            values.scheme = self.scheme.encode("ascii", "replace")
            values["@method"] = octets(self.method)
            values["@authority"] = normal_authority(self.scheme, self.authority)
            values["@path"] = octets(self.path or "/")
            values["@query"] = b"?" + octets(self.query)
            object.__setattr__(self, "_values", values)
        return values

    def header(self, name: str) -> str | None:
        """The combined value of a field, or None; octets outside of ASCII come as Latin-1."""
        value = self.values.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    def header_octets(self) -> int:
        """The length of all field names and values together."""
        return sum(map(len, chain.from_iterable(self.headers)))


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as received or as about to be sent; header names in any case."""

    status: int
    headers: RawHeaders
    _values: Values | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def values(self) -> Values:
        """All that can be covered, with its value; built once."""
        values = self._values
        if values is None:
            values = Values([(name.lower(), value) for name, value in self.headers])
            values["@status"] = b"%d" % self.status
            object.__setattr__(self, "_values", values)
        return values


def octets(text: str) -> bytes:
    """The text in UTF-8. What is not ASCII stays recognisable as such, and is refused in a base."""
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=64)
def normal_authority(scheme: str, authority: str) -> bytes:
    """RFC 9421 section 2.2.3: in lower case, without the scheme's own port."""
    return octets(authority.lower().removesuffix(_DEFAULT_PORTS.get(scheme.lower(), "")))
