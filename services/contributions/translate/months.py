"""Protobuf to domain and back. The only place where a missing or wrong field is refused."""

from datetime import date
from typing import Final

from lienthong import fields
from services.contributions import tokens
from services.contributions.domain.months import (
    MOST_ROWS,
    USUAL_ROWS,
    MonthQuery,
    Page,
    Scheme,
    payment_state,
    schemes_of,
)
from services.contributions.tokens import Listing
from services.contributions.translate.reading import Reading, employer_code, province_code
from vss.contributions.v1 import contributions_pb2 as pb

_SCHEMES: Final = {
    Scheme.SOCIAL: pb.SCHEME_SOCIAL_INSURANCE,
    Scheme.HEALTH: pb.SCHEME_HEALTH_INSURANCE,
    Scheme.UNEMPLOYMENT: pb.SCHEME_UNEMPLOYMENT_INSURANCE,
    Scheme.VOLUNTARY_SOCIAL: pb.SCHEME_VOLUNTARY_SOCIAL_INSURANCE,
}
SCHEME_LISTS: Final = [[_SCHEMES[scheme] for scheme in schemes_of(mask)] for mask in range(16)]
"""The schemes of each mask."""


def to_query(
    request: pb.ListContributionMonthsRequest | pb.GetLedgerRequest, listing: Listing = Listing.MONTHS
) -> MonthQuery:
    """What is asked. Raises ``InvalidArgument`` naming every wrong field."""
    reading = Reading()
    reading.take("identifier", fields.person_identifier, request.identifier)
    first = reading.take("from_month", fields.month, request.from_month) if request.from_month else None
    last = reading.take("to_month", fields.month, request.to_month) if request.to_month else None
    in_order = first is None or last is None or first <= last
    reading.expect("to_month", "expected a month not before from_month", holds=in_order)
    rows = reading.page_size(request.page_size, usual=USUAL_ROWS, most=MOST_ROWS)
    reading.expect("person_id", "expected a person's number", holds=request.person_id >= 0)
    unit = reading.take("employer_code", employer_code, request.employer_code)
    province = reading.take("province_of_asker", province_code, request.province_of_asker)
    query = MonthQuery(request.person_id, unit, province, first, last, rows, None)
    if request.page_token and reading.is_right:
        after = reading.take(
            "page_token", lambda token: tokens.read(token, query, listing), request.page_token
        )
        query = query._replace(after=after)
    reading.done()
    return query


def to_response(query: MonthQuery, page: Page, *, today: date) -> pb.ListContributionMonthsResponse:
    """The page as the contract says it."""
    response = pb.ListContributionMonthsResponse(person_id=query.person_id)
    for row in page.rows:
        response.months.add(
            month=f"{row.month:%Y-%m}",
            employer=pb.Employer(code=row.employer_code, name=row.employer_name),
            schemes=SCHEME_LISTS[row.schemes],
            base_vnd=row.base_vnd,
            state=payment_state(row, today=today),
        )
    if page.more:
        response.next_page_token = tokens.write(query, page.rows[-1].position)
    return response
