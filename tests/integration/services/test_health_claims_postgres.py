"""The health-claims servicer over its real database, as its runtime role."""

from collections.abc import AsyncIterator, Callable, Iterator

import psycopg
import pytest
import pytest_asyncio

from lienthong.db.pool import open_pool
from services.health_claims.queries import _HOLDERS, _HOLDERS_WITH_COPAY, PostgresCoverage
from services.health_claims.server import HealthClaimsQuery
from tests.support import coverage
from tests.support.coverage import TODAY, CoverageContract


@pytest.fixture(scope="module")
def stored(stack_variable: Callable[[str], str]) -> Iterator[str]:
    """The samples are in the database; gives the runtime role's URL."""
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER"), autocommit=True) as owner:
        coverage.forget(owner)
        coverage.store(owner)
        yield stack_variable("DATABASE_URL_HEALTH_CLAIMS")
        coverage.forget(owner)


class TestPostgres(CoverageContract):
    """Keeps the contract."""

    @pytest_asyncio.fixture
    async def service(self, stored: str) -> AsyncIterator[HealthClaimsQuery]:
        """The servicer, on a fixed day."""
        async with open_pool(stored, name="tests", connections=1) as pool:
            yield HealthClaimsQuery(PostgresCoverage(pool), today=lambda: TODAY)


def test_the_runtime_role_can_change_nothing(stored: str) -> None:
    with psycopg.connect(stored) as runtime, pytest.raises(psycopg.errors.InsufficientPrivilege):
        runtime.execute("UPDATE card SET status = 1")


@pytest.mark.parametrize(
    ("statement", "given", "tables"),
    [(_HOLDERS, ["999100000001"], 3), (_HOLDERS_WITH_COPAY, ["999100000001", "2026"], 4)],
)
def test_the_hot_statement_reads_by_index_only(
    stored: str, statement: bytes, given: list[str], tables: int
) -> None:
    with psycopg.connect(stored, options="-c plan_cache_mode=force_generic_plan") as runtime:
        plan = runtime.execute(b"EXPLAIN " + statement, given).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text
    assert text.count("Index") >= 8 * tables  # each of eight partitions
