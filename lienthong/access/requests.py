"""JSON in, request message out: what an agency may send, built from the contract.

The JSON form is ProtoJSON (lowerCamelCase or original field names, enum names).
Each request message becomes one msgspec type at start, so that a request is
parsed and checked in one pass: unknown fields, wrong types, lengths, patterns
and counts. Bound fields are not part of the type: an agency that sends one has
sent an unknown field. A request without a body comes as query parameters, one a
field, in the same spellings.
"""

import re
import urllib.parse
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from lienthong.access import options
from lienthong.access.contract import ContractError
from lienthong.access.twins import MalformedJson, json_names, once_check, refuse_twins
from lienthong.rpc.errors import FieldViolation, InvalidArgument
from vss.access.v1 import access_pb2

# msgspec's wording: "Object contains unknown field `x` - at `$.requests[0]`"
_WHERE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_QUOTED = re.compile(r"`(?P<name>[^`]*)`")
# An unknown name is repeated to the asker only when it looks like a field's name.
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_INTEGER_TEXT = re.compile(r"-?[0-9]{1,19}")
_MOST_PARAMETERS = 32
_TRUTH = {"true": True, "false": False}
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


__all__ = ["Decoder", "MalformedJson", "QueryDecoder", "query_decoder", "request_decoder"]

Decoder: TypeAlias = Callable[[bytes], Message]
QueryDecoder: TypeAlias = Callable[[str, str], Message]


class _OutOfBounds(Exception):
    """A number that was written as text; ``path`` leads to it."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path, expected)
        self.path = path
        self.expected = expected


def request_decoder(message_class: type[Message]) -> Decoder:
    """A function that turns a body into ``message_class``.

    The function raises ``MalformedJson``, or ``InvalidArgument`` with the path of
    the wrong field in JSON names. Its time is linear in the body. Raises
    ``ContractError`` itself when a field of the contract has no bound on its size or is
    of an unsupported kind.
    """
    descriptor = options.descriptor_of(message_class)
    shape = _struct(descriptor, ())
    fast = msgspec.json.Decoder(shape)
    names = json_names(descriptor)
    is_once = once_check(descriptor)
    build = _checked_builder(message_class)

    def decode(body: bytes) -> Message:
        try:
            parsed = fast.decode(body)
        except _UNREADABLE:
            parsed = _decode_slowly(body, shape, descriptor)
            refuse_twins(body, names)
        else:
            if not is_once(body, parsed):
                refuse_twins(body, names)
        if b"\\u0000" in body:
            _refuse_nul(parsed, "")
        return build(parsed)

    return decode


def query_decoder(message_class: type[Message], variable: str | None) -> QueryDecoder:
    """A function from the path's variable and the raw query to ``message_class``.

    Raises as that of ``request_decoder`` does. The path's variable, a field of this
    name, must not come as a parameter too.
    """
    descriptor = options.descriptor_of(message_class)
    shape = _struct(descriptor, ())
    build = _checked_builder(message_class)
    # Whoever asks for another field, bound ones too, is told that there is none.
    fields = {
        name: f
        for f in descriptor.fields
        if not options.binding(f) and f.name != variable
        for name in (f.name, f.json_name)
    }
    in_path = descriptor.fields_by_name[variable].json_name if variable else None

    def decode(value: str, query: str) -> Message:
        given: dict[str, object] = {} if in_path is None else {in_path: value}
        for name, text in _parameters(query):
            field = fields.get(name)
            if field is None:
                what = name if _FIELD_NAME.fullmatch(name) else "$"
                raise InvalidArgument(FieldViolation(what, "is not a parameter of this request"))
            if field.json_name in given:
                raise MalformedJson("a parameter is given twice")
            given[field.json_name] = _TRUTH.get(text, text) if field.type == field.TYPE_BOOL else text
        try:
            parsed = msgspec.convert(_one_spelling(given, descriptor), shape)
        except msgspec.ValidationError as error:
            raise InvalidArgument(_violation(str(error), descriptor)) from None
        _refuse_nul(parsed, "")
        return build(parsed)

    return decode


def _parameters(query: str) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return urllib.parse.parse_qsl(
            query,
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:
        raise MalformedJson("the query is not name=value&name=value in UTF-8") from None


def _checked_builder(message_class: type[Message]) -> Callable[[Any], Message]:
    values = _builder(options.descriptor_of(message_class))

    def build(parsed: msgspec.Struct) -> Message:
        try:
            return message_class(**values(parsed))
        except _OutOfBounds as wrong:
            raise InvalidArgument(FieldViolation(wrong.path, wrong.expected)) from None

    return build


def _builder(descriptor: Descriptor) -> Callable[[Any], dict[str, Any]]:
    """A function from a parsed struct to what the message is made of; both have the original field names.

    Messages within are given as their values: making each of them first takes twice as long.
    """
    fields = [f for f in descriptor.fields if not options.binding(f)]
    nested = [
        (f.name, f.json_name, f.is_repeated, _builder(options.message_type(f)))
        for f in fields
        if f.message_type is not None
    ]
    wide = [(f, _bounds(f)) for f in fields if f.type == FieldDescriptor.TYPE_INT64]

    def build(parsed: msgspec.Struct) -> dict[str, Any]:
        values = msgspec.structs.asdict(parsed)
        for field, bounds in wide:
            if isinstance(values[field.name], str):
                values[field.name] = _wide(values[field.name], field, bounds)
        for name, json_name, repeated, inner in nested:
            value = values[name]
            if value is not None:
                values[name] = _each(value, json_name, inner) if repeated else _one(value, json_name, inner)
        return values

    return build


def _each(parsed: list[Any], name: str, build: Callable[[Any], dict[str, Any]]) -> list[dict[str, Any]]:
    built: list[dict[str, Any]] = []
    try:
        for one in parsed:
            built.append(build(one))  # noqa: PERF401 -- how many there are says which one is wrong
    except _OutOfBounds as wrong:
        raise _OutOfBounds(f"{name}[{len(built)}].{wrong.path}", wrong.expected) from None
    return built


def _one(parsed: Any, name: str, build: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    try:
        return build(parsed)
    except _OutOfBounds as wrong:
        raise _OutOfBounds(f"{name}.{wrong.path}", wrong.expected) from None


def _wide(text: str, field: FieldDescriptor, bounds: tuple[int, int]) -> int:
    number, (low, high) = int(text), bounds
    if not low <= number <= high:
        raise _OutOfBounds(field.json_name, _expected_wide(field))
    return number


def _bounds(field: FieldDescriptor) -> tuple[int, int]:
    rules, width = options.rules(field), 63 if field.type == FieldDescriptor.TYPE_INT64 else 31
    low = rules.minimum if rules.HasField("minimum") else -(2**width)
    return low, rules.maximum if rules.HasField("maximum") else 2**width - 1


def _expected_wide(field: FieldDescriptor) -> str:
    low, high = _bounds(field)
    return f"must be an integer from {low} to {high}"


def _decode_slowly(body: bytes, shape: type[msgspec.Struct], descriptor: Descriptor) -> msgspec.Struct:
    """Second try for what the fast way refused: ProtoJSON's other spellings are allowed too."""
    try:
        plain = msgspec.json.decode(body)
    except _UNREADABLE as error:
        raise MalformedJson(str(error)) from None
    try:
        return msgspec.convert(_one_spelling(plain, descriptor), shape)
    except msgspec.ValidationError as error:
        raise InvalidArgument(_violation(str(error), descriptor)) from None


def _one_spelling(value: object, descriptor: Descriptor) -> object:
    """The object with JSON names, enum names and plain integers.

    Follows the contract, not the input, so its depth is bounded; what does not
    fit is left for the type check to refuse.
    """
    if not isinstance(value, dict):
        return value
    fields = {name: f for f in descriptor.fields if not options.binding(f) for name in (f.name, f.json_name)}
    respelt: dict[object, object] = {}
    for key, inner in value.items():
        field = fields.get(key)
        if field is None:
            respelt[key] = inner
        elif field.is_repeated and isinstance(inner, list):
            respelt[field.json_name] = [_scalar_spelling(v, field) for v in inner]
        else:
            respelt[field.json_name] = _scalar_spelling(inner, field)
    return respelt


def _scalar_spelling(value: object, field: FieldDescriptor) -> object:
    if field.message_type is not None:
        return _one_spelling(value, field.message_type)
    if field.type in (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64):
        return _plain_integer(value)
    if field.type == FieldDescriptor.TYPE_ENUM:
        number = _plain_integer(value)
        return options.enum_names(field).get(number, value) if isinstance(number, int) else value
    return value


def _plain_integer(value: object) -> object:
    """An integer that is written as text or with a zero fraction, as ProtoJSON allows."""
    if isinstance(value, str) and _INTEGER_TEXT.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    # True is 1 to Python, and not a number to ProtoJSON.
    return str(value) if isinstance(value, bool) else value


def _violation(text: str, descriptor: Descriptor) -> FieldViolation:
    """What msgspec says as a field path and what is expected there; never what was sent."""
    where = _WHERE.search(text)
    path = where["path"].removeprefix(".") if where else ""
    what = text[: where.start()] if where else text
    if what.startswith("Object missing required field"):
        return FieldViolation(_inside(path, what), "is required")
    if what.startswith("Object contains unknown field"):
        return FieldViolation(_inside(path, what), "is not a field of this request")
    field = _field_at(path, descriptor)
    if field is not None and field.enum_type is not None:
        return FieldViolation(path, f"must be one of {', '.join(options.enum_names(field).values())}")
    if field is not None and field.type == FieldDescriptor.TYPE_INT64:
        return FieldViolation(path, _expected_wide(field))
    if field is not None and "matching regex" in what:
        return FieldViolation(path, f"must match {options.rules(field).pattern}")
    expected = what.split(", got ")[0].replace(" | null", "")
    return FieldViolation(path or "$", expected[:1].lower() + expected[1:])


def _inside(path: str, what: str) -> str:
    quoted = _QUOTED.search(what)
    name = quoted["name"] if quoted else ""
    return f"{path}.{name}".removeprefix(".") if _FIELD_NAME.fullmatch(name) else path or "$"


def _field_at(path: str, descriptor: Descriptor | None) -> FieldDescriptor | None:
    field: FieldDescriptor | None = None
    for step in re.sub(r"\[[0-9]+\]", "", path).split("."):
        if descriptor is None:
            return None
        field = next((f for f in descriptor.fields if f.json_name == step), None)
        descriptor = field.message_type if field is not None else None
    return field


def _refuse_nul(parsed: msgspec.Struct, path: str) -> None:
    """Name the field that holds U+0000; PostgreSQL text cannot, and no name does."""
    for info in msgspec.structs.fields(parsed):
        here = f"{path}.{info.encode_name}".removeprefix(".")
        value = getattr(parsed, info.name)
        values = (
            [(f"{here}[{i}]", v) for i, v in enumerate(value)] if isinstance(value, list) else [(here, value)]
        )
        for at, one in values:
            if isinstance(one, str) and "\0" in one:
                raise InvalidArgument(FieldViolation(at, "must not contain U+0000"))
            if isinstance(one, msgspec.Struct):
                _refuse_nul(one, at)


def _struct(descriptor: Descriptor, above: tuple[str, ...]) -> type[msgspec.Struct]:
    if descriptor.full_name in above:
        raise ContractError(f"{descriptor.full_name}: a request message must not contain itself")
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in descriptor.fields:
        if options.binding(field):
            continue
        if field.containing_oneof is not None and len(field.containing_oneof.fields) > 1:
            raise ContractError(f"{field.full_name}: a oneof is not supported in a request")
        rules = options.rules(field)
        kind = _type(field, rules, (*above, descriptor.full_name))
        fields.append((field.name, kind) if rules.required else (field.name, kind | None, None))
    return msgspec.defstruct(
        descriptor.name,
        fields,
        rename={f.name: f.json_name for f in descriptor.fields},
        forbid_unknown_fields=True,
        kw_only=True,
    )


def _type(field: FieldDescriptor, rules: access_pb2.FieldRules, above: tuple[str, ...]) -> Any:
    if not field.is_repeated:
        return _single(field, rules, above)
    if not rules.max_items:
        raise ContractError(f"{field.full_name}: a repeated request field needs rules.max_items")
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        raise ContractError(f"{field.full_name}: a map is not supported in a request")
    least = 1 if rules.required else 0
    return Annotated[
        list[_single(field, rules, above)],  # type: ignore[misc]  # built from the contract
        msgspec.Meta(min_length=least, max_length=rules.max_items),
    ]


def _single(field: FieldDescriptor, rules: access_pb2.FieldRules, above: tuple[str, ...]) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text(field, rules)
    if field.message_type is not None and field.message_type.file.package.startswith("vss."):
        return _struct(field.message_type, above)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return Literal[tuple(options.enum_names(field).values())]
    if field.type == FieldDescriptor.TYPE_BOOL:
        return bool
    if field.type == FieldDescriptor.TYPE_INT32:
        return Annotated[int, msgspec.Meta(ge=_bounds(field)[0], le=_bounds(field)[1])]
    if field.type == FieldDescriptor.TYPE_INT64:
        # ProtoJSON writes it as text, and reads it as a number too.
        text = Annotated[str, msgspec.Meta(pattern=rf"^(?:{_INTEGER_TEXT.pattern})\Z")]
        return Annotated[int, msgspec.Meta(ge=_bounds(field)[0], le=_bounds(field)[1])] | text
    raise ContractError(f"{field.full_name}: this kind of field is not supported in a request")


def _text(field: FieldDescriptor, rules: access_pb2.FieldRules) -> Any:
    if not rules.max_length:
        raise ContractError(f"{field.full_name}: a request string needs rules.max_length")
    # An optional string may be empty, which is ProtoJSON's "absent".
    whole = rf"^(?:{rules.pattern}){'' if rules.required else '?'}\Z"
    return Annotated[
        str,
        msgspec.Meta(
            min_length=1 if rules.required else 0,
            max_length=rules.max_length,
            pattern=whole if rules.pattern else None,
        ),
    ]
