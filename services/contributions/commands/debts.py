"""Record that a unit was urged in writing (*đôn đốc*, Law 41/2024/QH15 Art. 35)."""

from datetime import date
from typing import Final

from lienthong import law
from lienthong.bus.handling import CommandContext
from lienthong.clock import VIETNAM
from services.contributions.commands import compliance, telling, units
from services.contributions.domain.ledger import deadline_row
from services.contributions.domain.months import month_index
from services.contributions.domain.states import Verdict, decide
from services.contributions.translate import commands as translate
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import contributions_pb2

_RECORD: Final = b"""
INSERT INTO urge (employer_id, document_number, issued_on, agency_id, staff, operation_id)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (employer_id, document_number) DO NOTHING
"""
_SET: Final = b"""
UPDATE employer_account
SET urged_on = greatest(urged_on, %s), told_state = %s, changed_at = %s WHERE employer_id = %s
"""


def urge(request: pb.UrgePaymentRequest, context: CommandContext) -> pb.UrgePaymentResponse:
    """See the contract."""
    today = context.now.astimezone(VIETNAM).date()
    letter = translate.urge(request, today=today)
    found = units.lock_by_code(context.connection, [letter.employer_code])
    if not found:
        raise translate.employer_unknown()
    (unit,) = found
    if unit.province_code != request.province_of_asker:
        raise translate.row_denied()
    caller = context.caller
    values = [
        unit.employer_id,
        letter.document_number,
        letter.issued_on,
        caller.agency_id,
        caller.staff,
        context.operation_id,
    ]
    if not context.connection.execute(_RECORD, values).rowcount:
        raise translate.already("DOCUMENT_RECORDED", "this letter is recorded already")
    urged_on = max(letter.issued_on, unit.urged_on or letter.issued_on)
    verdict = decide(unit.account._replace(urged_on=urged_on.toordinal()), today.toordinal())
    telling.state_changed(unit, verdict, context.publish)
    context.connection.execute(_SET, [letter.issued_on, int(verdict.state), context.now, unit.employer_id])
    compliance.judge_again(context.connection, [compliance.Again(unit, month_index(letter.issued_on))])
    return _response(unit, verdict, today)


def _response(unit: units.Unit, verdict: Verdict, today: date) -> pb.UrgePaymentResponse:
    rows = [law.days().at("evasion_days", today)]
    oldest = unit.account.oldest_unpaid
    if oldest is not None:
        rows.append(deadline_row(oldest))
    return pb.UrgePaymentResponse(
        state=contributions_pb2.LegalState.Name(verdict.state), law=translate.law_rows(rows)
    )
