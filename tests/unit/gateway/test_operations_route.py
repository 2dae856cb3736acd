"""GET routes: a variable that is what it says, a query that is signed, a wait beyond the budget."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gateway.operations import GET_OPERATION, LIST_OPERATIONS, Found
from gateway.routes import Question
from tests.support.wire import Answer
from tests.unit.gateway.conftest import NAMES, House
from vss.operations.v1 import operations_pb2

ONE = "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"


@pytest.fixture
def desk(house: House) -> House:
    """The employer, who may follow its operations."""
    house.key_of(agency_id="employer")
    house.grant("operations:read", "employment", agency="employer")
    answered = operations_pb2.GetOperationResponse(
        operation=operations_pb2.Operation(operation_id=ONE, state=operations_pb2.OPERATION_STATE_COMPLETED)
    )
    house.answers[GET_OPERATION] = lambda _: Found(answered, msgspec.json.encode({"accepted": 1}))
    house.answers[LIST_OPERATIONS] = lambda _: operations_pb2.ListOperationsResponse()
    return house


async def get(house: House, target: str, **headers: Any) -> Answer:
    headers = {"purpose": "employment", "content_type": None} | headers
    return await house.send(house.desk.sign(target, b"", method="GET", **headers))


async def test_an_operation_is_asked_for_its_agency_alone(desk: House) -> None:
    answer = await get(desk, f"/v1/operations/{ONE}")
    assert (answer.status, answer.document["operation"]["result"]) == (200, {"accepted": 1})
    (question,) = desk.questions
    assert question.request == operations_pb2.GetOperationRequest(operation_id=ONE, agency_id="employer")
    assert (question.wait, question.citizen) == (0.0, None)
    assert (desk.entry.rpc, desk.entry.status) == (GET_OPERATION, 200)


async def test_a_query_becomes_the_request(desk: House) -> None:
    await get(desk, "/v1/operations?state=OPERATION_STATE_HELD&pageSize=7")
    assert desk.questions[0].request == operations_pb2.ListOperationsRequest(
        state=operations_pb2.OPERATION_STATE_HELD, page_size=7, agency_id="employer"
    )


@pytest.mark.parametrize("part", [ONE.upper(), f"{ONE}/", f"%30{ONE[1:]}", "x", "", f"{ONE}%2f", f"a/{ONE}"])
async def test_what_names_no_operation_is_no_path(desk: House, part: str) -> None:
    answer = await get(desk, f"/v1/operations/{part}")
    assert (answer.status, answer.reason, desk.questions) == (404, "not_found", [])


async def test_a_get_with_a_body_is_malformed(desk: House) -> None:
    raw = desk.desk.sign(f"/v1/operations/{ONE}", b"{}", method="GET", purpose="employment")
    assert (await desk.send(raw)).reason == "malformed"


@pytest.mark.parametrize(
    ("target", "method", "allow"),
    [
        (f"/v1/operations/{ONE}", "DELETE", "GET"),
        ("/v1/operations", "POST", "GET"),
        ("/v1/declarations", "GET", "POST"),
    ],
)
async def test_another_method_is_told_the_right_one(
    desk: House, target: str, method: str, allow: str
) -> None:
    raw = desk.desk.sign(target, b"", method=method, purpose="employment", content_type=None)
    answer = await desk.send(raw)
    assert (answer.status, answer.header("allow")) == (405, allow)


@pytest.mark.parametrize(
    ("prefer", "wait"),
    [
        ("wait=10", 10.0), ("respond-async, wait=10", 10.0), ("wait = 3; x=1", 3.0), ('wait="5"', 5.0),
        ("WAIT=5", 5.0), ("wait=600", 30.0), ("wait=99999", 0.0), ("wait=-1", 0.0), ("wait", 0.0), ("waiter=5", 0.0),
        ("await=5", 0.0), ("wait=1.5", 0.0), ("", 0.0), (None, 0.0),
    ],
)  # fmt: skip
async def test_a_wait_is_preferred_in_whole_seconds_up_to_thirty(
    desk: House, prefer: str | None, wait: float
) -> None:
    await get(desk, f"/v1/operations/{ONE}", prefer=prefer)
    assert desk.questions[0].wait == wait


async def test_a_wait_may_take_longer_than_the_budget_and_is_still_recorded(
    desk: House, pass_time: Callable[[float], None]
) -> None:
    found = desk.answers[GET_OPERATION]

    async def ended(question: Question) -> Any:
        del question
        pass_time(2 * desk.settings.budget)
        await asyncio.sleep(0)  # whoever has given up by then is cancelled here
        return found(None)

    desk.slow[GET_OPERATION] = ended
    assert (await get(desk, f"/v1/operations/{ONE}", prefer="wait=1")).status == 200
    assert desk.entry.status == 200


async def test_a_citizen_follows_her_own_operations_by_the_name_in_the_log(desk: House) -> None:
    desk.key_of(agency_id="citizens")
    desk.grant("operations:read", "own_data", agency="citizens")
    answer = await get(desk, f"/v1/operations/{ONE}", purpose="own_data", staff="001190000017")
    assert answer.status == 200
    assert desk.questions[0].citizen == f"citizen:{NAMES.of('001190000017')}"


async def test_a_citizen_whom_the_portal_does_not_name_follows_nothing(desk: House) -> None:
    desk.key_of(agency_id="citizens")
    desk.grant("operations:read", "own_data", agency="citizens")
    answer = await get(desk, f"/v1/operations/{ONE}", purpose="own_data", staff=None)
    assert (answer.reason, desk.questions) == ("row_denied", [])
