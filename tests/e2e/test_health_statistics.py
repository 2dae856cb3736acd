"""A ministry pulls health insurance's figures through the gateway, and by SDMX; changes are in them seconds later."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import psycopg
import pytest

from lienthong.client.statistics import Observations
from lienthong.statistics import folding, recounting, settings
from lienthong.statistics.structures import areas
from tests.support.stack import Running, until
from tests.support.wire import Answer, Sender

PATH = "/v1/statistics/health_claims:observations"
TOTALS = {
    "DF_COVERAGE": {"REF_AREA": ["VN"], "GROUP": ["_T"], "BENEFIT": ["_T"]},
    "DF_VISITS": {"REF_AREA": ["VN"], "LEVEL": ["_T"], "VISIT_TYPE": ["_T"]},
    "DF_VISITS_ICD": {"ICD_CHAPTER": ["_T"], "AGE": ["_T"], "SEX": ["_T"]},
}
LONGEST_LAG_S = 30.0


def ask(sender: Sender, flow: str, filters: dict[str, list[str]] | None = None, **given: object) -> Answer:
    asked = [{"dimension": dimension, "codes": codes} for dimension, codes in (filters or {}).items()]
    return sender.ask(PATH, {"dataflow": flow, "filters": asked, **given}, purpose="statistics")


@pytest.fixture(scope="module")
def built(ministry: Sender) -> Sender:
    """The ministry, once the worker has built the figures of the loaded nation."""

    def answered() -> bool:
        return all(ask(ministry, flow, totals, lastN=1).status == 200 for flow, totals in TOTALS.items())

    until(answered, seconds=120, what="the figures are built")
    return ministry


def test_the_country_is_the_sum_of_its_groups_and_near_those_who_are_covered(
    built: Sender, running: Running, stack_variable: Callable[[str], str]
) -> None:
    assert running is not None
    document = ask(built, "DF_COVERAGE", TOTALS["DF_COVERAGE"], lastN=1).document
    assert document["dimensions"] == ["FREQ", "REF_AREA", "GROUP", "BENEFIT", "TIME_PERIOD"]
    (told,) = map(int, document["values"])
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER")) as connection:
        row = connection.execute(
            "SELECT count(DISTINCT person_id) FROM card WHERE valid_from <= date_trunc('month', now())"
            " AND valid_to >= date_trunc('month', now()) AND (status = 1 OR status_from > date_trunc('month', now()))"
        ).fetchone()
        cells = connection.execute(
            "SELECT count(*) FROM stat_key WHERE flow = 'DF_COVERAGE' AND base"
        ).fetchone()
    assert row is not None
    assert cells is not None
    # Five standard errors of that many cells, each as noisy as a small cell can be (docs/disclosure.md).
    assert abs(told - row[0]) <= 5 * (81 * cells[0]) ** 0.5


def test_whoever_has_no_grant_gets_no_figure(hospital: Sender) -> None:
    assert ask(hospital, "DF_COVERAGE", TOTALS["DF_COVERAGE"]).status == 403


def test_a_flow_of_another_service_is_not_found(built: Sender) -> None:
    answer = ask(built, "DF_PARTICIPANTS")
    assert (answer.status, answer.reason) == (404, "not_found")


@pytest.mark.parametrize("flow", TOTALS)
def test_the_cubes_of_the_running_stack_are_what_its_base_tables_say(
    built: Sender, stack_variable: Callable[[str], str], flow: str
) -> None:
    assert built is not None
    rules = settings.rules(Path(stack_variable("STATISTICS_SECRET")))
    url = stack_variable("DATABASE_URL_HEALTH_CLAIMS_STATISTICS")
    with folding.connect(url, name="e2e-recount") as connection:
        found = recounting.recount(connection, flow, rules)
    assert found.cells > 0
    assert (found.cell_differences, found.figure_differences) == ([], [])


def test_a_committed_change_is_counted_within_seconds(
    built: Sender, stack_variable: Callable[[str], str]
) -> None:
    assert built is not None
    move = (
        "UPDATE card SET valid_to = valid_to + %s WHERE (person_id, card_code, valid_from) ="
        " (SELECT person_id, card_code, valid_from FROM card ORDER BY person_id, card_code, valid_from LIMIT 1)"
    )
    with psycopg.connect(stack_variable("DATABASE_URL_HEALTH_CLAIMS_OWNER"), autocommit=True) as connection:
        for days in (40, -40):
            connection.execute(move.encode(), [days])
            until(
                lambda: connection.execute(b"SELECT since IS NULL FROM stat_waiting").fetchone() == (True,),
                seconds=LONGEST_LAG_S,
                what="the change is folded",
            )


def test_a_share_of_the_population_is_the_published_number_by_the_population(built: Sender) -> None:
    where = {"GROUP": ["_T"], "BENEFIT": ["_T"]}
    document = ask(built, "DF_COVERAGE", where, lastN=3).document
    places, months = document["columns"][1], document["columns"][-1]
    counted = {
        (places["codes"][a], months["codes"][m]): None if hidden else int(value)
        for a, m, value, hidden in zip(
            places["indexes"], months["indexes"], document["values"], document["suppressed"], strict=True
        )
    }
    found = observed(ask(built, "DF_COVERAGE_SHARE", {"INDICATOR": ["SHARE"]}, lastN=3))
    people = observed(ask(built, "DF_COVERAGE_SHARE", {"INDICATOR": ["POPULATION"]}, lastN=3))
    population = {(one.codes[1], one.month): one.value for one in people.figures()}
    shares = {(one.codes[1], one.month): one.value for one in found.figures()}
    assert {("VN", month) for month in months["codes"]} <= shares.keys() <= counted.keys()
    for place, share in shares.items():
        number, persons = counted[place], population[place]
        assert persons is not None
        expected = None if number is None else Decimal(100 * number) / persons
        if expected is None or share is None:
            assert share is expected
        else:
            assert abs(share - expected) <= Decimal("0.005"), place


def test_a_province_is_the_sum_of_its_former_ones_and_what_there_is_names_both(built: Sender) -> None:
    totals = {"GROUP": ["_T"], "BENEFIT": ["_T"]}
    named = ask(built, "DF_COVERAGE", totals, keysOnly=True).document["columns"][1]["codes"]
    assert {"VN", "VN_01", "VNF_001", "VN_79", "VNF_074"} <= set(named)
    # The nation's facilities are all where their codes say.
    assert not {code for code in named if code.startswith("VNU_")}
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for one in observed(ask(built, "DF_COVERAGE", totals, lastN=3)).figures():
        if one.value is not None:
            found[one.month][one.codes[1]] = int(one.value)
    compared = 0
    for told in found.values():
        for province in areas.provinces():
            parts = [former for former, now in areas.successors().items() if now == province]
            if province in told and all(part in told for part in parts):
                assert told[province] == sum(told[part] for part in parts)
                compared += 1
    assert compared > 0


def observed(answer: Answer) -> Observations:
    assert answer.status == 200
    return msgspec.convert(answer.document, Observations, strict=False)
