"""The rows in force on a day, with the steps that cite them made ready."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from lienthong import law
from services.health_claims.domain.benefit.case import Notice, Step
from services.health_claims.domain.benefit.levels import Benefits, benefits_on


class References(NamedTuple):
    """Reference levels (*mức tham chiếu*) that a year's threshold turns on, VND a month."""

    now: int
    before: int | None
    """Until it changed within the same year; ``None``: it did not."""


class BenefitLaw(NamedTuple):
    """What these rules read, on one day."""

    day: date
    levels: Benefits
    level_steps: Mapping[int, Step]
    """By benefit digit."""
    routes: Mapping[str, tuple[int, Step]]
    """Percentage and step, by rule."""
    steps: Mapping[str, Step]
    """Of the rules that make a level whole and of the threshold."""
    figures: Mapping[str, int]
    references: References
    groups: Mapping[str, int]
    """Usual benefit digit by subject group."""


_FIGURES_OF_ROUTES = {
    "route_self_basic_outpatient_low_points": ("basic_points_low",),
    "route_self_basic_outpatient_points": ("basic_points_low", "basic_points_high"),
    "route_self_basic_outpatient_other": ("basic_points_high",),
}


@lru_cache(maxsize=1_024)
def rules_on(day: date) -> BenefitLaw:
    """The rows in force on ``day``. Raises ``lienthong.law.UnknownRule`` before 2025."""
    routes = law.routes().all_at(day)
    figures = law.benefit_figures().all_at(day)
    if not routes or not figures:
        msg = f"no rules of benefits on {day}"
        raise law.UnknownRule(msg)
    wording = law.benefit_rules().all_at(day)
    digits = law.benefits().all_at(day)
    return BenefitLaw(
        day,
        benefits_on(day),
        {
            int(code): _step(wording["level_by_digit"], [_cited("benefits", row, f"{row.value.percent}%")])
            for code, row in digits.items()
        },
        {
            code: (
                row.value.percent,
                _step(
                    row,
                    [_cited("routes", row)]
                    + [_cited("benefit_figures", figures[name]) for name in _FIGURES_OF_ROUTES.get(code, ())],
                ),
            )
            for code, row in routes.items()
        },
        _whole_steps(day, wording, figures),
        {code: row.value for code, row in figures.items()},
        _references(day),
        {code: row.value for code, row in law.card_groups().all_at(day).items()},
    )


@lru_cache(maxsize=4_096)
def step_of_disease(day: date, prefix: str) -> Step:
    """The step of a self-visit with a listed disease: it cites the disease's row too."""
    step = rules_on(day).routes["route_self_listed_disease"][1]
    row = law.serious_diseases().at(prefix, day)
    return step._replace(rows=(*step.rows, _cited("serious_diseases", row, row.value.en)))


@lru_cache(maxsize=4_096)
def step_of_slip(day: date, prefix: str | None) -> Step:
    """The step of a referral whose slip was compared: for ``prefix``, a listed disease, or without one."""
    step = rules_on(day).routes["route_referral"][1]
    name = "referral_working_days" if prefix is None else "referral_listed_months"
    rows = [*step.rows, _cited("benefit_figures", law.benefit_figures().at(name, day))]
    if prefix is not None:
        row = law.year_slip_diseases().at(prefix, day)
        rows.append(_cited("year_slip_diseases", row, row.value.en))
    return step._replace(rows=tuple(rows))


def notice(code: str, day: date, **values: int | str | date) -> Notice:
    """The notice in both languages: amounts and days as each writes them."""
    wording = _wording(code, day)
    if not values:
        return Notice(code, wording.vi, wording.en)
    vi = wording.vi.format(**{name: _vietnamese(value) for name, value in values.items()})
    en = wording.en.format(**{name: _english(value) for name, value in values.items()})
    return Notice(code, vi, en)


def prefix_of(diagnosis: str, listed: Mapping[str, Any]) -> str | None:
    """The row of the longest code that ``diagnosis`` begins with, dots aside."""
    bare = diagnosis.replace(".", "")
    for length in range(len(bare), 0, -1):
        if bare[:length] in listed:
            return bare[:length]
    return None


@lru_cache(maxsize=1_024)
def serious_on(day: date) -> Mapping[str, law.Row[law.Wording]]:
    """Rare and serious diseases listed on ``day``."""
    return law.serious_diseases().all_at(day)


@lru_cache(maxsize=1_024)
def year_slips_on(day: date) -> Mapping[str, law.Row[law.Wording]]:
    """Diseases whose referral slips are valid for a year, as listed on ``day``."""
    return law.year_slip_diseases().all_at(day)


@lru_cache(maxsize=1_024)
def _wording(code: str, day: date) -> law.Wording:
    return law.benefit_notices().at(code, day).value


def _whole_steps(
    day: date, wording: Mapping[str, law.Row[law.Wording]], figures: Mapping[str, law.Row[int]]
) -> dict[str, Step]:
    """Steps of the rules that make a level whole, and of the threshold, by rule."""
    now = law.levels().at("reference_level", day)
    before = law.levels().at("reference_level", date(day.year, 1, 1))
    cited = {name: _cited("benefit_figures", row) for name, row in figures.items()}
    level, old_level = _cited("levels", now), _cited("levels", before)
    rows = {
        "level_primary_facility": [],
        "level_polyclinic_outpatient": [],
        "level_low_cost": [cited["low_cost_percent"], level],
        "level_exempt": [cited["copay_threshold_references"], level],
        "copay_threshold": [cited["copay_threshold_references"], level],
        "copay_threshold_mid_year": [cited["copay_threshold_references"], old_level, level],
        "pays_after_expiry": [cited["days_after_expiry"]],
    }
    return {
        rule: _step(wording[rule], [_cited("benefit_rules", wording[rule], "100%"), *used])
        if not used
        else _step(wording[rule], used)
        for rule, used in rows.items()
    }


def _references(day: date) -> References:
    """The level of the day, and that of 1 January if it has changed since."""
    now = law.levels().at("reference_level", day).value.vnd
    then = law.levels().at("reference_level", date(day.year, 1, 1)).value.vnd
    return References(now, then if then != now else None)


def _step(row: law.Row[Any], rows: Iterable[str]) -> Step:
    return Step(row.code, row.value.vi, row.value.en, row.legal_basis, tuple(rows))


def _cited(name: str, row: law.Row[Any], value: str | None = None) -> str:
    """``list/code@valid_from=value``, as a step lists what it used."""
    unverified = "" if row.verified else " (unverified)"
    return f"{name}/{row.code}@{row.valid_from}={row.value if value is None else value}{unverified}"


def _vietnamese(value: int | str | date) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:,}".replace(",", ".") if isinstance(value, int) else value


def _english(value: int | str | date) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
