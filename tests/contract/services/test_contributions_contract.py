"""The contributions servicer over records in memory."""

import pytest

from services.contributions.server import ContributionsQuery
from tests.support.ledger import TODAY
from tests.support.ledger_contract import LedgerContract
from tests.support.months_contract import ContributionsContract
from tests.support.units import memory
from tests.support.units_contract import UnitsContract


class TestInMemory(ContributionsContract, LedgerContract, UnitsContract):
    """Keeps the contract."""

    @pytest.fixture
    def service(self) -> ContributionsQuery:
        """The servicer, on a fixed day."""
        return ContributionsQuery(memory(), today=lambda: TODAY)
