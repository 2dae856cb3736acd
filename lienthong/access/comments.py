"""What the contracts say in their comments, for documentation.

Generated code drops comments; ``vss/contract.binpb``, made with it from the same
files, keeps them.
"""

import importlib.resources
import re
from collections.abc import Iterator, Mapping

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

# Field numbers in descriptor.proto: a location's path is made of them.
_MESSAGE, _ENUM, _SERVICE, _SYNTAX = 4, 5, 6, 12
_FIELD_IN_MESSAGE, _MESSAGE_IN_MESSAGE, _ENUM_IN_MESSAGE = 2, 3, 4
_VALUE_IN_ENUM, _METHOD_IN_SERVICE = 2, 2

_Path = tuple[int, ...]
_Named = Iterator[tuple[_Path, str]]


def contract_comments() -> Mapping[str, str]:
    """Full name of a package, service, method, message, field or enum value -> its comment.

    Paragraphs are parted by an empty line; inside one the lines are joined.
    """
    data = (importlib.resources.files("vss") / "contract.binpb").read_bytes()
    comments: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(data).file:
        names = dict(_names(file))
        for location in file.source_code_info.location:
            name = names.get(tuple(location.path))
            if name is not None and location.leading_comments.strip():
                comments[name] = _joined(location.leading_comments)
    return comments


def _names(file: FileDescriptorProto) -> _Named:
    yield (_SYNTAX,), file.package
    for number, message in enumerate(file.message_type):
        yield from _in_message((_MESSAGE, number), f"{file.package}.{message.name}", message)
    for number, enum in enumerate(file.enum_type):
        yield from _in_enum((_ENUM, number), f"{file.package}.{enum.name}", enum)
    for number, service in enumerate(file.service):
        path, name = (_SERVICE, number), f"{file.package}.{service.name}"
        yield path, name
        for inner, method in enumerate(service.method):
            yield (*path, _METHOD_IN_SERVICE, inner), f"{name}.{method.name}"


def _in_message(path: _Path, name: str, message: DescriptorProto) -> _Named:
    yield path, name
    for number, field in enumerate(message.field):
        yield (*path, _FIELD_IN_MESSAGE, number), f"{name}.{field.name}"
    for number, nested in enumerate(message.nested_type):
        yield from _in_message((*path, _MESSAGE_IN_MESSAGE, number), f"{name}.{nested.name}", nested)
    for number, enum in enumerate(message.enum_type):
        yield from _in_enum((*path, _ENUM_IN_MESSAGE, number), f"{name}.{enum.name}", enum)


def _in_enum(path: _Path, name: str, enum: EnumDescriptorProto) -> _Named:
    yield path, name
    for number, value in enumerate(enum.value):
        yield (*path, _VALUE_IN_ENUM, number), f"{name}.{value.name}"


def _joined(comment: str) -> str:
    paragraphs = re.split(r"\n[ \t]*\n", comment.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
