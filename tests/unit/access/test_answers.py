"""The answer encoder: ProtoJSON, minus exactly the fields that a grant does not cover."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import json_format, timestamp_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.access import options
from lienthong.access.answers import answer_encoder, field_class
from lienthong.access.contract import ContractError
from lienthong.rpc import errors
from vss.audit.v1 import audit_pb2
from vss.contributions.v1 import contributions_pb2
from vss.health_claims.v1 import health_claims_pb2
from vss.identity.v1 import identity_pb2

RESPONSES: list[type[Message]] = [
    identity_pb2.VerifyIdentityResponse,
    health_claims_pb2.CheckCoverageResponse,
    health_claims_pb2.BatchCheckCoverageResponse,
    health_claims_pb2.GetCoverageResponse,
    contributions_pb2.ListContributionMonthsResponse,
    audit_pb2.ListAuditEntriesResponse,
]
GRANTABLE = ("result", "identity", "coverage", "employment", "financial", "health", "audit")
ALL = frozenset(GRANTABLE)
REFUSED_ITEM = errors.to_status(errors.InvalidArgument(errors.FieldViolation("born", "no such day")))
REFUSED_ITEM_JSON = {
    "reason": "invalid_argument",
    "detail": "born: no such day",
    "errors": [{"field": "born", "description": "no such day"}],
}


@st.composite
def messages(draw: st.DrawFn, cls: type[Message]) -> Message:
    """Any message, with every kind of field set or not."""
    message: Any = cls()
    for field in options.descriptor_of(cls).fields:
        if field.containing_oneof is not None and draw(st.booleans()):
            continue
        if field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(values(field), max_size=2)))
        elif field.message_type is None:
            setattr(message, field.name, draw(values(field)))
        elif draw(st.booleans()):
            getattr(message, field.name).CopyFrom(draw(values(field)))
    return cls.FromString(message.SerializeToString())


def values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        if field.message_type.full_name == "google.rpc.Status":
            return st.just(REFUSED_ITEM)
        if field.message_type.full_name == "google.protobuf.Timestamp":
            seconds, nanos = st.integers(-(10**9), 4 * 10**9), st.integers(0, 999_999_999)
            return st.builds(timestamp_pb2.Timestamp, seconds=seconds, nanos=nanos)
        return messages(GetMessageClass(field.message_type))
    kinds: dict[int, st.SearchStrategy[Any]] = {
        FieldDescriptor.TYPE_STRING: st.text(max_size=8),
        FieldDescriptor.TYPE_BOOL: st.booleans(),
        FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
        FieldDescriptor.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
        # 9 is a value that this version of the contract does not know.
        FieldDescriptor.TYPE_ENUM: st.integers(0, 2) | st.just(9),
    }
    return kinds[field.type]


def masked(value: Any, descriptor: Descriptor, classes: frozenset[str]) -> Any:
    """The mask once more, the slow and obvious way, over what protobuf itself prints."""
    if descriptor.full_name == "google.rpc.Status":
        return REFUSED_ITEM_JSON
    if not descriptor.full_name.startswith("vss."):
        return value
    shown = {}
    for field in descriptor.fields:
        if field.json_name not in value or field_class(field) not in classes - {"internal"}:
            continue
        inside, inner = value[field.json_name], field.message_type
        if inner is None:
            shown[field.json_name] = inside
        elif field.is_repeated:
            shown[field.json_name] = [masked(v, inner, classes) for v in inside]
        else:
            shown[field.json_name] = masked(inside, inner, classes)
    return shown


@settings(max_examples=200)
@given(data=st.data())
def test_an_answer_is_protojson_minus_what_the_grant_does_not_cover(data: st.DataObject) -> None:
    cls = data.draw(st.sampled_from(RESPONSES))
    message = data.draw(messages(cls))
    classes = data.draw(st.just(ALL) | st.sets(st.sampled_from(GRANTABLE)).map(frozenset))
    printed = json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
    assert answer_encoder(cls, classes)(message) == masked(printed, options.descriptor_of(cls), classes)


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {k for v in value.values() for k in keys_of(v)}
    if isinstance(value, list):
        return {k for v in value for k in keys_of(v)}
    return set()


def full_check() -> health_claims_pb2.CheckCoverageResponse:
    card = health_claims_pb2.Card(card_code="DN4010100000017", benefit_percent=80)
    return health_claims_pb2.CheckCoverageResponse(result_code="000", covered=True, card=card, person_id=1)


def test_no_grant_opens_internal_fields() -> None:
    every = ALL | {"internal", "unspecified"}
    for cls in RESPONSES:
        encoded = answer_encoder(cls, every)(cls())
        assert "personId" not in keys_of(encoded)
    assert "personId" not in keys_of(answer_encoder(type(full_check()), every)(full_check()))


def test_a_field_without_a_class_is_never_sent(compile_proto: Callable[[str], FileDescriptor]) -> None:
    source = "message M { string a = 1; string b = 2 [(vss.access.v1.data_class) = DATA_CLASS_RESULT]; }"
    cls: Any = GetMessageClass(compile_proto(source).message_types_by_name["M"])
    everything = ALL | {"internal", "unspecified"}
    assert answer_encoder(cls, everything)(cls(a="secret", b="shown")) == {"b": "shown"}


def test_a_grant_without_identity_sees_the_card_without_its_code() -> None:
    shown = answer_encoder(type(full_check()), frozenset({"result", "coverage"}))(full_check())
    assert shown["card"]["benefitPercent"] == 80
    assert "cardCode" not in shown["card"]


def test_a_grant_without_coverage_sees_no_card_at_all() -> None:
    shown = answer_encoder(type(full_check()), frozenset({"result", "identity"}))(full_check())
    assert set(shown) == {"resultCode", "covered", "visitCode"}


def test_a_grant_of_nothing_sees_nothing() -> None:
    for cls in RESPONSES:
        assert answer_encoder(cls, frozenset())(cls()) == {}


def test_money_is_written_as_text_and_months_without_financial_have_none() -> None:
    month = contributions_pb2.ContributionMonth(month="2026-10", base_vnd=2**53 + 1)
    response = contributions_pb2.ListContributionMonthsResponse(months=[month])
    encode = answer_encoder(type(response), frozenset({"employment", "financial"}))
    assert encode(response)["months"][0]["baseVnd"] == "9007199254740993"
    encode = answer_encoder(type(response), frozenset({"employment"}))
    assert "baseVnd" not in encode(response)["months"][0]


def test_what_recurs_is_written_once_for_each_grant_and_the_same() -> None:
    step = health_claims_pb2.Step(rule="route_referral", rows=["routes/route_referral@2025-01-01=100"])
    encode = answer_encoder(health_claims_pb2.Benefit, ALL)
    one, other = (encode(health_claims_pb2.Benefit(steps=[step]))["steps"][0] for _ in range(2))
    assert one is other
    assert one == answer_encoder(health_claims_pb2.Step, ALL)(step)
    assert one["rule"] == step.rule
    assert (
        answer_encoder(health_claims_pb2.Benefit, ALL - {"coverage"})(health_claims_pb2.Benefit(steps=[step]))
        == {}
    )


def test_every_set_of_classes_shows_a_part_of_what_all_classes_show() -> None:
    whole = keys_of(answer_encoder(type(full_check()), ALL)(full_check()))
    for some in itertools.combinations(GRANTABLE, 2):
        assert keys_of(answer_encoder(type(full_check()), frozenset(some))(full_check())) <= whole


@pytest.mark.parametrize("kind", ["bytes a", "double a", "map<string, string> a", "M a"])
def test_a_response_field_of_an_unsupported_kind_is_refused_at_start(
    compile_proto: Callable[[str], FileDescriptor], kind: str
) -> None:
    file = compile_proto(f"message M {{ {kind} = 1 [(vss.access.v1.data_class) = DATA_CLASS_RESULT]; }}")
    with pytest.raises(ContractError):
        answer_encoder(GetMessageClass(file.message_types_by_name["M"]), ALL)
