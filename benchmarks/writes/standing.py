"""What the reads of the benchmark look at: careers of fifteen years, and half a million units.

Kept in the loaded nation under numbers that it does not use, until it is loaded anew.
"""

from datetime import date

import psycopg

from benchmarks.stack import RunningStack
from deploy.nation.sampling import SampledPerson, sample

UNITS = 500_000
CAREERS = 500
YEARS = 15
_FIRST_UNIT = 800_000_000_000
_SEED = 5

_UNITS = """
INSERT INTO employer (employer_id, changed_at, region, employer_code, name, province_code, sector)
SELECT %(first)s::bigint + n, now(), 1, 'BENCH' || lpad(n::text, 9, '0'), 'Bench unit ' || n, '01', 'private'
FROM generate_series(1, %(units)s::bigint) AS n
ON CONFLICT DO NOTHING
"""
# Two in five owe, for up to five years; one in three of them was urged.
_ACCOUNTS = """
INSERT INTO employer_account (
    employer_id, changed_at, taken_over, province_code, sector, owed_vnd, oldest_unpaid, urged_on)
SELECT %(first)s::bigint + n, now(), date '2011-01-01', '01', 'private',
       CASE WHEN n %% 5 < 2 THEN 1000000 + n ELSE 0 END,
       CASE WHEN n %% 5 < 2 THEN (%(month)s::date - (n %% 60) * interval '1 month')::date END,
       CASE WHEN n %% 5 < 2 AND n %% 3 = 0 THEN %(month)s::date END
FROM generate_series(1, %(units)s::bigint) AS n
ON CONFLICT DO NOTHING
"""
# A change of base every year, at one unit in the first half of a career and another in the second.
_CAREERS = """
INSERT INTO participation (person_id, employer_id, base_vnd, changed_at, valid_from, valid_to, schemes)
SELECT p.person_id, %(first)s::bigint + 1 + (p.n + y.year / 8) %% 10, 5000000 + y.year * 500000, now(),
       (%(month)s::date - (%(years)s - y.year) * interval '12 months' + interval '1 month')::date,
       (%(month)s::date - (%(years)s - y.year - 1) * interval '12 months')::date, 7
FROM unnest(%(people)s::bigint[]) WITH ORDINALITY AS p (person_id, n)
CROSS JOIN generate_series(0, %(years)s::int - 1) AS y (year)
ON CONFLICT DO NOTHING
"""
_CHARGES = """
INSERT INTO charge (employer_id, entry, due_vnd, paid_vnd, changed_at, month, paid_on, settled_on, fund)
SELECT %(first)s::bigint + u, 0, 1000000, CASE WHEN m.back < 2 THEN 0 ELSE 1000000 END, now(), m.month,
       CASE WHEN m.back >= 2 THEN (m.month + interval '40 days')::date END,
       CASE WHEN m.back >= 2 THEN (m.month + interval '40 days')::date END, f
FROM generate_series(1, 10) AS u
CROSS JOIN (
    SELECT back, (%(month)s::date - back * interval '1 month')::date AS month
    FROM generate_series(0, %(years)s * 12 - 1) AS back
) AS m
CROSS JOIN generate_series(1, 5) AS f
ON CONFLICT DO NOTHING
"""


def prepare(stack: RunningStack, today: date) -> list[SampledPerson]:
    """Load what is missing; the people with the long careers."""
    people = list(sample(CAREERS, _SEED, environment=stack.environment))
    with psycopg.connect(stack.environment["DATABASE_URL_IDENTITY"]) as identity:
        ids = [
            row[0]
            for row in identity.execute(
                "SELECT person_id FROM person_identifier WHERE identifier = ANY(%s)",
                ([person.identifier for person in people],),
            )
        ]
    values = {
        "first": _FIRST_UNIT,
        "units": UNITS,
        "month": today.replace(day=1),
        "years": YEARS,
        "people": ids,
    }
    with psycopg.connect(
        stack.environment["DATABASE_URL_CONTRIBUTIONS_OWNER"], autocommit=True
    ) as connection:
        for statement in (_UNITS, _ACCOUNTS, _CAREERS, _CHARGES):
            connection.execute(statement, values)
        connection.execute("VACUUM (ANALYZE) employer, employer_account, participation, charge")
    return people
