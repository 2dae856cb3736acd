"""Whose history a hospital sees: attacked through the gateway, by who it is and whom it has checked."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from lienthong.agencies import Agency, AgencyKind, admin
from tests.support.history import HERE, NOW, THERE, Records
from tests.support.stack import Running
from tests.support.wire import BATCH, CHECK, NHUNG, Answer, Sender

LIST, GET, DRUGS, SENSITIVE = (
    "/v1/history:list",
    "/v1/history:get",
    "/v1/history:drugs",
    "/v1/history:sensitive",
)
RPC = "vss.health_claims.v1.HealthClaimsQueryService/CheckCoverage"
HERS, HIS, NOBODYS = NHUNG["identifier"], "001085000025", "001299999999"
HER_ID, HIS_ID = 1, 2
"""Of the cast."""
SEEN = frozenset({"result", "coverage", "health", "financial"})


@pytest.fixture(autouse=True)
def visits(stack_variable: Callable[[str], str]) -> Iterator[Records]:
    """Two visits of hers and one of his, none of them at the hospitals of these tests."""
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER"), autocommit=True) as owner:
        records = Records(owner)
        records.forget()
        records.visit("LK-1", person=HER_ID, facility=THERE, days_ago=5)
        records.visit("LK-2", person=HER_ID, facility=THERE, days_ago=9)
        records.visit("LK-3", person=HIS_ID, facility=THERE)
        yield records
        records.forget()


def hospital_of(running: Running, *, facility: str = HERE) -> Sender:
    """A hospital that may check and read histories, and has asked nothing yet."""
    agency = Agency("test-hospital", "Bệnh viện", AgencyKind.HOSPITAL, facility, None, active=True)
    purposes = frozenset({"admission", "emergency"})
    return running.enrol(
        agency,
        *(
            admin.GrantTerms(scope=scope, purposes=purposes, data_classes=SEEN)
            for scope in ("coverage:check", "history:read")
        ),
    )


@pytest.fixture
def desk(running: Running) -> Sender:
    """A hospital of this test alone."""
    return hospital_of(running)


def history(sender: Sender, identifier: str = HERS, **headers: str | None) -> Answer:
    return sender.ask(LIST, {"identifier": identifier, "fromDay": "2020-01-01"}, **headers)


def told(answer: Answer) -> dict[str, Any]:
    return {key: value for key, value in answer.document.items() if key != "instance"}


def is_denied(answer: Answer) -> bool:
    return (answer.status, answer.reason) == (403, "row_denied")


def test_a_check_that_fits_opens_her_history_to_the_hospital_that_made_it(desk: Sender) -> None:
    assert is_denied(history(desk))
    assert desk.ask(CHECK, NHUNG).document["covered"]
    answer = history(desk)
    assert answer.document["access"] == "HISTORY_ACCESS_CHECKED"
    assert {v["facilityCode"] for v in answer.document["visits"]} >= {THERE}
    assert is_denied(history(desk, HIS))


@pytest.mark.parametrize(
    "wrong", [{"fullName": "Nguyễn Văn Bình"}, {"born": "1991-05-17"}, {"identifier": "001190000099"}]
)
def test_a_check_that_does_not_fit_opens_nothing(desk: Sender, wrong: dict[str, str]) -> None:
    answer = desk.ask(CHECK, NHUNG | wrong)
    assert (answer.status, answer.document["covered"]) == (200, False)
    assert is_denied(history(desk))


def test_anothers_check_opens_nothing_even_under_the_same_facility(running: Running, desk: Sender) -> None:
    neighbour = hospital_of(running)
    assert neighbour.ask(CHECK, NHUNG).document["covered"]
    assert is_denied(history(desk))


def test_a_batch_of_checks_opens_nothing(desk: Sender) -> None:
    answer = desk.ask(BATCH, {"requests": [NHUNG]})
    assert answer.document["results"][0]["response"]["covered"]
    assert is_denied(history(desk))


def test_a_check_that_is_refused_opens_nothing(desk: Sender) -> None:
    raw = desk.sign(CHECK, NHUNG)
    assert desk.ask(CHECK, NHUNG, purpose="own_data").status == 403
    assert desk.send(raw.but(staff="somebody-else")).status == 401
    assert is_denied(history(desk))


@pytest.mark.parametrize(("hours", "opens"), [(71, True), (73, False)])
def test_a_check_opens_for_72_hours(running: Running, desk: Sender, hours: int, opens: bool) -> None:
    at = datetime.now(UTC) - timedelta(hours=hours)
    with running.registry() as log:
        log.execute("SELECT audit_prepare_days(%s, 1)", (at.date(),))
        log.execute(
            "INSERT INTO audit_entry (day, recorded_at, request_id, agency_id, rpc, status, outcome, subjects_answered,"
            " answer_created, answer_signature, answer_digest) VALUES (%s, %s, %s, %s, %s, 200, 'ok', %s, 0, '', '')",
            (at.date(), at, uuid.uuid4().hex[:16], desk.config.agency_id, RPC, [HER_ID]),
        )
    assert is_denied(history(desk)) is not opens


def test_a_visit_of_ones_own_opens_itself_alone(running: Running, visits: Records) -> None:
    visits.visit("LK-4", person=HER_ID, facility=HERE)
    desk = hospital_of(running)
    answer = history(desk)
    assert answer.document["access"] == "HISTORY_ACCESS_OWN_VISITS"
    assert {v["facilityCode"] for v in answer.document["visits"]} == {HERE}


def test_an_open_stay_opens_the_whole(running: Running, visits: Records) -> None:
    desk = hospital_of(running)
    visits.stay(person=HER_ID, facility=HERE, opened_at=NOW)
    assert history(desk).document["access"] == "HISTORY_ACCESS_STAY"
    assert is_denied(history(desk, HIS))


def test_nobody_cannot_be_told_from_somebody_elses_patient(running: Running) -> None:
    desk = hospital_of(running, facility="99009")
    for path, more in ((LIST, {}), (GET, {"visitId": "OTkwMDIuTEstMQ"}), (DRUGS, {})):
        answers = [desk.ask(path, {"identifier": one} | more) for one in (HERS, NOBODYS)]
        assert all(map(is_denied, answers))
        assert told(answers[0]) == told(answers[1])
        assert [name for name, _ in answers[0].headers] == [name for name, _ in answers[1].headers]


def test_a_page_and_a_visit_of_one_person_are_no_key_to_another(desk: Sender) -> None:
    him = {"identifier": HIS, "fullName": "Nguyễn Văn Bình", "born": "1985-11-02"}
    assert desk.ask(CHECK, NHUNG).status == desk.ask(CHECK, him).status == 200
    asked = {"fromDay": "2020-01-01", "pageSize": 1}
    page = desk.ask(LIST, {"identifier": HERS} | asked).document
    stolen = {"identifier": HIS, "pageToken": page["nextPageToken"]} | asked
    assert desk.ask(LIST, stolen).fields == ["pageToken"]
    answer = desk.ask(GET, {"identifier": HIS, "visitId": page["visits"][0]["visitId"]})
    assert (answer.status, answer.reason) == (404, "not_found")
    assert desk.ask(GET, {"identifier": HERS, "visitId": page["visits"][0]["visitId"]}).status == 200


@pytest.mark.parametrize("field", ["facilityCode", "recentCheck", "purpose", "citizenId", "personId"])
def test_a_desk_does_not_say_who_it_is_or_whom_it_has_checked(desk: Sender, field: str) -> None:
    answer = desk.ask(LIST, {"identifier": HERS, field: "1"})
    assert (answer.status, answer.fields) == (422, [field])


def test_breaking_the_glass_is_possible_marked_and_listed(running: Running, desk: Sender) -> None:
    answer = history(desk, purpose="emergency", staff="dr-hai")
    assert answer.document["access"] == "HISTORY_ACCESS_EMERGENCY"
    assert answer.document["visits"]
    auditor = running.demo("auditor-demo")
    review = {
        "purpose": "emergency",
        "rpc": "vss.health_claims.v1.HistoryQueryService",
        "agencyId": desk.config.agency_id,
    }
    (entry,) = auditor.ask("/v1/audit:listEntries", review, purpose="audit").document["entries"]
    assert (entry["requestId"], entry["staff"]) == (answer.request_id, "dr-hai")
    assert (entry["outcome"], entry["subjectsAnswered"]) == ("ok", 1)
    assert is_denied(history(desk))  # an emergency opens nothing for later


def test_breaking_the_glass_for_nobody_is_refused(desk: Sender) -> None:
    assert is_denied(history(desk, NOBODYS, purpose="emergency"))


def test_what_is_sensitive_needs_its_own_scope(desk: Sender) -> None:
    assert desk.ask(CHECK, NHUNG).status == 200
    assert desk.ask(SENSITIVE, {"identifier": HERS}).reason == "scope_denied"


def test_a_citizen_sees_her_own_and_nobody_elses(running: Running) -> None:
    portal = running.demo("citizens-demo")
    mine = history(portal, purpose="own_data", staff=HERS)
    assert mine.document["access"] == "HISTORY_ACCESS_OWN_DATA"
    assert all("costVnd" in v for v in mine.document["visits"])
    assert portal.ask(SENSITIVE, {"identifier": HERS}, purpose="own_data", staff=HERS).status == 200
    assert is_denied(history(portal, HIS, purpose="own_data", staff=HERS))


def test_a_card_code_names_the_same_person(desk: Sender) -> None:
    assert desk.ask(CHECK, NHUNG).status == 200
    by_card = history(desk, "DN4010100000017")
    assert by_card.document["visits"] == history(desk).document["visits"]
