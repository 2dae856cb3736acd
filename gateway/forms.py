"""How a request of each capability is read and completed, apart from who sent it and what is done with it.

Pure: a body, the values that the gateway binds and the persons go in, a message comes
out. The same functions run in the gateway's event loop for an ordinary body and in
``gateway.helper`` for a large one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.message import Message

from lienthong.access.contract import Capability, ContractError
from lienthong.access.raw import RawDecoder
from lienthong.access.requests import Decoder, QueryDecoder, query_decoder, request_decoder
from lienthong.access.subjects import Finder, Lines, asked_finder, binder, person_lines
from vss.access.v1 import access_pb2

Bind: TypeAlias = Callable[[Any, Any], None]
# Binding -> the value that is put in.
Bound: TypeAlias = Mapping[int, str | int]

_SINGLE_BINDINGS: tuple[int, ...] = (
    access_pb2.BINDING_FACILITY_CODE,
    access_pb2.BINDING_EMPLOYER_CODE,
    access_pb2.BINDING_PERSON_ID,
    access_pb2.BINDING_AGENCY_ID,
    access_pb2.BINDING_PROVINCE_CODE,
    access_pb2.BINDING_STAFF,
    access_pb2.BINDING_CITIZEN_ID,
    access_pb2.BINDING_PURPOSE,
    access_pb2.BINDING_RECENT_CHECK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What must be known of one capability's requests. ``decode_query`` is that of a GET."""

    rpc: str
    request_class: type[Message]
    decode: Decoder
    decode_query: QueryDecoder | None
    asked: Finder
    binders: Mapping[int, Bind]
    lines: Lines | None
    # The body is carried, not read: nothing in it is JSON.
    is_raw: bool
    ordering_field: str | None

    def bind(self, request: Any, bound: Bound) -> None:
        """Put in the values that this request has a place for."""
        for binding, put in self.binders.items():
            value = bound.get(binding)
            if value:
                put(request, value)

    def identifiers(self, request: Any) -> list[str]:
        """The identifiers whose persons the request is to hold, in order."""
        return self.lines.identifiers(request) if self.lines is not None else []

    def fill(self, request: Any, persons: Iterable[Any]) -> None:
        """Put in the persons of ``identifiers``."""
        if self.lines is not None:
            self.lines.fill(request, list(persons))

    def ordering_value(self, request: Any) -> str:
        """The value that orders this command; "" when it asks for no order."""
        return str(getattr(request, self.ordering_field)) if self.ordering_field else ""


def form_of(capability: Capability) -> Form:
    """The form of a capability's requests. Raises ``ContractError`` for a contract that cannot be read so."""
    cls = capability.request_class
    binders = {binding: put for binding in _SINGLE_BINDINGS if (put := binder(cls, binding)) is not None}
    if access_pb2.BINDING_RECENT_CHECK in binders and access_pb2.BINDING_PERSON_ID not in binders:
        raise ContractError(f"{capability.rpc}: a recent check is of a person, and none is bound")
    is_get = capability.http_method == "GET"
    return Form(
        rpc=capability.rpc,
        request_class=cls,
        decode=request_decoder(cls) if capability.raw_body is None else RawDecoder(cls, capability.raw_body),
        decode_query=query_decoder(cls, capability.variable) if is_get else None,
        asked=asked_finder(cls),
        binders=binders,
        lines=person_lines(cls),
        is_raw=capability.raw_body is not None,
        ordering_field=capability.ordering_field,
    )
