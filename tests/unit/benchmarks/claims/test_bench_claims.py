"""What the benchmark of claims sends, and how it says what came out."""

import json
from collections import Counter
from datetime import date

import pytest

from benchmarks.claims.__main__ import PARTS, plan
from benchmarks.claims.desk import Figures, ways
from benchmarks.claims.dossiers import LINES, Rate, dossier
from deploy.nation.claim_files import Patient
from deploy.nation.sampling import SampledPerson

PATIENT = Patient(
    full_name="Trần Thị Hồng Nhung", born="1990-05-17", sex=2, personal_id="001190000017",
    card_code="DN4010100000017", registered_facility="01001", card_from=date(2026, 1, 1),
    card_to=date(2026, 12, 31),
)  # fmt: skip
PEOPLE = [SampledPerson("001190000017", "Trần Thị Hồng Nhung", "1990-05-17")]


def test_a_dossier_has_twenty_lines_of_both_kinds_and_the_fund_pays_the_cards_share() -> None:
    made = dossier("01001", "B1", PATIENT, date(2026, 11, 21))
    assert len(made.lines) == LINES == 20
    assert made.drugs
    assert made.services
    assert made.fund_vnd * 100 == made.cost_vnd * 80


def test_the_three_ways_ask_about_the_same_person_and_visit() -> None:
    plain, visit, fhir = (json.loads(way.asked.bodies[0]) for way in ways(PEOPLE))
    assert {**plain, "visit": visit["visit"]} == visit
    (patient,) = fhir["contained"]
    assert patient["identifier"][0]["value"] == plain["identifier"]
    (item,) = fhir["item"]
    assert item["unitPrice"]["value"] == int(visit["visit"]["costVnd"])


@pytest.mark.parametrize(
    ("number", "right", "wrong"),
    [
        (0, {"covered": True}, {"covered": False}),
        (1, {"benefit": {"split": {}}}, {"covered": True}),
        (
            2,
            {"outcome": "complete", "insurance": [{"inforce": True}]},
            {"outcome": "error", "insurance": [{}]},
        ),
    ],
)
def test_an_answer_that_says_something_else_is_noticed(
    number: int, right: dict[str, object], wrong: dict[str, object]
) -> None:
    way = ways(PEOPLE)[number]
    assert way.says(right)
    assert not way.says(wrong)


def test_cpu_time_is_told_for_each_request_and_dossier() -> None:
    figures = Figures(cpu=Counter({"gateway": 0.3, "postgres": 0.1}), counted=1_000)
    assert figures.told() == "400 µs CPU a request (gateway 300, postgres 100)"
    rate = Rate(
        dossiers=0, seconds=1.0, latencies=[], octets=1, cpu={"consumers-health_claims": 0.5}, sent=250
    )
    assert rate.told() == "2.00 ms CPU a dossier (consumers-health_claims 2.00)"


def test_everything_is_run_unless_a_part_is_named() -> None:
    assert plan([]).parts == PARTS
    assert plan(["--only", "history"]).parts == ("history",)
    for wrong in (["--seconds", "0"], ["--files", "1"], ["--rounds", "0"]):
        with pytest.raises(SystemExit):
            plan(wrong)
