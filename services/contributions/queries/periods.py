"""What every question about a person's months has in common: her periods, and one page of months made of them.

Months are not stored. They are made from the periods of participation by
``generate_series``, at most a page of each period, so that a career of forty years
costs no more than the page that is asked.
"""

from datetime import date
from itertools import product
from typing import Any, Final, NamedTuple

from services.contributions.domain.months import MonthQuery

_OF_PERSON: Final = b"""
    SELECT p.* FROM participation p WHERE p.person_id = %(person_id)s
"""
# An employer's question looks up (person_id, employer_id): the same work, and the
# same empty answer, for a person of somebody else's and for nobody at all.
_OF_EMPLOYER: Final = b"""
      AND p.employer_id = (SELECT employer_id FROM employer WHERE employer_code = %(employer_code)t)
"""
# An inspector's question has the same empty answer for both, after one look-up more
# for each period elsewhere. As a subquery it is one by key whatever the statistics say.
_OF_PROVINCE: Final = b"""
      AND (SELECT e.province_code FROM employer e WHERE e.employer_id = p.employer_id) = %(province_code)t
"""
PAGE: Final = b"""
    SELECT g.month::date AS month, p.*,
           CASE WHEN g.month < p.regular_from THEN p.entry ELSE 0 END AS charge_entry
    FROM period p
    CROSS JOIN LATERAL (
        SELECT least(coalesce(p.valid_to, %(newest)s::date), %(newest)s::date) AS newest
    ) n
    CROSS JOIN LATERAL generate_series(
        n.newest::timestamp,
        greatest(p.valid_from::timestamp, %(oldest)s::date::timestamp, n.newest - %(rows)s::int * interval '1 month'),
        interval '-1 month'
    ) AS g (month)
    WHERE (g.month, -p.employer_id, -(p.valid_from - date '1900-01-01'))
        < (%(after_month)s::date::timestamp, -%(after_employer)s::bigint, -(%(after_from)s::date - date '1900-01-01'))
    ORDER BY g.month DESC, p.employer_id, p.valid_from
    LIMIT %(rows)s::int
"""
_BEGINNING: Final = date(1900, 1, 1)
_BEFORE_ALL: Final = (date(9999, 1, 1), 0, _BEGINNING)


class Part(NamedTuple):
    """Which of a person's periods may be looked at; with neither, all of them."""

    of_employer: bool
    """Those with the unit that asks."""
    of_province: bool
    """Those with units of the province of the inspector who asks."""

    @property
    def source(self) -> bytes:
        """The statement of these periods."""
        return _OF_PERSON + _OF_EMPLOYER * self.of_employer + _OF_PROVINCE * self.of_province


PARTS: Final = tuple(Part(*bounds) for bounds in product((False, True), repeat=2))


def part(query: MonthQuery) -> Part:
    """What this question may look at."""
    return Part(query.employer_code is not None, query.province_code is not None)


def values(query: MonthQuery, this_month: date) -> dict[str, Any]:
    """The parameters of ``Part.source`` and ``PAGE``; one row more than asked says whether there is more."""
    after_month, after_employer, after_from = query.after or _BEFORE_ALL
    return {
        "person_id": query.person_id,
        "employer_code": query.employer_code,
        "province_code": query.province_code,
        # The row after which to go on may share its month with the next one.
        "newest": min(this_month, query.last or this_month, after_month),
        "oldest": query.first or _BEGINNING,
        "rows": query.rows + 1,
        "after_month": after_month,
        "after_employer": after_employer,
        "after_from": after_from,
    }
