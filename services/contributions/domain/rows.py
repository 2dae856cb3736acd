"""Segments as the table ``participation`` keeps them. Pure.

A row joins the months of a declaration's entry with the regular months after them
when nothing else differs: somebody who is declared late is one row, of which the
months before ``regular_from`` belong to ``entry``.
"""

from collections.abc import Iterable
from typing import NamedTuple

from services.contributions.domain.periods import Segment, Share


class PeriodRow(NamedTuple):
    """One row of ``participation``; months are indices."""

    first: int
    last: int
    """``OPEN`` while it has no end."""
    schemes: int
    base_vnd: int
    position: str
    entry: int
    regular_from: int
    """0 when ``entry`` is 0; else the first month that belongs to the regular charge."""


def to_segments(rows: Iterable[PeriodRow]) -> list[Segment]:
    """What the rows of one person with one unit, oldest first, mean."""
    segments = []
    for first, last, schemes, base, position, entry, regular_from in rows:
        regular = Share(schemes, base, position)
        if entry == 0:
            segments.append(Segment(first, last, regular))
            continue
        if regular_from > first:
            segments.append(Segment(first, min(last, regular_from - 1), regular._replace(entry=entry)))
        if regular_from <= last:
            segments.append(Segment(max(first, regular_from), last, regular))
    return segments


def to_rows(segments: Iterable[Segment]) -> list[PeriodRow]:
    """The rows that say the same, as few as possible."""
    rows: list[PeriodRow] = []
    for first, last, (schemes, base, position, entry) in segments:
        before = rows[-1] if rows else None
        if (
            before is not None
            and entry == 0
            and before.entry
            and before.regular_from == first == before.last + 1
            and (before.schemes, before.base_vnd, before.position) == (schemes, base, position)
        ):
            rows[-1] = before._replace(last=last)
        else:
            rows.append(PeriodRow(first, last, schemes, base, position, entry, last + 1 if entry else 0))
    return rows
