"""Sends commands through the gateway, many at a time, each until it is accepted.

A connection that breaks, an answer that does not come, a 503: the same command goes out
again under the same Idempotency-Key, signed anew. That is all that an agency has to do.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Self

import msgspec

from benchmarks.chaos.claims import file
from benchmarks.chaos.parties import INSPECTOR, Parties
from benchmarks.chaos.script import Intent, Manner
from lienthong.client import AsyncClient, Refused, Unavailable, commands, health_questions
from lienthong.client.answers import Receipt
from lienthong.client.questions import Asking, Question, verify_identity
from lienthong.client.retry import RetryPolicy

AT_ONCE = 32
GIVE_UP_S = 120.0
"""For one command. A stack that accepts nothing for so long is broken."""
_PAUSE_S = 0.05
_NEWS_S = 15.0
_SURE = 20
_UNAUTHORIZED, _CONFLICT, _ACCEPTED = 401, 409, 202
_KNOWN_SOON = RetryPolicy(tries=3, total_s=5.0, longest_wait_s=0.5)


class SendingError(Exception):
    """A command was neither accepted nor answered as it must be."""


@dataclass(slots=True)
class Progress:
    """How far the run has come."""

    accepted: int = 0
    over: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Senders:
    """The clients of all agencies of a run; one connection pool each."""

    def __init__(self, parties: Parties, progress: Progress) -> None:
        self._parties = parties
        self._progress = progress
        self._clients: Mapping[str, AsyncClient] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        opened = {}
        for agency_id, config in self._parties.configs.items():
            client = AsyncClient(config, retry=_KNOWN_SOON)
            opened[agency_id] = await self._stack.enter_async_context(client)
        self._clients = opened
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def await_known(self) -> None:
        """Return when every worker knows the newest agency: many new connections in a row were let in."""
        newest = self._parties.configs[self._parties.banks[-1]]
        deadline = asyncio.get_running_loop().time() + _NEWS_S
        let_in = 0
        while let_in < _SURE:
            async with AsyncClient(newest, retry=_KNOWN_SOON) as client:
                try:
                    await client.ask(Question(path="/v1/operations", body=None, asking=Asking()))
                    let_in += 1
                except Refused as error:
                    let_in = 0
                    if asyncio.get_running_loop().time() > deadline:
                        raise SendingError(f"the new agencies are not let in: {error}") from error
                    await asyncio.sleep(_PAUSE_S)

    async def register(self) -> list[Intent]:
        """Register the units of the run."""
        intents = []
        for unit in self._parties.units:
            intent = Intent(INSPECTOR, f"{self._parties.run}-{unit.code}", Manner.ONCE)
            asking = Asking(purpose="collection")
            question = commands.register_employer(self._parties.registration(unit), asking, intent.key)
            await self._accepted(intent, question)
            intents.append(intent)
        return intents

    async def send_all(self, intents: Iterator[Intent], *, until: float | None) -> list[Intent]:
        """Send them, ``AT_ONCE`` at a time; no new ones after ``until`` (loop time)."""
        sent: list[Intent] = []

        async def work() -> None:
            for intent in intents:
                if until is not None and asyncio.get_running_loop().time() > until:
                    return
                sent.append(intent)
                await self._carry_out(intent)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())
        return sent

    async def _carry_out(self, intent: Intent) -> None:
        if intent.lines:
            await self._verify(intent)
        question = _question(intent)
        match intent.manner:
            case Manner.BYTES_AGAIN:
                await self._bytes_again(intent, question)
            case Manner.KEY_AGAIN:
                await self._accepted(intent, question)
                await self._accepted(intent, question)
            case Manner.OTHER_BODY:
                await self._accepted(intent, question)
                await self._other_body(intent, question)
            case _:
                await self._accepted(intent, question)
        self._progress.accepted += 1
        self._progress.changed.set()

    async def _verify(self, intent: Intent) -> None:
        """Whom a unit declares first it verifies before: identity has something to count. Asked once."""
        line = intent.lines[0]
        question = verify_identity(line.identifier, Asking(), full_name=line.full_name)
        try:
            await self._clients[intent.agency_id].ask(question)
        except Unavailable:
            self._progress.counts["not verified: no answer or 503"] += 1
        else:
            self._progress.counts["verified"] += 1

    async def _accepted(self, intent: Intent, question: Question) -> None:
        """Until it is accepted, as the operation that it was before if it was."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + GIVE_UP_S
        while True:
            try:
                receipt = await self._clients[intent.agency_id].ask(question)
            except Unavailable:
                self._progress.counts["sent again after no answer or 503"] += 1
                if loop.time() > deadline:
                    raise SendingError(f"not accepted within {GIVE_UP_S:.0f} s: {intent.key}") from None
                await asyncio.sleep(_PAUSE_S)
            else:
                self._note(intent, receipt)
                return

    async def _bytes_again(self, intent: Intent, question: Question) -> None:
        client = self._clients[intent.agency_id]
        sent = client.prepare(question)
        try:
            self._note(intent, await client.send(sent))
        except Unavailable:
            await self._accepted(intent, question)
            return
        try:
            await client.send(sent)
        except Refused as error:
            self._expect(intent, error, _UNAUTHORIZED, "replayed")
        except Unavailable:
            self._progress.counts["sent again after no answer or 503"] += 1
        else:
            self._progress.wrong.append(f"{intent.key}: the same bytes were accepted twice")

    async def _other_body(self, intent: Intent, question: Question) -> None:
        other = replace(question, file=question.file + b"\n")
        if question.body is not None:
            other = replace(question, body={name: [*rows, rows[-1]] for name, rows in question.body.items()})
        try:
            await self._clients[intent.agency_id].ask(other)
        except Refused as error:
            self._expect(intent, error, _CONFLICT, "idempotency_conflict")
        except Unavailable:
            self._progress.counts["sent again after no answer or 503"] += 1
        else:
            self._progress.wrong.append(f"{intent.key}: another body was taken under its key")

    def _expect(self, intent: Intent, error: Refused, status: int, reason: str) -> None:
        if (error.status, error.reason) != (status, reason):
            self._progress.wrong.append(f"{intent.key}: {error} instead of {status} {reason}")
        self._progress.counts[f"refused: {reason}"] += 1

    def _note(self, intent: Intent, receipt: Receipt) -> None:
        answer = msgspec.json.decode(receipt.body)
        operation_id = answer["operation"]["operationId"]
        if receipt.status != _ACCEPTED or intent.operation_id not in {"", operation_id}:
            self._progress.wrong.append(f"{intent.key}: answered as {operation_id}, {receipt.status}")
        intent.operation_id = operation_id
        intent.request_ids.append(receipt.request_id)


def _question(intent: Intent) -> Question:
    if intent.payments:
        return commands.record_payments(intent.payments, Asking(), intent.key)
    if intent.facility is not None:
        return health_questions.submit_claims(file(intent.facility, intent.claims), Asking(), intent.key)
    return commands.submit_declaration(intent.lines, Asking(), intent.key)
