"""Puts the rules together: route, the year's payments, level, end of cover, split."""

from datetime import date, timedelta
from typing import Final

from services.health_claims.domain.benefit.case import OUTPATIENT, Case, Copay, Notice, Outcome, Step
from services.health_claims.domain.benefit.copay import copay_notices, copay_of
from services.health_claims.domain.benefit.route import Route, route_of
from services.health_claims.domain.benefit.rules import BenefitLaw, notice, rules_on
from services.health_claims.domain.benefit.split import split_cost
from services.health_claims.domain.facility import FacilityLevel

_WHOLE: Final = 100
_PRIMARY: Final = int(FacilityLevel.PRIMARY)


def decide_benefit(case: Case) -> Outcome:
    """What the fund pays for the case. Raises ``lienthong.law.UnknownRule`` for a day before 2025."""
    rules = rules_on(case.day)
    notices: list[Notice] = []
    route = route_of(case, rules, notices)
    copay = copay_of(case, rules)
    digit = rules.levels.get(case.benefit_digit)
    level = 0 if digit is None else digit.percent
    steps = [] if digit is None else [rules.level_steps[case.benefit_digit]]
    shares = 0 < level < _WHOLE
    if shares and (rule := _made_whole(case, rules, route, copay)) is not None:
        level = _WHOLE
        steps.append(rules.steps[rule])
    steps.append(route.step)
    if shares:
        steps.append(_threshold_step(case, rules))
    split = split_cost(case.cost_vnd, level, route.percent) if case.cost_vnd else None
    until = _pays_until(case, rules, steps, notices)
    if shares:
        notices += copay_notices(case, copay, split, on_route=route.percent == _WHOLE)
        if not case.cost_vnd and level < _WHOLE and route.percent:
            notices.append(notice("low_cost_possible", case.day, line=_low_cost_line(rules)))
    usual = rules.groups.get(case.subject_code)
    if usual is not None and usual != case.benefit_digit:
        notices.append(
            notice("digit_not_of_group", case.day, digit=case.benefit_digit, group=case.subject_code)
        )
    return Outcome(level, route.percent, route.name, until, copay, split, tuple(steps), tuple(notices))


def _made_whole(case: Case, rules: BenefitLaw, route: Route, copay: Copay) -> str | None:
    """The rule by which the level is 100 % for this visit, if one holds (Art. 22.1)."""
    facility = case.facility
    if facility is not None:
        if facility.level == _PRIMARY:
            return "level_primary_facility"
        if facility.polyclinic and case.kind == OUTPATIENT:
            return "level_polyclinic_outpatient"
    # Exempt is nobody who came off the route: Art. 22.1 excepts self-visits.
    if copay.exempt_from is not None and route.percent == _WHOLE:
        return "level_exempt"
    if 0 < case.cost_vnd * 100 < rules.figures["low_cost_percent"] * rules.references.now:
        return "level_low_cost"
    return None


def _pays_until(case: Case, rules: BenefitLaw, steps: list[Step], notices: list[Notice]) -> date:
    """The last day covered; of an inpatient who is admitted by then, 15 days later (Decree 188 Art. 50.4)."""
    last = case.valid_to
    if case.kind == OUTPATIENT or case.withdrawn or (case.admitted_on or case.day) > last:
        return last
    grace = timedelta(days=rules.figures["days_after_expiry"])
    if case.day > last:
        steps.append(rules.steps["pays_after_expiry"])
    if case.day > last + grace:
        notices.append(notice("stay_beyond_cover", case.day, until=last + grace))
    elif case.day >= last - grace:
        notices.append(notice("card_expires_during_stay", case.day, last=last, until=last + grace))
    return last + grace


def _threshold_step(case: Case, rules: BenefitLaw) -> Step:
    changed = rules.references.before is not None
    known = case.copay is not None and case.copay.paid_before_change is not None
    return rules.steps["copay_threshold_mid_year" if changed and known else "copay_threshold"]


def _low_cost_line(rules: BenefitLaw) -> int:
    """VND; a cost below is paid in full."""
    return -(-rules.figures["low_cost_percent"] * rules.references.now // 100)
