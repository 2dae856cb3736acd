"""The signature base: the octets that are signed (RFC 9421 section 2.5)."""

import base64
import urllib.parse

from lienthong.signing.covered import QUERY_PARAM, Component, Covered
from lienthong.signing.errors import MALFORMED, SIGNATURE_INVALID, Unusable
from lienthong.signing.message import Absent, Message
from lienthong.signing.structured import dictionary_of, serialised, strictly_serialised

_ALLOWED = bytes(range(0x20, 0x7F)) + b"\t\n"
MAX_QUERY_PARAMETERS = 256


def signature_base(
    covered: Covered, params: bytes, message: Message, request: Message | None = None
) -> bytes:
    """The base of a signature over ``message``, an answer to ``request`` if that is given.

    ``params`` is the canonical value of ``@signature-params``. Raises Unusable:
    ``signature_invalid`` when the message lacks a component, ``malformed`` when a
    value cannot stand in a base, such as one that holds a line break.
    """
    try:
        if covered.keys is not None:
            parts = tuple(map(message.values.__getitem__, covered.keys))
        else:
            parts = tuple(_value(component, message, request) for component in covered.components)
    except Absent as absent:
        raise Unusable(SIGNATURE_INVALID, "a covered component is not in the message") from absent
    return filled(covered, parts, params)


def filled(covered: Covered, parts: tuple[bytes, ...], params: bytes) -> bytes:
    """The base from the values of the components in their order. Raises Unusable ``malformed``.

    A line break within a value could pass for another component, so lines are counted.
    """
    base = covered.template % (*parts, params)
    if base.translate(None, _ALLOWED) or base.count(b"\n") != len(parts):
        raise Unusable(MALFORMED, "a covered value holds a line break, a control character or non-ASCII")
    return base


def _value(component: Component, message: Message, request: Message | None) -> bytes:
    """The value of one component with its parameters (RFC 9421 sections 2.1 and 2.2)."""
    parameters = dict(component.parameters)
    if parameters.pop("req", False):
        if request is None:
            raise Unusable(MALFORMED, "only the signature of an answer covers parts of a request")
        message = request
    name, key = component.name, component.key
    if name == QUERY_PARAM:
        return _query_parameter(message, str(parameters["name"]))
    value = message.values[key]
    if "key" in parameters:
        return _member(message, component.name, value, str(parameters["key"]))
    if "sf" in parameters:
        return strictly_serialised(value, name)
    if "bs" in parameters:
        lines = (line.strip(b" \t") for field, line in message.headers if field.lower() == key)
        return b", ".join(b":" + base64.b64encode(line) + b":" for line in lines)
    return value


def _member(message: Message, name: str, value: bytes, key: str) -> bytes:
    """Section 2.1.2: one member of a field that is a dictionary."""
    known = message.values.get((name.encode("ascii"), key))
    if known is not None:
        return known
    members = dictionary_of(value)
    if key not in members:
        raise Absent
    return serialised(members[key])


def _query_parameter(message: Message, name: str) -> bytes:
    """Section 2.2.8: the one parameter of this (encoded) name, decoded and encoded again."""
    query = message.values["@query"][1:].decode("utf-8", "replace")
    try:
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_QUERY_PARAMETERS)
    except ValueError as wrong:
        raise Unusable(MALFORMED, "too many query parameters to cover one of them") from wrong
    wanted = urllib.parse.unquote(name)
    found = [value for key, value in pairs if key == wanted]
    if len(found) != 1:
        raise Absent
    return urllib.parse.quote(found[0], safe="*").replace("~", "%7E").encode("ascii")
