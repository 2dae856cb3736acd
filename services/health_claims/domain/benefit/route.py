"""How the person came, as the law sees it, and the part of her level that this pays.

Emergency, a re-visit slip and a referral with a slip that is valid come before the place
of registration; then a newborn's first treatment and a declared stay elsewhere. What is
left is a self-visit (*tự đến*), which the level of the facility, its points, its former tier, the kind of visit, the
living area and the diagnosis decide (Health Insurance Law Art. 22.3, 22.4).

A slip whose day was not given is taken as valid, with a notice: claim files carry no
day. A slip that has run out counts as none.
"""

from typing import Final, NamedTuple

from services.health_claims.domain.benefit.case import OUTPATIENT, Case, Notice, Reason, Step
from services.health_claims.domain.benefit.rules import (
    BenefitLaw,
    notice,
    prefix_of,
    serious_on,
    step_of_disease,
    step_of_slip,
    year_slips_on,
)
from services.health_claims.domain.benefit.slips import last_day_of_referral
from services.health_claims.domain.facility import Facility, FacilityLevel, FormerTier

SELF_VISIT: Final = "self_visit"
# Numbers: looking a member up in its class costs more than the comparison.
_EMERGENCY: Final = int(Reason.EMERGENCY)
_REVISIT: Final = int(Reason.REVISIT)
_TEMPORARY_STAY: Final = int(Reason.TEMPORARY_STAY)
_PRIMARY: Final = int(FacilityLevel.PRIMARY)
_SPECIALISED: Final = int(FacilityLevel.SPECIALISED)
_DISTRICT: Final = int(FormerTier.DISTRICT)
_PROVINCIAL: Final = int(FormerTier.PROVINCIAL)
_AREAS: Final = frozenset({"K1", "K2", "K3"})
_LEVELS: Final = frozenset(FacilityLevel)
_NEAR: Final = frozenset({FacilityLevel.PRIMARY, FacilityLevel.BASIC})
_HIGHER: Final = frozenset({FormerTier.CENTRAL, FormerTier.PROVINCIAL})
_WITH_SLIP: Final = frozenset({Reason.REFERRAL, Reason.REVISIT})


class Route(NamedTuple):
    """The way taken; ``percent`` of the card's level is paid."""

    name: str
    percent: int
    step: Step


def route_of(case: Case, rules: BenefitLaw, notices: list[Notice]) -> Route:
    """The way taken; what the desk should know of it is added to ``notices``."""
    if case.reason == _EMERGENCY:
        return _right("emergency", rules)
    brought = _by_slip(case, rules, notices)
    if brought is not None:
        return brought
    facility = case.facility
    if facility is not None and facility.code == case.registered_facility:
        return _right("registered", rules)
    if case.newborn:
        return Route("registered", *rules.routes["route_newborn"])
    if case.reason == _TEMPORARY_STAY:
        if facility is not None and facility.level in _NEAR:
            return _right("temporary_stay", rules)
        notices.append(notice("temporary_stay_specialised", rules.day))
    rule = _self_visit(case, facility, rules, notices)
    percent, step = rules.routes[rule]
    if rule == "route_self_listed_disease":
        prefix = prefix_of(case.diagnosis, serious_on(rules.day)) or ""
        step = step_of_disease(rules.day, prefix)
    return Route(SELF_VISIT, percent, step)


def _by_slip(case: Case, rules: BenefitLaw, notices: list[Notice]) -> Route | None:
    """The way that a slip opens; none without a slip, or with one that has run out."""
    if case.reason not in _WITH_SLIP:
        return None
    if case.reason == _REVISIT:
        notices.append(notice("revisit_slip_once", rules.day))
    if case.slip_on is None:
        notices.append(notice("slip_missing", rules.day))
    if case.reason == _REVISIT:
        return _right("revisit", rules)
    if case.slip_on is None:
        return _right("referral", rules)
    prefix = prefix_of(case.diagnosis, year_slips_on(rules.day))
    until = last_day_of_referral(case.slip_on, prefix, rules)
    if (case.admitted_on or case.day) > until:
        notices.append(notice("slip_expired", rules.day, until=until))
        return None
    return _right("referral", rules)._replace(step=step_of_slip(rules.day, prefix))


def _right(name: str, rules: BenefitLaw) -> Route:
    percent, step = rules.routes[f"route_{name}"]
    return Route(name, percent, step)


def _self_visit(case: Case, facility: Facility | None, rules: BenefitLaw, notices: list[Notice]) -> str:
    """The rule of Art. 22.4 that fits."""
    level = 0 if facility is None else facility.level
    if facility is None or level not in _LEVELS:
        notices.append(notice("facility_unknown", rules.day))
        return "route_self_unknown_facility"
    if level == _PRIMARY:
        return "route_self_primary"
    if facility.former_tier == _DISTRICT:
        return "route_self_former_district"
    if case.diagnosis and prefix_of(case.diagnosis, serious_on(rules.day)) is not None:
        return "route_self_listed_disease"
    if level == _SPECIALISED:
        return _specialised(case, facility)
    return _basic_outpatient(facility, rules, notices) if _walks_in(case) else "route_self_basic_inpatient"


def _specialised(case: Case, facility: Facility) -> str:
    former = "former_provincial" if facility.former_tier == _PROVINCIAL else "specialised"
    if _walks_in(case):
        return f"route_self_{former}_outpatient"
    if former == "specialised" and case.living_area in _AREAS:
        return "route_self_living_area_inpatient"
    return f"route_self_{former}_inpatient"


def _walks_in(case: Case) -> bool:
    return case.kind == OUTPATIENT


def _basic_outpatient(facility: Facility, rules: BenefitLaw, notices: list[Notice]) -> str:
    """Few points or a provisional rank come first, as the law lists them; then the former tier."""
    points = facility.points
    if facility.provisional or (points is not None and points < rules.figures["basic_points_low"]):
        return "route_self_basic_outpatient_low_points"
    if facility.former_tier in _HIGHER:
        return "route_self_basic_outpatient_former_higher"
    if points is None:
        notices.append(notice("facility_unranked", rules.day))
        return "route_self_basic_outpatient_other"
    if points < rules.figures["basic_points_high"]:
        return "route_self_basic_outpatient_points"
    return "route_self_basic_outpatient_other"
