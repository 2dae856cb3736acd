"""Operations for tests on the real database: of an agency, and a service, that are this test's alone."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from gateway.accepting import Acceptance, Operation, uuid7
from lienthong.audit.entry import AuditEntry

SERVICE = "vss.nobody.v1.NobodyCommandService"
"""No such queue: what is put for it stays in the outbox until the test takes it out."""


def operation(agency_id: str, **changed: Any) -> Operation:
    """A command of this agency; it asks for no order unless told."""
    now = time.time()
    values: dict[str, Any] = {
        "operation_id": uuid7(now),
        "agency_id": agency_id,
        "key_id": "k" * 43,
        "staff": "desk-1",
        "rpc": f"{SERVICE}/Do",
        "purpose": "employment",
        "legal_basis": None,
        "idempotency_key": uuid.uuid4().hex,
        "evidence": b"e" * 32,
        "ordering_value": "",
        "request": b"request",
        "traceparent": "",
        "accepted_at": datetime.fromtimestamp(now, UTC),
    }
    return Operation(**(values | changed))


def acceptance(agency_id: str, *, entry: dict[str, Any] | None = None, **changed: Any) -> Acceptance:
    """A command with the entry of its answer."""
    values: dict[str, Any] = {
        "day": datetime.now(UTC).date().isoformat(),
        "request_id": uuid.uuid4().hex[:16],
        "status": 202,
        "outcome": "ok",
        "agency_id": agency_id,
        "key_id": "k" * 43,
        "nonce": uuid.uuid4().hex,
        "subjects_asked": [],
        "subjects_answered": [],
        "answer_created": 1_795_000_000,
        "answer_signature": "c2ln",
        "answer_digest": "ZGln",
    }
    return Acceptance(operation(agency_id, **changed), AuditEntry(**(values | (entry or {}))))
