"""The history over its real database: the statements show what the row rule says, and no more."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from lienthong.db.pool import open_pool
from lienthong.rpc.errors import InvalidArgument, NotFound, PermissionDenied
from services.health_claims.domain.facility import Facility
from services.health_claims.domain.history import VisitKey
from services.health_claims.history_queries import DRUGS, SENSITIVE, VISIT, VISITS, PostgresHistory
from services.health_claims.history_server import HistoryQuery
from services.health_claims.translate.history import visit_id_of
from tests.support.history import ELSEWHERE, HERE, NEIGHBOUR, NOBODY, NOW, PERSON, THERE, Records
from vss.health_claims.v1 import history_pb2 as pb

CHECKED = {"recent_check": int((NOW - timedelta(hours=1)).timestamp())}
EMERGENCY = {"purpose": "emergency"}
HERSELF = {"purpose": "own_data", "facility_code": "", "citizen_id": PERSON}


@pytest.fixture
def records(stack_variable: Callable[[str], str]) -> Iterator[Records]:
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER"), autocommit=True) as owner:
        rows = Records(owner)
        rows.forget()
        yield rows
        rows.forget()


@pytest_asyncio.fixture
async def service(stack_variable: Callable[[str], str]) -> AsyncIterator[HistoryQuery]:
    async def facilities() -> dict[str, Facility]:
        return {THERE: Facility(THERE, "Bệnh viện Kia", 2)}

    async with open_pool(stack_variable("DATABASE_URL_HEALTH_CLAIMS"), name="tests", connections=1) as pool:
        yield HistoryQuery(PostgresHistory(pool), facilities, now=lambda: NOW)


def bound(**changed: Any) -> dict[str, Any]:
    """What the gateway binds for the desk of HERE."""
    return {"identifier": "x", "person_id": PERSON, "facility_code": HERE, "purpose": "admission"} | changed


async def visits(service: HistoryQuery, **asked: Any) -> pb.ListVisitsResponse:
    return await service.ListVisits(pb.ListVisitsRequest(**bound(**asked)), None)


async def codes(service: HistoryQuery, **asked: Any) -> list[str]:
    found = await visits(service, **asked)
    return [name_of(v.visit_id) for v in found.visits]


def name_of(visit_id: str) -> str:
    known = {
        visit_id_of_(facility, code): code
        for facility in (HERE, THERE, ELSEWHERE)
        for code in (f"LK-{n}" for n in range(250))
    }
    return known[visit_id]


def visit_id_of_(facility: str, treatment: str) -> str:
    return visit_id_of(VisitKey(facility, treatment))


async def get(service: HistoryQuery, facility: str, treatment: str, **asked: Any) -> pb.GetVisitResponse:
    request = pb.GetVisitRequest(**bound(visit_id=visit_id_of_(facility, treatment), **asked))
    return await service.GetVisit(request, None)


async def drugs(service: HistoryQuery, **asked: Any) -> pb.ListRunningDrugsResponse:
    return await service.ListRunningDrugs(pb.ListRunningDrugsRequest(**bound(**asked)), None)


async def sensitive(service: HistoryQuery, **asked: Any) -> pb.ListSensitiveVisitsResponse:
    return await service.ListSensitiveVisits(pb.ListSensitiveVisitsRequest(**bound(**asked)), None)


ALL: list[Callable[..., Awaitable[Any]]] = [
    visits,
    lambda service, **asked: get(service, THERE, "LK-1", **asked),
    drugs,
    sensitive,
]


@pytest.fixture
def history(records: Records) -> Records:
    """A visit here, two there, one of a neighbour's."""
    records.visit("LK-0", facility=HERE, days_ago=30)
    records.visit("LK-1", days_ago=20)
    records.visit("LK-2", days_ago=10)
    records.visit("LK-3", person=NEIGHBOUR)
    return records


@pytest.mark.parametrize(
    ("asked", "ground"),
    [(CHECKED, "CHECKED"), (EMERGENCY, "EMERGENCY"), (HERSELF, "OWN_DATA")],
)
async def test_who_may_see_the_whole_sees_the_whole(
    service: HistoryQuery, history: Records, asked: dict[str, Any], ground: str
) -> None:
    assert await codes(service, **asked) == ["LK-2", "LK-1", "LK-0"]
    found = await visits(service, **asked)
    assert pb.HistoryAccess.Name(found.access) == f"HISTORY_ACCESS_{ground}"
    assert found.person_id == PERSON


async def test_an_open_stay_opens_the_whole_until_it_ends(service: HistoryQuery, records: Records) -> None:
    records.visit("LK-1")
    records.stay()
    assert await codes(service) == ["LK-1"]
    assert (await visits(service)).access == pb.HISTORY_ACCESS_STAY
    records.forget()
    records.visit("LK-1")
    records.stay(closed_at=NOW - timedelta(hours=1))
    with pytest.raises(PermissionDenied):
        await visits(service)


async def test_a_stay_elsewhere_or_of_somebody_else_opens_nothing(
    service: HistoryQuery, records: Records
) -> None:
    records.visit("LK-1")
    records.stay(facility=ELSEWHERE)
    records.stay(person=NEIGHBOUR)
    for ask in ALL:
        with pytest.raises(PermissionDenied):
            await ask(service)


async def test_without_a_check_a_facility_sees_its_own_visits_alone(
    service: HistoryQuery, history: Records
) -> None:
    assert await codes(service) == ["LK-0"]
    assert (await visits(service)).access == pb.HISTORY_ACCESS_OWN_VISITS
    with pytest.raises(NotFound):
        await get(service, THERE, "LK-1")
    assert (await get(service, HERE, "LK-0")).visit.facility_code == HERE


async def test_own_visits_elsewhere_open_nothing_here(service: HistoryQuery, records: Records) -> None:
    records.visit("LK-1", facility=THERE)
    for ask in ALL:
        with pytest.raises(PermissionDenied) as refused:
            await ask(service)
        assert refused.value.reason == "ROW_DENIED"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        CHECKED,
        EMERGENCY,
        {"purpose": "own_data", "facility_code": "", "citizen_id": NOBODY, "person_id": 0},
        {"facility_code": ""},
    ],
)
@pytest.mark.parametrize("ask", ALL)
async def test_of_nobody_nothing_is_said(
    service: HistoryQuery, records: Records, ask: Callable[..., Awaitable[Any]], asked: dict[str, Any]
) -> None:
    with pytest.raises(PermissionDenied) as nobody:
        await ask(service, **{"person_id": 0, **asked})
    with pytest.raises(PermissionDenied) as not_ours:
        await ask(service)
    assert (nobody.value.reason, nobody.value.message) == (not_ours.value.reason, not_ours.value.message)


@pytest.mark.parametrize("ask", ALL)
async def test_a_citizen_never_sees_another(
    service: HistoryQuery, history: Records, ask: Callable[..., Awaitable[Any]]
) -> None:
    for wrong in (NEIGHBOUR, 0):
        with pytest.raises(PermissionDenied):
            await ask(service, **(HERSELF | {"citizen_id": wrong}))


async def test_only_the_version_that_stands_is_shown(service: HistoryQuery, records: Records) -> None:
    records.visit("LK-1", stands=False, cost_vnd=5)
    records.visit("LK-1", version=2, cost_vnd=7)
    (shown,) = (await visits(service, **CHECKED)).visits
    assert (shown.version, shown.cost_vnd) == (2, 7)
    assert (await get(service, THERE, "LK-1", **CHECKED)).visit.version == 2
    records.drug("LK-1", "40.1")
    records.drug("LK-1", "40.2", version=2)
    assert [d.drug.substance_code for d in (await drugs(service, **CHECKED)).drugs] == ["40.2"]
    assert [d.substance_code for d in (await get(service, THERE, "LK-1", **CHECKED)).drugs] == ["40.2"]


async def test_own_visits_that_no_longer_stand_open_nothing(service: HistoryQuery, records: Records) -> None:
    records.visit("LK-1", facility=HERE, stands=False)
    with pytest.raises(PermissionDenied):
        await visits(service)


async def test_a_visit_of_another_person_is_unknown(service: HistoryQuery, history: Records) -> None:
    with pytest.raises(NotFound) as refused:
        await get(service, THERE, "LK-3", **CHECKED)
    assert refused.value.reason == "VISIT_UNKNOWN"
    with pytest.raises(NotFound):
        await service.GetVisit(pb.GetVisitRequest(**bound(visit_id="xyz", **CHECKED)), None)


async def test_every_visit_is_on_one_page_and_new_ones_disturb_none(
    service: HistoryQuery, records: Records
) -> None:
    for n in range(12):
        records.visit(f"LK-{n}", days_ago=n // 3 + 1)  # three at one moment
    seen, token = [], ""
    while True:
        page = await visits(service, page_size=5, page_token=token, **CHECKED)
        seen += [name_of(v.visit_id) for v in page.visits]
        records.visit(f"LK-{100 + len(seen)}", days_ago=0)
        token = page.next_page_token
        if not token:
            break
    assert sorted(seen, key=lambda code: int(code[3:])) == [f"LK-{n}" for n in range(12)]
    assert len(seen) == len(set(seen))


async def test_a_page_of_anothers_history_is_refused(service: HistoryQuery, history: Records) -> None:
    token = (await visits(service, page_size=1, **CHECKED)).next_page_token
    with pytest.raises(InvalidArgument):
        await visits(service, page_size=1, page_token=token, **(CHECKED | {"person_id": NEIGHBOUR}))


async def test_a_page_needs_the_row_rule_anew(service: HistoryQuery, records: Records) -> None:
    for n in range(3):
        records.visit(f"LK-{n}", days_ago=n)
    token = (await visits(service, page_size=1, **CHECKED)).next_page_token
    with pytest.raises(PermissionDenied):
        await visits(service, page_size=1, page_token=token)


async def test_days_choose_visits_by_their_end_and_their_beginning(
    service: HistoryQuery, records: Records
) -> None:
    records.visit("LK-1", days_ago=10)  # 10 to 12 November
    assert await codes(service, from_day="2026-11-12", **CHECKED) == ["LK-1"]
    assert await codes(service, from_day="2026-11-13", **CHECKED) == []
    assert await codes(service, to_day="2026-11-10", **CHECKED) == ["LK-1"]
    assert await codes(service, to_day="2026-11-09", **CHECKED) == []
    records.visit("LK-2", days_ago=400)
    assert await codes(service, **CHECKED) == ["LK-1"]
    assert await codes(service, from_day="2020-01-01", **CHECKED) == ["LK-1", "LK-2"]


async def test_a_visit_is_told_whole(service: HistoryQuery, records: Records) -> None:
    records.visit("LK-1")
    records.drug("LK-1", "40.1", line=2)
    records.drug("LK-1", "40.2", line=1, quantity="7.50", lasts_until=None)
    records.service("LK-1")
    records.visit("LK-2")
    records.drug("LK-2", "40.9")
    told = await get(service, THERE, "LK-1", **CHECKED)
    assert told.visit.facility_name == "Bệnh viện Kia"
    assert (told.visit.main_diagnosis, list(told.visit.other_diagnoses)) == ("J18.9", ["I10"])
    assert (told.visit.cost_vnd, told.visit.fund_vnd, told.visit.patient_vnd) == (1_000, 720, 100)
    assert [(d.substance_code, d.quantity, d.lasts_until) for d in told.drugs] == [
        ("40.2", "7.50", ""),
        ("40.1", "30", "2026-12-11"),
    ]
    assert [(s.code, s.quantity, s.ordered_on) for s in told.services] == [
        ("18.0119.0028", "1.50", "2026-11-11")
    ]


async def test_drugs_run_until_their_last_day_and_overlap_across_visits(
    service: HistoryQuery, records: Records
) -> None:
    records.visit("LK-1")
    records.visit("LK-2", facility=ELSEWHERE)
    records.drug("LK-1", "40.1")
    records.drug("LK-2", "40.1", facility_code=ELSEWHERE)
    records.drug("LK-1", "40.2", line=2)
    records.drug("LK-1", "40.3", line=3, lasts_until=NOW.date() - timedelta(days=1))
    records.drug("LK-1", "40.4", line=4, lasts_until=None)
    records.drug("LK-1", "40.5", line=5, ordered_on=NOW.date() + timedelta(days=1))
    found = {
        (d.drug.substance_code, d.facility_code): d.overlaps for d in (await drugs(service, **CHECKED)).drugs
    }
    assert found == {("40.1", THERE): True, ("40.1", ELSEWHERE): True, ("40.2", THERE): False}
    later = await drugs(service, on_day="2026-12-12", **CHECKED)
    assert list(later.drugs) == []


async def test_what_is_hidden_overlaps_with_nothing(service: HistoryQuery, records: Records) -> None:
    records.visit("LK-1", facility=HERE)
    records.visit("LK-2", facility=THERE)
    records.drug("LK-1", "40.1", facility_code=HERE)
    records.drug("LK-2", "40.1")
    (own,) = (await drugs(service)).drugs
    assert (own.facility_code, own.overlaps) == (HERE, False)


@pytest.fixture
def hidden(records: Records) -> Records:
    records.visit("LK-1", has_sensitive=True, main_diagnosis=None, other_diagnoses=[], diagnosis_text="")
    records.sensitive("LK-1")
    records.drug("LK-1", "TDF.3TC.DTG")
    records.service("LK-1", code="CD4")
    records.visit("LK-2")
    return records


async def test_a_sensitive_diagnosis_is_told_by_its_own_question_alone(
    service: HistoryQuery, hidden: Records
) -> None:
    (told,) = (await sensitive(service, **CHECKED)).visits
    assert (list(told.diagnoses), told.has_hiv_table, told.admitted_on) == (["B20"], True, "2026-11-10")
    shown = await visits(service, **CHECKED)
    assert "B20" not in str(shown)
    assert {name_of(v.visit_id): v.has_sensitive for v in shown.visits} == {"LK-1": True, "LK-2": False}


@pytest.mark.parametrize("asked", [CHECKED, EMERGENCY])
async def test_the_drugs_of_a_sensitive_visit_are_not_shown_to_the_desk(
    service: HistoryQuery, hidden: Records, asked: dict[str, Any]
) -> None:
    told = await get(service, THERE, "LK-1", **asked)
    assert told.visit.has_sensitive
    assert (list(told.drugs), list(told.services)) == ([], [])
    running = await drugs(service, **asked)
    assert (list(running.drugs), running.withheld) == ([], True)


async def test_a_citizen_sees_the_drugs_of_her_own_sensitive_visit(
    service: HistoryQuery, hidden: Records
) -> None:
    told = await get(service, THERE, "LK-1", **HERSELF)
    assert [d.substance_code for d in told.drugs] == ["TDF.3TC.DTG"]
    running = await drugs(service, **HERSELF)
    assert [d.drug.substance_code for d in running.drugs] == ["TDF.3TC.DTG"]
    assert not running.withheld
    assert [list(v.diagnoses) for v in (await sensitive(service, **HERSELF)).visits] == [["B20"]]


@pytest.mark.parametrize("statement", [VISITS, VISIT, DRUGS, SENSITIVE])
def test_every_statement_reads_the_persons_partition_by_index(
    stack_variable: Callable[[str], str], statement: str
) -> None:
    values = {
        "person": PERSON, "asker": HERE, "whole": True, "since": None, "until": None, "after": None,
        "after_facility": "", "after_treatment": "", "rows": 51, "facility": THERE, "treatment": "LK-1",
        "day": NOW.date(),
    }  # fmt: skip
    with psycopg.connect(
        stack_variable("DATABASE_URL_HEALTH_CLAIMS"), options="-c enable_seqscan=off -c enable_bitmapscan=off"
    ) as runtime:
        plan = "\n".join(row[0] for row in runtime.execute("EXPLAIN " + statement, values))  # type: ignore[arg-type]
    assert "Seq Scan" not in plan
    for table in ("dossier", "stay"):
        assert len({word for word in plan.split() if word.startswith(f"{table}_p")}) <= 3, plan
