"""Participants by month, area, scheme, sex and age: DF_PARTICIPANTS."""

from typing import Final

from lienthong.statistics import definitions
from lienthong.statistics.bands import BANDS_BY_BIRTH_YEAR
from lienthong.statistics.tables import FlowShape
from services.contributions.flows.sources import EMPLOYER, PARTICIPANT, PARTICIPATION

PARTICIPANTS: Final = FlowShape(
    flow="DF_PARTICIPANTS",
    dimensions=("REF_AREA", "SCHEME", "SEX", "AGE"),
    totals=("VN", "", "_T", "_T"),
    measures=("PERSONS",),
    indicator=False,
)

# A person with two units of one province is there once: her months with both are laid together. With units of
# two provinces she is in both. Who has no known sex or year of birth is `_U` and in every total.
_PARTICIPANTS = """
WITH p AS (
    SELECT person_id, employer_id, schemes,
           int4range(greatest(lo, (extract(year FROM valid_from) * 12 + extract(month FROM valid_from))::integer - 1),
                     least(hi, (extract(year FROM valid_to) * 12 + extract(month FROM valid_to))::integer - 1),
                     '[]') AS months
    FROM {participation} known
    WHERE valid_from <= make_date(hi / 12, hi % 12 + 1, 1)
      AND (valid_to IS NULL OR valid_to >= make_date(lo / 12, lo % 12 + 1, 1))
)
SELECT person_id, 'VN_' || province_code || '.' || scheme || '.'
           || CASE sex WHEN 1 THEN 'M' WHEN 2 THEN 'F' ELSE '_U' END || '.' || coalesce(a.code, '_U'),
       greatest(lower(months), a.since), least(upper(months) - 1, a.until), '{{}}'::bigint[]
FROM (
    SELECT person_id, province_code, b.sex, b.birth_year, scheme, unnest(months) AS months
    FROM (
        SELECT p.person_id, e.province_code,
               range_agg(p.months) FILTER (WHERE p.schemes & 1 > 0) AS social,
               range_agg(p.months) FILTER (WHERE p.schemes & 2 > 0) AS health,
               range_agg(p.months) FILTER (WHERE p.schemes & 4 > 0) AS unemployment,
               range_agg(p.months) FILTER (WHERE p.schemes & 8 > 0) AS voluntary
        FROM p JOIN {employer} e ON e.employer_id = p.employer_id AND e.earlier = (p.person_id < 0)
        GROUP BY p.person_id, e.province_code
    ) laid
    LEFT JOIN {participant} b USING (person_id)
    CROSS JOIN LATERAL (
        VALUES ('SI', social), ('HI', health), ('UI', unemployment), ('SI_VOL', voluntary)
    ) AS s (scheme, months)
) m
LEFT JOIN {bands} a ON a.birth_year = m.birth_year AND a.since < upper(m.months) AND a.until >= lower(m.months)
"""


def _participants(*, everybody: bool) -> str:
    return _PARTICIPANTS.format(
        participation=definitions.state(PARTICIPATION, "person_id", everybody=everybody),
        participant=definitions.state(PARTICIPANT, "person_id", everybody=everybody),
        employer=definitions.looked_up(
            EMPLOYER, "employer_id", "SELECT employer_id FROM p", everybody=everybody
        ),
        bands=BANDS_BY_BIRTH_YEAR,
    )


PARTICIPANTS_FUNCTIONS: Final = definitions.functions(
    PARTICIPANTS.flow,
    contributors=[(PARTICIPATION, "person_id"), (PARTICIPANT, "person_id")],
    touched_too="""
        SELECT p.person_id FROM stat_delta_employer d JOIN participation p USING (employer_id) WHERE d.id <= bound
        UNION
        SELECT p.person_id FROM stat_delta_employer d JOIN stat_delta_participation p USING (employer_id)
        WHERE d.id <= bound
    """,
    of=_participants(everybody=False),
    everybody=_participants(everybody=True),
)
