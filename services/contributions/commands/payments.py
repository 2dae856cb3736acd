"""Record what a bank collected: each reference once, each payment allocated at once.

Units are worked off some at a time, so that a file of any length needs bounded memory;
all of it is one transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from lienthong.bus.handling import CommandContext
from lienthong.clock import VIETNAM
from services.contributions.commands import books, compliance, telling, units
from services.contributions.commands.books import Kept, NewPayment
from services.contributions.commands.units import Connection, Unit
from services.contributions.domain.allocation import Money
from services.contributions.domain.compliance import money_moved_from
from services.contributions.translate import commands as translate
from services.contributions.translate import payments as translate_payments
from services.contributions.translate.payments import Collected
from services.contributions.translate.refusals import line_refusal
from vss.contributions.v1 import commands_pb2 as pb

UNITS_AT_ONCE: Final = 1_000
_FIRST_NEW: Final = -(1 << 40)
"""Money that is not stored yet counts down from here; above it are days, of what was carried over."""

_COUNTED: Final = b"SELECT reference FROM payment WHERE bank_id = %s AND reference = ANY(%s)"


def record(request: pb.RecordPaymentsRequest, context: CommandContext) -> pb.RecordPaymentsResponse:
    """See the contract. Raises ``PermissionDenied`` without a bank."""
    if not request.bank_id:
        raise translate.row_denied()
    today = context.now.astimezone(VIETNAM).toordinal()
    collected, refused = translate_payments.read(request, today=today)
    connection = context.connection
    for reference in _counted(connection, request.bank_id, list(collected)):
        refused.append(line_refusal(collected.pop(reference).number, "reference", "REFERENCE_COUNTED"))
    # Every account is locked before the first is changed, in one order.
    found = units.lock_by_code(connection, {payment.employer_code for payment in collected.values()})
    by_code = {unit.code: unit for unit in found}
    accepted: dict[int, list[Collected]] = {}
    for payment in collected.values():
        unit = by_code.get(payment.employer_code)
        if unit is None:
            refused.append(line_refusal(payment.number, "employer_code", "EMPLOYER_UNKNOWN"))
        else:
            accepted.setdefault(unit.employer_id, []).append(payment)
    for start in range(0, len(found), UNITS_AT_ONCE):
        _allocate(found[start : start + UNITS_AT_ONCE], accepted, request.bank_id, context)
    refused.sort(key=lambda refusal: refusal.line)
    return pb.RecordPaymentsResponse(
        accepted=sum(map(len, accepted.values())),
        refused=len(refused),
        refusals=refused,
        recorded_vnd=sum(payment.amount_vnd for some in accepted.values() for payment in some),
    )


def _counted(connection: Connection, bank_id: str, references: Sequence[str]) -> list[str]:
    return [row[0] for row in connection.execute(_COUNTED, [bank_id, list(references)]).fetchall()]


def _allocate(
    some: Sequence[Unit], accepted: Mapping[int, Sequence[Collected]], bank_id: str, context: CommandContext
) -> None:
    kept = books.load(context.connection, some)
    today = context.now.astimezone(VIETNAM).toordinal()
    for one in kept:
        for payment in accepted[one.unit.employer_id]:
            _take_in(one, payment, bank_id)
        one.book.balance()
        telling.tell(one, context.publish, today)
    with context.connection.pipeline():
        books.write(context.connection, kept, books.Written(context.now, context.operation_id))
    again = (compliance.Again(one.unit, money_moved_from(one.book)) for one in kept)
    compliance.judge_again(context.connection, again)


def _take_in(kept: Kept, payment: Collected, bank_id: str) -> None:
    number = _FIRST_NEW - payment.number
    kept.book.money[number] = Money(number, payment.day, payment.amount_vnd)
    kept.new[number] = NewPayment(bank_id, payment.reference, payment.day, payment.amount_vnd)
