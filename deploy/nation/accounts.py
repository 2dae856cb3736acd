"""What every unit owes and has paid: computed in the database after the load, with the rule of the law.

From who takes part and from what is staged (``arrears``: the first month that a unit
has not paid) follow charges, payments, letters and accounts:

- every unit is charged for the two months opened last; a unit in arrears also for the
  older months that it owes. A covered month before these without a charge was taken
  over as settled;
- what was paid was paid in time, by one payment for each month;
- a payment too small settles funds in the order of the law, in the oldest month only:
  money always goes to the oldest month first;
- about half of those who are late for long were urged in writing: beyond day 60 that is evasion;
- months that are over are judged as the consumers' timer judges them, from July 2025 on. Units that were late once
  and have paid since are not in this nation: the further back a month, the fewer are late.

The amounts are those of :mod:`services.contributions.domain.dues`, fund by fund and
person by person, summed by the server. A test holds one to the other.
"""

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

import psycopg

from deploy.nation.calendar import month_number, month_start
from lienthong import law
from services.contributions.commands import compliance
from services.contributions.domain.dues import Fund, floor_of, tariff
from services.contributions.domain.months import deadline

MONTHS_KEPT = 2
"""Months for which every unit is charged: the current one and the one before."""
MONTHS_JUDGED = 24
"""Months that are over and whose legal states are kept, at most."""
FIRST_JUDGED = 2025 * 12 + 6
"""July 2025: before, another law ruled."""
_FUNDS = (Fund.RETIREMENT, Fund.SICKNESS, Fund.OCCUPATIONAL, Fund.UNEMPLOYMENT, Fund.HEALTH)
_REGIONS = (1, 2, 3, 4)
_ALL_SCHEMES = range(1, 16)

DERIVED = (
    "employer_account", "charge", "book", "payment", "allocation", "declaration", "urge", "report",
    "report_step", "compliance_month",
)  # fmt: skip
"""Tables that a load empties; this module fills most of them."""

STAGE = """
CREATE TEMP TABLE arrears (
    employer_id  bigint  NOT NULL,
    first_unpaid date    NOT NULL,
    partly       boolean NOT NULL
) ON COMMIT DROP
"""
"""Where the load puts units that have not paid everything: ``partly`` says that the oldest month is begun."""

_TARIFF = f"""
CREATE TEMP TABLE tariff (
    month date, deadline date, schemes smallint, region smallint, reduced boolean, floor_vnd bigint,
    {", ".join(f"cap{f} bigint, rate{f}_employer bigint, rate{f}_employee bigint" for f in _FUNDS)}
) ON COMMIT DROP
"""

# The months of each unit: all that it may owe, and those that everybody is charged for.
_WANTED = """
CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT e.employer_id, e.region, e.reduced_accident_rate AS reduced, m.month::date AS month,
       coalesce(m.month >= a.first_unpaid, false) AS unpaid,
       coalesce(a.partly AND m.month = a.first_unpaid, false) AS begun
FROM employer e LEFT JOIN arrears a USING (employer_id)
CROSS JOIN LATERAL generate_series(
    least(coalesce(a.first_unpaid, %(taken_over)s::date), %(taken_over)s::date)::timestamp,
    %(now)s::date::timestamp, '1 month') AS m (month)
"""

_SUM = "sum((least(p.base_vnd, cap{0}) * rate{0}_{1} + 5000) / 10000)"

# One row a unit and month with a column a fund; the people of a month are read once.
_TOTALS = f"""
CREATE TEMP TABLE total ON COMMIT DROP AS
SELECT w.employer_id, w.month, w.unpaid, w.begun,
       count(*) FILTER (WHERE p.base_vnd < t.floor_vnd) AS under_floor,
       {", ".join(f"({_SUM.format(f, 'employer')} + {_SUM.format(f, 'employee')})::bigint AS due{f}" for f in _FUNDS)}
FROM wanted w
JOIN participation p ON p.employer_id = w.employer_id
    AND p.valid_from <= w.month AND (p.valid_to IS NULL OR p.valid_to >= w.month)
JOIN tariff t ON t.month = w.month AND t.schemes = p.schemes AND t.region = w.region AND t.reduced = w.reduced
WHERE p.valid_to IS NULL OR p.valid_to >= %(oldest)s
GROUP BY w.employer_id, w.month, w.unpaid, w.begun
"""  # noqa: S608 - built from constants of this module

# A month is paid between its tenth and its last day, and never after the day of the nation.
_VALUE_DATE = "least(month + 9 + (hashint8(employer_id) & 15), greatest(%(as_of)s::date, month))"

_CHARGES = f"""
INSERT INTO charge (employer_id, month, entry, fund, due_vnd, paid_vnd, paid_on, settled_on, changed_at)
SELECT employer_id, month, 0, fund, due, CASE WHEN paid THEN due ELSE 0 END,
       CASE WHEN paid THEN {_VALUE_DATE} END, CASE WHEN paid THEN {_VALUE_DATE} END,
       least({_VALUE_DATE}, %(as_of)s)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
FROM total
CROSS JOIN LATERAL (VALUES {", ".join(f"({f.value}, due{f})" for f in _FUNDS)}) AS funds (fund, due)
CROSS JOIN LATERAL (SELECT NOT unpaid OR (begun AND fund = %(first_fund)s) AS paid) AS state
WHERE due > 0
ORDER BY employer_id, month, fund
"""  # noqa: S608

_PAYMENTS = """
INSERT INTO payment (employer_id, amount_vnd, unallocated_vnd, recorded_at, operation_id, value_date, bank_id,
                     reference)
SELECT employer_id, sum(paid_vnd), 0, (paid_on + time '09:00') AT TIME ZONE 'Asia/Ho_Chi_Minh',
       md5('payment ' || employer_id || ' ' || month)::uuid, paid_on, 'bank-demo',
       'NATION-' || employer_id || '-' || to_char(month, 'YYYYMM')
FROM charge WHERE paid_vnd > 0 GROUP BY employer_id, month, paid_on ORDER BY employer_id, month
"""

_ALLOCATIONS = """
INSERT INTO allocation (payment_id, employer_id, month, entry, fund, amount_vnd, value_date)
SELECT p.payment_id, c.employer_id, c.month, c.entry, c.fund, c.paid_vnd, c.paid_on
FROM charge c JOIN payment p ON p.bank_id = 'bank-demo'
    AND p.reference = 'NATION-' || c.employer_id || '-' || to_char(c.month, 'YYYYMM')
WHERE c.paid_vnd > 0 ORDER BY c.employer_id, c.month, array_position(%(order)s::smallint[], c.fund)
"""

# A letter three weeks after the deadline of the oldest month; not to the cast, whose story has none.
_LETTERS = """
INSERT INTO urge (employer_id, operation_id, issued_on, document_number, agency_id, staff)
SELECT employer_id, md5('urge ' || employer_id)::uuid, deadline + 20, employer_id || '/BHXH-QLT',
       'inspector-demo', 'demo-staff'
FROM (SELECT employer_id, min(month) AS month FROM charge WHERE paid_vnd < due_vnd GROUP BY 1) AS debtor
JOIN (SELECT DISTINCT month, deadline FROM tariff) AS due USING (month)
WHERE employer_id >= 100 AND hashint8(employer_id) & 1 = 0 AND deadline + 20 <= %(as_of)s
ORDER BY employer_id
"""

_ACCOUNTS = """
INSERT INTO employer_account (employer_id, province_code, sector, taken_over, owed_vnd, oldest_unpaid,
                              underdeclared, urged_on, told_state, changed_at)
SELECT e.employer_id, e.province_code, e.sector, %(taken_over)s, coalesce(owed, 0), oldest,
       coalesce(under_floor, 0), issued_on,
       CASE WHEN coalesce(under_floor, 0) > 0 THEN 3
            WHEN issued_on > deadline AND deadline + %(evasion_days)s < %(as_of)s THEN 3
            WHEN deadline < %(as_of)s THEN 2 ELSE 1 END,
       %(as_of)s::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
FROM employer e
LEFT JOIN (SELECT employer_id, sum(due_vnd - paid_vnd)::bigint AS owed, min(month) AS oldest
           FROM charge WHERE paid_vnd < due_vnd GROUP BY employer_id) AS debt USING (employer_id)
LEFT JOIN (SELECT DISTINCT month AS oldest, deadline FROM tariff) AS due USING (oldest)
LEFT JOIN (SELECT employer_id, under_floor FROM total WHERE month = %(now)s) AS now USING (employer_id)
LEFT JOIN urge USING (employer_id)
ORDER BY e.employer_id
"""


def derive(connection: psycopg.Connection[Any], as_of: date) -> int:
    """Fill the accounts inside the transaction of a load; the rows written."""
    run = connection.execute
    now = month_number(as_of)
    taken_over = month_start(now - MONTHS_KEPT + 1)
    oldest = run("SELECT least(min(first_unpaid), %s) FROM arrears", [taken_over]).fetchone()
    funds = [Fund[name.upper()] for name in law.allocation().at("allocation_order", as_of).value.funds]
    told: dict[str, Any] = {
        "as_of": as_of,
        "now": month_start(now),
        "taken_over": taken_over,
        "oldest": oldest[0] if oldest else taken_over,
        "order": [fund.value for fund in funds],
        "first_fund": funds[0].value,
        "evasion_days": law.days().at("evasion_days", as_of).value.number,
    }
    _stage_tariff(connection, month_number(told["oldest"]), now)
    run(_WANTED, told)
    run("ANALYZE wanted, tariff")
    run(_TOTALS, told)
    written = 0
    for statement in (_CHARGES, _PAYMENTS, _ALLOCATIONS, _LETTERS, _ACCOUNTS):
        written += run(statement, told).rowcount
    first = max(FIRST_JUDGED, now - MONTHS_JUDGED)
    book = "INSERT INTO book (opened_through, judged_from, judged_through) VALUES (%s, %s, %s)"
    run(book, [told["now"], month_start(first), month_start(first - 1)])
    return written + 1 + sum(compliance.judge_month(connection, month) for month in range(first, now))


def _stage_tariff(connection: psycopg.Connection[Any], first: int, last: int) -> None:
    """The tariff of the months ``first`` to ``last`` as a table."""
    connection.execute(_TARIFF)
    with connection.cursor() as cursor, cursor.copy("COPY tariff FROM STDIN") as copy:
        for row in _tariff_rows(first, last):
            copy.write_row(row)


def _tariff_rows(first: int, last: int) -> Iterator[tuple[object, ...]]:
    for month, schemes, region, reduced in product(
        range(first, last + 1), _ALL_SCHEMES, _REGIONS, (False, True)
    ):
        by_fund = {row.fund: row for row in tariff(month, schemes, region, reduced)}
        columns: list[int] = []
        for fund in _FUNDS:
            found = by_fund.get(fund)
            columns += (found.cap_vnd, found.employer_rate, found.employee_rate) if found else (0, 0, 0)
        start = month_start(month)
        yield (start, deadline(start), schemes, region, reduced, floor_of(month, schemes, region), *columns)
