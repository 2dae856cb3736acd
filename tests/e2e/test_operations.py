"""Commands through the running gateway: accepted, followed, ended; and what attackers get."""

import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lienthong.signing import Algorithm, PrivateKey
from tests.support.stack import Running, until
from tests.support.wire import CHECK, NHUNG, Answer, Connection, Sender

DECLARE, OPERATIONS = "/v1/declarations", "/v1/operations"
SUBMIT = "vss.contributions.v1.ContributionsCommandService/SubmitDeclaration"
# Nobody has this identifier: the line is refused, whatever the nation is.
LINE = {
    "kind": "LINE_KIND_INCREASE",
    "identifier": "001000000000",
    "fullName": "Không Ai Cả",
    "fromMonth": "2026-11",
    "baseVnd": "8500000",
}
ENDED = {"OPERATION_STATE_COMPLETED", "OPERATION_STATE_FAILED"}


def new_key() -> str:
    return uuid.uuid4().hex


def declare(sender: Sender, lines: object = None, key: str | None = None) -> Answer:
    # A position of its own makes each declaration another: the same lines twice are refused.
    body = {"lines": lines or [LINE | {"position": new_key()}]}
    raw = sender.sign(DECLARE, body, purpose="employment", staff="hr-1", idempotency_key=key or new_key())
    return sender.send(raw)


def get(sender: Sender, target: str, purpose: str = "employment", **headers: str | None) -> Answer:
    raw = sender.sign(target, b"", method="GET", purpose=purpose, staff="hr-1", content_type=None, **headers)
    return sender.send(raw)


@pytest.fixture
def bank(running: Running) -> Sender:
    """The demo bank: may record payments, and follow its own operations."""
    return running.demo("bank-demo")


@pytest.fixture
def pending(running: Running) -> Iterator[str]:
    """An operation of the employer that nobody carries out."""
    operation_id = "0193b1c2-7d3e-7a61-9d5e-" + uuid.uuid4().hex[:12]
    with running.registry() as owner:
        owner.execute(
            "INSERT INTO operation (operation_id, agency_id, key_id, rpc, purpose, idempotency_key,"
            " request_digest, ordering_key, sequence, accepted_at)"
            " VALUES (%s, 'employer-demo', 'k', %s, 'employment', %s, 'd', '', 0, now())",
            (operation_id, SUBMIT, new_key()),
        )
        yield operation_id
        owner.execute("DELETE FROM operation WHERE operation_id = %s", (operation_id,))


def test_a_declaration_is_accepted_carried_out_and_its_result_read(
    employer: Sender, running: Running
) -> None:
    accepted = declare(employer)
    assert accepted.status == 202
    location = accepted.header("location")
    operation = accepted.document["operation"]
    assert (location, operation["method"]) == (f"{OPERATIONS}/{operation['operationId']}", SUBMIT)
    entry = running.entry(accepted.request_id)
    assert (entry["status"], entry["rpc"]) == (202, SUBMIT)
    assert entry["detail"] == f"operation {operation['operationId']}"
    ended = get(employer, location, prefer="wait=20")
    assert ended.status == 200
    found = ended.document["operation"]
    assert found["state"] in ENDED
    if found["state"] == "OPERATION_STATE_COMPLETED":
        assert (found["result"]["accepted"], found["result"]["refused"]) == (0, 1)
        assert found["result"]["refusals"][0]["reason"] == "PERSON_UNKNOWN"
    else:
        # A nation that was not seeded has not even the employer.
        assert found["error"]["reason"] == "EMPLOYER_UNKNOWN"
    read = running.entry(ended.request_id)
    assert (read["rpc"], read["status"]) == ("vss.operations.v1.OperationsService/GetOperation", 200)


def test_the_same_name_and_body_are_one_operation_whoever_answers(employer: Sender, running: Running) -> None:
    key, lines = new_key(), [LINE | {"position": new_key()}]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: declare(employer, lines, key), range(16)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.header("location") for answer in answers}) == 1
    # Every one of them has an entry of its own.
    assert len(running.entries(*(answer.request_id for answer in answers))) == 16
    assert declare(employer, [LINE], key).status == 409


def test_another_agencys_name_of_an_operation_is_free(employer: Sender, bank: Sender) -> None:
    key = new_key()
    first = declare(employer, key=key)
    payment = {"employerCode": "X", "valueDate": "2026-11-20", "amountVnd": "1", "reference": new_key()}
    second = bank.send(
        bank.sign(
            "/v1/payments:record",
            {"payments": [payment]},
            purpose="collection",
            staff="desk",
            idempotency_key=key,
        )
    )
    assert (first.status, second.status) == (202, 202)
    assert first.header("location") != second.header("location")


def test_anothers_operation_is_answered_as_one_that_does_not_exist(
    employer: Sender, bank: Sender, pending: str
) -> None:
    theirs = get(bank, f"{OPERATIONS}/{pending}", purpose="collection")
    unknown = get(bank, f"{OPERATIONS}/0193b1c2-7d3e-7a61-9d5e-000000000000", purpose="collection")
    assert theirs.status == unknown.status == 404
    assert without_instance(theirs) == without_instance(unknown)
    assert get(employer, f"{OPERATIONS}/{pending}").status == 200


def without_instance(answer: Answer) -> dict[str, Any]:
    return {k: v for k, v in answer.document.items() if k != "instance"}


@pytest.mark.parametrize(
    "spelling",
    [
        "{id}/", "{id}%2e", "{id}%00", "%30{rest}", "{upper}", "./{id}", "../operations/{id}", "/{id}",
        "%2e%2e/operations/{id}", "{id};v=1", "{id}.json", "{plain}", "{id}{id}", "%7b{id}%7d", "{{operation_id}}",
    ],
)  # fmt: skip
def test_another_spelling_of_an_operation_is_no_path(employer: Sender, pending: str, spelling: str) -> None:
    written = spelling.format(
        id=pending, rest=pending[1:], upper=pending.upper(), plain=pending.replace("-", "")
    )
    if written == pending:  # no letter in it
        pytest.fail("the spelling is the same")
    answer = get(employer, f"{OPERATIONS}/{written}")
    assert (answer.status, answer.reason) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "PATCH"])
def test_an_operation_is_only_read(employer: Sender, pending: str, method: str) -> None:
    raw = employer.sign(f"{OPERATIONS}/{pending}", b"", method=method, content_type=None)
    with Connection(employer.config.gateway) as connection:
        answer = connection.send(raw.wire(), method)
    assert (answer.status, answer.header("allow")) == (405, "GET")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("pageSize=500", "pageSize"),
        ("state=DONE", "state"),
        ("agencyId=x", "agencyId"),
        ("pageToken=x", "pageToken"),
    ],
)
def test_a_wrong_parameter_is_named(employer: Sender, query: str, field: str) -> None:
    answer = get(employer, f"{OPERATIONS}?{query}")
    assert (answer.status, answer.fields) == (422, [field])


def test_a_query_that_was_not_signed_is_refused(employer: Sender) -> None:
    raw = employer.sign(
        f"{OPERATIONS}?pageSize=1", b"", method="GET", purpose="employment", content_type=None
    )
    with Connection(employer.config.gateway) as connection:
        answer = connection.send(raw.wire().replace(b"pageSize=1", b"pageSize=2"), "GET")
    assert (answer.status, answer.reason) == (401, "signature_invalid")


def test_the_operations_of_an_agency_are_listed_newest_first(employer: Sender) -> None:
    made = [declare(employer).document["operation"]["operationId"] for _ in range(3)]
    first = get(employer, f"{OPERATIONS}?pageSize=2").document
    seen = [o["operationId"] for o in first["operations"]]
    second = get(employer, f"{OPERATIONS}?pageSize=2&pageToken={first['nextPageToken']}").document
    seen += [o["operationId"] for o in second["operations"]]
    assert len(set(seen)) == 4
    assert seen == sorted(seen, reverse=True)
    assert set(made) <= set(seen)
    assert all("result" not in o for o in first["operations"])


@pytest.mark.parametrize(
    "prefer",
    [
        "wait",
        "wait=",
        "wait=-5",
        "wait=x",
        "respond-async",
        "wait=1e9",
        "=,;;",
        "wait=99999",
        '"',
        "waiter=9",
    ],
)
def test_a_preference_that_cannot_be_read_is_none(employer: Sender, pending: str, prefer: str) -> None:
    with Connection(employer.config.gateway) as connection:
        connection.socket.settimeout(3)
        raw = employer.sign(
            f"{OPERATIONS}/{pending}",
            b"",
            method="GET",
            purpose="employment",
            content_type=None,
            prefer=prefer,
        )
        answer = connection.send(raw.wire(), "GET")
    assert answer.document["operation"]["state"] == "OPERATION_STATE_PENDING"


def test_a_flood_of_waits_keeps_nobody_from_reading(
    employer: Sender, hospital: Sender, running: Running, pending: str
) -> None:
    waits = 300
    done = threading.Event()
    with ThreadPoolExecutor(waits) as pool:
        flood = [pool.submit(get, employer, f"{OPERATIONS}/{pending}", prefer="wait=4") for _ in range(waits)]
        checks = [hospital.ask(CHECK, NHUNG).status for _ in range(20)]
        answers = [one.result(timeout=30) for one in flood]
        done.set()
    assert set(checks) == {200}
    assert {answer.status for answer in answers} == {200}
    assert running.stack.gateway_workers >= 1


# --- large bodies


def test_the_large_body_of_an_unknown_key_is_refused_before_it_comes(employer: Sender) -> None:
    stranger = Sender(
        employer.config.__class__(
            agency_id="employer-demo",
            gateway=employer.config.gateway,
            key=PrivateKey.generate(Algorithm.ED25519),
            gateway_keys=employer.config.gateway_keys,
            purpose="employment",
            staff="hr-1",
        )
    )
    body = b'{"lines":[' + b" " * (16 * 1024 * 1024 - 12) + b"]}"
    raw = stranger.sign(DECLARE, body, purpose="employment", idempotency_key=new_key())
    head = raw.wire().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    with Connection(employer.config.gateway) as connection:
        connection.socket.settimeout(5)
        answer = connection.send(head)
    assert (answer.status, answer.reason) == (401, "signature_invalid")


def test_a_body_over_the_cap_of_its_route_is_too_large(employer: Sender) -> None:
    body = b'{"lines":[]}' + b" " * (16 * 1024 * 1024)
    raw = employer.sign(DECLARE, body, purpose="employment", idempotency_key=new_key())
    head = raw.wire().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    with Connection(employer.config.gateway) as connection:
        answer = connection.send(head)
    assert (answer.status, answer.reason) == (413, "too_large")


def test_reads_go_on_while_a_declaration_of_fifty_thousand_lines_is_taken_in(
    employer: Sender, hospital: Sender
) -> None:
    lines = [LINE | {"identifier": f"{n:012d}"} for n in range(50_000)]
    body = json.dumps({"lines": lines}, ensure_ascii=False).encode()
    raw = employer.sign(DECLARE, body, purpose="employment", staff="hr-1", idempotency_key=new_key())
    with ThreadPoolExecutor(1) as pool:
        large = pool.submit(employer.send, raw)
        checks = [hospital.ask(CHECK, NHUNG).status for _ in range(20)]
        accepted = large.result(timeout=60)
    assert accepted.status == 202
    assert set(checks) == {200}
    ended = until(
        lambda: (
            found
            if (found := get(employer, accepted.header("location"), prefer="wait=20").document["operation"])[
                "state"
            ]
            in ENDED
            else None
        ),
        seconds=90,
        what="the declaration is carried out",
    )
    if ended["state"] == "OPERATION_STATE_COMPLETED":
        assert ended["result"]["accepted"] + ended["result"]["refused"] == 50_000


@pytest.mark.parametrize("depth", [17, 100_000])
def test_a_large_body_that_is_nested_too_deep_is_refused(employer: Sender, depth: int) -> None:
    body = b'{"lines":' + b"[" * depth + b" " * 1_100_000 + b"]" * depth + b"}"
    raw = employer.sign(DECLARE, body, purpose="employment", staff="hr-1", idempotency_key=new_key())
    answer = employer.send(raw)
    assert (answer.status, answer.reason) == (413, "too_large")
