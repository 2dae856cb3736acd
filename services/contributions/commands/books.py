"""Units' books out of the database and back: charges, parts, payments, allocations, accounts.

As many units at once as are given; every statement takes them all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from services.contributions.commands.arrays import day_number, month_of, numbers, optional_numbers
from services.contributions.commands.units import Connection, Unit
from services.contributions.domain.allocation import Book, Charge, Money, Part
from services.contributions.domain.dues import Fund
from services.contributions.domain.states import Verdict

CARRIED_BY: Final = ""
"""The bank of a payment that stands for what was paid before accounts were kept here; no agency has this id."""


class NewPayment(NamedTuple):
    """A payment that is not stored yet. Its money has a negative number until it is."""

    bank_id: str
    reference: str
    day: int
    amount_vnd: int


@dataclass(slots=True)
class Kept:
    """One unit's book and what its account's row becomes."""

    unit: Unit
    book: Book
    verdict: Verdict | None = None
    entries: int = 0
    """Numbers of declarations that were used."""
    underdeclared: int = 0
    """What is added to the participants under the floor."""
    new: dict[int, NewPayment] = field(default_factory=dict)
    """Payments to be stored, by the number of their money."""
    operation_id: UUID | None = None
    """For which it changes; None: that of :class:`Written`."""


class Written(NamedTuple):
    """When and for which operation something is written, unless a book has its own."""

    now: datetime
    operation_id: UUID


_CHARGES: Final = b"""
SELECT c.employer_id, c.month, c.entry, c.fund, c.due_vnd, c.paid_vnd, c.paid_on
FROM (
    SELECT c.employer_id, c.month
    FROM unnest(%s::bigint[]) AS asked (employer_id)
    JOIN charge c ON c.employer_id = asked.employer_id AND c.paid_vnd < c.due_vnd
    UNION
    SELECT t.employer_id, make_date(t.month / 12, t.month %% 12 + 1, 1)
    FROM unnest(%s::bigint[], %s::integer[]) AS t (employer_id, month)
) m JOIN charge c ON c.employer_id = m.employer_id AND c.month = m.month
"""

_ADVANCES: Final = b"""
SELECT p.employer_id, p.payment_id, p.value_date, p.unallocated_vnd
FROM unnest(%s::bigint[]) AS asked (employer_id)
JOIN payment p ON p.employer_id = asked.employer_id AND p.unallocated_vnd > 0
"""

_PARTS: Final = b"""
SELECT a.employer_id, a.month, a.entry, a.fund, a.value_date, a.payment_id, sum(a.amount_vnd)::bigint
FROM unnest(%s::bigint[], %s::integer[]) AS t (employer_id, month)
JOIN allocation a ON a.employer_id = t.employer_id AND a.month = make_date(t.month / 12, t.month %% 12 + 1, 1)
GROUP BY a.employer_id, a.month, a.entry, a.fund, a.value_date, a.payment_id
HAVING sum(a.amount_vnd) <> 0
"""

_WRITE_PAYMENTS: Final = b"""
INSERT INTO payment
    (bank_id, reference, employer_id, value_date, amount_vnd, unallocated_vnd, operation_id, recorded_at)
SELECT n.bank_id, n.reference, n.employer_id, date '2000-01-01' + n.day, n.amount, n.unallocated,
       n.operation_id, %s
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::integer[], %s::bigint[], %s::bigint[])
    AS n (operation_id, bank_id, reference, employer_id, day, amount, unallocated)
RETURNING payment_id, bank_id, reference
"""

_WRITE_ADVANCES: Final = b"""
UPDATE payment p SET unallocated_vnd = n.vnd
FROM unnest(%s::bigint[], %s::bigint[]) AS n (payment_id, vnd) WHERE p.payment_id = n.payment_id
"""

_WRITE_CHARGES: Final = b"""
INSERT INTO charge (employer_id, month, entry, fund, due_vnd, paid_vnd, paid_on, settled_on, changed_at)
SELECT n.employer_id, make_date(n.month / 12, n.month %% 12 + 1, 1), n.entry, n.fund, n.due, n.paid, date '2000-01-01' + n.paid_on,
       CASE WHEN n.paid = n.due AND n.due > 0 THEN date '2000-01-01' + n.paid_on END, %s
FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[], %s::integer[])
    AS n (employer_id, month, entry, fund, due, paid, paid_on)
ON CONFLICT (employer_id, month, entry, fund) DO UPDATE
SET due_vnd = excluded.due_vnd, paid_vnd = excluded.paid_vnd, paid_on = excluded.paid_on,
    settled_on = excluded.settled_on, changed_at = excluded.changed_at
"""

_WRITE_ALLOCATIONS: Final = b"""
INSERT INTO allocation (payment_id, employer_id, month, entry, fund, amount_vnd, value_date)
SELECT n.payment_id, n.employer_id, make_date(n.month / 12, n.month %% 12 + 1, 1), n.entry, n.fund, n.vnd, date '2000-01-01' + n.day
FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::bigint[], %s::smallint[], %s::bigint[], %s::integer[])
    AS n (payment_id, employer_id, month, entry, fund, vnd, day)
"""

_WRITE_ACCOUNTS: Final = b"""
UPDATE employer_account a
SET owed_vnd = n.owed, oldest_unpaid = make_date(n.oldest / 12, n.oldest %% 12 + 1, 1), told_state = n.state,
    next_entry = a.next_entry + n.entries, underdeclared = greatest(0, a.underdeclared + n.underdeclared),
    changed_at = %s
FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::smallint[], %s::bigint[], %s::integer[])
    AS n (employer_id, owed, oldest, state, entries, underdeclared)
WHERE a.employer_id = n.employer_id
"""


def load(
    connection: Connection, units: Iterable[Unit], touched: Iterable[tuple[int, int]] = ()
) -> list[Kept]:
    """The books of the units: their unpaid months, their advances, and the ``touched`` (unit, month)."""
    kept = {unit.employer_id: Kept(unit, Book()) for unit in units}
    pairs = list(touched)
    ids = numbers(kept)
    charges, advances = connection.cursor(binary=True), connection.cursor(binary=True)
    with connection.pipeline():
        charges.execute(
            _CHARGES, [ids, numbers(unit for unit, _ in pairs), numbers(month for _, month in pairs)]
        )
        advances.execute(_ADVANCES, [ids])
    rows = charges.fetchall()
    parts = _parts(connection, rows)
    for employer_id, month, entry, fund, due, paid, paid_on in rows:
        key = month_of(month), entry, Fund(fund)
        charge = Charge(*key, due, paid, parts.get((employer_id, *key), []))
        kept[employer_id].book.add(charge, paid_on.toordinal() if paid_on else None)
    for employer_id, payment_id, value_date, left in advances.fetchall():
        kept[employer_id].book.money[payment_id] = Money(payment_id, value_date.toordinal(), left, left)
    return list(kept.values())


def write(connection: Connection, kept: Iterable[Kept], written: Written) -> None:
    """Everything that changed in the books, and the accounts' rows. Best called in a pipeline."""
    books = list(kept)
    stored = _write_payments(connection, books, written)
    _write_charges(connection, books, written.now)
    _write_allocations(connection, books, stored)
    _write_advances(connection, books)
    _write_accounts(connection, books, written.now)


def _parts(
    connection: Connection, charges: Iterable[tuple[Any, ...]]
) -> Mapping[tuple[int, int, int, Fund], list[Part]]:
    """The parts of the months of which anything was paid."""
    paid = sorted({(row[0], month_of(row[1])) for row in charges if row[5]})
    found: dict[tuple[int, int, int, Fund], list[Part]] = {}
    if not paid:
        return found
    cursor = connection.cursor(binary=True)
    cursor.execute(_PARTS, [numbers(unit for unit, _ in paid), numbers(month for _, month in paid)])
    for employer_id, month, entry, fund, value_date, payment_id, vnd in cursor.fetchall():
        key = employer_id, month_of(month), entry, Fund(fund)
        found.setdefault(key, []).append(Part(value_date.toordinal(), payment_id, vnd))
    return found


def _write_payments(
    connection: Connection, kept: list[Kept], written: Written
) -> Mapping[tuple[int, int], int]:
    """Store new payments; gives their numbers by unit and the number that their money had."""
    rows = []
    operations = []
    for one in kept:
        operation_id = one.operation_id or written.operation_id
        for number, money in one.book.money.items():
            if number < 0:
                new = one.new.get(number) or _carried(one, money, operation_id)
                rows.append((one.unit.employer_id, number, money.left_vnd, new))
                operations.append(operation_id)
    if not rows:
        return {}
    found = connection.execute(
        _WRITE_PAYMENTS,
        [
            written.now,
            operations,
            [new.bank_id for *_, new in rows],
            [new.reference for *_, new in rows],
            numbers(employer_id for employer_id, *_ in rows),
            optional_numbers(day_number(new.day) for *_, new in rows),
            numbers(new.amount_vnd for *_, new in rows),
            numbers(left for _, _, left, _ in rows),
        ],
    ).fetchall()
    numbered = {(bank_id, reference): payment_id for payment_id, bank_id, reference in found}
    return {
        (employer_id, number): numbered[new.bank_id, new.reference] for employer_id, number, _, new in rows
    }


def _carried(one: Kept, money: Money, operation_id: UUID) -> NewPayment:
    """What a lowered charge gives back of a payment that nobody wrote down."""
    spent = sum(part.vnd for part in one.book.allocated if part.payment_id == money.payment_id)
    day = date.fromordinal(money.day).isoformat()
    return NewPayment(CARRIED_BY, f"{operation_id}/{one.unit.code}/{day}", money.day, money.left_vnd + spent)


def _write_charges(connection: Connection, kept: list[Kept], now: datetime) -> None:
    rows = [(one.unit.employer_id, charge) for one in kept for charge in one.book.changed()]
    if rows:
        columns = (
            numbers(employer_id for employer_id, _ in rows),
            numbers(charge.month for _, charge in rows),
            numbers(charge.entry for _, charge in rows),
            numbers(charge.fund for _, charge in rows),
            numbers(charge.due_vnd for _, charge in rows),
            numbers(charge.paid_vnd for _, charge in rows),
            optional_numbers(day_number(charge.paid_on) for _, charge in rows),
        )
        connection.execute(_WRITE_CHARGES, [now, *columns])


def _write_allocations(
    connection: Connection, kept: list[Kept], stored: Mapping[tuple[int, int], int]
) -> None:
    rows = [(one.unit.employer_id, part) for one in kept for part in one.book.allocated]
    if rows:
        columns = (
            numbers(stored.get((unit, part.payment_id), part.payment_id) for unit, part in rows),
            numbers(employer_id for employer_id, _ in rows),
            numbers(part.month for _, part in rows),
            numbers(part.entry for _, part in rows),
            numbers(part.fund for _, part in rows),
            numbers(part.vnd for _, part in rows),
            optional_numbers(day_number(part.day) for _, part in rows),
        )
        connection.execute(_WRITE_ALLOCATIONS, columns)


def _write_advances(connection: Connection, kept: list[Kept]) -> None:
    rows = [
        money
        for one in kept
        for money in one.book.money.values()
        if money.payment_id > 0 and money.left_vnd != money.before_vnd
    ]
    if rows:
        connection.execute(
            _WRITE_ADVANCES,
            [numbers(money.payment_id for money in rows), numbers(money.left_vnd for money in rows)],
        )


def _write_accounts(connection: Connection, kept: list[Kept], now: datetime) -> None:
    columns = (
        numbers(one.unit.employer_id for one in kept),
        numbers(one.book.owed_vnd() for one in kept),
        optional_numbers(one.book.oldest_unpaid() for one in kept),
        numbers(one.verdict.state if one.verdict else one.unit.told_state for one in kept),
        numbers(one.entries for one in kept),
        numbers(one.underdeclared for one in kept),
    )
    connection.execute(_WRITE_ACCOUNTS, [now, *columns])
