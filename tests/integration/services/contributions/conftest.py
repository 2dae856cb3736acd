from collections.abc import Callable, Iterator
from datetime import date

import psycopg
import pytest

from tests.support.accounts import Desk


@pytest.fixture
def desk(stack_variable: Callable[[str], str]) -> Iterator[Desk]:
    """The command service as its runtime role, on 2026-11-22; nothing of it stays."""
    url = stack_variable("DATABASE_URL_CONTRIBUTIONS")
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction(force_rollback=True):
        desk = Desk(connection)
        desk.opened_through(date(2026, 11, 1))
        yield desk
