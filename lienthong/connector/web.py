"""The connector's HTTP, for software on this machine: every request shows the token.

    POST /check              CheckCoverage as JSON, with ``certificate`` if the patient has one
    GET  /provisional        provisional answers, newest first; ``?state=pending``
    GET  /provisional/{id}   one of them with its evidence
    GET  /status             whether the line is up, and how much waits
    GET  /sdmx/…             passed on to the gateway, signed: ``lienthong.connector.passing``
    GET  /t/{token}/sdmx/…   the same for software that can show no header, by a token of its own

A page in a browser is turned away (``Origin``): it has no business here, token or not.
"""

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lienthong.client import AnswerNotTrusted, NotConfigured, Refused
from lienthong.connector.connector import Connector, NoAnswer
from lienthong.connector.model import DeskQuestion, Document, Entry, State
from lienthong.connector.passing import Passing
from lienthong.connector.reasons import Reason
from lienthong.connector.store import KEPT_FOR, MOST_KEPT, Full, Store
from lienthong.fields import WrongField

MOST_BODY: Final = 65_536
MOST_LISTED: Final = 500
RETRY_AFTER_S: Final = 5
_EVIDENCE_ID: Final = re.compile(r"[0-9a-f]{32}")

Handler = Callable[[Request], Awaitable[Response]]


class Web:
    """The routes over a connector and its store."""

    def __init__(
        self, *, connector: Connector, store: Store, token: str, passing: Passing | None = None
    ) -> None:
        self._connector = connector
        self._store = store
        self._token = f"Bearer {token}".encode()
        self._passing = passing

    def app(self) -> Starlette:
        """The ASGI application."""
        passed_on = (
            [
                Route("/sdmx/{rest:path}", self._guarded(self._passing.passed_on), methods=["GET"]),
                Route("/t/{token}/sdmx/{rest:path}", self._passing.by_path, methods=["GET"]),
            ]
            if self._passing is not None
            else []
        )
        return Starlette(
            routes=[
                *passed_on,
                Route("/check", self._guarded(self._check), methods=["POST"]),
                Route("/provisional", self._guarded(self._listed), methods=["GET"]),
                Route("/provisional/{evidence_id}", self._guarded(self._shown), methods=["GET"]),
                Route("/status", self._guarded(self._status), methods=["GET"]),
                Route("/{anything:path}", self._guarded(_nothing), methods=["GET", "POST"]),
            ]
        )

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            shown = request.headers.get("authorization", "").encode("latin-1")
            if "origin" in request.headers or not hmac.compare_digest(shown, self._token):
                return _problem(401, Reason.TOKEN)
            return await handler(request)

        return guarded

    async def _check(self, request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _problem(413, Reason.TOO_LARGE)
        try:
            question = msgspec.json.decode(body, type=DeskQuestion)
            return _json(200, await self._connector.check(question))
        except _REFUSALS as error:
            return _refusal(error)

    async def _listed(self, request: Request) -> Response:
        asked = request.query_params.get("state", "")
        if asked and asked not in set(State):
            return _problem(400, Reason.MALFORMED, detail="state: pending, confirmed or changed")
        state = State(asked) if asked else None
        entries = await asyncio.to_thread(self._store.entries, state=state, limit=MOST_LISTED)
        return _json(200, {"provisional": [_line(entry) for entry in entries]})

    async def _shown(self, request: Request) -> Response:
        evidence_id = request.path_params["evidence_id"]
        if not _EVIDENCE_ID.fullmatch(evidence_id):
            return _problem(404, Reason.NOT_FOUND)
        entry = await asyncio.to_thread(self._store.entry, evidence_id)
        if entry is None:
            return _problem(404, Reason.NOT_FOUND)
        return Response(msgspec.json.encode(entry), media_type="application/json")

    async def _status(self, _request: Request) -> Response:
        state = self._connector.state
        line = {True: "up", False: "down", None: "untried"}[state.up]
        return _json(
            200,
            {
                "line": line,
                "since": state.since.isoformat() if state.since else None,
                **await asyncio.to_thread(self._store.counts),
                "mostKept": MOST_KEPT,
                "keptDays": KEPT_FOR.days,
            },
        )


def _line(entry: Entry) -> Document:
    evidence, settled = entry.evidence, entry.settled
    return {
        "evidenceId": evidence.evidence_id,
        "state": entry.state.value,
        "madeAt": evidence.made_at.isoformat(),
        "source": evidence.source.value,
        "identifier": evidence.question.identifier,
        "fullName": evidence.question.full_name,
        "visitOn": evidence.day,
        "resultCode": evidence.answer.get("resultCode", ""),
        "covered": evidence.answer.get("covered", False),
        "requestDigest": evidence.digest,
        "settledAt": settled.settled_at.isoformat() if settled else None,
        "changes": [msgspec.to_builtins(change) for change in settled.changes] if settled else [],
    }


async def _body(request: Request) -> bytes | None:
    """The request's body; None for one that is too large, of which no more is read."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BODY:
            return None
    return bytes(body)


async def _nothing(_request: Request) -> Response:
    return _problem(404, Reason.NOT_FOUND)


_REFUSALS = (
    msgspec.DecodeError,
    UnicodeDecodeError,
    WrongField,
    NoAnswer,
    Full,
    Refused,
    AnswerNotTrusted,
    NotConfigured,
)
"""What a question can end with, other than an answer."""


def _refusal(error: Exception) -> Response:
    match error:
        case Refused():
            response = _passed_on(error)
        case NoAnswer():
            response = _no_answer(error)
        case WrongField():
            response = _problem(422, Reason.MALFORMED, detail=str(error))
        case Full():
            response = _problem(503, Reason.FULL)
        case AnswerNotTrusted():
            response = _problem(502, Reason.NOT_TRUSTED)
        case NotConfigured():
            response = _problem(422, Reason.NOT_CONFIGURED)
        case _:
            response = _problem(400, Reason.MALFORMED)
    return response


def _no_answer(error: NoAnswer) -> Response:
    document = _problem_document(503, error.reason)
    if error.certificate is not None:
        told = error.certificate.reason
        document["certificate"] = {"code": told.code, "vi": told.text.vi, "en": told.text.en}
    return _json(503, document, retry_after=True)


def _passed_on(error: Refused) -> Response:
    """The gateway's own refusal, as it signed it."""
    body = error.problem.body or msgspec.json.encode({"reason": error.reason})
    return Response(body, status_code=error.status, media_type="application/problem+json")


def _problem_document(status: int, reason: Reason, detail: str = "") -> Document:
    told: Document = {"status": status, "reason": reason.code, "title": reason.vi, "titleEn": reason.en}
    return {**told, "detail": detail} if detail else told


def _problem(status: int, reason: Reason, *, detail: str = "") -> Response:
    return _json(status, _problem_document(status, reason, detail), retry_after=status == 503)


def _json(status: int, document: Document, *, retry_after: bool = False) -> Response:
    headers = {"cache-control": "no-store"} | ({"retry-after": str(RETRY_AFTER_S)} if retry_after else {})
    kind = "application/json" if status < 400 else "application/problem+json"
    return Response(msgspec.json.encode(document), status_code=status, headers=headers, media_type=kind)
