"""Page tokens: where to go on, bound to the question that they continue.

A token is opaque to the caller and holds nothing personal: the version, the kind of
list, a digest of the question, the position of the last row. It is no secret and
grants nothing, for the row rule is applied to every page anew; kind and digest keep a
token from being used with another question by mistake.
"""

import base64
import binascii
import struct
from collections.abc import Callable
from datetime import date
from enum import IntEnum
from hashlib import blake2b
from typing import Any, Final, TypeVar

from lienthong.fields import WrongField
from services.contributions.domain.months import MonthQuery, Position, month_index

T = TypeVar("T")


class Listing(IntEnum):
    """The lists that are paged. The number is the first byte of a token and is never used again."""

    MONTHS = 1
    LEDGER = 2
    DEBTORS = 3
    REPORTS = 4


_FORMS: Final = {
    Listing.MONTHS: struct.Struct(">B8sHqH"),
    Listing.LEDGER: struct.Struct(">B8sHqH"),
    Listing.DEBTORS: struct.Struct(">B8sHq"),
    Listing.REPORTS: struct.Struct(">B8sq16s"),
}
LONGEST: Final = 200
_EXPECTED: Final = "expected the next_page_token of the same question"


def write(query: MonthQuery, position: Position, listing: Listing = Listing.MONTHS) -> str:
    """The token of the page after ``position``, of months or of a ledger."""
    key = (month_index(position.month), position.employer_id, month_index(position.period_from))
    return write_key(listing, _question(query), key)


def read(token: str, query: MonthQuery, listing: Listing = Listing.MONTHS) -> Position:
    """Where to go on. Raises ``WrongField`` for what ``write`` did not write for this question."""

    def position(month: int, employer_id: int, period_from: int) -> Position:
        return Position(_month(month), employer_id, _month(period_from))

    return read_key(listing, _question(query), token, position)


def write_key(listing: Listing, question: tuple[object, ...], key: tuple[object, ...]) -> str:
    """The token of the page after the row with this key.

    ``question``: everything that decides which rows there are; the size of the page may change.
    """
    packed = _FORMS[listing].pack(listing, _digest(question), *key)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def read_key(listing: Listing, question: tuple[object, ...], token: str, position: Callable[..., T]) -> T:
    """What ``position`` makes of the key in a token.

    Raises ``WrongField`` for what ``write_key`` did not write for this list and question.
    """
    if len(token) > LONGEST:
        msg = f"expected at most {LONGEST} characters"
        raise WrongField(msg)
    try:
        raw = token.encode("ascii")
        packed = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        kind, digest, *key = _FORMS[listing].unpack(packed)
        found = position(*key)
    except (UnicodeEncodeError, binascii.Error, struct.error, ValueError, OverflowError):
        raise WrongField(_EXPECTED) from None
    if kind != listing or digest != _digest(question) or write_key(listing, question, tuple(key)) != token:
        raise WrongField(_EXPECTED)
    return found


def _month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


def _question(query: MonthQuery) -> tuple[Any, ...]:
    return query.person_id, query.employer_code, query.province_code, query.first, query.last


def _digest(question: tuple[object, ...]) -> bytes:
    return blake2b(repr(question).encode(), digest_size=8).digest()
