"""A loaded nation is one whose units have declared: health insurance knows who works where, and keeps her card."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from deploy.nation.environment import owner_urls
from lienthong.bus.handling import EventContext, TimerContext
from services.contributions.domain.months import month_index
from services.health_claims.commands import EmployeeCards, renew_cards
from services.health_claims.translate.events import to_told
from tests.integration.nation.test_nation_postgres import AS_OF, Environment, load
from vss.contributions.v1 import events_pb2
from vss.types.v1 import text_pb2

TODAY = date.fromisoformat(AS_OF)
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
THIS_MONTH = month_index(TODAY)
OTHER_UNIT = "9900000001DNA03"
ACTIVE, DECREASED = 1, 3

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def nation(shared: Environment) -> Environment:
    """A whole nation."""
    done = load(shared)
    assert done.returncode == 0, done.stderr
    return shared


@pytest.fixture
def cards(nation: Environment) -> Iterator[Connection]:
    """Its health insurance, as it was loaded for every test."""
    with psycopg.connect(owner_urls(nation)["health_claims"]) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def books(nation: Environment) -> Iterator[Connection]:
    """Its contributions."""
    with psycopg.connect(owner_urls(nation)["contributions"], autocommit=True) as connection:
        yield connection


def take_in(cards: Connection, event: events_pb2.ParticipationChanged) -> None:
    """As the consumer does."""
    context = EventContext(
        connection=cards,
        event_id=uuid4(),
        operation_id=None,
        occurred_at=NOW,
        now=NOW,
        publish=lambda *_args, **_named: pytest.fail("these cards tell nobody"),
    )
    EmployeeCards().ParticipationChanged(event, context)


def told(person: text_pb2.Person, unit: str, version: int, *periods: tuple[int, int]) -> Any:
    """One unit tells of one person."""
    ended = periods[-1][1] != 0
    participant = events_pb2.Participant(
        person=person,
        change=events_pb2.PARTICIPATION_CHANGE_ENDED if ended else events_pb2.PARTICIPATION_CHANGE_STARTED,
        version=version,
        periods=[events_pb2.Period(from_month=first, to_month=last, schemes=7) for first, last in periods],
    )
    return events_pb2.ParticipationChanged(
        employer_code=unit, sector="private", province_code="01", participants=[participant]
    )


def employee(cards: Connection) -> tuple[text_pb2.Person, str, int, tuple[Any, ...]]:
    """Somebody at work in an enterprise, her unit, since when, and the card that she shows."""
    found = cards.execute(
        "SELECT person_id, employer_code, covered[1], card_code, valid_from, valid_to, status"
        " FROM employment JOIN card USING (person_id)"
        " WHERE person_id >= 100 AND cardinality(covered) = 2 AND covered[2] = 0 AND subject_code = 'DN'"
        "   AND status = 1 AND %s BETWEEN valid_from AND valid_to AND sector = 'private'"
        "   AND person_id IN (SELECT person_id FROM employment GROUP BY 1 HAVING count(*) = 1)"
        " ORDER BY person_id LIMIT 1",
        [TODAY],
    ).fetchone()
    assert found is not None
    person_id, unit, since, *card = found
    person = text_pb2.Person(
        person_id=person_id, si_number=card[0][-10:], full_name="Lý Thị Hoa", born="1990", sex=2,
        province_code="01",
    )  # fmt: skip
    return person, unit, since, tuple(card)


def shown(cards: Connection, person: text_pb2.Person, code: str) -> tuple[Any, ...] | None:
    return cards.execute(
        "SELECT card_code, valid_from, valid_to, status FROM card"
        " WHERE person_id = %s AND card_code = %s AND %s BETWEEN valid_from AND valid_to",
        [person.person_id, code, TODAY],
    ).fetchone()


def test_the_end_with_another_unit_leaves_the_card_to_the_unit_that_goes_on(cards: Connection) -> None:
    person, _, _, card = employee(cards)
    take_in(cards, told(person, OTHER_UNIT, 1, (THIS_MONTH - 3, 0)))
    take_in(cards, told(person, OTHER_UNIT, 2, (THIS_MONTH - 3, THIS_MONTH - 2)))
    assert shown(cards, person, card[0]) == card


def test_the_end_with_the_only_unit_ends_the_card(cards: Connection) -> None:
    person, unit, since, card = employee(cards)
    take_in(cards, told(person, unit, 1, (since, THIS_MONTH)))
    after = shown(cards, person, card[0])
    assert after is not None
    assert (after[2], after[3]) == (date(2026, 11, 30), DECREASED)


def test_what_a_unit_tells_again_as_it_was_loaded_changes_no_card(
    cards: Connection, books: Connection
) -> None:
    before = _all_cards(cards)
    events = list(_as_declared(books))
    for event in events:
        take_in(cards, event)
    assert _all_cards(cards) == before
    told_of = sum(len(event.participants) for event in events)
    assert cards.execute("SELECT count(*) FROM employment WHERE version = 1").fetchone() == (told_of,)
    # A row that was not there before would have been counted above, and here.
    assert cards.execute("SELECT count(*) FROM employment").fetchone() == (told_of,)


def test_the_rows_are_those_that_the_consumer_would_have_kept(cards: Connection, books: Connection) -> None:
    expected = {
        (person_id, event.employer_code): (covered, event.sector, event.province_code)
        for event in _as_declared(books)
        for read in [to_told(event)]
        for person_id, covered in zip(read.person_ids, read.covered, strict=True)
    }
    rows = cards.execute(
        "SELECT person_id, employer_code, covered::text, sector, province_code FROM employment"
    ).fetchall()
    assert len(rows) > 500
    assert {row[:2]: row[2:] for row in rows} == expected


def test_nobody_is_due_for_a_new_card_before_the_new_year(cards: Connection) -> None:
    before = _all_cards(cards)
    renew_cards(TimerContext(connection=cards, now=NOW, publish=lambda *_args, **_named: None))
    assert _all_cards(cards) == before
    assert cards.execute("SELECT count(*) FROM employment WHERE carded_until <> '2026-12-31'").fetchone() == (
        0,
    )


def test_its_index_is_back_on_every_partition(cards: Connection) -> None:
    found = cards.execute(
        "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema"
        " AND tablename LIKE 'employment%' AND indexdef LIKE '%(carded_until)%'"
    ).fetchone()
    assert found == (9,)


def _all_cards(cards: Connection) -> list[tuple[Any, ...]]:
    return cards.execute("SELECT c::text FROM card c ORDER BY 1").fetchall()


def _as_declared(books: Connection) -> Iterator[events_pb2.ParticipationChanged]:
    """What every unit would tell of everybody whose health it ever insured, all periods at once."""
    rows = books.execute(
        "SELECT employer_code, sector, e.province_code, person_id, valid_from, valid_to, schemes"
        " FROM participation JOIN employer e USING (employer_id)"
        " WHERE EXISTS (SELECT FROM participation h WHERE h.person_id = participation.person_id"
        "               AND h.employer_id = participation.employer_id AND h.schemes & 2 > 0)"
        " ORDER BY employer_code, person_id, valid_from"
    )
    event = events_pb2.ParticipationChanged()
    for code, sector, province, person_id, first, last, schemes in rows:
        if event.employer_code != code:
            if event.employer_code:
                yield event
            event = events_pb2.ParticipationChanged(employer_code=code, sector=sector, province_code=province)
        if not event.participants or event.participants[-1].person.person_id != person_id:
            person = text_pb2.Person(
                person_id=person_id,
                personal_id=f"9{person_id:011d}",
                full_name="Lý Thị Hoa",
                born="1990",
                sex=2,
            )
            event.participants.add(person=person, version=1, change=events_pb2.PARTICIPATION_CHANGE_CHANGED)
        event.participants[-1].periods.add(
            from_month=month_index(first), to_month=0 if last is None else month_index(last), schemes=schemes
        )
    yield event
