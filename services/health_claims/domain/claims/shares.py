"""The fund's share of a dossier by the rules, and what of the person's own part counts towards her year."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from lienthong import law
from lienthong.clock import VIETNAM
from services.health_claims.domain.benefit.case import Case, CopayYear, Outcome
from services.health_claims.domain.benefit.copay import threshold
from services.health_claims.domain.benefit.deciding import decide_benefit
from services.health_claims.domain.benefit.rules import rules_on
from services.health_claims.domain.claims import codes
from services.health_claims.domain.claims.findings import Findings
from services.health_claims.domain.claims.records import Summary
from services.health_claims.domain.claims.register import Entitled
from services.health_claims.domain.facility import Facility
from services.health_claims.domain.visit import has_newborns_card

_REFERENCE_LEVEL: Final = "reference_level"


class Share(NamedTuple):
    """What the rules give."""

    fund_vnd: int | None
    """``None`` when they could not tell."""
    counted_vnd: int
    """What of the declared copayment counts towards the exemption: not what the route leaves."""


def discharged_on(summary: Summary) -> date:
    """The day of discharge in Việt Nam: decides the law and the year."""
    return summary.discharged_at.astimezone(VIETNAM).date()


def compute(
    summary: Summary,
    entitled: Entitled,
    facility: Facility,
    year: CopayYear | None,
    *,
    lines: int,
    findings: Findings,
) -> Share:
    """The share, and a warning where it is not the declared one.

    ``year``: of the day of discharge, without this dossier. Hospitals round line by line:
    a difference of less than a đồng for each of ``lines`` is none.
    """
    outcome = _decided(summary, entitled, facility, year)
    if outcome is None:
        findings.add("XML1", "SHARE_NOT_COMPUTED", line=1, field="T_BHTT")
        return Share(None, summary.copay_vnd)
    fund = outcome.split.fund_vnd if outcome.split is not None else 0
    left = outcome.split.patient_vnd if outcome.split is not None else 0
    if abs(fund - summary.fund_vnd) > lines:
        findings.add("XML1", "SHARE_DIFFERS", line=1, field="T_BHTT")
    return Share(fund, max(summary.copay_vnd - left, 0))


def _decided(
    summary: Summary, entitled: Entitled, facility: Facility, year: CopayYear | None
) -> Outcome | None:
    card, holder = entitled.card, entitled.holder
    kind = codes.visit_kind(summary.visit_kind)
    reason = codes.reason(
        summary.patient_kind,
        registered_here=facility.code == card.facility_code,
        transferred=summary.transferred,
    )
    if kind is None or reason is None:
        return None
    try:
        return decide_benefit(
            Case(
                day=discharged_on(summary),
                kind=kind,
                benefit_digit=card.benefit_digit,
                valid_to=entitled.covered_until,
                registered_facility=card.facility_code,
                facility=facility,
                reason=reason,
                admitted_on=summary.admitted_at.astimezone(VIETNAM).date(),
                diagnosis=summary.main_diagnosis,
                cost_vnd=summary.insured_cost_vnd,
                living_area=holder.living_area,
                five_years_on=holder.five_years_on,
                copay=year,
                newborn=has_newborns_card(card, holder, discharged_on(summary)),
                withdrawn=entitled.withdrawn,
            )
        )
    except law.UnknownRule:
        return None


def year_without(year: CopayYear, counted_vnd: int, discharged: date) -> CopayYear:
    """The year without a dossier that was counted, to decide about its replacement."""
    before = year.paid_before_change
    change = change_within(discharged.year)
    if before is not None and change is not None and discharged < change:
        before = max(before - counted_vnd, 0)
    # Had it passed the threshold itself, the threshold was not passed when it came.
    exceeded = date.max if year.exceeded_on == discharged else year.exceeded_on
    return CopayYear(max(year.paid_vnd - counted_vnd, 0), before, exceeded)


def exceeded_on(year: int, paid: CopayYear, payments: Sequence[tuple[date, int]]) -> date | None:
    """The day on which the year's threshold was passed: ``payments`` in the order of their days.

    What ``paid`` has beyond the payments was taken over from elsewhere: it comes before them,
    on the two sides of a change of the reference level, and keeps the day recorded for it.
    ``None``: the threshold was not passed, or no rules of that year are known.
    """
    total = 0
    for day, amount, taken_over in _steps(year, paid, payments):
        total += amount
        try:
            rules = rules_on(day)
        except law.UnknownRule:
            return None
        numerator, denominator = threshold(
            rules.figures["copay_threshold_references"], rules.references, paid.paid_before_change
        )
        if total * denominator > numerator:
            return (paid.exceeded_on or day) if taken_over else day
    return None


def _steps(
    year: int, paid: CopayYear, payments: Sequence[tuple[date, int]]
) -> Iterator[tuple[date, int, bool]]:
    """Day, amount, and whether it was taken over from elsewhere."""
    change = change_within(year)
    split = date.max if change is None else change
    early = [(day, amount, False) for day, amount in payments if day < split]
    late = [(day, amount, False) for day, amount in payments if day >= split]
    elsewhere = paid.paid_vnd - sum(amount for _, amount in payments)
    before = elsewhere
    if change is not None and paid.paid_before_change is not None:
        before = paid.paid_before_change - sum(amount for _, amount, _ in early)
    yield date(year, 1, 1), before, True
    yield from early
    if change is not None:
        yield change, elsewhere - before, True
    yield from late


@lru_cache(maxsize=256)
def _lowest_threshold(year: int) -> int | None:
    """VND; the threshold of 1 January, which no later one of the year is below. ``None``: unknown."""
    try:
        rules = rules_on(date(year, 1, 1))
    except law.UnknownRule:
        return None
    return rules.figures["copay_threshold_references"] * rules.references.now


def may_exceed(year: int, paid_vnd: int) -> bool:
    """Whether a look at the single payments is worth while."""
    lowest = _lowest_threshold(year)
    return lowest is not None and paid_vnd > lowest


@lru_cache(maxsize=256)
def change_within(year: int) -> date | None:
    """The day on which the reference level changed within the year after its first; ``None``: it did not."""
    changes = [row.valid_from for row in law.levels().of(_REFERENCE_LEVEL)]
    return next((day for day in changes if day.year == year and day != date(year, 1, 1)), None)
