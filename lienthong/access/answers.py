"""Response message in, JSON out, without the fields that the grant does not cover.

A field mask costs nothing at run time: for each pair of response type and set of
data classes there is one prepared function that does not know the other fields.
A field without a data class is in no set (deny by default), and ``internal`` is
in none either.

The JSON form is ProtoJSON with every field printed that has no presence.
"""

import time
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, TypeAlias

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from lienthong.access import options
from lienthong.access.contract import ContractError, data_class_code
from lienthong.rpc import errors

Encoder: TypeAlias = Callable[[Any], Any]

# Values of one recurring message that are kept, some 500 octets each.
_MOST_KEPT = 4096

# Classes that no grant can open, whatever it lists.
NEVER_SENT = frozenset({"internal", "unspecified"})
_PLAIN = frozenset(
    {
        FieldDescriptor.TYPE_STRING,
        FieldDescriptor.TYPE_BOOL,
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_UINT32,
    }
)


def answer_encoder(message_class: type[Message], classes: frozenset[str]) -> Encoder:
    """A function from a response message to plain JSON values, covering ``classes`` only.

    Raises ``ContractError`` when the contract has a field of an unsupported kind.
    """
    return _root_encoder(options.descriptor_of(message_class), classes - NEVER_SENT)


@cache
def _root_encoder(descriptor: Descriptor, classes: frozenset[str]) -> Encoder:
    return _message_encoder(descriptor, classes, ())


def _message_encoder(descriptor: Descriptor, classes: frozenset[str], above: tuple[str, ...]) -> Encoder:
    if special := _WELL_KNOWN.get(descriptor.full_name):
        return special
    if descriptor.full_name in above:
        raise ContractError(f"{descriptor.full_name}: a response message must not contain itself")
    within = (*above, descriptor.full_name)
    always: list[tuple[str, str, Encoder | None]] = []
    if_set: list[tuple[str, str, Encoder | None]] = []
    for field in descriptor.fields:
        if field_class(field) not in classes:
            continue
        row = (field.name, field.json_name, _value_encoder(field, classes, within))
        (if_set if field.has_presence else always).append(row)

    def encode(message: Message) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, json_name, convert in always:
            value = getattr(message, name)
            values[json_name] = value if convert is None else convert(value)
        for name, json_name, convert in if_set:
            if message.HasField(name):
                value = getattr(message, name)
                values[json_name] = value if convert is None else convert(value)
        return values

    return _kept(encode, descriptor) if options.recurring(descriptor) else encode


def _kept(encode: Encoder, descriptor: Descriptor) -> Encoder:
    """As ``encode``, but the same value is written once; what is returned belongs to all, and is not changed."""
    message_class = GetMessageClass(descriptor)

    @lru_cache(maxsize=_MOST_KEPT)
    def written(octets: bytes) -> Any:
        return encode(message_class.FromString(octets))

    return lambda message: written(message.SerializeToString())


def field_class(field: FieldDescriptor) -> str:
    """The data class of a response field as a grant writes it; "unspecified" without one."""
    return data_class_code(options.data_class(field))


def _value_encoder(
    field: FieldDescriptor, classes: frozenset[str], within: tuple[str, ...]
) -> Encoder | None:
    """How one value is written; None when it stands in JSON as it is."""
    single = _single_encoder(field, classes, within)
    if not field.is_repeated:
        return single
    if single is None:
        return list
    return lambda values: [single(v) for v in values]


def _single_encoder(
    field: FieldDescriptor, classes: frozenset[str], within: tuple[str, ...]
) -> Encoder | None:
    if field.type in _PLAIN:
        return None
    if field.type == FieldDescriptor.TYPE_INT64:
        return str
    if field.type == FieldDescriptor.TYPE_ENUM:
        names = options.enum_names(field)
        return lambda number: names.get(number, number)
    if field.type == FieldDescriptor.TYPE_MESSAGE and not options.message_type(field).GetOptions().map_entry:
        return _message_encoder(options.message_type(field), classes, within)
    raise ContractError(f"{field.full_name}: this kind of field is not supported in a response")


def _status(message: Any) -> dict[str, Any]:
    """One refused item of a batch, in the words of a problem document."""
    refusal = errors.from_status(message)
    return {
        "reason": refusal.reason.lower(),
        "detail": refusal.message,
        "errors": [{"field": f.field, "description": f.description} for f in refusal.fields],
    }


def _timestamp(message: Any) -> str:
    """RFC 3339 in UTC as ProtoJSON writes it: 0, 3, 6 or 9 digits of a second.

    By hand, because the library's own takes longer than the rest of an answer.
    """
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(message.seconds))
    nanos = message.nanos
    if not nanos:
        return second + "Z"
    if nanos % 1_000:
        return f"{second}.{nanos:09d}Z"
    if nanos % 1_000_000:
        return f"{second}.{nanos // 1_000:06d}Z"
    return f"{second}.{nanos // 1_000_000:03d}Z"


_WELL_KNOWN: dict[str, Encoder] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.rpc.Status": _status,
    # What it holds was masked before it was put in.
    "google.protobuf.Struct": json_format.MessageToDict,
}
