"""By how much a declaration changes what its unit owes, by month, charge entry and fund. Pure.

What a month owes is the sum over its participants, charge entry by charge entry
(``docs/decisions/0011``). A change takes the person's old share out of the entry that
it is in and puts the new one into its own; for months that the account took over as
settled, only what is more than was settled then is charged.
"""

from functools import lru_cache
from typing import Any, Final, NamedTuple

from lienthong.law import Row
from services.contributions.domain.dues import dues, floor_of, rows_used
from services.contributions.domain.periods import Change, Segment, Share, share_at

FUNDS: Final = 5
_NOTHING: Final = (0,) * FUNDS
_CACHED: Final = 65_536


class Unit(NamedTuple):
    """What of a unit decides its charges; months are indices."""

    region: int
    reduced: bool
    taken_over: int
    """First month that the account keeps."""
    opened_through: int
    """Last month for which everybody was charged; later ones are charged when they are opened."""


class Deltas:
    """Sums up the changes of one declaration."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._sums: dict[tuple[int, int], list[int]] = {}
        self._used: set[tuple[int, int]] = set()

    def add(self, change: Change) -> None:
        """Take a change in."""
        first, last, before, after = change
        last = min(last, self._unit.opened_through)
        if first > last or _owes_alike(before, after):
            return
        for month in range(first, last + 1):
            old, new = self._amounts(before, month), self._amounts(after, month)
            if after is not None:
                self._used.add((month, after.schemes))
            if month < self._unit.taken_over:
                self._beyond_taken_over(month, before, after, [n - o for o, n in zip(old, new, strict=True)])
                continue
            if before is not None:
                self._put(month, before.entry, [-amount for amount in old])
            if after is not None:
                self._put(month, after.entry, new)

    def sums(self) -> list[tuple[int, int, int, int]]:
        """(month, entry, fund, change in VND) of every sum that is not nothing."""
        return [
            (month, entry, fund, vnd)
            for (month, entry), amounts in self._sums.items()
            for fund, vnd in enumerate(amounts, start=1)
            if vnd
        ]

    def months(self) -> list[int]:
        """The months in which a sum may have changed."""
        return sorted({month for month, _ in self._sums})

    def law(self) -> list[Row[Any]]:
        """The rows of law that the new charges rest on."""
        return [
            row
            for month, schemes in self._used
            for row in rows_used(month, schemes, self._unit.region, self._unit.reduced)
        ]

    def _beyond_taken_over(
        self, month: int, before: Share | None, after: Share | None, more: list[int]
    ) -> None:
        if after is not None:
            self._put(month, after.entry, [max(0, vnd) for vnd in more])
        if before is not None:
            # Lowers what was taken over unpaid; what was taken over as settled has no charge to lower.
            self._put(month, before.entry, [min(0, vnd) for vnd in more])

    def _put(self, month: int, entry: int, amounts: "list[int] | tuple[int, ...]") -> None:
        sums = self._sums.get((month, entry))
        if sums is None:
            self._sums[month, entry] = list(amounts)
            return
        for index in range(FUNDS):
            sums[index] += amounts[index]

    def _amounts(self, share: Share | None, month: int) -> tuple[int, ...]:
        if share is None:
            return _NOTHING
        return amounts(share.base_vnd, month, share.schemes, self._unit.region, self._unit.reduced)


@lru_cache(_CACHED)
def amounts(base_vnd: int, month: int, schemes: int, region: int, reduced: bool) -> tuple[int, ...]:  # noqa: FBT001 - as dues
    """What each fund gets from both payers, VND, in the order of ``Fund``."""
    sums = [0] * FUNDS
    for fund, employer, employee in dues(base_vnd, month, schemes, region, reduced):
        sums[fund - 1] += employer + employee
    return tuple(sums)


def under_floor(segments: list[Segment], month: int, region: int) -> bool:
    """Whether the base of the month is lower than the law's floor (Law 41/2024/QH15 Art. 31.1)."""
    share = share_at(segments, month)
    return share is not None and share.base_vnd < floor_of(month, share.schemes, region)


def _owes_alike(before: Share | None, after: Share | None) -> bool:
    return (
        before is not None
        and after is not None
        and (before.schemes, before.base_vnd, before.entry) == (after.schemes, after.base_vnd, after.entry)
    )
