"""Months and ledgers made by PostgreSQL are those of the naive model, whatever the periods, charges and page."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.db.pool import open_pool
from services.contributions.domain.ledger import Clock, LedgerRow
from services.contributions.domain.months import MonthQuery, MonthRow, add_months
from services.contributions.domain.totals import totals
from services.contributions.queries import ledgers, months, periods
from services.contributions.queries.ledgers import Ledgers
from services.contributions.queries.months import Contributions
from services.contributions.server import Sources, postgres
from tests.support import ledger
from tests.support.ledger import BEN, SAO, Charge, FakeContributions, FakeLedgers, Ledger, Period, charged

PERSON = 9_000_000_050
TODAY = date(2026, 11, 22)
THIS_MONTH = date(2026, 11, 1)
NUMBERS = st.integers(-40, 3)
ENTRY = 5


@st.composite
def recorded_periods(draw: st.DrawFn) -> list[Period]:
    """Some periods with both employers, each beginning in another month; of some the first months were late."""
    found = {}
    for employer in (SAO, BEN):
        for begins in draw(st.lists(NUMBERS, unique=True, max_size=3)):
            length = draw(st.none() | st.integers(0, 20))
            first = add_months(THIS_MONTH, begins)
            last = None if length is None else add_months(first, length)
            schemes, base = draw(st.integers(1, 15)), draw(st.integers(0, 50_000_000))
            regular = draw(st.none() | st.integers(1, 25))
            late = (0, None) if regular is None else (ENTRY, add_months(first, regular))
            found[employer, begins] = Period(
                PERSON,
                employer.employer_id,
                first,
                last,
                schemes,
                base,
                draw(st.sampled_from([None, "Thợ"])),
                *late,
            )
    return list(found.values())


@st.composite
def recorded_charges(draw: st.DrawFn) -> list[Charge]:
    """Some months of both employers, regular and of a late declaration, with some funds unpaid."""
    keys = st.tuples(st.sampled_from([SAO, BEN]), NUMBERS, st.sampled_from([0, ENTRY]))
    return [
        charge
        for employer, number, entry in draw(st.lists(keys, unique=True, max_size=12))
        for charge in charged(
            employer,
            add_months(THIS_MONTH, number),
            owing=draw(st.integers(0, 15)),
            entry=entry,
            days_late=draw(st.integers(-40, 40)),
        )
    ]


MONTHS = st.none() | NUMBERS.map(lambda number: add_months(THIS_MONTH, number))


@pytest.fixture(scope="module")
def owner(stack_variable: Callable[[str], str]) -> Iterator[psycopg.Connection[Any]]:
    """The owner's connection, the samples in the database."""
    url = stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER")
    with psycopg.connect(url, autocommit=True) as connection:
        ledger.forget(connection)
        ledger.store(connection, Ledger([SAO, BEN], [], []))
        yield connection
        ledger.forget(connection)


def opened_through(connection: psycopg.Connection[Any]) -> date:
    """Through which month the database's units were charged."""
    (row,) = connection.execute("SELECT opened_through FROM book").fetchall()
    opened: date = row[0]
    return opened


@asynccontextmanager
async def real(url: str) -> AsyncIterator[Sources]:
    async with open_pool(url, name="tests", connections=1) as pool:
        yield postgres(pool)


async def every_month(source: Contributions, query: MonthQuery) -> list[MonthRow]:
    rows: list[MonthRow] = []
    while True:
        page = await source.page(query, this_month=THIS_MONTH)
        assert len(page.rows) <= query.rows
        rows += page.rows
        if not page.more:
            return rows
        query = query._replace(after=page.rows[-1].position)


async def every_row(source: Ledgers, query: MonthQuery) -> list[LedgerRow]:
    rows: list[LedgerRow] = []
    while True:
        page = await source.page(query, today=TODAY, whole=False)
        assert len(page.rows) <= query.rows
        assert page.charges == {}
        rows += page.rows
        if not page.more:
            return rows
        query = query._replace(after=page.last)


@given(
    recorded=recorded_periods(),
    charges=recorded_charges(),
    rows=st.integers(1, 40),
    first=MONTHS,
    last=MONTHS,
    employer=st.sampled_from([None, SAO.code, BEN.code]),
    province=st.sampled_from([None, None, SAO.province_code, BEN.province_code]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_gives_the_months_and_the_ledger_of_the_naive_model(
    owner: psycopg.Connection[Any],
    stack_variable: Callable[[str], str],
    recorded: list[Period],
    charges: list[Charge],
    rows: int,
    first: date | None,
    last: date | None,
    employer: str | None,
    province: str | None,
) -> None:
    owner.execute("DELETE FROM participation WHERE person_id = %s", [PERSON])
    owner.execute("DELETE FROM charge WHERE employer_id IN (%s, %s)", [SAO.employer_id, BEN.employer_id])
    ledger.store(owner, Ledger([], recorded, charges))
    opened = opened_through(owner)
    naive = FakeContributions(Ledger([SAO, BEN], recorded, charges), opened_through=opened)
    query = MonthQuery(PERSON, employer, province, first, last, rows, None)
    whole = query._replace(rows=500)

    async def compare() -> None:
        async with real(stack_variable("DATABASE_URL_CONTRIBUTIONS")) as database:
            assert await every_month(database.months, query) == await every_month(naive, whole)
            assert await every_row(database.ledgers, query) == await every_row(FakeLedgers(naive), whole)
            found = await database.ledgers.page(query, today=TODAY, whole=True)
            expected = await FakeLedgers(naive).page(query, today=TODAY, whole=True)
            assert (found.known, sorted(found.periods)) == (expected.known, sorted(expected.periods))
            clock = Clock(TODAY.toordinal(), found.opened_through)
            assert totals(found.periods, found.charges, clock) == totals(
                expected.periods, expected.charges, clock
            )

    asyncio.run(compare())


@pytest.mark.parametrize("part", periods.PARTS)
def test_a_page_of_a_long_career_is_made_by_index(
    stack_variable: Callable[[str], str], part: periods.Part
) -> None:
    query = MonthQuery(PERSON, SAO.code, SAO.province_code, date(1995, 1, 1), None, 100, None)
    given_values = periods.values(query, THIS_MONTH) | {"this_month": THIS_MONTH, "running": THIS_MONTH}
    statements = [months.STATEMENTS[part], ledgers.STATEMENTS[part, True]]
    with psycopg.connect(stack_variable("DATABASE_URL_CONTRIBUTIONS")) as runtime:
        runtime.execute("SET enable_seqscan = off")  # the tables of a test are small
        for statement in statements:
            plan = runtime.execute(b"EXPLAIN " + statement, given_values).fetchall()
            text = "\n".join(row[0] for row in plan)
            assert re.search(r"participation_p\d_pkey", text)
            assert "Seq Scan on participation" not in text
            assert "Seq Scan on charge" not in text
            assert "Seq Scan on employer" not in text
