"""Periods of participation of one person with one unit, and painting over a range of them. Pure.

A month is its index (``month_index``: year × 12 + month − 1). Segments of a person are
sorted, do not overlap, and two neighbours differ: employers declare changes, so what
is kept is where something changes.

The months of a segment belong to one charge entry (``docs/decisions/0011``): 0 is the
regular month; a month that was changed after its deadline belongs to the declaration
that changed it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

OPEN: Final = 9999 * 12 + 11
"""The last month of what has no end yet: later than any month that is declared."""


class Share(NamedTuple):
    """How somebody takes part in a month."""

    schemes: int
    """Mask of ``Scheme``; never 0."""
    base_vnd: int
    position: str
    """Empty when not declared."""
    entry: int = 0
    """The charge entry that the month belongs to."""


class Segment(NamedTuple):
    """Consecutive months, both ends included, that are alike."""

    first: int
    last: int
    share: Share


class Change(NamedTuple):
    """Consecutive months that were ``before`` and are ``after``; None: no participation."""

    first: int
    last: int
    before: Share | None
    after: Share | None


Paint = Callable[[Share | None], Share | None]
"""What a month becomes, from what it was. The entry of its result is not looked at."""


class Painter(NamedTuple):
    """Which charge entry a changed month gets.

    Months through ``closed_through`` have passed their deadline: they get ``entry``, the
    number of the declaration. A change by which the month owes no more than before
    leaves it in the charge that it is in, which is lowered.
    """

    entry: int
    closed_through: int

    def paint(
        self, segments: Sequence[Segment], first: int, last: int, rule: Paint
    ) -> tuple[list[Segment], list[Change]]:
        """The segments after ``rule`` was applied to the months ``first`` to ``last``, and what changed."""
        painted = list(_outside(segments, first, last))
        changes = []
        for start, end, before in _pieces(segments, first, last, self.closed_through):
            after = rule(before)
            if after is not None:
                entry = self._entry(start, before, after)
                if after.entry != entry:
                    after = Share(after.schemes, after.base_vnd, after.position, entry)
                painted.append(Segment(start, end, after))
            if after != before:
                changes.append(Change(start, end, before, after))
        painted.sort()
        return _joined(painted), changes

    def _entry(self, month: int, before: Share | None, after: Share) -> int:
        if month > self.closed_through:
            return 0
        if before is not None and not (after.schemes & ~before.schemes) and after.base_vnd <= before.base_vnd:
            return before.entry
        return self.entry


def share_at(segments: Sequence[Segment], month: int) -> Share | None:
    """How the person takes part in ``month``."""
    for segment in segments:
        if segment.first <= month <= segment.last:
            return segment.share
    return None


def _outside(segments: Sequence[Segment], first: int, last: int) -> Iterator[Segment]:
    """The parts of the segments that no month from ``first`` to ``last`` is in."""
    for segment in segments:
        if segment.last < first or segment.first > last:
            yield segment
            continue
        if segment.first < first:
            yield Segment(segment.first, first - 1, segment.share)
        if segment.last > last:
            yield Segment(last + 1, segment.last, segment.share)


def _pieces(
    segments: Sequence[Segment], first: int, last: int, cut: int
) -> Iterator[tuple[int, int, Share | None]]:
    """The months from ``first`` to ``last``, gaps too, in pieces that are alike and do not span ``cut``."""
    month = first
    for segment in segments:
        if segment.last < month or segment.first > last:
            continue
        if segment.first > month:
            yield from _cut(month, segment.first - 1, None, cut)
        start, end = max(segment.first, month), min(segment.last, last)
        yield from _cut(start, end, segment.share, cut)
        month = end + 1
    if month <= last:
        yield from _cut(month, last, None, cut)


def _cut(first: int, last: int, share: Share | None, cut: int) -> Iterator[tuple[int, int, Share | None]]:
    if first <= cut < last:
        yield first, cut, share
        yield cut + 1, last, share
    else:
        yield first, last, share


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """The same months with alike neighbours as one."""
    joined: list[Segment] = []
    for segment in segments:
        if joined and joined[-1].last + 1 == segment.first and joined[-1].share == segment.share:
            joined[-1] = Segment(joined[-1].first, segment.last, segment.share)
        else:
            joined.append(segment)
    return joined
