"""What the benefit rules are asked, and what they answer. Plain values."""

from datetime import date
from enum import IntEnum
from typing import Final, NamedTuple

from services.health_claims.domain.facility import Facility


class Kind(IntEnum):
    """What kind of visit it is (MA_LOAI_KCB, grouped); the values of ``VisitKind``."""

    OUTPATIENT = 1
    INPATIENT = 2
    DAY_INPATIENT = 3
    """*Nội trú ban ngày*: the rules of inpatients hold."""


class Reason(IntEnum):
    """Why the person is treated here (MA_DOITUONG_KCB, grouped); the values of ``VisitReason``."""

    PLACE = 0
    """The place of registration decides."""
    SELF = 1
    REFERRAL = 2
    REVISIT = 3
    EMERGENCY = 4
    TEMPORARY_STAY = 5


OUTPATIENT: Final = int(Kind.OUTPATIENT)
"""As a number: looking a member up in its class costs more than the comparison."""


class Visit(NamedTuple):
    """What the desk says of the visit it asks about."""

    kind: int
    """A ``Kind``."""
    reason: int = Reason.PLACE
    admitted_on: date | None = None
    """First day of a stay that goes on; ``None``: the day asked about."""
    slip_on: date | None = None
    diagnosis: str = ""
    cost_vnd: int = 0


class CopayYear(NamedTuple):
    """What a person has paid herself within her level in a calendar year (*cùng chi trả*)."""

    paid_vnd: int
    paid_before_change: int | None = None
    """Of it, what had been paid when the reference level changed within the year; ``None``: not recorded."""
    exceeded_on: date | None = None
    """The day on which the year's threshold was passed; ``None``: it was not, or nobody recorded it."""


class Case(NamedTuple):
    """One visit of one person with one card at one facility."""

    day: date
    """The day whose law holds: of the visit; of a stay the latest day, at last that of discharge."""
    kind: int
    """A ``Kind``."""
    benefit_digit: int
    """Character 3 of the card code, 1 to 5."""
    valid_to: date
    """The last day covered by the card, and by those that follow it without a gap."""
    registered_facility: str
    """Code of the facility where the person is registered (MA_DKBD)."""
    facility: Facility | None
    """Where she is; ``None``: not in the records."""
    reason: int = Reason.PLACE
    """A ``Reason``."""
    admitted_on: date | None = None
    """First day of the stay; ``None``: ``day``."""
    slip_on: date | None = None
    """The day of the referral or re-visit slip; ``None``: not given."""
    diagnosis: str = ""
    """Main diagnosis, ICD-10, with or without the dot."""
    cost_vnd: int = 0
    """Cost within the fund's scope (T_TONGCHI_BH); 0: not known yet."""
    living_area: str | None = None
    """``K1``, ``K2``, ``K3``."""
    five_years_on: date | None = None
    """The day on which five years without a break are complete; ``None``: not recorded."""
    copay: CopayYear | None = None
    """Of the calendar year of ``day``, without this visit; ``None``: nothing paid."""
    subject_code: str = ""
    """Subject group, for the notice that digit and group do not go together; "" skips it."""
    newborn: bool = False
    """A newborn on a child's card: her first treatment counts as at the place of registration."""
    withdrawn: bool = False
    """After ``valid_to`` the card is taken back or reported decreased rather than expired: no days are added."""


class Step(NamedTuple):
    """One rule that decided, and what it rests on."""

    rule: str
    vi: str
    en: str
    legal_basis: str
    rows: tuple[str, ...]
    """``list/code@valid_from=value``, with " (unverified)"."""


class Notice(NamedTuple):
    """Something to tell the patient or to look at."""

    code: str
    vi: str
    en: str


class Split(NamedTuple):
    """Who pays which part of a cost, VND. ``fund + copay + patient`` is the cost."""

    cost_vnd: int
    fund_vnd: int
    copay_vnd: int
    patient_vnd: int


class Copay(NamedTuple):
    """The year's own payments against the exemption."""

    year: int
    paid_vnd: int
    threshold_vnd: int
    """Rounded up to a đồng."""
    left_vnd: int
    """Until more than the threshold is paid; 0 when it is."""
    exempt_from: date | None
    """First day of the exemption, if it holds."""


class Outcome(NamedTuple):
    """What the fund pays for a case, and why."""

    level_percent: int
    route_percent: int
    route: str
    """``registered``, ``referral``, ``revisit``, ``emergency``, ``temporary_stay``, ``self_visit``."""
    pays_until: date
    """Last day that the fund pays for this stay."""
    copay: Copay
    split: Split | None
    """``None`` when no cost was given."""
    steps: tuple[Step, ...]
    notices: tuple[Notice, ...]

    @property
    def fund_basis_points(self) -> int:
        """What the fund pays of the cost, hundredths of a percent."""
        return self.level_percent * self.route_percent
