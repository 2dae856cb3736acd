"""Commands and what becomes of them, against a gateway in process that really verifies and really signs."""

import asyncio
from typing import Any

import httpx
import pytest

from lienthong.client import (
    AgencyConfig,
    AnswerNotTrusted,
    AsyncClient,
    Client,
    Conflict,
    DeclarationLine,
    DeclarationResult,
    OperationState,
    Payment,
    RetryPolicy,
    Unavailable,
)

OPERATION = "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"
COMMANDS = "vss.contributions.v1.ContributionsCommandService"
LINE = DeclarationLine(
    kind="increase",
    identifier="001190000017",
    full_name="Trần Thị Hồng Nhung",
    from_month="2026-11",
    base_vnd=8_500_000,
)
RESULT = {
    "declarationNumber": "7",
    "accepted": 1,
    "refused": 1,
    "refusals": [
        {"line": 2, "field": "base_vnd", "reason": "BASE_UNDER_FLOOR", "text": {"vi": "Thấp", "en": "Low"}}
    ],
    "chargedVnd": "2720000",
    "law": [],
}
FAST = RetryPolicy(first_wait_s=0.001)


def operation(state: str = "PENDING", rpc: str = "SubmitDeclaration", **more: Any) -> dict[str, Any]:
    return {
        "operation": {
            "operationId": OPERATION,
            "method": f"{COMMANDS}/{rpc}",
            "state": f"OPERATION_STATE_{state}",
            "acceptedAt": "2026-11-22T01:02:03.004Z",
            "finishedAt": "",
            "idempotencyKey": "k",
            **more,
        }
    }


def tells(document: object, status: int = 200) -> Any:
    return lambda _view: (status, document, {})


def breaks(_view: object) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.fixture
def client(agency_config: AgencyConfig, stub_gateway: Any) -> Client:
    return Client(agency_config, retry=FAST, transport=httpx.MockTransport(stub_gateway.handle))


def test_a_declaration_is_accepted_as_an_operation(client: Client, stub_gateway: Any) -> None:
    stub_gateway.reactions = [tells(operation(), 202)]
    accepted = client.submit_declaration([LINE])
    assert (accepted.operation_id, accepted.state, accepted.pending) == (
        OPERATION, OperationState.PENDING, True,
    )  # fmt: skip
    assert accepted.finished_at is None
    assert accepted.outcome is None
    assert accepted.receipt is not None
    assert accepted.receipt.status == 202
    (sent,) = stub_gateway.received
    assert (sent.method, sent.path) == ("POST", "/v1/declarations")
    assert b'"baseVnd":"8500000"' in sent.body


def test_an_idempotency_key_is_made_up_signed_and_kept_over_every_try(
    client: Client, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [tells({}, 503), breaks, tells(operation(), 202)]
    client.submit_declaration([LINE])
    first, *others = (view.header("idempotency-key") for view in stub_gateway.received)
    assert first is not None
    assert len(first) == 36
    assert others == [first, first]
    assert len({view.header("signature") for view in stub_gateway.received}) == 3


def test_two_commands_have_different_keys_and_a_given_one_is_used(client: Client, stub_gateway: Any) -> None:
    stub_gateway.reactions = [tells(operation(), 202)]
    client.submit_declaration([LINE])
    client.submit_declaration([LINE])
    client.submit_declaration([LINE], idempotency_key="declaration-2026-11")
    made, other, given = (view.header("idempotency-key") for view in stub_gateway.received)
    assert made != other
    assert given == "declaration-2026-11"


def test_a_key_that_names_another_request_is_a_conflict(client: Client, stub_gateway: Any) -> None:
    stub_gateway.reactions = [tells({"reason": "idempotency_conflict"}, 409)]
    with pytest.raises(Conflict):
        client.record_payments(
            [Payment(employer_code="A", value_date="2026-11-20", amount_vnd=1, reference="r")],
            idempotency_key="k",
        )


def test_an_operation_is_asked_for_without_a_body(client: Client, stub_gateway: Any) -> None:
    stub_gateway.reactions = [tells(operation("COMPLETED", result=RESULT))]
    ended = client.operation(OPERATION)
    (sent,) = stub_gateway.received
    assert (sent.method, sent.path, sent.body) == ("GET", f"/v1/operations/{OPERATION}", b"")
    assert [sent.header(name) for name in ("content-type", "content-digest", "prefer")] == [None] * 3
    assert isinstance(ended.outcome, DeclarationResult)
    assert (ended.outcome.declaration_number, ended.outcome.charged_vnd) == (7, 2_720_000)
    (refusal,) = ended.outcome.refusals
    assert (refusal.line, refusal.field, refusal.reason, refusal.text.vi) == (
        2, "base_vnd", "BASE_UNDER_FLOOR", "Thấp",
    )  # fmt: skip


def test_a_result_that_the_contract_does_not_allow_is_not_trusted(client: Client, stub_gateway: Any) -> None:
    stub_gateway.reactions = [tells(operation("COMPLETED", result={"accepted": "many"}))]
    with pytest.raises(AnswerNotTrusted):
        _ = client.operation(OPERATION).outcome


def test_a_failed_operation_says_why(client: Client, stub_gateway: Any) -> None:
    error = {
        "reason": "ALREADY_DECLARED",
        "text": {"vi": "Đã kê khai", "en": "Declared before"},
        "fields": [],
    }
    stub_gateway.reactions = [tells(operation("FAILED", error=error))]
    failed = client.operation(OPERATION)
    assert failed.state is OperationState.FAILED
    assert failed.error is not None
    assert (failed.error.reason, failed.error.text.en) == ("ALREADY_DECLARED", "Declared before")


def test_waiting_asks_until_the_operation_has_ended(
    client: Client, stub_gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr("lienthong.client.sync.time.sleep", paused.append)
    stub_gateway.reactions = [tells(operation()), tells(operation()), tells(operation("HELD"))]
    assert client.wait(OPERATION, timeout_s=90).state is OperationState.HELD
    assert [view.header("prefer") for view in stub_gateway.received] == ["wait=30"] * 3
    assert len(paused) == 2  # a gateway that answers at once is not asked without pause
    assert all(0.5 < pause <= 1 for pause in paused)


def test_waiting_ends_with_its_time_and_tells_that_it_is_pending(client: Client, stub_gateway: Any) -> None:
    stub_gateway.reactions = [tells(operation())]
    assert client.wait(OPERATION, timeout_s=0.01).pending
    assert stub_gateway.received[0].header("prefer") == "wait=1"


def test_operations_are_listed_page_by_page(client: Client, stub_gateway: Any) -> None:
    row = operation()["operation"]
    stub_gateway.reactions = [
        tells({"operations": [row], "nextPageToken": "a+b="}),
        tells({"operations": [row, row], "nextPageToken": ""}),
    ]
    assert len(list(client.operations(state="pending", page_size=1))) == 3
    first, second = stub_gateway.received
    assert (first.path, first.query) == ("/v1/operations", "state=OPERATION_STATE_PENDING&pageSize=1")
    assert second.query == "state=OPERATION_STATE_PENDING&pageSize=1&pageToken=a%2Bb%3D"


def test_the_client_for_asyncio_does_the_same(agency_config: AgencyConfig, stub_gateway: Any) -> None:
    stub_gateway.reactions = [
        tells({}, 503),
        tells(operation(), 202),
        tells(operation("COMPLETED", result=RESULT)),
        tells({"operations": [operation()["operation"]]}),
    ]

    async def work() -> tuple[Any, ...]:
        transport = httpx.MockTransport(stub_gateway.handle)
        async with AsyncClient(agency_config, retry=FAST, transport=transport) as client:
            accepted = await client.submit_declaration([LINE])
            ended = await client.wait(accepted.operation_id)
            return accepted, ended, [row async for row in client.operations()]

    accepted, ended, listed = asyncio.run(work())
    assert (accepted.pending, ended.outcome.refused, len(listed)) == (True, 1, 1)
    keys = [view.header("idempotency-key") for view in stub_gateway.received]
    assert keys[0] == keys[1] is not None
    assert keys[2:] == [None, None]


def test_a_gateway_that_stays_away_is_unavailable_and_the_question_can_be_asked_again(
    agency_config: AgencyConfig, stub_gateway: Any
) -> None:
    from lienthong.client import Asking, commands

    once = Client(
        agency_config, retry=RetryPolicy(tries=1), transport=httpx.MockTransport(stub_gateway.handle)
    )
    question = commands.submit_declaration([LINE], Asking())
    stub_gateway.reactions = [breaks, tells(operation(), 202)]
    with pytest.raises(Unavailable):
        once.ask(question)
    assert once.ask(question).status == 202
    assert len({view.header("idempotency-key") for view in stub_gateway.received}) == 1
