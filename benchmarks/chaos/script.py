"""What the parties command, drawn from a seed: declarations of a few lines, bank files and claim files.

Lines are drawn without knowing how things will stand when they are carried out: many
are refused, and which ones depends on the order. That is what the model must predict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from benchmarks.chaos.claims import MOST_DAYS, Claim
from benchmarks.chaos.parties import Citizen, Parties, PartyFacility
from lienthong.client.commands import DeclarationLine, Payment

PAYMENTS_SHARE = 0.25
"""Of the commands: bank files."""
CLAIMS_SHARE = 0.25
"""Claim files; the others are declarations."""
TREATMENTS_OF_A_FACILITY = 60
_WRONG_SHARE = 0.08
UNKNOWN = Citizen(0, "001999999999", "Không Có Ai")
"""Nobody: a line about her is refused."""
UNKNOWN_EMPLOYER = "0199999999DNA03"
_KINDS = ("increase", "increase", "change", "change", "decrease", "correction")
_LEAST_BASE, _MOST_BASE = 540, 6_000  # in 10,000 VND: over every floor, some over the cap
_AMOUNTS = (1_000_000, 40_000_000)


class Manner(Enum):
    """How a command is sent."""

    ONCE = "once"
    KEY_AGAIN = "again with the same Idempotency-Key"
    BYTES_AGAIN = "the same bytes again"
    OTHER_BODY = "another body under the same Idempotency-Key"


_MANNERS = (
    (0.70, Manner.ONCE),
    (0.85, Manner.KEY_AGAIN),
    (0.95, Manner.BYTES_AGAIN),
    (1.0, Manner.OTHER_BODY),
)


@dataclass(slots=True)
class Intent:
    """One command: who, what, how; and what became of it."""

    agency_id: str
    key: str
    manner: Manner
    lines: tuple[DeclarationLine, ...] = ()
    payments: tuple[Payment, ...] = ()
    claims: tuple[Claim, ...] = ()
    facility: PartyFacility | None = None
    """Whose claims these are."""
    operation_id: str = ""
    request_ids: list[str] = field(default_factory=list)
    """Of each 202 that was received."""


class Script:
    """Draws commands one after the other."""

    def __init__(self, parties: Parties, seed: int) -> None:
        self._parties = parties
        self._random = Random(seed)
        self._months = parties.months
        self._last: dict[str, tuple[DeclarationLine, ...]] = {}
        self._references: list[str] = []

    def intents(self, count: int) -> Iterator[Intent]:
        """``count`` commands."""
        for number in range(count):
            draw = self._random.random()
            manner = next(manner for share, manner in _MANNERS if draw <= share)
            key = f"{self._parties.run}-{number}"
            share = self._random.random()
            if share < CLAIMS_SHARE and self._parties.facilities:
                facility = self._random.choice(self._parties.facilities)
                yield Intent(facility.agency_id, key, manner, claims=self._claims(), facility=facility)
            elif share < CLAIMS_SHARE + PAYMENTS_SHARE:
                bank = self._random.choice(self._parties.banks)
                yield Intent(bank, key, manner, payments=self._payments(number))
            else:
                unit = self._random.choice(self._parties.units)
                yield Intent(unit.agency_id, key, manner, lines=self._lines(unit.code, unit.people))

    def _lines(self, code: str, people: Sequence[Citizen]) -> tuple[DeclarationLine, ...]:
        if code in self._last and self._random.random() < 0.03:
            return self._last[code]  # the same declaration once more
        chosen = self._random.choices(people, k=self._random.randint(1, 4))
        if self._random.random() < 0.03:
            chosen.append(UNKNOWN)
        self._last[code] = tuple(self._line(person) for person in chosen)
        return self._last[code]

    def _line(self, person: Citizen) -> DeclarationLine:
        kind = self._random.choice(_KINDS)
        first = self._random.randrange(len(self._months))
        last = self._random.randrange(first, len(self._months))
        base = self._random.randint(_LEAST_BASE, _MOST_BASE) * 10_000
        gone = kind == "decrease" or (kind == "correction" and self._random.random() < 0.3)
        return DeclarationLine(
            kind=kind,
            identifier=person.identifier,
            full_name=person.full_name,
            from_month=self._months[first],
            to_month=self._months[last] if kind == "correction" else "",
            base_vnd=0 if gone else base,
            position="" if gone else self._random.choice(("Công nhân", "Kế toán", "Lái xe")),
        )

    def _claims(self) -> tuple[Claim, ...]:
        """A few treatments, none twice; many of them were claimed before."""
        chosen = self._random.sample(range(TREATMENTS_OF_A_FACILITY), self._random.randint(1, 4))
        return tuple(
            Claim(
                treatment, self._random.randint(1, MOST_DAYS), is_wrong=self._random.random() < _WRONG_SHARE
            )
            for treatment in chosen
        )

    def _payments(self, number: int) -> tuple[Payment, ...]:
        found = []
        for place in range(self._random.randint(1, 5)):
            reference = f"{self._parties.run}-{number}-{place}"
            if self._references and self._random.random() < 0.05:
                reference = self._random.choice(self._references)  # counted before, perhaps
            self._references.append(reference)
            code = self._random.choice(self._parties.units).code
            found.append(
                Payment(
                    employer_code=UNKNOWN_EMPLOYER if self._random.random() < 0.02 else code,
                    value_date=self._parties.today,
                    amount_vnd=self._random.randint(*_AMOUNTS),
                    reference=reference,
                )
            )
        return tuple(found)
