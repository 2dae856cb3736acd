"""Statistics software asks the gateway through this machine: signed here, verified here, else unchanged.

An SDMX client cannot sign, and most can send no header of their own. So a token stands in the
address that they are given, ``http://127.0.0.1:7410/t/TOKEN/sdmx/v1``. An address ends in scripts,
notebooks and histories; that is why it is another token than that of the desk, and opens nothing
but statistics: what can be read with it names nobody.

Guarantee: what comes back is what the gateway signed in answer to this very request, status,
headers and octets; refusals too. Nothing is kept, and nothing is answered while the line is down.
"""

import hmac
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lienthong.client import AnswerNotTrusted, Asking, NotConfigured, Question, Receipt, Unavailable
from lienthong.client.exchange import Sent
from lienthong.connector.reasons import Reason

PURPOSE: Final = "statistics"
RETRY_AFTER_S: Final = 5
LONGEST_TARGET: Final = 8_192
_WAIT_S: Final = 30.0
# What of a request's head goes on to the gateway; its signature covers what it must.
_ASKED: Final = ("accept", "accept-encoding", "accept-language", "if-none-match")
# What of an answer's head is of the line behind, and not of the one before.
_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"})


class PassingLine(Protocol):
    """The gateway, as ``AsyncClient`` reaches it."""

    def prepare(self, question: Question) -> Sent:
        """Sign."""

    async def pass_on(self, sent: Sent) -> Receipt:
        """Send once; refusals come back as they are. Raises Unavailable and AnswerNotTrusted."""


class Passing:
    """Passes GET requests under ``/sdmx/`` on."""

    def __init__(self, *, line: PassingLine, token: str) -> None:
        self._line = line
        self._token = token.encode()

    async def by_path(self, request: Request) -> Response:
        """With the token in the path."""
        shown = str(request.path_params["token"]).encode()
        if "origin" in request.headers or not hmac.compare_digest(shown, self._token):
            return _refusal(401, Reason.TOKEN)
        return await self.passed_on(request)

    async def passed_on(self, request: Request) -> Response:
        """Who asks has shown a token."""
        target = _target(request)
        if len(target) > LONGEST_TARGET:
            return _refusal(414, Reason.TOO_LARGE)
        # Out of statistics again by ``/sdmx/../v1/…``: nothing is signed that could be read so.
        if not target or not {".", ".."}.isdisjoint(unquote(target.partition("?")[0]).split("/")):
            return _refusal(400, Reason.MALFORMED)
        headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
        # Of its own accord the client behind would ask for what it can unpack; the asker is another.
        headers = {"accept-encoding": "identity"} | headers
        question = Question(
            path=target, body=None, asking=Asking(purpose=PURPOSE), timeout_s=_WAIT_S, headers=headers
        )
        try:
            receipt = await self._line.pass_on(self._line.prepare(question))
        except NotConfigured:
            return _refusal(400, Reason.MALFORMED)
        except AnswerNotTrusted:
            return _refusal(502, Reason.NOT_TRUSTED)
        except Unavailable:
            return _refusal(503, Reason.NO_LINE)
        return _as_it_came(receipt)


def _target(request: Request) -> str:
    """Path and query as they stand on the wire, from ``/sdmx/`` on; empty where that is spelt in another way.

    What is left of another spelling does not begin with a slash, and would be read as a part of
    the gateway's name: signed, and sent to whoever has that one.
    """
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    start = path.find("/sdmx/")
    if start < 0:
        return ""
    return path[start:] + (f"?{query}" if query else "")


def _as_it_came(receipt: Receipt) -> Response:
    headers: Mapping[str, str] = {n: v for n, v in receipt.headers.items() if n not in _HOP}
    response = Response(receipt.body, status_code=receipt.status)
    response.raw_headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers.items()]
    if receipt.body:
        response.raw_headers.append((b"content-length", b"%d" % len(receipt.body)))
    return response


def _refusal(status: int, reason: Reason) -> Response:
    headers = {"cache-control": "no-store"} | ({"retry-after": str(RETRY_AFTER_S)} if status == 503 else {})
    told = {"status": status, "reason": reason.code, "title": reason.vi, "titleEn": reason.en}
    return Response(
        msgspec.json.encode(told), status_code=status, headers=headers, media_type="application/problem+json"
    )
