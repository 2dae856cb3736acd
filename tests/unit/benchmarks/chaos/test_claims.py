"""The model of claim files, and that each invariant of claims notices what it is there for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from benchmarks.chaos import claims_invariants
from benchmarks.chaos.claims import Claim, FacilityModel, dossier, ended, file
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.model import Outcome
from benchmarks.chaos.parties import Parties, PartyFacility
from deploy.nation.claim_files import Patient
from lienthong.bus.broker import Broker
from vss.health_claims.v1 import claims_pb2 as pb

PATIENT = Patient(
    full_name="Trần Thị Hồng Nhung", born="1990-05-17", sex=2, personal_id="001190000017",
    card_code="DN4010100000017", registered_facility="01001", card_from=date(2026, 1, 1),
    card_to=date(2026, 12, 31),
)  # fmt: skip
FACILITY = PartyFacility("99000", "hospital-0", date(2026, 11, 21), (PATIENT,))
FIRST, AGAIN, LONGER, WRONG = Claim(1, 2), Claim(1, 2), Claim(1, 3), Claim(1, 4, is_wrong=True)


def test_the_same_changes_nothing_another_replaces_and_a_wrong_one_is_refused() -> None:
    model = FacilityModel(FACILITY)
    assert model.submit([FIRST]) == Outcome(1, ((1, "accepted 1"),))
    assert model.submit([WRONG, AGAIN]) == Outcome(1, ((1, "refused 0"), (2, "unchanged 1")))
    assert model.submit([LONGER]) == Outcome(1, ((1, "replaced 2"),))
    assert model.submit([FIRST]) == Outcome(1, ((1, "replaced 3"),))
    assert model.versions == {1: [FIRST, LONGER, FIRST]}


def test_the_same_claim_makes_the_same_octets_and_another_makes_others() -> None:
    assert file(FACILITY, [FIRST]) == file(FACILITY, [AGAIN]) != file(FACILITY, [LONGER])


def test_a_result_is_read_in_the_words_of_the_model() -> None:
    answer = pb.SubmitClaimsResponse(accepted=1, refused=1)
    answer.outcomes.add(position=1, state=pb.DOSSIER_STATE_REPLACED, version=2)
    answer.outcomes.add(position=2, state=pb.DOSSIER_STATE_REFUSED)
    assert ended(answer.SerializeToString()) == Outcome(1, ((1, "replaced 2"), (2, "refused 0")))


class Rows:
    """A connection that answers every query with these rows."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._rows = rows

    def execute(self, _query: str, _parameters: object = None) -> "Rows":
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)


def evidence(rows: Sequence[tuple[Any, ...]]) -> Evidence:
    model = FacilityModel(FACILITY)
    model.submit([FIRST])
    model.submit([LONGER])
    nothing = cast("psycopg.Connection[Any]", None)
    return Evidence(
        parties=Parties(run="run", today=date(2026, 11, 22), units=(), banks=(), configs={}),
        intents=(), gateway=nothing, contributions=nothing,
        health_claims=cast("psycopg.Connection[Any]", Rows(rows)), broker=cast("Broker", None), wrong=(),
        answers_refused=0, dead_before=frozenset(), facilities={FACILITY.code: model},
                           statistics=(),
                           statistics_secret=Path("none"),
    )  # fmt: skip


def stored() -> list[tuple[Any, ...]]:
    rows = []
    for version, claim in enumerate((FIRST, LONGER), 1):
        made = dossier(FACILITY, claim)
        rows.append(
            ("99000", "hospital-0.1", version, version == 2, made.cost_vnd, made.fund_vnd, made.copay_vnd)
        )
    return rows


def test_dossiers_as_the_model_has_them_hold() -> None:
    assert claims_invariants.dossiers_as_predicted(evidence(stored())).broken == []


@pytest.mark.parametrize(
    "wrong",
    [
        stored()[1:],
        [*stored(), stored()[1]],
        [(*stored()[0][:3], True, *stored()[0][4:]), stored()[1]],
        [stored()[0], (*stored()[1][:6], 1)],
    ],
    ids=["lost", "twice", "an old version stands", "another sum"],
)
def test_a_dossier_that_was_lost_doubled_or_changed_is_noticed(wrong: list[tuple[Any, ...]]) -> None:
    assert not claims_invariants.dossiers_as_predicted(evidence(wrong)).holds


def test_a_line_that_is_missing_is_noticed() -> None:
    rows = []
    for version, claim in enumerate((FIRST, LONGER), 1):
        made = dossier(FACILITY, claim)
        sums = (made.cost_vnd, made.fund_vnd)
        rows.append(("99000", "hospital-0.1", version, *sums, len(made.lines), *sums))
    assert claims_invariants.lines_are_whole(evidence(rows)).holds
    for fewer in ((-1, 0, 0), (0, -100, 0), (0, 0, -1)):
        last = rows[1]
        changed = tuple(value + less for value, less in zip(last[5:], fewer, strict=True))
        assert not claims_invariants.lines_are_whole(evidence([rows[0], (*last[:5], *changed)])).holds


def test_own_payments_that_are_not_the_sum_are_noticed() -> None:
    assert claims_invariants.own_payments_add_up(evidence([(1, 2026, 5, 5)])).holds
    assert not claims_invariants.own_payments_add_up(evidence([(1, 2026, 5, 5), (2, 2026, 0, 7)])).holds
    assert not claims_invariants.own_payments_add_up(evidence([])).holds


def test_a_wrong_dossier_says_another_share_than_its_lines() -> None:
    right = dossier(FACILITY, replace(WRONG, is_wrong=False))
    assert dossier(FACILITY, WRONG).changed == {"T_BHTT": "1"}
    assert right.fund_vnd != 1
