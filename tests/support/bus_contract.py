"""A contract that only the tests of the bus know: made here, in no .proto file, in nobody's topology.

service vss.bustest.v1.LedgerCommandService {
  rpc Add(AddRequest) returns (AddResponse);
  rpc Unserved(AddRequest) returns (AddResponse);   // only in the wider contract
}
event vss.bustest.v1.Added
"""

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

_INT64: Final = descriptor_pb2.FieldDescriptorProto.TYPE_INT64
_STRING: Final = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
PACKAGE: Final = "vss.bustest.v1"
SERVICE: Final = f"{PACKAGE}.LedgerCommandService"
ADD: Final = f"{SERVICE}/Add"
ADDED: Final = f"{PACKAGE}.Added"
SUBSCRIBER: Final = "bustest"


def _message(file: descriptor_pb2.FileDescriptorProto, name: str, **fields: "int") -> None:
    message = file.message_type.add(name=name)
    for number, (field, kind) in enumerate(fields.items(), start=1):
        message.field.add(name=field, number=number, type=kind, label=1)  # type: ignore[arg-type]


def _file() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="vss/bustest/v1/bustest.proto", package=PACKAGE, syntax="proto3"
    )
    _message(file, "AddRequest", account=_STRING, amount=_INT64, how=_STRING)
    _message(file, "AddResponse", place=_INT64, agency_id=_STRING, seen=_STRING)
    _message(file, "Added", account=_STRING, amount=_INT64)
    service = file.service.add(name="LedgerCommandService")
    service.method.add(name="Add", input_type=f".{PACKAGE}.AddRequest", output_type=f".{PACKAGE}.AddResponse")
    return descriptor_pool.Default().AddSerializedFile(file.SerializeToString()) or (
        descriptor_pool.Default().FindFileByName(file.name)
    )


FILE: Final = _file()
COMMANDS: Final = FILE.services_by_name["LedgerCommandService"]


def _class(name: str) -> type[Message]:
    return message_factory.GetMessageClass(FILE.message_types_by_name[name])


AddRequest: Final[Any] = _class("AddRequest")
AddResponse: Final[Any] = _class("AddResponse")
Added: Final[Any] = _class("Added")


class LedgerStub:
    """As the generator writes it."""

    def __init__(self, channel: Any) -> None:
        self.Add = channel.unary_unary(
            f"/{ADD}",
            request_serializer=AddRequest.SerializeToString,
            response_deserializer=AddResponse.FromString,
            _registered_method=True,
        )
