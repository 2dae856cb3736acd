"""The legal state of a unit's debt (*chậm đóng*, *trốn đóng*; Law 41/2024/QH15 Art. 38, 39). Pure.

    on time ─ deadline passes ─> late ─ over 60 days, and urged in writing ─> evasion
    on time, late ─ a base under the legal one, or somebody not declared over 60 days ─> evasion

A justified reason (Art. 39.2), which keeps evasion from being one, is not recorded yet.
Days are ordinals, months are indices.
"""

from datetime import date
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from lienthong import law
from services.contributions.domain.ledger import deadline_day
from services.contributions.domain.months import month_index


class LegalState(IntEnum):
    """The values of the contract."""

    ON_TIME = 1
    LATE = 2
    EVASION = 3


class Reason(StrEnum):
    """Why a state is what it is; stable codes."""

    UNPAID_AFTER_DEADLINE = "UNPAID_AFTER_DEADLINE"
    """Art. 38.1: what was registered is unpaid after its deadline."""
    OVER_60_DAYS_AND_URGED = "OVER_60_DAYS_AND_URGED"
    """Art. 39.1.dd, e: unpaid for more than 60 days, and urged in writing under Art. 35."""
    BASE_UNDER_DECLARED = "BASE_UNDER_DECLARED"
    """Art. 39.1.c, d: the registered base is lower than Art. 31.1 requires."""
    NOT_DECLARED_OVER_60_DAYS = "NOT_DECLARED_OVER_60_DAYS"
    """Art. 39.1.a, b: somebody is not declared 60 days after the deadline of Art. 28.1."""


class Account(NamedTuple):
    """What of a unit's account decides its state."""

    oldest_unpaid: int | None
    """Oldest month whose principal is not paid in full."""
    urged_on: int | None
    """Day of the last letter that urged."""
    underdeclared: int
    """Participants and confirmed reports with a base too low."""
    unregistered: bool


class Verdict(NamedTuple):
    """A state, since which day it holds and why. ``since`` is the day asked for when none is known."""

    state: LegalState
    since: int
    reasons: tuple[Reason, ...]


class Cutoffs(NamedTuple):
    """The same rule for a list of units, as ranges of their oldest unpaid month on one day."""

    late: int
    """A unit is late when its oldest unpaid month is this one or earlier."""
    evasion: int
    """Over 60 days when it is this one or earlier."""


_FIRST_MONTH: Final = 1995 * 12


def decide(account: Account, day: int) -> Verdict:
    """The state of a unit on a day."""
    reasons = []
    since = day
    state = LegalState.ON_TIME
    if account.oldest_unpaid is not None and day > (deadline := deadline_day(account.oldest_unpaid)):
        state, since = LegalState.LATE, deadline + 1
        reasons.append(Reason.UNPAID_AFTER_DEADLINE)
        over = deadline + evasion_days(day) + 1
        # A letter about a debt that has been paid since does not urge this one.
        if day >= over and account.urged_on is not None and deadline < account.urged_on <= day:
            state, since = LegalState.EVASION, max(over, account.urged_on)
            reasons.append(Reason.OVER_60_DAYS_AND_URGED)
    for holds, reason in (
        (account.underdeclared > 0, Reason.BASE_UNDER_DECLARED),
        (account.unregistered, Reason.NOT_DECLARED_OVER_60_DAYS),
    ):
        if holds:
            since = since if state is LegalState.EVASION else day
            state = LegalState.EVASION
            reasons.append(reason)
    return Verdict(state, since, tuple(reasons))


def cutoffs(day: int) -> Cutoffs:
    """Which oldest unpaid months are late on ``day``, and which for more than 60 days."""
    return Cutoffs(_newest_past(day, 0), _newest_past(day, evasion_days(day)))


def closed_through(day: int) -> int:
    """The newest month whose deadline has passed on ``day``."""
    return _newest_past(day, 0)


def evasion_days(day: int) -> int:
    """Days after the deadline, after which a debt that was urged is evasion; the row in force on ``day``.

    Raises ``UnknownRule`` for a day before July 2025.
    """
    return law.days().at("evasion_days", date.fromordinal(day)).value.number


def _newest_past(day: int, grace: int) -> int:
    month = month_index(date.fromordinal(day))
    while month > _FIRST_MONTH and day <= deadline_day(month) + grace:
        month -= 1
    return month
