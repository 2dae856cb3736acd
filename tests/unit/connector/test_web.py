"""The connector's HTTP: the token first, then exactly what the contract says."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from lienthong.client import AgencyConfig
from lienthong.connector.service import ListenRefused, listening
from lienthong.connector.web import MOST_BODY, Web
from tests.support.certificates import certificate
from tests.support.connector import NHUNG, Desk, covered, desk

TOKEN = "t" * 64


@pytest.fixture
def at_desk(tmp_path: Path, agency_config: AgencyConfig, stub_gateway: Any) -> Desk:
    stub_gateway.reactions = [lambda _view: (200, covered(), {})]
    return desk(tmp_path, agency_config, stub_gateway.handle)


@pytest_asyncio.fixture
async def http(at_desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The hospital's software."""
    app = Web(connector=at_desk.connector, store=at_desk.store, token=TOKEN).app()
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=headers
    ) as client:
        yield client
    at_desk.store.close()


ROUTES = [
    ("POST", "/check"),
    ("GET", "/provisional"),
    ("GET", "/provisional/x"),
    ("GET", "/status"),
    ("GET", "/x"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "shown", ["", "Bearer", f"bearer {TOKEN}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN]
)
async def test_without_the_token_nothing_is_answered(
    http: httpx.AsyncClient, at_desk: Desk, method: str, path: str, shown: str
) -> None:
    answer = await http.request(method, path, json=NHUNG, headers={"authorization": shown})
    assert (answer.status_code, answer.json()["reason"]) == (401, "token")
    assert at_desk.line.tried == 0


async def test_a_page_in_a_browser_is_turned_away_with_the_token_too(http: httpx.AsyncClient) -> None:
    answer = await http.post("/check", json=NHUNG, headers={"origin": "https://evil.test"})
    assert answer.status_code == 401


async def test_a_check_is_the_gateways_answer(http: httpx.AsyncClient) -> None:
    answer = await http.post("/check", json=NHUNG)
    assert (answer.status_code, answer.json()["covered"], answer.json()["provisional"]) == (200, True, False)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b"[" * 5_000, 400),
        (json.dumps(NHUNG | {"facilityCode": "01001"}).encode(), 400),
        (json.dumps(NHUNG | {"born": 1990}).encode(), 400),
        (json.dumps({k: v for k, v in NHUNG.items() if k != "born"}).encode(), 400),
        (json.dumps(NHUNG | {"identifier": "../../key"}).encode(), 422),
        (b" " * (MOST_BODY + 1), 413),
    ],
)
async def test_what_is_no_question_is_refused_and_repeats_nothing(
    http: httpx.AsyncClient, at_desk: Desk, content: bytes, status: int
) -> None:
    answer = await http.post("/check", content=content)
    assert answer.status_code == status
    assert "Nhung" not in answer.text
    assert at_desk.line.tried == 0


async def test_the_gateways_refusal_is_passed_on(http: httpx.AsyncClient, stub_gateway: Any) -> None:
    stub_gateway.reactions = [lambda _view: (403, {"reason": "scope_denied"}, {})]
    answer = await http.post("/check", json=NHUNG)
    assert (answer.status_code, answer.json()) == (403, {"reason": "scope_denied"})
    stub_gateway.spoil = lambda response: httpx.Response(200, content=b"{}")
    answer = await http.post("/check", json=NHUNG)
    assert (answer.status_code, answer.json()["reason"]) == (502, "not_trusted")


async def test_without_an_answer_it_says_why_and_when_to_try_again(
    http: httpx.AsyncClient, at_desk: Desk
) -> None:
    at_desk.line.cut = True
    answer = await http.post("/check", json=NHUNG)
    assert (answer.status_code, answer.json()["reason"]) == (503, "line_down")
    assert answer.headers["retry-after"]
    answer = await http.post("/check", json=NHUNG | {"certificate": certificate(url="https://other.test")})
    assert (answer.json()["reason"], answer.json()["certificate"]["code"]) == (
        "certificate_refused",
        "issuer",
    )


async def test_provisional_answers_are_listed_until_and_after_they_are_settled(
    http: httpx.AsyncClient, at_desk: Desk
) -> None:
    at_desk.line.cut = True
    told = (await http.post("/check", json=NHUNG | {"certificate": certificate()})).json()
    (listed,) = (await http.get("/provisional", params={"state": "pending"})).json()["provisional"]
    assert (listed["evidenceId"], listed["state"], listed["covered"]) == (told["evidenceId"], "pending", True)
    assert (await http.get("/status")).json()["line"] == "down"
    at_desk.reconnect()
    await at_desk.connector.recheck()
    (listed,) = (await http.get("/provisional")).json()["provisional"]
    assert (listed["state"], listed["changes"]) == ("confirmed", [])
    assert (await http.get("/provisional", params={"state": "pending"})).json() == {"provisional": []}
    status = (await http.get("/status")).json()
    assert (status["line"], status["pending"], status["confirmed"]) == ("up", 0, 1)
    shown = (await http.get(f"/provisional/{told['evidenceId']}")).json()
    assert shown["evidence"]["digest"] == listed["requestDigest"]
    assert "signature-input" in shown["evidence"]["request"]["headers"]


@pytest.mark.parametrize(
    "path",
    [
        "/../key",
        "/..%2fkey",
        "/%2e%2e/token",
        "/provisional/..%2f..%2fkey",
        "/provisional/../state.db",
        "/provisional/" + "0" * 32,
        "/provisional/%00",
        "//etc/passwd",
        "/key",
        "/token",
    ],
)
async def test_no_path_leads_to_a_file(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(httpx.URL("http://127.0.0.1").copy_with(raw_path=path.encode()))
    assert (answer.status_code, answer.json()["reason"]) == (404, "not_found")


async def test_an_unknown_state_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/provisional", params={"state": "x' OR 1=1 --"})).status_code == 400


@pytest.mark.parametrize(
    "listen",
    [
        "0.0.0.0:0",
        "192.0.2.1:0",
        "[::]:0",
        "gateway.example:0",
        "127.0.0.1",
        "x",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
    ],
)
def test_it_listens_to_this_machine_alone_unless_told(listen: str) -> None:
    with pytest.raises(ListenRefused):
        listening(listen, remote=False)


def test_it_listens_to_others_when_told() -> None:
    with listening("0.0.0.0:0", remote=True) as sock:
        assert sock.getsockname()[1] > 0
