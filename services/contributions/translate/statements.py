"""A unit's statement: the question with its row rule, and the answer."""

from datetime import date
from typing import Final, NamedTuple

from lienthong import fields, law
from services.contributions.domain.statements import MOST_DAYS, Statement, StatementRow, Unit
from services.contributions.domain.states import Reason
from services.contributions.translate.commands import law_rows, row_denied
from services.contributions.translate.reading import (
    FUNDS,
    LEGAL_STATES,
    Reading,
    day_text,
    employer_code,
    month_text,
    province_code,
)
from vss.contributions.v1 import contributions_pb2 as pb
from vss.types.v1 import text_pb2

_EARLIEST: Final = law.days().of("evasion_days")[0].valid_from
"""Before it another law said what is late and what it costs."""


class StatementQuery(NamedTuple):
    """Whose account, as of which day, with the interest of how many days."""

    employer_code: str
    as_of: date
    days: int
    province_code: str | None
    """Set for an inspector: the unit must be of this province."""


def to_query(request: pb.GetEmployerStatementRequest, *, today: date) -> StatementQuery:
    """What is asked. Raises ``InvalidArgument``, and ``PermissionDenied`` when the row rule says no.

    An employer asks for itself and may leave its code out; an inspector asks for a unit
    of his province, which ``check_province`` compares; anybody else asks for nothing.
    """
    reading = Reading()
    own = reading.take("own_employer_code", employer_code, request.own_employer_code)
    province = reading.take("province_of_asker", province_code, request.province_of_asker)
    asked = reading.take("employer_code", employer_code, request.employer_code)
    as_of = reading.take("as_of", fields.calendar_day, request.as_of) if request.as_of else today
    if as_of is not None:
        expected = f"expected a day from {_EARLIEST} until today"
        reading.expect("as_of", expected, holds=_EARLIEST <= as_of <= today)
    reading.expect("days", f"expected 0 to {MOST_DAYS}", holds=0 <= request.days <= MOST_DAYS)
    reading.expect("employer_code", "expected a unit code", holds=bool(own or request.employer_code))
    reading.done()
    if (own is None and province is None) or (own is not None and asked not in (None, own)):
        raise row_denied()
    return StatementQuery(own or asked or "", as_of or today, request.days, province)


def check_province(query: StatementQuery, unit: Unit) -> None:
    """Raises ``PermissionDenied`` for a unit outside of the inspector's province."""
    if query.province_code is not None and unit.province_code != query.province_code:
        raise row_denied()


def to_response(query: StatementQuery, unit: Unit, found: Statement) -> pb.GetEmployerStatementResponse:
    """The account as the contract says it."""
    return pb.GetEmployerStatementResponse(
        employer=pb.Employer(code=unit.code, name=unit.name),
        as_of=query.as_of.isoformat(),
        state=LEGAL_STATES[found.verdict.state],
        reasons=[_reason(reason, query.as_of) for reason in found.verdict.reasons],
        late_vnd=found.late_vnd,
        due_vnd=found.due_vnd,
        interest_vnd=found.interest_vnd,
        advance_vnd=unit.advance_vnd,
        days_late=found.days_late,
        days_to_evasion=found.days_to_evasion,
        urged_on="" if unit.urged_on is None else day_text(unit.urged_on),
        months=[_month(row) for row in found.rows],
        interest_days=[
            pb.InterestDay(day=day_text(day), unpaid_vnd=unpaid, interest_vnd=interest)
            for day, unpaid, interest in found.days
        ],
        law=law_rows(found.law),
    )


def _reason(reason: Reason, day: date) -> pb.StateReason:
    row = law.debt_reasons().at(reason.value, day)
    text = text_pb2.LocalizedText(vi=row.value.vi, en=row.value.en)
    return pb.StateReason(code=row.code, text=text, legal_basis=row.legal_basis)


def _month(row: StatementRow) -> pb.StatementMonth:
    charge = row.charge
    settled = charge.settled
    return pb.StatementMonth(
        month=month_text(charge.month),
        fund=FUNDS[charge.fund],
        due_vnd=charge.due_vnd,
        paid_vnd=charge.paid_vnd,
        deadline=day_text(row.deadline),
        settled_on="" if settled is None else day_text(settled),
        days_late=row.days_late,
        interest_vnd=row.interest_vnd,
        declaration_number=charge.entry,
    )
