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

    def turn(self) -> None:
        """The timer has a turn."""
        context = TimerContext(
            connection=self.runtime, now=datetime.now(UTC), publish=lambda event, *, key="": None
        )
        forgetting.forget_operations(context)

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
    books.turn()
    assert books.left == books.deliveries == {young}


def test_what_is_pending_or_held_stays_however_old_it_is(books: Books) -> None:
    kept = {books.operation(OLD, state=1), books.operation(OLD, state=HELD)}
    books.turn()
    assert books.left == kept


def test_what_an_agency_is_still_to_be_told_of_stays(books: Books) -> None:
    told_later = books.operation(OLD, due=True)
    books.turn()
    assert books.left == books.deliveries == {told_later}


def test_more_than_one_step_holds_is_forgotten_in_one_turn(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for _ in range(5):
        books.operation(OLD)
    books.turn()
    assert books.left == set()


@pytest.mark.parametrize("statement", ["DELETE FROM operation", "DELETE FROM webhook_delivery"])
def test_the_gateway_itself_may_delete_nothing(books: Books, statement: LiteralString) -> None:
    books.operation(OLD, due=False)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        books.runtime.execute(statement)
    assert len(books.left) == 1
