"""What ended more than 400 days ago is forgotten, on a real PostgreSQL, and nothing else is."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from gateway import forgetting
from gateway.accepting import uuid7
from lienthong.bus.handling import TimerContext

COMPLETED, FAILED, HELD = 2, 3, 4
OLD, YOUNG = timedelta(days=401), timedelta(days=399)


class Books:
    """Operations of one agency that were accepted and ended when the test says."""

    def __init__(self, owner: psycopg.Connection[Any], runtime: psycopg.Connection[Any], agency: str) -> None:
        self.owner, self.runtime, self.agency = owner, runtime, agency

    def operation(self, age: timedelta, *, state: int = COMPLETED, due: bool | None = None) -> UUID:
        """One that was accepted and ended so long ago. ``due``: a webhook still to be sent, or sent."""
        at = datetime.now(UTC) - age
        operation_id = uuid7(at.timestamp())
        self.owner.execute(
            "INSERT INTO operation (operation_id, agency_id, key_id, rpc, purpose, idempotency_key,"
            " request_digest, ordering_key, sequence, state, accepted_at, finished_at)"
            " VALUES (%s, %s, 'k', 'r', 'p', %s, 'd', '', 0, %s, %s, %s)",
            (operation_id, self.agency, uuid.uuid4().hex, state, at, None if state == 1 else at),
        )
        if due is not None:
            self.owner.execute(
                "INSERT INTO webhook_delivery (operation_id, agency_id, state, due_at, delivered_at)"
                " VALUES (%s, %s, 2, %s, %s)",
                (operation_id, self.agency, *((at, None) if due else (None, at))),
            )
        return operation_id

    def many(self, number: int) -> None:
        """So many that ended long ago, by one statement."""
        at = datetime.now(UTC) - OLD
        self.owner.execute(
            "INSERT INTO operation (operation_id, agency_id, key_id, rpc, purpose, idempotency_key,"
            " request_digest, ordering_key, sequence, state, accepted_at, finished_at)"
            " SELECT overlay(%s::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, %s, 'k', 'r', 'p', n::text,"
            " 'd', '', 0, 2, %s, %s FROM generate_series(1, %s) n",
            (uuid7(at.timestamp()), self.agency, at, at, number),
        )

    def turn(self) -> bool:
        """The timer has a turn; whether it says that there is more."""
        context = TimerContext(
            connection=self.runtime, now=datetime.now(UTC), publish=lambda event, *, key="": None
        )
        return forgetting.forget_operations(context)

    def turns(self) -> None:
        """The timer has a turn, and another as long as it says that there is more."""
        while self.turn():
            pass

    @property
    def left(self) -> set[UUID]:
        """The operations that are there."""
        found = self.owner.execute("SELECT operation_id FROM operation WHERE agency_id = %s", (self.agency,))
        return {row[0] for row in found}

    @property
    def deliveries(self) -> set[UUID]:
        """The operations whose deliveries are there."""
        found = self.owner.execute(
            "SELECT operation_id FROM webhook_delivery WHERE agency_id = %s", (self.agency,)
        )
        return {row[0] for row in found}


@pytest.fixture
def books(owner: psycopg.Connection[Any], stack_variable: Callable[[str], str], agency_id: str) -> Any:
    with psycopg.connect(stack_variable("DATABASE_URL_GATEWAY"), autocommit=True) as runtime:
        yield Books(owner, runtime, agency_id)


def test_what_ended_long_ago_is_forgotten_with_what_was_told_of_it(books: Books) -> None:
    books.operation(OLD, state=COMPLETED, due=False)
    books.operation(OLD, state=FAILED)
    young = books.operation(YOUNG, due=False)
    books.turns()
    assert books.left == books.deliveries == {young}


def test_what_is_pending_or_held_stays_however_old_it_is(books: Books) -> None:
    kept = {books.operation(OLD, state=1), books.operation(OLD, state=HELD)}
    books.turns()
    assert books.left == kept


def test_what_an_agency_is_still_to_be_told_of_stays(books: Books) -> None:
    told_later = books.operation(OLD, due=True)
    books.turns()
    assert books.left == books.deliveries == {told_later}


def test_a_turn_forgets_what_it_may_and_says_that_there_is_more(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.turns()
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for _ in range(3):
        books.operation(OLD)
    assert books.turn()
    assert len(books.left) == 1
    assert books.turn()
    assert not books.turn()
    assert books.left == set()


@pytest.mark.parametrize("asked", [1_000_000, None])
def test_whatever_number_it_is_asked_for_the_database_forgets_a_thousand_at_once(
    books: Books, asked: int | None
) -> None:
    books.turns()
    books.many(1_001)
    found = books.runtime.execute("SELECT forget_operations(%s)", (asked,)).fetchone()
    assert found == ((1_000,) if asked else (0,))
    books.turns()
    assert books.left == set()


@pytest.mark.parametrize("statement", ["DELETE FROM operation", "DELETE FROM webhook_delivery"])
def test_the_gateway_itself_may_delete_nothing(books: Books, statement: LiteralString) -> None:
    books.operation(OLD, due=False)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        books.runtime.execute(statement)
    assert len(books.left) == 1
