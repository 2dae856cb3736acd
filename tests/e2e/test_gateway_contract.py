"""The real gateway keeps what connector tests expect of the fake one."""

import pytest

from lienthong.client import AgencyConfig
from tests.support.gateway_contract import GatewayContract
from tests.support.stack import Running


class TestGateway(GatewayContract):
    """Keeps the contract."""

    @pytest.fixture
    def config(self, running: Running) -> AgencyConfig:
        """The demo hospital."""
        return running.demo("hospital-demo").config
