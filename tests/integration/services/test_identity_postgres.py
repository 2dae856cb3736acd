"""The identity servicer over its real database, as its runtime role."""

from collections.abc import AsyncIterator, Callable, Iterator

import psycopg
import pytest
import pytest_asyncio

from lienthong.db.pool import open_pool
from services.identity.queries import PostgresPersons
from services.identity.server import IdentityQuery
from tests.support import people
from tests.support.people import TODAY, IdentityContract


@pytest.fixture(scope="module")
def stored(stack_variable: Callable[[str], str]) -> Iterator[str]:
    """The samples are in the database; gives the runtime role's URL."""
    with psycopg.connect(stack_variable("DATABASE_URL_IDENTITY_OWNER"), autocommit=True) as owner:
        people.forget(owner)
        people.store(owner)
        yield stack_variable("DATABASE_URL_IDENTITY")
        people.forget(owner)


class TestPostgres(IdentityContract):
    """Keeps the contract."""

    @pytest_asyncio.fixture
    async def service(self, stored: str) -> AsyncIterator[IdentityQuery]:
        """The servicer, on a fixed day."""
        async with open_pool(stored, name="tests", connections=1) as pool:
            yield IdentityQuery(PostgresPersons(pool), today=lambda: TODAY)
