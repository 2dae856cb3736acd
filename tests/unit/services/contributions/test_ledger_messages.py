"""A ledger in the words of the contract: a month is written the same way, whatever stands before it."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.contributions.domain.ledger import ALL_FUNDS, UNSETTLED, LedgerRow, Period, deadline_day
from services.contributions.domain.months import MonthQuery, month_index
from services.contributions.queries.ledgers import LedgerPage
from services.contributions.translate.ledger import to_response

TODAY = date(2026, 11, 22)
NOW = month_index(date(2026, 11, 1))
QUERY = MonthQuery(1, None, None, None, None, 50, None)


@st.composite
def periods(draw: st.DrawFn) -> list[Period]:
    return [
        Period(
            number,
            NOW - 200,
            NOW,
            draw(st.integers(1, 15)),
            draw(st.sampled_from([0, 9_000_000, 60_000_000])),
            0,
            0,
            1,
            False,
            f"U{number}",
            f"Đơn vị {number}",
            draw(st.sampled_from([None, "NV", "P1"])),
        )
        for number in range(draw(st.integers(1, 3)))
    ]


@st.composite
def ledgers(draw: st.DrawFn) -> list[LedgerRow]:
    """Months of few periods, so that most are like the one before; their law changes, and how they stand."""
    of = draw(periods())
    rows = []
    for _ in range(draw(st.integers(1, 24))):
        month = draw(st.integers(NOW - 200, NOW))
        day = st.integers(deadline_day(month) - 40, deadline_day(month) + 40)
        settled = draw(st.tuples(*[st.none() | st.just(UNSETTLED) | day] * len(ALL_FUNDS)))
        rows.append(LedgerRow(month, draw(st.sampled_from(of)), settled))
    # By month, as a page is, or in any order: nothing but the row decides.
    return sorted(rows, key=lambda row: row.month) if draw(st.booleans()) else rows


def page(rows: list[LedgerRow]) -> LedgerPage:
    return LedgerPage(known=True, periods=[], opened_through=NOW - 1, rows=rows, more=False, charges={})


@given(ledgers())
def test_a_month_does_not_depend_on_the_one_before_it(rows: list[LedgerRow]) -> None:
    together = to_response(QUERY, page(rows), today=TODAY, whole=False)
    alone = [to_response(QUERY, page([row]), today=TODAY, whole=False) for row in rows]
    assert list(together.months) == [month for one in alone for month in one.months]
    assert len(together.months) == len(rows)
