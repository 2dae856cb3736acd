"""Watching one cell: averages over months and publications, revisions, `asOf`, and an employer who forces moves."""

from collections.abc import Callable, Hashable
from random import Random
from statistics import fmean

import pytest

from tests.unit.disclosure.attacks.nation import MONTH, PARAMETERS, Publisher, Punctual, Raw, accuracy, secret

PLACE = ("HN", "F")
OTHERS = range(1_000, 1_029)
STAFF = range(5_000, 5_012)
TARGET = 7
CHANGES = 400
MONTHS = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 7)]
Attack = Callable[[Publisher, bool], Hashable]


def _months_averaged(publisher: Publisher, truth: bool) -> Hashable:
    """Twelve months of the same people: 20, or 21."""
    for month in MONTHS:
        publisher.enter(month, PLACE, [*OTHERS[:20], TARGET] if truth else OTHERS[:20])
    publisher.settle()
    return round(2 * fmean(publisher.count(PLACE, month) or 0 for month in MONTHS))


def _revision(publisher: Publisher, truth: bool) -> Hashable:
    """One correction of a past month, long after: did she leave, or did she come?"""
    publisher.enter(MONTH, PLACE, OTHERS if truth else [*OTHERS, TARGET])
    publisher.settle()
    before = publisher.count(PLACE)
    (publisher.enter if truth else publisher.leave)(MONTH, PLACE, [TARGET])
    publisher.settle()
    after = publisher.count(PLACE)
    assert before is not None
    assert after is not None
    return after - before


def _as_of_pair(publisher: Publisher, truth: bool) -> Hashable:
    """He knows every other change of a busy week, and holds the figure of its end against that of its start."""
    publisher.enter(MONTH, PLACE, OTHERS)
    publisher.settle()
    start = publisher.clock
    publisher.enter(MONTH, PLACE, range(2_000, 2_040))
    publisher.fold()
    if truth:
        publisher.enter(MONTH, PLACE, [TARGET])
    publisher.leave(MONTH, PLACE, range(2_000, 2_035))
    publisher.settle()
    before, after = publisher.count(PLACE, as_of=start), publisher.count(PLACE, as_of=publisher.clock)
    assert before is not None
    assert after is not None
    return after - before


def _watched(publisher: Publisher, dice: Random) -> float:
    """The average of the figures that an employer forces by coming and going with his own staff.

    He knows how many of his own are in, and takes them off.
    """
    inside = set[int]()
    seen: list[int] = []
    for number in range(CHANGES):
        one = dice.choice(STAFF)
        if one in inside:
            publisher.leave(MONTH, PLACE, [one])
            inside.remove(one)
        else:
            publisher.enter(MONTH, PLACE, [one])
            inside.add(one)
        if number % 5 == 0:
            before = len(publisher.history)
            publisher.fold()
            if len(publisher.history) > before:
                seen.append((publisher.count(PLACE) or 0) - len(inside))
    publisher.leave(MONTH, PLACE, inside)
    return fmean(seen)


def _forced_averages(publisher: Publisher, truth: bool) -> Hashable:
    """Four hundred changes of his own before, four hundred after: has she left in between?"""
    dice = Random(publisher.secret)
    publisher.enter(MONTH, PLACE, [*OTHERS, TARGET])
    publisher.settle()
    before = _watched(publisher, dice)
    if truth:
        publisher.leave(MONTH, PLACE, [TARGET])
    return _watched(publisher, dice) < before - 0.5


def _forced_move(publisher: Publisher, truth: bool) -> Hashable:
    """How many of his own changes does it take until the cell moves? One less, if somebody else made one."""
    publisher.enter(MONTH, PLACE, OTHERS)
    publisher.settle()
    if truth:
        publisher.enter(MONTH, PLACE, [TARGET])
    publisher.fold()
    before = len(publisher.history)
    for number in range(200):
        if len(publisher.history) > before:
            return number
        change = publisher.leave if number % 2 else publisher.enter
        change(MONTH, PLACE, [STAFF[0]])
        publisher.fold()
    raise AssertionError("it never moved")


def _forced_opening(publisher: Publisher, truth: bool) -> Hashable:
    """He fills a small cell with his own staff, one by one, until it opens: are the others four, or five?"""
    publisher.enter(MONTH, PLACE, [*OTHERS[:4], TARGET] if truth else OTHERS[:4])
    for number, one in enumerate(range(6_000, 6_020)):
        publisher.settle()
        if publisher.count(PLACE) is not None:
            return number
        publisher.enter(MONTH, PLACE, [one])
    raise AssertionError("it never opened")


# Limits: what the rules give by calculation (docs/disclosure.md), and a little for chance.
ATTACKS: list[tuple[Attack, type[Publisher], float, int]] = [
    (_months_averaged, Raw, 0.64, 350),
    (_revision, Raw, 0.64, 700),
    (_as_of_pair, Raw, 0.59, 350),
    (_forced_averages, Raw, 0.68, 100),
    (_forced_move, Punctual, 0.58, 700),
    (_forced_opening, Raw, 0.65, 400),
]


@pytest.mark.parametrize(("attack", "control", "limit", "worlds"), ATTACKS)
def test_watching_a_cell_does_not_tell_what_one_person_did(
    attack: Attack, control: type[Publisher], limit: float, worlds: int
) -> None:
    assert accuracy(lambda world, truth: attack(Publisher(secret(world)), truth), worlds) <= limit


@pytest.mark.parametrize(("attack", "control", "limit", "worlds"), ATTACKS)
def test_watching_an_unprotected_publisher_tells_it(
    attack: Attack, control: type[Publisher], limit: float, worlds: int
) -> None:
    assert accuracy(lambda world, truth: attack(control(secret(world)), truth), 10) == 1.0 > limit


def test_one_persons_change_moves_nothing_by_itself() -> None:
    for world in range(200):
        publisher = Publisher(secret(world))
        publisher.enter(MONTH, PLACE, [*OTHERS, TARGET])
        publisher.settle()
        shown = publisher.count(PLACE)
        publisher.leave(MONTH, PLACE, [TARGET])
        publisher.fold()
        assert publisher.count(PLACE) == shown


def test_a_figure_that_is_asked_again_is_the_same_figure() -> None:
    publisher = Publisher(secret(1))
    publisher.enter(MONTH, PLACE, OTHERS)
    publisher.settle()
    assert len({publisher.count(PLACE) for _ in range(50)}) == 1


def test_two_publications_differ_by_a_minimum_frequency_of_changes_or_by_a_long_wait() -> None:
    publisher = Publisher(secret(2))
    pending = 0
    for contributor in range(400):
        publisher.enter(MONTH, PLACE, [contributor])
        pending += 1
        before = len(publisher.history)
        publisher.fold()
        if len(publisher.history) > before:
            assert pending >= PARAMETERS.minimum_frequency
            pending = 0
    assert len(publisher.history) > 5


def test_forcing_moves_grows_dearer_with_every_move() -> None:
    """Comings and goings of one person only: with four times the changes, less than twice the figures."""
    publisher = Publisher(secret(3))
    publisher.enter(MONTH, PLACE, OTHERS)
    publisher.settle()
    moved = []
    for number in range(4_000):
        change = publisher.leave if number % 2 else publisher.enter
        change(MONTH, PLACE, [STAFF[0]])
        publisher.fold()
        moved.append(len(publisher.history))
    assert moved[3_999] < 1.8 * moved[999]
