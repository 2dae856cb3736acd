"""Participants by month, area, scheme, sex and age: DF_PARTICIPANTS."""

from typing import Final

from lienthong.statistics import definitions
from lienthong.statistics.bands import AGE_BANDS
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
SELECT m.person_id, 'VN_' || m.province_code || '.' || m.scheme || '.'
           || CASE b.sex WHEN 1 THEN 'M' WHEN 2 THEN 'F' ELSE '_U' END || '.' || coalesce(a.code, '_U'),
       greatest(lower(m.months), a.since, lo), least(upper(m.months) - 1, a.until, hi), '{{}}'::bigint[]
FROM (
    SELECT person_id, province_code, scheme, unnest(range_agg(months)) AS months
    FROM (
        SELECT p.person_id, e.province_code, s.scheme,
               int4range(greatest(lo, (extract(year FROM p.valid_from) * 12 + extract(month FROM p.valid_from))::integer - 1),
                         least(hi, (extract(year FROM p.valid_to) * 12 + extract(month FROM p.valid_to))::integer - 1),
                         '[]') AS months
        FROM {participation} p
        {employer}
        JOIN (VALUES (1, 'SI'), (2, 'HI'), (4, 'UI'), (8, 'SI_VOL')) AS s (bit, scheme) ON p.schemes & s.bit > 0
        WHERE p.valid_from <= make_date(hi / 12, hi % 12 + 1, 1)
          AND (p.valid_to IS NULL OR p.valid_to >= make_date(lo / 12, lo % 12 + 1, 1))
    ) known GROUP BY person_id, province_code, scheme
) m
LEFT JOIN {participant} b USING (person_id)
LEFT JOIN LATERAL (
    SELECT c.code, (b.birth_year + c.youngest) * 12 AS since, (b.birth_year + c.oldest) * 12 + 11 AS until
    FROM (VALUES {bands}) AS c (code, youngest, oldest)
    WHERE b.birth_year IS NOT NULL
      AND int4range((b.birth_year + c.youngest) * 12, (b.birth_year + c.oldest) * 12 + 11, '[]') && m.months
) a ON true
"""


def _participants(*, everybody: bool) -> str:
    return _PARTICIPANTS.format(
        participation=definitions.state(PARTICIPATION, "person_id", everybody=everybody),
        participant=definitions.state(PARTICIPANT, "person_id", everybody=everybody),
        employer=(
            f"JOIN {definitions.state(EMPLOYER, 'employer_id', everybody=True)} e USING (employer_id)"
            if everybody
            else f"JOIN LATERAL {definitions.looked_up(EMPLOYER, 'employer_id', 'p.employer_id')} e ON true"
        ),
        bands=AGE_BANDS,
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
