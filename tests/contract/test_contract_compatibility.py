"""What the last release promised still holds: agencies and queued commands speak its contracts.

``protos/released.binpb`` holds them; ``python -m protos.generate --release`` renews it
when a release is made, and never to make this test pass.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

PROTOS = Path(__file__).parents[2] / "protos"


def contracts(path: Path) -> FileDescriptorSet:
    return FileDescriptorSet.FromString(path.read_bytes())


def messages(files: FileDescriptorSet) -> Iterator[tuple[str, DescriptorProto]]:
    """Every message with its full name, nested ones too."""

    def walk(prefix: str, found: DescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
        name = f"{prefix}.{found.name}"
        yield name, found
        for nested in found.nested_type:
            yield from walk(name, nested)

    for file in files.file:
        for message in file.message_type:
            yield from walk(file.package, message)


def enums(files: FileDescriptorSet) -> Iterator[tuple[str, EnumDescriptorProto]]:
    """Every enum with its full name."""
    for file in files.file:
        for enum in file.enum_type:
            yield f"{file.package}.{enum.name}", enum
    for name, message in messages(files):
        for enum in message.enum_type:
            yield f"{name}.{enum.name}", enum


def breaks(old: FileDescriptorSet, new: FileDescriptorSet) -> list[str]:
    """Everything in ``new`` that breaks what ``old`` promised."""
    return [*_broken_messages(old, new), *_broken_enums(old, new), *_broken_services(old, new)]


def _broken_messages(old: FileDescriptorSet, new: FileDescriptorSet) -> Iterator[str]:
    now = dict(messages(new))
    for name, before in messages(old):
        after = now.get(name)
        if after is None:
            yield f"{name} is gone"
            continue
        fields = {f.number: f for f in after.field}
        for field in before.field:
            current = fields.get(field.number)
            if current is None:
                if not any(r.start <= field.number < r.end for r in after.reserved_range):
                    yield f"{name}.{field.name} is gone and its number {field.number} is not reserved"
            elif _promise(field) != _promise(current):
                yield f"{name}.{field.name} is not what it was"


def _promise(field: FieldDescriptorProto) -> tuple[object, ...]:
    return (field.name, field.json_name, field.type, field.type_name, field.label, field.proto3_optional)


def _broken_enums(old: FileDescriptorSet, new: FileDescriptorSet) -> Iterator[str]:
    now = {name: {v.number: v.name for v in enum.value} for name, enum in enums(new)}
    for name, before in enums(old):
        for value in before.value:
            if now.get(name, {}).get(value.number) != value.name:
                yield f"{name}: {value.number} is no longer {value.name}"


def _broken_services(old: FileDescriptorSet, new: FileDescriptorSet) -> Iterator[str]:
    now = dict(_rpcs(new))
    for name, before in _rpcs(old):
        after = now.get(name)
        if after is None:
            yield f"{name} is gone"
        elif after != before:
            yield f"{name} is not what it was"


def _rpcs(files: FileDescriptorSet) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Every RPC with its request, response and route."""
    for file in files.file:
        for service in file.service:
            for method in service.method:
                route = method.options.Extensions[annotations_pb2.http].post
                name = f"{file.package}.{service.name}/{method.name}"
                yield name, (method.input_type, method.output_type, route)


def test_the_contracts_keep_what_the_last_release_promised() -> None:
    released = contracts(PROTOS / "released.binpb")
    assert list(_rpcs(released))
    assert breaks(released, contracts(PROTOS / "gen" / "vss" / "contract.binpb")) == []


def test_every_contract_is_in_the_generated_set() -> None:
    generated = {file.name for file in contracts(PROTOS / "gen" / "vss" / "contract.binpb").file}
    assert generated == {str(p.relative_to(PROTOS)) for p in (PROTOS / "vss").rglob("*.proto")}


def identity(files: FileDescriptorSet) -> FileDescriptorProto:
    return next(f for f in files.file if f.package == "vss.identity.v1")


def renumber(files: FileDescriptorSet) -> None:
    identity(files).message_type[0].field[1].number = 90


def retype(files: FileDescriptorSet) -> None:
    identity(files).message_type[0].field[1].type = FieldDescriptorProto.TYPE_BYTES


def rename(files: FileDescriptorSet) -> None:
    identity(files).message_type[0].field[1].json_name = "name"


def drop_rpc(files: FileDescriptorSet) -> None:
    del identity(files).service[0].method[0]


def drop_message(files: FileDescriptorSet) -> None:
    del identity(files).message_type[0]


def reuse_enum_number(files: FileDescriptorSet) -> None:
    identity(files).enum_type[0].value[1].name = "IDENTITY_RESULT_OTHER"


def move_route(files: FileDescriptorSet) -> None:
    identity(files).service[0].method[0].options.Extensions[annotations_pb2.http].post = "/v2/identity:verify"


@pytest.mark.parametrize(
    "change", [renumber, retype, rename, drop_rpc, drop_message, reuse_enum_number, move_route]
)
def test_a_change_that_breaks_a_promise_is_found(change: Callable[[FileDescriptorSet], None]) -> None:
    released, changed = (contracts(PROTOS / "released.binpb") for _ in range(2))
    change(changed)
    assert len(breaks(released, changed)) == 1


def test_a_field_may_go_when_its_number_is_reserved_and_anything_may_be_added() -> None:
    released, changed = (contracts(PROTOS / "released.binpb") for _ in range(2))
    request = identity(changed).message_type[0]
    gone = request.field.pop(1)
    request.reserved_range.add(start=gone.number, end=gone.number + 1)
    request.field.add(name="added", json_name="added", number=99, type=FieldDescriptorProto.TYPE_STRING)
    identity(changed).message_type.add(name="Added")
    assert breaks(released, changed) == []
