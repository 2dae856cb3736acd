"""The list of debtors: the question with its row rule, and the answer."""

from datetime import date

from lienthong import law
from services.contributions.domain.debtors import (
    MOST_ROWS,
    SECTORS,
    USUAL_ROWS,
    DebtorPage,
    DebtorQuery,
    DebtorRow,
    Position,
)
from services.contributions.domain.ledger import deadline_day, deadline_row, first_day
from services.contributions.domain.states import LegalState
from services.contributions.tokens import Listing, read_key, write_key
from services.contributions.translate.commands import law_rows, row_denied
from services.contributions.translate.reading import (
    LEGAL_STATES,
    Reading,
    day_text,
    month_text,
    province_code,
)
from vss.contributions.v1 import contributions_pb2 as pb


def to_query(request: pb.ListDebtorsRequest) -> DebtorQuery:
    """What is asked. Raises ``InvalidArgument``, and ``PermissionDenied`` for who is no inspector."""
    reading = Reading()
    province = reading.take("province_of_asker", province_code, request.province_of_asker)
    known = 0 <= request.state <= len(LegalState)
    reading.expect("state", "expected a state of a debt", holds=known)
    reading.expect("least_vnd", "expected an amount", holds=request.least_vnd >= 0)
    of_sector = not request.sector or request.sector in SECTORS
    reading.expect("sector", f"expected one of {', '.join(sorted(SECTORS))}", holds=of_sector)
    rows = reading.page_size(request.page_size, usual=USUAL_ROWS, most=MOST_ROWS)
    if reading.is_right and province is None:
        raise row_denied()
    state = LegalState(request.state) if known and request.state else None
    query = DebtorQuery(province or "", state, request.least_vnd, request.sector or None, rows, None)
    if request.page_token and reading.is_right:
        after = reading.take("page_token", lambda token: _position(token, query), request.page_token)
        query = query._replace(after=after)
    reading.done()
    return query


def to_response(query: DebtorQuery, page: DebtorPage, *, today: date) -> pb.ListDebtorsResponse:
    """The page as the contract says it."""
    rows = [law.days().at("evasion_days", today), *(deadline_row(row.oldest_unpaid) for row in page.rows)]
    response = pb.ListDebtorsResponse(
        debtors=[_debtor(row, today.toordinal()) for row in page.rows], law=law_rows(rows)
    )
    if page.more:
        last = page.rows[-1]
        key = (last.oldest_unpaid, last.employer_id)
        response.next_page_token = write_key(Listing.DEBTORS, _question(query), key)
    return response


def _debtor(row: DebtorRow, today: int) -> pb.Debtor:
    return pb.Debtor(
        employer=pb.Employer(code=row.employer_code, name=row.name),
        state=LEGAL_STATES[row.verdict(today).state],
        owed_vnd=row.owed_vnd,
        oldest_month=month_text(row.oldest_unpaid),
        days_late=max(0, today - deadline_day(row.oldest_unpaid)),
        urged_on="" if row.urged_on is None else day_text(row.urged_on),
    )


def _position(token: str, query: DebtorQuery) -> Position:
    def position(month: int, employer_id: int) -> Position:
        return Position(first_day(month), employer_id)

    return read_key(Listing.DEBTORS, _question(query), token, position)


def _question(query: DebtorQuery) -> tuple[object, ...]:
    return query.province_code, int(query.state or 0), query.least_vnd, query.sector
