"""The options of ``protos/vss/access`` off a descriptor, with their types.

The stubs of protobuf do not know custom options; this is the one place where
they are read untyped.
"""

from typing import Any, cast

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from vss.access.v1 import access_pb2

_ACCESS: Any = access_pb2.access
_DATA_CLASS: Any = access_pb2.data_class
_RULES: Any = access_pb2.rules
_BINDING: Any = access_pb2.binding
_SUBJECT: Any = access_pb2.subject
_RECURRING: Any = access_pb2.recurring
_RAW_BODY: Any = access_pb2.raw_body
_HTTP: Any = annotations_pb2.http


def method_access(method: MethodDescriptor) -> access_pb2.MethodAccess | None:
    """Who may call the RPC; None for an internal one."""
    options = method.GetOptions()
    access: access_pb2.MethodAccess = options.Extensions[_ACCESS]
    return access if options.HasExtension(_ACCESS) else None


def http_rule(method: MethodDescriptor) -> http_pb2.HttpRule | None:
    """The RPC's HTTP route; None without one."""
    options = method.GetOptions()
    rule: http_pb2.HttpRule = options.Extensions[_HTTP]
    return rule if options.HasExtension(_HTTP) else None


def data_class(field: FieldDescriptor) -> int:
    """How sensitive a response field is; 0 when the contract does not say."""
    value: int = field.GetOptions().Extensions[_DATA_CLASS]
    return value


def rules(field: FieldDescriptor) -> access_pb2.FieldRules:
    """What a request field must look like; without rules an empty message."""
    value: access_pb2.FieldRules = field.GetOptions().Extensions[_RULES]
    return value


def binding(field: FieldDescriptor) -> int:
    """Where the gateway takes the field's value from; 0 when the agency sends it."""
    value: int = field.GetOptions().Extensions[_BINDING]
    return value


def subject_role(field: FieldDescriptor) -> int:
    """Whether the field names a person asked about or answered; 0 when it does not."""
    value: int = field.GetOptions().Extensions[_SUBJECT]
    return value


def raw_body(field: FieldDescriptor) -> access_pb2.RawBody | None:
    """What the body is when this field holds it whole; None for every other field."""
    options = field.GetOptions()
    value: access_pb2.RawBody = options.Extensions[_RAW_BODY]
    return value if options.HasExtension(_RAW_BODY) else None


def recurring(descriptor: Descriptor) -> bool:
    """Whether the same few values of a message stand in many answers."""
    value: bool = descriptor.GetOptions().Extensions[_RECURRING]
    return value


def descriptor_of(message_class: type[Message]) -> Descriptor:
    """The descriptor of a generated message class."""
    descriptor: Any = message_class.DESCRIPTOR
    return cast("Descriptor", descriptor)


def message_type(field: FieldDescriptor) -> Descriptor:
    """The message that a message field holds."""
    if field.message_type is None:
        raise TypeError(f"{field.full_name} is not a message field")
    return field.message_type


def enum_names(field: FieldDescriptor) -> dict[int, str]:
    """Number -> name of an enum field's values, in the contract's order."""
    if field.enum_type is None:
        raise TypeError(f"{field.full_name} is not an enum field")
    return {value.number: value.name for value in field.enum_type.values}
