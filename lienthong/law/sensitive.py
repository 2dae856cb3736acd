"""Which diagnoses are sensitive: ranges of ICD-10, and words."""

from dataclasses import dataclass
from functools import cache

from lienthong.law.rows import Rules, load


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitiveDiagnosis:
    """A range of ICD-10 codes without the dot, both ends included, or a word. Never both."""

    first: str = ""
    last: str = ""
    word: str = ""

    def __post_init__(self) -> None:
        ranged = bool(self.first) and len(self.first) == len(self.last) and self.first <= self.last
        if ranged == bool(self.word):
            msg = "expected first and last of one length, or a word"
            raise ValueError(msg)


@cache
def sensitive_diagnoses() -> Rules[SensitiveDiagnosis]:
    """Diagnoses that are hidden from the desk."""
    return load("sensitive_diagnoses", lambda value: SensitiveDiagnosis(**value))
