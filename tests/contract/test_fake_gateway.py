"""The gateway that connector tests stop and start keeps the real one's promises."""

from collections.abc import Iterator

import pytest

from lienthong.client import AgencyConfig
from lienthong.signing import Algorithm, PrivateKey
from tests.support.fake_gateway import FakeGateway
from tests.support.gateway_contract import GatewayContract


class TestFakeGateway(GatewayContract):
    """Keeps the contract."""

    @pytest.fixture
    def config(self) -> Iterator[AgencyConfig]:
        """Its agency."""
        gateway = FakeGateway(PrivateKey.generate(Algorithm.ECDSA_P256_SHA256))
        gateway.start()
        yield gateway.config()
        gateway.stop()
