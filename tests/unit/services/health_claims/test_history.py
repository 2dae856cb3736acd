"""The row rule of the history by itself, overlapping drugs, and the names of visits and pages."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.rpc.errors import InvalidArgument
from services.health_claims.domain.history import (
    Asker,
    Drug,
    Ground,
    Position,
    RunningDrug,
    Visit,
    VisitKey,
    ground,
    overlaps,
)
from services.health_claims.translate import history as translate
from tests.support.history import HERE, NEIGHBOUR, NOBODY, NOW, PERSON, asker
from vss.health_claims.v1 import history_pb2 as pb

HOUR = timedelta(hours=1)


def why(asks: Asker, *, stay: bool = False, own: bool = False) -> Ground | None:
    return ground(asks, now=NOW, open_stay=stay, own_visits=own)


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(0), Ground.CHECKED),
        (71 * HOUR, Ground.CHECKED),
        (72 * HOUR, Ground.CHECKED),
        (72 * HOUR + timedelta(seconds=1), None),
        (73 * HOUR, None),
        (365 * 24 * HOUR, None),
    ],
)
def test_a_check_admits_for_72_hours(ago: timedelta, expected: Ground | None) -> None:
    assert why(asker(recent_check=NOW - ago)) is expected


def test_an_open_stay_admits_without_a_check() -> None:
    assert why(asker(), stay=True) is Ground.STAY


def test_without_either_a_facility_sees_its_own_visits_alone() -> None:
    assert why(asker(), own=True) is Ground.OWN_VISITS
    assert not Ground.OWN_VISITS.whole
    assert all(one.whole for one in Ground if one is not Ground.OWN_VISITS)


def test_without_anything_nothing_is_shown() -> None:
    assert why(asker()) is None


def test_whoever_breaks_the_glass_is_told_so_even_where_she_is_admitted() -> None:
    emergency = asker(purpose="emergency")
    assert why(emergency) is Ground.EMERGENCY
    assert why(emergency._replace(recent_check=NOW), stay=True, own=True) is Ground.EMERGENCY


def test_a_citizen_sees_her_own_and_nobody_elses() -> None:
    herself = asker(purpose="own_data", facility_code="", citizen_id=PERSON)
    assert why(herself) is Ground.OWN_DATA
    assert why(herself._replace(citizen_id=NEIGHBOUR)) is None
    assert why(herself._replace(citizen_id=0)) is None


def test_a_citizen_is_no_facility_whatever_is_open() -> None:
    wrong = asker(purpose="own_data", citizen_id=NEIGHBOUR, recent_check=NOW)
    assert why(wrong, stay=True, own=True) is None
    assert why(asker(purpose="admission", citizen_id=PERSON), stay=True, own=True) is None


def test_who_is_no_facility_sees_nothing_even_in_an_emergency() -> None:
    for purpose in ("admission", "emergency"):
        assert why(asker(facility_code="", purpose=purpose, recent_check=NOW), stay=True, own=True) is None


def test_of_nobody_nothing_is_shown_to_anybody() -> None:
    for purpose, facility, citizen in product(
        ("admission", "emergency", "own_data", ""), (HERE, ""), (0, PERSON)
    ):
        asks = Asker(0, facility, purpose, NOW, citizen)
        assert why(asks, stay=True, own=True) is None


def test_lines_of_a_sensitive_visit_are_the_citizens_alone() -> None:
    assert [one for one in Ground if one.lines_of_sensitive] == [Ground.OWN_DATA]


def test_the_grounds_are_those_of_the_contract() -> None:
    assert {f"HISTORY_ACCESS_{one.name}": one.value for one in Ground} | {
        "HISTORY_ACCESS_UNSPECIFIED": 0
    } == dict(pb.HistoryAccess.items())


def running(substance: str, treatment: str, facility: str = HERE) -> RunningDrug:
    drug = Drug(substance, "Thuốc", "", "", "", "", "1", "2026-11-20", None, 0, 0)
    return RunningDrug(VisitKey(facility, treatment), False, drug)


def test_the_same_substance_of_two_visits_overlaps() -> None:
    drugs = [running("40.1", "A"), running("40.2", "A"), running("40.1", "B")]
    assert overlaps(drugs) == [True, False, True]


def test_the_same_substance_twice_in_one_visit_does_not_overlap() -> None:
    assert overlaps([running("40.1", "A"), running("40.1", "A")]) == [False, False]


def test_one_number_at_two_facilities_is_two_visits() -> None:
    assert overlaps([running("40.1", "A"), running("40.1", "A", "99002")]) == [True, True]


def test_drugs_without_a_substance_overlap_with_nothing() -> None:
    assert overlaps([running("", "A"), running("", "B")]) == [False, False]


CODES = st.from_regex(r"\A[A-Za-z0-9._/-]{1,100}\Z")


@given(facility=st.from_regex(r"\A[0-9A-Z]{5}\Z"), treatment=CODES)
def test_a_visits_name_says_which_visit_it_is(facility: str, treatment: str) -> None:
    key = VisitKey(facility, treatment)
    name = translate.visit_id_of(key)
    assert translate.to_visit_key(name) == key
    assert len(name) <= 200
    assert name.replace("-", "").replace("_", "").isalnum()


@given(name=st.text(max_size=40) | st.from_regex(r"\A[A-Za-z0-9_-]{1,40}\Z"))
def test_what_we_did_not_name_is_no_visit_and_raises_nothing(name: str) -> None:
    key = translate.to_visit_key(name)
    assert key is None or translate.visit_id_of(key) == name


def visit(n: int) -> Visit:
    left = NOW - timedelta(days=n, microseconds=n)
    return Visit(
        "99002", f"LK-{n}", 1, left - HOUR, left, "01", "1.1", "J18.9", [], "", False, 1, 9, 8, 7, 6, 5
    )


def ask(**changed: Any) -> pb.ListVisitsRequest:
    return pb.ListVisitsRequest(**{"person_id": PERSON, "facility_code": HERE, **changed})


def token_of(request: pb.ListVisitsRequest, visits: int = 3, rows: int = 2) -> str:
    found = [visit(n) for n in range(visits)]
    return translate.visits_response(request, found, rows, Ground.CHECKED, {}).next_page_token


TODAY = date(2026, 11, 22)


def test_a_page_goes_on_after_its_last_visit() -> None:
    query = translate.to_query(ask(page_token=token_of(ask())), today=TODAY)
    assert query.after == visit(1).position
    assert token_of(ask(), visits=2) == ""


@pytest.mark.parametrize(
    "other",
    [
        {"person_id": NEIGHBOUR},
        {"person_id": NOBODY},
        {"facility_code": "99002"},
        {"citizen_id": PERSON},
        {"from_day": "2026-01-01"},
        {"to_day": "2026-01-01"},
    ],
)
def test_a_page_of_another_question_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        translate.to_query(ask(page_token=token_of(ask()), **other), today=TODAY)
    assert [f.field for f in refused.value.fields] == ["page_token"]


@given(token=st.text(max_size=60) | st.from_regex(r"\A[A-Za-z0-9_-]{1,60}\Z"))
def test_what_we_did_not_write_is_no_token(token: str) -> None:
    if not token:
        return
    with pytest.raises(InvalidArgument):
        translate.to_query(ask(page_token=token), today=TODAY)


@given(place=st.integers(0, 45), bit=st.integers(0, 5))
def test_a_token_with_one_sign_changed_is_none(place: int, bit: int) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = token_of(ask())
    place %= 22  # version, digest of the question: a changed position is another position
    changed = token[:place] + alphabet[alphabet.index(token[place]) ^ 1 << bit] + token[place + 1 :]
    try:
        after = translate.to_query(ask(page_token=changed), today=TODAY).after
    except InvalidArgument:
        return
    assert place >= 12
    assert after is not None


def test_without_days_the_last_twelve_months_are_asked_for() -> None:
    query = translate.to_query(ask(), today=TODAY)
    assert query.since == datetime(2025, 11, 21, 17, tzinfo=UTC)
    assert (query.until, query.rows) == (None, 50)


def test_days_begin_and_end_at_midnight_in_viet_nam() -> None:
    query = translate.to_query(ask(from_day="2026-01-01", to_day="2026-01-31", page_size=7), today=TODAY)
    assert query.since == datetime(2025, 12, 31, 17, tzinfo=UTC)
    assert (query.until, query.rows) == (datetime(2026, 1, 31, 17, tzinfo=UTC), 7)
    assert translate.to_query(ask(to_day="2026-01-31"), today=TODAY).since is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from_day": "2026-02-30"}, "from_day"),
        ({"to_day": "0001-01-01"}, "to_day"),
        ({"from_day": "9999-12-31"}, "from_day"),
        ({"from_day": "2026-02-02", "to_day": "2026-02-01"}, "to_day"),
    ],
)
def test_a_wrong_day_is_named(given: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        translate.to_query(ask(**given), today=TODAY)
    assert [f.field for f in refused.value.fields] == [field]


def test_moments_are_told_in_viet_nams_time() -> None:
    response = translate.visits_response(ask(), [visit(0)], 1, Ground.CHECKED, {})
    assert response.visits[0].discharged_at == "2026-11-22T10:00:00+07:00"


def test_a_position_keeps_its_microseconds() -> None:
    position = Position(NOW + timedelta(microseconds=123_457), "99002", "LK.1/2")
    question = ("q",)
    assert translate._position(translate._token(question, position), question) == position
