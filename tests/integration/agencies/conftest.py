"""The gateway's real database, as its owner and as the gateway itself."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from lienthong.agencies import Agency, AgencyKind, admin


@pytest.fixture(scope="session")
def owner_url(stack_variable: Callable[[str], str]) -> str:
    """The URL of role ``gateway_owner``."""
    return stack_variable("DATABASE_URL_GATEWAY_OWNER")


@pytest.fixture
def owner(owner_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of role ``gateway_owner``."""
    with psycopg.connect(owner_url, autocommit=True) as conn:
        yield conn


@pytest.fixture(scope="session")
def runtime_url(stack_variable: Callable[[str], str]) -> str:
    """The URL of role ``gateway``."""
    return stack_variable("DATABASE_URL_GATEWAY")


@pytest.fixture
def runtime(runtime_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of role ``gateway``."""
    with psycopg.connect(runtime_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def agency_id(owner: psycopg.Connection[Any]) -> str:
    """A fresh ministry: the registry outlives a test, its name does not come twice."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    admin.add_agency(owner, Agency(name, "Test", AgencyKind.MINISTRY, None, None, active=True), actor="tests")
    return name
