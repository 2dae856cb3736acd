"""The year's own payments (*cùng chi trả*) and the exemption.

Exempt is who has been insured for five years without a break *and* has paid more than
six reference levels within the calendar year: from the moment both hold until 31
December (Health Insurance Law Art. 22.1). When the reference level changes within the
year, the threshold is ``paid + (6 − paid / old) × new``, ``paid`` being what had been
paid by then (Decree 188/2025/ND-CP Art. 18.2.c). If that was not recorded, six times
the new level is taken, which is never less.

The visit that passes the threshold is itself split by the level that held before it;
a notice says by how much it passes.
"""

from datetime import date
from typing import Final

from services.health_claims.domain.benefit.case import Case, Copay, CopayYear, Notice, Split
from services.health_claims.domain.benefit.rules import BenefitLaw, References, notice

_NOTHING: Final = CopayYear(0)


def threshold(times: int, references: References, paid_before: int | None) -> tuple[int, int]:
    """The year's threshold in VND as an exact fraction: numerator, denominator."""
    if references.before is None or paid_before is None:
        return times * references.now, 1
    old, new = references.before, references.now
    return paid_before * old + (times * old - paid_before) * new, old


def copay_of(case: Case, rules: BenefitLaw) -> Copay:
    """The year's payments before this visit, against the threshold."""
    year = case.copay or _NOTHING
    numerator, denominator = threshold(
        rules.figures["copay_threshold_references"], rules.references, year.paid_before_change
    )
    passed = _passed(case, year, more=year.paid_vnd * denominator > numerator)
    five = case.five_years_on
    exempt_from = None
    if passed is not None and five is not None and five <= case.day:
        exempt_from = max(passed, five, date(case.day.year, 1, 1))
    left = 0 if passed is not None else numerator // denominator + 1 - year.paid_vnd
    return Copay(case.day.year, year.paid_vnd, -(-numerator // denominator), max(left, 0), exempt_from)


def copay_notices(case: Case, copay: Copay, split: Split | None, *, on_route: bool) -> list[Notice]:
    """What the desk should say about the year's payments."""
    five = case.five_years_on
    if copay.exempt_from is not None:
        return [] if on_route else [notice("exemption_not_off_route", case.day)]
    if copay.left_vnd == 0:
        if five is None:
            return [notice("five_years_unknown", case.day)]
        # Else it was passed after the day asked about.
        return [notice("exemption_waits_for_five_years", case.day, first=five)] if five > case.day else []
    over = (split.copay_vnd if split is not None else 0) - copay.left_vnd
    if over >= 0 and five is not None and five <= case.day:
        # left_vnd is the first đồng beyond the threshold.
        return [notice("exemption_in_this_visit", case.day, over=over + 1)]
    return []


def _passed(case: Case, year: CopayYear, *, more: bool) -> date | None:
    """Since when the threshold is passed, as far as the records say."""
    if year.exceeded_on is not None:
        return year.exceeded_on if year.exceeded_on <= case.day else None
    return case.day if more else None
