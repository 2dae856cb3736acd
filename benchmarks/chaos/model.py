"""What must have come of the accepted commands, computed from them in the order of acceptance.

Uses the pure rules of ``services.contributions.domain``, and nothing of what carried the
commands out. Declarations of a unit follow each other by their number; so do the files of
a bank. Between these two no order is promised, so of payments only the totals are
predicted: they come out the same in every order while nothing is late.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from benchmarks.chaos.parties import Citizen
from lienthong.client.commands import DeclarationLine, Payment
from lienthong.clock import VIETNAM
from services.contributions.domain.charges import Deltas, Unit
from services.contributions.domain.lines import Kind, Line, LineRefused, Terms, decide
from services.contributions.domain.months import month_index
from services.contributions.domain.periods import Painter, Segment
from services.contributions.domain.states import closed_through

Refusals = tuple[tuple[int, str], ...]
"""(line, reason), in the order of the lines."""
SECOND_TIME = "ALREADY_DECLARED"
HEALTH = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command must have ended: ``failed`` as a whole, or so many accepted and these refused."""

    accepted: int = 0
    refusals: Refusals = ()
    failed: str = ""


@dataclass(slots=True)
class UnitModel:
    """One unit as its declarations make it."""

    charged: Unit
    people: Mapping[str, Citizen]
    """By identifier."""
    periods: dict[int, list[Segment]] = field(default_factory=dict)
    charges: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """Due by month, entry and fund."""
    next_entry: int = 1
    told: dict[int, int] = field(default_factory=dict)
    """By person: the number of the last declaration that others were told of."""
    declared: set[tuple[DeclarationLine, ...]] = field(default_factory=set)

    def declare(self, lines: tuple[DeclarationLine, ...], accepted_at: datetime) -> Outcome:
        """Apply a declaration."""
        if lines in self.declared:
            return Outcome(failed=SECOND_TIME)
        today = accepted_at.astimezone(VIETNAM).date()
        painter = Painter(self.next_entry, closed_through(today.toordinal()))
        terms = Terms(month_index(today), self.charged.region, painter)
        deltas, refusals, asked = Deltas(self.charged), [], set[int]()
        applied = 0
        for number, line in enumerate(lines, start=1):
            try:
                self._line(line, terms, deltas, asked)
                applied += 1
            except LineRefused as refused:
                refusals.append((number, refused.reason))
        for month, entry, fund, vnd in deltas.sums():
            self.charges[month, entry, fund] += vnd
        self.next_entry += 1
        if applied:
            self.declared.add(lines)
        return Outcome(applied, tuple(refusals))

    def _line(self, line: DeclarationLine, terms: Terms, deltas: Deltas, asked: set[int]) -> None:
        person = self.people.get(line.identifier)
        if person is None:
            raise LineRefused("PERSON_UNKNOWN", "identifier")
        if person.person_id in asked:
            raise LineRefused("DUPLICATE_PERSON", "identifier")
        asked.add(person.person_id)
        read = Line(
            Kind[line.kind.upper()],
            _month(line.from_month),
            _month(line.to_month) if line.to_month else 0,
            0,
            line.base_vnd,
            line.position,
            0,
        )
        decided = decide(read, self.periods.get(person.person_id, []), terms)
        self.periods[person.person_id] = decided.segments
        for change in decided.changes:
            deltas.add(change)
        if any(c.before is None or c.after is None or c.before[:2] != c.after[:2] for c in decided.changes):
            self.told[person.person_id] = self.next_entry

    def due_vnd(self) -> int:
        """All that it owes or has paid."""
        return sum(self.charges.values())


@dataclass(slots=True)
class BankModel:
    """What the banks have collected."""

    units: frozenset[str]
    references: set[tuple[str, str]] = field(default_factory=set)
    collected: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By unit, VND."""

    def record(self, bank: str, payments: Iterable[Payment]) -> Outcome:
        """Take a file in."""
        accepted, refusals = 0, list[tuple[int, str]]()
        own: set[str] = set()
        before = {reference for owner, reference in self.references if owner == bank}
        for number, payment in enumerate(payments, start=1):
            if payment.reference in own:
                refusals.append((number, "REFERENCE_COUNTED"))
                continue
            own.add(payment.reference)
            if payment.reference in before:
                refusals.append((number, "REFERENCE_COUNTED"))
            elif payment.employer_code not in self.units:
                refusals.append((number, "EMPLOYER_UNKNOWN"))
            else:
                accepted += 1
                self.references.add((bank, payment.reference))
                self.collected[payment.employer_code] += payment.amount_vnd
        return Outcome(accepted, tuple(refusals))


def merged(segments: Iterable[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """(first, last, schemes, base) with alike neighbours as one: how it looks apart from charge entries."""
    found: list[tuple[int, int, int, int]] = []
    for first, last, schemes, base in sorted(segments):
        if found and found[-1][1] + 1 == first and found[-1][2:] == (schemes, base):
            found[-1] = (found[-1][0], last, schemes, base)
        else:
            found.append((first, last, schemes, base))
    return found


def _month(text: str) -> int:
    year, _, month = text.partition("-")
    return int(year) * 12 + int(month) - 1
