"""What is answered from where: the line, a certificate, a kept answer; and asking again afterwards."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

import msgspec

from lienthong import fields
from lienthong.certificate import Certificate, CertificateKeys, CertificateRefused, KeysRefused, verify
from lienthong.client import (
    AnswerNotTrusted,
    NotAuthenticated,
    NotConfigured,
    Question,
    Receipt,
    Refused,
    TooManyRequests,
    Unavailable,
)
from lienthong.client.exchange import Sent
from lienthong.clock import VIETNAM
from lienthong.connector import provisional
from lienthong.connector.model import (
    Change,
    DeskQuestion,
    Document,
    Evidence,
    Kept,
    Settled,
    SignedQuestion,
    Source,
)
from lienthong.connector.reasons import Reason
from lienthong.connector.store import Store
from lienthong.connector.vault import Spoiled
from lienthong.telemetry import logs

TRY_S: Final = 3.0
"""For one try of the line while somebody waits at the desk."""
HOLD_S: Final = 3.0
"""After a failed try the line is not tried at the desk for so long: the next ones do not wait for it."""
_TRIES: Final = 2

_log = logs.get_logger("connector")

Clock = Callable[[], datetime]


class Line(Protocol):
    """The gateway, as ``AsyncClient`` reaches it."""

    def prepare(self, question: Question) -> Sent:
        """Sign."""

    async def send(self, sent: Sent) -> Receipt:
        """Send once. Raises the errors of ``lienthong.client``; Unavailable when the line is down."""


class NoAnswer(Exception):
    """Neither the line nor anything kept answers; ``certificate`` says why a presented one did not do."""

    def __init__(self, reason: Reason, certificate: CertificateRefused | None = None) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.certificate = certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """By which keys certificates are believed: a JWKS file, read each time, and whose they must be."""

    keys: Path | None
    issuer: str


@dataclass(slots=True)
class LineState:
    """How the line was when it was last tried."""

    up: bool | None = None
    since: datetime | None = None
    back: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the line came back: whoever waits to ask again need not wait on."""

    def tell(self, *, up: bool, now: datetime) -> None:
        """It was just tried."""
        if self.up is not up:
            _log.info("line.up" if up else "line.down")
            self.up, self.since = up, now
            if up:
                self.back.set()


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a provisional answer rests on."""

    source: Source
    answer: Document
    reason: Reason
    since: datetime
    certificate: str = ""
    kept: Kept | None = None


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Connector:
    """Answers the desk. For one event loop."""

    def __init__(self, *, line: Line, store: Store, trust: Trust, now: Clock = utc_now) -> None:
        self._line = line
        self._store = store
        self._trust = trust
        self._now = now
        self._tried_until = 0.0
        self.state = LineState()
        self.pending = asyncio.Event()
        """Set while provisional answers may wait for the gateway's."""
        self.pending.set()

    async def check(self, question: DeskQuestion) -> Document:
        """The answer, marked with where it comes from.

        Raises NoAnswer, WrongField, store.Full, and what the gateway refuses (Refused) or
        what is not the gateway's (AnswerNotTrusted).
        """
        # First of all, so that what is no question is sent nowhere.
        who, day = question.who, self._day(question)
        sent, receipt = await self._ask(question)
        if receipt is None:
            return await self._provisional(question, who, day, sent)
        document = _document(receipt)
        await self._keep(question, day.isoformat(), receipt)
        return {**document, "provisional": False, "source": Source.LINE.value}

    async def recheck(self) -> bool:
        """Ask the gateway about the next provisional answer; whether there was one.

        Raises Unavailable while the line is down, Spoiled for evidence that does not open.
        """
        self.pending.clear()
        try:
            evidence = await asyncio.to_thread(self._store.next_pending)
        except (Spoiled, sqlite3.Error):
            self.pending.set()
            raise
        if evidence is None:
            return False
        self.pending.set()
        question = msgspec.structs.replace(evidence.question, visit_on=evidence.day).question(TRY_S)
        try:
            settled = await self._settled(question, evidence)
        except Unavailable:
            self.state.tell(up=False, now=self._now())
            raise
        except (AnswerNotTrusted, NotAuthenticated, NotConfigured, TooManyRequests) as error:
            # Says nothing of this person: it stays pending.
            _log.warning("recheck.refused", kind=type(error).__name__)
            await asyncio.to_thread(self._store.tried, evidence.evidence_id)
            raise Unavailable("no usable answer") from error
        await asyncio.to_thread(self._store.settle, evidence.evidence_id, settled)
        _log.info("recheck.settled", changed=bool(settled.changes))
        return True

    async def _keep(self, question: DeskQuestion, day: str, receipt: Receipt) -> None:
        identifier, full_name, born = question.who
        kept = Kept(
            # Not who asked, and no certificate.
            question=DeskQuestion(
                identifier=identifier, full_name=full_name, born=born, visit=question.visit
            ),
            day=day,
            body=receipt.body,
            headers=receipt.headers,
            kept_at=self._now(),
        )
        try:
            await asyncio.to_thread(self._store.keep, kept)
        except sqlite3.Error as error:  # a full disk keeps nobody from an answer that the line gave
            _log.error("kept.failed", kind=type(error).__name__)

    def _day(self, question: DeskQuestion) -> date:
        """The day of the visit. Raises WrongField."""
        if not question.visit_on:
            return self._now().astimezone(VIETNAM).date()
        day = fields.calendar_day(question.visit_on)
        if day < fields.FIRST_CARD_DAY:
            raise fields.WrongField(f"expected a day from {fields.FIRST_CARD_DAY}")
        return day

    async def _ask(self, question: DeskQuestion) -> tuple[Sent, Receipt | None]:
        """The signed request and its answer; None when the line is down."""
        clock = asyncio.get_running_loop().time
        sent = self._line.prepare(question.question(TRY_S))
        if clock() < self._tried_until:
            return sent, None
        for _ in range(_TRIES):
            try:
                receipt = await self._line.send(sent)
            except Unavailable:
                # A kept-alive connection may have been closed meanwhile: once more, signed anew.
                sent = self._line.prepare(question.question(TRY_S))
            except Refused:
                self.state.tell(up=True, now=self._now())
                raise
            else:
                self.state.tell(up=True, now=self._now())
                return sent, receipt
        self._tried_until = clock() + HOLD_S
        self.state.tell(up=False, now=self._now())
        return sent, None

    async def _provisional(
        self, question: DeskQuestion, who: tuple[str, str, str], day: date, sent: Sent
    ) -> Document:
        now = self._now()
        ground = await asyncio.to_thread(self._ground, question, who, day, now)
        evidence = Evidence(
            evidence_id=uuid4().hex,
            made_at=now,
            day=day.isoformat(),
            question=question,
            request=SignedQuestion(method=sent.method, url=sent.url, headers=sent.headers, body=sent.body),
            digest=hashlib.sha256(sent.body).hexdigest(),
            source=ground.source,
            answer=ground.answer,
            certificate=ground.certificate,
            kept=ground.kept,
        )
        try:
            await asyncio.to_thread(self._store.record, evidence)
        except sqlite3.Error as error:
            _log.error("evidence.failed", kind=type(error).__name__)
            raise NoAnswer(Reason.NOT_RECORDED) from error
        self.pending.set()
        _log.info("answered.provisionally", source=ground.source.value)
        return {
            **ground.answer,
            "provisional": True,
            "source": ground.source.value,
            "provisionalReason": ground.reason.document(),
            "ageSeconds": max(0, int((now - ground.since).total_seconds())),
            "evidenceId": evidence.evidence_id,
        }

    def _ground(self, question: DeskQuestion, who: tuple[str, str, str], day: date, now: datetime) -> _Ground:
        """The certificate presented or what was kept, whichever is younger. Raises NoAnswer.

        A card that was taken back after it was certified is not covered, if that is known here.
        """
        refused, certified = None, None
        if question.certificate:
            try:
                certified = self._certified(question, day, now)
            except CertificateRefused as error:
                refused = error
                _log.warning("certificate.refused", reason=error.reason.code)
        remembered = self._remembered(question, who, day, now)
        grounds = [ground for ground in (certified, remembered) if ground is not None]
        if not grounds:
            raise NoAnswer(Reason.LINE_DOWN if refused is None else Reason.CERTIFICATE_REFUSED, refused)
        return max(grounds, key=lambda ground: ground.since)

    def _certified(self, question: DeskQuestion, day: date, now: datetime) -> _Ground:
        certificate = self._verified(question, now)
        return _Ground(
            Source.CERTIFICATE,
            provisional.from_certificate(certificate, question, day),
            Reason.CERTIFICATE,
            certificate.issued_at,
            certificate=question.certificate,
        )

    def _remembered(
        self, question: DeskQuestion, who: tuple[str, str, str], day: date, now: datetime
    ) -> _Ground | None:
        kept = self._kept(who, now)
        told = provisional.from_kept(kept, question, day) if kept is not None else None
        if kept is None or told is None:
            return None
        return _Ground(Source.KEPT, told, Reason.KEPT, kept.kept_at, kept=kept)

    def _verified(self, question: DeskQuestion, now: datetime) -> Certificate:
        """The certificate presented, of the person asked about. Raises CertificateRefused, NoAnswer."""
        if self._trust.keys is None:
            raise NoAnswer(Reason.NO_KEYS)
        try:
            keys = CertificateKeys.load(self._trust.keys)
        except (OSError, KeysRefused) as error:
            _log.error("certificate.keys", kind=type(error).__name__)
            raise NoAnswer(Reason.NO_KEYS) from error
        certificate = verify(question.certificate, keys, now=now, issuer=self._trust.issuer)
        certificate.require_person(
            identifier=question.identifier, full_name=question.full_name, born=question.born
        )
        return certificate

    def _kept(self, who: tuple[str, str, str], now: datetime) -> Kept | None:
        try:
            return self._store.kept(who, now)
        except Spoiled:
            _log.error("kept.spoiled")
            return None

    async def _settled(self, question: Question, evidence: Evidence) -> Settled:
        now = self._now()
        try:
            receipt = await self._line.send(self._line.prepare(question))
        except (NotAuthenticated, TooManyRequests):
            raise
        except Refused as refused:
            self.state.tell(up=True, now=now)
            change = Change(what="refused", before="", after=refused.reason)
            return Settled(settled_at=now, changes=(change,), refused=refused.reason)
        self.state.tell(up=True, now=now)
        self._tried_until = 0.0
        await self._keep(evidence.question, evidence.day, receipt)
        return Settled(
            settled_at=now,
            changes=provisional.changes(evidence.answer, _document(receipt)),
            body=receipt.body,
            headers=receipt.headers,
        )


def _document(receipt: Receipt) -> Document:
    try:
        document: Any = msgspec.json.decode(receipt.body)
    except msgspec.DecodeError as error:
        raise AnswerNotTrusted("the answer does not fit the contract") from error
    if not isinstance(document, dict):
        raise AnswerNotTrusted("the answer does not fit the contract")
    return document
