"""The helper: the same reading as in the worker, in a process that may die and is bounded."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.forms import Form, form_of
from gateway.helper import Helper, HelperLost, filled
from gateway.problems import Problem
from lienthong.access.published import published_contract
from lienthong.access.requests import MalformedJson
from lienthong.audit.entry import Pseudonyms
from lienthong.rpc.coalesce import Overloaded
from lienthong.rpc.errors import InvalidArgument
from vss.access.v1 import access_pb2
from vss.contributions.v1 import commands_pb2
from vss.identity.v1 import identity_pb2
from vss.types.v1 import text_pb2

DECLARE = "vss.contributions.v1.ContributionsCommandService/SubmitDeclaration"
LINE = {
    "kind": "LINE_KIND_INCREASE",
    "identifier": "001190000017",
    "fullName": "Nhung",
    "fromMonth": "2026-11",
    "baseVnd": "8500000",
}
KEY = b"k" * 32


@pytest.fixture
async def helper(tmp_path: Path) -> AsyncIterator[Helper]:
    file = tmp_path / "key"
    file.write_text(KEY.hex())
    one = Helper(pseudonym_key=file, max_depth=16)
    yield one
    await one.stop()


@pytest.fixture
def form() -> Form:
    return form_of(next(c for c in published_contract().capabilities if c.rpc == DECLARE))


def soon(seconds: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def body(number: int = 2) -> bytes:
    return json.dumps({"lines": [LINE] * number}).encode()


async def test_a_command_is_prepared_as_in_the_worker(helper: Helper, form: Form) -> None:
    bound = {access_pb2.BINDING_EMPLOYER_CODE: "UNIT01", access_pb2.BINDING_STAFF: "hr-1"}
    prepared = await helper.prepare(form, body(), bound, deadline=soon())
    here: Any = form.decode(body())
    form.bind(here, bound)
    assert prepared.request == here.SerializeToString()
    assert prepared.ordering == "UNIT01"
    assert prepared.asked == Pseudonyms(KEY).of_all(["001190000017"] * 2)
    (look_up,) = prepared.look_ups
    assert list(identity_pb2.LookUpPersonsRequest.FromString(look_up).identifiers) == ["001190000017"] * 2
    persons = identity_pb2.LookUpPersonsResponse(persons=[text_pb2.Person(person_id=n) for n in (1, 2)])
    answers = [persons.SerializeToString()]
    data = await helper.fill(form, prepared.request, answers, deadline=soon())
    assert data == filled(form, prepared.request, answers)
    command = commands_pb2.SubmitDeclarationRequest.FromString(data)
    assert [line.person.person_id for line in command.lines] == [1, 2]


async def test_fifty_thousand_lines_ask_the_identity_service_in_parts(helper: Helper, form: Form) -> None:
    prepared = await helper.prepare(form, body(50_000), {}, deadline=soon(60))
    parts = [identity_pb2.LookUpPersonsRequest.FromString(r).identifiers for r in prepared.look_ups]
    assert [len(part) for part in parts] == [10_000] * 5


async def test_a_refusal_is_the_same_as_in_the_worker(helper: Helper, form: Form) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await helper.prepare(form, b'{"lines":[{}]}', {}, deadline=soon())
    assert refused.value.fields[0].field == "lines[0].kind"
    with pytest.raises(MalformedJson):
        await helper.prepare(form, b"{", {}, deadline=soon())
    with pytest.raises(Problem, match="too_large"):
        await helper.prepare(form, b"[" * 100, {}, deadline=soon())


async def test_a_result_is_written_for_a_grant(helper: Helper) -> None:
    response = commands_pb2.SubmitDeclarationResponse(accepted=1, charged_vnd=5).SerializeToString()
    for classes, seen in ((frozenset({"result"}), None), (frozenset({"result", "financial"}), "5")):
        written = json.loads(await helper.write(DECLARE, response, classes, deadline=soon()))
        assert (written["accepted"], written.get("chargedVnd")) == (1, seen)


async def test_a_helper_that_died_is_started_anew(helper: Helper, form: Form) -> None:
    process = await helper.start()
    process.kill()
    await process.wait()
    prepared = await helper.prepare(form, body(), {}, deadline=soon())
    assert len(prepared.asked) == 2


async def test_a_helper_that_dies_over_a_request_fails_that_one_alone(helper: Helper, form: Form) -> None:
    process = await helper.start()
    asked = asyncio.create_task(helper.prepare(form, body(50_000), {}, deadline=soon()))
    while process.stdin is None or not process.stdin.transport.get_write_buffer_size():  # noqa: ASYNC110  it tells nobody
        await asyncio.sleep(0)
    process.kill()
    with pytest.raises(HelperLost):
        await asked
    assert len((await helper.prepare(form, body(), {}, deadline=soon())).asked) == 2


async def test_what_is_not_answered_in_time_does_not_answer_the_next(helper: Helper, form: Form) -> None:
    await helper.start()
    with pytest.raises(TimeoutError):
        await helper.prepare(form, body(50_000), {}, deadline=soon(0.05))
    assert len((await helper.prepare(form, body(3), {}, deadline=soon())).asked) == 3


async def test_beyond_the_bound_the_next_is_refused_at_once(helper: Helper, form: Form) -> None:
    many = [asyncio.create_task(helper.prepare(form, body(), {}, deadline=soon())) for _ in range(40)]
    outcomes = await asyncio.gather(*many, return_exceptions=True)
    assert sum(isinstance(o, Overloaded) for o in outcomes) == 8
    assert sum(not isinstance(o, Exception) for o in outcomes) == 32


async def test_the_helper_ends_with_its_worker(helper: Helper) -> None:
    process = await helper.start()
    assert process.stdin is not None
    process.stdin.close()  # as the kernel does when the worker is killed
    async with asyncio.timeout(20):
        assert await process.wait() == 0
