"""Every capability with what a request to it needs, prepared once at start."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor

from gateway.faces import Dialect, Face, Written
from gateway.forms import Bind, Form, form_of
from gateway.problems import Problem
from lienthong.access import options
from lienthong.access.answers import NEVER_SENT, answer_encoder, field_class
from lienthong.access.contract import Capability, Contract, Delivery, RawBody
from lienthong.access.subjects import Finder, answered_finder
from lienthong.telemetry import metrics
from vss.access.v1 import access_pb2


@dataclass(frozen=True, slots=True)
class Question:
    """What whoever answers gets: the request, who waits for it, and until when (loop time).

    Only for what the gateway answers itself: ``wait`` is for how many seconds the asker
    prefers to wait for an end, ``citizen`` the name in the log of the citizen who asks.
    """

    request: Any
    request_id: str
    traceparent: str
    deadline: float
    wait: float = 0.0
    citizen: str | None = None


Ask: TypeAlias = Callable[[Question], Awaitable[Any]]
# Values for JSON, or an answer that is written already (``gateway.faces.Written``).
Encode: TypeAlias = Callable[[Any, frozenset[str]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One capability, ready to serve. ``ask`` reaches whoever answers it; a command is not asked."""

    capability: Capability
    form: Form
    ask: Ask | None
    encode: Encode
    answered: Finder
    bind_facility: Bind | None
    bind_employer: Bind | None
    bind_person: Bind | None
    # When the agency last checked that person.
    bind_recent_check: Bind | None
    bind_province: bool
    # Binds anything besides facility, employer and person.
    binds_more: bool
    is_command: bool
    is_local: bool
    is_get: bool
    measure: metrics.RpcMetrics
    # Bytes; 0 for the gateway's usual cap.
    max_body: int = 0
    # What a body may be, in lower case.
    media_types: frozenset[bytes] = frozenset({b"application/json"})
    # None for the contract's own form.
    face: Face | None = None

    @property
    def is_long(self) -> bool:
        """Whether a large answer takes so long to write or to sign that the event loop must not wait for it."""
        return self.face.long if self.face is not None else self.capability.raw_answer is not None


@dataclass(frozen=True, slots=True)
class _Template:
    """A path with a variable: what stands before it, and the form of its value."""

    prefix: str
    value: re.Pattern[str]
    route: Route


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes by method and path."""

    plain: Mapping[tuple[str, str], Route]
    templates: tuple[_Template, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)
    dialects: tuple[Dialect, ...] = ()

    def with_variable(self, method: str, raw_path: str) -> Route | None:
        """The route whose template fits this path as it stands on the wire.

        A value that is not of its form, or is written with percent signs, fits none: it
        names nothing that there could be.
        """
        template = self._fitting(raw_path)
        return template.route if template is not None and method == "GET" else None

    def dialect(self, route: Route | None, path: str) -> Dialect | None:
        """The dialect of a path, also of one that leads nowhere; None for the contract's own form."""
        if route is not None:
            return route.face.dialect if route.face is not None else None
        return next((d for d in self.dialects if path.startswith(d.prefix)), None)

    def allowed(self, raw_path: str) -> str | None:
        """The method of the path; None for a path that does not exist."""
        return self.methods.get(raw_path) or ("GET" if self._fitting(raw_path) is not None else None)

    def _fitting(self, raw_path: str) -> _Template | None:
        for template in self.templates:
            value = raw_path.removeprefix(template.prefix)
            if value != raw_path and template.value.fullmatch(value):
                return template
        return None


def prepare_routes(
    contract: Contract,
    asks: Mapping[str, Ask],
    encoders: Mapping[str, Encode] | None = None,
    faces: Sequence[Face] = (),
) -> Routes:
    """Every route of the contract, and of its faces.

    ``asks`` holds the way to reach each capability by its RPC name, but for commands,
    which are accepted; ``encoders`` how an answer is written where the contract alone
    does not say. Raises ``KeyError`` for a capability that nobody answers: the gateway
    must not start.
    """
    given = encoders or {}
    routes = [
        _route(c, None if c.delivery is Delivery.BUS else asks[c.rpc], given.get(c.rpc))
        for c in contract.capabilities
    ]
    by_rpc = {r.capability.rpc: r for r in routes}
    plain = {(r.capability.http_method, r.capability.path): r for r in routes if not r.capability.variable}
    templates = [_template(r, r.capability.variable) for r in routes if r.capability.variable]
    for face in faces:
        route = _with_face(by_rpc[face.rpc], face)
        if face.value is None:
            plain["POST", face.path] = route
        else:
            templates.append(_Template(face.path, face.value, route))
    return Routes(
        plain=plain,
        templates=tuple(templates),
        methods={path: method for method, path in plain},
        dialects=tuple({face.dialect.name: face.dialect for face in faces}.values()),
    )


def _with_face(route: Route, face: Face) -> Route:
    """The same capability with the same checks; another form of request and answer."""
    if route.is_command:
        raise TypeError(route.capability.rpc)
    return replace(
        route,
        face=face,
        is_get=face.value is not None,
        media_types=face.media_types,
        max_body=face.max_body,
    )


def _route(capability: Capability, ask: Ask | None, encode: Encode | None) -> Route:
    form = form_of(capability)
    usual = (
        access_pb2.BINDING_FACILITY_CODE,
        access_pb2.BINDING_EMPLOYER_CODE,
        access_pb2.BINDING_PERSON_ID,
    )
    facility, employer, person = (form.binders.get(binding) for binding in usual)
    return Route(
        capability=capability,
        form=form,
        ask=ask,
        encode=encode or _encoder(capability),
        answered=answered_finder(capability.response_class),
        bind_facility=facility,
        bind_employer=employer,
        bind_person=person,
        bind_recent_check=form.binders.get(access_pb2.BINDING_RECENT_CHECK),
        bind_province=access_pb2.BINDING_PROVINCE_CODE in form.binders,
        binds_more=not set(form.binders).issubset(usual),
        is_command=capability.delivery is Delivery.BUS,
        is_local=capability.delivery is Delivery.GATEWAY,
        is_get=capability.http_method == "GET",
        measure=metrics.rpc(capability.rpc),
        max_body=capability.max_body_bytes,
        media_types=frozenset(name.encode() for name in request_types(capability)),
    )


def request_types(capability: Capability) -> tuple[str, ...]:
    """The media types that the body of a request may have."""
    return capability.raw_body.media_types if capability.raw_body is not None else ("application/json",)


def _encoder(capability: Capability) -> Encode:
    response_class = capability.response_class
    if capability.raw_answer is not None:
        return _raw_encoder(capability.raw_answer, options.descriptor_of(response_class))

    def encode(response: Any, classes: frozenset[str]) -> dict[str, Any]:
        values: dict[str, Any] = answer_encoder(response_class, classes)(response)
        return values

    # A response that cannot be written stops the start, not the first answer.
    answer_encoder(response_class, frozenset({"result"}))
    return encode


def _raw_encoder(raw: RawBody, descriptor: Descriptor) -> Encode:
    """Of an answer whose body is octets that are no JSON; the mask covers all of it or nothing."""
    data_class = field_class(descriptor.fields_by_name[raw.field])

    def encode(response: Any, classes: frozenset[str]) -> Written:
        if data_class not in classes - NEVER_SENT:
            raise Problem("scope_denied", "the grant does not cover this file")
        return Written(
            status=200,
            media_type=response.media_type,
            body=getattr(response, raw.field),
            headers=((b"cache-control", b"no-store"),),
        )

    return encode


def _template(route: Route, variable: str) -> _Template:
    descriptor = options.descriptor_of(route.capability.request_class).fields_by_name[variable]
    prefix = route.capability.path.partition("{")[0]
    return _Template(prefix, re.compile(options.rules(descriptor).pattern), route)
