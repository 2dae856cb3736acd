"""The verdict on a delivery, whatever the inbox, the handler or the database does."""

from typing import Any

import psycopg
import pytest

from lienthong.bus import envelope, retrying, sharing, transactions
from lienthong.bus.database import Stopping
from lienthong.bus.retrying import Ack, Dead, Retry, Verdict
from lienthong.bus.work import Delivery, Work
from lienthong.rpc import errors
from vss.bus.v1 import bus_pb2

COMMAND = bus_pb2.Command(method="a.B/C", ordering_key="k", schema_version=envelope.SCHEMA_VERSION)


class FakeDatabase:
    """Calls at once; there is no connection, and the fake receiver needs none."""

    def run(self, work: Any) -> Any:
        return work(None)


class FakeReceiver:
    """Returns or raises what it was given; ``hold`` likewise."""

    known = frozenset({"a.B/C", "a.B/Alone"})
    together = frozenset({"a.B/C"})

    def __init__(self, received: Any, held: Any = "held") -> None:
        self._received, self._held = received, held
        self.notes: list[Dead] = []
        self.shared: list[int] = []
        self.apart: Exception | None = None

    def name_of(self, message: envelope.Envelope) -> str | None:
        return message.method if isinstance(message, bus_pb2.Command) else None

    def receive(self, connection: Any, message: Any, history: Any) -> Any:
        return _given(self._received)

    def receive_all(self, connection: Any, messages: Any) -> None:
        self.shared.append(len(messages))
        if self.apart is not None:
            raise self.apart

    def hold(self, connection: Any, message: Any, verdict: Dead) -> Any:
        self.notes.append(verdict)
        return _given(self._held)


def _given(what: Any) -> Any:
    if isinstance(what, Exception):
        raise what
    return what


def verdict(
    receiver: FakeReceiver, *, headers: dict[str, Any] | None = None, redelivered: bool = False
) -> Verdict:
    delivery = Delivery(message=COMMAND, headers=headers or {}, redelivered=redelivered)
    return Work("q", receiver, FakeDatabase(), wall=lambda: 1.0)(delivery)  # type: ignore[arg-type]


@pytest.mark.parametrize("outcome", ["done", "refused", "too_late", "duplicate"])
def test_what_the_database_knows_is_acknowledged(outcome: str) -> None:
    assert verdict(FakeReceiver(outcome)) == Ack(outcome)


def test_what_is_out_of_turn_waits() -> None:
    found = verdict(FakeReceiver("out_of_turn"))
    assert isinstance(found, Retry)
    assert (found.why, found.headers[envelope.ATTEMPTS]) == ("OUT_OF_TURN", 0)


def test_what_was_noted_as_held_but_not_moved_is_moved_when_it_comes_again() -> None:
    assert isinstance(verdict(FakeReceiver("held"), redelivered=True), Dead)
    assert verdict(FakeReceiver("held")) == Ack("held")


def test_a_message_is_noted_as_held_before_it_is_moved() -> None:
    receiver = FakeReceiver(ValueError())
    found = verdict(receiver, headers={envelope.ATTEMPTS: 4})
    assert receiver.notes == [found]
    assert isinstance(found, Dead)


@pytest.mark.parametrize("failure", [RuntimeError(), psycopg.errors.DeadlockDetected()])
def test_without_the_note_it_is_not_moved(failure: Exception) -> None:
    receiver = FakeReceiver(ValueError(), held=failure)
    found = verdict(receiver, headers={envelope.ATTEMPTS: 4})
    assert isinstance(found, Retry)
    assert found.headers[envelope.ATTEMPTS] == 4


def test_what_cannot_be_carried_out_waits_for_its_turn_to_be_set_aside() -> None:
    found = verdict(FakeReceiver(transactions.Unknown("x"), held="out_of_turn"))
    assert isinstance(found, Retry)
    assert isinstance(verdict(FakeReceiver(transactions.Unknown("x"))), Dead)


def test_what_does_not_say_which_it_is_is_set_aside_without_a_note() -> None:
    found = verdict(FakeReceiver(transactions.Unreadable("x"), held=transactions.Unreadable("x")))
    assert isinstance(found, Dead)
    assert found.reason == retrying.UNREADABLE


@pytest.mark.parametrize("receiver", [FakeReceiver(Stopping()), FakeReceiver(ValueError(), held=Stopping())])
def test_a_process_that_stops_gives_no_verdict(receiver: FakeReceiver) -> None:
    with pytest.raises(Stopping):
        verdict(receiver, headers={envelope.ATTEMPTS: 4})


def test_another_kind_of_message_is_unreadable_here() -> None:
    delivery = Delivery(message=bus_pb2.Result(), headers={}, redelivered=False)
    found = Work("q", FakeReceiver("done"), FakeDatabase())(delivery)  # type: ignore[arg-type]
    assert isinstance(found, Dead)
    assert found.reason == retrying.UNREADABLE


def some(count: int) -> list[Delivery]:
    return [Delivery(message=COMMAND, headers={}, redelivered=False) for _ in range(count)]


def test_several_share_a_transaction() -> None:
    receiver = FakeReceiver(ValueError("not asked"))
    found = Work("q", receiver, FakeDatabase()).together(some(3))  # type: ignore[arg-type]
    assert (found, receiver.shared) == ([Ack("done")] * 3, [3])


def test_one_alone_shares_nothing() -> None:
    receiver = FakeReceiver("refused")
    found = Work("q", receiver, FakeDatabase()).together(some(1))  # type: ignore[arg-type]
    assert (found, receiver.shared) == ([Ack("refused")], [])


@pytest.mark.parametrize(
    "hindrance", [sharing.Apart(), errors.NotFound("X", "x"), ValueError(), psycopg.errors.DeadlockDetected()]
)
def test_those_that_cannot_share_are_taken_one_by_one(hindrance: Exception) -> None:
    receiver = FakeReceiver("duplicate")
    receiver.apart = hindrance
    found = Work("q", receiver, FakeDatabase()).together(some(3))  # type: ignore[arg-type]
    assert (found, receiver.shared) == ([Ack("duplicate")] * 3, [3])


def test_a_process_that_stops_gives_no_verdict_on_several() -> None:
    receiver = FakeReceiver("done")
    receiver.apart = Stopping()
    with pytest.raises(Stopping):
        Work("q", receiver, FakeDatabase()).together(some(2))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "shares"),
    [
        ({}, True),
        ({"octets": 8 * 1024}, True),
        ({"octets": 8 * 1024 + 1}, False),
        ({"redelivered": True}, False),
        ({"headers": {envelope.ATTEMPTS: 1}}, False),
        ({"headers": {retrying.WAITS: 1}}, False),
        ({"headers": {envelope.REPLAYED: True}}, False),
        ({"message": None}, False),
        ({"message": bus_pb2.Result()}, False),
        ({"message": bus_pb2.Command(method="a.B/Unknown")}, False),
        ({"message": bus_pb2.Command(method="a.B/Alone")}, False),
    ],
)
def test_a_small_message_on_its_first_way_may_share(changes: dict[str, Any], shares: bool) -> None:
    given: dict[str, Any] = {"message": COMMAND, "headers": {}, "redelivered": False} | changes
    assert Work("q", FakeReceiver("done"), FakeDatabase()).shares(Delivery(**given)) is shares  # type: ignore[arg-type]
