"""Time contributed by scheme, as paid and as if every arrear were recovered, and the gaps between. Pure.

Unpaid months do not block a benefit: it is settled on the paid time and computed
again after recovery (Decree 158/2025/ND-CP Art. 8.3); so both are always shown. A
calendar month counts once in a scheme, however many employers declared it.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from services.contributions.domain.ledger import (
    Clock,
    Period,
    deadline_day,
    funds_of_schemes,
    schemes_of_funds,
)
from services.contributions.domain.months import Scheme

SOCIAL: Final = Scheme.SOCIAL | Scheme.VOLUNTARY_SOCIAL


class Charges(NamedTuple):
    """The funds of one month and entry of a unit, as masks (1 << fund)."""

    all: int
    unsettled: int


ChargesOf = Mapping[tuple[int, int, int], Charges]
"""By (employer, month, entry): at least every charge not settled and every one before its deadline."""


class SchemeTotal(NamedTuple):
    """Months that count in a scheme."""

    scheme: Scheme
    paid_months: int
    months_if_recovered: int


class Gap(NamedTuple):
    """Months, both included, in which nobody declared the person for social insurance."""

    first: int
    last: int


def totals(periods: Iterable[Period], charges: ChargesOf, clock: Clock) -> list[SchemeTotal]:
    """The time in each scheme that the person was ever in, in the order of the contract."""
    paid: dict[Scheme, set[int]] = {scheme: set() for scheme in Scheme}
    recovered: dict[Scheme, set[int]] = {scheme: set() for scheme in Scheme}
    seen = 0
    for period in periods:
        seen |= period.schemes
        unpaid = _unpaid(period, charges, clock)
        for scheme in Scheme:
            if period.schemes & scheme:
                missing = {month for month, schemes in unpaid.items() if schemes & scheme}
                got = set(range(period.first, period.last + 1)) - missing
                paid[scheme] |= got
                recovered[scheme] |= got
                recovered[scheme].update(month for month in missing if clock.today > deadline_day(month))
    return [
        SchemeTotal(scheme, len(paid[scheme]), len(recovered[scheme])) for scheme in Scheme if seen & scheme
    ]


def gaps(periods: Iterable[Period]) -> list[Gap]:
    """The gaps between the first and the last month in social insurance, oldest first."""
    found: list[Gap] = []
    reached: int | None = None
    for period in sorted(periods, key=lambda period: period.first):
        if not period.schemes & SOCIAL:
            continue
        if reached is not None and period.first > reached + 1:
            found.append(Gap(reached + 1, period.first - 1))
        reached = period.last if reached is None else max(reached, period.last)
    return found


def _unpaid(period: Period, charges: ChargesOf, clock: Clock) -> dict[int, int]:
    """The months of a period that are not paid, with the schemes that they miss."""
    funds: dict[int, int] = {}
    for (employer_id, month, entry), charge in charges.items():
        if (
            charge.unsettled
            and employer_id == period.employer_id
            and period.first <= month <= period.last
            and entry == period.entry_of(month)
        ):
            funds[month] = charge.unsettled
    expected = funds_of_schemes(period.schemes)
    month = period.last
    # Nobody was charged yet, or the time to pay is still running: not paid unless a charge says so.
    while month >= period.first and (month > clock.opened_through or clock.today <= deadline_day(month)):
        known = charges.get((period.employer_id, month, period.entry_of(month)), _NONE)
        funds[month] = known.unsettled | (expected & ~known.all)
        month -= 1
    return {month: schemes_of_funds(mask) for month, mask in funds.items() if mask}


_NONE: Final = Charges(0, 0)
