"""What must hold of claims: dossiers once, versions, lines, and the year's own payments."""

from benchmarks.chaos.claims import dossier
from benchmarks.chaos.evidence import Evidence, Verdict, differences

_DOSSIERS = """
SELECT facility_code, treatment_code, version, stands, insured_cost_vnd, fund_vnd, copay_vnd
FROM dossier WHERE facility_code = ANY(%s)
"""

_LINES = """
SELECT facility_code, treatment_code, version, insured_cost_vnd, fund_vnd, lines.number, lines.cost, lines.fund
FROM dossier
CROSS JOIN LATERAL (
    SELECT count(*) AS number, coalesce(sum(cost), 0)::bigint AS cost, coalesce(sum(fund), 0)::bigint AS fund
    FROM (
        SELECT cost_vnd AS cost, fund_vnd AS fund FROM dossier_drug one
        WHERE (one.person_id, one.facility_code, one.treatment_code, one.version)
            = (dossier.person_id, dossier.facility_code, dossier.treatment_code, dossier.version)
        UNION ALL
        SELECT cost_vnd, fund_vnd FROM dossier_service one
        WHERE (one.person_id, one.facility_code, one.treatment_code, one.version)
            = (dossier.person_id, dossier.facility_code, dossier.treatment_code, dossier.version)
    ) AS line
) AS lines
WHERE facility_code = ANY(%s)
"""

_OWN_PAYMENTS = """
WITH asked AS (SELECT DISTINCT person_id FROM dossier WHERE facility_code = ANY(%s)),
summed AS (
    SELECT person_id, extract(year FROM discharged_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::int AS year,
           sum(copay_counted_vnd)::bigint AS vnd
    FROM dossier JOIN asked USING (person_id) WHERE stands GROUP BY 1, 2
),
kept AS (SELECT person_id, year::int, copay_vnd AS vnd FROM copay_year JOIN asked USING (person_id))
SELECT person_id, year, coalesce(kept.vnd, 0), coalesce(summed.vnd, 0)
FROM kept FULL JOIN summed USING (person_id, year)
"""


def dossiers_as_predicted(evidence: Evidence) -> Verdict:
    """Every accepted dossier is there once, in the versions of the model; the last one stands."""
    rows = evidence.health_claims.execute(_DOSSIERS, [list(evidence.facilities)]).fetchall()
    found = {row[:3]: row[3:] for row in rows}
    expected = {}
    for model in evidence.facilities.values():
        for versions in model.versions.values():
            for number, claim in enumerate(versions, 1):
                made = dossier(model.facility, claim)
                expected[made.facility_code, made.treatment_code, number] = (
                    number == len(versions), made.cost_vnd, made.fund_vnd, made.copay_vnd,
                )  # fmt: skip
    broken = differences(found, expected)
    if len(rows) != len(found):
        broken.append("a version of a dossier is there twice")
    return Verdict("every accepted dossier is there once, in its versions", len(expected), broken)


def lines_are_whole(evidence: Evidence) -> Verdict:
    """Every version has all its lines, and they add up to it."""
    wanted = {}
    for model in evidence.facilities.values():
        for versions in model.versions.values():
            for number, claim in enumerate(versions, 1):
                made = dossier(model.facility, claim)
                wanted[made.facility_code, made.treatment_code, number] = len(made.lines)
    rows = evidence.health_claims.execute(_LINES, [list(evidence.facilities)]).fetchall()
    found = {(*row[:3],): row[3:] for row in rows}
    expected = {key: (cost, fund, wanted.get(key, 0), cost, fund) for key, (cost, fund, *_) in found.items()}
    return Verdict(
        "every dossier has all its lines, and they add up", len(rows), differences(found, expected)
    )


def own_payments_add_up(evidence: Evidence) -> Verdict:
    """What a person paid herself in a year is the sum over the dossiers that stand."""
    rows = evidence.health_claims.execute(_OWN_PAYMENTS, [list(evidence.facilities)]).fetchall()
    broken = [
        f"person {person}, {year}: {kept} kept, {summed} summed"
        for person, year, kept, summed in rows
        if kept != summed
    ]
    return Verdict("the year's own payments are the sum over standing dossiers", len(rows), broken)
