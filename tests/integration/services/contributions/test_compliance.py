"""The legal state of units at the end of each month, on the real database: judged once, and again when the past changes."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lienthong.bus.database import open_database
from lienthong.bus.timers import Timer, Turn
from lienthong.rpc.errors import Refusal
from services.contributions.commands import compliance
from services.contributions.domain.statements import statement
from services.contributions.queries.statements import PostgresStatements
from tests.support.accounts import Desk, increase, line, person
from tests.support.compliance import (
    COLLECTOR,
    EVASION,
    LATE,
    ON_TIME,
    UNDERDECLARED,
    UNIT,
    Office,
    Stood,
    office_of,
)
from tests.support.cubes import pool_of, url_of
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import contributions_pb2 as c
from vss.types.v1 import text_pb2

UNITS = tuple(f"99000001{number:02}TEST1" for number in range(5))
MARCH = date(2026, 3, 1)
SI = ["SCHEME_SOCIAL_INSURANCE"]


@pytest.fixture
def office(stack_variable: Callable[[str], str]) -> Iterator[Office]:
    with office_of(stack_variable) as found:
        yield found


def month(number: int) -> date:
    """A month of 2026."""
    return date(2026, number, 1)


def report(desk: Desk, kind: int, first: str, who: text_pb2.Person, unit: str = UNIT) -> str:
    """Somebody reports the unit, and it is inspected."""
    request = pb.ReportIrregularityRequest(
        identifier="001190000017",
        employer_code=unit,
        kind=c.IrregularityKind.Name(kind),
        from_month=first,
        to_month=first,
        statement="Sai.",
        person_id=who.person_id,
    )
    report_id: str = desk.servicer.ReportIrregularity(request, desk.context(agency="citizens")).report_id
    for state in (c.REPORT_STATE_ASSIGNED, c.REPORT_STATE_INSPECTED):
        advance(desk, report_id, state)
    return report_id


def advance(desk: Desk, report_id: str, state: int) -> None:
    request = pb.AdvanceReportRequest(
        report_id=report_id, to_state=c.ReportState.Name(state), reason="Đã xem xét.", province_of_asker="01"
    )
    desk.servicer.AdvanceReport(request, desk.context(agency="inspector"))


def test_a_month_has_no_state_before_it_is_over(office: Office) -> None:
    office.desk.declare(UNIT, increase(person(), "2026-03"))
    assert office.on(2026, 3, 31).judged() == []
    assert office.on(2026, 4, 1).judged() == [MARCH]
    assert office.kept(MARCH) == {UNIT: Stood(ON_TIME, 1, 0)}


def test_who_does_not_pay_is_late_and_once_urged_evades_after_sixty_days(office: Office) -> None:
    office.desk.declare(UNIT, increase(person(), "2026-03"))  # due by 30 April
    office.on(2026, 6, 5).desk.urge(UNIT)
    office.on(2026, 9, 1)
    assert [office.state(month(n)) for n in range(3, 9)] == [
        ON_TIME,
        ON_TIME,
        LATE,
        EVASION,
        EVASION,
        EVASION,
    ]
    assert office.expect_as_the_books_say() == 6


def test_a_payment_of_today_leaves_the_past_as_it_was(office: Office) -> None:
    office.desk.declare(UNIT, increase(person(), "2026-03"))
    july = office.on(2026, 7, 10)
    july.desk.pay(UNIT, 50_000_000, "2026-07-10")
    assert [office.state(month(n)) for n in (5, 6)] == [LATE, LATE]
    office.on(2026, 8, 1)
    assert office.state(month(7)) == ON_TIME
    office.expect_as_the_books_say()


def test_a_payment_that_becomes_known_later_changes_the_past_from_its_value_date_on(office: Office) -> None:
    office.desk.declare(UNIT, increase(person(), "2026-03"))
    august = office.on(2026, 8, 10)
    assert [office.state(month(n)) for n in (5, 6, 7)] == [LATE, LATE, LATE]
    august.desk.pay(UNIT, 50_000_000, "2026-06-20")
    assert [office.state(month(n)) for n in (5, 6, 7)] == [LATE, ON_TIME, ON_TIME]
    office.expect_as_the_books_say()


def test_a_letter_counts_from_its_own_date(office: Office) -> None:
    office.desk.declare(UNIT, increase(person(), "2026-03"))
    september = office.on(2026, 9, 10)
    september.desk.urge(UNIT, issued_on="2026-07-20")
    assert [office.state(month(n)) for n in (6, 7, 8)] == [LATE, EVASION, EVASION]
    office.expect_as_the_books_say()


def test_a_corrected_list_changes_the_workers_of_the_past_and_a_late_declaration_no_debt_of_it(
    office: Office,
) -> None:
    stays, left = person(), person()
    office.desk.declare(UNIT, increase(stays, "2026-03"), increase(left, "2026-03"))
    office.desk.pay(UNIT, 500_000_000, "2026-03-10")
    august = office.on(2026, 8, 10)
    august.desk.declare(
        UNIT,
        line(left, pb.LINE_KIND_DECREASE, "2026-06"),
        increase(person(), "2026-04"),
        increase(person(), "2026-04"),
    )
    workers = [office.kept(month(n))[UNIT].workers for n in range(3, 8)]
    assert workers == [2, 4, 4, 3, 3]
    office.expect_as_the_books_say()


def test_who_is_overtaken_by_a_floor_is_under_declared_whatever_is_unpaid(office: Office) -> None:
    # The reference level rose to 2,530,000 on 1 July 2026.
    office.desk.declare(UNIT, increase(person(), "2026-03", 2_400_000, schemes=SI))
    office.on(2026, 8, 1)
    assert [office.state(month(n)) for n in (5, 6, 7)] == [LATE, LATE, UNDERDECLARED]
    assert office.kept(month(7))[UNIT] == Stood(UNDERDECLARED, 1, 1)
    office.on(2026, 8, 3).desk.urge(UNIT)
    office.on(2026, 9, 1)
    assert office.state(month(8)) == EVASION
    office.expect_as_the_books_say()


def test_reports_count_from_the_day_on_which_they_are_confirmed_until_they_are_recovered(
    office: Office,
) -> None:
    worker = person()
    office.desk.declare(UNIT, increase(worker, "2026-03"))
    office.desk.pay(UNIT, 500_000_000, "2026-03-10")
    low = report(office.desk, c.IRREGULARITY_KIND_UNDER_DECLARED, "2026-03", worker)
    nobody = report(office.desk, c.IRREGULARITY_KIND_NOT_DECLARED, "2026-03", person())
    advance(office.on(2026, 4, 20).desk, low, c.REPORT_STATE_CONFIRMED)
    advance(office.on(2026, 5, 20).desk, nobody, c.REPORT_STATE_CONFIRMED)
    advance(office.on(2026, 7, 20).desk, nobody, c.REPORT_STATE_RECOVERED)
    advance(office.on(2026, 8, 20).desk, low, c.REPORT_STATE_RECOVERED)
    office.on(2026, 9, 1)
    # Since 1 March 30 days to register have passed and 60 more, on 31 May.
    expected = [ON_TIME, UNDERDECLARED, EVASION, EVASION, UNDERDECLARED, ON_TIME]
    assert [office.state(month(n)) for n in range(3, 9)] == expected
    office.expect_as_the_books_say()


def test_a_step_that_was_accepted_before_the_month_was_over_counts_in_it(office: Office) -> None:
    worker = person()
    office.desk.declare(UNIT, increase(worker, "2026-03"))
    low = report(office.desk, c.IRREGULARITY_KIND_UNDER_DECLARED, "2026-03", worker)
    april = office.on(2026, 4, 2)
    assert office.state(MARCH) == ON_TIME
    waited = replace(
        april.desk.context(agency="inspector"), accepted_at=datetime(2026, 3, 31, 16, 59, tzinfo=UTC)
    )
    request = pb.AdvanceReportRequest(
        report_id=low, to_state=c.REPORT_STATE_CONFIRMED, reason="Đúng.", province_of_asker="01"
    )
    april.desk.servicer.AdvanceReport(request, waited)
    assert office.state(MARCH) == UNDERDECLARED
    office.expect_as_the_books_say()


def test_who_collects_voluntary_contributions_is_no_employer(office: Office) -> None:
    office.desk.declare(
        COLLECTOR, increase(person(), "2026-03", 3_000_000, schemes=["SCHEME_VOLUNTARY_SOCIAL_INSURANCE"])
    )
    office.on(2026, 8, 10).desk.pay(COLLECTOR, 100_000, "2026-06-01")
    rows = office.desk.connection.execute("SELECT count(*) FROM compliance_month").fetchone()
    assert rows == (0,)
    assert len(office.judged()) == 5


def test_who_declares_nobody_any_more_is_counted_while_it_owes(office: Office) -> None:
    worker = person()
    office.desk.declare(UNIT, increase(worker, "2026-03"))
    office.on(2026, 4, 5).desk.declare(UNIT, line(worker, pb.LINE_KIND_DECREASE, "2026-04"))
    july = office.on(2026, 7, 5)
    july.desk.pay(UNIT, 50_000_000, "2026-07-05")
    office.on(2026, 9, 1)
    counted = {n: office.kept(month(n)).get(UNIT) for n in range(3, 9)}
    assert counted == {
        3: Stood(ON_TIME, 1, 0),
        4: None,
        5: Stood(LATE, 0, 0),
        6: Stood(LATE, 0, 0),
        7: None,
        8: None,
    }
    office.expect_as_the_books_say()


def test_a_turn_that_comes_late_or_twice_changes_nothing(office: Office) -> None:
    office.desk.declare(UNIT, increase(person(), "2026-03"))
    late = office.on(2026, 7, 20)
    first = late.all_kept()
    assert len(first) == 4
    assert [one[UNIT].state for one in first.values()] == [ON_TIME, ON_TIME, LATE, LATE]
    before = office.desk.connection.execute(
        "SELECT xmin::text, * FROM compliance_month ORDER BY month"
    ).fetchall()
    late.turn()
    assert (
        office.desk.connection.execute("SELECT xmin::text, * FROM compliance_month ORDER BY month").fetchall()
        == before
    )


def test_months_that_were_missed_are_judged_one_after_the_other_in_transactions_of_their_own(
    office: Office,
) -> None:
    office.desk.declare(UNIT, increase(person(), "2026-03"))
    office.desk.opened_through(date(2026, 7, 1))
    timer = Timer("judge_months", compliance.judge_months)
    url = url_of(office.cubes.runtime_url)
    with open_database(url, name="compliance-test", connections=1) as database:
        Turn(timer, database, clock=lambda: datetime(2026, 7, 20, 5, tzinfo=UTC))()
    assert office.judged() == [month(number) for number in range(3, 7)]
    count = "SELECT count(*), count(DISTINCT xmin::text) FROM compliance_month WHERE workers > 0"
    assert office.desk.connection.execute(count).fetchone() == (4, 4)


def test_a_month_that_nobody_was_charged_for_yet_is_not_judged(office: Office) -> None:
    july = replace(office, desk=replace(office.desk, now=datetime(2026, 7, 2, 5, tzinfo=UTC)))
    with office.desk.connection.transaction():
        compliance.judge_months(july.desk.timer())
    assert office.judged() == [MARCH]


def draw_line(draw: random.Random, people: list[text_pb2.Person], today: date) -> pb.DeclarationLine:
    kinds = (pb.LINE_KIND_INCREASE, pb.LINE_KIND_DECREASE, pb.LINE_KIND_CHANGE, pb.LINE_KIND_CORRECTION)
    first = (today.replace(day=1) - timedelta(days=draw.choice([0, 0, 20, 50, 120]))).replace(day=1)
    given: dict[str, Any] = {"base_vnd": draw.choice([6_000_000, 9_000_000])}
    kind = draw.choice(kinds)
    if kind == pb.LINE_KIND_INCREASE and draw.random() < 0.3:
        given = {"base_vnd": 2_400_000, "schemes": SI}
    return line(draw.choice(people), kind, f"{first:%Y-%m}", **given)


def act(office: Office, draw: random.Random, people: list[text_pb2.Person], reports: list[str]) -> None:
    """Some command or other, with a date of its own where it has one."""
    desk, unit = office.desk, draw.choice(UNITS)
    today = desk.now.date()
    earlier = max(today - timedelta(days=draw.choice([0, 0, 3, 40, 100])), date(2026, 3, 1))
    match draw.randint(0, 9):
        case 0 | 1 | 2:
            desk.declare(unit, *(draw_line(draw, people, today) for _ in range(draw.randint(1, 6))))
        case 3 | 4 | 5:
            desk.pay(unit, draw.choice([500_000, 3_000_000, 9_000_000]), f"{earlier}")
        case 6 | 7:
            desk.urge(unit, f"{draw.random()}", issued_on=f"{earlier}")
        case 8:
            kind = draw.choice([c.IRREGULARITY_KIND_UNDER_DECLARED, c.IRREGULARITY_KIND_NOT_DECLARED])
            declared = [p for p in people if desk.periods(p)]
            if kind == c.IRREGULARITY_KIND_NOT_DECLARED or declared:
                reports.append(report(desk, kind, f"{earlier:%Y-%m}", draw.choice(declared or people), unit))
                advance(desk, reports[-1], c.REPORT_STATE_CONFIRMED)
        case _ if reports:
            advance(desk, reports.pop(), c.REPORT_STATE_RECOVERED)


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_commands_on_any_days_every_month_is_what_its_books_say(
    office: Office, seed: int
) -> None:
    draw = random.Random(seed)
    people, reports = [person() for _ in range(8)], []
    for number, unit in enumerate(UNITS):
        office.desk.register(unit)
        office.desk.declare(unit, *(increase(who, "2026-03") for who in people[number : number + 3]))
    day = date(2026, 3, 10)
    changed = 0
    for _ in range(60):
        day += timedelta(days=draw.choice([0, 1, 5, 12]))
        office.desk.now = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
        if draw.random() < 0.6:
            office.turn()  # else the consumers are down, and it comes late
        before = office.all_kept()
        try:
            with office.desk.connection.transaction():
                act(office, draw, people, reports)
        except Refusal:
            continue
        changed += before != office.all_kept()
        office.expect_as_the_books_say()
    office.turn()
    assert office.expect_as_the_books_say() > 20
    assert changed > 1
    states = {one.state for kept in office.all_kept().values() for one in kept.values()}
    assert states >= {ON_TIME, LATE, EVASION}
    await expect_debts_as_stated(office)


async def expect_debts_as_stated(office: Office) -> None:
    """What a statement of account says of the debt on the last day is what the month says, where nothing else matters."""
    compared = 0
    async with pool_of(office.cubes) as pool:
        for judged in office.judged():
            day = (judged.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            for code, stood in office.kept(judged).items():
                if stood.state == UNDERDECLARED or stood.under_floor:
                    continue
                account = await PostgresStatements(pool).account(code, as_of=day, past=True)
                assert account is not None
                unit, charges = account
                today = office.desk.now.date().toordinal()
                found = statement(unit, charges, as_of=day.toordinal(), today=today, days=1)
                # Confirmed reports are not in a statement of a past day.
                assert stood.state in {found.verdict.state, EVASION}
                compared += 1
    assert compared > 3
