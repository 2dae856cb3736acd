"""A ministry pulls how many people were verified; whoever is verified through the gateway is in it seconds later."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from deploy.nation.cast import cast
from lienthong.clock import vietnam_today
from lienthong.statistics import folding, recounting, settings
from tests.support.stack import Running, until
from tests.support.wire import VERIFY, Answer, Sender

PATH = "/v1/statistics/identity:observations"
FLOW = "DF_IDENTITY"
TOTALS = {"REF_AREA": ["VN"], "OUTCOME": ["_T"]}
LONGEST_LAG_S = 30.0
CHILD = next(member for member in cast(date(2026, 11, 22)) if member.full_name == "Bùi Gia Hân")
"""In the nation nobody of the cast was verified yet."""


def ask(sender: Sender, filters: dict[str, list[str]], **given: object) -> Answer:
    asked = [{"dimension": dimension, "codes": codes} for dimension, codes in filters.items()]
    return sender.ask(PATH, {"dataflow": FLOW, "filters": asked, **given}, purpose="statistics")


@pytest.fixture(scope="module")
def built(ministry: Sender) -> Sender:
    """The ministry, once the worker has built the figures of the loaded nation."""
    until(lambda: ask(ministry, TOTALS, lastN=1).status == 200, seconds=120, what="the figures are built")
    return ministry


def test_the_country_is_near_those_who_were_verified(
    built: Sender, running: Running, stack_variable: Callable[[str], str]
) -> None:
    assert running is not None
    document = ask(built, TOTALS, lastN=2).document
    assert document["dimensions"] == ["FREQ", "REF_AREA", "OUTCOME", "TIME_PERIOD"]
    told = int(document["values"][0])
    with psycopg.connect(stack_variable("DATABASE_URL_IDENTITY_OWNER")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM verification"
            " WHERE month = (date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh') - interval '1 month')::date"
        ).fetchone()
        cells = connection.execute(
            "SELECT count(*) FROM stat_key WHERE flow = 'DF_IDENTITY' AND base"
        ).fetchone()
    assert row is not None
    assert cells is not None
    # Five standard errors of that many cells, each as noisy as a small cell can be (docs/disclosure.md).
    assert abs(told - row[0]) <= 5 * (81 * cells[0]) ** 0.5


def test_whoever_has_no_grant_gets_no_figure(hospital: Sender) -> None:
    assert ask(hospital, TOTALS).status == 403


def test_the_cubes_of_the_running_stack_are_what_its_base_tables_say(
    built: Sender, stack_variable: Callable[[str], str]
) -> None:
    assert built is not None
    assert recount(stack_variable) > 0


def recount(stack_variable: Callable[[str], str]) -> int:
    """How many cells were compared, all of them equal."""
    rules = settings.rules(Path(stack_variable("STATISTICS_SECRET")))
    url = stack_variable("DATABASE_URL_IDENTITY_STATISTICS")
    with folding.connect(url, name="e2e-recount") as connection:
        found = recounting.recount(connection, FLOW, rules)
    assert (found.cell_differences, found.figure_differences) == ([], [])
    return found.cells


def test_whoever_is_verified_is_counted_with_the_best_outcome_and_nobody_else_is(
    built: Sender, stack_variable: Callable[[str], str]
) -> None:
    month = vietnam_today().replace(day=1)
    outcome = "SELECT outcome FROM verification WHERE person_id = %s AND month = %s"
    with psycopg.connect(stack_variable("DATABASE_URL_IDENTITY_OWNER"), autocommit=True) as connection:
        connection.execute("DELETE FROM verification WHERE person_id = %s", [CHILD.person_id])

        def counted(result: int) -> bool:
            found = connection.execute(outcome, [CHILD.person_id, month]).fetchone() == (result,)
            folded = connection.execute("SELECT since IS NULL FROM stat_waiting").fetchone() == (True,)
            return found and folded

        for name, result in (("Ai Đó", 3), (CHILD.full_name, 1)):
            particulars = {"identifier": CHILD.personal_id, "fullName": name}
            assert built.ask(VERIFY, particulars, purpose="identity_proofing").status == 200
            until(lambda: counted(result), seconds=LONGEST_LAG_S, what="she is counted")  # noqa: B023 -- at once
        recount(stack_variable)
