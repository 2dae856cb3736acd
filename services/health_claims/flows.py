"""What health_claims counts, and which cell a row belongs to: SQL for its migrations.

Months are ``year * 12 + month - 1``, as everywhere in SQL here.
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
        "valid_from": "date",
        "valid_to": "date",
        "status_from": "date",
        "status": "smallint",
        "benefit_digit": "smallint",
        "subject_code": 'text COLLATE "C"',
        "facility_code": 'text COLLATE "C"',
    },
)
FACILITY: Final = Source(
    table="facility", columns={"code": 'text COLLATE "C"', "province_code": 'text COLLATE "C"'}
)

COVERAGE: Final = FlowShape(
    flow="DF_COVERAGE",
    dimensions=("REF_AREA", "GROUP", "BENEFIT"),
    totals=("VN", "_T", "_T"),
    measures=("PERSONS",),
    indicator=False,
    is_distinct=True,
)

GROUPS: Final = (
    "DN", "HX", "CH", "NN", "TK", "HC", "XK", "HT", "TB", "NO", "CT", "XB", "TN", "CS", "QN", "CA", "CY", "XN",
    "MS", "CC", "CK", "CB", "KC", "HD", "TE", "BT", "HN", "DT", "DK", "XD", "TS", "TC", "TQ", "TA", "TY", "HG",
    "LS", "PV", "CN", "HS", "SV", "GB", "GD",
)  # fmt: skip
"""Subject codes that the list of groups has (``lienthong/law/card_groups.toml``); another is `_U`."""
DIGITS_RISING: Final = (4, 3, 2, 1, 5)
"""Benefit digits from the lowest benefit to the highest (``lienthong/law/benefits.toml``)."""

# A person is in one cell a month: her card that is valid on the month's first day, of several the one that
# `domain.coverage.cards_on` names first. So each card has the months that no better one has. Cards that are
# alike in everything that is ordered by belong to one cell.
_COVERAGE = """
SELECT m.person_id,
       coalesce('VN_' || f.province_code, '_U') || '.'
           || CASE WHEN m.subject_code IN ({groups}) THEN m.subject_code ELSE '_U' END || '.B' || m.benefit_digit,
       lower(m.piece), upper(m.piece) - 1, '{{}}'::bigint[]
FROM (
    SELECT person_id, facility_code, subject_code, benefit_digit,
           unnest(int4multirange(months) - coalesce(range_agg(months) OVER better, '{{}}')) AS piece
    FROM (
        SELECT person_id, facility_code, subject_code, benefit_digit, valid_from, valid_to,
               int4range(greatest(lo, since), least(hi, until), '[]') AS months
        FROM (
            SELECT c.*,
                   (extract(year FROM valid_from) * 12 + extract(month FROM valid_from))::integer - 1
                       + (extract(day FROM valid_from) > 1)::integer AS since,
                   (extract(year FROM last_day) * 12 + extract(month FROM last_day))::integer - 1 AS until
            FROM {card} c
            -- A card that is not active stood until then; where that day was not recorded it never did.
            CROSS JOIN LATERAL (
                SELECT CASE WHEN c.status = 1 THEN c.valid_to
                            WHEN c.status_from IS NOT NULL THEN least(c.valid_to, c.status_from - 1) END AS last_day
            ) stood
        ) counted WHERE greatest(lo, since) <= least(hi, until) AND until IS NOT NULL
    ) valid
    WINDOW better AS (
        PARTITION BY person_id
        ORDER BY array_position('{{{digits}}}'::smallint[], benefit_digit) DESC, valid_from, valid_to DESC,
                 subject_code, facility_code
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
) m
LEFT JOIN {facility}
"""


def _coverage(*, everybody: bool) -> str:
    return _COVERAGE.format(
        card=definitions.state(CARD, "person_id", everybody=everybody),
        facility=_facility("m.facility_code", everybody=everybody),
        groups=", ".join(f"'{group}'" for group in GROUPS),
        digits=",".join(map(str, DIGITS_RISING)),
    )


def _facility(outer: str, *, everybody: bool) -> str:
    """What follows LEFT JOIN: the facility whose code is ``outer``, as ``f``."""
    if everybody:
        return f"{definitions.state(FACILITY, 'code', everybody=True)} f ON f.code = {outer}"
    return f"LATERAL {definitions.looked_up(FACILITY, 'code', outer)} f ON true"


COVERAGE_FUNCTIONS: Final = definitions.functions(
    COVERAGE.flow,
    contributors=[(CARD, "person_id")],
    touched_too="""
        SELECT c.person_id FROM stat_delta_facility d JOIN card c ON c.facility_code = d.code WHERE d.id <= bound
        UNION
        SELECT c.person_id FROM stat_delta_facility d JOIN stat_delta_card c ON c.facility_code = d.code
        WHERE d.id <= bound
    """,
    of=_coverage(everybody=False),
    everybody=_coverage(everybody=True),
)
