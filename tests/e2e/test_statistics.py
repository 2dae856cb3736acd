"""A ministry pulls figures through the gateway; what it declared elsewhere is in them seconds later."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from lienthong.agencies import admin
from lienthong.statistics import folding, recounting, settings
from tests.support.stack import Running, until
from tests.support.wire import Answer, Sender

PATH = "/v1/statistics/contributions:observations"
EVERYBODY = {"REF_AREA": ["VN"], "SCHEME": ["SI"], "SEX": ["_T"], "AGE": ["_T"]}
LONGEST_LAG_S = 30.0


def ask(sender: Sender, filters: dict[str, list[str]] | None = None, **given: object) -> Answer:
    asked = [{"dimension": dimension, "codes": codes} for dimension, codes in (filters or {}).items()]
    return sender.ask(PATH, {"dataflow": "DF_PARTICIPANTS", "filters": asked, **given}, purpose="statistics")


@pytest.fixture(scope="module")
def built(ministry: Sender) -> Sender:
    """The ministry, once the worker has built the figures of the loaded nation."""

    def answered() -> bool:
        return ask(ministry, EVERYBODY, lastN=1).status == 200

    until(answered, seconds=120, what="the figures are built")
    return ministry


def test_a_ministry_gets_figures_with_their_watermark(built: Sender) -> None:
    answer = ask(built, EVERYBODY, lastN=12)
    assert answer.status == 200
    document = answer.document
    assert document["dimensions"] == ["FREQ", "REF_AREA", "SCHEME", "SEX", "AGE", "TIME_PERIOD"]
    assert [len(column["indexes"]) for column in document["columns"]] == [12] * 6
    assert document["suppressed"] == [0] * 12
    assert all(int(value) > 0 for value in document["values"])
    watermark = datetime.fromisoformat(document["watermark"])
    assert (
        abs((datetime.now(UTC) - watermark).total_seconds()) < LONGEST_LAG_S + int(document["lagMs"]) / 1000
    )


def test_a_small_cell_is_suppressed_and_says_so(built: Sender) -> None:
    document = ask(built, lastN=1).document
    hidden = [place for place, suppressed in enumerate(document["suppressed"]) if suppressed]
    assert hidden
    assert {document["values"][place] for place in hidden} == {"0"}


def test_whoever_has_no_grant_gets_no_figure(hospital: Sender) -> None:
    answer = ask(hospital, EVERYBODY)
    assert answer.status == 403


def test_what_no_dataflow_has_is_refused_by_its_place(built: Sender) -> None:
    answer = ask(built, {"REF_AREA": ["VN"], "COLOUR": ["RED"]})
    assert (answer.status, answer.fields) == (422, ["filters[1].dimension"])


@pytest.mark.parametrize("flow", ["DF_PARTICIPANTS", "DF_COLLECTION"])
def test_the_cubes_of_the_running_stack_are_what_its_base_tables_say(
    built: Sender, running: Running, stack_variable: Callable[[str], str], flow: str
) -> None:
    assert built is not None
    assert running is not None
    rules = settings.rules(Path(stack_variable("STATISTICS_SECRET")))
    url = stack_variable("DATABASE_URL_CONTRIBUTIONS_STATISTICS")
    with folding.connect(url, name="e2e-recount") as connection:
        found = recounting.recount(connection, flow, rules)
    assert found.cells > 0
    assert (found.cell_differences, found.figure_differences) == ([], [])


def test_a_committed_change_is_counted_within_seconds(
    built: Sender, stack_variable: Callable[[str], str]
) -> None:
    assert built is not None
    with psycopg.connect(stack_variable("DATABASE_URL_CONTRIBUTIONS_OWNER"), autocommit=True) as connection:
        connection.execute(
            "UPDATE participant SET birth_year = birth_year + 1 WHERE person_id IN"
            " (SELECT person_id FROM participation LIMIT 1)"
        )
        begun = time.monotonic()
        waits = "SELECT since IS NULL FROM stat_waiting"
        until(
            lambda: connection.execute(waits.encode()).fetchone() == (True,),
            seconds=LONGEST_LAG_S,
            what="the change is folded",
        )
        assert time.monotonic() - begun < LONGEST_LAG_S
        connection.execute(
            "UPDATE participant SET birth_year = birth_year - 1 WHERE person_id IN"
            " (SELECT person_id FROM participation LIMIT 1)"
        )


def test_a_days_budget_of_observations_holds_over_all_workers(built: Sender, running: Running) -> None:
    assert built is not None
    terms = admin.GrantTerms(
        scope="statistics:read",
        purposes=frozenset({"statistics"}),
        data_classes=frozenset({"result"}),
        observations_per_day=30,
    )
    sender = running.enrol_hospital(terms)
    running.await_known(sender)
    asked = [{"dimension": dimension, "codes": codes} for dimension, codes in EVERYBODY.items()]
    body = {"dataflow": "DF_PARTICIPANTS", "filters": asked, "lastN": 12}
    with running.connection_to_each_worker() as connections:
        workers = [*connections.values()]
        raws = [sender.sign(PATH, body, purpose="statistics").wire() for _ in range(4)]
        answers = [workers[n % len(workers)].send(raw) for n, raw in enumerate(raws)]
    assert [answer.status for answer in answers] == [200, 200, 429, 429]
    told = running.entry(answers[1].request_id)["detail"]
    assert told == "DF_PARTICIPANTS REF_AREA=VN SCHEME=SI SEX=_T AGE=_T last 12: 12 observations"
    refused = running.entry(answers[3].request_id)
    assert (refused["outcome"], refused["status"]) == ("quota_exceeded", 429)
    assert 1 <= int(answers[3].header("retry-after")) <= 86_400
