"""A simulated publisher over a simulated nation, made of the public interface alone, and what an attacker sees.

`Publisher` does what the folding worker does: true cells, changes, publications, a history. `Raw` is the
control: the same, with nothing but the minimum frequency. An attack has to succeed against it.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from lienthong.disclosure import (
    BaseCell,
    Parameters,
    Published,
    factored,
    margin_suppressed,
    moves,
    publish,
    record_key,
)
from lienthong.statistics.structures import areas

PARAMETERS = Parameters()
MONTH = "2026-01"
Place = tuple[str, ...]
Wanted = tuple[Iterable[str] | None, ...]
_DAY = 86_400


def secret(world: int) -> bytes:
    """The secret of one possible world."""
    return world.to_bytes(32, "big")


def divided(province: str) -> list[str]:
    """The former provinces of one of today, as the dataflows sum them up."""
    return [former for former, now in areas.successors().items() if now == province]


@dataclass
class Publisher:
    """One flow. ``history`` holds every published state with its time, as `stat_release` does."""

    secret: bytes
    flow: str = "DF_TEST"
    distinct: bool = True
    listed: bool = False
    parts: tuple[int, ...] = ()
    splits: tuple[int, ...] = ()
    """Places of coordinates that only split what the same contributors have."""
    parameters: Parameters = PARAMETERS
    clock: int = 0
    cells: dict[tuple[str, Place], BaseCell] = field(default_factory=dict)
    since: dict[tuple[str, Place], int] = field(default_factory=dict)
    published: dict[tuple[str, Place], Published] = field(default_factory=dict)
    history: list[tuple[int, tuple[str, Place], Published]] = field(default_factory=list)
    keys: dict[int, int] = field(default_factory=dict)

    def enter(
        self, month: str, place: Place, contributors: Iterable[int], amounts: tuple[int, ...] = ()
    ) -> None:
        """Contributors come, each with these amounts."""
        for contributor in contributors:
            self._change(month, place, contributor, amounts, 1)

    def leave(
        self, month: str, place: Place, contributors: Iterable[int], amounts: tuple[int, ...] = ()
    ) -> None:
        """They go again."""
        for contributor in contributors:
            self._change(month, place, contributor, amounts, -1)

    def _change(
        self, month: str, place: Place, contributor: int, amounts: tuple[int, ...], sign: int
    ) -> None:
        where = (month, place)
        cell = self.cells.get(where)
        if cell is None:
            none = (0,) * len(amounts)
            kin = tuple(code for number, code in enumerate(place) if number not in self.splits)
            cell = BaseCell(self.flow, month, place, 0, 0, none, none, parts=self.parts, kin=kin)
            cell.distinct, cell.listed = self.distinct, self.listed
            self.cells[where] = cell
        cell.contributors += sign
        key = self.keys.get(contributor)
        if key is None:
            key = self.keys[contributor] = record_key(self.secret, contributor)
        cell.key = (cell.key + sign * key) % 2**63
        if amounts:
            own = [self._entered(contributor, amount) for amount in amounts]
            cell.amounts = tuple(a + sign * b for a, b in zip(cell.amounts, own, strict=True))
            cell.squares = tuple(a + sign * b * b for a, b in zip(cell.squares, own, strict=True))
        cell.changes += 1
        self.since.setdefault(where, self.clock)

    def _entered(self, contributor: int, amount: int) -> int:
        return factored(self.secret, contributor, amount)

    def _moves(self, cell: BaseCell) -> bool:
        return moves(self.parameters, self.secret, cell)

    def _publish(self, cell: BaseCell) -> Published:
        return publish(self.parameters, self.secret, cell)

    def fold(self) -> None:
        """Publish what moves now."""
        for where, since in list(self.since.items()):
            cell = self.cells[where]
            cell.waited = self.clock - since
            if self._moves(cell):
                state = self._publish(cell)
                self.published[where] = state
                self.history.append((self.clock, where, state))
                cell.changes, cell.waited = 0, 0
                cell.releases += 1
                del self.since[where]

    def count(self, place: Place, month: str = MONTH, as_of: int | None = None) -> int | None:
        """The published count of one base cell."""
        return self.figure(month, tuple([code] for code in place), as_of=as_of)

    def settle(self) -> None:
        """Let time pass until nothing waits any more."""
        while self.since:
            self.clock += _DAY
            self.fold()

    def state(self, month: str, place: Place) -> Published | None:
        """The published state of a base cell."""
        return self.published.get((month, place))

    def figure(
        self, month: str, wanted: Wanted, measure: int | None = None, as_of: int | None = None
    ) -> int | None:
        """A figure as anybody may pull it: None if it is suppressed. ``wanted`` has None for a total."""
        states = self.published if as_of is None else self._states(as_of)
        found = [
            state
            for (period, place), state in states.items()
            if period == month
            and all(codes is None or code in codes for codes, code in zip(wanted, place, strict=True))
        ]
        if margin_suppressed(self.parameters, sum(state.contributors for state in found)):
            return None
        return sum(state.counted if measure is None else state.amounts[measure] for state in found)

    def _states(self, as_of: int) -> dict[tuple[str, Place], Published]:
        return {where: state for time, where, state in self.history if time <= as_of}


@dataclass
class Raw(Publisher):
    """The control: true figures at once; a cell under the minimum frequency is not shown by itself."""

    def _entered(self, contributor: int, amount: int) -> int:
        return amount

    def _moves(self, cell: BaseCell) -> bool:
        return True

    def _publish(self, cell: BaseCell) -> Published:
        least = self.parameters.minimum_frequency
        return Published(cell.contributors, cell.amounts, cell.contributors < least, cell.contributors)


@dataclass
class Punctual(Publisher):
    """The control of attacks on the moment of a move: everything but the drawn part of rule 3."""

    def _moves(self, cell: BaseCell) -> bool:
        return cell.changes >= self.parameters.minimum_frequency or cell.waited >= _DAY


def accuracy(observe: Callable[[int, bool], Hashable], worlds: int) -> float:
    """How often an attacker guesses a yes-or-no truth, a priori as likely one as the other.

    He knows every rule and parameter and the nation, all but the secret: he practises on the first half of
    the worlds, and for whatever he observes in the second half says what was more often true then.
    0.5 is guessing, 1.0 is knowing.
    """
    tally: dict[Hashable, int] = {}
    for world in range(worlds):
        for truth in (False, True):
            seen = observe(world, truth)
            tally[seen] = tally.get(seen, 0) + (1 if truth else -1)
    right = 0.0
    for world in range(worlds, 2 * worlds):
        for truth in (False, True):
            balance = tally.get(observe(world, truth), 0)
            right += 0.5 if balance == 0 else float((balance > 0) == truth)
    return right / (2 * worlds)
