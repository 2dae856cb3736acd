from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.disclosure import BaseCell, Parameters, amount_factor, moves, publish, record_key
from lienthong.disclosure.draws import symmetric
from tests.unit.disclosure.support import SECRET, cell, secrets


@given(secrets, st.integers(-(2**127), 2**127 - 1))
def test_a_record_key_has_63_bits_and_lasts(secret: bytes, contributor: int) -> None:
    key = record_key(secret, contributor)
    assert 0 <= key < 2**63
    assert record_key(secret, contributor) == key


def test_no_two_of_many_contributors_have_the_same_key() -> None:
    assert len({record_key(SECRET, contributor) for contributor in range(20_000)}) == 20_000


def test_another_secret_gives_other_keys() -> None:
    assert record_key(SECRET, 1) != record_key(SECRET[::-1], 1)


def test_a_key_and_a_factor_of_one_contributor_do_not_go_together() -> None:
    """The top bit of the key and the side of the factor: each of the four kinds, as often as the others."""
    kinds = Counter(
        (record_key(SECRET, contributor) >> 62, amount_factor(SECRET, contributor) > 1)
        for contributor in range(4_000)
    )
    assert all(900 < kinds[kind] < 1_100 for kind in [(0, False), (0, True), (1, False), (1, True)])


@pytest.mark.parametrize("secret", [b"", b"short", bytes(31), bytes(65)])
def test_a_secret_of_a_wrong_length_is_refused(secret: bytes) -> None:
    busy: BaseCell = cell(20, changes=100)
    for use in (
        lambda: record_key(secret, 1),
        lambda: amount_factor(secret, 1),
        lambda: publish(Parameters(), secret, busy),
        lambda: moves(Parameters(), secret, busy),
    ):
        with pytest.raises(ValueError, match="32 to 64 bytes"):
            use()


@given(st.integers(0, 2**64 - 1), st.integers(0, 500))
def test_a_symmetric_draw_stays_within_its_half(word: int, half: int) -> None:
    assert -half <= symmetric(word, half) <= half


def test_a_symmetric_draw_takes_every_value_alike() -> None:
    assert Counter(symmetric(word, 3) for word in range(7_000)) == dict.fromkeys(range(-3, 4), 1_000)
