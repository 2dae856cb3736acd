"""A consumer process of the tests' own contract, with its database and its queues."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bus_running import Base, ConsumerProcess, Wire

Start = Callable[..., ConsumerProcess]


@pytest.fixture
def base(stack_variable: Callable[[str], str]) -> Iterator[Base]:
    """Outbox, inbox and the servicer's tables; gone after the test."""
    made = Base(
        stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER"),
        stack_variable("DATABASE_URL_CONTRIBUTIONS"),
        "contributions",
    )
    yield made
    made.drop()


@pytest.fixture(scope="module")
def declared(stack_variable: Callable[[str], str]) -> Iterator[Wire]:
    """The queues; what a test made of its own is deleted after the last one."""
    made = Wire(stack_variable("AMQP_URL"))
    yield made
    made.forget()


@pytest.fixture
def wire(declared: Wire) -> Wire:
    """The queues, empty."""
    declared.purge()
    return declared


@pytest.fixture
def start(base: Base, wire: Wire, tmp_path: Path) -> Iterator[Start]:
    """Starts consumers; what still runs after the test is killed."""
    started: list[ConsumerProcess] = []

    def begin(**environment: str) -> ConsumerProcess:
        one = ConsumerProcess(base, wire.url, tmp_path / f"consumer-{len(started)}.log", **environment)
        started.append(one)
        return one

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.kill()
