"""Whatever is charged, lowered and paid, in whatever order: no money appears, vanishes or lies in the wrong place."""

from datetime import date
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from services.contributions.domain.allocation import CARRIED, Book, Charge, Money, Part
from services.contributions.domain.dues import Fund
from services.contributions.domain.interest import Paid, accrued
from services.contributions.domain.ledger import deadline_day

JULY = 2026 * 12 + 6
DAY = date(2026, 11, 20).toordinal()
PRINCIPAL = [Fund.RETIREMENT, Fund.SICKNESS, Fund.OCCUPATIONAL, Fund.UNEMPLOYMENT, Fund.HEALTH]


class Adjust(NamedTuple):
    month: int
    entry: int
    fund: Fund
    vnd: int


class Pay(NamedTuple):
    day: int
    vnd: int


steps = st.lists(
    st.one_of(
        st.builds(
            Adjust,
            st.integers(JULY - 3, JULY + 4),
            st.integers(0, 2),
            st.sampled_from(PRINCIPAL),
            st.integers(-3_000_000, 3_000_000),
        ),
        st.builds(Pay, st.integers(DAY - 200, DAY), st.integers(1, 5_000_000)),
    ),
    max_size=25,
)


class Ledger:
    """A book that is stored and read again after every step, as commands do."""

    def __init__(self) -> None:
        self.charges: dict[tuple[int, int, Fund], tuple[int, int, list[Part]]] = {}
        self.money: dict[int, Money] = {}
        self.paid: dict[int, int] = {}

    def take(self, step: Adjust | Pay) -> Book:
        book = Book()
        for key, (due, paid, parts) in self.charges.items():
            book.add(Charge(*key, due, paid, list(parts)), None)
        book.money = {n: Money(n, m.day, m.left_vnd, m.left_vnd) for n, m in self.money.items() if m.left_vnd}
        if isinstance(step, Pay):
            number = len(self.paid) + 1
            self.paid[number] = step.vnd
            book.money[number] = Money(number, step.day, step.vnd)
        else:
            book.adjust(*step)
        book.balance()
        self.charges = {k: (c.due_vnd, c.paid_vnd, c.parts) for k, c in book.charges.items()}
        self.money |= book.money
        return book


@given(steps)
def test_what_was_paid_is_allocated_or_an_advance_to_the_dong(taken: list[Adjust | Pay]) -> None:
    ledger = Ledger()
    allocated: dict[int, int] = {}
    for step in taken:
        book = ledger.take(step)
        for row in book.allocated:
            allocated[row.payment_id] = allocated.get(row.payment_id, 0) + row.vnd
        for number, vnd in ledger.paid.items():
            assert allocated.get(number, 0) + ledger.money[number].left_vnd == vnd


@given(steps)
def test_no_charge_is_paid_more_than_it_is_due_and_its_parts_say_what_it_was_paid(
    taken: list[Adjust | Pay],
) -> None:
    ledger = Ledger()
    for step in taken:
        for charge in ledger.take(step).charges.values():
            assert 0 <= charge.paid_vnd <= charge.due_vnd
            assert sum(part.vnd for part in charge.parts) == charge.paid_vnd
            assert all(part.vnd > 0 for part in charge.parts)


@given(steps)
def test_there_is_no_advance_while_anything_is_unpaid_and_no_younger_month_is_paid_before_an_older(
    taken: list[Adjust | Pay],
) -> None:
    ledger = Ledger()
    for step in taken:
        book = ledger.take(step)
        unpaid = [charge for charge in book.charges.values() if charge.paid_vnd < charge.due_vnd]
        if unpaid:
            assert not any(money.left_vnd for money in book.money.values())
        for row in book.allocated:
            if row.vnd > 0 and row.fund is not Fund.INTEREST:
                assert all(row.month <= charge.month for charge in unpaid if charge.fund is not Fund.INTEREST)
            if row.vnd > 0 and row.fund is Fund.INTEREST:
                assert all(charge.fund is Fund.INTEREST for charge in unpaid)


@given(steps)
def test_interest_charged_is_that_of_the_settled_months_and_nothing_else(taken: list[Adjust | Pay]) -> None:
    ledger = Ledger()
    for step in taken:
        book = ledger.take(step)
        expected: dict[tuple[int, int], int] = {}
        for charge in book.charges.values():
            if charge.fund is not Fund.INTEREST and charge.is_settled:
                deadline = deadline_day(charge.month)
                last = max(part.day for part in charge.parts)
                paid = [Paid(part.day, part.vnd) for part in charge.parts]
                borne = accrued(charge.fund, charge.due_vnd, paid, deadline=deadline, until=last)
                key = charge.month, charge.entry
                expected[key] = expected.get(key, 0) + borne
        charged = {(m, e): c.due_vnd for (m, e, f), c in book.charges.items() if f is Fund.INTEREST}
        assert {k: v for k, v in charged.items() if v} == {k: v for k, v in expected.items() if v}


def test_within_a_month_the_funds_are_paid_in_the_laws_order_then_by_entry() -> None:
    book = Book()
    for fund in PRINCIPAL:
        for entry in (1, 0):
            book.adjust(JULY, entry, fund, 100)
    book.money[1] = Money(1, DAY, 700)
    book.balance()
    assert [(row.fund, row.entry) for row in book.allocated if row.fund is not Fund.INTEREST] == [
        (Fund.HEALTH, 0),
        (Fund.HEALTH, 1),
        (Fund.UNEMPLOYMENT, 0),
        (Fund.UNEMPLOYMENT, 1),
        (Fund.OCCUPATIONAL, 0),
        (Fund.OCCUPATIONAL, 1),
        (Fund.SICKNESS, 0),
    ]


def test_the_oldest_money_goes_out_first_and_comes_back_last() -> None:
    book = Book()
    book.adjust(JULY, 0, Fund.HEALTH, 300)
    in_time = deadline_day(JULY)
    book.money = {1: Money(1, in_time, 200), 2: Money(2, in_time - 9, 200)}
    book.balance()
    assert book.money[2].left_vnd == 0
    assert book.money[1].left_vnd == 100
    book.adjust(JULY, 0, Fund.HEALTH, -150)
    book.balance()
    assert book.money[1].left_vnd == 200
    assert book.money[2].left_vnd == 50


def test_the_given_vector_of_interest_a_hundred_million_for_45_days() -> None:
    book = Book()
    book.adjust(JULY, 0, Fund.RETIREMENT, 100_000_000)
    book.money[1] = Money(1, deadline_day(JULY) + 45, 200_000_000)
    book.balance()
    assert book.charges[JULY, 0, Fund.INTEREST].due_vnd == 1_350_000
    assert book.money[1].left_vnd == 200_000_000 - 101_350_000


def test_what_was_paid_before_parts_were_kept_comes_back_as_money_of_its_day() -> None:
    book = Book()
    book.add(Charge(JULY, 0, Fund.HEALTH, 500, 500), DAY)
    book.adjust(JULY, 0, Fund.HEALTH, -200)
    book.balance()
    assert book.charges[JULY, 0, Fund.HEALTH].parts == [Part(DAY, CARRIED, 300)]
    (money,) = book.money.values()
    assert (money.day, money.left_vnd, money.payment_id < 0) == (DAY, 200, True)
    assert book.allocated == []
