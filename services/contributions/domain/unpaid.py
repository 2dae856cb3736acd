"""Unpaid leave: which schemes of a month are left (Law 41/2024 Art. 33.5, Law 74/2025 Art. 33.4). Pure."""

from functools import lru_cache
from typing import Final

from lienthong import law
from lienthong.law import UnknownRule
from services.contributions.domain.ledger import first_day
from services.contributions.domain.months import Scheme

_ROWS: Final = ((Scheme.SOCIAL, "unpaid_days_si"), (Scheme.UNEMPLOYMENT, "unpaid_days_ui"))


@lru_cache(4096)
def schemes_left(schemes: int, unpaid_days: int, month: int) -> int:
    """The mask without the schemes that so many unpaid working days in the month end; 0 for none left."""
    left = schemes
    for scheme, code in _ROWS:
        least = _least_days(code, month)
        if least is not None and unpaid_days >= least:
            left &= ~scheme
    return left


def _least_days(code: str, month: int) -> int | None:
    try:
        return law.days().at(code, first_day(month)).value.number
    except UnknownRule:
        return None
