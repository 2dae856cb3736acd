"""Two transactions at once: who waits for whom. The other one's statement gives up after 200 ms instead of waiting."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from services.contributions.commands import opening, units
from tests.support.accounts import Desk, increase, person

UNIT = "9900000001TEST1"
SOON = datetime(2031, 5, 1, 5, tzinfo=UTC)


@pytest.fixture
def other(stack_variable: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """A second connection of the same role, in a transaction of its own that does not stay."""
    url = stack_variable("DATABASE_URL_CONTRIBUTIONS")
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL lock_timeout = '200ms'")
        yield connection


@pytest.fixture
def reading(stack_variable: Callable[[str], str]) -> Iterator[Desk]:
    """A desk whose transaction has not touched the book's row."""
    url = stack_variable("DATABASE_URL_CONTRIBUTIONS")
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction(force_rollback=True):
        yield Desk(connection)


def test_a_month_is_not_opened_while_a_declaration_is_at_work(
    reading: Desk, other: psycopg.Connection
) -> None:
    reading.register(UNIT)
    reading.declare(UNIT, increase(person(), "2026-11"))
    with pytest.raises(psycopg.errors.LockNotAvailable):
        opening.open_months(Desk(other, SOON).timer())


def test_a_declaration_waits_while_a_month_is_opened(reading: Desk, other: psycopg.Connection) -> None:
    reading.connection.execute("LOCK TABLE book IN EXCLUSIVE MODE")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        units.lock_by_code(other, ["0100000001DNA03"])


def test_two_commands_for_different_units_do_not_wait_for_each_other(
    reading: Desk, other: psycopg.Connection
) -> None:
    reading.register(UNIT)
    reading.declare(UNIT, increase(person(), "2026-11"))
    beside = Desk(other)
    beside.register("9900000002TEST2")
    assert beside.declare("9900000002TEST2", increase(person(), "2026-11")).accepted == 1


def test_two_commands_for_one_unit_wait_for_each_other(desk: Desk, other: psycopg.Connection) -> None:
    row = other.execute("SELECT employer_id FROM employer_account ORDER BY employer_id LIMIT 1").fetchone()
    assert row is not None, "the stack has no units: it was not seeded"
    other.execute("SELECT FROM employer_account WHERE employer_id = %s FOR NO KEY UPDATE", row)
    desk.connection.execute("SET LOCAL lock_timeout = '200ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        units.lock_by_number(desk.connection, row)
