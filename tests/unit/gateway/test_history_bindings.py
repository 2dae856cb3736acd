"""What the gateway adds to a question about a history; the service decides on it alone."""

from typing import Any

import pytest

from lienthong.rpc.coalesce import TooLate
from lienthong.rpc.errors import FieldViolation, InvalidArgument, PermissionDenied
from tests.unit.gateway.conftest import House
from vss.health_claims.v1 import history_pb2

LIST = "/v1/history:list"
RPC = "vss.health_claims.v1.HistoryQueryService/ListVisits"
ABOUT = {"identifier": "001190000017"}
CHECKED = 1_795_300_000


@pytest.fixture
def desk(house: House) -> House:
    house.grant("history:read", "admission", "emergency")
    house.answers[RPC] = lambda _: history_pb2.ListVisitsResponse(person_id=17)
    house.person = lambda _: 17
    return house


def asked(house: House) -> Any:
    return house.questions[-1].request


async def test_the_question_is_bound_to_who_asks_why_and_to_the_last_check(desk: House) -> None:
    desk.recent_checks.known["hospital", 17] = CHECKED
    answer = await desk.send(desk.desk.sign(LIST, ABOUT))
    assert answer.status == 200
    request = asked(desk)
    assert (request.person_id, request.facility_code, request.purpose) == (17, "01001", "admission")
    assert (request.recent_check, request.citizen_id) == (CHECKED, 0)
    assert desk.entry.subjects_answered == [17]


async def test_anothers_check_is_not_ours(desk: House) -> None:
    desk.recent_checks.known = {("other", 17): CHECKED, ("hospital", 18): CHECKED}
    await desk.send(desk.desk.sign(LIST, ABOUT))
    assert asked(desk).recent_check == 0


async def test_for_nobody_the_same_is_done_as_for_somebody(desk: House) -> None:
    def deny(_: object) -> Any:
        raise PermissionDenied("ROW_DENIED", "not admitted here")

    desk.answers[RPC] = deny
    answers = []
    for person in (17, 0):
        desk.person = lambda _, person=person: person
        answers.append(await desk.send(desk.desk.sign(LIST, ABOUT)))
    assert [(a.status, a.reason, sorted(a.document)) for a in answers] == [
        (403, "row_denied", sorted(answers[0].document))
    ] * 2
    assert desk.recent_checks.asked == [("hospital", 17), ("hospital", 0)]
    assert desk.resolved == ["001190000017"] * 2
    assert len(desk.questions) == 2
    assert [e.detail for e in desk.audit.entries[-2:]] == ["not admitted here"] * 2


async def test_an_emergency_stands_in_the_question_and_in_the_log(desk: House) -> None:
    await desk.send(desk.desk.sign(LIST, ABOUT, purpose="emergency"))
    assert asked(desk).purpose == "emergency"
    assert (desk.entry.purpose, desk.entry.outcome) == ("emergency", "ok")
    assert (desk.entry.staff, desk.entry.rpc) == ("desk-1", RPC)


async def test_an_emergency_is_granted_too(house: House) -> None:
    house.grant("history:read", "admission")
    answer = await house.send(house.desk.sign(LIST, ABOUT, purpose="emergency"))
    assert answer.reason == "purpose_denied"


async def test_an_emergency_is_somebodys(desk: House) -> None:
    answer = await desk.send(desk.desk.sign(LIST, ABOUT, purpose="emergency", staff=None))
    assert (answer.status, answer.fields) == (422, ["header Staff"])


@pytest.mark.parametrize("name", ["facilityCode", "purpose", "recentCheck", "personId", "citizenId"])
async def test_what_is_bound_cannot_be_sent(desk: House, name: str) -> None:
    answer = await desk.send(desk.desk.sign(LIST, ABOUT | {name: "1"}))
    assert (answer.status, answer.fields) == (422, [name])
    assert desk.questions == []


async def test_without_the_log_nothing_is_asked(desk: House) -> None:
    async def fail(*_: object, **__: object) -> int:
        raise TooLate

    desk.recent_checks.last = fail  # type: ignore[method-assign]
    answer = await desk.send(desk.desk.sign(LIST, ABOUT))
    assert (answer.status, desk.questions) == (503, [])


async def test_sensitive_diagnoses_have_a_scope_of_their_own(desk: House) -> None:
    assert (await desk.send(desk.desk.sign("/v1/history:sensitive", ABOUT))).reason == "scope_denied"


async def test_what_is_sensitive_has_a_class_of_its_own(desk: House) -> None:
    rpc = "vss.health_claims.v1.HistoryQueryService/ListSensitiveVisits"
    visit = history_pb2.SensitiveVisit(visit_id="v", diagnoses=["B20"])
    desk.answers[rpc] = lambda _: history_pb2.ListSensitiveVisitsResponse(visits=[visit])
    seen = {}
    for classes in (frozenset({"result", "health"}), frozenset({"result", "sensitive"})):
        desk.grant("history:sensitive", "admission", data_classes=classes)
        seen[classes] = (await desk.send(desk.desk.sign("/v1/history:sensitive", ABOUT))).document
    assert [d.get("visits") for d in seen.values()] == [
        None,
        [
            {
                "visitId": "v",
                "facilityCode": "",
                "admittedOn": "",
                "diagnoses": ["B20"],
                "diagnosisText": "",
                "hasHivTable": False,
            }
        ],
    ]


async def test_a_citizen_needs_no_check_of_anybody(desk: House) -> None:
    desk.key_of(agency_id="citizens")
    desk.grant("history:read", "own_data", agency="citizens")
    answer = await desk.send(desk.desk.sign(LIST, ABOUT, purpose="own_data", staff="001190000017"))
    assert answer.status == 200
    assert (asked(desk).citizen_id, asked(desk).person_id, asked(desk).purpose) == (17, 17, "own_data")
    assert desk.recent_checks.asked == []


async def test_a_citizen_does_not_see_another(desk: House) -> None:
    desk.key_of(agency_id="citizens")
    desk.grant("history:read", "own_data", agency="citizens")
    desk.person = lambda question: {"001190000017": 17}.get(question.request, 18)
    answer = await desk.send(desk.desk.sign(LIST, ABOUT, purpose="own_data", staff="001085000025"))
    assert (answer.reason, desk.questions) == ("row_denied", [])


async def test_what_is_no_identifier_is_named(desk: House) -> None:
    def wrong(_: object) -> Any:
        raise InvalidArgument(FieldViolation("identifier", "expected 12 digits"))

    desk.person = wrong
    answer = await desk.send(desk.desk.sign(LIST, {"identifier": "x"}))
    assert (answer.status, answer.fields) == (422, ["identifier"])
