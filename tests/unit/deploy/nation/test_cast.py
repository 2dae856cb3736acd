"""The fixed cast, on any day."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from deploy.nation.calendar import Calendar, month_number
from deploy.nation.cards import ACTIVE, DECREASED, REVOKED, STOPPED
from deploy.nation.cast import EMPLOYER, FACILITY, CastCard, Member, cast, cast_rows, unpaid_months
from tests.unit.deploy.nation.conftest import Nation, parsed

DAYS = [date(2026, 11, 22), date(2027, 1, 1), date(2028, 2, 29), date(2026, 12, 31), date(2027, 3, 31)]


def covers(card: CastCard, day: date) -> bool:
    """Valid on this day, whatever its status."""
    return card.valid_from <= day <= card.valid_to


@pytest.fixture(params=DAYS, ids=str)
def as_of(request: pytest.FixtureRequest) -> date:
    """Days at the edges of months and years."""
    day: date = request.param
    return day


@pytest.fixture
def members(as_of: date) -> dict[int, Member]:
    """The cast by person_id."""
    return {member.person_id: member for member in cast(as_of)}


def test_there_are_thirteen_with_reserved_ids(members: dict[int, Member]) -> None:
    assert list(members) == list(range(1, 14))
    for member in members.values():
        assert int(member.personal_id[6:]) < 100
        assert int(member.personal_id[3]) % 2 == member.sex - 1
        assert member.personal_id[4:6] == member.born[2:4]
        assert all(card.code.endswith(member.si_number) for card in member.cards)


def test_their_numbers_never_change_with_the_day(members: dict[int, Member]) -> None:
    nhung, binh, mai = members[1], members[2], members[3]
    assert (nhung.full_name, nhung.born) == ("Trần Thị Hồng Nhung", "1990-05-17")
    assert (nhung.personal_id, nhung.si_number) == ("001190000017", "0100000017")
    assert nhung.cards[0].code == "DN4010100000017"
    assert (binh.personal_id, binh.cards[0].code) == ("001085000025", "HT3010100000025")
    assert (mai.personal_id, mai.born) == ("038150000033", "1950")


def test_who_is_valid_is_valid_for_a_year_at_least(members: dict[int, Member], as_of: date) -> None:
    for person in (1, 3, 10, 11, 13):
        (card,) = members[person].cards
        assert card.status == ACTIVE
        assert covers(card, as_of)
        assert covers(card, as_of + timedelta(days=365))
    assert members[1].cards[0].facility == FACILITY


def test_who_expired_did_so_last_year(members: dict[int, Member], as_of: date) -> None:
    (card,) = members[2].cards
    assert card.valid_to.year == as_of.year - 1
    assert card.status == ACTIVE


def test_each_status_has_its_person(members: dict[int, Member]) -> None:
    statuses = {person: members[person].cards[0].status for person in (4, 5, 9)}
    assert statuses == {4: REVOKED, 5: DECREASED, 9: STOPPED}


def test_old_and_new_cards(members: dict[int, Member], as_of: date) -> None:
    old, new = members[6].cards
    assert old.valid_to < as_of
    assert covers(new, as_of)
    old, new = members[7].cards
    assert covers(old, as_of)
    assert new.valid_from > old.valid_to
    assert members[8].cards == ()


def test_the_card_of_the_future_is_in_the_future(members: dict[int, Member], as_of: date) -> None:
    (card,) = members[12].cards
    assert card.valid_from > as_of + timedelta(days=90)


def test_two_months_are_late_and_two_only_due(as_of: date) -> None:
    ages = [month_number(as_of) - month_number(month) for month in unpaid_months(as_of)]
    assert ages == [3, 2, 1, 0]  # a month is late once the following one is over


def test_nhung_has_worked_for_years_without_a_gap(members: dict[int, Member], as_of: date) -> None:
    periods = members[1].periods
    assert {period.employer for period in periods} == {EMPLOYER}
    assert month_number(as_of) - periods[0].first > 4 * 12
    for earlier, later in pairwise(periods):
        assert earlier.last == later.first - 1
        assert earlier.base_vnd < later.base_vnd
    assert periods[-1].last is None
    assert {period.employer for period in members[13].periods}.isdisjoint({EMPLOYER})


def test_the_rows_fit_the_tables_and_the_facilities_exist(as_of: date, nation: Nation) -> None:
    rows = {table: parsed(table, text) for table, text in cast_rows(Calendar(as_of)).items()}
    assert len(rows["person"]) == len(rows["holder"]) == 13
    assert rows["person"][2]["birth_date"] == r"\N"
    facilities = {row["code"] for row in nation.tables["facility"]}
    assert {row["facility_code"] for row in rows["card"]} <= facilities
    for card in rows["card"]:
        code = card["subject_code"] + card["benefit_digit"] + card["province_code"]
        assert card["card_code"].startswith(code)
    assert {row["employer_code"] for row in rows["employer"]} == {"0100000001DNA03", "0100000002DNA03"}
