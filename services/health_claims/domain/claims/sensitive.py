"""What of a dossier needs a scope of its own: XML6, and the diagnoses of ``lienthong/law/sensitive_diagnoses.toml``."""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from lienthong.law.sensitive import sensitive_diagnoses

HIV_TABLE: Final = "XML6"


class _Listed(NamedTuple):
    ranges: tuple[tuple[str, str], ...]
    words: re.Pattern[str]


def is_sensitive(code: str, day: date) -> bool:
    """Whether an ICD-10 code is on the list of ``day``; with or without the dot."""
    return _is_listed(code.replace(".", "").upper(), day)


def mentions_sensitive(text: str, day: date) -> bool:
    """Whether words of a diagnosis name what is on the list of ``day``."""
    return bool(text) and _listed(day).words.search(text) is not None


def sensitive_among(codes: Iterable[str], day: date) -> tuple[str, ...]:
    """Those of ``codes`` that are on the list, each once, in their order."""
    return tuple(dict.fromkeys(code for code in codes if is_sensitive(code, day)))


@lru_cache(maxsize=16_384)
def _is_listed(code: str, day: date) -> bool:
    return any(first <= code[: len(first)] <= last for first, last in _listed(day).ranges)


@lru_cache(maxsize=1_024)
def _listed(day: date) -> _Listed:
    rows = [row.value for row in sensitive_diagnoses().all_at(day).values()]
    words = "|".join(re.escape(row.word) for row in rows if row.word)
    # No word at all must match nothing, not everything.
    pattern = rf"\b(?:{words})\b" if words else r"(?!)"
    return _Listed(
        tuple((row.first, row.last) for row in rows if row.first), re.compile(pattern, re.IGNORECASE)
    )
