"""Webhooks, over real HTTP: signed, told at least once, and nothing in them but a name and a state."""

import asyncio
import hashlib
import json
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from google.rpc import status_pb2
from psycopg.rows import dict_row

from gateway.completing import COMPLETE, parameters_of
from gateway.webhooks import Deliverer, delay_after, http_client
from lienthong.agencies import admin
from lienthong.signing import (
    WEBHOOK_TAG,
    Algorithm,
    PrivateKey,
    RequestView,
    SignatureRefused,
    check_digest,
    check_freshness,
    check_signature,
    parse_signature,
)
from vss.bus.v1 import bus_pb2

KEY = PrivateKey.generate(Algorithm.ED25519)


@dataclass
class Ear:
    """An agency's server: what it heard, and what it answers."""

    url: str = ""
    status: int = 204
    heard: list[tuple[str, list[tuple[bytes, bytes]], bytes]] = field(default_factory=list)
    # Set while it may answer.
    go: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def ear() -> Iterator[Ear]:
    one = Ear()
    one.go.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = [(n.lower().encode(), v.encode()) for n, v in self.headers.items()]
            one.heard.append((self.path, headers, body))
            one.go.wait(20)
            self.send_response(one.status)
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_address[1]}/told?by=vss"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield one
    one.go.set()
    server.shutdown()
    server.server_close()


class Office:
    """A deliverer in a transaction that is never committed: the stack's own sees nothing of it."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], http: httpx.AsyncClient) -> None:
        self._connection = connection
        self.now = datetime.now(UTC)
        self.deliverer = Deliverer(self, KEY, http, clock=lambda: self.now, jitter=lambda: 0.0)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """As a pool has it."""
        yield self._connection

    async def agency(self, url: str | None, *, active: bool = True) -> str:
        """A new agency with this webhook."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        await self._connection.execute(
            "INSERT INTO agency (agency_id, name, kind, webhook_url, active) VALUES (%s, 'T', 'ministry', %s, %s)",
            (name, url, active),
        )
        return name

    async def end(self, agency_id: str, outcome: dict[str, Any] | None = None) -> str:
        """An operation of the agency ends now, as the gateway's consumer has it."""
        operation_id = str(uuid.uuid4())
        await self._connection.execute(
            "INSERT INTO operation (operation_id, agency_id, key_id, rpc, purpose, idempotency_key,"
            " request_digest, ordering_key, sequence, accepted_at)"
            " VALUES (%(id)s, %(agency)s, 'k', 'r', 'p', %(name)s, 'd', '', 0, %(now)s)",
            {"id": operation_id, "name": operation_id, "agency": agency_id, "now": self.now},
        )
        result = bus_pb2.Result(operation_id=operation_id, **(outcome or {"response": b""}))
        await self._connection.execute(COMPLETE, parameters_of([result], self.now))
        await self._connection.execute(
            "UPDATE webhook_delivery SET created_at = %(now)s, due_at = %(now)s WHERE operation_id = %(id)s",
            {"id": operation_id, "now": self.now},
        )
        return operation_id

    async def turn(self) -> int:
        """Tell what is due, to the end; how many were taken."""
        taken = await self.deliverer.take()
        async with asyncio.timeout(20):
            await self.deliverer.settle()
        return taken

    async def row(self, operation_id: str) -> dict[str, Any] | None:
        """The operation's delivery; None without one."""
        async with self._connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute("SELECT * FROM webhook_delivery WHERE operation_id = %s", (operation_id,))
            return await cursor.fetchone()


@pytest.fixture
async def office(stack_variable: Callable[[str], str]) -> AsyncIterator[Office]:
    url = stack_variable("DATABASE_URL_GATEWAY_OWNER")
    async with http_client() as http:
        connection = await psycopg.AsyncConnection.connect(url)
        try:
            # What another test or the stack has due is not ours.
            await connection.execute("UPDATE webhook_delivery SET due_at = due_at + interval '9 days'")
            yield Office(connection, http)
        finally:
            await connection.rollback()
            await connection.close()


def verified(ear: Ear, place: int = 0) -> dict[str, str]:
    """What was told, once its signature holds as an agency checks it."""
    target, headers, body = ear.heard[place]
    path, _, query = target.partition("?")
    view = RequestView("POST", "http", urlsplit(ear.url).netloc, path, query, headers, body)
    parsed = parse_signature(view, WEBHOOK_TAG)
    check_signature(parsed, view, KEY.public)
    assert check_digest(parsed, view) == hashlib.sha256(body).digest()
    check_freshness(parsed, parsed.created)
    with pytest.raises(SignatureRefused):
        parse_signature(view)  # it is no request
    found: dict[str, str] = json.loads(body)
    return found


async def test_an_agency_is_told_the_name_and_the_state_and_nothing_else(office: Office, ear: Ear) -> None:
    ended = await office.end(await office.agency(ear.url))
    assert await office.turn() == 1
    assert verified(ear) == {"operation_id": ended, "state": "OPERATION_STATE_COMPLETED"}
    row = await office.row(ended)
    assert row is not None
    assert (row["attempts"], row["due_at"], row["last_error"]) == (1, None, None)
    assert row["delivered_at"] == office.now
    assert await office.turn() == 0


async def test_a_delivery_of_statistics_is_told_by_its_name(office: Office, ear: Ear) -> None:
    agency, name = await office.agency(ear.url), str(uuid.uuid4())
    given = {"agency": agency, "id": name, "now": office.now}
    async with office.connection() as connection:
        await connection.execute(
            "INSERT INTO stat_subscription (agency_id, subscription_id, dataflow, key, formats, language, webhook,"
            " created_at, next_period, due_at)"
            " VALUES (%(agency)s, %(id)s, 'DF_X', '', '{csv}', 'vi', true, %(now)s, '2026-01-01', %(now)s)",
            given,
        )
        await connection.execute(
            "INSERT INTO stat_delivery (delivery_id, agency_id, subscription_id, period, sequence, dataflow, watermark,"
            " created_at, manifest, signature)"
            " VALUES (%(id)s, %(agency)s, %(id)s, '2026-01-01', 1, 'DF_X', %(now)s, %(now)s, '', '')",
            given,
        )
        await connection.execute(
            "INSERT INTO webhook_delivery (stat_delivery_id, agency_id, created_at, due_at)"
            " VALUES (%(id)s, %(agency)s, %(now)s, %(now)s)",
            given,
        )
    assert await office.turn() == 1
    assert verified(ear) == {"delivery_id": name, "state": "DELIVERY_STATE_READY"}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ({"error": status_pb2.Status(code=5)}, "OPERATION_STATE_FAILED"),
        ({"held": bus_pb2.Held(reason="ATTEMPTS_SPENT")}, "OPERATION_STATE_HELD"),
    ],
)
async def test_every_end_is_told(office: Office, ear: Ear, outcome: dict[str, Any], state: str) -> None:
    await office.end(await office.agency(ear.url), outcome)
    await office.turn()
    assert verified(ear)["state"] == state


async def test_an_agency_without_an_address_is_not_told(office: Office) -> None:
    ended = await office.end(await office.agency(None))
    assert await office.row(ended) is None


@pytest.mark.parametrize("status", [302, 307, 400, 404, 410, 500, 503])
async def test_what_is_no_success_is_tried_again_and_no_redirect_is_followed(
    office: Office, ear: Ear, status: int
) -> None:
    ear.status = status
    ended = await office.end(await office.agency(ear.url))
    await office.turn()
    row = await office.row(ended)
    assert row is not None
    assert row["last_error"] == f"HTTP {status}"
    assert row["due_at"] == office.now + timedelta(seconds=5)
    assert await office.turn() == 0
    assert len(ear.heard) == 1
    ear.status = 200
    office.now += timedelta(seconds=6)
    assert await office.turn() == 1
    row = await office.row(ended)
    assert row is not None
    assert (row["attempts"], row["delivered_at"]) == (2, office.now)
    # Each attempt is signed anew: a nonce is used once.
    assert ear.heard[0][1] != ear.heard[1][1]


async def test_after_a_day_it_is_given_up(office: Office) -> None:
    ended = await office.end(await office.agency("http://127.0.0.1:9/closed"))
    began, attempts = office.now, 0
    while await office.turn():
        attempts += 1
        row = await office.row(ended)
        assert row is not None
        assert row["last_error"] == "ConnectError"
        if row["given_up_at"] is not None:
            break
        office.now = row["due_at"]
    assert row["due_at"] is None
    assert timedelta(hours=22) < office.now - began <= timedelta(hours=24)
    assert 20 < attempts < 60


@pytest.mark.parametrize("url", ["https://bệnhviện.example/", "https://xn--a.example/", "https://[::1/"])
async def test_an_address_that_is_none_is_a_failed_attempt_and_given_up_like_any_other(
    office: Office, url: str
) -> None:
    """It was tried every thirty seconds for ever, and its status said nothing."""
    ended = await office.end(await office.agency(url))
    assert await office.turn() == 1
    row = await office.row(ended)
    assert row is not None
    assert row["last_error"] in {"CannotSign", "InvalidCodepoint", "ValueError", "ConnectError", "InvalidURL"}
    assert row["due_at"] == office.now + timedelta(seconds=5)


async def test_an_attempt_that_nobody_recorded_is_made_again(office: Office, ear: Ear) -> None:
    """As after a kill between the delivery and its record: at least once."""
    ended = await office.end(await office.agency(ear.url))
    await office.turn()
    async with office.connection() as connection:
        await connection.execute(
            "UPDATE webhook_delivery SET delivered_at = NULL, due_at = %s WHERE operation_id = %s",
            (office.now + timedelta(seconds=30), ended),
        )
    assert await office.turn() == 0
    office.now += timedelta(seconds=31)
    assert await office.turn() == 1
    assert [json.loads(body)["operation_id"] for _, _, body in ear.heard] == [ended] * 2


@pytest.mark.parametrize("change", ["active = false", "webhook_url = NULL"])
async def test_who_is_not_to_be_told_any_more_is_given_up(office: Office, ear: Ear, change: str) -> None:
    agency = await office.agency(ear.url)
    ended = await office.end(agency)
    async with office.connection() as connection:
        await connection.execute(f"UPDATE agency SET {change} WHERE agency_id = %s", (agency,))  # noqa: S608
    await office.turn()
    row = await office.row(ended)
    assert row is not None
    assert (ear.heard, row["last_error"]) == ([], "no address")
    assert row["given_up_at"] is not None


async def test_an_agency_that_hangs_keeps_nobody_else_from_hearing(office: Office, ear: Ear) -> None:
    ear.go.clear()
    slow = await office.agency(ear.url)
    for _ in range(20):
        await office.end(slow)
    assert await office.deliverer.take() == 8
    assert await office.deliverer.take() == 0
    quick = await office.end(await office.agency("http://127.0.0.1:9/closed"))
    assert await office.deliverer.take() == 1
    ear.go.set()
    async with asyncio.timeout(20):
        await office.deliverer.settle()
    row = await office.row(quick)
    assert row is not None
    assert row["attempts"] == 1


async def test_an_answer_that_does_not_come_is_given_up_after_five_seconds(office: Office, ear: Ear) -> None:
    ear.go.clear()
    ended = await office.end(await office.agency(ear.url))
    began = asyncio.get_running_loop().time()
    await office.turn()
    assert asyncio.get_running_loop().time() - began < 8
    row = await office.row(ended)
    assert row is not None
    assert row["last_error"] in {"TimeoutError", "ReadTimeout"}


@pytest.mark.parametrize(
    "url",
    [
        "http://agency.example/hook",
        "https://user@agency.example/hook",
        "https://agency.example/hook#x",
        "ftp://agency.example",
        "https://agency.example/a b",
        "http://127.0.0.1.agency.example/",
        "http://localhost:80@agency.example/",
        "//agency.example",
        "https://" + "a" * 500,
        "https://bệnhviện.example/",
        "https://agency.example/đường",
        "https://[::1/",
        "https://agency.example:port/",
        "https://agency.example:70000/",
        "https://xn--a.example/",
    ],
)
def test_an_address_that_is_no_plain_https_is_refused(
    owner: psycopg.Connection[Any], agency_id: str, url: str
) -> None:
    with pytest.raises(admin.AdminRefused):
        admin.set_webhook(owner, agency_id, url, actor="tests")


def test_an_address_is_set_and_taken_away(owner: psycopg.Connection[Any], agency_id: str) -> None:
    admin.set_webhook(owner, agency_id, "https://agency.example:8443/hook?x=1", actor="tests")
    admin.set_webhook(owner, agency_id, None, actor="tests")
    with pytest.raises(admin.NotThere):
        admin.set_webhook(owner, "nobody-at-all", None, actor="tests")
    changes = admin.list_changes(owner, agency_id=agency_id)
    assert [c["after"]["webhook_url"] for c in changes] == [
        None,
        "https://agency.example:8443/hook?x=1",
        None,
    ]


def test_the_delay_grows_to_an_hour() -> None:
    delays = [delay_after(n, 0.0).total_seconds() for n in range(1, 14)]
    assert delays[:3] == [5, 10, 20]
    assert delays == sorted(delays)
    assert delays[-1] == 3600
    assert delay_after(1, 1.0).total_seconds() == 6
