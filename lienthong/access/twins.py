"""An object that names one field twice: two readers would read two requests (RFC 7493, 2.3)."""

import json
import re
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from msgspec.structs import astuple

from lienthong.access import options

# A name of an object that holds a backslash (some values match too: they are only read twice).
_ESCAPED_NAME = re.compile(rb'[{,]\s*"[^"\\]*\\')


class MalformedJson(Exception):
    """The body is not JSON text in UTF-8, or names one field twice (RFC 7493, 2.3)."""


def once_check(descriptor: Descriptor) -> Callable[[bytes, Any], bool]:
    """A function that says whether no object of a body, read as such, names a field twice.

    Two looks that spare a second parse. Each naming of a field is followed by a colon: when
    the body holds no more colons than fields were read, none was read over. Else, when no
    name is written with an escape, every naming of a field stands in the body as its quoted
    name, and these are counted. False means "not sure".
    """
    read, counted = _field_counter(descriptor), _named_once(descriptor)

    def is_once(body: bytes, parsed: Any) -> bool:
        return body.count(b":") == read(parsed) or counted(body, parsed)

    return is_once


def _field_counter(descriptor: Descriptor) -> Callable[[Any], int]:
    """A function that says how many fields were read: those of this object and of all inside it."""
    nested = [
        (f.name, f.is_repeated, _field_counter(options.message_type(f)))
        for f in descriptor.fields
        if f.message_type is not None and not options.binding(f)
    ]

    def read(parsed: Any) -> int:
        values = astuple(parsed)
        count = len(values) - values.count(None)
        for name, is_repeated, inner in nested:
            value = getattr(parsed, name)
            if value is not None:
                count += sum(map(inner, value)) if is_repeated else inner(value)
        return count

    return read


def _named_once(descriptor: Descriptor) -> Callable[[bytes, Any], bool]:
    flat = [f'"{f.json_name}"'.encode() for f in descriptor.fields]
    sent = [f for f in descriptor.fields if f.message_type is not None and not options.binding(f)]
    nested = [f.name for f in sent]
    # One object in one: as long as no two of their fields have one name, they are one flat object.
    names = [n for f in sent for n in _names_within(f)]
    single = not any(f.is_repeated for f in sent) and len({*flat, *names}) == len(flat) + len(names)
    together = flat + names

    def flat_is_once(body: bytes, _: Any) -> bool:
        return not _ESCAPED_NAME.search(body) and not any(body.count(quoted) > 1 for quoted in flat)

    def together_is_once(body: bytes, parsed: Any) -> bool:
        if all(getattr(parsed, name) is None for name in nested):
            return flat_is_once(body, parsed)
        return not _ESCAPED_NAME.search(body) and not any(body.count(quoted) > 1 for quoted in together)

    def nested_is_once(body: bytes, parsed: Any) -> bool:
        if _ESCAPED_NAME.search(body):
            return False
        found: dict[str, int] = {}
        _count_fields([parsed], descriptor, found)
        return all(body.count(f'"{name}"'.encode()) == number for name, number in found.items())

    if not nested:
        return flat_is_once
    return together_is_once if single else nested_is_once


def _names_within(field: FieldDescriptor) -> list[bytes]:
    """The quoted names of a message field's own fields; a message further in counts twice, for "not one object"."""
    found: list[bytes] = []
    for inner in options.message_type(field).fields:
        quoted = f'"{inner.json_name}"'.encode()
        found += [quoted, quoted] if inner.message_type is not None else [quoted]
    return found


def _count_fields(parsed: list[Any], descriptor: Descriptor, found: dict[str, int]) -> None:
    """Add how often each field was read in objects of one kind, by JSON name."""
    for field in descriptor.fields:
        if options.binding(field):
            continue
        name = field.name
        values = [v for p in parsed if (v := getattr(p, name)) is not None]
        found[field.json_name] = found.get(field.json_name, 0) + len(values)
        if field.message_type is not None:
            inner = [v for many in values for v in many] if field.is_repeated else values
            _count_fields(inner, options.message_type(field), found)


def json_names(descriptor: Descriptor) -> dict[str, str]:
    """Original field name -> JSON name, for the message and all inside it."""
    names: dict[str, str] = {}
    for field in descriptor.fields:
        names[field.name] = field.json_name
        if field.message_type is not None:
            names |= json_names(field.message_type)
    return names


def refuse_twins(body: bytes, names: dict[str, str]) -> None:
    """Refuse an object that names a field twice: two readers would read two requests."""

    def once(pairs: list[tuple[str, object]]) -> None:
        if len({names.get(key, key) for key, _ in pairs}) != len(pairs):
            raise MalformedJson("a field is given twice")

    json.loads(body, object_pairs_hook=once)
