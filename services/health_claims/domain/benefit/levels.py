"""What each benefit digit (*mã mức hưởng*) gives on the right route."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from lienthong import law

Benefits = Mapping[int, law.Benefit]


@lru_cache(maxsize=512)
def benefits_on(day: date) -> Benefits:
    """What each benefit digit gives on ``day``."""
    return {int(code): row.value for code, row in law.benefits().all_at(day).items()}
