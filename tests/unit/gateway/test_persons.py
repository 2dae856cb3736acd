"""Small commands that come together ask identity once; what one of them asks wrongly is its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest

from gateway.persons import Persons
from lienthong.rpc import errors
from vss.identity.v1 import identity_pb2, identity_pb2_grpc
from vss.types.v1 import text_pb2


class Identity(identity_pb2_grpc.IdentityQueryServiceServicer):
    """Knows everybody by the number in the identifier; refuses a call with "bad" in it."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.down = False
        self.short = False

    async def LookUpPersons(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.calls.append(list(request.identifiers))
        self.asked.set()
        await self.gate.wait()
        if self.down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        if "bad" in request.identifiers:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "an identifier is wrong")
        persons = [text_pb2.Person(person_id=int(i)) for i in request.identifiers]
        return identity_pb2.LookUpPersonsResponse(persons=persons[: -1 if self.short else None])


class Town:
    """Asks ``Persons`` over a real channel."""

    def __init__(self, channel: grpc.aio.Channel, identity: Identity) -> None:
        self.identity = identity
        self._persons = Persons(channel)

    async def ask(self, *identifiers: str) -> list[int]:
        request = identity_pb2.LookUpPersonsRequest(identifiers=identifiers).SerializeToString()
        deadline = asyncio.get_running_loop().time() + 10
        answers = await self._persons.look_up([request], request_id="r", traceparent="", deadline=deadline)
        return [
            person.person_id
            for answer in answers
            for person in identity_pb2.LookUpPersonsResponse.FromString(answer).persons
        ]

    async def together(self, *asked: tuple[str, ...]) -> list[Any]:
        """The first asks alone; the others wait for it, and share."""
        first = asyncio.create_task(self.ask("1"))
        await self.identity.asked.wait()
        others = [asyncio.create_task(self.ask(*identifiers)) for identifiers in asked]
        await asyncio.sleep(0)
        self.identity.gate.set()
        assert await first == [1]
        return await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    identity, server = Identity(), grpc.aio.server()
    identity_pb2_grpc.add_IdentityQueryServiceServicer_to_server(identity, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Town(channel, identity)
    await server.stop(None)


async def test_those_who_wait_share_a_call_and_each_gets_his_own(town: Town) -> None:
    assert await town.together(("2", "3"), ("4",), ("5", "6", "7")) == [[2, 3], [4], [5, 6, 7]]
    assert town.identity.calls == [["1"], ["2", "3", "4", "5", "6", "7"]]


async def test_one_wrong_identifier_is_its_own_commands_refusal(town: Town) -> None:
    good, wrong, other = await town.together(("2",), ("bad",), ("3",))
    assert (good, other) == ([2], [3])
    assert isinstance(wrong, errors.Refusal)


async def test_an_answer_that_is_too_short_is_nobodys(town: Town) -> None:
    first = asyncio.create_task(town.ask("1"))
    await town.identity.asked.wait()
    others = [asyncio.create_task(town.ask(n)) for n in ("2", "3")]
    await asyncio.sleep(0)
    town.identity.short = True
    town.identity.gate.set()
    await first
    for answer in await asyncio.gather(*others, return_exceptions=True):
        assert isinstance(answer, ValueError)


async def test_while_identity_is_down_nobody_is_answered_and_it_is_not_asked_again_and_again(
    town: Town,
) -> None:
    town.identity.down = True
    town.identity.gate.set()
    answers = await asyncio.gather(*(town.ask(str(n)) for n in range(20)), return_exceptions=True)
    assert all(isinstance(answer, errors.Unavailable) for answer in answers)
    assert len(town.identity.calls) <= 3


async def test_a_long_list_has_a_call_of_its_own(town: Town) -> None:
    town.identity.gate.set()
    many = [str(n) * 4 for n in range(10, 60)]
    assert len((await asyncio.gather(town.ask(*many), town.ask(*many)))[1]) == 50
    assert [len(call) for call in town.identity.calls] == [50, 50]
