"""The stage as it was before the story was told the last time, so that it can be told again.

Only what the story itself changes is put back: payments, letters and reports of the cast's
first employer, stays and dossiers that the story made. Whoever was employed since stays.
"""

from datetime import date

import psycopg
from psycopg import sql

from deploy.demo.stage import NotAsTold
from deploy.local.stack import Stack
from deploy.nation.cast import EMPLOYER, Member

_CONNECT_TIMEOUT_S = 5
_YOUNGEST, _OLDEST = 22, 50
_CANDIDATES = 5_000

_PUT_BACK = (
    "SELECT FROM employer_account WHERE employer_id = %(employer)s FOR UPDATE",
    "DELETE FROM allocation WHERE employer_id = %(employer)s",
    "DELETE FROM payment WHERE employer_id = %(employer)s",
    "DELETE FROM charge WHERE employer_id = %(employer)s AND fund = 6",
    (
        "UPDATE charge SET paid_vnd = 0, paid_on = NULL, settled_on = NULL"
        " WHERE employer_id = %(employer)s AND month >= %(first)s"
    ),
    (
        "DELETE FROM report_step USING report"
        " WHERE report.report_id = report_step.report_id AND employer_id = %(employer)s"
    ),
    "DELETE FROM report WHERE employer_id = %(employer)s",
    (
        "UPDATE employer_account a SET owed_vnd = debt.owed, oldest_unpaid = debt.oldest, told_state = 2"
        " FROM (SELECT sum(due_vnd - paid_vnd)::bigint AS owed, min(month) AS oldest FROM charge"
        "       WHERE employer_id = %(employer)s AND paid_vnd < due_vnd) AS debt"
        " WHERE a.employer_id = %(employer)s"
    ),
)


TREATMENT_PREFIX = "DEMO-"
"""How the numbers of the story's own treatments begin."""
_TREATMENT_TABLES = ("stay", "dossier", "dossier_drug", "dossier_service", "dossier_sensitive", "treatment")
_SUM_AGAIN = (
    "UPDATE copay_year c SET copay_vnd = copay_vnd - told.copay,"
    " paid_before_change = paid_before_change - told.before"
    " FROM (SELECT person_id, extract(year FROM discharged_at AT TIME ZONE 'Asia/Ho_Chi_Minh') AS year,"
    "       sum(copay_counted_vnd) AS copay, coalesce(sum(copay_counted_vnd) FILTER"
    "       (WHERE discharged_at < make_timestamptz(%(year)s, 7, 1, 0, 0, 0, 'Asia/Ho_Chi_Minh')), 0) AS before"
    "       FROM dossier WHERE stands AND starts_with(treatment_code, %(prefix)s) GROUP BY 1, 2) AS told"
    " WHERE c.person_id = told.person_id AND c.year = told.year"
)


def put_back(stack: Stack, first_unpaid: date) -> None:
    """Let the cast's employer owe what it owed, every month from ``first_unpaid`` on; nobody of it is admitted."""
    told = {"employer": EMPLOYER, "first": first_unpaid}
    with _owner(stack, "contributions") as connection, connection.transaction():
        for statement in _PUT_BACK:
            connection.execute(statement, told)
    with _owner(stack, "health_claims") as connection, connection.transaction():
        connection.execute(_SUM_AGAIN, {"prefix": TREATMENT_PREFIX, "year": first_unpaid.year})
        for table in _TREATMENT_TABLES:
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE starts_with(treatment_code, %s)").format(sql.Identifier(table)),
                [TREATMENT_PREFIX],
            )


def revoke_card(stack: Stack, person: Member) -> None:
    """Let health insurance take back her cards (thu hồi)."""
    with _owner(stack, "health_claims") as connection:
        connection.execute(
            "UPDATE card SET status = 2, status_from = NULL, changed_at = now() WHERE person_id = %s",
            [person.person_id],
        )


def newcomer(stack: Stack, today: date) -> Member:
    """Somebody of working age without work and without a card: nobody has employed her in a story yet.

    Raises NotAsTold when there is nobody left.
    """
    with (
        _owner(stack, "identity") as identity,
        _owner(stack, "contributions") as contributions,
        _owner(stack, "health_claims") as health_claims,
    ):
        people = identity.execute(
            "SELECT person_id, full_name, sex, birth_date::text, personal_id, si_number, province_code"
            " FROM person WHERE person_id >= 100 AND birth_date IS NOT NULL AND birth_year BETWEEN %s AND %s"
            " ORDER BY person_id LIMIT %s",
            [today.year - _OLDEST, today.year - _YOUNGEST, _CANDIDATES],
        ).fetchall()
        ids = [[row[0] for row in people]]
        taken: set[int] = set()
        for connection, table in ((contributions, b"participation"), (health_claims, b"card")):
            query = b"SELECT DISTINCT person_id FROM " + table + b" WHERE person_id = ANY(%s)"
            taken |= {row[0] for row in connection.execute(query, ids)}
    for person_id, name, sex, born, personal_id, si_number, province in people:
        if person_id not in taken:
            return Member(
                person_id=person_id, full_name=name, sex=sex, born=born, personal_id=personal_id,
                si_number=si_number, province_code=province,
            )  # fmt: skip
    raise NotAsTold("everybody in the nation has work or a card: seed another one")


def _owner(stack: Stack, database: str) -> psycopg.Connection:
    url = stack.database_url(database, f"{database}_owner")
    return psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S, autocommit=True)
