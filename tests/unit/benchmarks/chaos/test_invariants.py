"""Each invariant notices what it is there for: a check that cannot fail proves nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pytest

from benchmarks.chaos import invariants
from benchmarks.chaos.evidence import Evidence, Operation
from benchmarks.chaos.invariants import COMPLETED, FAILED
from benchmarks.chaos.parties import Citizen, Parties, PartyUnit
from benchmarks.chaos.script import Intent, Manner
from lienthong.bus.broker import Broker
from lienthong.client.commands import DeclarationLine
from vss.contributions.v1 import commands_pb2 as pb

SERVICE = "vss.contributions.v1.ContributionsCommandService"
NHUNG = Citizen(1, "001190000017", "Trần Thị Hồng Nhung")
UNIT = PartyUnit("0100000001DNA03", "unit", 1, False, (NHUNG,))
FIRST, SECOND = uuid4(), uuid4()
LINE = DeclarationLine(
    kind="increase", identifier=NHUNG.identifier, full_name=NHUNG.full_name, from_month="2026-11",
    base_vnd=10_000_000,
)  # fmt: skip


class Rows:
    """A connection that answers each query with the rows of the first table that it names."""

    def __init__(self, **tables: Sequence[tuple[Any, ...]]) -> None:
        self._tables = tables
        self._found: list[tuple[Any, ...]] = []

    def execute(self, query: str, _parameters: object = None) -> "Rows":
        words = query.split()
        table = words[words.index("FROM") + 1]
        found = Rows(**self._tables)
        found._found = list(self._tables.get(table, ()))
        return found

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._found

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._found[0] if self._found else None

    def __iter__(self) -> Any:
        return iter(self._found)


def operation(number: UUID, key: str, sequence: int, state: int, accepted: int, **more: Any) -> Operation:
    answer = pb.SubmitDeclarationResponse(accepted=accepted, refused=1 - accepted)
    if not accepted:
        answer.refusals.add(line=1, reason="ALREADY_PARTICIPATING")
    return replace(
        Operation(
            number, key, f"{SERVICE}/SubmitDeclaration", f"{SERVICE}/{UNIT.code}", sequence, state,
            datetime(2026, 11, 22, tzinfo=UTC), answer.SerializeToString(),
        ),
        **more,
    )  # fmt: skip


def evidence(operations: Sequence[Operation], **contributions: Sequence[tuple[Any, ...]]) -> Evidence:
    intents = [
        Intent("unit", "a", Manner.ONCE, lines=(LINE,), operation_id=str(FIRST), request_ids=["r1"]),
        Intent(
            "unit", "b", Manner.ONCE, lines=(replace(LINE, base_vnd=11_000_000),),
            operation_id=str(SECOND), request_ids=["r2"],
        ),
    ]  # fmt: skip
    contributions = {"book": [(date(2026, 11, 1),)], "employer": [(UNIT.code, 7)], **contributions}
    audit = [("r1", 202, "ok")]
    found = Evidence(
        parties=Parties(run="run", today=date(2026, 11, 22), units=(UNIT,), banks=(), configs={}),
        intents=intents,
        gateway=cast("psycopg.Connection[Any]", Rows(audit_entry=audit)),
        contributions=cast("psycopg.Connection[Any]", Rows(**contributions)),
        health_claims=cast("psycopg.Connection[Any]", Rows()),
        broker=cast("Broker", None),
        wrong=(),
        answers_refused=1,
        dead_before=frozenset(),
        statistics=(),
        statistics_secret=Path("none"),
    )
    found.__dict__["operations"] = list(operations)
    return found


GOOD = (operation(FIRST, "a", 1, COMPLETED, 1), operation(SECOND, "b", 2, COMPLETED, 0))
RPC = GOOD[0].rpc


def test_what_is_right_is_found_right() -> None:
    right = evidence(
        GOOD,
        inbox=[(FIRST, RPC, 1), (SECOND, RPC, 1)],
        inbox_key=[(UNIT.code, 2)],
        declaration=[(FIRST, 1), (SECOND, 2)],
    )
    checks = (
        invariants.one_operation_each, invariants.all_ended, invariants.done_once, invariants.no_gaps,
        invariants.in_order, invariants.results_as_predicted,
    )  # fmt: skip
    assert [check(right).broken for check in checks] == [[]] * len(checks)


def test_an_accepted_command_that_was_lost_is_noticed() -> None:
    assert not invariants.one_operation_each(evidence(GOOD[:1])).holds


@pytest.mark.parametrize("state", [1, 4])
def test_an_operation_that_waits_or_is_held_is_noticed(state: int) -> None:
    assert not invariants.all_ended(evidence([replace(GOOD[0], state=state)])).holds


def test_an_operation_that_was_not_carried_out_or_held_is_noticed() -> None:
    assert not invariants.done_once(evidence(GOOD, inbox=[(FIRST, RPC, 1)])).holds
    assert not invariants.done_once(evidence(GOOD, inbox=[(FIRST, RPC, 1), (SECOND, RPC, 2)])).holds


def test_a_gap_or_an_order_that_was_not_kept_is_noticed() -> None:
    assert not invariants.no_gaps(
        evidence([GOOD[0], replace(GOOD[1], sequence=3)], inbox_key=[(UNIT.code, 2)])
    ).holds
    assert not invariants.no_gaps(evidence(GOOD, inbox_key=[(UNIT.code, 1)])).holds
    assert not invariants.in_order(evidence(GOOD, declaration=[(FIRST, 2), (SECOND, 1)])).holds


def test_a_result_that_only_another_order_gives_is_noticed() -> None:
    swapped = [replace(GOOD[0], result=GOOD[1].result), replace(GOOD[1], result=GOOD[0].result)]
    assert not invariants.results_as_predicted(evidence(swapped)).holds
    assert not invariants.results_as_predicted(evidence([replace(GOOD[0], state=FAILED, result=b"")])).holds


def test_a_charge_or_a_period_that_was_applied_twice_is_noticed() -> None:
    november = date(2026, 11, 1)
    dues = ((1, 2_200_000), (2, 300_000), (3, 50_000), (4, 200_000), (5, 450_000))
    charges = [(7, november, 0, fund, vnd) for fund, vnd in dues]
    for rows, holds in ((charges, True), ([*charges[:4], (7, november, 0, 5, 900_000)], False)):
        found = evidence(GOOD, charge=rows)
        invariants.results_as_predicted(found)
        assert invariants.charges_as_predicted(found).holds is holds
    for base, holds in ((10_000_000, True), (11_000_000, False)):
        found = evidence(GOOD, participation=[(7, 1, november, None, 7, base)])
        invariants.results_as_predicted(found)
        assert invariants.periods_as_predicted(found).holds is holds


def test_an_answer_without_its_entry_is_noticed() -> None:
    verdict = invariants.every_answer_is_logged(evidence(GOOD))
    assert verdict.broken == ["r2: None"]


def test_a_check_that_looked_at_nothing_does_not_hold() -> None:
    assert not invariants.all_ended(evidence([])).holds
