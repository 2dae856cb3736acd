"""What identifiers, names, dates and months may look like, for every ``translate.py``.

Each function takes what was sent and returns it in one form, or raises
``WrongField``, whose text says what is expected and never repeats what was sent.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

LONGEST_NAME: Final = 100
EARLIEST_BIRTH_YEAR: Final = 1880
FIRST_CARD_DAY: Final = date(2009, 7, 1)
"""The Health Insurance Law (25/2008/QH12) entered into force: no card is older."""

_CARD_CODE: Final = re.compile(r"[A-Z]{2}[1-5][0-9]{12}")
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_DATE_FORM: Final = "expected a date that exists, YYYY-MM-DD"


class WrongField(ValueError):
    """The value breaks the contract; ``str()`` says what is expected."""


@dataclass(frozen=True, slots=True)
class Born:
    """A date of birth, or the year alone when that is all that is known."""

    year: int
    day: date | None = None

    def agrees_with(self, year: int, day: date | None) -> bool:
        """Whether this and the record can be the same birth: by day if both know it, else by year."""
        if self.day is not None and day is not None:
            return self.day == day
        return self.year == year


def person_identifier(text: str) -> str:
    """A personal ID (12 digits) or social-insurance number (10 digits), without spaces."""
    bare = text if text.isalnum() else "".join(text.split())
    if len(bare) in (10, 12) and bare.isascii() and bare.isdigit():
        return bare
    msg = "expected 12 digits (personal ID) or 10 digits (social-insurance number)"
    raise WrongField(msg)


def card_identifier(text: str) -> str:
    """As ``person_identifier``, or a card code of 15 characters, in upper case."""
    bare = text if text.isalnum() else "".join(text.split())
    if bare.isascii():
        length = len(bare)
        if length in (10, 12) and bare.isdigit():
            return bare
        if length == 15 and _CARD_CODE.fullmatch(upper := bare.upper()):
            return upper
    msg = "expected 10 or 12 digits, or a card code: 2 letters, a digit 1 to 5, 12 digits"
    raise WrongField(msg)


def full_name(text: str) -> str:
    """A person's name of at most 100 characters, without control characters."""
    if len(text) > LONGEST_NAME:
        msg = f"expected at most {LONGEST_NAME} characters"
        raise WrongField(msg)
    if not text.isprintable() and any(unicodedata.category(c)[0] == "C" for c in text):
        msg = "expected a name without control characters"
        raise WrongField(msg)
    if not any(map(str.isalpha, text)):
        msg = "expected a name"
        raise WrongField(msg)
    return text


def born(text: str, *, today: date) -> Born:
    """A date of birth ``YYYY-MM-DD``, or the year ``YYYY``; from 1880 to ``today``."""
    if len(text) == 4 and text.isascii() and text.isdigit():
        found = Born(int(text))
    elif len(text) == 10:
        exact = calendar_day(text)
        found = Born(exact.year, exact)
    else:
        msg = "expected YYYY-MM-DD or YYYY"
        raise WrongField(msg)
    if not EARLIEST_BIRTH_YEAR <= found.year <= today.year or (found.day is not None and found.day > today):
        msg = f"expected a birth from {EARLIEST_BIRTH_YEAR} until today"
        raise WrongField(msg)
    return found


def calendar_day(text: str) -> date:
    """A day of the calendar, ``YYYY-MM-DD``."""
    # fromisoformat takes other ISO 8601 forms too (20260230, 2026-W01-1): hold it to one.
    if len(text) != 10 or text[4] != "-" or text[7] != "-" or not text.isascii():
        raise WrongField(_DATE_FORM)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongField(_DATE_FORM) from None


def month(text: str) -> date:
    """A month ``YYYY-MM``, as its first day; from 1880."""
    found = _MONTH.fullmatch(text)
    if found is None or int(found[1]) < EARLIEST_BIRTH_YEAR:
        msg = "expected a month that exists, YYYY-MM"
        raise WrongField(msg)
    return date(int(found[1]), int(found[2]), 1)
