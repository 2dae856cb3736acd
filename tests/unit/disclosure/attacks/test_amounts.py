"""Amounts: a firm alone in its sector, one month and many; what it owes; a patient's cost."""

from collections.abc import Hashable
from statistics import fmean

from tests.unit.disclosure.attacks.nation import MONTH, PARAMETERS, Publisher, Raw, accuracy, secret

SECTORS = ("STATE", "PRIVATE")
FIRM = 7
DUE = 250_000_000
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
WITHIN = PARAMETERS.dominance_percent / 100


def _residual(publisher: Publisher, month: str, amounts: tuple[int, ...]) -> list[int]:
    """The province's total minus every sector that is published: what is left is one firm's."""
    for number, sector in enumerate(SECTORS):
        start = 10_000 * (number + 1)
        publisher.enter(month, ("HN", sector), range(start, start + 20), tuple(DUE // 5 for _ in amounts))
    publisher.enter(month, ("HN", "PUBLIC"), [FIRM], amounts)
    publisher.settle()
    assert publisher.figure(month, (["HN"], ["PUBLIC"]), 0) is None
    left = []
    for measure in range(len(amounts)):
        total = publisher.figure(month, (["HN"], None), measure)
        parts = [publisher.figure(month, (["HN"], [sector]), measure) for sector in SECTORS]
        assert total is not None
        left.append(total - sum(part or 0 for part in parts))
    return left


def _near(ratios: list[float], scale: int) -> float:
    """How often the residual, times so many hundredths, is within p % of the truth."""
    return fmean(abs(ratio * scale / 100 - 1) <= WITHIN for ratio in ratios)


def _hits(ratios: list[float]) -> float:
    """The same for the scale that suits best, as he found by practising on the first half of the worlds."""
    half = len(ratios) // 2
    best = max(range(50, 200), key=lambda scale: _near(ratios[:half], scale))
    return _near(ratios[half:] or ratios, best)


def _alone(kind: type[Publisher], worlds: int, months: list[str]) -> list[float]:
    """What is left for the firm, averaged over the months, as a share of its true due."""
    ratios = []
    for world in range(worlds):
        publisher = kind(secret(world), listed=True)
        ratios.append(fmean(_residual(publisher, month, (DUE,))[0] for month in months) / DUE)
    return ratios


def test_a_firm_alone_in_its_sector_is_not_estimated_to_within_p_percent() -> None:
    assert _hits(_alone(Publisher, 500, [MONTH])) <= 0.3
    assert _hits(_alone(Raw, 5, [MONTH])) == 1.0


def test_nor_from_a_year_of_equal_months() -> None:
    assert _hits(_alone(Publisher, 160, MONTHS)) <= 0.5
    assert _hits(_alone(Raw, 2, MONTHS)) == 1.0


def _owes(publisher: Publisher, truth: bool) -> Hashable:
    """A tenth of its due, or nothing: arrears as a share of the due, as far as total minus parts gives it."""
    due, arrears = _residual(publisher, MONTH, (DUE, DUE // 10 if truth else 0))
    return round(10 * arrears / due)


def test_that_a_firm_alone_owes_nothing_is_not_seen() -> None:
    assert accuracy(lambda world, truth: _owes(Publisher(secret(world), listed=True), truth), 150) <= 0.58
    assert accuracy(lambda world, truth: _owes(Raw(secret(world), listed=True), truth), 5) == 1.0


def _patient(publisher: Publisher, truth: bool) -> Hashable:
    """She was treated on that day: for an illness of this chapter? Its cost should show it."""
    return _residual(publisher, MONTH, (2_000_000,) if truth else (0,))[0] > 0


def test_one_patients_cost_does_not_show_in_the_total_of_her_chapter() -> None:
    assert accuracy(lambda world, truth: _patient(Publisher(secret(world)), truth), 150) <= 0.57
    assert accuracy(lambda world, truth: _patient(Raw(secret(world)), truth), 5) == 1.0


def _payment(publisher: Publisher, truth: bool) -> Hashable:
    """A sector of thirty firms before and after one of them paid a fifth of a hundred million, or did not."""
    place = ("HN", "STATE")
    publisher.enter(MONTH, place, range(100, 130), (DUE,))
    publisher.settle()
    before = publisher.state(MONTH, place)
    publisher.leave(MONTH, place, [100], (DUE,))
    publisher.enter(MONTH, place, [100], (DUE * 2 if truth else DUE // 2,))
    publisher.settle()
    after = publisher.state(MONTH, place)
    assert before is not None
    assert after is not None
    return after.amounts[0] > before.amounts[0]


def test_a_revision_does_not_tell_whether_one_firms_amount_was_raised_or_lowered() -> None:
    assert accuracy(lambda world, truth: _payment(Publisher(secret(world)), truth), 250) <= 0.7
    assert accuracy(lambda world, truth: _payment(Raw(secret(world)), truth), 5) == 1.0
