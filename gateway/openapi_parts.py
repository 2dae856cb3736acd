"""The parts of the OpenAPI document that no contract decides: headers, problems, our own pages."""

from typing import Any

from lienthong.signing import ACCEPT_SIGNATURE, KEY_DIRECTORY_PATH

INTRODUCTION = """\
*Liên thông* connects the records of Vietnam Social Security with the hospitals, ministries, \
employers and citizens who are entitled to a part of them.

Every request is signed by the agency (RFC 9421, tag `lienthong-request`) and every answer by \
the gateway (tag `lienthong-response`). An answer leaves only after the entry that describes it \
stands in the access log. An agency sees the fields of the data classes that its grant lists, \
and no others.

Error codes in the descriptions are those of the services: `INVALID_ARGUMENT` is answered as \
422 `invalid_argument`, `NOT_FOUND` as 404 `not_found`, `PERMISSION_DENIED` as 403 `row_denied`.
"""

SIGNATURE_INPUT_EXAMPLE = (
    'lienthong=("@method" "@authority" "@path" "@query" "content-digest" "content-type" "purpose" "staff")'
    ';created=1795334400;expires=1795334700;nonce="h2Lw3xZJYvQ1mO8cRr0b9A"'
    ';keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";tag="lienthong-request"'
)
_SIGNED = "Covered by the signature whenever it is sent."
_VISIBLE = r"^[\x21-\x7e](?:[\x20-\x7e]{0,%d}[\x21-\x7e])?$"


def _parameter(name: str, description: str, *, required: bool, **schema: object) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def _staff(*, required: bool) -> dict[str, Any]:
    text = f"The named person at the agency who asks, as the agency knows that person. {_SIGNED}"
    return _parameter("Staff", text, required=required, pattern=_VISIBLE % 62, examples=["desk-7"])


REQUEST_HEADERS: dict[str, Any] = {
    "Staff": _staff(required=False),
    "StaffRequired": _staff(required=True),
    "Legal-Basis": _parameter(
        "Legal-Basis",
        f"The law or decision that entitles the agency to ask; kept in the access log. {_SIGNED}",
        required=False,
        pattern=_VISIBLE % 198,
        examples=["51/2024/QH15"],
    ),
    "Idempotency-Key": _parameter(
        "Idempotency-Key",
        f"Names the operation: the same key with the same body is the same operation, with another "
        f"body it is refused (409). {_SIGNED}",
        required=True,
        pattern=_VISIBLE % 62,
        examples=["declaration-2026-11-0001"],
    ),
    "Prefer": _parameter(
        "Prefer",
        "`wait=N`: answer when the operation ends, or after N seconds (at most 30) as it is then (RFC 7240).",
        required=False,
        examples=["wait=10"],
    ),
    "Content-Digest": _parameter(
        "Content-Digest",
        "RFC 9530, sha-256 or sha-512 over the octets of the body. Covered by the signature.",
        required=True,
        examples=["sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"],
    ),
    "Signature-Input": _parameter(
        "Signature-Input",
        "RFC 9421: what is covered, and `created`, `expires` (at most 300 s later), `nonce` (at least "
        "128 random bits, used once), `keyid` (RFC 7638 thumbprint) and `tag`.",
        required=True,
        examples=[SIGNATURE_INPUT_EXAMPLE],
    ),
    "Signature": _parameter("Signature", "RFC 9421: the signature itself.", required=True),
    "Accept-Language": _parameter(
        "Accept-Language",
        "Language of problem titles: Vietnamese unless another language comes first.",
        required=False,
        examples=["en"],
    ),
}


def _header(description: str, **schema: object) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


ANSWER_HEADERS: dict[str, Any] = {
    "Content-Digest": _header("RFC 9530, sha-256 over the octets of the answer."),
    "Signature-Input": _header(
        "RFC 9421, tag `lienthong-response`: covers the status, the answer and the request that it answers."
    ),
    "Signature": _header("RFC 9421: the gateway's signature."),
    "X-Request-Id": _header("Names this exchange in the access log.", pattern="^[0-9a-f]{16}$"),
    "Accept-Signature": _header("RFC 9421: what a request must cover.", examples=[ACCEPT_SIGNATURE]),
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "RateLimit": _header("What is left of the quota, and when it is renewed."),
    "RateLimit-Policy": _header("The quota: requests (q) in a window of seconds (w)."),
}

SECURITY_SCHEMES: dict[str, Any] = {
    "HttpMessageSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "HTTP Message Signatures (RFC 9421) with a registered key: `ed25519`, "
        "`ecdsa-p256-sha256` or `rsa-pss-sha512`. The names listed with an operation are scopes.",
    }
}

_ITEM_ERRORS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "field": {
                "type": "string",
                "description": "Path of the wrong field, such as `requests[3].born`.",
            },
            "description": {"type": "string", "description": "What is expected there."},
        },
        "required": ["field", "description"],
    },
}

PROBLEM_SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "A refusal (RFC 9457). What exactly was wrong stands in the access log alone.",
        "properties": {
            "type": {
                "type": "string",
                "format": "uri",
                "description": "`urn:lienthong:problem:` and the reason.",
            },
            "title": {"type": "string", "description": "For people, in the language asked for."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "Left out where it would tell more than the reason."},
            "instance": {"type": "string", "format": "uri", "description": "Names this exchange."},
            "reason": {"type": "string", "description": "Stable, for programs."},
            "errors": _ITEM_ERRORS,
        },
        "required": ["type", "title", "status", "instance", "reason"],
    },
    "RefusedItem": {
        "type": "object",
        "description": "Why one item of a batch was refused; its neighbours are answered all the same.",
        "properties": {
            "reason": {"type": "string", "description": "As in a problem document."},
            "detail": {"type": "string", "description": "For developers."},
            "errors": _ITEM_ERRORS,
        },
        "required": ["reason", "detail", "errors"],
    },
}


def system_paths() -> dict[str, Any]:
    """The gateway's own pages. None of them is about anybody, so none has to be asked for by signature."""
    return {
        "/healthz": _page(
            "Healthz", "The process lives.", {"200": _json("Alive.", status={"const": "alive"})}
        ),
        "/readyz": _page(
            "Readyz",
            "The process can answer.",
            {"200": _json("Ready.", **_READINESS), "503": _json("Something is missing.", **_READINESS)},
        ),
        "/openapi.json": _page("OpenApi", "This document.", {"200": _json("OpenAPI 3.1.")}),
        "/docs": _page(
            "Docs", "This document, to read.", {"200": _content("HTML.", "text/html", {"type": "string"})}
        ),
        KEY_DIRECTORY_PATH: _page(
            "Keys",
            "The public keys under which answers are signed (JWKS; `kid` is the RFC 7638 thumbprint).",
            {"200": _content("The keys.", "application/http-message-signatures-directory+json", _JWKS)},
        ),
    }


_READINESS: dict[str, Any] = {
    "ready": {"type": "boolean"},
    "parts": {"type": "object", "additionalProperties": {"type": "boolean"}},
}
_JWKS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "keys": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"kty": {"type": "string"}, "kid": {"type": "string"}},
                "required": ["kty", "kid"],
            },
        }
    },
    "required": ["keys"],
}


def _page(name: str, summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {
        "get": {
            "operationId": name,
            "tags": ["system"],
            "summary": summary,
            "security": [],
            "responses": responses,
        }
    }


def _json(description: str, **properties: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if properties:
        schema |= {"properties": properties, "required": list(properties)}
    return _content(description, "application/json", schema)


def _content(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    names = ("Content-Digest", "Signature-Input", "Signature")
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {media_type: {"schema": schema}},
    }
