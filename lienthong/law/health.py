"""The lists that the coverage answer rests on: routes, levels, figures, diseases, holidays, notices.

Rules of visits before 2025 are not here: ``at`` then raises ``UnknownRule``.
"""

from dataclasses import dataclass
from functools import cache

from lienthong.law.contributions import Wording
from lienthong.law.rows import Rules, load


@dataclass(frozen=True, slots=True)
class RoutePart:
    """What the fund pays of a card's level when a person comes in one way, and how that is said."""

    percent: int
    """0 to 100."""
    vi: str
    en: str

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            msg = f"not a percentage: {self.percent}"
            raise ValueError(msg)

    def __str__(self) -> str:
        return f"{self.percent}%"


@cache
def routes() -> Rules[RoutePart]:
    """The ways to come to a facility, by the name of the rule."""
    return load("routes", lambda value: RoutePart(**value))


@cache
def benefit_rules() -> Rules[Wording]:
    """What the rules of the card's level say, by the name of the rule."""
    return load("benefit_rules", lambda value: Wording(**value))


@cache
def benefit_figures() -> Rules[int]:
    """Percentages, multiples, days and points on which those rules turn."""
    return load("benefit_figures", int)


@cache
def benefit_notices() -> Rules[Wording]:
    """What an answer tells the desk; ``{names}`` are to be filled in."""
    return load("benefit_notices", lambda value: Wording(**value))


@cache
def card_groups() -> Rules[int]:
    """The benefit digit that is usual for a subject group."""
    return load("card_groups", int)


@cache
def serious_diseases() -> Rules[Wording]:
    """Rare and serious diseases, by the beginning of their ICD-10 code without the dot."""
    return load("serious_diseases", lambda value: Wording(**value))


@cache
def year_slip_diseases() -> Rules[Wording]:
    """Diseases for which a referral slip is valid for a year, by the beginning of their ICD-10 code."""
    return load("year_slip_diseases", lambda value: Wording(**value))


@cache
def holidays() -> Rules[str]:
    """Public holidays; a row is in force on the days that are one."""
    return load("holidays", str)
