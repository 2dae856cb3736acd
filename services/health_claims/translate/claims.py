"""Claim files and stays, in and out of the contract."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

from google.rpc import code_pb2

from lienthong import fields
from lienthong.clock import VIETNAM
from lienthong.fields import Born
from lienthong.names import match_key
from lienthong.rpc.errors import FieldViolation, InvalidArgument, NotFound, PermissionDenied, Refusal
from services.health_claims.domain.claims.findings import Finding, Severity, meanings
from services.health_claims.domain.claims.reading import FileRefused
from vss.health_claims.v1 import claims_pb2 as pb
from vss.types.v1 import text_pb2

FEWEST_TOLD: Final = 3
"""Findings told of a dossier, however many dossiers the file has."""
TOLD_OF_A_FILE: Final = 3_000
"""Findings told of a file: its result travels as one message. What is not told is counted."""

_SEVERITIES: Final = {Severity.WARNING: pb.SEVERITY_WARNING, Severity.ERROR: pb.SEVERITY_ERROR}


def told(dossiers: int) -> int:
    """How many findings are told of each of so many dossiers."""
    return max(FEWEST_TOLD, TOLD_OF_A_FILE // max(dossiers, 1))


def to_findings(findings: Sequence[Finding]) -> list[pb.Finding]:
    """The findings with their texts."""
    return [
        pb.Finding(
            table=found.table,
            line=found.line,
            field=found.field,
            severity=_SEVERITIES[meanings()[found.code].severity],
            code=found.code,
            text=_text(found.code),
        )
        for found in findings
    ]


@cache
def _text(code: str) -> text_pb2.LocalizedText:
    meaning = meanings()[code]
    return text_pb2.LocalizedText(vi=meaning.vi, en=meaning.en)


def refused(error: FileRefused) -> Refusal:
    """A file that is not taken at all."""
    return Refusal(
        error.reason,
        error.message,
        fields=(FieldViolation("file", error.message),),
        code=code_pb2.INVALID_ARGUMENT,
    )


def row_denied() -> PermissionDenied:
    """The file, or the request, is not that of the agency's own facility."""
    return PermissionDenied("ROW_DENIED", "this facility is not yours")


def holder_not_found() -> NotFound:
    """Nobody with this identifier, name and birth; which of them is wrong is not told."""
    return NotFound("HOLDER_NOT_FOUND", "nobody with this identifier, name and date of birth")


def stay_unknown() -> NotFound:
    """No stay of this treatment here."""
    return NotFound("STAY_UNKNOWN", "no stay with this treatment code was opened here")


def stay_open() -> Refusal:
    """The person is admitted already."""
    return Refusal("STAY_OPEN", "a stay of this person is open here", code=code_pb2.ALREADY_EXISTS)


def treatment_taken() -> Refusal:
    """The facility's number was used before."""
    return Refusal(
        "TREATMENT_TAKEN", "this treatment code has been used here before", code=code_pb2.ALREADY_EXISTS
    )


def to_person(request: pb.OpenStayRequest, accepted_at: datetime) -> tuple[str, str, Born]:
    """Identifier, name to compare and birth. Raises ``InvalidArgument``."""
    today = accepted_at.astimezone(VIETNAM).date()
    field = "identifier"
    try:
        identifier = fields.card_identifier(request.identifier)
        field = "full_name"
        name = match_key(fields.full_name(request.full_name))
        field = "born"
        return identifier, name, fields.born(request.born, today=today)
    except fields.WrongField as error:
        raise wrong(field, str(error)) from None


def moment(field: str, text: str, accepted_at: datetime) -> datetime:
    """A time of RFC 3339, not after ``accepted_at``, which it is when empty. Raises ``InvalidArgument``."""
    if not text:
        return accepted_at
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    # fromisoformat takes other forms of ISO 8601 too: hold it to one.
    if found is None or found.tzinfo is None or len(text) < 20 or text[10] not in "Tt":
        raise wrong(field, "expected a time as RFC 3339 writes it, with its offset")
    if found > accepted_at:
        raise wrong(field, "expected a time that has passed")
    return found.astimezone(UTC)


def wrong(field: str, expected: str) -> InvalidArgument:
    """One field breaks the contract."""
    return InvalidArgument(FieldViolation(field, expected))


def stamp(at: datetime) -> str:
    """RFC 3339, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
