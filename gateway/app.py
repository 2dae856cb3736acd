"""The gateway's request path, in one place: intake → checks → ask → mask → sign → record → release.

No answer to a request leaves before the audit entry that describes it is durable.
When the entry cannot be written, the only answer is 503. A command is not asked but
accepted: ``gateway.commands``.
"""

import asyncio
import os
import re
import time
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

from gateway.budget import Budget, delivered, described
from gateway.checks import Guards, check_access, check_claim, check_content, check_sender
from gateway.citizens import check_citizen
from gateway.commands import Commands
from gateway.exchange import Exchange
from gateway.faces import Face, Incoming
from gateway.forms import Bind, Bound
from gateway.helper import Helper
from gateway.http import Scope, Send, release
from gateway.intake import Receive, Room, check_depth, check_headers, declared_length, read_body
from gateway.pages import Pages
from gateway.problems import Problem, problem_of
from gateway.recent_checks import RecentChecks
from gateway.replies import Replies, Reply, language_of
from gateway.routes import Ask, Question, Route, Routes
from gateway.settings import Settings
from lienthong.agencies.registry import Agency, Grant
from lienthong.audit.writer import AuditWriter
from lienthong.signing import RequestView, check_digest
from lienthong.telemetry import metrics, traces
from lienthong.telemetry.logs import get_logger
from vss.access.v1 import access_pb2

_log = get_logger("gateway")

# A longer body is counted, and read outside of the event loop: reading it takes milliseconds.
_LARGE = 64 * 1024
# Stands for a body that is still to come: that there is one is all that a signature is asked.
_TO_COME = b"\0"
_MOST_LONG_ANSWERS = 2
# Longest time that "Prefer: wait" is granted, in seconds.
_LONGEST_WAIT = 30
_WAIT = re.compile(rb"(?:^|,)[ \t]*wait[ \t]*=[ \t]*\"?([0-9]{1,4})\"?[ \t]*(?:[,;]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the request path is made of; wired once in ``gateway.__main__``."""

    settings: Settings
    routes: Routes
    guards: Guards
    replies: Replies
    audit: AuditWriter
    pages: Pages
    resolve_person: Ask
    recent_checks: RecentChecks
    commands: Commands
    helper: Helper
    budget: Budget


class Gateway:
    """The ASGI application."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._routes = parts.routes.plain
        self._room = Room(parts.settings.max_bodies)
        self._long_answers = asyncio.Semaphore(_MOST_LONG_ANSWERS)
        self._under_way = 0
        self._no_route = metrics.rpc("none")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        if scope["type"] != "http":
            return
        page = self._parts.pages.find(scope, self._view)
        if page is not None:
            await release(scope, send, *page)
            return
        exchange = self._exchange(scope)
        reply = await self._serve(exchange, scope, receive)
        self._log(exchange, reply)
        await release(scope, send, reply.status, reply.headers, reply.body)

    def _exchange(self, scope: Scope) -> Exchange:
        headers = dict(scope["headers"])
        request_id = os.urandom(8).hex()
        route = self._routes.get((scope["method"], scope["path"])) or self._with_variable(scope)
        return Exchange(
            request_id=request_id,
            traceparent=_traceparent(headers.get(b"traceparent"), request_id),
            headers=headers,
            route=route,
            dialect=self._parts.routes.dialect(route, scope["path"]),
            language=language_of(headers.get(b"accept-language", b"")),
            started=time.time(),
            deadline=asyncio.get_running_loop().time() + self._settings.budget,
        )

    async def _serve(self, exchange: Exchange, scope: Scope, receive: Receive) -> Reply:
        if self._under_way >= self._settings.max_under_way:
            return self._parts.replies.problem(exchange, Problem("unavailable", "too many under way"))
        self._under_way += 1
        try:
            if not traces.enabled():
                return await self._recorded(exchange, await self._reply(exchange, scope, receive))
            with traces.span("gateway.request", parent=exchange.traceparent) as traceparent:
                exchange.traceparent = traceparent
                return await self._recorded(exchange, await self._reply(exchange, scope, receive))
        finally:
            self._under_way -= 1

    def _with_variable(self, scope: Scope) -> Route | None:
        return self._parts.routes.with_variable(scope["method"], _raw_path(scope))

    async def _reply(self, exchange: Exchange, scope: Scope, receive: Receive) -> Reply:
        """The answer or the refusal; nothing is raised."""
        try:
            check_headers(scope["headers"], self._settings)
            most = self._settings.max_body
            if exchange.route is not None and exchange.route.max_body:
                most = exchange.route.max_body
            length = declared_length(exchange.headers, most)
            if b"transfer-encoding" in exchange.headers:
                # It does not say how long it becomes, so there must be room for any: not for a stranger's.
                length = self._settings.max_body
            if length > _LARGE:
                return await self._answer_large(exchange, scope, receive, length)
            return await self._answer(exchange, scope, receive)
        except Exception as error:  # noqa: BLE001 -- the one table decides what each becomes
            return self._refusal(exchange, error)

    async def _answer(self, exchange: Exchange, scope: Scope, receive: Receive) -> Reply:
        try:
            body = await read_body(receive, self._settings.max_body)
        finally:
            # The budget is ours to keep: it begins once the sender has done his part.
            exchange.deadline = asyncio.get_running_loop().time() + self._settings.budget
        if exchange.route is None or not exchange.route.form.is_raw:
            check_depth(body, self._settings.max_depth)
        view = exchange.view = self._view(scope, body)
        agency = check_sender(exchange, view, self._parts.guards)
        route = self._found(exchange.route, view.path)
        grant = check_access(exchange, route, agency, self._parts.guards)
        return await self._granted(exchange, route, grant, agency, body)

    async def _answer_large(self, exchange: Exchange, scope: Scope, receive: Receive, length: int) -> Reply:
        """As ``_answer``; but a large body is only taken in from who has proved himself, and if there is room."""
        guards = self._parts.guards
        view = exchange.view = self._view(scope, _TO_COME)
        parsed, agency = check_claim(exchange, exchange.route, view, guards)
        route = self._found(exchange.route, view.path)
        with self._room.hold(length, agency.agency_id):
            budget = self._settings.budget
            try:
                body = await read_body(receive, length)
                budget = budget if len(body) <= _LARGE else self._settings.large_budget
            finally:
                exchange.deadline = asyncio.get_running_loop().time() + budget
            if len(body) <= _LARGE and not route.form.is_raw:
                check_depth(body, self._settings.max_depth)
            view = exchange.view = self._view(scope, body)
            # In a thread: it takes milliseconds, and lets the others go on.
            digest = await asyncio.to_thread(check_digest, parsed, view)
            check_content(exchange, parsed, digest, guards)
            grant = check_access(exchange, route, agency, guards)
            return await self._granted(exchange, route, grant, agency, body)

    async def _granted(
        self, exchange: Exchange, route: Route, grant: Grant, agency: Agency, body: bytes
    ) -> Reply:
        if route.is_command:
            return await self._parts.commands.accept(exchange, route, _bound(exchange, agency), body)
        response = await self._ask(exchange, route, agency, body)
        exchange.subjects_answered = route.answered(response)
        if route.is_long and response.ByteSize() > _LARGE:
            reply = await self._written_aside(exchange, route, grant, response)
        else:
            reply = self._written(exchange, route, grant, response)
        return await self._charged(exchange, grant, response, reply)

    async def _charged(self, exchange: Exchange, grant: Grant, response: Any, reply: Reply) -> Reply:
        """The reply, once what it delivers is charged; how much that is stands in its entry."""
        observations = delivered(response, reply.observations)
        await self._parts.budget.charge(grant, observations, exchange.started, deadline=exchange.deadline)
        detail = reply.detail or described(exchange.question, observations)
        return replace(reply, detail=detail) if detail != reply.detail else reply

    async def _written_aside(self, exchange: Exchange, route: Route, grant: Grant, response: Any) -> Reply:
        """In a thread: it takes a tenth of a second or more, and lets the others go on.

        Two at a time, for each holds tens of megabytes; who waits longer than his budget gets 503.
        """
        async with asyncio.timeout_at(exchange.deadline):
            await self._long_answers.acquire()
        try:
            return await asyncio.to_thread(self._written, exchange, route, grant, response)
        finally:
            self._long_answers.release()

    def _written(self, exchange: Exchange, route: Route, grant: Grant, response: Any) -> Reply:
        return self._parts.replies.answer(exchange, route.encode(response, grant.data_classes))

    def _view(self, scope: Scope, body: bytes) -> RequestView:
        """What the signature is checked against: as received, but with the authority that we know is ours."""
        return RequestView(
            method=scope["method"],
            scheme=self._settings.scheme,
            authority=self._settings.authority,
            path=_raw_path(scope),
            query=scope["query_string"].decode("latin-1"),
            headers=scope["headers"],
            body=body,
        )

    def _found(self, route: Route | None, path: str) -> Route:
        """The route; who has not proved himself does not learn which paths exist."""
        if route is not None:
            return route
        method = self._parts.routes.allowed(path)
        if method is not None:
            raise Problem("method_not_allowed", headers=((b"allow", method.encode()),))
        raise Problem("not_found", "no such path")

    async def _ask(self, exchange: Exchange, route: Route, agency: Agency, body: bytes) -> Any:
        request: Any = await self._read(exchange, route, agency, body)
        exchange.question = request
        exchange.subjects_asked = route.form.asked(request)
        question = Question(request, exchange.request_id, exchange.traceparent, exchange.deadline)
        if exchange.citizen is not None:
            await self._bind_citizen(exchange, route, question)
        if route.bind_facility is not None and agency.facility_code:
            route.bind_facility(request, agency.facility_code)
        if route.bind_employer is not None and agency.employer_code:
            route.bind_employer(request, agency.employer_code)
        if route.binds_more:
            route.form.bind(request, _bound(exchange, agency))
        if route.bind_person is not None and exchange.subjects_asked:
            person = await self._bind_person(exchange, route.bind_person, request)
            if route.bind_recent_check is not None and exchange.citizen is None:
                checked = await self._parts.recent_checks.last(
                    agency.agency_id, person, deadline=exchange.deadline
                )
                route.bind_recent_check(request, checked)
        if route.ask is None:
            raise TypeError(route.capability.rpc)
        if route.is_local:
            return await self._ask_here(exchange, route.ask, question)
        return await route.ask(question)

    async def _ask_here(self, exchange: Exchange, ask: Ask, question: Question) -> Any:
        """What the gateway answers itself may take as long as the asker prefers to wait; then the budget is new."""
        wait = _preferred_wait(exchange.headers.get(b"prefer"))
        citizen = exchange.staff if exchange.citizen is not None else None
        try:
            return await ask(replace(question, wait=wait, citizen=citizen))
        finally:
            exchange.deadline = asyncio.get_running_loop().time() + self._settings.budget

    async def _read(self, exchange: Exchange, route: Route, agency: Agency, body: bytes) -> Any:
        if route.face is not None:
            return _translate(exchange, route.face, agency, body)
        if len(body) > _LARGE:
            return await self._parts.helper.read(route.form, body, deadline=exchange.deadline)
        if route.form.decode_query is None:
            return route.form.decode(body)
        if body:
            raise Problem("malformed", "a GET with a body")
        if exchange.view is None:
            raise TypeError
        value = exchange.view.path.rpartition("/")[2] if route.capability.variable else ""
        return route.form.decode_query(value, exchange.view.query)

    async def _bind_person(self, exchange: Exchange, bind: Bind, request: Any) -> int:
        """Who is asked about, 0 for nobody: from here on nobody is treated as somebody is."""
        identifier = Question(
            exchange.subjects_asked[0], exchange.request_id, exchange.traceparent, exchange.deadline
        )
        person = int(await self._parts.resolve_person(identifier))
        bind(request, person)
        return person

    async def _bind_citizen(self, exchange: Exchange, route: Route, question: Question) -> None:
        if exchange.citizen is None:
            raise TypeError
        person = await check_citizen(
            exchange.citizen, exchange.subjects_asked, question, self._parts.resolve_person
        )
        route.form.bind(question.request, {access_pb2.BINDING_CITIZEN_ID: person})

    async def _recorded(self, exchange: Exchange, reply: Reply) -> Reply:
        """The reply once its entry is durable; a refusal instead when it is a replay or cannot be recorded."""
        if reply.recorded:
            return reply
        try:
            if await self._record(exchange, reply):
                return reply
            exchange.spends_nonce = False
            replayed = self._parts.replies.problem(exchange, Problem("replayed", "nonce in the log"))
            await self._record(exchange, replayed)
        except Exception as error:  # noqa: BLE001 -- whatever kept the entry from the log keeps the answer back
            _log.error("audit.not_recorded", request_id=exchange.request_id, error=type(error).__name__)
            problem = Problem("unavailable", f"not recorded: {type(error).__name__}")
            return self._parts.replies.problem(exchange, problem)
        return replayed

    def _record(self, exchange: Exchange, reply: Reply) -> Awaitable[bool]:
        return self._parts.audit.record(
            self._parts.replies.entry(exchange, reply), deadline=exchange.deadline
        )

    def _refusal(self, exchange: Exchange, error: Exception) -> Reply:
        problem = problem_of(error)
        if problem.reason.name == "internal":
            _log.error("request.failed", request_id=exchange.request_id, exc_info=error)
        return self._parts.replies.problem(exchange, problem)

    def _log(self, exchange: Exchange, reply: Reply) -> None:
        seconds = time.time() - exchange.started
        measure = exchange.route.measure if exchange.route else self._no_route
        measure.done(reply.outcome, seconds)
        if reply.outcome != "ok":
            metrics.refusal(reply.outcome)()
        _log.info(
            "request",
            request_id=exchange.request_id,
            rpc=exchange.route.capability.rpc if exchange.route else None,
            agency=exchange.agency.agency_id if exchange.agency else None,
            status=reply.status,
            outcome=reply.outcome,
            ms=round(seconds * 1000, 2),
        )


def _traceparent(header: bytes | None, request_id: str) -> str:
    """The asker's trace if it names one; else one named after the request, which costs nothing to make."""
    if header is not None:
        return traces.passed_on(header.decode("latin-1"))
    return "" if traces.enabled() else f"00-{request_id}{request_id}-{request_id}-00"


def _raw_path(scope: Scope) -> str:
    """The path as it stands on the wire."""
    return str((scope.get("raw_path") or scope["path"].encode()).decode("latin-1"))


def _translate(exchange: Exchange, face: Face, agency: Agency, body: bytes) -> Any:
    """The request that this one stands for, in the contract's terms."""
    if exchange.view is None:
        raise TypeError
    if len(body) > face.max_body:
        raise Problem("too_large", "body")
    translated = exchange.translated = face.decode(
        Incoming(
            value=exchange.view.path.rpartition("/")[2],
            query=exchange.view.query,
            body=body,
            agency_id=agency.agency_id,
            request_id=exchange.request_id,
            received=exchange.started,
            path=exchange.view.path,
            headers=exchange.headers,
            covered=exchange.parsed.covered.names if exchange.parsed is not None else frozenset(),
        )
    )
    return translated.request


def _bound(exchange: Exchange, agency: Agency) -> Bound:
    """The values that are bound for this asker; those that are resolved first are put in where they are known."""
    values: dict[int, str | None] = {
        access_pb2.BINDING_FACILITY_CODE: agency.facility_code,
        access_pb2.BINDING_EMPLOYER_CODE: agency.employer_code,
        access_pb2.BINDING_AGENCY_ID: agency.agency_id,
        access_pb2.BINDING_PROVINCE_CODE: agency.province_code,
        access_pb2.BINDING_STAFF: exchange.staff,
        access_pb2.BINDING_PURPOSE: exchange.purpose,
    }
    return {binding: value for binding, value in values.items() if value}


def _preferred_wait(prefer: bytes | None) -> float:
    """Seconds of ``Prefer: wait=N`` (RFC 7240), at most 30; 0 for none, and for what cannot be read."""
    if prefer is None:
        return 0.0
    found = _WAIT.search(prefer)
    return float(min(int(found[1]), _LONGEST_WAIT)) if found else 0.0
