"""Which card an insured person gets."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from lienthong.law.rows import Rules, load


@dataclass(frozen=True, slots=True)
class CardSubject:
    """The card of those whom units of one ownership employ."""

    subject: str
    """Subject group (*mã đối tượng*)."""
    benefit_digit: int
    """*Mã mức hưởng*, 1 to 5."""
    also: tuple[str, ...] = ()
    """Other subject groups under which employees of such units may hold a card."""


@cache
def card_subjects() -> Rules[CardSubject]:
    """The card of an employee, by the ownership of the unit: public, state, private, foreign."""
    return load("card_subjects", _subject)


def _subject(value: Any) -> CardSubject:
    return CardSubject(value["subject"], value["benefit_digit"], tuple(value.get("also", ())))
