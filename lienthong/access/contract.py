"""The contract, read once at start: which RPC has which route, scope and purposes.

    Contract
    └── Capability      one RPC that agencies may call
        └── BatchCall   the sibling RPC through which concurrent calls are shared

A contract that contradicts itself stops the start with ``ContractError``, which
names the RPC: a gateway with half an access table must not serve.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf.descriptor import FieldDescriptor, FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from lienthong.access import options
from vss.access.v1 import access_pb2

_SCOPE = re.compile(r"[a-z_]+:[a-z_]+")
# A path that needs no percent-encoding, so that it is signed as it is written.
_PATH = re.compile(r"(?:/[A-Za-z0-9._-]+)+(?::[A-Za-z0-9]+)?")
# The same with one variable, which is the whole last segment.
_PATH_OF_ONE = re.compile(r"((?:/[A-Za-z0-9._-]+)+/)\{([a-z_]+)\}")


class ContractError(Exception):
    """The options on an RPC or its messages contradict each other."""


class Delivery(StrEnum):
    """How a capability's request reaches whoever answers it."""

    GRPC = "grpc"
    BUS = "bus"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class BatchCall:
    """The RPC that answers many requests of one capability in one call."""

    rpc: str
    request_class: type[Message]
    response_class: type[Message]


@dataclass(frozen=True, slots=True)
class RawBody:
    """The field that holds a whole body as it comes or goes, with the media types that it may have.

    ``deflated``: the field holds it compressed (zlib, RFC 1950).
    """

    field: str
    media_types: tuple[str, ...]
    deflated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One RPC that agencies may call, with everything its options say.

    ``rpc`` is the full name, ``vss.identity.v1.IdentityQueryService/VerifyIdentity``;
    ``service`` the owning process, ``identity``; ``purposes`` are header codes
    such as ``admission``. ``variable`` is the request field that the last segment of
    a GET path holds; its other fields are query parameters. ``ordering_field`` is the
    request field whose value orders commands, ``max_body_bytes`` the longest body (0:
    the gateway's usual cap). ``raw_body`` is set when the body is carried, not read;
    ``raw_answer`` when the answer's body is octets that are no JSON.
    """

    rpc: str
    service: str
    http_method: str
    path: str
    variable: str | None
    scope: str
    purposes: frozenset[str]
    delivery: Delivery
    ordering_field: str | None
    max_body_bytes: int
    raw_body: RawBody | None
    raw_answer: RawBody | None
    staff_required: bool
    summary_vi: str
    request_class: type[Message]
    response_class: type[Message]
    batch: BatchCall | None
    descriptor: MethodDescriptor


class Contract:
    """Every capability, by route and by RPC name."""

    def __init__(self, capabilities: Iterable[Capability]) -> None:
        self.capabilities = tuple(capabilities)
        by_route: dict[tuple[str, str], Capability] = {}
        for capability in self.capabilities:
            other = by_route.setdefault((capability.http_method, capability.path), capability)
            if other is not capability:
                raise ContractError(f"{capability.rpc}: has the route of {other.rpc}")
        self.by_route: Mapping[tuple[str, str], Capability] = by_route
        self.paths = frozenset(c.path for c in self.capabilities)
        self.scopes = frozenset(c.scope for c in self.capabilities)


def load_contract(files: Iterable[FileDescriptor]) -> Contract:
    """Read the options of every service in ``files``.

    Raises ``ContractError`` naming the RPC whose options contradict each other.
    """
    return Contract(
        _capability(method, access)
        for file in files
        for service in file.services_by_name.values()
        for method in service.methods
        if (access := _access(method)) is not None
    )


def purpose_code(value: int) -> str:
    """The Purpose header's code for an enum value: ``PURPOSE_OWN_DATA`` -> ``own_data``."""
    return access_pb2.Purpose.Name(value).removeprefix("PURPOSE_").lower()


def data_class_code(value: int) -> str:
    """The code of a data class in a grant: ``DATA_CLASS_RESULT`` -> ``result``."""
    return access_pb2.DataClass.Name(value).removeprefix("DATA_CLASS_").lower()


def rpc_name(method: MethodDescriptor) -> str:
    """``package.Service/Method``, as in a gRPC path without the leading slash."""
    return f"{method.containing_service.full_name}/{method.name}"


def _access(method: MethodDescriptor) -> access_pb2.MethodAccess | None:
    access = options.method_access(method)
    if access is None and options.http_rule(method) is not None:
        raise ContractError(f"{rpc_name(method)}: has a route but does not say who may call it")
    return access


def _capability(method: MethodDescriptor, access: access_pb2.MethodAccess) -> Capability:
    _expect_complete(method, access)
    raw = _raw_body(method)
    http_method, path, variable = _route(method, raw)
    return Capability(
        rpc=rpc_name(method),
        service=_service(method),
        http_method=http_method,
        path=path,
        variable=variable,
        scope=access.scope,
        purposes=frozenset(purpose_code(p) for p in access.purposes),
        delivery=Delivery(access_pb2.Delivery.Name(access.delivery).removeprefix("DELIVERY_").lower()),
        ordering_field=_ordering_field(method, access.ordering_field),
        max_body_bytes=access.max_body_bytes,
        raw_body=raw,
        raw_answer=_raw_answer(method),
        staff_required=access.staff_required,
        summary_vi=access.summary_vi,
        request_class=GetMessageClass(method.input_type),
        response_class=GetMessageClass(method.output_type),
        batch=_batch(method, access.batch_method) if access.batch_method else None,
        descriptor=method,
    )


def _expect_complete(method: MethodDescriptor, access: access_pb2.MethodAccess) -> None:
    known = set(access_pb2.Purpose.values()) - {access_pb2.PURPOSE_UNSPECIFIED}
    wrong = {
        "scope must be <thing>:<verb>": not _SCOPE.fullmatch(access.scope),
        "no purpose, so nobody could call it": not access.purposes,
        "names a purpose that does not exist": not known.issuperset(access.purposes),
        "delivery is not said": access.delivery not in set(access_pb2.Delivery.values()) - {0},
        "a stream has no signed answer": method.client_streaming or method.server_streaming,
        "only a gRPC call can be shared": bool(access.batch_method)
        and access.delivery != access_pb2.DELIVERY_GRPC,
        "only a command has an order": bool(access.ordering_field)
        and access.delivery != access_pb2.DELIVERY_BUS,
    }
    for what, is_wrong in wrong.items():
        if is_wrong:
            raise ContractError(f"{rpc_name(method)}: {what}")


def _service(method: MethodDescriptor) -> str:
    """The owning process, from the package: ``vss.<service>.v<n>``."""
    parts = method.containing_service.file.package.split(".")
    if len(parts) != 3:  # vss, the service, its version
        raise ContractError(f"{rpc_name(method)}: the package must be vss.<service>.v<n>")
    return parts[1]


def _raw_body(method: MethodDescriptor) -> RawBody | None:
    """The field that is the body; then nothing else of the request comes from the agency."""
    sent = [f for f in method.input_type.fields if not options.binding(f)]
    found = [(f, raw) for f in sent if (raw := options.raw_body(f)) is not None]
    if not found:
        return None
    field, raw = found[0]
    if len(sent) != 1 or field.type != FieldDescriptor.TYPE_BYTES or field.is_repeated or not raw.media_types:
        raise ContractError(
            f"{rpc_name(method)}: a raw body is one bytes field with its media types, beside bound ones alone"
        )
    return RawBody(field.name, tuple(raw.media_types), raw.deflated)


def _raw_answer(method: MethodDescriptor) -> RawBody | None:
    """The response's field that is the answer's whole body; then ``media_type`` is the only other one."""
    found = [(f, raw) for f in method.output_type.fields if (raw := options.raw_body(f)) is not None]
    if not found:
        return None
    field, raw = found[0]
    plain = field.type == FieldDescriptor.TYPE_BYTES and not field.is_repeated and not raw.deflated
    names = {f.name for f in method.output_type.fields}
    if names != {field.name, "media_type"} or not plain or not raw.media_types:
        raise ContractError(
            f"{rpc_name(method)}: a raw answer is one bytes field with its media types, and media_type"
        )
    return RawBody(field.name, tuple(raw.media_types), deflated=False)


def _route(method: MethodDescriptor, raw: RawBody | None) -> tuple[str, str, str | None]:
    """The one HTTP route: its method, its path and the field in it.

    Personal identifiers never stand in a URL: what has a subject is a POST, whose whole
    request is the body and whose path has no variable. Only a raw body is one field of it.
    """
    rule = options.http_rule(method)
    if rule is not None and not rule.additional_bindings:
        kind = rule.WhichOneof("pattern")
        if kind == "post" and rule.body == (raw.field if raw else "*") and _PATH.fullmatch(rule.post):
            return "POST", rule.post, None
        if kind == "get" and not rule.body:
            return _get_route(method, rule.get)
    raise ContractError(
        f'{rpc_name(method)}: needs google.api.http with one plain post path and body "*" '
        "(the field's name when that is a raw body), or one get path"
    )


def _get_route(method: MethodDescriptor, path: str) -> tuple[str, str, str | None]:
    for one in method.input_type.fields:
        if options.subject_role(one) or one.message_type is not None or one.is_repeated:
            raise ContractError(f"{rpc_name(method)}: {one.name} cannot stand in a URL")
    if _PATH.fullmatch(path):
        return "GET", path, None
    found = _PATH_OF_ONE.fullmatch(path)
    field = method.input_type.fields_by_name.get(found[2] if found else "")
    if found is None or field is None or not options.rules(field).pattern or options.binding(field):
        raise ContractError(
            f"{rpc_name(method)}: a get path has at most one variable, at its end, a field with a pattern"
        )
    return "GET", path, found[2]


def _ordering_field(method: MethodDescriptor, name: str) -> str | None:
    if not name:
        return None
    field = method.input_type.fields_by_name.get(name)
    if field is None or field.type != FieldDescriptor.TYPE_STRING or field.is_repeated:
        raise ContractError(f"{rpc_name(method)}: no text field {name} to order by")
    return name


def _batch(method: MethodDescriptor, batch_name: str) -> BatchCall:
    batch = method.containing_service.methods_by_name.get(batch_name)
    if batch is None:
        raise ContractError(f"{rpc_name(method)}: no RPC {batch_name} beside it")
    _expect_batch_shape(method, batch)
    return BatchCall(
        rpc=rpc_name(batch),
        request_class=GetMessageClass(batch.input_type),
        response_class=GetMessageClass(batch.output_type),
    )


def _expect_batch_shape(method: MethodDescriptor, batch: MethodDescriptor) -> None:
    requests = batch.input_type.fields_by_name.get("requests")
    results = batch.output_type.fields_by_name.get("results")
    result = results.message_type if results is not None and results.is_repeated else None
    fits = (
        requests is not None
        and requests.is_repeated
        and _is_of(requests, method.input_type.full_name)
        and result is not None
        and {f.name for f in result.fields} == {"response", "error"}
        and _is_of(result.fields_by_name["response"], method.output_type.full_name)
        and _is_of(result.fields_by_name["error"], "google.rpc.Status")
    )
    if not fits:
        raise ContractError(f"{rpc_name(batch)}: is not a batch of {method.name}")


def _is_of(field: FieldDescriptor, full_name: str) -> bool:
    return field.message_type is not None and field.message_type.full_name == full_name
