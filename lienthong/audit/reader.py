"""Reads the access log for an auditor: newest first, paged by key."""

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from lienthong.audit.entry import Pseudonyms
from lienthong.audit.writer import Connections
from lienthong.rpc.errors import FieldViolation, InvalidArgument
from vss.audit.v1 import audit_pb2

_DEFAULT_PAGE = 50
_TOKEN = re.compile(r"before:(\d{1,19})")

_SELECT = """
SELECT entry_id, recorded_at, request_id, agency_id, key_id, staff, rpc, purpose, legal_basis,
       status, outcome, detail, cardinality(subjects_asked) AS subjects_asked,
       cardinality(subjects_answered) AS subjects_answered,
       request_digest, request_signature, answer_digest, answer_signature
FROM audit_entry
WHERE (%(before)s::bigint IS NULL OR entry_id < %(before)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
  AND (%(purpose)s::text IS NULL OR purpose = %(purpose)s)
  AND (%(rpc)s::text IS NULL OR rpc = %(rpc)s OR starts_with(rpc, %(rpc)s || '/'))
  AND (%(since)s::timestamptz IS NULL OR (recorded_at >= %(since)s AND day >= (%(since)s AT TIME ZONE 'UTC')::date - 1))
  AND (%(until)s::timestamptz IS NULL OR (recorded_at < %(until)s AND day <= (%(until)s AT TIME ZONE 'UTC')::date + 1))
  AND (%(pseudonym)s::text IS NULL
       OR subjects_asked @> ARRAY[%(pseudonym)s::text]
       OR subjects_answered @> ARRAY[%(person_id)s::bigint])
ORDER BY entry_id DESC
LIMIT %(limit)s
"""


class AuditReader:
    """Answers ``AuditQueryService``."""

    def __init__(self, pool: Connections, pseudonyms: Pseudonyms) -> None:
        self._pool = pool
        self._pseudonyms = pseudonyms

    async def list_entries(
        self, request: audit_pb2.ListAuditEntriesRequest
    ) -> audit_pb2.ListAuditEntriesResponse:
        """One page. Raises ``InvalidArgument`` naming a time or token that is not valid."""
        size = request.page_size or _DEFAULT_PAGE
        filters = {
            "before": _before(request.page_token),
            "agency_id": request.agency_id or None,
            "outcome": request.outcome or None,
            "purpose": request.purpose or None,
            "rpc": request.rpc or None,
            "since": _time("since", request.since),
            "until": _time("until", request.until),
            "pseudonym": self._pseudonyms.of(request.identifier) if request.identifier else None,
            # Nobody's id when the identifier is unknown: an entry about a failed look-up is still found.
            "person_id": request.person_id or -1,
            "limit": size + 1,
        }
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_SELECT, filters)
            rows = await cursor.fetchall()
        return _page(rows, size)


def _page(rows: Sequence[dict[str, Any]], size: int) -> audit_pb2.ListAuditEntriesResponse:
    response = audit_pb2.ListAuditEntriesResponse(entries=[_entry(row) for row in rows[:size]])
    if len(rows) > size:
        response.next_page_token = _token(rows[size - 1]["entry_id"])
    return response


def _entry(row: dict[str, Any]) -> audit_pb2.AuditEntry:
    recorded_at = row.pop("recorded_at")
    entry = audit_pb2.AuditEntry(**row)
    entry.recorded_at.FromDatetime(recorded_at)
    return entry


def _token(entry_id: int) -> str:
    return base64.urlsafe_b64encode(f"before:{entry_id}".encode()).decode()


def _before(token: str) -> int | None:
    if not token:
        return None
    try:
        found = _TOKEN.fullmatch(base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii"))
    except ValueError:  # not base64, or not ASCII before or after decoding
        found = None
    if found is None or int(found[1]) >= 2**63:
        raise InvalidArgument(FieldViolation("page_token", "is not a token of this list"))
    return int(found[1])


def _time(field: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidArgument(FieldViolation(field, "must be an RFC 3339 time with its zone"))
    return moment
