"""Answers: JSON, signed over the request's signature, with their audit entry."""

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from gateway.exchange import Exchange
from gateway.faces import Face, Translated, Written
from gateway.problems import PROBLEM_TYPE, Problem
from lienthong.audit.entry import AuditEntry, Pseudonyms
from lienthong.signing import AnswerSigner, ParsedSignature, RequestView, SignedAnswer

JSON_TYPE = "application/json"
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer ready to leave: headers are complete."""

    status: int
    outcome: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    signed: SignedAnswer
    detail: str | None = None
    # Its entry is in the log already.
    recorded: bool = False
    # Of statistics, where a face has written them.
    observations: int | None = None


class Replies:
    """Builds and signs answers, and describes them for the log."""

    def __init__(self, signer: AnswerSigner, pseudonyms: Pseudonyms) -> None:
        self._signer = signer
        self._pseudonyms = pseudonyms

    def answer(self, exchange: Exchange, values: Any) -> Reply:
        """200 with the values as JSON, as the asker's dialect has them, or written already."""
        if isinstance(values, Written):
            return self._signed(exchange, _of_written(values))
        translated = exchange.translated
        if exchange.route is not None and exchange.route.face is not None and translated is not None:
            return self._signed(exchange, _of_face(exchange.route.face, values, translated))
        return self._signed(exchange, _Content(200, "ok", JSON_TYPE, _ENCODER.encode(values)))

    def accepted(self, exchange: Exchange, operation_id: str, values: object) -> Reply:
        """202 with the pending operation; its entry names the operation."""
        location = [(b"location", f"/v1/operations/{operation_id}".encode())]
        body = _ENCODER.encode(values)
        return self._signed(
            exchange, _Content(202, "ok", JSON_TYPE, body, location, f"operation {operation_id}")
        )

    def problem(self, exchange: Exchange, problem: Problem) -> Reply:
        """The refusal as a problem document in the asker's language, or as his dialect has it."""
        document = problem.document(exchange.language, exchange.request_id)
        dialect, detail = exchange.dialect, problem.detail
        if dialect is None:
            media_type, body = PROBLEM_TYPE, _ENCODER.encode(document)
        else:
            written = dialect.problem(_placed(document, exchange))
            body = written if isinstance(written, bytes) else _ENCODER.encode(written)
            media_type = dialect.media_type
            detail = f"{dialect.name}: {detail}"
        headers = [(b"content-language", exchange.language.encode()), *problem.extra_headers()]
        reason = problem.reason
        content = _Content(int(reason.status), reason.name, media_type, body, headers, detail)
        return self._signed(exchange, content)

    def page(
        self,
        status: int,
        content_type: str,
        body: bytes,
        *,
        view: RequestView | None = None,
        parsed: ParsedSignature | None = None,
    ) -> list[tuple[bytes, bytes]]:
        """Headers of a public page: signed too, and bound to the request if that is given."""
        signed = self._signer.sign(
            status=status, content_type=content_type, body=body, view=view, parsed=parsed
        )
        return signed.headers

    def entry(self, exchange: Exchange, reply: Reply) -> AuditEntry:
        """What the log keeps of this exchange and its answer."""
        parsed, known = exchange.parsed, exchange.key is not None
        spends = parsed is not None and exchange.spends_nonce
        # A spent nonce lies on the day that its request states, where its replay looks for it.
        created = parsed.created if parsed is not None and spends else exchange.started
        return AuditEntry(
            day=_day(int(created) // 86_400),
            request_id=exchange.request_id,
            status=reply.status,
            outcome=reply.outcome,
            detail=reply.detail,
            agency_id=exchange.agency.agency_id if exchange.agency else None,
            key_id=exchange.key.key_id if exchange.key else None,
            nonce=parsed.nonce if parsed is not None and spends else None,
            staff=exchange.staff,
            rpc=exchange.route.capability.rpc if exchange.route else None,
            purpose=exchange.purpose,
            legal_basis=exchange.legal_basis,
            subjects_asked=exchange.pseudonyms or self._pseudonyms.of_all(exchange.subjects_asked),
            subjects_answered=exchange.subjects_answered if reply.outcome == "ok" else [],
            request_base=exchange.base,
            request_signature=_base64(parsed.signature) if parsed is not None and known else None,
            request_digest=_base64(exchange.digest) if exchange.digest is not None else None,
            answer_created=reply.signed.created,
            answer_signature=_base64(reply.signed.signature),
            answer_digest=_base64(reply.signed.digest),
        )

    def citizen_name(self, identifier: str) -> str:
        """How the log and an operation name a citizen who asks: never by her identifier."""
        return f"citizen:{self._pseudonyms.of(identifier)}"

    def _signed(self, exchange: Exchange, content: "_Content") -> Reply:
        signed = self._signer.sign(
            status=content.status,
            content_type=content.content_type,
            body=content.body,
            view=exchange.view,
            parsed=exchange.parsed,
        )
        headers = [
            *signed.headers,
            *content.headers,
            (b"x-request-id", exchange.request_id.encode()),
        ]
        if not content.cached:
            headers.append((b"cache-control", b"no-store"))
        return Reply(
            content.status,
            content.outcome,
            headers,
            content.body,
            signed,
            content.detail,
            observations=content.observations,
        )


class _Content(NamedTuple):
    """What an answer says, before it is signed."""

    status: int
    outcome: str
    content_type: str
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()
    detail: str | None = None
    # Its headers say how long it may be kept.
    cached: bool = False
    observations: int | None = None


def _of_face(face: Face, values: Mapping[str, Any], translated: Translated) -> _Content:
    """The answer as the face writes it."""
    written = face.encode(values, translated)
    if not isinstance(written, Written):
        body = _ENCODER.encode(written)
        return _Content(200, "ok", face.dialect.media_type, body, detail=face.dialect.name)
    return _of_written(written)


def _of_written(written: Written) -> _Content:
    return _Content(
        written.status,
        "ok",
        written.media_type,
        written.body,
        written.headers,
        written.detail,
        cached=True,
        observations=written.observations,
    )


def _placed(document: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """The document with its fields named as in the request that the asker has written."""
    if exchange.translated is None or "errors" not in document:
        return document
    paths = exchange.translated.paths
    return document | {
        "errors": [e | {"field": paths.get(e["field"], e["field"])} for e in document["errors"]]
    }


_VIETNAMESE = re.compile(rb"\s*(vi|\*|$)", re.IGNORECASE)


def language_of(accept_language: bytes) -> str:
    """Vietnamese ("vi") unless the asker prefers another language, then English ("en")."""
    return "vi" if _VIETNAMESE.match(accept_language) else "en"


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


_days: dict[int, str] = {}


def _day(number: int) -> str:
    """The ISO date of a day since the epoch; a few are remembered, formatting is slow."""
    day = _days.get(number)
    if day is None:
        _days.clear()
        day = _days[number] = datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()
    return day
