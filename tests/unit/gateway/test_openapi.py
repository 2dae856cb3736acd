"""The OpenAPI document: valid, complete, and as strict as the gateway itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

import openapi_spec_validator
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator.schemas import schema_v31
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from gateway.examples import ANSWERS, BODIES, FILES
from gateway.openapi import build_openapi
from gateway.problems import REASONS, Problem
from lienthong.access.answers import answer_encoder
from lienthong.access.contract import Capability, Delivery
from lienthong.access.published import published_contract
from lienthong.access.requests import MalformedJson, request_decoder
from lienthong.rpc.errors import FieldViolation, InvalidArgument

DOCUMENT = build_openapi(published_contract(), server_url="https://gateway.example")
CAPABILITIES = published_contract().capabilities
POSTS = [c for c in CAPABILITIES if c.http_method == "POST"]
JSON_POSTS = [c for c in POSTS if c.raw_body is None]
JSON_ANSWERS = [c for c in CAPABILITIES if c.raw_answer is None]
BY_NAME = {c.descriptor.name: c for c in CAPABILITIES}
ALL = frozenset({"result", "identity", "coverage", "employment", "financial", "health", "sensitive", "audit"})


def operation(capability: Capability) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][capability.path][capability.http_method.lower()]
    return found


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """A validator that finds the document's own components."""
    resource = Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:openapi", resource)
    absolute = json.loads(json.dumps(schema).replace('"#/components', '"urn:openapi#/components'))
    return Draft202012Validator(absolute, registry=registry)


def request_schema(capability: Capability) -> dict[str, Any]:
    described = operation(capability)
    if capability not in POSTS:
        in_url = [p for p in described["parameters"] if p.get("in") in {"path", "query"}]
        return {"type": "object", "properties": {p["name"]: p["schema"] for p in in_url}}
    bodies = described["requestBody"]["content"]
    schema: dict[str, Any] = next(iter(bodies.values()))["schema"]
    return schema


def answer_schema(capability: Capability) -> dict[str, Any]:
    described = operation(capability)
    if "x-result" in described:
        result: dict[str, Any] = described["x-result"]["schema"]
        return result
    content = described["responses"]["200"]["content"]
    schema: dict[str, Any] = next(iter(content.values()))["schema"]
    return schema


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def fields_of(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property inside a schema, by name."""
    for name, inner in resolved(schema).get("properties", {}).items():
        yield name, inner
        yield from fields_of(inner.get("items", inner))


def test_an_independent_validator_finds_the_document_valid() -> None:
    openapi_spec_validator.validate(DOCUMENT)


def errors_by_schema(document: dict[str, Any]) -> list[str]:
    return [e.message for e in Draft202012Validator(dict(schema_v31)).iter_errors(document)]


def test_the_document_fits_the_json_schema_of_openapi_3_1() -> None:
    assert errors_by_schema(DOCUMENT) == []


def test_both_validators_refuse_a_document_that_is_wrong() -> None:
    wrong = {**DOCUMENT, "paths": {"no-slash": {}}}
    assert errors_by_schema(wrong) != []
    with pytest.raises(OpenAPIValidationError):
        openapi_spec_validator.validate(wrong)


def test_every_component_is_a_schema_of_its_dialect() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        OAS31Validator.check_schema(schema)


def test_every_capability_is_described_with_who_may_ask() -> None:
    for capability in CAPABILITIES:
        described = operation(capability)
        assert described["x-scope"] == capability.scope
        assert set(described["x-purposes"]) == capability.purposes
        assert described["x-summary-vi"] == capability.summary_vi
        assert described["summary"].endswith((".", "?"))
        assert capability.scope in described["description"]


def test_the_pages_of_the_gateway_itself_are_described() -> None:
    pages = {
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/.well-known/http-message-signatures-directory",
    }
    assert set(DOCUMENT["paths"]) == pages | {c.path for c in CAPABILITIES}


def test_every_field_of_every_message_has_its_type_and_answers_their_class() -> None:
    for capability in JSON_ANSWERS:
        assert all("$ref" in f or "type" in f for _, f in fields_of(request_schema(capability)))
        answered = [
            (name, inner)
            for name, inner in fields_of(answer_schema(capability))
            if name not in {"reason", "detail", "errors", "field", "description"} or "x-data-class" in inner
        ]
        assert answered
        assert [name for name, inner in answered if inner.get("x-data-class") not in ALL] == []


def test_no_bound_and_no_internal_field_is_described() -> None:
    for capability in CAPABILITIES:
        asked = {name for name, _ in fields_of(request_schema(capability))}
        answered = {name for name, _ in fields_of(answer_schema(capability)) if capability in JSON_ANSWERS}
        assert not asked & {"facilityCode", "recentCheck"}
        assert "purpose" not in asked or capability.descriptor.name == "ListAuditEntries"
        assert not (asked | answered) & {
            "personId", "person", "bankId", "agency_id", "ownEmployerCode", "provinceOfAsker", "citizenId",
        }  # fmt: skip


def test_every_request_text_is_bounded() -> None:
    for capability in CAPABILITIES:
        for name, schema in fields_of(request_schema(capability)):
            if resolved(schema).get("type") == "string" and "enum" not in resolved(schema):
                assert schema.get("format") == "int64" or schema["maxLength"] > 0, name
            if schema.get("type") == "array":
                assert schema["maxItems"] > 0, name


def test_numbers_of_64_bits_are_text_as_in_protojson() -> None:
    month = DOCUMENT["components"]["schemas"]["ContributionMonth"]["properties"]["baseVnd"]
    assert (month["type"], month["format"]) == ("string", "int64")


def test_comments_of_the_contract_become_descriptions() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert "maKetQua" in schemas["CheckCoverageResponse"]["properties"]["resultCode"]["description"]
    assert "thu hồi" in schemas["CardStatus"]["x-enum-descriptions"]["CARD_STATUS_REVOKED"]
    assert DOCUMENT["x-purposes"]["emergency"].startswith("Break-glass")
    assert set(DOCUMENT["x-data-classes"]) == ALL | {"internal"}


@pytest.mark.parametrize("capability", JSON_POSTS, ids=lambda c: c.descriptor.name)
def test_the_example_request_is_accepted_by_schema_and_gateway(capability: Capability) -> None:
    example = operation(capability)["requestBody"]["content"]["application/json"]["example"]
    validator(request_schema(capability)).validate(example)
    decoded = request_decoder(capability.request_class)(json.dumps(example).encode())
    assert decoded == json_format.ParseDict(example, capability.request_class())


@pytest.mark.parametrize("capability", JSON_ANSWERS, ids=lambda c: c.descriptor.name)
def test_the_example_answer_is_one_that_the_gateway_could_give(capability: Capability) -> None:
    described = operation(capability)
    content = described["responses"].get("200", {}).get("content", {}).get("application/json", {})
    example = described.get("x-result", content)["example"]
    validator(answer_schema(capability)).validate(example)
    if any("error" in r for r in example.get("results", ())):
        example = {"results": [r for r in example["results"] if "error" not in r]}
    message = json_format.ParseDict(example, capability.response_class())
    assert answer_encoder(capability.response_class, ALL)(message) == example


def test_a_body_that_is_carried_is_described_by_its_media_types_with_an_example() -> None:
    content = operation(BY_NAME["SubmitClaims"])["requestBody"]["content"]
    assert list(content) == ["application/xml", "text/xml"]
    for described in content.values():
        assert described["schema"] == {"type": "string"}
        assert etree.fromstring(described["example"].encode()).tag == "GIAMDINHHS"
    assert "SubmitClaimsRequest" not in DOCUMENT["components"]["schemas"]
    assert set(BODIES) == {c.rpc for c in POSTS if c not in JSON_POSTS}


def test_an_answer_that_is_a_file_is_described_by_its_media_types_with_an_example() -> None:
    content = operation(BY_NAME["GetDeliveryFile"])["responses"]["200"]["content"]
    assert list(content) == ["text/csv", "application/vnd.apache.parquet"]
    for described in content.values():
        assert described["schema"] == {"type": "string", "format": "binary"}
        assert described["example"].startswith("FREQ,")
    assert "GetDeliveryFileResponse" not in DOCUMENT["components"]["schemas"]


def test_every_capability_has_an_example_answer() -> None:
    raw = {c.rpc for c in CAPABILITIES if c.raw_answer is not None}
    assert set(FILES) == raw
    assert set(ANSWERS) == {c.rpc for c in CAPABILITIES} - raw


TEXTS = st.text(max_size=12) | st.from_regex(r"\A[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\Z")
VALUES = TEXTS | st.sampled_from(["SEX_MALE", "SEX_FEMALE", "X"]) | st.integers(-5, 600) | st.booleans()
ENUMS = {
    f.json_name for c in JSON_POSTS for f in c.request_class.DESCRIPTOR.fields if f.enum_type is not None
}
NAMES = sorted({name for c in JSON_POSTS for name, _ in fields_of(request_schema(c))} | {"personId", "other"})


@given(
    name=st.sampled_from(
        [c.descriptor.name for c in JSON_POSTS if not c.descriptor.name.startswith("Batch")]
    ),
    body=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
    completed=st.booleans(),
)
def test_what_the_schema_refuses_or_accepts_the_gateway_does_too(
    name: str, body: dict[str, Any], completed: bool
) -> None:
    capability = BY_NAME[name]
    example = operation(capability)["requestBody"]["content"]["application/json"]["example"]
    known = {k: v for k, v in body.items() if k in example}
    value = {**example, **known} if completed else body
    # U+0000 has no place in JSON Schema's words for text; integers as text and an enum's number
    # are other spellings.
    by_schema = validator(request_schema(capability)).is_valid(value) and "\\u0000" not in json.dumps(value)
    try:
        request_decoder(capability.request_class)(json.dumps(value).encode())
        accepted = True
    except (InvalidArgument, MalformedJson):
        accepted = False
    other_spelling = any(
        re.fullmatch("-?[0-9]+", str(v))
        and (isinstance(v, int) != isinstance(example.get(k), int) or k in ENUMS)
        for k, v in value.items()
    )
    assert accepted == by_schema or (accepted and other_spelling)


@pytest.mark.parametrize(
    "status", ["400", "401", "403", "404", "413", "415", "422", "429", "431", "500", "503"]
)
def test_every_refusal_of_a_capability_is_described_with_its_reasons(status: str) -> None:
    expected = {r.name for r in REASONS.values() if str(int(r.status)) == status}
    assert expected
    for capability in CAPABILITIES:
        reference = operation(capability)["responses"][status]["$ref"]
        response = DOCUMENT["components"]["responses"][reference.rpartition("/")[2]]
        assert {r["reason"] for r in response["x-reasons"]} == expected


def test_what_a_client_needs_to_go_on_is_a_described_header() -> None:
    responses = DOCUMENT["components"]["responses"]
    assert "Accept-Signature" in responses["Problem401"]["headers"]
    assert {"Retry-After", "RateLimit"} <= responses["Problem429"]["headers"].keys()
    assert "Retry-After" in responses["Problem503"]["headers"]
    assert all("Signature" in r["headers"] for r in responses.values())


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_problem_document_fits_its_schema(reason: str) -> None:
    schema = {"$ref": "#/components/schemas/Problem"}
    fields = (FieldViolation("born", "is required"),)
    validator(schema).validate(Problem(reason, fields=fields).document("vi", "9f2c4be01d77a835"))
    assert not validator(schema).is_valid({"title": "something"})


def test_headers_of_ours_are_described_where_they_are_needed() -> None:
    for capability in CAPABILITIES:
        parameters = operation(capability)["parameters"]
        purpose = next(p for p in parameters if p.get("name") == "Purpose")
        assert set(purpose["schema"]["enum"]) == capability.purposes
        names = {p.get("$ref", "").rpartition("/")[2] for p in parameters}
        assert ("StaffRequired" in names) == capability.staff_required
        assert ("Content-Digest" in names) == (capability in POSTS)
        assert ("Idempotency-Key" in names) == (capability.delivery is Delivery.BUS)
        assert {"Signature-Input", "Signature", "Legal-Basis"} <= names


def test_a_command_is_accepted_with_202_and_says_what_its_result_will_be() -> None:
    commands = [c for c in CAPABILITIES if c.delivery is Delivery.BUS]
    assert commands
    for capability in commands:
        described = operation(capability)
        accepted = described["responses"]["202"]
        assert "200" not in described["responses"]
        assert "Location" in accepted["headers"]
        content = accepted["content"]["application/json"]
        assert content["schema"]["$ref"].endswith("/GetOperationResponse")
        validator(content["schema"]).validate(content["example"])
        assert described["x-result"]["schema"]["$ref"].endswith(f"/{capability.descriptor.name}Response")
        assert "409" in described["responses"]


def test_a_get_has_its_parameters_and_no_body() -> None:
    get = operation(BY_NAME["GetOperation"])
    assert "requestBody" not in get
    (path,) = [p for p in get["parameters"] if p.get("in") == "path"]
    assert (path["name"], path["required"]) == ("operation_id", True)
    assert {"$ref": "#/components/parameters/Prefer"} in get["parameters"]
    names = {p["name"] for p in operation(BY_NAME["ListOperations"])["parameters"] if p.get("in") == "query"}
    assert names == {"state", "pageSize", "pageToken"}
