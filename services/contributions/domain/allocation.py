"""What a payment pays, and what a lowered charge gives back (*phân bổ số tiền đóng*). Pure.

Order: principal before interest; the oldest month first; within a month the funds in
the order of the law's row (``lienthong/law/allocation.toml``, the practice of Decision
595/QD-BHXH, not verified); within a fund the regular month before later declarations.
Money goes out oldest value date first. What is left is an advance: it keeps its value
date and pays the next charge that appears.

Interest is charged with the payment that settles a month late, so it is known to the
đồng and owed only when its principal is paid.

What holds after ``Book.balance``: no charge is paid more than it is due; the parts of a
charge are what it was paid; money given, less what was allocated, is advance; there is
no advance while anything is unpaid.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final, NamedTuple, TypeAlias

from lienthong import law
from services.contributions.domain.dues import Fund
from services.contributions.domain.interest import Paid, accrued
from services.contributions.domain.ledger import deadline_day, first_day

CARRIED: Final = 0
"""Instead of a payment's number: paid before the account was kept here."""


Key: TypeAlias = tuple[int, int, Fund]
"""Month, entry and fund."""


class Part(NamedTuple):
    """What one payment brought to one charge, in sum."""

    day: int
    """Value date, as an ordinal."""
    payment_id: int
    vnd: int


class Allocated(NamedTuple):
    """A row of ``allocation``: negative when a lowered charge gives back."""

    payment_id: int
    month: int
    entry: int
    fund: Fund
    vnd: int
    day: int


@dataclass(slots=True)
class Charge:
    """What is owed for a month in a fund, under one entry."""

    month: int
    entry: int
    fund: Fund
    due_vnd: int
    paid_vnd: int = 0
    parts: list[Part] = field(default_factory=list)
    was_settled: bool = False

    @property
    def key(self) -> Key:
        """Which charge of its unit."""
        return self.month, self.entry, self.fund

    @property
    def is_settled(self) -> bool:
        """Paid in full, and there was something to pay."""
        return 0 < self.due_vnd <= self.paid_vnd

    @property
    def paid_on(self) -> int | None:
        """Latest value date of what was paid."""
        return max((part.day for part in self.parts), default=None)

    def interest(self) -> int:
        """What it has borne, VND, when it is settled; before, nothing is charged."""
        if self.fund is Fund.INTEREST or not self.is_settled:
            return 0
        deadline = deadline_day(self.month)
        last = max(part.day for part in self.parts)
        if last <= deadline:
            return 0
        paid = [Paid(part.day, part.vnd) for part in self.parts]
        return accrued(self.fund, self.due_vnd, paid, deadline=deadline, until=last)


@dataclass(slots=True)
class Money:
    """A payment, with what of it pays nothing yet."""

    payment_id: int
    day: int
    left_vnd: int
    before_vnd: int = 0
    """What was left when it was read; 0 for a new one."""


@dataclass(slots=True)
class Book:
    """The part of one unit's account that may change: its unpaid months, and those that a command touches.

    Of a month that is in it, all charges are in it, with their parts.
    """

    charges: dict[Key, Charge] = field(default_factory=dict)
    money: dict[int, Money] = field(default_factory=dict)
    allocated: list[Allocated] = field(default_factory=list)
    _interest: dict[Key, int] = field(default_factory=dict)
    """What each charge that changes has been charged for."""
    _unjudged: dict[Key, None] = field(default_factory=dict)
    """Charges that changed since interest was charged last, in the order in which they did."""

    def add(self, charge: Charge, paid_on: int | None) -> None:
        """Take in a charge as it is stored.

        What its parts do not tell was paid before they were kept: on ``paid_on``, or else in time.
        """
        missing = charge.paid_vnd - sum(part.vnd for part in charge.parts)
        if missing > 0:
            charge.parts.append(Part(paid_on or deadline_day(charge.month), CARRIED, missing))
        charge.was_settled = charge.is_settled
        self.charges[charge.key] = charge

    def adjust(self, month: int, entry: int, fund: Fund, delta_vnd: int) -> None:
        """A month owes more or less. It never owes less than nothing."""
        charge = self.charges.get((month, entry, fund))
        if charge is None:
            if delta_vnd <= 0:
                return
            charge = self.charges[month, entry, fund] = Charge(month, entry, fund, 0)
        self._will_change(charge)
        charge.due_vnd = max(0, charge.due_vnd + delta_vnd)

    def balance(self) -> None:
        """Take back what was paid too much, and pay what is unpaid while there is money."""
        self._settle_interest()
        self._give_back()
        if not any(money.left_vnd for money in self.money.values()):
            return
        self._pay(self._unpaid(principal=True))
        self._settle_interest()
        self._give_back()
        self._pay(self._unpaid(principal=False))

    def due_vnd(self) -> int:
        """Principal of the months that are in it, paid or not, VND."""
        return sum(charge.due_vnd for charge in self.charges.values() if charge.fund is not Fund.INTEREST)

    def owed_vnd(self) -> int:
        """Unpaid principal, VND."""
        paid = sum(charge.paid_vnd for charge in self.charges.values() if charge.fund is not Fund.INTEREST)
        return self.due_vnd() - paid

    def oldest_unpaid(self) -> int | None:
        """Oldest month with unpaid principal."""
        return min((charge.month for charge in self._unpaid(principal=True)), default=None)

    def changed(self) -> list[Charge]:
        """Every charge that is to be written again."""
        return [self.charges[key] for key in self._interest]

    def newly_settled(self) -> list[Charge]:
        """Principal that was not paid in full before and is now, oldest month first."""
        settled = [
            charge
            for charge in self.charges.values()
            if charge.is_settled and not charge.was_settled and charge.fund is not Fund.INTEREST
        ]
        return sorted(settled, key=_place)

    def _unpaid(self, *, principal: bool) -> list[Charge]:
        unpaid = [
            charge
            for charge in self.charges.values()
            if charge.paid_vnd < charge.due_vnd and (charge.fund is not Fund.INTEREST) is principal
        ]
        return sorted(unpaid, key=_place)

    def _settle_interest(self) -> None:
        """Charge the interest of what became settled, and take off that of what no longer is."""
        unjudged, self._unjudged = self._unjudged, {}
        for key in unjudged:
            charge = self.charges[key]
            borne, before = charge.interest(), self._interest[key]
            if borne != before:
                self._interest[key] = borne
                self.adjust(charge.month, charge.entry, Fund.INTEREST, borne - before)

    def _give_back(self) -> None:
        for principal in (True, False):
            for charge in self.changed():
                if charge.paid_vnd > charge.due_vnd and (charge.fund is not Fund.INTEREST) is principal:
                    self._take_from(charge, charge.paid_vnd - charge.due_vnd)
            if principal:
                self._settle_interest()

    def _take_from(self, charge: Charge, too_much: int) -> None:
        """The latest money goes back first: it is what made the charge too much paid."""
        self._will_change(charge)
        charge.parts.sort()
        charge.paid_vnd -= too_much
        while too_much:
            day, payment_id, vnd = charge.parts.pop()
            back = min(vnd, too_much)
            too_much -= back
            if back < vnd:
                charge.parts.append(Part(day, payment_id, vnd - back))
            money = self._money(payment_id, day)
            money.left_vnd += back
            self._note(money, charge, -back)

    def _money(self, payment_id: int, day: int) -> Money:
        """The payment to which money goes back; one of its own for each day of what was carried over."""
        number = payment_id if payment_id != CARRIED else -day
        return self.money.setdefault(number, Money(number, day, 0))

    def _pay(self, unpaid: Iterable[Charge]) -> None:
        waiting = iter(unpaid)
        charge = next(waiting, None)
        for money in sorted(self.money.values(), key=lambda money: (money.day, abs(money.payment_id))):
            while money.left_vnd and charge is not None:
                self._will_change(charge)
                vnd = min(money.left_vnd, charge.due_vnd - charge.paid_vnd)
                money.left_vnd -= vnd
                charge.paid_vnd += vnd
                charge.parts.append(Part(money.day, money.payment_id, vnd))
                self._note(money, charge, vnd)
                if charge.paid_vnd == charge.due_vnd:
                    charge = next(waiting, None)

    def _will_change(self, charge: Charge) -> None:
        key = charge.key
        if key not in self._interest:
            self._interest[key] = charge.interest()
        self._unjudged[key] = None

    def _note(self, money: Money, charge: Charge, vnd: int) -> None:
        if vnd < 0 and money.payment_id < 0:
            return  # its way to the charge was never written down, nor is its way back
        self.allocated.append(
            Allocated(money.payment_id, charge.month, charge.entry, charge.fund, vnd, money.day)
        )


def _place(charge: Charge) -> tuple[int, int, int]:
    return charge.month, _rank(charge.month, charge.fund), charge.entry


@lru_cache(8192)
def _rank(month: int, fund: Fund) -> int:
    """The fund's place in the order in which a payment goes to the funds of the month."""
    if fund is Fund.INTEREST:
        return len(Fund)
    order = law.allocation().at("allocation_order", first_day(month)).value.funds
    return order.index(_name(fund))


@cache
def _name(fund: Fund) -> str:
    return fund.name.lower()
