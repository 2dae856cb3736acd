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


def _arrears_alone(looks: Iterator[Amounts]) -> Hashable:
    """By the arrears' own figures: what lasts of their noise is drawn once, and everything else goes in a year."""
    return round(20 * fmean(2 * left / (due + paid) for due, paid, left, _ in looks))


def _interest(looks: Iterator[Amounts]) -> Hashable:
    return round(500 * fmean(2 * interest / (due + paid) for due, paid, _, interest in looks))


def _owes_a_tenth(
    publishing: Publishing,
    months: list[str],
    worlds: int,
    guess: Callable[[Iterator[Amounts]], Hashable] = _arrears,
) -> float:
    return accuracy(
        lambda world, truth: guess(_left(publishing(secret(world)), months, 0.1 if truth else 0, 0)), worlds
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
    assert _owes_a_tenth(shared, MONTHS, 150, _arrears_alone) <= 0.68


def test_that_it_was_charged_interest_is_not_seen_in_five_funds() -> None:
    assert _was_a_month_late(shared, MONTHS[:1], 400) <= 0.68
    assert _was_a_month_late(shared, MONTHS, 150) <= 0.68
    assert _was_a_month_late(raw, MONTHS[:1], 5) == 1.0


def _hits(ratios: list[float]) -> float:
    """How often an estimate is within p %, by the scale that suited best in the first half of the worlds."""
    half = len(ratios) // 2

    def near(some: list[float], scale: int) -> float:
        return fmean(abs(ratio * scale / 100 - 1) <= PARAMETERS.dominance_percent / 100 for ratio in some)

    best = max(range(50, 200), key=lambda scale: near(ratios[:half], scale))
    return near(ratios[half:], best)


def _estimates(publishing: Publishing, worlds: int, neighbour: float) -> list[float]:
    """The firm's due as who is beside it in the cell makes it out, who takes his own off and knows all but factors."""
    found = []
    for world in range(worlds):
        publisher = publishing(secret(world))
        for month in MONTHS if neighbour else ():
            for fund, due in DUE.items():
                own = int(due * neighbour)
                publisher.enter(month, ("HN", fund, "PUBLIC"), [FIRM + 1], (own, own, 0, 0))
        looks = _left(publisher, MONTHS, 0, 0)
        dues = list(DUE.values()) * len(MONTHS)
        found.append(
            fmean(
                ((due + paid) / 2 - neighbour * true) / true
                for (due, paid, *_), true in zip(looks, dues, strict=True)
            )
        )
    return found


def test_its_amount_is_not_estimated_to_within_p_percent_by_five_funds_of_a_year() -> None:
    assert _hits(_estimates(shared, 300, 0)) <= 0.42
    assert _hits(_estimates(raw, 4, 0)) == 1.0


def test_nor_by_the_employer_beside_it_who_knows_his_own_amounts() -> None:
    assert _hits(_estimates(shared, 200, 0.1)) <= 0.42
    assert _hits(_estimates(shared, 200, 1)) <= 0.42
    assert _hits(_estimates(raw, 4, 1)) == 1.0
