"""Payments over the real database, as the consumers' role."""

from datetime import date

import pytest

from lienthong.rpc.errors import PermissionDenied
from services.contributions.commands import payments
from tests.support.accounts import Desk, increase, line, payment, person
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import events_pb2

UNIT, OTHER = "9900000001TEST1", "9900000002TEST2"


@pytest.fixture(autouse=True)
def units(desk: Desk) -> None:
    for code in (UNIT, OTHER):
        desk.register(code)
    desk.on(2026, 7, 5).declare(UNIT, increase(person(), "2026-07"))


def test_a_payment_goes_to_the_oldest_month_and_there_to_the_funds_in_the_laws_order(desk: Desk) -> None:
    answer = desk.pay(UNIT, 3_200_000 + 450_000 + 100_000, "2026-08-31")
    assert (answer.accepted, answer.recorded_vnd) == (1, 3_750_000)
    paid = {(month, fund): paid for (month, _, fund), (_, paid, _) in desk.charges(UNIT).items() if paid}
    july = {
        ("2026-07", fund): vnd
        for fund, vnd in {1: 2_200_000, 2: 300_000, 3: 50_000, 4: 200_000, 5: 450_000}.items()
    }
    assert paid == july | {("2026-08", 5): 450_000, ("2026-08", 4): 100_000}
    assert desk.account(UNIT)[:2] == (5 * 3_200_000 - 3_750_000, date(2026, 8, 1))


def test_parts_of_every_payment_add_up_to_it(desk: Desk) -> None:
    for day in ("2026-08-31", "2026-09-30", "2026-11-20"):
        desk.pay(UNIT, 7_777_777, day)
    rows = desk.connection.execute(
        "SELECT amount_vnd, unallocated_vnd + coalesce((SELECT sum(a.amount_vnd) FROM allocation a"
        " WHERE a.payment_id = p.payment_id), 0) FROM payment p WHERE bank_id = 'test-bank'"
    ).fetchall()
    assert len(rows) == 3
    assert all(amount == parts for amount, parts in rows)
    assert all(paid <= due for due, paid, _ in desk.charges(UNIT).values())


def test_a_month_paid_late_bears_interest_which_is_paid_after_all_principal(desk: Desk) -> None:
    # July's deadline was 31 August; paid 45 days later.
    desk.pay(UNIT, 5 * 3_200_000 + 43_200 + 1_000, "2026-10-15")
    charges = desk.charges(UNIT)
    assert charges["2026-07", 0, 6] == (3_200_000 * 45 * 3 // 10_000, 43_200, date(2026, 10, 15))
    assert charges["2026-08", 0, 6] == (3_200_000 * 15 * 3 // 10_000, 1_000, None)
    assert desk.account(UNIT)[:2] == (0, None)


def test_months_settled_are_told_with_the_days_that_they_were_late(desk: Desk) -> None:
    desk.pay(UNIT, 3_200_000, "2026-09-02")
    (event,) = desk.published.of(events_pb2.MonthsSettled)
    assert event.employer_code == UNIT
    assert {m.fund for m in event.months} == {1, 2, 3, 4, 5}
    assert {(m.month, m.settled_on, m.days_late) for m in event.months} == {(2026 * 12 + 6, "2026-09-02", 2)}


def test_a_reference_counts_once_for_its_bank(desk: Desk) -> None:
    desk.pay(UNIT, 1_000_000, "2026-11-20", "REF-1")
    before = desk.charges(UNIT)
    again = desk.pay(UNIT, 1_000_000, "2026-11-20", "REF-1")
    assert (again.accepted, again.refused, again.recorded_vnd) == (0, 1, 0)
    assert [(r.line, r.field, r.reason) for r in again.refusals] == [(1, "reference", "REFERENCE_COUNTED")]
    assert desk.charges(UNIT) == before
    assert desk.pay(UNIT, 1_000_000, "2026-11-20", "REF-1", bank="other-bank").accepted == 1


def test_of_one_reference_twice_in_a_file_the_first_counts(desk: Desk) -> None:
    answer = desk.pay_all(
        "test-bank",
        payment(UNIT, 1_000_000, "2026-11-20", "REF-1"),
        payment(UNIT, 2_000_000, "2026-11-20", "REF-1"),
    )
    assert (answer.recorded_vnd, [r.line for r in answer.refusals]) == (1_000_000, [2])


def test_the_same_file_twice_changes_nothing_the_second_time(desk: Desk) -> None:
    file = [payment(UNIT, 1_000_000, "2026-11-20", f"REF-{n}") for n in range(50)]
    assert desk.pay_all("test-bank", *file).accepted == 50
    before = desk.charges(UNIT), desk.account(UNIT), desk.advance(UNIT)
    assert desk.pay_all("test-bank", *file).refused == 50
    assert (desk.charges(UNIT), desk.account(UNIT), desk.advance(UNIT)) == before


def test_a_payment_for_an_unknown_unit_is_refused_and_its_neighbours_are_not(desk: Desk) -> None:
    answer = desk.pay_all(
        "test-bank",
        payment("9900000009TEST9", 1_000_000, "2026-11-20"),
        payment(UNIT, 1_000_000, "2026-11-20"),
        payment(UNIT, 1_000_000, "2026-11-31"),
        payment(UNIT, 1_000_000, "2026-11-23"),
        payment(UNIT, 0, "2026-11-20"),
        payment(UNIT, 1_000_000, "2026-11-20", "not a reference"),
        payment("99\x0001", 1_000_000, "2026-11-20"),
    )
    assert [(r.line, r.field, r.reason) for r in answer.refusals] == [
        (1, "employer_code", "EMPLOYER_UNKNOWN"),
        (3, "value_date", "VALUE_DATE_MALFORMED"),
        (4, "value_date", "VALUE_DATE_OUT_OF_RANGE"),
        (5, "amount_vnd", "AMOUNT_WRONG"),
        (6, "reference", "REFERENCE_MALFORMED"),
        (7, "employer_code", "EMPLOYER_UNKNOWN"),
    ]
    assert (answer.accepted, answer.recorded_vnd) == (1, 1_000_000)


def test_what_nothing_is_owed_for_is_an_advance(desk: Desk) -> None:
    desk.pay(OTHER, 5_000_000, "2026-11-02")
    assert desk.advance(OTHER) == 5_000_000
    desk.declare(OTHER, increase(person(), "2026-11"))
    assert desk.advance(OTHER) == 1_800_000
    assert {settled for _, _, settled in desk.charges(OTHER).values()} == {date(2026, 11, 2)}


def test_units_are_worked_off_some_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payments, "UNITS_AT_ONCE", 2)
    codes = [f"99000001{n:02d}TEST1" for n in range(5)]
    for code in codes:
        desk.register(code)
    answer = desk.pay_all("test-bank", *(payment(code, 1_000, "2026-11-20") for code in (*codes, *codes)))
    assert answer.accepted == 10
    assert [desk.advance(code) for code in codes] == [2_000] * 5


def test_payments_without_a_bank_are_denied(desk: Desk) -> None:
    with pytest.raises(PermissionDenied):
        desk.pay_all("", payment(UNIT, 1_000, "2026-11-20"))


def test_what_was_paid_before_accounts_were_kept_can_be_given_back(desk: Desk) -> None:
    worker = person()
    desk.on(2026, 11, 1).declare(OTHER, increase(worker, "2026-11"))
    desk.connection.execute(
        "UPDATE charge SET paid_vnd = due_vnd, paid_on = '2026-11-10', settled_on = '2026-11-10'"
        " FROM employer e WHERE e.employer_id = charge.employer_id AND e.employer_code = %s",
        [OTHER],
    )
    desk.declare(OTHER, line(worker, pb.LINE_KIND_DECREASE, "2026-11"))
    assert desk.advance(OTHER) == 3_200_000
    desk.declare(OTHER, increase(person(), "2026-11"))
    assert desk.advance(OTHER) == 0
    assert {settled for _, _, settled in desk.charges(OTHER).values()} == {date(2026, 11, 10)}
