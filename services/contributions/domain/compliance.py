"""The legal state of a unit as statistics count it, and which months a command judges anew. Pure.

The law has three states of a unit (:mod:`services.contributions.domain.states`); a base that
is too low is one of its ways to evade (Law 41/2024/QH15 Art. 39.1.c, d). Statistics tell
those who evade by that alone apart: nobody has to be urged, and nothing is unpaid.

    evasion by debt or by people not declared > under-declared > late > on time
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import IntEnum
from typing import Final, NamedTuple

from services.contributions.domain.allocation import Book
from services.contributions.domain.dues import Fund, floor_of
from services.contributions.domain.ledger import first_day
from services.contributions.domain.months import Scheme, month_index
from services.contributions.domain.periods import Change, Share
from services.contributions.domain.reports import ReportKind, stands_for_evasion
from services.contributions.domain.states import Account, LegalState, Reason, Verdict, decide

COMPULSORY: Final = Scheme.SOCIAL | Scheme.HEALTH | Scheme.UNEMPLOYMENT
_EVADES: Final = {Reason.OVER_60_DAYS_AND_URGED, Reason.NOT_DECLARED_OVER_60_DAYS}


class ComplianceState(IntEnum):
    """What a month of a unit is counted under (*tình trạng pháp lý*)."""

    ON_TIME = 1
    LATE = 2
    EVASION = 3
    UNDERDECLARED = 4


class Participants(NamedTuple):
    """How many people a unit declares in a month, or by how many more."""

    workers: int
    """In a compulsory scheme."""
    under_floor: int
    """With a base lower than Art. 31.1 requires."""

    def plus(self, other: "Participants") -> "Participants":
        """Both together."""
        return Participants(self.workers + other.workers, self.under_floor + other.under_floor)


class Facts(NamedTuple):
    """What the books say of a unit on the last day of a month."""

    oldest_unpaid: int | None
    """Oldest month whose deadline had passed and whose principal was not paid in full."""
    urged_on: int | None
    """Day of the last letter until then, as an ordinal."""
    low_reports: int
    """Confirmed reports of a base too low."""
    undeclared: Iterable[int]
    """First month of each confirmed report that somebody was not declared."""
    under_floor: int


NOBODY: Final = Participants(0, 0)


def last_day(month: int) -> int:
    """The last day of a month, as an ordinal."""
    return first_day(month + 1).toordinal() - 1


def judge(month: int, facts: Facts) -> ComplianceState:
    """The state of a unit on the last day of ``month``. Raises ``UnknownRule`` before July 2025."""
    day = last_day(month)
    account = Account(
        facts.oldest_unpaid,
        facts.urged_on,
        facts.low_reports + facts.under_floor,
        any(stands_for_evasion(ReportKind.NOT_DECLARED, first, day) for first in facts.undeclared),
    )
    return counted_as(decide(account, day))


def counted_as(verdict: Verdict) -> ComplianceState:
    """The state that statistics make of a verdict."""
    if _EVADES.intersection(verdict.reasons):
        return ComplianceState.EVASION
    if Reason.BASE_UNDER_DECLARED in verdict.reasons:
        return ComplianceState.UNDERDECLARED
    return ComplianceState.LATE if verdict.state is LegalState.LATE else ComplianceState.ON_TIME


def money_moved_from(book: Book) -> int | None:
    """The first month at whose end a unit looks different by the money that was allocated; None for none.

    Money is there from its value date on, and pays nothing before the month that it pays.
    """
    months = (
        max(part.month, month_index(date.fromordinal(part.day)))
        for part in book.allocated
        if part.fund is not Fund.INTEREST
    )
    return min(months, default=None)


def participants_moved(
    changes: Iterable[Change], region: int, first: int, last: int
) -> Mapping[int, Participants]:
    """By how many the participants of each month from ``first`` to ``last`` become more."""
    moved: dict[int, Participants] = {}
    for change in changes:
        for month in range(max(change.first, first), min(change.last, last) + 1):
            before, after = (_counted(share, month, region) for share in (change.before, change.after))
            more = Participants(after.workers - before.workers, after.under_floor - before.under_floor)
            if more != NOBODY:
                moved[month] = moved.get(month, NOBODY).plus(more)
    return moved


def _counted(share: Share | None, month: int, region: int) -> Participants:
    if share is None:
        return NOBODY
    return Participants(
        int(share.schemes & COMPULSORY != 0), int(share.base_vnd < floor_of(month, share.schemes, region))
    )
