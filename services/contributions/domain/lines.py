"""One line of a declaration: what it makes of a person's periods, or why it is refused. Pure.

Months are indices. A line is decided by itself; its neighbours neither help nor harm it.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache
from typing import Final, NamedTuple

from services.contributions.domain.dues import floor_of
from services.contributions.domain.months import Scheme
from services.contributions.domain.periods import (
    OPEN,
    Change,
    Painter,
    Segment,
    Share,
    share_at,
)
from services.contributions.domain.unpaid import schemes_left

FIRST_MONTH: Final = 1995 * 12
"""January 1995: social insurance of today's kind began with Decree 12/CP of 1995."""
MONTHS_AHEAD: Final = 2
USUAL_SCHEMES: Final = int(Scheme.SOCIAL | Scheme.HEALTH | Scheme.UNEMPLOYMENT)


class Kind(IntEnum):
    """The values of the contract."""

    INCREASE = 1
    DECREASE = 2
    CHANGE = 3
    CORRECTION = 4
    UNPAID_LEAVE = 5


class Line(NamedTuple):
    """What is declared about one person."""

    kind: int
    first: int
    last: int
    """CORRECTION and UNPAID_LEAVE: last month; 0 when not given."""
    schemes: int
    """0 when not given."""
    base_vnd: int
    """0 when not given."""
    position: str
    unpaid_days: int


class Terms(NamedTuple):
    """What a declaration's lines have in common."""

    this_month: int
    region: int
    painter: Painter


class Decided(NamedTuple):
    """What a line does."""

    segments: list[Segment]
    changes: list[Change]


class LineRefused(Exception):
    """The line is not applied. ``reason`` is a code of ``refusals.toml``, ``field`` the one that is wrong."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


def decide(line: Line, segments: Sequence[Segment], terms: Terms) -> Decided:
    """Apply ``line`` to the periods of its person with the unit. Raises ``LineRefused``."""
    rule = _RULES.get(line.kind)
    if rule is None:
        raise LineRefused("KIND_MISSING", "kind")
    if not FIRST_MONTH <= line.first <= terms.this_month + MONTHS_AHEAD:
        raise LineRefused("MONTH_OUT_OF_RANGE", "from_month")
    decided = rule(line, segments, terms)
    if not decided.changes:
        raise LineRefused("NOTHING_CHANGES", "from_month")
    return decided


def _increase(line: Line, segments: Sequence[Segment], terms: Terms) -> Decided:
    if segments and segments[-1].last >= line.first:
        raise LineRefused("ALREADY_PARTICIPATING", "from_month")
    if not line.base_vnd:
        raise LineRefused("BASE_MISSING", "base_vnd")
    share = Share(line.schemes or USUAL_SCHEMES, line.base_vnd, line.position)
    _check_share(share, line.first, OPEN, terms)
    return Decided(*terms.painter.paint(segments, line.first, OPEN, lambda _before: share))


def _decrease(line: Line, segments: Sequence[Segment], terms: Terms) -> Decided:
    if not segments or segments[-1].last < line.first:
        raise LineRefused("NOT_PARTICIPATING", "from_month")
    return Decided(*terms.painter.paint(segments, line.first, OPEN, lambda _before: None))


def _change(line: Line, segments: Sequence[Segment], terms: Terms) -> Decided:
    now = share_at(segments, line.first)
    if now is None:
        raise LineRefused("NOT_PARTICIPATING", "from_month")
    if not line.base_vnd and not line.position:
        raise LineRefused("NOTHING_CHANGES", "base_vnd")
    if line.base_vnd:
        _check_share(now._replace(base_vnd=line.base_vnd), line.first, OPEN, terms)

    def rule(before: Share | None) -> Share | None:
        if before is None:
            return None
        return Share(before.schemes, line.base_vnd or before.base_vnd, line.position or before.position)

    return Decided(*terms.painter.paint(segments, line.first, OPEN, rule))


def _correction(line: Line, segments: Sequence[Segment], terms: Terms) -> Decided:
    _check_range(line, terms)
    if not line.base_vnd and not line.schemes:
        return Decided(*terms.painter.paint(segments, line.first, line.last, lambda _before: None))

    def rule(before: Share | None) -> Share | None:
        base = line.base_vnd or (before.base_vnd if before else 0)
        if not base:
            raise LineRefused("BASE_MISSING", "base_vnd")
        schemes = line.schemes or (before.schemes if before else USUAL_SCHEMES)
        return Share(schemes, base, line.position or (before.position if before else ""))

    decided = Decided(*terms.painter.paint(segments, line.first, line.last, rule))
    for change in decided.changes:
        if change.after is not None:
            _check_share(change.after, change.first, change.last, terms)
    return decided


def _unpaid_leave(line: Line, segments: Sequence[Segment], terms: Terms) -> Decided:
    _check_range(line, terms)
    if not line.unpaid_days:
        raise LineRefused("UNPAID_DAYS_MISSING", "unpaid_days")
    result, changes = segments, []
    # Month by month: the law's row may change in between. Declared leave is short.
    for month in range(line.first, line.last + 1):
        if share_at(result, month) is None:
            raise LineRefused("NOT_PARTICIPATING", "from_month")

        def rule(before: Share | None, month: int = month) -> Share | None:
            left = schemes_left(before.schemes, line.unpaid_days, month) if before else 0
            return before._replace(schemes=left) if before and left else None

        result, changed = terms.painter.paint(result, month, month, rule)
        changes += changed
    if not changes:
        raise LineRefused("NOTHING_CHANGES", "unpaid_days")
    return Decided(list(result), changes)


def _check_range(line: Line, terms: Terms) -> None:
    if not line.last:
        raise LineRefused("MONTH_MALFORMED", "to_month")
    if line.last > terms.this_month + MONTHS_AHEAD:
        raise LineRefused("MONTH_OUT_OF_RANGE", "to_month")
    if line.last < line.first:
        raise LineRefused("RANGE_REVERSED", "to_month")


def _check_share(share: Share, first: int, last: int, terms: Terms) -> None:
    """The schemes go together, and the base is not under the floor at either end of the months known."""
    schemes, base_vnd = share.schemes, share.base_vnd
    if not _go_together(schemes):
        raise LineRefused("SCHEMES_WRONG", "schemes")
    newest = max(first, min(last, terms.this_month))
    if base_vnd < floor_of(newest, schemes, terms.region) or (
        first != newest and base_vnd < floor_of(first, schemes, terms.region)
    ):
        raise LineRefused("BASE_UNDER_FLOOR", "base_vnd")


@cache
def _go_together(schemes: int) -> bool:
    """Unemployment insurance needs compulsory SI, and voluntary SI excludes it."""
    given = Scheme(schemes)
    social = Scheme.SOCIAL in given
    return not (social and Scheme.VOLUNTARY_SOCIAL in given) and (social or Scheme.UNEMPLOYMENT not in given)


_RULES: Final[dict[int, Callable[[Line, Sequence[Segment], Terms], Decided]]] = {
    Kind.INCREASE: _increase,
    Kind.DECREASE: _decrease,
    Kind.CHANGE: _change,
    Kind.CORRECTION: _correction,
    Kind.UNPAID_LEAVE: _unpaid_leave,
}
