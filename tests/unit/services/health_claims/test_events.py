"""What contributions tell, read once and whole."""

import pytest

from services.health_claims.domain.employment import Employment, Months
from services.health_claims.translate import events
from vss.contributions.v1 import events_pb2
from vss.types.v1 import text_pb2


def told(
    *periods: tuple[int, int, int], version: int = 1, person_id: int = 7, ended: bool = False
) -> events_pb2.Participant:
    return events_pb2.Participant(
        person=text_pb2.Person(person_id=person_id),
        version=version,
        change=events_pb2.PARTICIPATION_CHANGE_ENDED if ended else events_pb2.PARTICIPATION_CHANGE_CHANGED,
        periods=[
            events_pb2.Period(from_month=first, to_month=last, schemes=schemes)
            for first, last, schemes in periods
        ],
    )


def read(*participants: events_pb2.Participant) -> events.Told:
    return events.to_told(
        events_pb2.ParticipationChanged(
            employer_code="0100000001DNA03", sector="private", province_code="01", participants=participants
        )
    )


@pytest.mark.parametrize(
    ("periods", "covered"),
    [
        ([(10, 0, 7)], "{10,0}"),
        ([(10, 12, 7), (13, 0, 7)], "{10,0}"),
        ([(10, 12, 7), (14, 15, 7)], "{10,12,14,15}"),
        ([(10, 12, 7), (13, 15, 5), (16, 0, 2)], "{10,12,16,0}"),
        ([(10, 12, 7), (11, 11, 7)], "{10,12}"),
        ([(10, 0, 7), (12, 14, 7)], "{10,0}"),
        ([(10, 0, 8)], "{}"),
        ([], "{}"),
    ],
)
def test_months_with_health_insurance_become_runs(periods: list[tuple[int, int, int]], covered: str) -> None:
    assert read(told(*periods)).covered == [covered]


def test_of_a_person_told_twice_the_newer_version_counts() -> None:
    found = read(told((10, 0, 7), version=2), told((10, 11, 7), version=1, ended=True), told(person_id=8))
    assert (found.person_ids, found.versions, found.released) == ([7, 8], [2, 1], [False, False])


def test_participants_come_in_the_order_of_their_numbers_and_some_of_them_can_be_kept() -> None:
    found = read(told((10, 0, 7), person_id=9), told((10, 0, 7), person_id=3), told(person_id=5, ended=True))
    assert (found.person_ids, found.continuing) == ([3, 5, 9], [True, False, True])
    kept = found.places([0, 2])
    assert (kept.person_ids, kept.covered, list(kept.persons)) == ([3, 9], ["{10,0}", "{10,0}"], [3, 9])
    assert (kept.employer_codes, kept.sectors) == (found.employer_codes, found.sectors)


def test_events_of_several_units_keep_whose_each_participant_is() -> None:
    one, other = (
        events_pb2.ParticipationChanged(
            employer_code=code, sector="private", province_code=province, participants=participants
        )
        for code, province, participants in [
            ("A", "01", [told((10, 0, 7), person_id=9), told((10, 0, 7), person_id=3)]),
            ("B", "02", [told((11, 0, 7), person_id=9)]),
        ]
    )
    found = events.to_told(one, other)
    assert (found.employer_codes, found.province_codes) == (["A", "B"], ["01", "02"])
    assert (found.person_ids, found.units) == ([3, 9, 9], [1, 1, 2])
    assert found.covered == ["{10,0}", "{10,0}", "{11,0}"]


def test_a_stored_row_is_read_as_it_was_written() -> None:
    assert events.employment("private", "01", [10, 12, 16, 0]) == Employment(
        "private", "01", (Months(10, 12), Months(16, 0))
    )


@pytest.mark.parametrize("wrong", [told(person_id=0), told(version=0)])
def test_a_participant_without_person_or_version_is_incomplete(wrong: events_pb2.Participant) -> None:
    with pytest.raises(events.Incomplete):
        read(wrong)


def test_a_new_holder_is_found_by_every_identifier_that_she_has() -> None:
    person = text_pb2.Person(
        person_id=7,
        personal_id="001190000017",
        si_number="0100000017",
        full_name="Trần  Thị Hồng Nhung",
        born="1990",
        sex=text_pb2.SEX_FEMALE,
    )
    holders = events.to_holders([person])
    assert (holders.identifiers, holders.owners) == (["001190000017", "0100000017"], [7, 7])
    assert (holders.full_names, holders.match_keys) == (["Trần Thị Hồng Nhung"], ["TRAN THI HONG NHUNG"])
    assert (holders.birth_dates, holders.birth_years) == ([None], [1990])
