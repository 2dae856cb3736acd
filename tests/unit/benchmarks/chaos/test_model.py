"""The model that a chaotic run is measured by, on cases that are computed by hand."""

from datetime import UTC, datetime

from benchmarks.chaos.model import SECOND_TIME, BankModel, Outcome, UnitModel, merged
from benchmarks.chaos.parties import Citizen
from lienthong.client.commands import DeclarationLine, Payment
from services.contributions.domain.charges import Unit
from services.contributions.domain.periods import OPEN

NOVEMBER = 2026 * 12 + 10
AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
NHUNG = Citizen(1, "001190000017", "Trần Thị Hồng Nhung")


def unit() -> UnitModel:
    charged = Unit(region=1, reduced=False, taken_over=NOVEMBER - 1, opened_through=NOVEMBER)
    return UnitModel(charged, {NHUNG.identifier: NHUNG})


def line(kind: str, month: str, base: int = 0, who: Citizen = NHUNG) -> DeclarationLine:
    return DeclarationLine(
        kind=kind, identifier=who.identifier, full_name=who.full_name, from_month=month, base_vnd=base
    )


def test_an_increase_owes_32_percent_of_the_base_for_each_month_opened() -> None:
    model = unit()
    assert model.declare((line("increase", "2026-10", 10_000_000),), AT) == Outcome(accepted=1)
    assert model.due_vnd() == 2 * 3_200_000
    assert [(s.first, s.last) for s in model.periods[1]] == [(NOVEMBER - 1, OPEN)]
    assert model.told == {1: 1}


def test_order_decides_what_is_refused() -> None:
    first, second = line("increase", "2026-11", 10_000_000), line("decrease", "2026-11")
    model = unit()
    assert [model.declare((one,), AT).accepted for one in (first, second)] == [1, 1]
    assert model.due_vnd() == 0
    other = unit()
    assert other.declare((second,), AT) == Outcome(refusals=((1, "NOT_PARTICIPATING"),))
    assert other.declare((first,), AT) == Outcome(accepted=1)
    assert other.due_vnd() == 3_200_000


def test_the_same_lines_are_declared_once_and_strangers_and_twins_are_refused() -> None:
    model = unit()
    lines = (
        line("increase", "2026-11", 10_000_000),
        line("increase", "2026-11", 10_000_000),
        line("increase", "2026-11", 10_000_000, Citizen(0, "001999999999", "Không Ai")),
    )
    told = Outcome(accepted=1, refusals=((2, "DUPLICATE_PERSON"), (3, "PERSON_UNKNOWN")))
    assert model.declare(lines, AT) == told
    assert model.declare(lines, AT) == Outcome(failed=SECOND_TIME)


def test_a_reference_counts_once_for_its_bank() -> None:
    banks = BankModel(frozenset({"A"}))
    one = Payment(employer_code="A", value_date="2026-11-20", amount_vnd=5, reference="r")
    other = Payment(employer_code="B", value_date="2026-11-20", amount_vnd=5, reference="s")
    assert banks.record("x", [one, one, other]) == Outcome(
        1, ((2, "REFERENCE_COUNTED"), (3, "EMPLOYER_UNKNOWN"))
    )
    assert banks.record("x", [one]) == Outcome(0, ((1, "REFERENCE_COUNTED"),))
    assert banks.record("y", [one]) == Outcome(accepted=1)
    assert banks.collected == {"A": 10}


def test_neighbours_that_are_alike_are_one() -> None:
    assert merged([(3, 4, 7, 1), (1, 2, 7, 1), (5, 5, 7, 2)]) == [(1, 4, 7, 1), (5, 5, 7, 2)]
