"""Reading the fields of a question: every wrong one is named, then all are refused together."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final, TypeVar

from lienthong import fields
from lienthong.rpc.errors import FieldViolation, InvalidArgument
from services.contributions.domain.dues import Fund
from services.contributions.domain.states import LegalState
from vss.contributions.v1 import contributions_pb2 as pb

T = TypeVar("T")

FUNDS: Final = {
    Fund.RETIREMENT: pb.FUND_RETIREMENT,
    Fund.SICKNESS: pb.FUND_SICKNESS,
    Fund.OCCUPATIONAL: pb.FUND_OCCUPATIONAL,
    Fund.UNEMPLOYMENT: pb.FUND_UNEMPLOYMENT,
    Fund.HEALTH: pb.FUND_HEALTH,
    Fund.INTEREST: pb.FUND_INTEREST,
}
LEGAL_STATES: Final = {
    LegalState.ON_TIME: pb.LEGAL_STATE_ON_TIME,
    LegalState.LATE: pb.LEGAL_STATE_LATE,
    LegalState.EVASION: pb.LEGAL_STATE_EVASION,
}

_LONGEST_EMPLOYER_CODE: Final = 32


class Reading:
    """Collects what is wrong with a question."""

    def __init__(self) -> None:
        self._wrong: list[FieldViolation] = []

    @property
    def is_right(self) -> bool:
        """Nothing was wrong so far."""
        return not self._wrong

    def take(self, field: str, read: Callable[[str], T], text: str) -> T | None:
        """What ``read`` makes of the text; ``None`` when it raises ``WrongField``."""
        try:
            return read(text)
        except fields.WrongField as error:
            self._wrong.append(FieldViolation(field, str(error)))
            return None

    def expect(self, field: str, expected: str, *, holds: bool) -> None:
        """Note that the field is wrong unless ``holds``."""
        if not holds:
            self._wrong.append(FieldViolation(field, expected))

    def page_size(self, asked: int, *, usual: int, most: int) -> int:
        """Rows in a page: the usual number for 0."""
        self.expect("page_size", f"expected 1 to {most}, or 0 for {usual}", holds=0 <= asked <= most)
        return asked or usual

    def done(self) -> None:
        """Raises ``InvalidArgument`` naming every wrong field."""
        if self._wrong:
            raise InvalidArgument(*self._wrong)


def employer_code(text: str) -> str | None:
    """A unit's code; ``None`` when it is left out."""
    if not text:
        return None
    if len(text) > _LONGEST_EMPLOYER_CODE or not (text.isascii() and text.isalnum()):
        msg = "expected a unit code of letters and digits"
        raise fields.WrongField(msg)
    return text


def province_code(text: str) -> str | None:
    """A province's code as the gateway binds it; ``None`` when the agency answers for none."""
    if not text:
        return None
    if len(text) != 2 or not (text.isascii() and text.isdigit()):
        msg = "expected the two digits of a province"
        raise fields.WrongField(msg)
    return text


@lru_cache(4096)
def month_text(index: int) -> str:
    """A month's index as ``YYYY-MM``."""
    return f"{index // 12:04}-{index % 12 + 1:02}"


@lru_cache(4096)
def day_text(ordinal: int) -> str:
    """A day as ``YYYY-MM-DD``."""
    return date.fromordinal(ordinal).isoformat()
