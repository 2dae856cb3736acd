"""Whom agencies verified is written down behind the answers: late rather than lost, never worse."""

import asyncio
from collections.abc import Iterable
from datetime import date
from itertools import permutations

import psycopg
import pytest

from lienthong.rpc.errors import Refusal
from services.identity import measures
from services.identity.domain import Outcome, Result, Verdict
from services.identity.server import IdentityQuery
from services.identity.verifications import Best, Verifications
from tests.support.people import MAI, NHUNG, TODAY, FakePersons, ask
from vss.identity.v1 import identity_pb2 as pb

pytestmark = pytest.mark.asyncio

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


def verdict(person: int, result: Result) -> Verdict:
    return Verdict(person, result, Outcome.MATCH, Outcome.NOT_ASKED, Outcome.NOT_ASKED)


class Table:
    """What a database would hold, and how it fails."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, date], Result] = {}
        self.statements = 0
        self.failures: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.written = asyncio.Event()

    async def write(self, best: Best) -> None:
        """As ``PostgresPersons.write_verified``."""
        self.asked.set()
        await self.open.wait()
        self.statements += 1
        if self.failures:
            raise self.failures.pop()
        for key, result in best.items():
            self.rows[key] = min(result, self.rows.get(key, result))
        self.written.set()


@pytest.fixture
def table() -> Table:
    return Table()


def lost() -> float:
    return measures.LOST._value.get()


async def noted(table: Table, verdicts: Iterable[Verdict], month: date = NOVEMBER) -> Verifications:
    """All of them, one after the other, and written."""
    book = Verifications(table.write, pause_s=0)
    for one in verdicts:
        book.note(month, [one])
    await book.finish()
    return book


@pytest.mark.parametrize("order", [*permutations([Result.PARTIAL, Result.MATCH, Result.NO_MATCH])])
async def test_the_best_outcome_of_the_month_stays_in_whatever_order(
    table: Table, order: tuple[Result, ...]
) -> None:
    await noted(table, [verdict(1, result) for result in order])
    for result in order:
        await noted(table, [verdict(2, result)])
    assert table.rows == {(1, NOVEMBER): Result.MATCH, (2, NOVEMBER): Result.MATCH}


async def test_an_identifier_that_nobody_has_is_not_counted(table: Table) -> None:
    await noted(table, [verdict(0, Result.NOT_FOUND), verdict(3, Result.NO_MATCH)])
    assert table.rows == {(3, NOVEMBER): Result.NO_MATCH}


async def test_months_are_apart(table: Table) -> None:
    book = Verifications(table.write, pause_s=0)
    book.note(NOVEMBER, [verdict(1, Result.MATCH)])
    book.note(DECEMBER, [verdict(1, Result.PARTIAL)])
    await book.finish()
    assert table.rows == {(1, NOVEMBER): Result.MATCH, (1, DECEMBER): Result.PARTIAL}


async def test_what_is_answered_meanwhile_is_written_by_one_statement(table: Table) -> None:
    await noted(table, [verdict(person, Result.MATCH) for person in range(1, 200)])
    assert (table.statements, len(table.rows)) == (1, 199)


async def test_what_could_not_be_written_is_written_later(table: Table) -> None:
    table.failures = [psycopg.OperationalError(), psycopg.errors.DeadlockDetected()]
    book = Verifications(table.write, pause_s=0, pause_after_failure_s=0)
    before = lost()
    book.note(NOVEMBER, [verdict(1, Result.MATCH)])
    await table.written.wait()
    await book.finish()
    assert table.rows == {(1, NOVEMBER): Result.MATCH}
    assert lost() == before


async def test_a_better_outcome_that_comes_while_a_worse_one_is_written_is_written_too(table: Table) -> None:
    table.open.clear()
    book = Verifications(table.write, pause_s=0)
    book.note(NOVEMBER, [verdict(1, Result.NO_MATCH)])
    await table.asked.wait()
    book.note(NOVEMBER, [verdict(1, Result.MATCH)])
    table.open.set()
    await book.finish()
    assert table.rows == {(1, NOVEMBER): Result.MATCH}
    assert table.statements == 2


async def test_beyond_the_bound_people_are_lost_and_counted_as_lost(table: Table) -> None:
    before = lost()
    book = Verifications(table.write, pause_s=0, most=3)
    book.note(NOVEMBER, [verdict(person, Result.PARTIAL) for person in range(1, 6)])
    # Whoever waits already has a place.
    book.note(NOVEMBER, [verdict(1, Result.MATCH)])
    await book.finish()
    assert sorted(person for person, _ in table.rows) == [1, 2, 3]
    assert table.rows[1, NOVEMBER] is Result.MATCH
    assert lost() == before + 2


async def test_what_the_database_does_not_take_at_the_end_is_counted_as_lost(table: Table) -> None:
    before = lost()
    table.failures = [psycopg.OperationalError()]
    await noted(table, [verdict(1, Result.MATCH), verdict(2, Result.MATCH)])
    assert table.rows == {}
    assert lost() == before + 2


async def test_an_answer_does_not_wait_for_the_count(table: Table) -> None:
    table.open.clear()
    book = Verifications(table.write, pause_s=0)
    query = IdentityQuery(FakePersons(), today=lambda: TODAY, note=book.note)
    answer = await query.VerifyIdentity(ask(NHUNG, born="1990"), None)
    assert answer.result == pb.IDENTITY_RESULT_MATCH
    await table.asked.wait()
    assert table.rows == {}
    table.open.set()
    await book.finish()
    assert table.rows == {(NHUNG.person.person_id, NOVEMBER): Result.MATCH}


async def test_what_agencies_ask_is_counted_and_what_this_system_looks_up_is_not(table: Table) -> None:
    book = Verifications(table.write, pause_s=0)
    query = IdentityQuery(FakePersons(), today=lambda: TODAY, note=book.note)
    await query.ResolvePersons(pb.ResolvePersonsRequest(identifiers=[MAI.personal_id]), None)
    await query.LookUpPersons(pb.LookUpPersonsRequest(identifiers=[MAI.personal_id]), None)
    with pytest.raises(Refusal):
        await query.VerifyIdentity(ask(MAI), None)
    wrong, right = ask(NHUNG, full_name="Nam"), ask(NHUNG, full_name=NHUNG.full_name)
    await query.BatchVerifyIdentity(pb.BatchVerifyIdentityRequest(requests=[wrong, ask(MAI), right]), None)
    await book.finish()
    assert table.rows == {(NHUNG.person.person_id, NOVEMBER): Result.MATCH}
