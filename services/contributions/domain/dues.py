"""What a person's month owes each fund, and to which rows of the law that is due. Pure.

A month is its index (``month_index``: year × 12 + month − 1). The rows in force on
its first day count. The base is capped, not lifted to
the floor: a unit owes on the base that it registered, and a base under the floor is
*under-declared* (Law 41/2024/QH15 Art. 39.1.c), see ``floor_of``. Voluntary insurance
beside compulsory does not exist (Law 41/2024/QH15 Art. 2.4): with scheme 1, scheme 8
charges nothing.

The law is looked up once for each (month, schemes, region, rate) and kept; what is
left for each person is a comparison and two multiplications a fund.
"""

from collections.abc import Iterator
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lienthong import law
from lienthong.law import Limit, Row, UnknownRule
from services.contributions.domain.months import Scheme


class Fund(IntEnum):
    """What contributions are paid into; the values of the contract."""

    RETIREMENT = 1
    SICKNESS = 2
    OCCUPATIONAL = 3
    UNEMPLOYMENT = 4
    HEALTH = 5
    INTEREST = 6


class Due(NamedTuple):
    """What one fund gets for one person and month, by payer, in VND."""

    fund: Fund
    employer_vnd: int
    employee_vnd: int


class Tariff(NamedTuple):
    """One fund of one month for a unit of a region: all that an amount is computed from.

    ``amount = (min(base, cap_vnd) × rate + 5000) // 10000``, for each payer by itself.
    """

    fund: Fund
    scheme: Scheme
    cap_vnd: int
    employer_rate: int
    """Hundredths of a percent, as ``employee_rate``."""
    employee_rate: int


UNCAPPED: Final = 1 << 62
"""The cap where the law knew none."""


class _Source(NamedTuple):
    """Where a fund's rows of law are."""

    fund: Fund
    scheme: Scheme
    limits: str
    employer: str | None
    employee: str | None


_SOURCES: Final = (
    _Source(Fund.RETIREMENT, Scheme.SOCIAL, "si", "rate_retirement_employer", "rate_retirement_employee"),
    _Source(Fund.SICKNESS, Scheme.SOCIAL, "si", "rate_sickness_employer", None),
    _Source(Fund.OCCUPATIONAL, Scheme.SOCIAL, "si", "rate_occupational_employer", None),
    _Source(
        Fund.UNEMPLOYMENT,
        Scheme.UNEMPLOYMENT,
        "ui",
        "rate_unemployment_employer",
        "rate_unemployment_employee",
    ),
    _Source(Fund.HEALTH, Scheme.HEALTH, "hi", "rate_health_employer", "rate_health_employee"),
    _Source(Fund.RETIREMENT, Scheme.VOLUNTARY_SOCIAL, "voluntary", None, "rate_voluntary_employee"),
)
_REDUCED: Final = {"rate_occupational_employer": "rate_occupational_employer_reduced"}
_CACHED: Final = 16_384
"""Months × schemes × regions × rates: forty years of everything that occurs."""


def dues(base_vnd: int, month_index: int, schemes: int, region: int, reduced: bool) -> tuple[Due, ...]:  # noqa: FBT001 - called for each person and month
    """What the month owes, fund by fund (``Fund`` order); empty for schemes that the month did not know.

    ``schemes`` is the mask of ``Scheme``; ``reduced``: the unit has the reduced rate for
    occupational accidents.
    """
    return under(base_vnd, tariff(month_index, schemes, region, reduced))


def under(base_vnd: int, rows: tuple[Tariff, ...]) -> tuple[Due, ...]:
    """What a base owes under a tariff: ``dues``, for who has looked the tariff up."""
    return tuple(
        [
            Due(
                fund,
                (min(base_vnd, cap) * employer + 5000) // 10000,
                (min(base_vnd, cap) * employee + 5000) // 10000,
            )
            for fund, _, cap, employer, employee in rows
        ]
    )


@lru_cache(_CACHED)
def tariff(month_index: int, schemes: int, region: int, reduced: bool) -> tuple[Tariff, ...]:  # noqa: FBT001 - as dues
    """What ``dues`` computes with, at most one row a fund: also for the same sum in SQL."""
    day = _first_day(month_index)
    found = []
    for source in _sources(schemes):
        employer, employee = _rates(source, day, reduced=reduced)
        if employer is None and employee is None:
            continue
        cap = _limit(f"{source.limits}_cap", day, region)
        found.append(
            Tariff(
                source.fund,
                source.scheme,
                UNCAPPED if cap is None else _amount(cap, day, region),
                0 if employer is None else employer.value.hundredths,
                0 if employee is None else employee.value.hundredths,
            )
        )
    return tuple(sorted(found))


@lru_cache(_CACHED)
def floor_of(month_index: int, schemes: int, region: int) -> int:
    """The least base, VND, that these schemes allow together in the month; 0 for none of them."""
    day = _first_day(month_index)
    limits = (_limit(f"{source.limits}_floor", day, region) for source in _sources(schemes))
    return max((_amount(limit, day, region) for limit in limits if limit is not None), default=0)


@lru_cache(_CACHED)
def rows_used(month_index: int, schemes: int, region: int, reduced: bool) -> tuple[Row[Any], ...]:  # noqa: FBT001 - as dues
    """The rows of law that ``dues`` and ``floor_of`` rest on, each once."""
    day = _first_day(month_index)
    rows: dict[str, Row[Any]] = {}
    for source in _sources(schemes):
        used = [row for row in _rates(source, day, reduced=reduced) if row is not None]
        if not used:
            continue
        for limit in (
            _limit(f"{source.limits}_cap", day, region),
            _limit(f"{source.limits}_floor", day, region),
        ):
            if limit is not None:
                rows |= {row.code: row for row in (limit, _level(limit, day, region))}
        rows |= {row.code: row for row in used}
    return tuple(rows.values())


def _sources(schemes: int) -> Iterator[_Source]:
    compulsory = schemes & Scheme.SOCIAL
    for source in _SOURCES:
        if schemes & source.scheme and not (compulsory and source.scheme is Scheme.VOLUNTARY_SOCIAL):
            yield source


def _rates(source: _Source, day: date, *, reduced: bool) -> tuple[Row[law.Rate] | None, Row[law.Rate] | None]:
    employer = _rate(source.employer, day)
    if reduced and source.employer in _REDUCED:
        employer = _rate(_REDUCED[source.employer], day) or employer
    return employer, _rate(source.employee, day)


def _rate(code: str | None, day: date) -> Row[law.Rate] | None:
    if code is None:
        return None
    try:
        return law.rates().at(code, day)
    except UnknownRule:
        return None


def _limit(code: str, day: date, region: int) -> Row[Limit] | None:
    """None where the law knew no such limit. Raises ``UnknownRule`` for a region that does not exist."""
    try:
        found = law.limits().at(code, day)
    except UnknownRule:
        return None
    _level(found, day, region)
    return found


def _level(limit: Row[Limit], day: date, region: int) -> Row[law.Level]:
    name = limit.value.of
    return law.levels().at(f"{name}_{region}" if name == "regional_minimum_wage" else name, day)


def _amount(limit: Row[Limit], day: date, region: int) -> int:
    return limit.value.times * _level(limit, day, region).value.vnd


def _first_day(month_index: int) -> date:
    return date(month_index // 12, month_index % 12 + 1, 1)
