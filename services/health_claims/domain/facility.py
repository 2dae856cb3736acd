"""A health facility (*cơ sở khám chữa bệnh*) as far as the benefit rules ask."""

from enum import IntEnum
from typing import NamedTuple


class FacilityLevel(IntEnum):
    """The levels of the Law on Medical Examination and Treatment; the values of the contract's enum."""

    PRIMARY = 1
    BASIC = 2
    SPECIALISED = 3


class FormerTier(IntEnum):
    """How a facility was classed before 1 January 2025 (*tuyến*)."""

    CENTRAL = 1
    PROVINCIAL = 2
    DISTRICT = 3
    COMMUNE = 4


class Facility(NamedTuple):
    """One facility; ``level`` 0 when it is not recorded."""

    code: str
    """MA_CSKCB, 5 characters."""
    name: str
    level: int
    former_tier: int | None = None
    """``None``: not recorded."""
    points: int | None = None
    """Technical points of a basic facility; ``None``: not recorded."""
    provisional: bool = False
    """Ranked provisionally (*tạm xếp cấp*)."""
    polyclinic: bool = False
    """A regional polyclinic (*phòng khám đa khoa khu vực*)."""
