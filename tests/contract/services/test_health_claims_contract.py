"""The health-claims servicer over records in memory."""

import pytest

from services.health_claims.server import HealthClaimsQuery
from tests.support.coverage import TODAY, CoverageContract, FakeCoverage


class TestInMemory(CoverageContract):
    """Keeps the contract."""

    @pytest.fixture
    def service(self) -> HealthClaimsQuery:
        """The servicer, on a fixed day."""
        return HealthClaimsQuery(FakeCoverage(), today=lambda: TODAY)
