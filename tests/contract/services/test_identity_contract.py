"""The identity servicer over records in memory."""

import pytest

from services.identity.server import IdentityQuery
from tests.support.people import TODAY, FakePersons, IdentityContract


class TestInMemory(IdentityContract):
    """Keeps the contract."""

    @pytest.fixture
    def service(self) -> IdentityQuery:
        """The servicer, on a fixed day."""
        return IdentityQuery(FakePersons(), today=lambda: TODAY)
