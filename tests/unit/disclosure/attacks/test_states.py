"""That a unit exists is public, its legal state is not: a firm alone in its sector and province, and a very large one."""

from collections.abc import Callable
from statistics import fmean

from services.contributions.flows import MOST_WORKERS
from tests.unit.disclosure.attacks.nation import Publisher, accuracy, secret

FIRM = 7
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
EVADING = range(100, 105)
"""Others in the province that evade, known to the attacker."""
PAYING = range(200, 260)
GIANT = 30_000


def _by_both(publisher: Publisher, month: str, *, evades: bool) -> tuple[str, ...]:
    """One flow of province, sector and state: the firm has a cell of its own."""
    publisher.enter(month, ("DB", "PRIVATE", "EVASION"), EVADING)
    publisher.enter(month, ("DB", "PRIVATE", "ON_TIME"), PAYING)
    publisher.enter(month, ("DB", "FOREIGN", "EVASION" if evades else "ON_TIME"), [FIRM])
    return "DB", "FOREIGN", "EVASION"


def _by_place(publisher: Publisher, month: str, *, evades: bool) -> tuple[str, ...]:
    """What DF_COMPLIANCE has of it: province and state."""
    publisher.enter(month, ("DB", "EVASION"), EVADING)
    publisher.enter(month, ("DB", "ON_TIME"), PAYING)
    publisher.enter(month, ("DB", "EVASION" if evades else "ON_TIME"), [FIRM])
    return "DB", "EVASION"


def _by_sector(publisher: Publisher, month: str, *, evades: bool) -> tuple[str, ...]:
    """What DF_COMPLIANCE_SECTOR has of it: sector and state, with the sector's firms of other provinces."""
    publisher.enter(month, ("FOREIGN", "EVASION"), EVADING)
    publisher.enter(month, ("FOREIGN", "ON_TIME"), PAYING)
    publisher.enter(month, ("FOREIGN", "EVASION" if evades else "ON_TIME"), [FIRM])
    return "FOREIGN", "EVASION"


Design = Callable[..., tuple[str, ...]]


def _counted(design: Design, world: int, months: list[str], *, evades: bool) -> list[int]:
    """What the cell of those who evade adds to totals, month by month: totals minus parts give it."""
    publisher = Publisher(secret(world))
    places = [design(publisher, month, evades=evades) for month in months]
    publisher.settle()
    states = [publisher.state(month, place) for month, place in zip(months, places, strict=True)]
    return [0 if state is None else state.counted for state in states]


def _seen(design: Design, months: list[str], worlds: int) -> float:
    """How often he says right whether the firm evades."""
    return accuracy(
        lambda world, truth: round(sum(_counted(design, world, months, evades=truth)) / 18), worlds
    )


def test_in_a_cell_of_its_own_a_firm_would_be_told_as_evading_by_some_month_of_a_year() -> None:
    told = [any(_counted(_by_both, world, MONTHS, evades=True)) for world in range(300)]
    assert not any(any(_counted(_by_both, world, MONTHS, evades=False)) for world in range(300))
    assert fmean(told) > 0.25, "and whoever sees it is certain"


def test_among_the_firms_of_its_province_or_of_its_sector_it_is_not() -> None:
    for design in (_by_place, _by_sector):
        assert _seen(design, MONTHS[:1], 1500) <= 0.56
        assert _seen(design, MONTHS, 400) <= 0.6


def _workers(world: int, most: int, *, evades: bool) -> int:
    """The workers of 1,000 firms that evade, as they add to totals, with or without a very large one's."""
    publisher = Publisher(secret(world))
    for number in range(1000):
        # Sizes as Zipf has them: one of 1,000, two of 500, ...
        workers = min(most, 1000 // (1 + number) + 5)
        publisher.enter("2026-01", ("TN", "EVASION"), [1000 + number], (workers,))
    publisher.enter("2026-01", ("TN", "EVASION" if evades else "ON_TIME"), [FIRM], (min(most, GIANT),))
    publisher.settle()
    state = publisher.state("2026-01", ("TN", "EVASION"))
    assert state is not None
    return state.amounts[0]


def _seen_to_be_large(most: int, step: int, worlds: int) -> float:
    return accuracy(lambda world, truth: _workers(world, most, evades=truth) // step, worlds)


def test_a_very_large_firm_would_be_seen_by_its_workers_and_is_not_since_no_unit_counts_with_so_many() -> (
    None
):
    assert _seen_to_be_large(MOST_WORKERS, 150, 200) <= 0.68
    assert _seen_to_be_large(GIANT, 8000, 60) >= 0.97
