"""What health insurance counts, and which cell a row belongs to: SQL for its migrations.

Months are ``year * 12 + month - 1``.
"""

from typing import Final

from lienthong.statistics import definitions
from lienthong.statistics.tables import FlowShape, Source

READER: Final = "health_claims"
FOLDER: Final = "health_claims_statistics"

CARD: Final = Source(
    table="card",
    columns={
        "person_id": "bigint",
        "card_code": "text",
        "valid_from": "date",
        "valid_to": "date",
        "status": "smallint",
        "status_from": "date",
        "subject_code": "text",
        "benefit_digit": "smallint",
        "facility_code": "text",
    },
)
FACILITY: Final = Source(table="facility", columns={"code": "text", "province_code": "text"})

COVERAGE: Final = FlowShape(
    flow="DF_COVERAGE",
    dimensions=("REF_AREA", "GROUP", "BENEFIT"),
    totals=("VN", "_T", "_T"),
    measures=("PERSONS",),
    indicator=False,
)

# A card counts in a month of which it was valid on a day: revoked, decreased or stopped it is so until the day before;
# where that day is not recorded, on none. The area is that of the registered facility. Who has several cards in one
# cell is there once; with cards of two groups or areas in each.
_COVERAGE = """
SELECT person_id, concat_ws('.', area, subject_code, benefit), lower(held), upper(held) - 1, '{{}}'::bigint[]
FROM (
    SELECT person_id, area, subject_code, benefit, unnest(range_agg(months)) AS held
    FROM (
        SELECT c.person_id, c.subject_code, coalesce('VN_' || f.province_code, '_U') AS area,
               'B' || c.benefit_digit AS benefit,
               int4range(greatest(lo, (extract(year FROM c.valid_from) * 12 + extract(month FROM c.valid_from))::integer - 1),
                         least(hi, (extract(year FROM c.ends) * 12 + extract(month FROM c.ends))::integer - 1),
                         '[]') AS months
        FROM (
            SELECT *, CASE WHEN status = 1 THEN valid_to ELSE least(valid_to, status_from - 1) END AS ends
            FROM {card} AS every_card
            WHERE status = 1 OR status_from IS NOT NULL
        ) c
        {facility}
        WHERE c.ends >= c.valid_from AND c.ends >= make_date(lo / 12, lo % 12 + 1, 1)
          AND c.valid_from < make_date(hi / 12, hi % 12 + 1, 1) + interval '1 month'
    ) known GROUP BY person_id, area, subject_code, benefit
) m
"""


def _coverage(*, everybody: bool) -> str:
    return _COVERAGE.format(
        card=definitions.state(CARD, "person_id", everybody=everybody),
        facility=(
            f"LEFT JOIN {definitions.state(FACILITY, 'code', everybody=True)} f ON f.code = c.facility_code"
            if everybody
            else f"LEFT JOIN LATERAL {definitions.looked_up(FACILITY, 'code', 'c.facility_code')} f ON true"
        ),
    )


COVERAGE_FUNCTIONS: Final = definitions.functions(
    COVERAGE.flow,
    contributors=[(CARD, "person_id")],
    # A facility that is new or moves is rare: then all cards are looked through.
    touched_too="""
        SELECT c.person_id FROM stat_delta_facility d JOIN card c ON c.facility_code = d.code WHERE d.id <= bound
        UNION
        SELECT c.person_id FROM stat_delta_facility d JOIN stat_delta_card c ON c.facility_code = d.code
        WHERE d.id <= bound
    """,
    of=_coverage(everybody=False),
    everybody=_coverage(everybody=True),
)
