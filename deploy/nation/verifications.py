"""Whom agencies verified in which month, and how it ended: two years and the current month."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from deploy.nation.calendar import Calendar, months_of
from deploy.nation.copytext import block
from deploy.nation.people import Census, Floats, Ints, People

MONTHS: Final = 24
"""Before the current one: what the service keeps."""
FIRST_SHARE, LAST_SHARE = 0.030, 0.065
"""Of all people, verified in a month: two years ago and now, as electronic identification spreads."""
FEBRUARY: Final = 2
TET_FACTOR: Final = 0.75
"""In February: the holidays of Tết."""
AGE_FACTORS: Final = ((0, 0.6), (15, 1.0), (60, 1.7))
"""(from age, how much more often than others): who is treated is verified."""
RIGHT_SHARES: Final = (0.90, 0.96)
"""All particulars right, two years ago and now."""
WRONG_SHARE: Final = 0.15
"""Of the others: nothing right."""
MATCH, PARTIAL, NO_MATCH = 1, 2, 3


@dataclass(frozen=True, kw_only=True)
class VerificationBook:
    """Draws them for a chunk of people."""

    census: Census

    def rows(self, people: People) -> str:
        """Rows of ``verification``: each person at most once a month, nobody before birth."""
        calendar, dice = self.census.calendar, self.census.rng("verified", people.number)
        born, often = months_of(people.birth_day), _often(people)
        found, months, outcomes = [], [], []
        for ago in range(MONTHS, -1, -1):
            month, passed = calendar.month - ago, 1 - ago / MONTHS
            chance = often * _share(calendar, month, passed)
            of = np.flatnonzero((dice.random(len(people)) < chance) & (born <= month))
            found.append(people.person_id[of])
            months.append(np.full(len(of), month))
            outcomes.append(_outcomes(dice, len(of), passed))
        when = calendar.months(np.concatenate(months))
        return block(np.concatenate(found), when, np.concatenate(outcomes))


def _often(people: People) -> Floats:
    """How much more often than others each of them is verified."""
    starts = np.array([start for start, _ in AGE_FACTORS])
    factors = np.array([factor for _, factor in AGE_FACTORS])
    often: Floats = factors[np.searchsorted(starts, np.maximum(people.age, 0), side="right") - 1]
    return often


def _share(calendar: Calendar, month: int, passed: float) -> float:
    """The share of people verified in this month; of the current one, as far as it has come."""
    share = FIRST_SHARE + (LAST_SHARE - FIRST_SHARE) * passed
    if month % 12 + 1 == FEBRUARY:
        share *= TET_FACTOR
    return share * calendar.as_of.day / 31 if month == calendar.month else share


def _outcomes(dice: np.random.Generator, count: int, passed: float) -> Ints:
    before, now = RIGHT_SHARES
    right = before + (now - before) * passed
    drawn, others = dice.random(count), dice.random(count)
    wrong = np.where(others < WRONG_SHARE, NO_MATCH, PARTIAL)
    return np.where(drawn < right, MATCH, wrong).astype(np.int64)
