"""The ledger, from the domain to the contract; the question is that of ``months``."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from services.contributions import tokens
from services.contributions.domain import ledger, totals
from services.contributions.domain.ledger import Clock, FundState, LedgerRow, Owed, Period
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
_CACHED: Final = 16_384
"""Months × days on which units settle them: fifteen years and what is usual."""


def to_response(query: MonthQuery, page: LedgerPage, *, today: date, whole: bool) -> pb.GetLedgerResponse:
    """One page; with totals and gaps when ``whole``."""
    clock = Clock(today.toordinal(), page.opened_through)
    response = pb.GetLedgerResponse(
        person_id=query.person_id,
        law=law_rows(ledger.law_of((row.month, row.period) for row in page.rows)),
    )
    _add_months(response, page.rows, clock)
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


def _add_months(response: pb.GetLedgerResponse, rows: Sequence[LedgerRow], clock: Clock) -> None:
    # Months that follow each other mostly differ in their day only: such a one is copied and written over, in
    # half the time of writing its five funds anew.
    period: Period | None = None
    amounts: list[Owed] = []
    added: pb.LedgerMonth | None = None
    for row, owed in ledger.owed(rows):
        if added is not None and row.period is period and owed is amounts:
            added = _again(response, added, row, owed, clock)
        else:
            added = _add(response, row, owed, clock)
        period, amounts = row.period, owed


def _add(
    response: pb.GetLedgerResponse, row: LedgerRow, owed: Iterable[Owed], clock: Clock
) -> pb.LedgerMonth:
    # Each fund is written where it belongs: a message that is handed in is copied.
    month, period, settled = row
    added = response.months.add(
        month=month_text(month),
        employer=pb.Employer(code=period.employer_code, name=period.employer_name),
        schemes=SCHEME_LISTS[period.schemes],
        position=period.position or "",
        base_vnd=period.base_vnd,
    )
    add_fund = added.funds.add
    for fund, capped, employer, employee in owed:
        state, settled_on, late = _standing(month, settled[fund - 1], clock)
        add_fund(
            fund=FUNDS[fund],
            capped_base_vnd=capped,
            employer_vnd=employer,
            employee_vnd=employee,
            state=state,
            settled_on=settled_on,
            days_late=late,
        )
    return added


def _again(
    response: pb.GetLedgerResponse, last: pb.LedgerMonth, row: LedgerRow, owed: Iterable[Owed], clock: Clock
) -> pb.LedgerMonth:
    """The month after ``last``, with the same employer and amounts."""
    month, _, settled = row
    added = response.months.add()
    added.CopyFrom(last)
    added.month = month_text(month)
    for part, (fund, *_) in zip(added.funds, owed, strict=True):
        part.state, part.settled_on, part.days_late = _standing(month, settled[fund - 1], clock)
    return added


@lru_cache(_CACHED)
def _standing(month: int, settled: int | None, clock: Clock) -> tuple[pb.FundState, str, int]:
    """State, day and days late: what a unit settled on a day is the same for all its people."""
    state, day, late = ledger.standing(month, settled, clock)
    return _STATES[state], "" if day is None else day_text(day), late


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
