"""What of an employer several flows count by: its sector, and its size in each month."""

from typing import Final

from lienthong.statistics import definitions
from services.contributions.flows.sources import PARTICIPATION

SECTORS: Final = {
    "public": "PUBLIC",
    "state": "STATE",
    "private": "PRIVATE",
    "foreign": "FOREIGN",
    "none": "_Z",
}
"""Codes of CL_SECTOR by what the register says. Whoever only collects voluntary contributions is no employer: `_Z`."""
SIZES: Final = (("S_LT10", 10), ("S10T49", 50), ("S50T199", 200), ("S200T999", 1000), ("S_GE1000", None))
"""Codes of CL_SIZE, each with the number of participants that it does not reach any more."""

_SECTOR_CASES: Final = " ".join(f"WHEN '{row}' THEN '{code}'" for row, code in SECTORS.items())
SECTOR: Final = f"CASE e.sector {_SECTOR_CASES} ELSE '_U' END"
"""The code of the sector of the employer ``e``."""


def size_of(number: str) -> str:
    """The code of the size of an employer with so many participants."""
    bands = " ".join(f"WHEN {number} < {below} THEN '{code}'" for code, below in SIZES if below is not None)
    return f"CASE {bands} ELSE '{SIZES[-1][0]}' END"


def month(day: str) -> str:
    """The month of a date as a number."""
    return f"(extract(year FROM {day}) * 12 + extract(month FROM {day}))::integer - 1"


def first_day(number: str) -> str:
    """The first day of a month that is a number."""
    return f"make_date({number} / 12, {number} % 12 + 1, 1)"


# The base rows as they are, less what deltas brought and more what they took: numbers need no rows to be matched.
# Alike periods are counted before anything is done with them: an employer has few kinds of them, whatever its size.
_ALIKE = "GROUP BY employer_id, valid_from, valid_to"
_REACHES = f"valid_from <= {first_day('hi')} AND (valid_to IS NULL OR valid_to >= {first_day('lo')})"
_EVERYBODY = f"""
    SELECT employer_id, valid_from, valid_to, sum(times) AS times FROM (
        SELECT employer_id, valid_from, valid_to, count(*) AS times
        FROM {PARTICIPATION.table} WHERE {_REACHES} {_ALIKE}
        UNION ALL
        SELECT employer_id, valid_from, valid_to, -sum(sign)
        FROM {PARTICIPATION.delta} WHERE id > beyond AND {_REACHES} {_ALIKE}
    ) known {_ALIKE}"""  # noqa: S608 -- names of the migration
_ASKED = f"""
    SELECT {definitions.in_state("employer_id")} AS employer_id, valid_from, valid_to,
           CASE WHEN earlier THEN before ELSE after END AS times
    FROM (
        SELECT employer_id, valid_from, valid_to, sum(before) AS before, sum(after) AS after FROM (
            SELECT b.* FROM unnest(who) AS w (asked) CROSS JOIN LATERAL (
                SELECT employer_id, valid_from, valid_to, count(*) AS before, count(*) AS after
                FROM {PARTICIPATION.table} WHERE employer_id = w.asked AND {_REACHES} {_ALIKE} OFFSET 0
            ) b
            UNION ALL
            SELECT d.* FROM unnest(who) AS w (asked) CROSS JOIN LATERAL (
                SELECT employer_id, valid_from, valid_to, -sum(sign),
                       coalesce(-sum(sign) FILTER (WHERE id > bound), 0)
                FROM {PARTICIPATION.delta} WHERE employer_id = w.asked AND {_REACHES} {_ALIKE} OFFSET 0
            ) d
        ) known {_ALIKE}
    ) counted JOIN {definitions.STATES} ON CASE WHEN earlier THEN before ELSE after END > 0"""  # noqa: S608 -- as above

# Each period is two events, one coming and one going: the work does not grow with the length of periods.
_PARTICIPANTS = f"""(
    SELECT employer_id, month, number FROM (
        SELECT employer_id, month AS since, coalesce(lead(month) OVER w - 1, hi) AS until,
               sum(change) OVER w AS number
        FROM (
            SELECT p.employer_id, x.month, sum(x.change) AS change
            FROM ({{periods}}) p
            CROSS JOIN LATERAL (VALUES
                (greatest(lo, {month("p.valid_from")}), p.times),
                ({month("p.valid_to")} + 1, -p.times)
            ) AS x (month, change)
            WHERE x.month <= hi
            GROUP BY 1, 2
        ) events
        WINDOW w AS (PARTITION BY employer_id ORDER BY month)
    ) running CROSS JOIN LATERAL generate_series(since, until) AS month
)"""  # noqa: S608 -- names of the migration


def participants(*, everybody: bool) -> str:
    """How many take part with each employer in each month, in the states of :func:`definitions.state`.

    A subquery with the columns employer_id, month and number. Periods of one person with one
    employer never overlap, so periods are persons. A month without a row had nobody.
    """
    return _PARTICIPANTS.format(periods=_EVERYBODY if everybody else _ASKED)
