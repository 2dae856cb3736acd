"""What employers owe, have paid and are charged as interest, by month, area, fund, sector and size: DF_COLLECTION."""

from typing import Final

from lienthong.statistics import definitions
from lienthong.statistics.tables import FlowShape
from services.contributions.domain.dues import Fund
from services.contributions.flows import employers
from services.contributions.flows.sources import CHARGE, EMPLOYER_WITH_SECTOR

FUNDS: Final = {
    Fund.RETIREMENT: "RET",
    Fund.SICKNESS: "SICK",
    Fund.OCCUPATIONAL: "ACC",
    Fund.UNEMPLOYMENT: "UI",
    Fund.HEALTH: "HI",
}
"""Codes of CL_FUND. Interest is no fund: it belongs to those whose money came late."""

COLLECTION: Final = FlowShape(
    flow="DF_COLLECTION",
    dimensions=("REF_AREA", "FUND", "SECTOR", "SIZE"),
    totals=("VN", "_T", "_T", "_T"),
    measures=("", "DUE", "PAID", "ARREARS", "INTEREST"),
    indicator=True,
    # Employers are in a public register; what they owe is protected.
    listed=True,
    repeats=len(FUNDS),
)

# What an employer brings to the cell of a fund is all of its charges for the month, whatever their entry. Interest
# is charged for a month and entry in one row: it is split among the funds that are paid in full, as they were due.
# Cumulative sums are rounded, so that the parts are the whole. Of months that an account took over, only what was
# unpaid is known: who were in such a cell would be in debt.
_COLLECTION = """
SELECT c.employer_id,
       'VN_' || e.province_code || '.' || f.code || '.' || {sector} || '.' || {size},
       c.month, c.month, ARRAY[c.due, c.paid, c.due - c.paid, c.interest]
FROM (
    SELECT employer_id, month, fund, sum(due_vnd)::bigint AS due, sum(paid_vnd)::bigint AS paid,
           coalesce(sum(div(interest * until, whole) - div(interest * (until - settled), whole)), 0)::bigint AS interest
    FROM (
        SELECT b.employer_id, {month} AS month, b.fund, b.due_vnd, b.paid_vnd, s.settled,
               sum(b.due_vnd) FILTER (WHERE b.fund = {of_interest}) OVER of_entry AS interest,
               nullif(sum(s.settled) OVER of_entry, 0) AS whole,
               sum(s.settled) OVER (of_entry ORDER BY b.fund) AS until
        FROM {charge} b
        CROSS JOIN LATERAL (
            SELECT CASE WHEN b.fund <> {of_interest} AND b.paid_vnd >= b.due_vnd THEN b.due_vnd ELSE 0 END
        ) AS s (settled)
        WINDOW of_entry AS (PARTITION BY b.employer_id, b.month, b.entry)
    ) charges WHERE fund <> {of_interest}
    GROUP BY employer_id, month, fund HAVING sum(due_vnd) > 0
) c
-- The account's first month never changes.
JOIN employer_account a ON a.employer_id = {employer_id} AND c.month >= {taken_over}
JOIN {employer} e ON e.employer_id = c.employer_id
JOIN (VALUES {funds}) AS f (fund, code) ON f.fund = c.fund
LEFT JOIN {participants} AS n ON n.employer_id = c.employer_id AND n.month = c.month
"""


def _collection(*, everybody: bool) -> str:
    months = f"month BETWEEN {employers.first_day('lo')} AND {employers.first_day('hi')}"
    return _COLLECTION.format(
        charge=definitions.state(CHARGE, "employer_id", everybody=everybody, only=months),
        employer=definitions.state(EMPLOYER_WITH_SECTOR, "employer_id", everybody=everybody),
        participants=employers.participants(everybody=everybody),
        funds=", ".join(f"({fund.value}, '{code}')" for fund, code in FUNDS.items()),
        of_interest=Fund.INTEREST.value,
        month=employers.month("b.month"),
        employer_id=definitions.itself("c.employer_id"),
        taken_over=employers.month("a.taken_over"),
        sector=employers.SECTOR,
        size=employers.size_of("coalesce(n.number, 0)"),
    )


# A change touches months in which the employer has charges; which these are, the deltas say.
_MONTHS = f"""
SELECT min(since), max(until) FROM (
    SELECT {employers.month("month")} AS since, {employers.month("month")} AS until
    FROM stat_delta_charge WHERE id <= bound
    UNION ALL
    SELECT {employers.month("valid_from")}, coalesce({employers.month("valid_to")}, {employers.month("date '9999-12-01'")})
    FROM stat_delta_participation WHERE id <= bound
    UNION ALL
    SELECT {employers.month("c.month")}, {employers.month("c.month")}
    FROM stat_delta_employer e JOIN charge c USING (employer_id) WHERE e.id <= bound
    UNION ALL
    SELECT {employers.month("c.month")}, {employers.month("c.month")}
    FROM stat_delta_employer e JOIN stat_delta_charge c USING (employer_id) WHERE e.id <= bound
) touched
"""  # noqa: S608 -- constants

COLLECTION_FUNCTIONS: Final = definitions.functions(
    COLLECTION.flow,
    contributors=[(EMPLOYER_WITH_SECTOR, "employer_id")],
    touched_too="""
        SELECT employer_id FROM stat_delta_charge WHERE id <= bound
        UNION
        SELECT employer_id FROM stat_delta_participation WHERE id <= bound
    """,
    of=_collection(everybody=False),
    everybody=_collection(everybody=True),
    months=_MONTHS,
)
