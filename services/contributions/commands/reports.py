"""Report an irregularity (*phản ánh*), and take a report one step further."""

from typing import Any, Final
from uuid import UUID

from lienthong.bus.handling import CommandContext
from lienthong.clock import VIETNAM
from lienthong.rpc.errors import NotFound
from services.contributions.commands import compliance, telling, units
from services.contributions.commands.units import Connection
from services.contributions.domain.months import month_index
from services.contributions.domain.reports import (
    OutOfOrder,
    ReportKind,
    ReportState,
    check_step,
    stands_for_evasion,
)
from services.contributions.domain.states import decide
from services.contributions.translate import commands as translate
from services.contributions.translate.commands import Step
from vss.contributions.v1 import commands_pb2 as pb
from vss.contributions.v1 import contributions_pb2, events_pb2

_UNIT: Final = b"""
SELECT e.employer_id, e.province_code, EXISTS (
    SELECT FROM participation p WHERE p.person_id = %s AND p.employer_id = e.employer_id
) FROM employer e WHERE e.employer_code = %s
"""
_OPEN: Final = b"""
INSERT INTO report (report_id, person_id, employer_id, province_code, kind, from_month, to_month,
                    actual_base_vnd, statement, state, reported_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 1, %s)
"""
_TAKE_STEP: Final = b"""
INSERT INTO report_step (report_id, step, state, at, agency_id, staff, reason, recovered_vnd)
SELECT %(report_id)s, coalesce(max(step), 0) + 1, %(state)s, %(at)s, %(agency_id)s, %(staff)s, %(reason)s,
       %(recovered_vnd)s
FROM report_step WHERE report_id = %(report_id)s
"""
_LOCK: Final = (
    b"SELECT state, kind, from_month, employer_id, province_code FROM report WHERE report_id = %s FOR UPDATE"
)
_MOVE: Final = b"UPDATE report SET state = %s WHERE report_id = %s"
# What the unit's account says about reports is what its confirmed reports say.
_CONFIRMED: Final = b"SELECT kind, from_month FROM report WHERE employer_id = %s AND state = 4"
_SET: Final = b"""
UPDATE employer_account
SET underdeclared = %s, unregistered = %s, told_state = %s, changed_at = %s WHERE employer_id = %s
"""


def report(request: pb.ReportIrregularityRequest, context: CommandContext) -> pb.ReportIrregularityResponse:
    """See the contract."""
    new = translate.new_report(request)
    unit = context.connection.execute(_UNIT, [new.person_id, new.employer_code]).fetchone()
    if unit is None:
        raise translate.employer_unknown()
    employer_id, province_code, declared = unit
    if not declared and new.kind is not ReportKind.NOT_DECLARED:
        raise translate.failed_precondition("NEVER_DECLARED", "this unit never declared the person")
    context.connection.execute(
        _OPEN,
        [
            context.operation_id,
            new.person_id,
            employer_id,
            province_code,
            int(new.kind),
            new.from_month,
            new.to_month,
            new.actual_base_vnd,
            new.statement,
            context.accepted_at,
        ],
    )
    # Who reports is in the report; what the portal states as its staff is the citizen's own pseudonym.
    _take(Step(context.operation_id, ReportState.RECEIVED, "", 0), "", context)
    _tell(context, context.operation_id, None, ReportState.RECEIVED)
    return pb.ReportIrregularityResponse(
        report_id=str(context.operation_id), state=contributions_pb2.REPORT_STATE_RECEIVED
    )


def advance(request: pb.AdvanceReportRequest, context: CommandContext) -> pb.AdvanceReportResponse:
    """See the contract."""
    step = translate.step(request)
    row = context.connection.execute(_LOCK, [step.report_id]).fetchone()
    if row is None or not request.province_of_asker or row[-1] != request.province_of_asker:
        raise NotFound("REPORT_UNKNOWN", "there is no such report in this province")
    before, kind, _, employer_id, _ = row
    try:
        check_step(ReportState(before), step.to_state)
    except OutOfOrder as error:
        raise translate.failed_precondition("STEP_OUT_OF_ORDER", str(error)) from None
    context.connection.execute(_MOVE, [int(step.to_state), step.report_id])
    _take(step, context.caller.staff, context)
    if step.to_state in {ReportState.CONFIRMED, ReportState.RECOVERED}:
        change = 1 if step.to_state is ReportState.CONFIRMED else -1
        _judge(employer_id, change if kind == ReportKind.UNDER_DECLARED else 0, context)
    _tell(context, step.report_id, ReportState(before), step.to_state)
    return pb.AdvanceReportResponse(state=contributions_pb2.ReportState.Name(step.to_state))


def _judge(employer_id: int, underdeclared: int, context: CommandContext) -> None:
    """What a confirmed or recovered report makes of the unit's state."""
    (unit,) = units.lock_by_number(context.connection, [employer_id])
    today = context.now.astimezone(VIETNAM).toordinal()
    account = unit.account._replace(
        underdeclared=max(0, unit.underdeclared + underdeclared),
        unregistered=any(
            kind == ReportKind.NOT_DECLARED
            and stands_for_evasion(ReportKind.NOT_DECLARED, month_index(from_month), today)
            for kind, from_month in _confirmed(context.connection, employer_id)
        ),
    )
    verdict = decide(account, today)
    telling.state_changed(unit, verdict, context.publish)
    values = [account.underdeclared, account.unregistered, int(verdict.state), context.now, employer_id]
    context.connection.execute(_SET, values)
    since = month_index(context.accepted_at.astimezone(VIETNAM).date())
    compliance.judge_again(context.connection, [compliance.Again(unit, since)])


def _confirmed(connection: Connection, employer_id: int) -> list[tuple[Any, ...]]:
    return connection.execute(_CONFIRMED, [employer_id]).fetchall()


def _take(step: Step, staff: str, context: CommandContext) -> None:
    context.connection.execute(
        _TAKE_STEP,
        {
            "report_id": step.report_id,
            "state": int(step.to_state),
            "at": context.accepted_at,
            "agency_id": context.caller.agency_id,
            "staff": staff,
            "reason": step.reason,
            "recovered_vnd": step.recovered_vnd,
        },
    )


def _tell(context: CommandContext, report_id: UUID, before: ReportState | None, after: ReportState) -> None:
    name = contributions_pb2.ReportState.Name
    context.publish(
        events_pb2.ReportProgressed(report_id=str(report_id), before=name(before or 0), after=name(after)),
        key=str(report_id),
    )
