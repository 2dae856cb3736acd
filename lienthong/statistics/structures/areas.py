"""The reference areas by division: the country, its 34 provinces, and the former 63 that these were made of.

A sum over two divisions counts everybody twice: whoever takes areas for a sum or a picture takes them from here.
"""

from functools import cache
from typing import Final

from lienthong.statistics.structures.loading import catalogue

LIST: Final = "CL_AREA"
COUNTRY: Final = "VN"
PROVINCE: Final = "VN_"
"""Before the province's two digits."""
FORMER: Final = "VNF_"
"""Before the former province's three digits."""
NOT_STATED: Final = "VNU_"
"""Before a province's two digits: there, and nobody knows in which of its former provinces."""


@cache
def provinces() -> tuple[str, ...]:
    """The 34 since 1 July 2025."""
    return tuple(code for code in _all() if code.startswith(PROVINCE))


@cache
def former_provinces() -> tuple[str, ...]:
    """The 63 before, and what of each of today's is in none of them: the same people as :func:`provinces`."""
    return tuple(code for code in _all() if code.startswith((FORMER, NOT_STATED)))


@cache
def successors() -> dict[str, str]:
    """The province that each former one belongs to."""
    known = catalogue().codelists[LIST].codes
    return {code.id: code.parent for code in known if code.id.startswith(FORMER)}


def _all() -> tuple[str, ...]:
    return tuple(code.id for code in catalogue().codelists[LIST].codes)
