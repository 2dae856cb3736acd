"""The request decoder: ProtoJSON within the rules of the contract, and a name for every wrong field."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.access import options
from lienthong.access.contract import ContractError
from lienthong.access.requests import MalformedJson, query_decoder, request_decoder
from lienthong.rpc.errors import InvalidArgument
from vss.audit.v1 import audit_pb2
from vss.contributions.v1 import commands_pb2, contributions_pb2
from vss.health_claims.v1 import claims_pb2, health_claims_pb2, history_pb2
from vss.identity.v1 import identity_pb2
from vss.operations.v1 import operations_pb2

REQUESTS: list[type[Message]] = [
    identity_pb2.VerifyIdentityRequest,
    health_claims_pb2.CheckCoverageRequest,
    health_claims_pb2.BatchCheckCoverageRequest,
    health_claims_pb2.GetCoverageRequest,
    history_pb2.ListVisitsRequest,
    claims_pb2.OpenStayRequest,
    contributions_pb2.ListContributionMonthsRequest,
    audit_pb2.ListAuditEntriesRequest,
    commands_pb2.SubmitDeclarationRequest,
    commands_pb2.RecordPaymentsRequest,
]
DECODERS = {cls: request_decoder(cls) for cls in REQUESTS}
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def spellings(field: FieldDescriptor) -> st.SearchStrategy[object]:
    """Ways to write one value of a field, most of them right."""
    rules = options.rules(field)
    if field.message_type is not None:
        return objects(field.message_type)
    if field.enum_type is not None:
        numbers = st.sampled_from([v.number for v in field.enum_type.values] + [99])
        return st.one_of(
            numbers, numbers.map(str), *[st.sampled_from([*options.enum_names(field).values(), "FOO"])] * 6
        )
    if field.type == FieldDescriptor.TYPE_INT64:
        numbers = st.one_of(*[st.integers(1, 10**9)] * 9, st.integers(-(2**65), 2**65))
        return st.one_of(*[numbers, numbers.map(str)] * 5, st.just(value=True))
    if field.type == FieldDescriptor.TYPE_INT32:
        numbers = st.one_of(*[st.integers(0, 500)] * 9, st.integers(-(2**40), 2**40))
        return st.one_of(*[numbers, numbers.map(str), numbers.map(float)] * 5, st.just(value=True))
    right = (
        st.from_regex(rf"\A(?:{rules.pattern})\Z") if rules.pattern else st.text(max_size=rules.max_length)
    )
    return st.one_of(*[right, st.just(rules.example)] * 9, st.text(max_size=rules.max_length + 2))


@st.composite
def objects(draw: st.DrawFn, descriptor: Descriptor) -> dict[str, object]:
    """A JSON object that is close to the message; bound fields have a test of their own."""
    value: dict[str, object] = {}
    for field in descriptor.fields:
        if options.binding(field) or (not options.rules(field).required and draw(st.booleans())):
            continue
        name = draw(st.sampled_from([field.name, field.json_name]))
        one = st.one_of(*[spellings(field)] * 30, st.none(), ANY_JSON)
        value[name] = draw(st.lists(spellings(field), min_size=1, max_size=3) if field.is_repeated else one)
        if field.enum_type is not None and (value[name] is None or isinstance(value[name], bool)):
            # json_format takes false for the number 0, which ProtoJSON does not, and null for
            # the unspecified value, which is not the same as a required field that is absent.
            value[name] = "FOO"
        if field.message_type is not None and value[name] in ("", [], {}):
            # json_format takes what is empty for an object without fields, and has no word for a
            # required enum that is absent from it.
            value[name] = "FOO"
    return value


def fits_the_rules(message: Message) -> bool:
    """An independent reading of the rules on a message that is already parsed."""
    descriptor = options.descriptor_of(type(message))
    return all(_field_fits(message, field) for field in descriptor.fields)


def _field_fits(message: Message, field: FieldDescriptor) -> bool:
    rules, value = options.rules(field), getattr(message, field.name)
    if options.binding(field):
        # A message that is not there reads as an empty one, which is not nothing.
        return not (message.HasField(field.name) if field.message_type is not None else value)
    values = list(value) if field.is_repeated else [value]
    if field.is_repeated and not (bool(rules.required) <= len(values) <= rules.max_items):
        return False
    if field.message_type is not None:
        there = values if field.is_repeated or message.HasField(field.name) else []
        return all(fits_the_rules(v) for v in there)
    if field.enum_type is not None:
        return all(v in options.enum_names(field) for v in values)
    if field.type in (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64):
        # An optional number that is absent is zero, which every optional number may be.
        return all(rules.minimum <= v <= rules.maximum for v in values)
    return all(_text_fits(v, rules.required, rules.max_length, rules.pattern) for v in values)


def _text_fits(value: str, required: bool, longest: int, pattern: str) -> bool:
    if not value:
        return not required
    return len(value) <= longest and "\0" not in value and bool(re.fullmatch(pattern or "(?s:.*)", value))


@settings(max_examples=300)
@given(data=st.data(), ascii_only=st.booleans())
def test_the_decoder_accepts_what_protojson_and_the_rules_accept_and_reads_the_same(
    data: st.DataObject,
    ascii_only: bool,
) -> None:
    cls = data.draw(st.sampled_from(REQUESTS))
    value = data.draw(objects(options.descriptor_of(cls)))
    body = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        expected: Message | None = json_format.Parse(body, cls())
    except (json_format.ParseError, UnicodeError):
        expected = None
    if expected is not None and fits_the_rules(expected):
        assert DECODERS[cls](body) == expected
    else:
        with pytest.raises((InvalidArgument, MalformedJson)):
            DECODERS[cls](body)


@given(body=st.binary(max_size=60) | ANY_JSON.map(lambda v: json.dumps(v).encode()))
def test_no_body_raises_anything_but_a_refusal(body: bytes) -> None:
    for decode in DECODERS.values():
        try:
            decode(body)
        except (InvalidArgument, MalformedJson):
            continue
        # Only the audit query has no required field.
        assert decode is DECODERS[audit_pb2.ListAuditEntriesRequest]


def refusal_of(cls: type[Message], body: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidArgument) as refused:
        DECODERS[cls](body)
    (violation,) = refused.value.fields
    return violation.field, violation.description


VERIFY = identity_pb2.VerifyIdentityRequest
CHECK = health_claims_pb2.CheckCoverageRequest
BATCH = health_claims_pb2.BatchCheckCoverageRequest
MONTHS = contributions_pb2.ListContributionMonthsRequest
DECLARE = commands_pb2.SubmitDeclarationRequest
PAY = commands_pb2.RecordPaymentsRequest
LINE = {
    "kind": "LINE_KIND_INCREASE",
    "identifier": "001190000017",
    "fullName": "Trần Thị Hồng Nhung",
    "fromMonth": "2026-11",
    "baseVnd": "8500000",
}
PAYMENT = {"employerCode": "X", "valueDate": "2026-11-20", "reference": "A-1"}


@pytest.mark.parametrize(
    ("cls", "body", "field", "description"),
    [
        (CHECK, b"{}", "identifier", "is required"),
        (CHECK, b'{"identifier":"1","fullName":"A"}', "born", "is required"),
        (CHECK, b'{"identifier":""}', "identifier", "length >= 1"),
        (CHECK, b'{"identifier":null}', "identifier", "expected `str`"),
        (CHECK, b'{"identifier":1}', "identifier", "expected `str`"),
        (CHECK, b'{"identifier":["1"]}', "identifier", "expected `str`"),
        (VERIFY, b'{"identifier":"1","fullName":"' + b"x" * 10_000 + b'"}', "fullName", "length <= 100"),
        (VERIFY, b'{"identifier":"1","sex":"F"}', "sex", "SEX_FEMALE"),
        (VERIFY, b'{"identifier":"1","sex":7}', "sex", "SEX_FEMALE"),
        (VERIFY, b'{"identifier":"1","sex":["SEX_MALE"]}', "sex", "SEX_FEMALE"),
        (VERIFY, b'{"identifier":"1","nickname":"x"}', "nickname", "not a field"),
        (VERIFY, b'{"identifier":"1","fullName":"a\\u0000"}', "fullName", "U+0000"),
        (BATCH, b'{"requests":[]}', "requests", "length >= 1"),
        (BATCH, b'{"requests":[null]}', "requests[0]", "expected `object`"),
        (
            BATCH,
            b'{"requests":[{"identifier":"1","fullName":"a\\u0000","born":"1990"}]}',
            "requests[0].fullName",
            "U+0000",
        ),
        (
            BATCH,
            b'{"requests":[{"identifier":"1","full_name":"a","born":"17/05/1990"}]}',
            "requests[0].born",
            "[0-9]{4}",
        ),
        (MONTHS, b'{"identifier":"1","pageSize":501}', "pageSize", "<= 500"),
        (MONTHS, b'{"identifier":"1","pageSize":true}', "pageSize", "expected `int`"),
        (MONTHS, b"[]", "$", "expected `object`"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_expected(
    cls: type[Message], body: bytes, field: str, description: str
) -> None:
    named, what = refusal_of(cls, body)
    assert named == field
    assert description in what


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0", "must be an integer from 1 to 1000000000000"),
        (0, "must be an integer from 1 to 1000000000000"),
        ("1000000000001", "must be an integer from 1 to 1000000000000"),
        ("1.5", "must be an integer from 1 to 1000000000000"),
        (1.5, "must be an integer from 1 to 1000000000000"),
        (True, "must be an integer from 1 to 1000000000000"),
        ("9" * 25, "must be an integer from 1 to 1000000000000"),
        ([], "must be an integer from 1 to 1000000000000"),
    ],
)
def test_an_amount_outside_of_its_bounds_is_named_with_its_line(amount: object, expected: str) -> None:
    payments = [PAYMENT | {"amountVnd": "1"}, PAYMENT | {"amountVnd": amount}]
    body = json.dumps({"payments": payments}).encode()
    assert refusal_of(PAY, body) == ("payments[1].amountVnd", expected)


def test_an_amount_may_be_written_as_text_or_as_a_number() -> None:
    payments = [PAYMENT | {"amountVnd": "12"}, PAYMENT | {"amountVnd": 12}]
    read: Any = DECODERS[PAY](json.dumps({"payments": payments}).encode())
    assert [p.amount_vnd for p in read.payments] == [12, 12]


def test_fifty_thousand_lines_are_read_and_one_more_is_not() -> None:
    body = json.dumps({"lines": [LINE] * 50_000}).encode()
    read: Any = DECODERS[DECLARE](body)
    assert len(read.lines) == 50_000
    assert read.lines[49_999].base_vnd == 8_500_000
    assert refusal_of(DECLARE, json.dumps({"lines": [LINE] * 50_001}).encode())[0] == "lines"


@pytest.mark.parametrize("twin", ["identifier", "baseVnd", "base_vnd", "\\u0062aseVnd"])
def test_a_field_given_twice_in_one_line_of_many_is_malformed(twin: str) -> None:
    line = json.dumps(LINE)
    torn = line.replace("{", f'{{"{twin}":"1",', 1)
    body = f'{{"lines":[{line},{torn},{line}]}}'.encode()
    with pytest.raises(MalformedJson, match="twice"):
        DECODERS[DECLARE](body)


def test_a_name_of_a_field_is_a_value_like_any_other_in_a_line() -> None:
    body = json.dumps({"lines": [LINE | {"position": "fullName", "fullName": "position"}]}).encode()
    read: Any = DECODERS[DECLARE](body)
    assert (read.lines[0].full_name, read.lines[0].position) == ("position", "fullName")


def test_the_gateways_own_fields_of_a_line_are_not_fields_of_the_request() -> None:
    body = json.dumps({"lines": [LINE | {"person": {"personId": "1"}}]}).encode()
    assert refusal_of(DECLARE, body) == ("lines[0].person", "is not a field of this request")


GET = query_decoder(operations_pb2.GetOperationRequest, "operation_id")
LIST = query_decoder(operations_pb2.ListOperationsRequest, None)
SOME_ID = "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"


def test_a_path_and_a_query_make_a_request() -> None:
    assert GET(SOME_ID, "") == operations_pb2.GetOperationRequest(operation_id=SOME_ID)
    assert LIST("", "") == operations_pb2.ListOperationsRequest()
    read = LIST("", "state=OPERATION_STATE_HELD&page_size=7&pageToken=a%2Bb%20c")
    assert read == operations_pb2.ListOperationsRequest(
        state=operations_pb2.OPERATION_STATE_HELD, page_size=7, page_token="a+b c"
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("pageSize=201", "pageSize"),
        ("pageSize=x", "pageSize"),
        ("pageSize=", "pageSize"),
        ("state=DONE", "state"),
        ("agencyId=other", "agencyId"),
        ("agency_id=other", "agency_id"),
        ("nothing=1", "nothing"),
        ("%3Cb%3E=1", "$"),
        ("pageToken=a%00b", "pageToken"),
        ("pageToken=" + "a" * 201, "pageToken"),
    ],
)
def test_a_wrong_parameter_is_named(query: str, field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        LIST("", query)
    assert [f.field for f in refused.value.fields] == [field]


@pytest.mark.parametrize(
    "query", ["pageSize=1&page_size=1", "a", "pageToken=%ff", "&".join(["pageSize=1"] * 40), "=&", "&&"]
)
def test_a_query_that_is_none_is_malformed(query: str) -> None:
    with pytest.raises((MalformedJson, InvalidArgument)):
        LIST("", query)


def test_the_variable_of_the_path_is_no_parameter() -> None:
    with pytest.raises(InvalidArgument):
        GET(SOME_ID, f"operationId={SOME_ID}")


@pytest.mark.parametrize("name", ["personId", "person_id", "employerCode", "employer_code"])
def test_a_bound_field_is_not_a_field_of_the_request(name: str) -> None:
    assert refusal_of(MONTHS, json.dumps({"identifier": "1", name: "7"}).encode())[0] == name


def test_more_items_than_the_contract_allows_are_refused() -> None:
    one = {"identifier": "1", "fullName": "a", "born": "1990"}
    assert len(DECODERS[BATCH](json.dumps({"requests": [one] * 1000}).encode()).requests) == 1000  # type: ignore[attr-defined]  # built from the contract
    assert refusal_of(BATCH, json.dumps({"requests": [one] * 1001}).encode()) == (
        "requests",
        "expected `array` of length <= 1000",
    )


@given(secret=st.text(min_size=4, max_size=30).filter(lambda s: not re.search("[a-z ]{4}", s)))
def test_what_was_sent_is_never_repeated(secret: str) -> None:
    for value in (
        {"identifier": "1", "sex": secret + "!"},
        {"identifier": "1", secret + "!": 1},
        {"identifier": [secret]},
    ):
        field, description = refusal_of(VERIFY, json.dumps(value).encode(errors="surrogatepass"))
        assert secret + "!" not in field + description


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"identifier":"1"} x',
        b'{"identifier":"1",}',
        b'\xef\xbb\xbf{"identifier":"1"}',
        b'{"identifier":"\xff"}',
        b'{"identifier":"\xed\xa0\x80"}',
        b'{"identifier":"\\ud800"}',
        b'{"identifier":"\\ud800x"}',
        b'{"identifier":"\\udc00"}',
        b'{"identifier":"a\x00"}',
        b'{"identifier":"1","pageSize":NaN}',
        b'{"identifier":"1","pageSize":1e999}',
        b'{"identifier":"1","pageSize":' + b"9" * 5000 + b"}",
        b'{"identifier":' + b"[" * 100_000,
    ],
)
def test_what_is_not_json_in_utf8_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        DECODERS[MONTHS](body)


@pytest.mark.parametrize("depth", [10, 400, 600, 900, 2000, 100_000])
def test_deep_nesting_is_refused_at_every_depth(depth: int) -> None:
    for opening, closing in ((b"[", b"]"), (b'{"identifier":', b"}")):
        body = b'{"identifier":' + opening * depth + b"1" + closing * depth + b"}"
        with pytest.raises((InvalidArgument, MalformedJson)):
            DECODERS[VERIFY](body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"identifier":"1","identifier":"2"}',
        b'{"identifier":"1","identifier":"1"}',
        b'{"identifier":"1","fullName":"a","full_name":"b"}',
        b'{"identifier":"1","\\u0069dentifier":"2"}',
    ],
)
def test_a_field_given_twice_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedJson, match="twice"):
        DECODERS[VERIFY](body)


def test_a_field_given_twice_inside_a_batch_is_malformed() -> None:
    with pytest.raises(MalformedJson, match="twice"):
        DECODERS[BATCH](b'{"requests":[{"identifier":"1","fullName":"a","born":"1990","born":"1991"}]}')


CHECK = b'{"identifier":"001190000017","fullName":"%b","born":"1990","visit":%b}'


@pytest.mark.parametrize(
    "visit",
    [
        b'{"kind":"VISIT_KIND_OUTPATIENT","kind":"VISIT_KIND_INPATIENT"}',
        b'{"kind":"VISIT_KIND_OUTPATIENT","costVnd":"1","cost_vnd":"2"}',
        b'{"kind":"VISIT_KIND_OUTPATIENT","\\u006bind":"VISIT_KIND_INPATIENT"}',
        b'{"kind":"VISIT_KIND_OUTPATIENT"},"visit":null',
        b'null,"visit":{"kind":"VISIT_KIND_OUTPATIENT"}',
        b'null,"born":"1991"',
        b'{"kind":"VISIT_KIND_OUTPATIENT"},"born":"1991"',
    ],
)
def test_a_field_given_twice_in_or_beside_an_object_is_malformed(visit: bytes) -> None:
    with pytest.raises(MalformedJson):
        request_decoder(health_claims_pb2.CheckCoverageRequest)(CHECK % (b"Nhung", visit))


@pytest.mark.parametrize("name", [b"visit", b"kind", b"born"])
@pytest.mark.parametrize("visit", [b"null", b'{"kind":"VISIT_KIND_OUTPATIENT"}'])
def test_a_name_of_a_field_is_a_value_beside_an_object_too(name: bytes, visit: bytes) -> None:
    read: Any = request_decoder(health_claims_pb2.CheckCoverageRequest)(CHECK % (name, visit))
    assert read.full_name == name.decode()
    assert read.HasField("visit") == (visit != b"null")


def test_a_value_that_looks_like_a_field_name_is_a_value() -> None:
    decoded = DECODERS[VERIFY](b'{"identifier":"identifier","fullName":"born"}')
    assert decoded == identity_pb2.VerifyIdentityRequest(identifier="identifier", full_name="born")


Compile = Callable[[str], FileDescriptor]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("message M { string a = 1; }", "vss.probe.v1.M.a: a request string needs"),
        ("message M { repeated bool a = 1; }", "vss.probe.v1.M.a: a repeated request field needs"),
        ("message M { bytes a = 1; }", "vss.probe.v1.M.a: this kind"),
        ("message M { google.protobuf.Timestamp a = 1; }", "this kind"),
        ("message M { oneof which { bool a = 1; bool b = 2; } }", "a oneof"),
        ("message M { M a = 1; }", "must not contain itself"),
        ("message M { map<int32, bool> a = 1 [(vss.access.v1.rules) = {max_items: 3}]; }", "a map"),
    ],
)
def test_a_request_without_bounds_or_of_an_unsupported_kind_is_refused_at_start(
    compile_proto: Compile, body: str, complaint: str
) -> None:
    cls = GetMessageClass(compile_proto(body).message_types_by_name["M"])
    with pytest.raises(ContractError, match=complaint):
        request_decoder(cls)
