"""The list of debtors is served by its indexes, whatever the state asked for."""

from collections.abc import Callable, Iterator
from datetime import date

import psycopg
import pytest

from services.contributions.domain.debtors import DebtorQuery, Position
from services.contributions.domain.states import LegalState
from services.contributions.queries import debtors, statements

TODAY = date(2026, 11, 22)


@pytest.fixture
def runtime(stack_variable: Callable[[str], str]) -> Iterator[psycopg.Connection[tuple[str]]]:
    """The service's own role; the tables of a test are small, so scanning them is made dear."""
    with psycopg.connect(stack_variable("DATABASE_URL_CONTRIBUTIONS")) as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET enable_bitmapscan = off")
        yield connection


@pytest.mark.parametrize(
    ("state", "index"),
    [
        (None, "employer_account_debtors_idx"),
        (LegalState.LATE, "employer_account_debtors_idx"),
        (LegalState.EVASION, "employer_account_(urged|debtors)_idx"),
        (LegalState.EVASION, "employer_account_flagged_idx"),
        (LegalState.ON_TIME, "employer_account_debtors_idx"),
    ],
)
@pytest.mark.parametrize("after", [None, Position(date(2026, 1, 1), 7)])
def test_every_way_into_the_list_has_its_index(
    runtime: psycopg.Connection[tuple[str]], state: LegalState | None, index: str, after: Position | None
) -> None:
    query = DebtorQuery("01", state, 0, None, 50, after)
    rows = runtime.execute(b"EXPLAIN " + debtors.STATEMENTS[state], debtors.values(query, TODAY)).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan
    names = index.replace("(urged|debtors)", "urged"), index.replace("(urged|debtors)", "debtors")
    assert any(name in plan for name in names), plan


def test_a_statement_reads_its_unit_by_index(runtime: psycopg.Connection[tuple[str]]) -> None:
    given = statements.values("9900000012DNA03", TODAY, past=True)
    plan = "\n".join(row[0] for row in runtime.execute(b"EXPLAIN " + statements.STATEMENT, given).fetchall())
    assert "Seq Scan" not in plan
    for index in ("employer_employer_code_key", "allocation_employer_id_month_idx"):
        assert index in plan
