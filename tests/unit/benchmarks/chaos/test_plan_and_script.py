"""A seed gives the same commands and the same kills, and leaves no kind out."""

from collections import Counter
from datetime import date

from benchmarks.chaos.killing import POINTS, PROCESSES, plan
from benchmarks.chaos.parties import Citizen, Parties, PartyFacility, PartyUnit
from benchmarks.chaos.script import Intent, Manner, Script

PEOPLE = tuple(Citizen(number, f"00119000{number:04d}", f"Người {number}") for number in range(1, 11))
PARTIES = Parties(
    run="run",
    today=date(2026, 11, 22),
    units=tuple(PartyUnit(f"010000000{n}DNA03", f"unit-{n}", 1, False, PEOPLE) for n in range(3)),
    banks=("bank-0", "bank-1"),
    facilities=(PartyFacility("99000", "hospital-0", date(2026, 11, 21), ()),),
    configs={},
)


def drawn(seed: int) -> list[Intent]:
    return list(Script(PARTIES, seed).intents(400))


def test_a_plan_kills_every_process_and_at_every_named_place_equally_often() -> None:
    kills = plan(7, 10_000, 5)
    assert Counter(kill.kind for kill in kills) == dict.fromkeys((*PROCESSES, *POINTS), 5)
    assert kills == sorted(kills)
    assert 0 < kills[0].after < kills[-1].after < 10_000


def test_a_seed_gives_the_same_kills_and_commands() -> None:
    assert plan(7, 1_000, 2) == plan(7, 1_000, 2) != plan(8, 1_000, 2)
    assert drawn(7) == drawn(7) != drawn(8)


def test_a_script_has_every_manner_declarations_bank_files_and_claim_files() -> None:
    intents = drawn(7)
    assert {intent.manner for intent in intents} == set(Manner)
    assert len({intent.key for intent in intents}) == len(intents)
    files = sum(bool(intent.payments) for intent in intents)
    assert 0.1 < files / len(intents) < 0.4
    claims = [intent for intent in intents if intent.claims]
    assert 0.1 < len(claims) / len(intents) < 0.4
    assert all(intent.facility is PARTIES.facilities[0] for intent in claims)
    for intent in intents:
        assert [bool(intent.lines), bool(intent.payments), bool(intent.claims)].count(True) == 1


def test_claims_come_again_for_the_same_treatment_and_some_are_wrong() -> None:
    claims = [claim for intent in drawn(7) for claim in intent.claims]
    assert len({claim.treatment for claim in claims}) < len(claims)
    assert 0 < sum(claim.is_wrong for claim in claims) < len(claims) / 4
    for intent in drawn(7):
        assert len({claim.treatment for claim in intent.claims}) == len(intent.claims)


def test_nothing_that_is_declared_can_be_late() -> None:
    assert PARTIES.months == ("2026-10", "2026-11", "2026-12")
    months = {line.from_month for intent in drawn(7) for line in intent.lines}
    assert months == set(PARTIES.months)
