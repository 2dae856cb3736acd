"""The gateway's real database, as the gateway sees it."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import psycopg
import pytest

from lienthong.agencies import Agency, AgencyKind, admin
from lienthong.db.pool import Pool, open_pool


@pytest.fixture
async def pool(stack_variable: Callable[[str], str]) -> AsyncIterator[Pool]:
    """Connections as the gateway has them."""
    async with open_pool(stack_variable("DATABASE_URL_GATEWAY"), name="test", connections=2) as opened:
        yield opened


@pytest.fixture
def owner(stack_variable: Callable[[str], str]) -> Iterator[psycopg.Connection[Any]]:
    """A connection of role ``gateway_owner``."""
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY_OWNER"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def agency_id(owner: psycopg.Connection[Any]) -> Iterator[str]:
    """A fresh agency; what it left in the outbox is taken out, since nobody consumes it."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    admin.add_agency(owner, Agency(name, "Test", AgencyKind.MINISTRY, None, None, active=True), actor="tests")
    yield name
    owner.execute(
        "DELETE FROM outbox WHERE message_id IN"
        " (SELECT operation_id::text FROM operation WHERE agency_id = %s)",
        (name,),
    )
