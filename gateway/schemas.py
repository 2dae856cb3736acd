"""JSON Schemas (draft 2020-12) of the contract's messages, for the OpenAPI document.

The form is ProtoJSON as the gateway reads and writes it: a request schema knows
no bound field, an answer schema no field that is never sent. ``x-data-class``
says what a grant must cover for a field to appear.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from lienthong.access import options
from lienthong.access.answers import NEVER_SENT, field_class
from lienthong.access.contract import ContractError
from vss.access.v1 import access_pb2

Schema: TypeAlias = dict[str, Any]

_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.rpc.Status": {"$ref": "#/components/schemas/RefusedItem"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
}
_ROLES: dict[int, str] = {
    access_pb2.SUBJECT_ROLE_ASKED: "asked",
    access_pb2.SUBJECT_ROLE_ANSWERED: "answered",
}


class Schemas:
    """Collects the schema of each message and enum under its short name."""

    def __init__(self, comments: Mapping[str, str]) -> None:
        self._comments = comments
        self._owners: dict[str, str] = {}
        self.components: dict[str, Schema] = {}

    def request(self, descriptor: Descriptor) -> Schema:
        """A reference to the schema of what an agency may send.

        Raises ``ContractError`` when another message has the same short name.
        """
        return self._message(descriptor, is_request=True)

    def answer(self, descriptor: Descriptor) -> Schema:
        """A reference to the schema of what an agency may be answered; raises like ``request``."""
        return self._message(descriptor, is_request=False)

    def parameter(self, field: FieldDescriptor) -> Schema:
        """The schema of one field of a request that comes in the URL."""
        return self._field(field, is_request=True)

    def _message(self, descriptor: Descriptor, *, is_request: bool) -> Schema:
        if descriptor.full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[descriptor.full_name])
        if self._is_new(descriptor):
            fields = [f for f in descriptor.fields if _is_public(f, is_request=is_request)]
            schema = self.components[descriptor.name]
            schema["type"] = "object"
            self._describe(schema, descriptor.full_name)
            schema["properties"] = {f.json_name: self._field(f, is_request=is_request) for f in fields}
            required = [f.json_name for f in fields if options.rules(f).required]
            if is_request:
                schema["additionalProperties"] = False
                schema |= {"required": required} if required else {}
        return {"$ref": f"#/components/schemas/{descriptor.name}"}

    def _field(self, field: FieldDescriptor, *, is_request: bool) -> Schema:
        rules = options.rules(field)
        schema = self._single(field, rules, is_request=is_request)
        if field.is_repeated:
            schema = {"type": "array", "items": schema}
            if rules.max_items:
                schema |= {"minItems": int(rules.required), "maxItems": rules.max_items}
        elif rules.example:
            whole = field.type == FieldDescriptor.TYPE_INT32
            schema["examples"] = [int(rules.example) if whole else rules.example]
        self._describe(schema, field.full_name)
        if not is_request:
            schema["x-data-class"] = field_class(field)
        if role := _ROLES.get(options.subject_role(field)):
            schema["x-subject"] = role
        return schema

    def _single(self, field: FieldDescriptor, rules: access_pb2.FieldRules, *, is_request: bool) -> Schema:
        match field.type:
            case FieldDescriptor.TYPE_STRING:
                return _text(rules, is_request=is_request)
            case FieldDescriptor.TYPE_BOOL:
                return {"type": "boolean"}
            case FieldDescriptor.TYPE_INT32 | FieldDescriptor.TYPE_UINT32:
                return {"type": "integer", "format": "int32", **_bounds(rules)}
            case FieldDescriptor.TYPE_INT64:
                return {"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$"}
            case FieldDescriptor.TYPE_ENUM:
                return self._enum(field.enum_type)
            case FieldDescriptor.TYPE_MESSAGE:
                return self._message(options.message_type(field), is_request=is_request)
        raise ContractError(f"{field.full_name}: this kind of field has no schema")

    def _enum(self, enum: EnumDescriptor | None) -> Schema:
        if enum is None:
            raise TypeError
        if self._is_new(enum):
            schema = self.components[enum.name]
            schema["type"] = "string"
            schema["enum"] = [v.name for v in enum.values]
            self._describe(schema, enum.full_name)
            meanings = {v.name: self._comments.get(f"{enum.full_name}.{v.name}", "") for v in enum.values}
            schema["x-enum-descriptions"] = {name: text for name, text in meanings.items() if text}
        return {"$ref": f"#/components/schemas/{enum.name}"}

    def _is_new(self, descriptor: Descriptor | EnumDescriptor) -> bool:
        owner = self._owners.setdefault(descriptor.name, descriptor.full_name)
        if owner != descriptor.full_name:
            raise ContractError(f"{descriptor.full_name}: has the short name of {owner}")
        if descriptor.name in self.components:
            return False
        self.components[descriptor.name] = {}
        return True

    def _describe(self, schema: Schema, full_name: str) -> None:
        if text := self._comments.get(full_name):
            schema["description"] = text


def sent_classes(descriptor: Descriptor) -> list[str]:
    """The data classes that an answer can carry, in the contract's order."""
    found = set(_classes_in(descriptor))
    return [name for name in _class_order() if name in found]


def _classes_in(descriptor: Descriptor) -> Iterator[str]:
    for field in descriptor.fields:
        if _is_public(field, is_request=False):
            yield field_class(field)
            if field.message_type is not None and field.message_type.full_name not in _WELL_KNOWN:
                yield from _classes_in(field.message_type)


def _class_order() -> list[str]:
    return [name.removeprefix("DATA_CLASS_").lower() for name in access_pb2.DataClass.keys()]  # noqa: SIM118 -- not a dict


def _is_public(field: FieldDescriptor, *, is_request: bool) -> bool:
    return not options.binding(field) if is_request else field_class(field) not in NEVER_SENT


def _text(rules: access_pb2.FieldRules, *, is_request: bool) -> Schema:
    schema: Schema = {"type": "string"}
    if is_request:
        schema |= {"minLength": int(rules.required), "maxLength": rules.max_length}
        if rules.pattern:
            # An optional text may be empty, which is ProtoJSON's "absent".
            schema["pattern"] = f"^(?:{rules.pattern}){'' if rules.required else '?'}$"
    return schema


def _bounds(rules: access_pb2.FieldRules) -> Schema:
    bounds: Schema = {}
    if rules.HasField("minimum"):
        bounds["minimum"] = rules.minimum
    if rules.HasField("maximum"):
        bounds["maximum"] = rules.maximum
    return bounds
