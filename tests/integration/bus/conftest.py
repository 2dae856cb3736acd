"""The real broker, and an outbox of its own in the real database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bus import Outbox, Queues, RelayProcess

Start = Callable[..., RelayProcess]


@pytest.fixture
def queues(stack_variable: Callable[[str], str]) -> Iterator[Queues]:
    """Makes queues; they are gone after the test."""
    made = Queues(stack_variable("AMQP_URL"))
    yield made
    made.forget()


@pytest.fixture
def box(stack_variable: Callable[[str], str]) -> Iterator[Outbox]:
    """An empty outbox that no other relay serves."""
    made = Outbox(
        stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER"),
        stack_variable("DATABASE_URL_CONTRIBUTIONS"),
        "contributions",
    )
    yield made
    made.drop()


@pytest.fixture
def start_relay(box: Outbox, queues: Queues, tmp_path: Path) -> Iterator[Start]:
    """Starts relays of ``box``; what still runs after the test is killed."""
    started: list[RelayProcess] = []

    def start(**environment: str) -> RelayProcess:
        relay = RelayProcess(box.url, queues.url, tmp_path / f"relay-{len(started)}.log", **environment)
        started.append(relay)
        return relay

    yield start
    for relay in started:
        if relay.process.poll() is None:
            relay.kill()
