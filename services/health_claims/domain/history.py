"""Who may see how much of a person's history, and which running drugs overlap. Pure.

The row rule: a facility sees a person's whole history while she is admitted there (a
coverage check that matched her, by the same agency, within 72 hours, or an open stay),
and when it breaks the glass (purpose ``emergency``: the access log says so, and somebody
reviews it). Otherwise it sees its own visits, and without any it is refused, as for a
person that does not exist. A citizen sees all of her own.
Law 91/2025/QH15: health data is used for its purpose alone, as little as needed, and logged.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

ADMITTED_BY_CHECK: Final = timedelta(hours=72)
EMERGENCY: Final = "emergency"
OWN_DATA: Final = "own_data"
USUAL_VISITS: Final = 50
MOST_DRUGS: Final = 500
MOST_SENSITIVE: Final = 200


class Ground(IntEnum):
    """On which ground a history is shown; the values of the contract."""

    CHECKED = 1
    STAY = 2
    EMERGENCY = 3
    OWN_DATA = 4
    OWN_VISITS = 5

    @property
    def whole(self) -> bool:
        """Every visit, not the facility's own alone."""
        return self is not Ground.OWN_VISITS

    @property
    def lines_of_sensitive(self) -> bool:
        """Also drugs and services of a visit with a sensitive diagnosis: an antiretroviral names the disease."""
        return self is Ground.OWN_DATA


class Asker(NamedTuple):
    """Who asks about whom, as the gateway vouches for it."""

    person_id: int
    """0 for nobody."""
    facility_code: str
    """Empty for who is no facility."""
    purpose: str
    recent_check: datetime | None
    citizen_id: int
    """The citizen who asks; 0 unless the purpose is ``own_data``."""


def ground(asker: Asker, *, now: datetime, open_stay: bool, own_visits: bool) -> Ground | None:
    """Why something may be shown; ``None`` when nothing may."""
    if not asker.person_id:
        return None
    if asker.purpose == OWN_DATA or asker.citizen_id:
        is_herself = asker.purpose == OWN_DATA and asker.citizen_id == asker.person_id
        return Ground.OWN_DATA if is_herself else None
    if not asker.facility_code:
        return None
    checked = asker.recent_check is not None and now - asker.recent_check <= ADMITTED_BY_CHECK
    grounds = (
        # First, also where she is admitted: whoever breaks the glass is told so, and listed.
        (asker.purpose == EMERGENCY, Ground.EMERGENCY),
        (checked, Ground.CHECKED),
        (open_stay, Ground.STAY),
        (own_visits, Ground.OWN_VISITS),
    )
    return next((one for holds, one in grounds if holds), None)


class VisitKey(NamedTuple):
    """Names a visit of a person: the facility and its own number of the treatment (MA_LK)."""

    facility_code: str
    treatment_code: str


class Position(NamedTuple):
    """Where a visit stands among a person's: newest discharge first."""

    discharged_at: datetime
    facility_code: str
    treatment_code: str


class VisitQuery(NamedTuple):
    """Which visits: those that ended from ``since`` on and began before ``until``, after which one."""

    since: datetime | None
    until: datetime | None
    rows: int
    after: Position | None


class Visit(NamedTuple):
    """A visit as the claim file told it that stands."""

    facility_code: str
    treatment_code: str
    version: int
    admitted_at: datetime
    discharged_at: datetime
    visit_kind: str
    patient_kind: str
    main_diagnosis: str | None
    """``None`` when sensitive."""
    other_diagnoses: list[str]
    diagnosis_text: str
    has_sensitive: bool
    outcome: int
    cost_vnd: int
    insured_cost_vnd: int
    fund_vnd: int
    copay_vnd: int
    patient_vnd: int

    @property
    def key(self) -> VisitKey:
        """What names it."""
        return VisitKey(self.facility_code, self.treatment_code)

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(self.discharged_at, self.facility_code, self.treatment_code)


class Drug(NamedTuple):
    """A line of XML2. ``quantity`` is a decimal number as text, days are ISO."""

    substance_code: str
    name: str
    strength: str
    unit: str
    route: str
    directions: str
    quantity: str
    ordered_on: str
    lasts_until: str | None
    cost_vnd: int
    fund_vnd: int


class Item(NamedTuple):
    """A line of XML3: a service or a supply."""

    code: str
    name: str
    unit: str
    quantity: str
    ordered_on: str
    cost_vnd: int
    fund_vnd: int


class RunningDrug(NamedTuple):
    """A drug that should still be running, with the visit that it is from."""

    visit: VisitKey
    sensitive: bool
    """That visit has a sensitive diagnosis."""
    drug: Drug


class SensitiveVisit(NamedTuple):
    """What is sensitive of a visit."""

    visit: VisitKey
    admitted_on: date
    diagnoses: list[str]
    diagnosis_text: str
    has_hiv_table: bool


def shown_drugs(drugs: Sequence[RunningDrug], why: Ground) -> list[RunningDrug]:
    """Those that this ground shows."""
    return [one for one in drugs if why.lines_of_sensitive or not one.sensitive]


def overlaps(drugs: Sequence[RunningDrug]) -> list[bool]:
    """For each, whether another visit's drug of the same active substance is running too."""
    visits: dict[str, set[VisitKey]] = {}
    for one in drugs:
        visits.setdefault(one.drug.substance_code, set()).add(one.visit)
    return [bool(one.drug.substance_code) and len(visits[one.drug.substance_code]) > 1 for one in drugs]
