"""The servicer of the tests behind gRPC and behind the bus."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lienthong.bus.channel import BusChannel
from tests.support.bus import RelayProcess
from tests.support.bus_doors import bus_channel
from tests.support.bus_running import Base, ConsumerProcess, Wire
from tests.support.stack import until


@pytest.fixture(scope="module")
def base(stack_variable: Callable[[str], str]) -> Iterator[Base]:
    """One database behind both doors."""
    made = Base(
        stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER"),
        stack_variable("DATABASE_URL_CONTRIBUTIONS"),
        "contributions",
    )
    yield made
    made.drop()


@pytest.fixture(scope="module")
def wire(stack_variable: Callable[[str], str]) -> Iterator[Wire]:
    """The queues, empty."""
    made = Wire(stack_variable("AMQP_URL"))
    yield made
    made.forget()


@pytest.fixture(scope="module")
def service(base: Base, wire: Wire, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsumerProcess]:
    """The consumer and the relay behind the bus."""
    folder: Path = tmp_path_factory.mktemp("service")
    consumer = ConsumerProcess(base, wire.url, folder / "consumer.log")
    relay = RelayProcess(base.url, wire.url, folder / "relay.log")
    until(lambda: consumer.said("broker.up"), seconds=20, what="the consumer is ready")
    yield consumer
    consumer.stop()
    relay.stop()


@pytest.fixture
def bus(wire: Wire, service: ConsumerProcess) -> Iterator[BusChannel]:
    """A channel over the bus, with somebody at its other end."""
    with bus_channel(wire.url) as channel:
        yield channel
