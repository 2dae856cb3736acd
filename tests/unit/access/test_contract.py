"""What the contract says, and that a contract which contradicts itself is refused."""

import re
from collections.abc import Callable, Iterator

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor

from lienthong.access import options
from lienthong.access.contract import (
    Capability,
    Contract,
    ContractError,
    Delivery,
    RawBody,
    load_contract,
)
from vss.access.v1 import access_pb2

Compile = Callable[[str], FileDescriptor]

ACCESS = 'scope: "probe:read" purposes: [PURPOSE_AUDIT] delivery: DELIVERY_GRPC'
HTTP = 'post: "/v1/probe:read" body: "*"'
BATCH = """
message BatchReadRequest { repeated ReadRequest requests = 1; }
message BatchReadResponse { repeated ReadResult results = 1; }
message ReadResult { oneof result { ReadResponse response = 1; google.rpc.Status error = 2; } }
"""


EMPTY = "message ReadRequest {}"
FIELD_WITHOUT_PATTERN = "message ReadRequest { string a = 1; }"
RAW = 'bytes a = 1 [(vss.access.v1.raw_body) = {media_types: ["text/xml"]}];'
RAW_OF_NO_TYPE = RAW.replace('"text/xml"', "")
BY_FIELD = 'post: "/v1/probe:read" body: "a"'
ASKED = "message ReadRequest { string a = 1 [(vss.access.v1.subject) = SUBJECT_ROLE_ASKED]; }"


def probe(
    *,
    access: str = ACCESS,
    http: str = HTTP,
    rpc: str = "Read(ReadRequest) returns (ReadResponse)",
    more: str = "",
) -> str:
    route = f"option (google.api.http) = {{{http}}};" if http else ""
    grant = f"option (vss.access.v1.access) = {{{access}}};" if access else ""
    return f"""
    service ProbeQueryService {{ rpc {rpc} {{ {route} {grant} }} {more} }}
    message ReadResponse {{}}
    """


def fields_of(descriptor: Descriptor) -> Iterator[FieldDescriptor]:
    """Every field of a message and of our own messages inside it."""
    for field in descriptor.fields:
        yield field
        # A bound message is the gateway's own.
        if options.binding(field):
            continue
        if field.message_type is not None and field.message_type.file.package.startswith("vss."):
            yield from fields_of(field.message_type)


def capability(contract: Contract, path: str) -> Capability:
    return contract.by_route["POST", path]


def test_every_capability_of_the_contract_has_its_route(contract: Contract) -> None:
    assert {c.path for c in contract.capabilities} == {
        "/v1/identity:verify",
        "/v1/coverage:check",
        "/v1/coverage:batchCheck",
        "/v1/coverage:get",
        "/v1/coverage:certificate",
        "/v1/history:list",
        "/v1/history:get",
        "/v1/history:drugs",
        "/v1/history:sensitive",
        "/v1/stays:open",
        "/v1/stays:close",
        "/v1/claims",
        "/v1/contributions:listMonths",
        "/v1/contributions:ledger",
        "/v1/employers:statement",
        "/v1/employers:register",
        "/v1/declarations",
        "/v1/payments:record",
        "/v1/debtors:list",
        "/v1/statistics/contributions:observations",
        "/v1/statistics/health_claims:observations",
        "/v1/statistics/identity:observations",
        "/v1/debts:urge",
        "/v1/reports",
        "/v1/reports:advance",
        "/v1/reports:get",
        "/v1/reports:list",
        "/v1/subscriptions",
        "/v1/subscriptions:create",
        "/v1/subscriptions:end",
        "/v1/deliveries",
        "/v1/deliveries/{delivery_id}",
        "/v1/deliveryFiles/{file_id}",
        "/v1/operations",
        "/v1/operations/{operation_id}",
        "/v1/audit:listEntries",
    }


def test_a_capability_says_who_may_ask_and_what_for(contract: Contract) -> None:
    check = capability(contract, "/v1/coverage:check")
    assert (check.scope, check.service, check.delivery) == ("coverage:check", "health_claims", Delivery.GRPC)
    assert check.purposes == {"admission", "emergency"}
    assert check.staff_required
    assert check.batch is not None
    assert check.batch.rpc == "vss.health_claims.v1.HealthClaimsQueryService/BatchCheckCoverage"


def test_an_rpc_without_access_has_no_route(contract: Contract) -> None:
    routed = {c.rpc for c in contract.capabilities}
    assert "vss.identity.v1.IdentityQueryService/ResolvePersons" not in routed
    assert "vss.identity.v1.IdentityQueryService/BatchVerifyIdentity" not in routed


def test_every_response_field_of_every_capability_has_a_data_class(contract: Contract) -> None:
    fields = [f for c in contract.capabilities for f in fields_of(options.descriptor_of(c.response_class))]
    assert fields
    assert [f.full_name for f in fields if not options.data_class(f)] == []


def test_every_person_id_in_a_response_is_internal(contract: Contract) -> None:
    fields = [f for c in contract.capabilities for f in fields_of(options.descriptor_of(c.response_class))]
    marked = [f for f in fields if f.name == "person_id"]
    assert marked
    assert {options.data_class(f) for f in marked} == {access_pb2.DATA_CLASS_INTERNAL}


def test_every_request_text_and_list_is_bounded_and_every_pattern_fits_its_example(
    contract: Contract,
) -> None:
    for c in contract.capabilities:
        for field in fields_of(options.descriptor_of(c.request_class)):
            rules = options.rules(field)
            if options.binding(field):
                continue
            if field.type == FieldDescriptor.TYPE_STRING:
                assert 0 < rules.max_length <= 2000, field.full_name
                assert len(rules.example) <= rules.max_length, field.full_name
                assert re.fullmatch(f"(?:{rules.pattern or '.*'})?", rules.example), field.full_name
            if field.is_repeated:
                assert 0 < rules.max_items <= 50_000, field.full_name


def test_every_capability_has_a_comment_for_vietnamese_readers(contract: Contract) -> None:
    assert [c.rpc for c in contract.capabilities if not c.summary_vi.endswith(".")] == []


def test_a_contract_without_contradiction_is_read(compile_proto: Compile) -> None:
    more = "rpc BatchRead(BatchReadRequest) returns (BatchReadResponse);"
    loaded = load_contract(
        [compile_proto(probe(access=f'{ACCESS} batch_method: "BatchRead"', more=more) + EMPTY + BATCH)]
    )
    assert [(c.rpc, c.service) for c in loaded.capabilities] == [
        ("vss.probe.v1.ProbeQueryService/Read", "probe")
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (probe(access="purposes: [PURPOSE_AUDIT] delivery: DELIVERY_GRPC"), "scope"),
        (probe(access=ACCESS.replace("probe:read", "probe")), "scope"),
        (probe(access=ACCESS.replace("probe:read", ":")), "scope"),
        (probe(access='scope: "probe:read" delivery: DELIVERY_GRPC'), "no purpose"),
        (probe(access=ACCESS.replace("PURPOSE_AUDIT", "PURPOSE_UNSPECIFIED")), "purpose that does not exist"),
        (probe(access='scope: "probe:read" purposes: [PURPOSE_AUDIT]'), "delivery"),
        (probe(access=""), "does not say who may call it"),
        (probe(http=""), "google.api.http"),
        (probe(http='get: "/v1/probe:read" body: "*"'), "google.api.http"),
        (probe(http='get: "/v1/{id}/more"'), "one variable"),
        (probe(http='get: "/v1/probe/{id}"'), "one variable"),
        (probe(http='get: "/v1/probe/{a}"') + FIELD_WITHOUT_PATTERN, "one variable"),
        (probe(http='get: "/v1/probe"') + ASKED, "cannot stand in a URL"),
        (probe(http='get: "/v1/probe"') + "message ReadRequest { repeated int32 a = 1; }", "in a URL"),
        (probe(access=f'{ACCESS} ordering_field: "a"'), "only a command has an order"),
        (probe(access=ACCESS.replace("_GRPC", "_BUS") + ' ordering_field: "a"'), "no text field a"),
        (probe(http='post: "/v1/probe:read"'), "google.api.http"),
        (probe(http='post: "/v1/{person_id}" body: "*"'), "google.api.http"),
        (probe(http=BY_FIELD) + FIELD_WITHOUT_PATTERN, "google.api.http"),
        (probe() + f"message ReadRequest {{ {RAW} }}", "google.api.http"),
        (probe(http=BY_FIELD) + f"message ReadRequest {{ {RAW} string b = 2; }}", "a raw body is one"),
        (probe(http=BY_FIELD) + f"message ReadRequest {{ repeated {RAW} }}", "a raw body is one"),
        (
            probe(http=BY_FIELD) + f"message ReadRequest {{ {RAW.replace('bytes', 'string')} }}",
            "a raw body is one",
        ),
        (probe(http=BY_FIELD) + f"message ReadRequest {{ {RAW_OF_NO_TYPE} }}", "a raw body is one"),
        (probe(http='post: "/v1/số" body: "*"'), "google.api.http"),
        (probe(http=HTTP + ' additional_bindings { post: "/v1/other" body: "*" }'), "google.api.http"),
        (probe(rpc="Read(ReadRequest) returns (stream ReadResponse)"), "stream"),
        (probe(access=f'{ACCESS} batch_method: "BatchRead"'), "no RPC BatchRead"),
        (probe(access=ACCESS.replace("_GRPC", "_BUS") + ' batch_method: "Read"'), "only a gRPC call"),
        (probe(access=f'{ACCESS} batch_method: "Read"'), "is not a batch of Read"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused_by_name(
    compile_proto: Compile, source: str, complaint: str
) -> None:
    file = compile_proto(source if "message ReadRequest" in source else source + EMPTY)
    with pytest.raises(ContractError, match=complaint) as refusal:
        load_contract([file])
    assert "vss.probe.v1.ProbeQueryService/" in str(refusal.value)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("repeated ReadRequest requests", "repeated string requests"),
        ("repeated ReadRequest requests", "ReadRequest requests"),
        ("repeated ReadRequest requests", "repeated ReadResponse requests"),
        ("repeated ReadResult results", "ReadResult results"),
        ("ReadResponse response = 1; google.rpc.Status error", "ReadResponse response = 1; string error"),
        ("google.rpc.Status error", "google.rpc.Status failure"),
        ("{ ReadResponse response", "{ ReadRequest response"),
    ],
)
def test_a_batch_of_another_shape_is_refused(compile_proto: Compile, right: str, wrong: str) -> None:
    assert right in BATCH
    more = "rpc BatchRead(BatchReadRequest) returns (BatchReadResponse);"
    source = (
        probe(access=f'{ACCESS} batch_method: "BatchRead"', more=more) + EMPTY + BATCH.replace(right, wrong)
    )
    with pytest.raises(ContractError, match="BatchRead: is not a batch of Read"):
        load_contract([compile_proto(source)])


def test_a_body_that_is_carried_is_one_field_with_its_media_types(contract: Contract) -> None:
    raw = capability(contract, "/v1/claims").raw_body
    assert raw == RawBody("file", ("application/xml", "text/xml"), deflated=True)
    assert capability(contract, "/v1/coverage:check").raw_body is None


def test_an_answer_that_is_a_file_is_one_field_with_its_media_types(contract: Contract) -> None:
    answers = {c.path: c.raw_answer for c in contract.capabilities}
    raw = answers.pop("/v1/deliveryFiles/{file_id}")
    assert raw == RawBody("content", ("text/csv", "application/vnd.apache.parquet"), deflated=False)
    assert set(answers.values()) == {None}


@pytest.mark.parametrize(
    "fields",
    [
        RAW,
        f"{RAW} string media_type = 2; string c = 3;",
        f"{RAW} string kind = 2;",
        f"repeated {RAW} string media_type = 2;",
        f"{RAW.replace('bytes', 'string')} string media_type = 2;",
        f"{RAW_OF_NO_TYPE} string media_type = 2;",
        f"{RAW.replace('{', '{deflated: true ')} string media_type = 2;",
    ],
)
def test_a_file_that_stands_beside_anything_but_its_type_is_refused(
    compile_proto: Compile, fields: str
) -> None:
    source = probe(rpc="Read(ReadRequest) returns (Answer)") + EMPTY + f"message Answer {{ {fields} }}"
    with pytest.raises(ContractError, match="Read: a raw answer is one bytes field"):
        load_contract([compile_proto(source)])


def test_two_rpcs_with_one_route_are_refused(compile_proto: Compile) -> None:
    more = f"""rpc Other(ReadRequest) returns (ReadResponse) {{
        option (google.api.http) = {{{HTTP}}};
        option (vss.access.v1.access) = {{{ACCESS}}};
    }}"""
    file = compile_proto(probe(more=more) + EMPTY)
    with pytest.raises(ContractError, match=r"Other: has the route of .*Read"):
        load_contract([file])


def test_a_get_has_its_variable_and_a_command_its_order_and_its_cap(contract: Contract) -> None:
    operation = contract.by_route["GET", "/v1/operations/{operation_id}"]
    assert (operation.variable, operation.delivery) == ("operation_id", Delivery.GATEWAY)
    assert contract.by_route["GET", "/v1/operations"].variable is None
    declare = capability(contract, "/v1/declarations")
    assert (declare.delivery, declare.ordering_field) == (Delivery.BUS, "employer_code")
    assert declare.max_body_bytes == 16 * 1024 * 1024
    assert capability(contract, "/v1/coverage:check").max_body_bytes == 0


def test_what_the_gateway_keeps_says_nothing_of_a_person(contract: Contract) -> None:
    kept = {
        f.full_name: f
        for c in contract.capabilities
        for f in fields_of(options.descriptor_of(c.response_class))
        if f.containing_type is not None and options.recurring(f.containing_type)
    }
    assert {name.rpartition(".")[0] for name in kept} == {"vss.health_claims.v1.Step"}
    for field in kept.values():
        assert not options.subject_role(field)
        assert options.data_class(field) == access_pb2.DATA_CLASS_COVERAGE
