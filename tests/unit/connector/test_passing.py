"""Statistics software through the connector: its own token, and nothing changed on the way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request

from lienthong.client import AgencyConfig, AsyncClient, RetryPolicy
from lienthong.connector.folder import Folder
from lienthong.connector.passing import LONGEST_TARGET, Passing
from lienthong.connector.web import Web
from lienthong.signing import parse_signature
from tests.support.connector import Desk, desk

TOKEN, DESK_TOKEN = "s" * 64, "t" * 64
PATH = "/sdmx/v1/data/VSS,DF_PARTICIPANTS,1.0/M.VN+VN_24.%2B..?lastNObservations=1&c[SEX]=F"


@pytest.fixture
def at_desk(tmp_path: Path, agency_config: AgencyConfig, stub_gateway: Any) -> Desk:
    return desk(tmp_path, agency_config, stub_gateway.handle)


@pytest_asyncio.fixture
async def http(
    at_desk: Desk, agency_config: AgencyConfig, stub_gateway: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A statistician's software."""

    def arriving(request: httpx.Request) -> httpx.Response:
        # Not read yet, as what comes over a wire.
        made = stub_gateway.handle(request)
        return httpx.Response(made.status_code, headers=made.headers, stream=httpx.ByteStream(made.content))

    transport = httpx.MockTransport(arriving)
    async with AsyncClient(agency_config, retry=RetryPolicy(tries=1), transport=transport) as line:
        passing = Passing(line=line, token=TOKEN)
        app = Web(connector=at_desk.connector, store=at_desk.store, token=DESK_TOKEN, passing=passing).app()
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
        ) as client:
            yield client
    at_desk.store.close()


async def get(http: httpx.AsyncClient, path: str, token: str = TOKEN, **headers: str) -> httpx.Response:
    return await http.get(f"/t/{token}{path}", headers={n.replace("_", "-"): v for n, v in headers.items()})


async def test_a_request_is_signed_for_statistics_and_otherwise_the_same(
    http: httpx.AsyncClient, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [lambda _view: (200, {"any": "thing"}, {"etag": 'W/"1"', "vary": "Accept"})]
    answer = await get(http, PATH, accept="text/csv", accept_language="en", if_none_match='W/"0"')
    assert (answer.status_code, answer.json()) == (200, {"any": "thing"})
    assert (answer.headers["etag"], answer.headers["vary"]) == ('W/"1"', "Accept")
    assert "signature" in answer.headers
    (view,) = stub_gateway.received
    assert (view.method, view.body) == ("GET", b"")
    assert f"{view.path}?{view.query}" == PATH
    sent = dict(view.headers)
    assert (sent[b"accept"], sent[b"accept-language"]) == (b"text/csv", b"en")
    assert sent[b"purpose"] == b"statistics"
    assert {b"purpose", b"if-none-match"} <= parse_signature(view).covered.names


async def test_what_was_not_asked_for_is_not_packed(http: httpx.AsyncClient, stub_gateway: Any) -> None:
    stub_gateway.reactions = [lambda _view: (200, {}, {})]
    await http.get(f"/t/{TOKEN}{PATH}", headers={"accept-encoding": ""})
    assert dict(stub_gateway.received[0].headers)[b"accept-encoding"] in {b"identity", b""}


@pytest.mark.parametrize("status", [304, 400, 403, 404, 406, 413, 422, 503])
async def test_what_the_gateway_refuses_comes_back_as_it_signed_it(
    http: httpx.AsyncClient, stub_gateway: Any, status: int
) -> None:
    stub_gateway.reactions = [lambda _view: (status, {"reason": "x"}, {})]
    answer = await get(http, PATH)
    assert answer.status_code == status
    assert "signature" in answer.headers


@pytest.mark.parametrize("token", ["", "x", DESK_TOKEN, TOKEN[:-1], TOKEN + "s", TOKEN.upper()])
async def test_only_its_own_token_opens_it(http: httpx.AsyncClient, stub_gateway: Any, token: str) -> None:
    answer = await get(http, PATH, token=token)
    assert answer.status_code in {401, 404}
    assert stub_gateway.received == []


@pytest.mark.parametrize("path", ["/check", "/status", "/provisional"])
async def test_its_token_opens_nothing_else(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(f"/t/{TOKEN}{path}")).status_code == 401
    assert (await http.get(path, headers={"authorization": f"Bearer {TOKEN}"})).status_code == 401


async def test_the_desks_token_opens_it_as_a_header(http: httpx.AsyncClient, stub_gateway: Any) -> None:
    stub_gateway.reactions = [lambda _view: (200, {}, {})]
    answer = await http.get(PATH, headers={"authorization": f"Bearer {DESK_TOKEN}"})
    assert answer.status_code == 200
    assert (await http.get(PATH)).status_code == 401


async def test_a_page_in_a_browser_is_turned_away_with_the_token_too(http: httpx.AsyncClient) -> None:
    assert (await get(http, PATH, origin="https://evil.test")).status_code == 401


@pytest.mark.parametrize("forged", [b"<forged/>", b""])
async def test_an_answer_that_is_not_the_gateways_is_not_passed_on(
    http: httpx.AsyncClient, stub_gateway: Any, forged: bytes
) -> None:
    stub_gateway.reactions = [lambda _view: httpx.Response(200, content=forged)]
    answer = await get(http, PATH)
    assert (answer.status_code, answer.json()["reason"]) == (502, "not_trusted")


async def test_octets_that_were_changed_on_the_way_are_not_passed_on(
    http: httpx.AsyncClient, stub_gateway: Any
) -> None:
    stub_gateway.reactions = [lambda _view: (200, {"figure": 1}, {})]
    stub_gateway.spoil = lambda r: httpx.Response(r.status_code, headers=r.headers, content=b'{"figure": 2}')
    assert (await get(http, PATH)).status_code == 502


async def test_while_the_line_is_down_it_says_so_and_answers_nothing_old(
    http: httpx.AsyncClient, stub_gateway: Any
) -> None:
    def cut(_view: Any) -> Any:
        raise httpx.ConnectError("no line")

    stub_gateway.reactions = [cut]
    answer = await get(http, PATH)
    assert (answer.status_code, answer.json()["reason"]) == (503, "no_line")
    assert answer.headers["retry-after"]


async def test_what_is_too_long_is_not_signed(http: httpx.AsyncClient, stub_gateway: Any) -> None:
    answer = await get(http, "/sdmx/v1/data/X/" + "a" * LONGEST_TARGET)
    assert answer.status_code == 414
    assert stub_gateway.received == []


@pytest.mark.parametrize(
    "way",
    [
        b"/sdmx/../v1/operations",
        b"/sdmx/v1/../../v1/x",
        b"/sdmx/%2e%2E/v1/x",
        b"/sdmx/./x",
        # Without a slash at its beginning, what follows would be a part of the gateway's name.
        b"/%73dmx/v1/data/n",
        b"/sdmx%2Fv1/data/@",
    ],
)
async def test_nothing_is_signed_that_leads_out_of_statistics(
    agency_config: AgencyConfig, stub_gateway: Any, way: bytes
) -> None:
    """A client of ours would have shortened the path already: this one stands as it came."""
    transport = httpx.MockTransport(stub_gateway.handle)
    async with AsyncClient(agency_config, retry=RetryPolicy(tries=1), transport=transport) as line:
        scope = {
            "type": "http",
            "method": "GET",
            "path": way.decode(),
            "raw_path": way,
            "query_string": b"",
            "headers": [],
            "path_params": {"token": TOKEN},
        }
        answer = await Passing(line=line, token=TOKEN).by_path(Request(scope))
    assert answer.status_code == 400
    assert stub_gateway.received == []


async def test_what_cannot_be_signed_is_malformed(http: httpx.AsyncClient, stub_gateway: Any) -> None:
    answer = await http.get(f"/t/{TOKEN}/sdmx/v1/data/X", headers={b"accept": "é".encode()})
    assert answer.status_code == 400
    assert stub_gateway.received == []


def test_its_token_is_not_that_of_the_desk_and_stays(tmp_path: Path) -> None:
    with Folder(tmp_path / "state") as first:
        token = first.sdmx_token
        assert token != first.token
    with Folder(tmp_path / "state") as second:
        assert second.sdmx_token == token
