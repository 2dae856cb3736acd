"""The contributions servicer over its real database, as its runtime role."""

from collections.abc import AsyncIterator, Callable, Iterator

import psycopg
import pytest
import pytest_asyncio

from lienthong.db.pool import open_pool
from services.contributions.server import ContributionsQuery, postgres
from tests.support import ledger, units
from tests.support.ledger import TODAY
from tests.support.ledger_contract import LedgerContract
from tests.support.months_contract import ContributionsContract
from tests.support.units_contract import UnitsContract


@pytest.fixture(scope="module")
def stored(stack_variable: Callable[[str], str]) -> Iterator[str]:
    """The samples are in the database; gives the runtime role's URL."""
    with psycopg.connect(stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER"), autocommit=True) as owner:
        units.forget(owner)
        ledger.forget(owner)
        ledger.store(owner)
        units.store(owner)
        yield stack_variable("DATABASE_URL_CONTRIBUTIONS")
        units.forget(owner)
        ledger.forget(owner)


class TestPostgres(ContributionsContract, LedgerContract, UnitsContract):
    """Keeps the contract."""

    @pytest_asyncio.fixture
    async def service(self, stored: str) -> AsyncIterator[ContributionsQuery]:
        """The servicer, on a fixed day."""
        async with open_pool(stored, name="tests", connections=1) as pool:
            yield ContributionsQuery(postgres(pool), today=lambda: TODAY)
