"""What a statement says is what the commands have written: sums, interest, advance, and a past day that stays."""

from datetime import date, timedelta
from random import Random

import pytest

from services.contributions.domain.interest import accrued
from services.contributions.domain.ledger import deadline_day
from services.contributions.domain.statements import Statement, Unit, statement
from services.contributions.queries import statements
from tests.support.accounts import Desk, increase, line, person
from vss.contributions.v1 import commands_pb2 as pb

UNIT = "9900000001TEST1"
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def unit(desk: Desk) -> None:
    desk.register(UNIT)
    desk.on(2026, 7, 5).declare(UNIT, increase(person(), "2026-07"), increase(person(), "2026-07", 7_654_321))


def look(desk: Desk, as_of: date = TODAY, days: int = 0) -> tuple[Unit, Statement]:
    """The statement as the service computes it, over the desk's own transaction."""
    cursor = desk.connection.cursor(binary=True)
    cursor.execute(statements.STATEMENT, statements.values(UNIT, as_of, past=as_of < TODAY))
    row = cursor.fetchone()
    assert row is not None
    account, charges = statements.to_account(row, as_of)
    return account, statement(account, charges, as_of=as_of.toordinal(), today=TODAY.toordinal(), days=days)


def agree(desk: Desk) -> None:
    """Statement and account say the same."""
    account, found = look(desk)
    owed, oldest = desk.account(UNIT)[:2]
    assert found.late_vnd + found.due_vnd == owed
    assert account.advance_vnd == desk.advance(UNIT)
    unsettled = [row for row in found.rows if row.charge.settled is None]
    assert min((row.charge.month for row in unsettled), default=None) == (
        oldest and oldest.year * 12 + oldest.month - 1
    )
    charged = sum(due - paid for (_, _, fund), (due, paid, _) in desk.charges(UNIT).items() if fund == 6)
    running = sum(
        accrued(
            row.charge.fund, row.charge.due_vnd, row.charge.paid,
            deadline=deadline_day(row.charge.month), until=TODAY.toordinal(),
        )
        for row in unsettled
    )  # fmt: skip
    assert found.interest_vnd == charged + running


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_paid_and_declared_statement_and_account_agree(desk: Desk, seed: int) -> None:
    random = Random(seed)
    who = person()
    agree(desk)
    for step in range(8):
        day = date(2026, 8, 1) + timedelta(random.randrange(113))
        match random.randrange(4):
            case 0 if step:
                desk.declare(UNIT, increase(person(), random.choice(["2026-07", "2026-09", "2026-11"])))
            case 1:
                base = random.randrange(6_000_000, 60_000_000)
                given = {"to_month": "2026-09", "base_vnd": base, "schemes": []}
                desk.declare(UNIT, line(who, pb.LINE_KIND_CORRECTION, "2026-08", **given))
            case _:
                desk.pay(UNIT, random.randrange(100_000, 9_000_000), day.isoformat())
        agree(desk)
    desk.pay(UNIT, 1_000_000_000, "2026-11-21")
    agree(desk)
    _, found = look(desk)
    assert (found.late_vnd, found.due_vnd, found.interest_vnd, found.rows) == (0, 0, 0, [])


def test_a_past_day_stays_as_it_was_when_money_comes_later(desk: Desk) -> None:
    past = date(2026, 10, 20)
    desk.pay(UNIT, 7_000_000, "2026-09-20")
    before = look(desk, past, days=30)
    assert before[1].late_vnd
    assert before[1].interest_vnd
    desk.pay(UNIT, 6_000_000, "2026-10-21")
    desk.pay(UNIT, 900_000_000, "2026-11-20")
    assert look(desk, past, days=30) == before


def test_money_that_later_pays_a_month_was_an_advance_before_the_month_began(desk: Desk) -> None:
    desk.pay(UNIT, 500_000_000, "2026-10-20")
    account, found = look(desk, date(2026, 10, 25))
    november = sum(due for (month, _, _), (due, _, _) in desk.charges(UNIT).items() if month == "2026-11")
    assert november
    assert account.advance_vnd == desk.advance(UNIT) + november
    assert (found.late_vnd, found.due_vnd) == (0, 0)
