from hypothesis import given
from hypothesis import strategies as st

from lienthong.disclosure import BaseCell, Parameters, moves
from tests.unit.disclosure.support import SECRET, cell, cells, parameters, secrets

DAY = 86_400


@given(parameters(), secrets, cells())
def test_a_cell_without_changes_never_moves(chosen: Parameters, secret: bytes, one: BaseCell) -> None:
    one.changes = 0
    assert not moves(chosen, secret, one)


@given(parameters(), secrets, cells())
def test_fewer_changes_than_the_minimum_frequency_have_to_wait(
    chosen: Parameters, secret: bytes, one: BaseCell
) -> None:
    one.changes = min(one.changes, chosen.minimum_frequency - 1)
    one.waited = min(one.waited, chosen.settle_seconds - 1)
    assert not moves(chosen, secret, one)


@given(parameters(), secrets, cells(), st.integers(1, 1_000))
def test_a_cell_that_moves_would_also_move_with_more_changes_and_after_a_longer_wait(
    chosen: Parameters, secret: bytes, one: BaseCell, more: int
) -> None:
    if moves(chosen, secret, one):
        one.changes += more
        one.waited += more
        assert moves(chosen, secret, one)


@given(secrets, cells())
def test_whoever_waits_is_published_within_five_days(secret: bytes, one: BaseCell) -> None:
    one.changes, one.waited = 1, 5 * DAY
    assert moves(Parameters(), secret, one)


@given(secrets, cells())
def test_the_first_publication_is_within_thirty_hours(secret: bytes, one: BaseCell) -> None:
    one.changes, one.waited, one.releases = 1, 30 * 3_600, 0
    assert moves(Parameters(), secret, one)


def _changes_needed(releases: int, place: str, contributors: int = 40) -> int:
    one = cell(contributors, coordinates=(place,), releases=releases)
    while not moves(Parameters(), SECRET, one):
        one.changes += 1
    return one.changes


def test_how_many_changes_a_move_needs_is_drawn_for_each_cell_and_publication() -> None:
    assert {_changes_needed(0, str(place)) for place in range(400)} == set(range(10, 21))
    assert len({_changes_needed(releases, "A") for releases in range(12)}) > 6


def test_what_is_drawn_for_the_next_move_does_not_depend_on_who_is_in_the_cell() -> None:
    """Or an employer could try several of his staff, until one opens the gate at once."""
    one = cell(40, changes=15)
    other = cell(60, changes=15)
    assert all(
        moves(Parameters(), bytes([number]) * 32, one) == moves(Parameters(), bytes([number]) * 32, other)
        for number in range(100)
    )


def _cost(releases: int, contributors: int = 40) -> float:
    return sum(_changes_needed(releases, str(place), contributors) for place in range(30)) / 30


def test_every_publication_makes_the_next_one_dearer_up_to_four_times() -> None:
    assert 1.8 < _cost(4) / _cost(0) < 2.2
    assert 3.5 < _cost(12) / _cost(0) < 4.5
    assert 3.5 < _cost(18) / _cost(0) < 4.5
    assert 3.5 < _cost(1_000, contributors=20_000) / _cost(0) < 4.5


def test_a_cell_that_moves_more_often_than_its_size_explains_becomes_dearer_without_end() -> None:
    assert _cost(40) > 20 * _cost(0)


def test_but_is_complete_after_five_days_all_the_same() -> None:
    assert moves(Parameters(), SECRET, cell(40, changes=1, releases=1_000, waited=5 * DAY))
