"""The ledger, from the domain to the contract; the question is that of ``months``."""

from datetime import date
from typing import Final

from services.contributions import tokens
from services.contributions.domain import ledger, totals
from services.contributions.domain.ledger import Clock, FundMonth, FundState, LedgerRow
from services.contributions.domain.months import MonthQuery
from services.contributions.queries.ledgers import LedgerPage
from services.contributions.tokens import Listing
from services.contributions.translate.commands import law_rows
from services.contributions.translate.months import SCHEME_LISTS
from services.contributions.translate.reading import FUNDS, day_text, month_text
from vss.contributions.v1 import contributions_pb2 as pb

_STATES: Final = {
    FundState.DUE: pb.FUND_STATE_DUE,
    FundState.PAID: pb.FUND_STATE_PAID,
    FundState.PAID_LATE: pb.FUND_STATE_PAID_LATE,
    FundState.LATE: pb.FUND_STATE_LATE,
}


def to_response(query: MonthQuery, page: LedgerPage, *, today: date, whole: bool) -> pb.GetLedgerResponse:
    """One page; with totals and gaps when ``whole``."""
    clock = Clock(today.toordinal(), page.opened_through)
    response = pb.GetLedgerResponse(
        person_id=query.person_id,
        months=[_month(row, clock) for row in page.rows],
        law=law_rows(ledger.law_of((row.month, row.period) for row in page.rows)),
    )
    if page.more:
        response.next_page_token = tokens.write(query, page.last, Listing.LEDGER)
    if whole:
        response.totals.extend(_totals(page, clock))
        response.gaps.extend(
            pb.Gap(
                from_month=month_text(gap.first),
                to_month=month_text(gap.last),
                months=gap.last - gap.first + 1,
            )
            for gap in totals.gaps(page.periods)
        )
    return response


def _month(row: LedgerRow, clock: Clock) -> pb.LedgerMonth:
    month, period, settled = row
    return pb.LedgerMonth(
        month=month_text(month),
        employer=pb.Employer(code=period.employer_code, name=period.employer_name),
        schemes=SCHEME_LISTS[period.schemes],
        position=period.position or "",
        base_vnd=period.base_vnd,
        funds=[_fund(fund) for fund in ledger.fund_months(month, period, settled, clock)],
    )


def _fund(found: FundMonth) -> pb.FundMonth:
    capped, (fund, employer, employee), (state, settled, late) = found
    message = pb.FundMonth(
        fund=FUNDS[fund],
        capped_base_vnd=capped,
        employer_vnd=employer,
        employee_vnd=employee,
        state=_STATES[state],
        days_late=late,
    )
    if settled is not None:
        message.settled_on = day_text(settled)
    return message


def _totals(page: LedgerPage, clock: Clock) -> list[pb.SchemeTotal]:
    return [
        pb.SchemeTotal(
            scheme=SCHEME_LISTS[total.scheme][0],
            paid_months=total.paid_months,
            months_if_recovered=total.months_if_recovered,
            paid_years=total.paid_months // 12,
            paid_years_months=total.paid_months % 12,
        )
        for total in totals.totals(page.periods, page.charges, clock)
    ]
