"""The gateway's contract as an OpenAPI 3.1 document, built from the descriptors.

What OpenAPI has no word for stands in extensions: ``x-scope``, ``x-purposes``,
``x-staff-required``, ``x-delivery``, ``x-rpc``, ``x-data-classes`` and
``x-summary-vi`` on an operation, ``x-result`` on one that is accepted with 202 (what
its ``result`` will be), ``x-data-class`` and ``x-subject`` on a field,
``x-reasons`` on a refusal.
"""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import Any

from google.protobuf.descriptor import Descriptor

from gateway.examples import ANSWERS, BODIES, FILES, accepted_example
from gateway.openapi_parts import (
    ANSWER_HEADERS,
    INTRODUCTION,
    PROBLEM_SCHEMAS,
    REQUEST_HEADERS,
    SECURITY_SCHEMES,
    system_paths,
)
from gateway.problems import REASONS, Reason
from gateway.schemas import Schemas, sent_classes
from lienthong.access import options
from lienthong.access.comments import contract_comments
from lienthong.access.contract import Capability, Contract, Delivery, data_class_code, purpose_code
from vss.access.v1 import access_pb2
from vss.operations.v1 import operations_pb2

_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_FILE = {"type": "string", "format": "binary"}
_NOT_OF_A_CAPABILITY = {"method_not_allowed"}
_HEADERS_OF_STATUS = {
    HTTPStatus.UNAUTHORIZED: ("Accept-Signature",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}


def build_openapi(contract: Contract, *, server_url: str) -> dict[str, Any]:
    """The document for the gateway that agencies reach at ``server_url``.

    Raises ``ContractError`` when two messages have one short name or a field is of
    an unsupported kind.
    """
    comments = contract_comments()
    schemas = Schemas(comments)
    paths = {
        capability.path: {capability.http_method.lower(): _operation(capability, schemas, comments)}
        for capability in contract.capabilities
    }
    return {
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "Liên thông",
            "summary": "Signed, audited answers from the records of Vietnam Social Security.",
            "description": INTRODUCTION,
            "version": _version(),
        },
        "servers": [{"url": server_url}],
        "tags": [
            *_tags(contract, comments),
            {"name": "system", "description": "Pages about the gateway itself."},
        ],
        "paths": paths | system_paths(),
        "components": {
            "schemas": dict(sorted(schemas.components.items())) | PROBLEM_SCHEMAS,
            "parameters": REQUEST_HEADERS,
            "headers": ANSWER_HEADERS,
            "responses": {_response_name(s): _refusal(s, rows) for s, rows in _by_status(REASONS.values())},
            "securitySchemes": SECURITY_SCHEMES,
        },
        "x-data-classes": _meanings(comments, access_pb2.DataClass.items(), "DataClass", data_class_code),
        "x-purposes": _meanings(comments, access_pb2.Purpose.items(), "Purpose", purpose_code),
    }


def operation_id(capability: Capability) -> str:
    """The RPC's name; with its service's where several services have an RPC of one name and the same messages."""
    method = capability.descriptor
    service = method.containing_service
    if method.input_type.file.package == service.file.package:
        return str(method.name)
    return str(service.name.removesuffix("Service") + method.name)


def _operation(capability: Capability, schemas: Schemas, comments: Mapping[str, str]) -> dict[str, Any]:
    comment = comments.get(capability.rpc.replace("/", "."), "")
    request = options.descriptor_of(capability.request_class)
    answer = options.descriptor_of(capability.response_class)
    operation = {
        "operationId": operation_id(capability),
        "tags": [capability.service],
        "summary": _SENTENCE.split(comment, maxsplit=1)[0],
        "description": _description(capability, comment),
        "x-summary-vi": capability.summary_vi,
        "x-rpc": capability.rpc,
        "x-scope": capability.scope,
        "x-purposes": sorted(capability.purposes),
        "x-staff-required": capability.staff_required,
        "x-delivery": capability.delivery.value,
        "x-data-classes": sent_classes(answer),
        "security": [{"HttpMessageSignature": [capability.scope]}],
        "parameters": [*_url_parameters(capability, request, schemas), *_parameters(capability)],
    }
    if capability.http_method == "POST":
        operation["requestBody"] = {"required": True, "content": _body(capability, request, schemas)}
    result = _FILE if capability.raw_answer is not None else schemas.answer(answer)
    if capability.delivery is Delivery.BUS:
        operation["x-result"] = {"schema": result, "example": ANSWERS.get(capability.rpc)}
        result = schemas.answer(options.descriptor_of(operations_pb2.GetOperationResponse))
    return operation | {"responses": _responses(capability, result)}


def _body(capability: Capability, request: Descriptor, schemas: Schemas) -> dict[str, Any]:
    """The request's body by its media types."""
    raw = capability.raw_body
    if raw is None:
        return {"application/json": {"schema": schemas.request(request), "example": _example(request)}}
    content = {"schema": {"type": "string"}, "example": BODIES[capability.rpc]}
    return dict.fromkeys(raw.media_types, content)


def _url_parameters(capability: Capability, request: Descriptor, schemas: Schemas) -> list[dict[str, Any]]:
    """What a GET says in its path and its query."""
    if capability.http_method != "GET":
        return []
    parameters = []
    for field in request.fields:
        if options.binding(field):
            continue
        in_path = field.name == capability.variable
        schema = schemas.parameter(field)
        parameters.append(
            {
                "name": field.name if in_path else field.json_name,
                "in": "path" if in_path else "query",
                "required": in_path,
                "description": schema.pop("description", ""),
                "schema": schema,
            }
        )
    return parameters


def _description(capability: Capability, comment: str) -> str:
    access = [
        f"Scope `{capability.scope}`; purposes {', '.join(f'`{p}`' for p in sorted(capability.purposes))}.",
        "The `Staff` header is required." if capability.staff_required else "",
        f"RPC `{capability.rpc}`.",
    ]
    return "\n\n".join(
        part for part in (capability.summary_vi, comment, " ".join(filter(None, access))) if part
    )


def _parameters(capability: Capability) -> list[dict[str, Any]]:
    purpose = {
        "name": "Purpose",
        "in": "header",
        "required": True,
        "description": "Why the agency asks. The grant narrows these. Covered by the signature.",
        "schema": {"type": "string", "enum": sorted(capability.purposes)},
    }
    names = ["StaffRequired" if capability.staff_required else "Staff", "Legal-Basis"]
    if capability.delivery is Delivery.BUS:
        names.append("Idempotency-Key")
    if capability.http_method == "GET":
        names += ["Prefer"] if capability.variable else []
    else:
        names.append("Content-Digest")
    names += ["Signature-Input", "Signature", "Accept-Language"]
    return [purpose, *({"$ref": f"#/components/parameters/{name}"} for name in names)]


def _responses(capability: Capability, answer: dict[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {
        "description": "The answer, signed. Fields outside of the grant's data classes are left out.",
        "headers": _signed_headers(),
        "content": {"application/json": {"schema": answer}},
    }
    is_command = capability.delivery is Delivery.BUS
    example = accepted_example(capability.rpc) if is_command else ANSWERS.get(capability.rpc)
    if capability.raw_answer is not None:
        file = {"schema": answer, "example": FILES[capability.rpc]}
        success["description"] = "The file, octet by octet, signed."
        success["content"] = dict.fromkeys(capability.raw_answer.media_types, file)
    elif example is not None:
        success["content"]["application/json"]["example"] = example
    responses = {"200": success}
    if is_command:
        location = {"description": "Where the operation can be followed.", "schema": {"type": "string"}}
        accepted = (
            "Accepted: it will be carried out. The operation, signed; its result is read from it later."
        )
        headers = {"headers": _signed_headers() | {"Location": location}}
        responses = {"202": success | headers | {"description": accepted}}
    for status, rows in _by_status(REASONS.values()):
        is_conflict = status == HTTPStatus.CONFLICT and capability.delivery is not Delivery.BUS
        if not is_conflict and not {row.name for row in rows} <= _NOT_OF_A_CAPABILITY:
            responses[str(int(status))] = {"$ref": f"#/components/responses/{_response_name(status)}"}
    return responses


def _refusal(status: HTTPStatus, rows: list[Reason]) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS_OF_STATUS.get(status, ())}
    problem = {
        "type": f"urn:lienthong:problem:{rows[0].name}",
        "title": rows[0].en,
        "status": int(status),
        "reason": rows[0].name,
        "instance": "urn:lienthong:request:9f2c4be01d77a835",
    }
    if rows[0].name == "invalid_argument":
        problem["errors"] = [{"field": "born", "description": "is required"}]
    return {
        "description": "; ".join(f"`{row.name}`: {row.en}" for row in rows),
        "headers": _signed_headers() | headers,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": problem,
            }
        },
        "x-reasons": [{"reason": row.name, "en": row.en, "vi": row.vi} for row in rows],
    }


def _signed_headers() -> dict[str, Any]:
    names = ("Content-Digest", "Signature-Input", "Signature", "X-Request-Id")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _by_status(rows: Iterable[Reason]) -> list[tuple[HTTPStatus, list[Reason]]]:
    """The reasons of each status, in the order of the statuses."""
    ordered = sorted(rows, key=lambda row: row.status)
    return [(status, list(found)) for status, found in groupby(ordered, key=lambda row: row.status)]


def _response_name(status: HTTPStatus) -> str:
    return f"Problem{int(status)}"


def _example(request: Descriptor) -> dict[str, Any]:
    """A request made of the examples in the contract; optional fields without one are left out."""
    example: dict[str, Any] = {}
    for field in request.fields:
        rules = options.rules(field)
        if options.binding(field):
            continue
        if field.message_type is not None:
            inner = _example(field.message_type)
            example[field.json_name] = [inner] if field.is_repeated else inner
        elif rules.example:
            value = int(rules.example) if field.type == field.TYPE_INT32 else rules.example
            example[field.json_name] = [value] if field.is_repeated else value
    return example


def _tags(contract: Contract, comments: Mapping[str, str]) -> list[dict[str, str]]:
    packages = {c.service: c.descriptor.containing_service.file.package for c in contract.capabilities}
    return [{"name": name, "description": comments.get(package, "")} for name, package in packages.items()]


def _meanings(
    comments: Mapping[str, str], values: Iterable[tuple[str, int]], enum: str, code: Any
) -> dict[str, str]:
    """Code -> what it means, without the value that stands for nothing."""
    return {
        code(number): comments.get(f"vss.access.v1.{enum}.{name}", "") for name, number in values if number
    }


def _version() -> str:
    try:
        return version("lienthong")
    except PackageNotFoundError:
        return "0+unknown"
