"""What contributions tell becomes cards that the query service shows: the real database, the consumers' role."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from lienthong.bus.handling import EventContext, TimerContext
from lienthong.bus.sharing import Apart
from lienthong.db.pool import open_pool
from services.health_claims.commands import EmployeeCards, renew_cards
from services.health_claims.queries import PostgresCoverage
from services.health_claims.server import HealthClaimsQuery
from services.health_claims.translate.events import Incomplete
from tests.support import coverage
from vss.contributions.v1 import events_pb2
from vss.health_claims.v1 import health_claims_pb2 as pb
from vss.types.v1 import text_pb2

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
TODAY = date(2026, 11, 22)
MONTH = 2026 * 12 + 10
"""November 2026."""
UNIT, OTHER_UNIT = "9900000001DNA03", "9900000002HCO84"
BASE = 9_000_001_000
"""The persons of these tests: BASE + 1 and on."""


@pytest.fixture
def reader(stack_variable: Callable[[str], str]) -> Iterator[str]:
    """Empties what these tests write; gives the URL of the query service's role."""
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER"), autocommit=True) as owner:
        _forget(owner)
        coverage.forget(owner)
        coverage.store(owner)
        yield stack_variable("DATABASE_URL_HEALTH_CLAIMS")
        _forget(owner)
        coverage.forget(owner)


@pytest.fixture
def writer(reader: str, stack_variable: Callable[[str], str]) -> Iterator[psycopg.Connection[Any]]:
    """A connection like that of a consumer."""
    del reader
    url = stack_variable("DATABASE_URL_HEALTH_CLAIMS_WRITER")
    with psycopg.connect(url, autocommit=True, prepare_threshold=0) as connection:
        yield connection


def _forget(owner: psycopg.Connection[Any]) -> None:
    for table in map(sql.Identifier, ("employment", "card", "holder", "holder_identifier")):
        statement = sql.SQL("DELETE FROM {} WHERE person_id BETWEEN %s AND %s").format(table)
        owner.execute(statement, [9_000_000_000, BASE + 99_999])


def person(number: int, **given: Any) -> text_pb2.Person:
    usual: dict[str, Any] = {
        "person_id": BASE + number,
        "personal_id": f"9992{number:08d}",
        "si_number": f"98{number:08d}",
        "full_name": "Lý Thị Hoa",
        "born": "1995-03-08",
        "sex": text_pb2.SEX_FEMALE,
        "province_code": "99",
    }
    return text_pb2.Person(**(usual | given))


def told(*runs: tuple[int, int], version: int = 1, schemes: int = 7, who: text_pb2.Person) -> Any:
    """A participant with these periods; ended when the last of them is."""
    ended = not runs or runs[-1][1] != 0
    return events_pb2.Participant(
        person=who,
        change=events_pb2.PARTICIPATION_CHANGE_ENDED if ended else events_pb2.PARTICIPATION_CHANGE_CHANGED,
        version=version,
        periods=[
            events_pb2.Period(from_month=first, to_month=last, schemes=schemes, base_vnd=8_000_000)
            for first, last in runs
        ],
    )


def event(*participants: Any, unit: str = UNIT, **given: Any) -> events_pb2.ParticipationChanged:
    usual = {"employer_code": unit, "employer_name": "Đơn vị", "sector": "private", "province_code": "99"}
    return events_pb2.ParticipationChanged(**(usual | given), participants=participants)


def take_in(
    connection: psycopg.Connection[Any], what: events_pb2.ParticipationChanged, *, now: datetime = NOW
) -> None:
    """As the consumer does: in one transaction."""
    with connection.transaction():
        EmployeeCards().ParticipationChanged(what, context_of(connection, now))


def take_in_all(connection: psycopg.Connection[Any], *what: events_pb2.ParticipationChanged) -> None:
    """As the consumer does with several that wait."""
    with connection.transaction():
        contexts = [context_of(connection, NOW) for _ in what]
        EmployeeCards.TOGETHER["ParticipationChanged"](what, contexts)


def context_of(connection: psycopg.Connection[Any], now: datetime) -> EventContext:
    return EventContext(
        connection=connection,
        event_id=uuid4(),
        operation_id=None,
        occurred_at=now,
        now=now,
        publish=lambda *_args, **_named: pytest.fail("these cards tell nobody"),
    )


def check(
    url: str, who: text_pb2.Person, day: date = TODAY, *, today: date = TODAY
) -> pb.CheckCoverageResponse:
    """What the desk is told."""

    async def ask() -> pb.CheckCoverageResponse:
        async with open_pool(url, name="tests", connections=1) as pool:
            service = HealthClaimsQuery(PostgresCoverage(pool), today=lambda: today)
            request = pb.CheckCoverageRequest(
                identifier=who.personal_id,
                full_name=who.full_name,
                born=who.born,
                visit_on=day.isoformat(),
                facility_code="99001",
            )
            return await service.CheckCoverage(request, None)

    return asyncio.run(ask())


def test_a_new_employee_is_covered_and_her_card_is_shown(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    who = person(1)
    assert check(reader, who).result_code == "050"
    take_in(writer, event(told((MONTH, 0), who=who)))
    answer = check(reader, who)
    assert (answer.result_code, answer.covered) == ("000", True)
    assert (answer.card.card_code, answer.card.benefit_percent) == (f"DN499{who.si_number}", 80)
    assert (answer.card.valid_from, answer.card.valid_to) == ("2026-11-01", "2026-12-31")
    assert answer.card.registered_facility.code == "99000"


def test_a_first_card_registers_at_a_primary_facility_of_the_home_province(
    writer: psycopg.Connection[Any], reader: str, stack_variable: Callable[[str], str]
) -> None:
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER"), autocommit=True) as owner:
        owner.execute("UPDATE facility SET level = 1 WHERE code = '99001'")
        who = person(1)
        take_in(writer, event(told((MONTH, 0), who=who)))
        owner.execute("UPDATE facility SET level = 2 WHERE code = '99001'")
    assert check(reader, who).card.registered_facility.code == "99001"


def test_whoever_leaves_is_covered_until_the_last_day_and_then_reported_decreased(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    who = person(1)
    take_in(writer, event(told((MONTH - 5, 0), who=who)))
    take_in(writer, event(told((MONTH - 5, MONTH), who=who, version=2)))
    before, after = check(reader, who), check(reader, who, date(2026, 12, 1))
    assert (before.result_code, before.card.valid_to) == ("000", "2026-11-30")
    assert before.card.status == pb.CARD_STATUS_ACTIVE
    assert (after.result_code, after.card.status) == ("120", pb.CARD_STATUS_DECREASED)


def test_an_older_version_that_arrives_late_changes_nothing(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    who = person(1)
    take_in(writer, event(told((MONTH - 5, MONTH - 1), who=who, version=2)))
    take_in(writer, event(told((MONTH - 5, 0), who=who, version=1)))
    take_in(writer, event(told((MONTH - 5, 0), who=who, version=2)))
    assert check(reader, who).result_code == "120"


def test_a_change_of_base_alone_writes_no_card(writer: psycopg.Connection[Any], reader: str) -> None:
    who = person(1)
    take_in(writer, event(told((MONTH, 0), who=who)))
    before = check(reader, who)
    take_in(writer, event(told((MONTH, MONTH), (MONTH + 1, 0), who=who, version=2)))
    assert check(reader, who) == before


def test_a_change_of_base_alone_keeps_its_version_and_nothing_else(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    who, row = person(1), "SELECT version, changed_at FROM employment WHERE person_id = %s"
    take_in(writer, event(told((MONTH, 0), who=who)))
    (before,) = writer.execute(row, [who.person_id]).fetchall()
    take_in(writer, event(told((MONTH, 0), who=who, version=3)), now=datetime(2026, 11, 22, 5, tzinfo=UTC))
    assert writer.execute(row, [who.person_id]).fetchall() == [(3, before[1])]
    # What was told before it and arrives after it is known as older.
    take_in(writer, event(told((MONTH, MONTH), who=who, version=2)))
    assert check(reader, who).card.valid_to == "2026-12-31"


def test_among_changes_of_base_whoever_loses_cover_is_found(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    staying, losing = person(1), person(2)
    take_in(writer, event(told((MONTH - 5, 0), who=staying), told((MONTH - 5, 0), who=losing)))
    less = told((MONTH - 5, 0), who=losing, version=2, schemes=1 | 4)
    take_in(writer, event(told((MONTH - 5, 0), who=staying, version=2), less))
    assert check(reader, staying).result_code == "000"
    rows = "SELECT person_id, version, covered FROM employment WHERE person_id = ANY(%s) ORDER BY 1"
    assert writer.execute(rows, [[staying.person_id, losing.person_id]]).fetchall() == [
        (staying.person_id, 2, [MONTH - 5, 0]),
        (losing.person_id, 2, []),
    ]


def test_events_of_several_units_in_one_transaction_give_the_cards_that_one_after_the_other_gives(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    both, first, second = person(1), person(2), person(3)
    take_in_all(
        writer,
        event(told((MONTH - 5, 0), who=both), told((MONTH, 0), who=first)),
        event(told((MONTH - 2, 0), who=both), told((MONTH, 0), who=second), unit=OTHER_UNIT),
    )
    assert {check(reader, who).result_code for who in (both, first, second)} == {"000"}
    take_in_all(
        writer,
        event(told((MONTH - 5, MONTH - 1), who=both, version=2), told((MONTH, 0), who=first, version=2)),
        event(told((MONTH, MONTH), who=second, version=2), unit=OTHER_UNIT),
    )
    cards = {who.person_id: check(reader, who).card for who in (both, first, second)}
    assert [card.valid_to for card in cards.values()] == ["2026-12-31", "2026-12-31", "2026-11-30"]
    rows = "SELECT employer_code, version FROM employment WHERE person_id = %s ORDER BY 1"
    assert writer.execute(rows, [both.person_id]).fetchall() == [(UNIT, 2), (OTHER_UNIT, 1)]


def test_two_events_of_one_unit_about_different_people_share_a_transaction(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    first, second, third = person(1), person(2), person(3)
    take_in_all(
        writer,
        event(told((MONTH, 0), who=first)),
        event(told((MONTH, 0), who=second, version=2), told((MONTH, 0), who=third, version=2)),
    )
    assert {check(reader, who).result_code for who in (first, second, third)} == {"000"}
    take_in_all(
        writer,
        event(told((MONTH, MONTH), who=third, version=3)),
        event(told((MONTH, 0), who=first, version=4)),
    )
    ends = [check(reader, who).card.valid_to for who in (first, second, third)]
    assert ends == ["2026-12-31", "2026-12-31", "2026-11-30"]
    rows = "SELECT person_id, version FROM employment ORDER BY 1"
    assert writer.execute(rows).fetchall()[-3:] == [
        (first.person_id, 4),
        (second.person_id, 2),
        (third.person_id, 3),
    ]


def test_two_events_in_which_a_unit_tells_of_one_person_do_not_share_a_transaction(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    del reader
    who = person(1)
    with pytest.raises(Apart):
        take_in_all(
            writer,
            event(told((MONTH, 0), who=who)),
            event(told((MONTH, 0), who=person(2)), unit=OTHER_UNIT),
            event(told((MONTH, MONTH), who=who, version=2)),
        )
    assert writer.execute("SELECT FROM employment WHERE person_id = %s", [who.person_id]).fetchall() == []


def test_months_without_health_insurance_give_no_card(writer: psycopg.Connection[Any], reader: str) -> None:
    who = person(1)
    take_in(writer, event(told((MONTH, 0), who=who, schemes=1 | 4)))
    assert check(reader, who).result_code == "050"


def test_a_second_unit_keeps_the_card_when_the_first_ends(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    who = person(1)
    take_in(writer, event(told((MONTH - 5, 0), who=who)))
    take_in(writer, event(told((MONTH - 2, 0), who=who), unit=OTHER_UNIT))
    take_in(writer, event(told((MONTH - 5, MONTH - 1), who=who, version=2)))
    answer = check(reader, who)
    assert (answer.result_code, answer.card.valid_to) == ("000", "2026-12-31")


def test_a_better_card_is_kept_beside_the_employees(writer: psycopg.Connection[Any], reader: str) -> None:
    mai = coverage.MAI
    who = person(
        1,
        person_id=mai.holder.person_id,
        personal_id=mai.personal_id,
        si_number=mai.si_number,
        full_name=mai.full_name,
        born="1950",
    )
    take_in(writer, event(told((MONTH, 0), who=who)))
    answer = check(reader, who)
    assert (answer.result_code, answer.card.subject_code) == ("000", "CK")
    cards = writer.execute("SELECT card_code FROM card WHERE person_id = %s", [who.person_id]).fetchall()
    assert sorted(row[0][:2] for row in cards) == ["CK", "DN"]


def test_whoever_has_no_social_insurance_number_yet_gets_a_card_all_the_same(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    who = person(1, si_number="", born="1995")
    take_in(writer, event(told((MONTH, 0), who=who)))
    answer = check(reader, who)
    assert (answer.result_code, answer.card.card_code) == ("000", f"DN499{who.personal_id[-10:]}")


@pytest.mark.parametrize(
    "wrong",
    [
        event(told((MONTH, 0), who=person(1)), employer_code=""),
        event(told((MONTH, 0), who=person(1)), province_code=""),
        event(told((MONTH, 0), who=person(1, person_id=0))),
        event(told((MONTH, 0), who=person(1, born=""))),
        event(told((MONTH, 0), who=person(1, personal_id="", si_number=""))),
    ],
)
def test_an_incomplete_event_changes_nothing(
    writer: psycopg.Connection[Any], wrong: events_pb2.ParticipationChanged
) -> None:
    with pytest.raises(Incomplete):
        take_in(writer, wrong)
    found = writer.execute("SELECT count(*) FROM employment WHERE person_id >= %s", [BASE]).fetchone()
    assert found == (0,)


def test_thousands_of_participants_are_one_event(writer: psycopg.Connection[Any]) -> None:
    people = [person(number) for number in range(1, 3_001)]
    take_in(writer, event(*(told((MONTH, 0), who=who) for who in people)))
    take_in(writer, event(*(told((MONTH, MONTH), who=who, version=2) for who in people[::2])))
    rows = writer.execute(
        "SELECT valid_to, status, count(*) FROM card WHERE person_id >= %s GROUP BY 1, 2 ORDER BY 1", [BASE]
    ).fetchall()
    assert rows == [(date(2026, 11, 30), 3, 1_500), (date(2026, 12, 31), 1, 1_500)]


def test_two_events_about_the_same_people_at_once_wait_for_each_other(
    writer: psycopg.Connection[Any], stack_variable: Callable[[str], str], reader: str
) -> None:
    people = [person(number) for number in range(1, 201)]
    failed: list[BaseException] = []

    def from_other_unit() -> None:
        try:
            with psycopg.connect(
                stack_variable("DATABASE_URL_HEALTH_CLAIMS_WRITER"), autocommit=True
            ) as another:
                for version in range(1, 11):
                    participants = (told((MONTH - 2, 0), who=p, version=version) for p in reversed(people))
                    take_in(another, event(*participants, unit=OTHER_UNIT))
        except BaseException as error:  # noqa: BLE001 -- raised below
            failed.append(error)

    other = threading.Thread(target=from_other_unit)
    other.start()
    for version in range(1, 11):
        last = 0 if version < 10 else MONTH - 1
        take_in(writer, event(*(told((MONTH - 5, last), who=p, version=version) for p in people)))
    other.join(30)
    assert not failed
    assert {check(reader, who).result_code for who in people[::50]} == {"000"}


def test_the_turn_of_the_year_extends_the_cards_of_those_who_go_on(
    writer: psycopg.Connection[Any], reader: str
) -> None:
    # At the turn of an earlier year: nobody of the nation that the stack may hold is due at this one.
    before, after = datetime(2024, 11, 22, 3, tzinfo=UTC), date(2025, 1, 1)
    staying, leaving, month = person(1), person(2), MONTH - 24
    take_in(writer, event(told((month, 0), who=staying), told((month, month + 1), who=leaving)), now=before)
    with writer.transaction():
        context = TimerContext(
            connection=writer,
            now=datetime(2024, 12, 31, 17, 5, tzinfo=UTC),  # 00:05 on 1 January in Việt Nam
            publish=lambda *_args, **_named: pytest.fail("these cards tell nobody"),
        )
        renew_cards(context)
    visit = date(2025, 3, 1)
    assert check(reader, staying, visit, today=after).card.valid_to == "2025-12-31"
    assert check(reader, leaving, visit, today=after).result_code == "120"


def test_the_consumers_role_can_delete_nothing_of_cards(writer: psycopg.Connection[Any]) -> None:
    for table in map(sql.Identifier, ("card", "holder", "holder_identifier", "employment")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.execute(sql.SQL("DELETE FROM {}").format(table))
