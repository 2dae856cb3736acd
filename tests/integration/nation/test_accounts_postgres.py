"""The accounts that a load computes in SQL are those of the rule in Python, to the đồng."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from deploy.nation.environment import owner_urls
from services.contributions.domain.dues import dues, floor_of
from services.contributions.domain.months import deadline, month_index
from tests.integration.nation.test_nation_postgres import AS_OF, Environment, load

TODAY = date.fromisoformat(AS_OF)
NOW, BEFORE = date(2026, 11, 1), date(2026, 10, 1)
ON_TIME, LATE, EVASION = 1, 2, 3


@pytest.fixture(scope="module")
def books(shared: Environment) -> Iterator[psycopg.Connection[Any]]:
    """The contributions of a whole nation, as their owner."""
    done = load(shared)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(owner_urls(shared)["contributions"], autocommit=True) as connection:
        yield connection


def participants(books: psycopg.Connection[Any], month: date) -> list[tuple[int, int, int, int, bool]]:
    """(employer, base, schemes, region, reduced) of everybody who takes part in a month."""
    return books.execute(
        "SELECT employer_id, base_vnd, schemes, region, reduced_accident_rate"
        " FROM participation JOIN employer USING (employer_id)"
        " WHERE valid_from <= %(m)s AND (valid_to IS NULL OR valid_to >= %(m)s)",
        {"m": month},
    ).fetchall()


def ruled(books: psycopg.Connection[Any], month: date) -> Counter[tuple[int, int]]:
    """What the rule charges each (unit, fund) for a month."""
    found: Counter[tuple[int, int]] = Counter()
    for employer, base, schemes, region, reduced in participants(books, month):
        for due in dues(base, month_index(month), schemes, region, reduced):
            found[employer, due.fund] += due.employer_vnd + due.employee_vnd
    return found


def charged(books: psycopg.Connection[Any], month: date) -> dict[tuple[int, int], int]:
    """What the load charged."""
    rows = books.execute("SELECT employer_id, fund, due_vnd FROM charge WHERE month = %s", [month])
    return {(employer, fund): due for employer, fund, due in rows}


@pytest.mark.parametrize("month", [NOW, BEFORE])
def test_every_unit_is_charged_for_the_months_kept_what_the_rule_says(
    books: psycopg.Connection[Any], month: date
) -> None:
    found = charged(books, month)
    assert len(found) > 100
    assert found == dict(ruled(books, month))


def test_older_months_are_charged_to_those_who_owe_them_and_nobody_else(
    books: psycopg.Connection[Any],
) -> None:
    months = [row[0] for row in books.execute("SELECT DISTINCT month FROM charge WHERE month < %s", [BEFORE])]
    assert len(months) > 1
    for month in months:
        found, rule = charged(books, month), ruled(books, month)
        assert found == {key: rule[key] for key in found}
        debtors = {employer for employer, _ in found}
        assert {key for key in rule if key[0] in debtors} == found.keys()
    paid_up = books.execute(
        "SELECT count(*) FROM (SELECT 1 FROM charge WHERE month < %s"
        " GROUP BY employer_id, month HAVING bool_and(paid_vnd = due_vnd)) AS settled",
        [BEFORE],
    ).fetchone()
    assert paid_up == (0,)


def test_every_dong_paid_comes_from_a_payment_in_time(books: psycopg.Connection[Any]) -> None:
    unbalanced = books.execute(
        "SELECT FROM payment p WHERE amount_vnd <> unallocated_vnd"
        " + (SELECT sum(amount_vnd) FROM allocation a WHERE a.payment_id = p.payment_id"
        "    AND a.value_date = p.value_date AND a.employer_id = p.employer_id)"
    ).fetchall()
    assert unbalanced == []
    wrong = books.execute(
        "SELECT FROM charge c LEFT JOIN allocation a USING (employer_id, month, entry, fund)"
        " WHERE c.paid_vnd <> coalesce(a.amount_vnd, 0) OR c.settled_on IS DISTINCT FROM a.value_date"
        " OR (c.settled_on IS NULL) <> (c.paid_vnd < c.due_vnd)"
    ).fetchall()
    assert wrong == []
    dates = books.execute("SELECT month, settled_on FROM charge WHERE settled_on IS NOT NULL").fetchall()
    assert len(dates) > 100
    assert all(paid <= min(deadline(month), TODAY) for month, paid in dates)


def test_money_goes_to_the_oldest_month_first(books: psycopg.Connection[Any]) -> None:
    ahead = books.execute(
        "SELECT FROM charge late JOIN charge paid USING (employer_id)"
        " WHERE late.paid_vnd < late.due_vnd AND paid.paid_vnd > 0 AND paid.month > late.month"
    ).fetchall()
    assert ahead == []


def test_accounts_say_what_their_charges_say(books: psycopg.Connection[Any]) -> None:
    low = Counter(
        employer
        for employer, base, schemes, region, _ in participants(books, NOW)
        if base < floor_of(month_index(NOW), schemes, region)
    )
    debts = {
        employer: (owed, oldest)
        for employer, owed, oldest in books.execute(
            "SELECT employer_id, sum(due_vnd - paid_vnd)::bigint, min(month) FROM charge"
            " WHERE paid_vnd < due_vnd GROUP BY 1"
        )
    }
    accounts = books.execute(
        "SELECT employer_id, owed_vnd, oldest_unpaid, underdeclared, urged_on, told_state, taken_over"
        " FROM employer_account"
    ).fetchall()
    assert len(accounts) == books.execute("SELECT FROM employer").rowcount
    for employer, owed, oldest, underdeclared, urged_on, told, taken_over in accounts:
        assert (owed, oldest) == debts.get(employer, (0, None))
        assert underdeclared == low[employer]
        assert told == _state(oldest, urged_on, underdeclared)
        assert taken_over == BEFORE
    assert {told for *_, told, _ in accounts} == {ON_TIME, LATE, EVASION}


def _state(oldest: date | None, urged_on: date | None, underdeclared: int) -> int:
    if underdeclared:
        return EVASION
    if oldest is None or deadline(oldest) >= TODAY:
        return ON_TIME
    urged = urged_on is not None and urged_on > deadline(oldest)
    return EVASION if urged and deadline(oldest) + timedelta(days=60) < TODAY else LATE


def test_the_books_are_open_through_the_month_of_the_nation(books: psycopg.Connection[Any]) -> None:
    assert books.execute("SELECT opened_through FROM book").fetchall() == [(NOW,)]


def test_the_casts_employer_is_late_and_was_not_urged(books: psycopg.Connection[Any]) -> None:
    account = books.execute(
        "SELECT oldest_unpaid, urged_on, told_state FROM employer_account JOIN employer USING (employer_id)"
        " WHERE employer_code = '0100000001DNA03'"
    ).fetchone()
    assert account == (date(2026, 8, 1), None, LATE)
