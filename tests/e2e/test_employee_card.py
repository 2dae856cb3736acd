"""From a signed declaration to the card at the desk, and back: gateway, bus, contributions, bus, health_claims."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from lienthong.client import Client, DeclarationLine, DeclarationResult, Months, OperationState
from lienthong.clock import vietnam_today
from tests.support.stack import until

PERSON_ID = 9_100_000_001
PERSONAL_ID, SI_NUMBER, NAME = "999300000001", "9700000001", "Mạc Thị Bưởi"
SECONDS = 20.0
"""For what travels over the bus twice."""


@pytest.fixture
def newcomer(stack_variable: Callable[[str], str]) -> Iterator[None]:
    """Somebody whom only the identity service knows, and nobody afterwards."""
    identity = stack_variable("DATABASE_URL_IDENTITY_OWNER")
    health_claims = stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER")
    _forget(identity, "person_identifier", "person")
    _forget(health_claims, "card", "employment", "holder_identifier", "holder")
    with psycopg.connect(identity) as owner:
        owner.execute(
            "INSERT INTO person (person_id, personal_id, si_number, full_name, match_key, birth_date,"
            " birth_year, sex, province_code, changed_at)"
            " VALUES (%s, %s, %s, %s, 'MAC THI BUOI', '1997-03-02', 1997, 2, '01', now())",
            [PERSON_ID, PERSONAL_ID, SI_NUMBER, NAME],
        )
        for identifier in (PERSONAL_ID, SI_NUMBER):
            owner.execute("INSERT INTO person_identifier VALUES (%s, %s)", [identifier, PERSON_ID])
    yield
    _forget(identity, "person_identifier", "person")
    _forget(health_claims, "card", "employment", "holder_identifier", "holder")


def _forget(url: str, *tables: str) -> None:
    with psycopg.connect(url) as owner:
        for table in map(sql.Identifier, tables):
            owner.execute(sql.SQL("DELETE FROM {} WHERE person_id = %s").format(table), [PERSON_ID])


def declare(agencies: Path, kind: str, month: str, base_vnd: int = 0) -> DeclarationResult:
    """Hand in one line and wait for its end."""
    line = DeclarationLine(
        kind=kind, identifier=PERSONAL_ID, full_name=NAME, from_month=month, base_vnd=base_vnd
    )
    with Client(agencies / "employer-demo") as employer:
        accepted = employer.submit_declaration([line])
        ended = employer.wait(accepted.operation_id, timeout_s=SECONDS)
    assert ended.state is OperationState.COMPLETED
    assert isinstance(ended.outcome, DeclarationResult)
    return ended.outcome


@pytest.mark.usefixtures("newcomer")
def test_a_declaration_gives_the_employee_a_card_and_another_takes_it(
    stack_variable: Callable[[str], str],
) -> None:
    agencies = Path(stack_variable("RUN")) / "agencies"
    today = vietnam_today()
    month = f"{today:%Y-%m}"

    with Client(agencies / "hospital-demo") as hospital:

        def code() -> str:
            return hospital.check_coverage(PERSONAL_ID, full_name=NAME, born="1997-03-02").result_code

        assert code() == "050"
        assert declare(agencies, "increase", month, 9_000_000).accepted == 1
        until(lambda: code() == "000", seconds=SECONDS, what="the employee's card")
        card = hospital.check_coverage(SI_NUMBER, full_name=NAME, born="1997").card
        assert card is not None
        assert (card.subject_code, card.benefit_percent) == ("DN", 80)
        assert (card.valid_from, card.valid_to) == (today.replace(day=1), date(today.year, 12, 31))
        with Client(agencies / "employer-demo") as employer:
            (row,) = employer.ledger_page(Months(identifier=PERSONAL_ID)).months
        assert row.month == month
        # From the same month on without: she never took part, and nothing is owed for her.
        assert declare(agencies, "decrease", month).accepted == 1
        until(lambda: code() == "120", seconds=SECONDS, what="the end of the card")
