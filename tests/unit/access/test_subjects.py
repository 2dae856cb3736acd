"""Whose data is asked for and answered, and the fields that the gateway binds."""

from collections.abc import Callable

import pytest
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2

from lienthong.access.contract import Contract, ContractError
from lienthong.access.subjects import answered_finder, asked_finder, binder, person_lines
from vss.access.v1 import access_pb2
from vss.contributions.v1 import commands_pb2, contributions_pb2
from vss.health_claims.v1 import health_claims_pb2
from vss.identity.v1 import identity_pb2
from vss.types.v1 import text_pb2

FACILITY, EMPLOYER, PERSON = (
    access_pb2.BINDING_FACILITY_CODE,
    access_pb2.BINDING_EMPLOYER_CODE,
    access_pb2.BINDING_PERSON_ID,
)


def batch(*identifiers: str) -> health_claims_pb2.BatchCheckCoverageRequest:
    return health_claims_pb2.BatchCheckCoverageRequest(
        requests=[health_claims_pb2.CheckCoverageRequest(identifier=i) for i in identifiers]
    )


def test_a_single_request_asks_about_one_person() -> None:
    find = asked_finder(identity_pb2.VerifyIdentityRequest)
    assert find(identity_pb2.VerifyIdentityRequest(identifier="001190000017")) == ["001190000017"]
    assert find(identity_pb2.VerifyIdentityRequest()) == []


def test_a_batch_asks_about_everybody_in_it_in_order() -> None:
    assert asked_finder(health_claims_pb2.BatchCheckCoverageRequest)(batch("3", "1", "2")) == ["3", "1", "2"]


def test_an_answered_batch_names_matched_persons_only() -> None:
    result, response = health_claims_pb2.CheckCoverageResult, health_claims_pb2.CheckCoverageResponse
    answer = health_claims_pb2.BatchCheckCoverageResponse(
        results=[
            result(response=response(person_id=7)),
            result(response=response(result_code="050")),
            result(error=status_pb2.Status(code=3)),
            result(),
        ]
    )
    assert answered_finder(health_claims_pb2.BatchCheckCoverageResponse)(answer) == [7]


def test_finding_changes_nothing_in_the_message() -> None:
    answer = health_claims_pb2.BatchCheckCoverageResponse(results=[health_claims_pb2.CheckCoverageResult()])
    before = answer.SerializeToString()
    answered_finder(type(answer))(answer)
    assert answer.SerializeToString() == before


@pytest.mark.parametrize(
    "about_persons",
    ["/v1/identity:verify", "/v1/coverage:check", "/v1/coverage:get", "/v1/contributions:listMonths"],
)
def test_every_capability_about_a_person_finds_whom_it_asks_and_answers(
    contract: Contract, about_persons: str
) -> None:
    capability = contract.by_route["POST", about_persons]
    asked = asked_finder(capability.request_class)
    answered = answered_finder(capability.response_class)
    assert asked(capability.request_class(identifier="001190000017")) == ["001190000017"]
    assert answered(capability.response_class(person_id=1)) == [1]


def test_a_binding_reaches_every_item_of_a_batch() -> None:
    bind, request = binder(health_claims_pb2.BatchCheckCoverageRequest, FACILITY), batch("1", "2")
    assert bind is not None
    bind(request, "01001")
    assert [r.facility_code for r in request.requests] == ["01001", "01001"]


def test_bindings_fill_their_own_fields_only() -> None:
    request = contributions_pb2.ListContributionMonthsRequest(identifier="1")
    for binding, value in ((PERSON, 42), (EMPLOYER, "0100000001DNA03")):
        bind = binder(type(request), binding)
        assert bind is not None
        bind(request, value)
    assert request == contributions_pb2.ListContributionMonthsRequest(
        identifier="1", person_id=42, employer_code="0100000001DNA03"
    )


def test_a_request_without_the_binding_has_no_binder() -> None:
    assert binder(identity_pb2.VerifyIdentityRequest, FACILITY) is None
    assert binder(contributions_pb2.ListContributionMonthsRequest, FACILITY) is None


def test_a_marked_list_is_refused_at_start(compile_proto: Callable[[str], FileDescriptor]) -> None:
    mark = "[(vss.access.v1.subject) = SUBJECT_ROLE_ANSWERED]"
    file = compile_proto(f"message M {{ repeated int64 person_ids = 1 {mark}; }}")
    with pytest.raises(ContractError, match=r"M\.person_ids"):
        answered_finder(GetMessageClass(file.message_types_by_name["M"]))


def test_a_message_that_contains_itself_is_refused_at_start(
    compile_proto: Callable[[str], FileDescriptor],
) -> None:
    file = compile_proto("message M { M inner = 1; int64 person_id = 2; }")
    with pytest.raises(ContractError, match="M: must not contain itself"):
        answered_finder(GetMessageClass(file.message_types_by_name["M"]))


def test_each_line_gets_its_own_person_as_a_whole() -> None:
    lines = person_lines(commands_pb2.SubmitDeclarationRequest)
    assert lines is not None
    request = commands_pb2.SubmitDeclarationRequest(
        lines=[commands_pb2.DeclarationLine(identifier=i) for i in ("b", "a", "b")]
    )
    assert lines.identifiers(request) == ["b", "a", "b"]
    lines.fill(request, [text_pb2.Person(person_id=n, full_name=str(n)) for n in (2, 1, 0)])
    assert [(line.person.person_id, line.person.full_name) for line in request.lines] == [
        (2, "2"),
        (1, "1"),
        (0, "0"),
    ]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_persons_that_are_not_as_many_as_the_lines_are_not_put_in(number: int) -> None:
    lines = person_lines(commands_pb2.SubmitDeclarationRequest)
    assert lines is not None
    request = commands_pb2.SubmitDeclarationRequest(
        lines=[commands_pb2.DeclarationLine(identifier="a"), commands_pb2.DeclarationLine(identifier="b")]
    )
    with pytest.raises(ValueError, match="zip"):
        lines.fill(request, [text_pb2.Person()] * number)


def test_a_request_without_lines_holds_no_persons() -> None:
    assert person_lines(contributions_pb2.GetLedgerRequest) is None


def test_a_person_without_one_identifier_beside_it_is_refused_at_start(
    compile_proto: Callable[[str], FileDescriptor],
) -> None:
    source = """import "vss/types/v1/text.proto";
    message M { vss.types.v1.Person p = 1 [(vss.access.v1.binding) = BINDING_PERSON]; }"""
    cls = GetMessageClass(compile_proto(source).message_types_by_name["M"])
    with pytest.raises(ContractError, match="one identifier beside it"):
        person_lines(cls)
