"""The real access log, as the gateway writes it and as its owner reads it."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from lienthong.audit.entry import AuditEntry
from lienthong.db.pool import Pool, open_pool


@pytest.fixture(scope="session")
def runtime_url(stack_variable: Callable[[str], str]) -> str:
    """The URL of role ``gateway``."""
    return stack_variable("DATABASE_URL_GATEWAY")


@pytest.fixture
async def pool(runtime_url: str) -> AsyncIterator[Pool]:
    """Connections as the gateway has them."""
    async with open_pool(runtime_url, name="test", connections=2) as opened:
        yield opened


@pytest.fixture
def owner(stack_variable: Callable[[str], str]) -> Iterator[psycopg.Connection[Any]]:
    """A connection of role ``gateway_owner``."""
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY_OWNER"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def agency_id() -> str:
    """An agency that is in the log of this test alone."""
    return f"audit-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def entry(agency_id: str) -> Callable[..., AuditEntry]:
    """Makes entries of that agency; each spends a nonce of its own unless told otherwise."""

    def make(**changed: Any) -> AuditEntry:
        values: dict[str, Any] = {
            "day": datetime.now(UTC).date().isoformat(),  # its partition is there
            "request_id": uuid.uuid4().hex[:16],
            "status": 200,
            "outcome": "ok",
            "agency_id": agency_id,
            "key_id": "k" * 43,
            "nonce": uuid.uuid4().hex,
            "subjects_asked": ["pseudonym"],
            "subjects_answered": [1],
            "answer_created": 1_795_000_000,
            "answer_signature": "c2ln",
            "answer_digest": "ZGln",
        }
        return AuditEntry(**(values | changed))

    return make
