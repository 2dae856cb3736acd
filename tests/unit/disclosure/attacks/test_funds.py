"""A firm alone in its sector, whose five funds go by one base: whoever knows the rates looks five times."""

from collections.abc import Callable, Hashable, Iterator
from statistics import fmean

from tests.unit.disclosure.attacks.nation import PARAMETERS, Publisher, Raw, accuracy, secret

FIRM = 7
DUE = {"RET": 220_000_000, "SICK": 30_000_000, "ACC": 5_000_000, "UI": 20_000_000, "HI": 45_000_000}
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
PARTS = (1, 1, 1, 20)
Amounts = tuple[int, ...]
Publishing = Callable[[bytes], Publisher]


def shared(key: bytes) -> Publisher:
    """The rules."""
    return Publisher(key, distinct=False, listed=True, parts=PARTS, splits=(1,))


def by_fund(key: bytes) -> Publisher:
    """Without the rule that funds share their noise."""
    return Publisher(key, distinct=False, listed=True, parts=PARTS)


def raw(key: bytes) -> Publisher:
    """Without any."""
    return Raw(key, distinct=False, listed=True)


def _left(publisher: Publisher, months: list[str], owed: float, charged: float) -> Iterator[Amounts]:
    """Due, paid, arrears and interest of the firm's suppressed cells: what totals minus parts give."""
    for month in months:
        for fund, due in DUE.items():
            arrears = int(due * owed)
            amounts = (due, due - arrears, arrears, int(due * charged))
            publisher.enter(month, ("HN", fund, "PUBLIC"), [FIRM], amounts)
    publisher.settle()
    for month in months:
        for fund in DUE:
            state = publisher.state(month, ("HN", fund, "PUBLIC"))
            assert state is not None
            assert state.suppressed or isinstance(publisher, Raw)
            yield state.amounts


def _arrears(looks: Iterator[Amounts]) -> Hashable:
    """The share that is owed: told once by itself, and less exactly by due and paid."""
    shares = [(2 * left + due - paid) / (due + paid + left) for due, paid, left, _ in looks]
    return round(20 * fmean(shares))


def _interest(looks: Iterator[Amounts]) -> Hashable:
    return round(500 * fmean(2 * interest / (due + paid) for due, paid, _, interest in looks))


def _owes_a_tenth(publishing: Publishing, months: list[str], worlds: int) -> float:
    return accuracy(
        lambda world, truth: _arrears(_left(publishing(secret(world)), months, 0.1 if truth else 0, 0)),
        worlds,
    )


def _was_a_month_late(publishing: Publishing, months: list[str], worlds: int) -> float:
    """Thirty days at 0.03 % on everything, or nothing."""
    return accuracy(
        lambda world, truth: _interest(_left(publishing(secret(world)), months, 0, 0.009 if truth else 0)),
        worlds,
    )


def test_a_tenth_owed_is_not_seen_in_five_funds_of_a_month() -> None:
    assert _owes_a_tenth(shared, MONTHS[:1], 400) <= 0.68
    assert _owes_a_tenth(raw, MONTHS[:1], 5) == 1.0


def test_nor_in_the_five_funds_of_a_year() -> None:
    with_the_rule, without = (_owes_a_tenth(kind, MONTHS, 150) for kind in (shared, by_fund))
    assert with_the_rule <= 0.68
    assert without > with_the_rule


def test_that_it_was_charged_interest_is_not_seen_in_five_funds() -> None:
    assert _was_a_month_late(shared, MONTHS[:1], 400) <= 0.68
    assert _was_a_month_late(shared, MONTHS, 150) <= 0.68
    assert _was_a_month_late(raw, MONTHS[:1], 5) == 1.0


def test_its_amount_is_not_estimated_to_within_p_percent_by_five_funds_of_a_year() -> None:
    def estimates(publishing: Publishing, worlds: int) -> list[float]:
        found = []
        for world in range(worlds):
            looks = _left(publishing(secret(world)), MONTHS, 0, 0)
            months = list(DUE.values()) * len(MONTHS)
            found.append(
                fmean((due + paid) / 2 / true for (due, paid, *_), true in zip(looks, months, strict=True))
            )
        return found

    def hits(ratios: list[float], scale: float) -> float:
        return fmean(abs(ratio * scale - 1) <= PARAMETERS.dominance_percent / 100 for ratio in ratios)

    ratios = estimates(shared, 300)
    best = max((scale / 100 for scale in range(50, 200)), key=lambda scale: hits(ratios[:150], scale))
    assert hits(ratios[150:], best) <= 0.5
    assert hits(estimates(raw, 2), 1.0) == 1.0
