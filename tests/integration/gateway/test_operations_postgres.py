"""What became of an operation, on a real PostgreSQL: to its owner, when it ends, and to nobody else."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
import pytest

from gateway.accepting import Accepting, Outcome
from gateway.completing import complete
from gateway.operations import GET_OPERATION, Operations
from gateway.routes import Question
from gateway.waiting import Waiters
from lienthong.access.published import published_contract
from lienthong.agencies.registry import Grant, Registry
from lienthong.bus.handling import ResultContext
from lienthong.bus.hearing import ResultInbox
from lienthong.db.pool import Pool
from lienthong.rpc import errors
from tests.integration.gateway.support import acceptance
from vss.bus.v1 import bus_pb2
from vss.contributions.v1 import commands_pb2
from vss.operations.v1 import operations_pb2

DECLARE = "vss.contributions.v1.ContributionsCommandService/SubmitDeclaration"
RESULT = frozenset({"result"})
ENCODE = Operations.encoders()[GET_OPERATION]


class Desk:
    """An agency with operations, and the gateway's way to them."""

    def __init__(self, pool: Pool, owner: psycopg.Connection[Any], url: str, agency_id: str) -> None:
        self.pool, self.owner, self.url, self.agency_id = pool, owner, url, agency_id
        self.classes = frozenset({"result", "financial"})
        self.waiters = Waiters(url, most=3)
        helper: Any = None
        self.operations = Operations(
            pool, self.waiters, helper, contract=published_contract(), registry=self.registry
        )

    def registry(self) -> Registry:
        grant = Grant(
            1, self.agency_id, "declarations:submit", frozenset({"employment"}), self.classes,
            datetime(2020, 1, 1, tzinfo=UTC), None, None,
        )  # fmt: skip
        return Registry(1, {}, {}, {(self.agency_id, "declarations:submit"): grant} if self.classes else {})

    async def accept(self, **changed: Any) -> str:
        """A pending declaration of the agency; it is not sent to anybody."""
        one = acceptance(self.agency_id, rpc=DECLARE, **changed)
        deadline = asyncio.get_running_loop().time() + 5
        with self.owner.transaction():
            # Held until the message is gone, so that no relay of the stack meets it.
            self.owner.execute("LOCK TABLE outbox_lane IN EXCLUSIVE MODE")
            assert await Accepting(self.pool).accept(one, deadline=deadline) is Outcome.ACCEPTED
            self.owner.execute("DELETE FROM outbox WHERE message_id = %s", (str(one.operation.operation_id),))
        return str(one.operation.operation_id)

    def end(self, operation_id: str, **outcome: Any) -> None:
        """A result comes in."""
        inbox = ResultInbox(complete, clock=lambda: datetime.now(UTC))
        with psycopg.connect(self.url, autocommit=True) as runtime:
            inbox.receive(runtime, bus_pb2.Result(operation_id=operation_id, **outcome))

    async def get(self, operation_id: str, *, wait: float = 0.0, agency: str = "", **more: Any) -> Any:
        request = operations_pb2.GetOperationRequest(
            operation_id=operation_id, agency_id=agency or self.agency_id
        )
        deadline = asyncio.get_running_loop().time() + 3
        found = await self.operations.get(Question(request, "r", "", deadline, wait=wait, **more))
        return msgspec.json.decode(msgspec.json.encode(ENCODE(found, RESULT)))["operation"]

    async def list_(self, **asked: Any) -> operations_pb2.ListOperationsResponse:
        request = operations_pb2.ListOperationsRequest(agency_id=self.agency_id, **asked)
        deadline = asyncio.get_running_loop().time() + 3
        return await self.operations.list_(Question(request, "r", "", deadline))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.waiters.run())
        try:
            async with asyncio.timeout(5):
                while not self.waiters.listening:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.01)
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def waits(self, number: int) -> None:
        """Return once so many wait."""
        async with asyncio.timeout(5):
            while self.waiters.waiting != number:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.fixture
def desk(
    pool: Pool, owner: psycopg.Connection[Any], stack_variable: Callable[[str], str], agency_id: str
) -> Desk:
    return Desk(pool, owner, stack_variable("DATABASE_URL_GATEWAY"), agency_id)


RESPONSE = commands_pb2.SubmitDeclarationResponse(accepted=2, charged_vnd=7).SerializeToString()
REFUSAL = errors.to_status(
    errors.Refusal(
        "ALREADY_DECLARED", "the same lines", code=6, fields=(errors.FieldViolation("lines", "?"),)
    )
)


async def test_a_completed_operation_has_its_result(desk: Desk) -> None:
    one = await desk.accept()
    assert (await desk.get(one))["state"] == "OPERATION_STATE_PENDING"
    desk.end(one, response=RESPONSE)
    found = await desk.get(one)
    assert (found["state"], found["result"]["accepted"]) == ("OPERATION_STATE_COMPLETED", 2)
    assert found["result"]["chargedVnd"] == "7"
    assert found["finishedAt"] >= found["acceptedAt"]


async def test_a_result_is_masked_by_the_grant_of_its_command(desk: Desk) -> None:
    one = await desk.accept()
    desk.end(one, response=RESPONSE)
    desk.classes = frozenset({"result"})
    assert "chargedVnd" not in (await desk.get(one))["result"]
    desk.classes = frozenset()
    assert "result" not in await desk.get(one)


async def test_a_refused_operation_says_why_in_both_languages(desk: Desk) -> None:
    one = await desk.accept()
    desk.end(one, error=REFUSAL)
    found = await desk.get(one)
    assert found["state"] == "OPERATION_STATE_FAILED"
    assert found["error"]["reason"] == "ALREADY_DECLARED"
    assert found["error"]["text"]["vi"] != found["error"]["text"]["en"]
    assert found["error"]["fields"] == [{"field": "lines", "description": "?"}]


async def test_a_result_that_comes_again_or_otherwise_changes_nothing(desk: Desk) -> None:
    one = await desk.accept()
    desk.end(one, response=RESPONSE)
    before = await desk.get(one)
    desk.end(one, error=REFUSAL)
    desk.end(one, held=bus_pb2.Held(reason="ATTEMPTS_SPENT"))
    desk.end(one, response=b"")
    assert await desk.get(one) == before


async def test_a_held_operation_is_done_when_it_was_replayed(desk: Desk) -> None:
    one = await desk.accept()
    desk.end(one, held=bus_pb2.Held(reason="ATTEMPTS_SPENT", attempts=5))
    assert (await desk.get(one))["state"] == "OPERATION_STATE_HELD"
    desk.end(one, response=RESPONSE)
    assert (await desk.get(one))["state"] == "OPERATION_STATE_COMPLETED"


async def test_a_result_of_nobodys_operation_is_taken_in_silence(desk: Desk) -> None:
    desk.end(str(uuid.uuid4()), response=RESPONSE)
    with pytest.raises(ValueError, match="outcome"):
        desk.end(str(uuid.uuid4()))


async def test_anothers_operation_is_as_unknown_as_none(desk: Desk) -> None:
    one = await desk.accept()
    told = []
    for operation_id, agency in ((one, "other"), (str(uuid.uuid4()), desk.agency_id), (one, "")):
        try:
            await desk.get(operation_id, agency=agency)
            told.append("found")
        except errors.NotFound as refused:
            told.append(f"{refused.reason} {refused.message}")
    assert told[0] == told[1] != told[2] == "found"


async def test_a_citizen_sees_her_own_operations_through_the_portal_only(desk: Desk) -> None:
    hers = await desk.accept(staff="citizen:a")
    assert (await desk.get(hers, citizen="citizen:a"))["operationId"] == hers
    with pytest.raises(errors.NotFound):
        await desk.get(hers, citizen="citizen:b")
    request = operations_pb2.ListOperationsRequest(agency_id=desk.agency_id)
    deadline = asyncio.get_running_loop().time() + 3
    for citizen, number in (("citizen:a", 1), ("citizen:b", 0), (None, 1)):
        page = await desk.operations.list_(Question(request, "r", "", deadline, citizen=citizen))
        assert len(page.operations) == number


async def test_pages_by_key_show_each_operation_once_newest_first(desk: Desk) -> None:
    made = [await desk.accept() for _ in range(5)]
    desk.end(made[1], response=RESPONSE)
    seen: list[str] = []
    token = ""
    while True:
        page = await desk.list_(page_size=2, page_token=token)
        seen += [o.operation_id for o in page.operations]
        if len(seen) == 2:
            await desk.accept()  # a page stays right while others write
        token = page.next_page_token
        if not token:
            break
    assert seen == made[::-1]
    completed = await desk.list_(state=operations_pb2.OPERATION_STATE_COMPLETED)
    assert [o.operation_id for o in completed.operations] == [made[1]]
    assert not completed.operations[0].HasField("result")


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "=", "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"])
async def test_a_token_that_is_not_ours_is_named(desk: Desk, token: str) -> None:
    with pytest.raises(errors.InvalidArgument) as refused:
        await desk.list_(page_token=token)
    assert refused.value.fields[0].field == "page_token"


# --- waiting


async def test_who_waits_is_answered_when_the_operation_ends(desk: Desk) -> None:
    one = await desk.accept()
    async with desk.listening():
        waiting = [asyncio.create_task(desk.get(one, wait=30)) for _ in range(2)]
        await desk.waits(2)
        desk.end(one, response=RESPONSE)
        async with asyncio.timeout(5):
            for found in await asyncio.gather(*waiting):
                assert found["state"] == "OPERATION_STATE_COMPLETED"
    assert desk.waiters.waiting == 0


async def test_a_wait_that_is_over_is_answered_as_it_is(desk: Desk) -> None:
    one = await desk.accept()
    loop = asyncio.get_running_loop()
    async with desk.listening():
        began = loop.time()
        # Longer than the budget of a request would be.
        found = await desk.get(one, wait=3.5)
    assert found["state"] == "OPERATION_STATE_PENDING"
    assert 3.4 <= loop.time() - began < 6


async def test_what_has_ended_is_not_waited_for(desk: Desk) -> None:
    one = await desk.accept()
    desk.end(one, response=RESPONSE)
    async with desk.listening(), asyncio.timeout(3):
        assert (await desk.get(one, wait=30))["state"] == "OPERATION_STATE_COMPLETED"


async def test_beyond_the_bound_the_answer_is_given_at_once(desk: Desk) -> None:
    one = await desk.accept()
    async with desk.listening():
        waiting = [asyncio.create_task(desk.get(one, wait=30)) for _ in range(3)]
        await desk.waits(3)
        async with asyncio.timeout(3):
            assert (await desk.get(one, wait=30))["state"] == "OPERATION_STATE_PENDING"
        desk.waiters.stop()
        async with asyncio.timeout(5):
            await asyncio.gather(*waiting)


async def test_nobody_waits_while_nobody_listens(desk: Desk) -> None:
    one = await desk.accept()
    async with asyncio.timeout(3):
        assert (await desk.get(one, wait=30))["state"] == "OPERATION_STATE_PENDING"


async def test_who_waits_hears_of_an_end_that_fell_into_a_break_of_the_connection(desk: Desk) -> None:
    one = await desk.accept()
    async with desk.listening():
        waiting = asyncio.create_task(desk.get(one, wait=30))
        await desk.waits(1)
        # In one transaction: the end is told when nobody listens.
        with psycopg.connect(desk.url) as runtime:
            context = ResultContext(connection=runtime, now=datetime.now(UTC), notices=[])
            complete([bus_pb2.Result(operation_id=one, response=RESPONSE)], context)
            runtime.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE application_name = 'lienthong-gateway-waiting'"
            )
        async with asyncio.timeout(10):
            assert (await waiting)["state"] == "OPERATION_STATE_COMPLETED"
