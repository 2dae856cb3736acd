"""Pseudonyms in the log: the same person always gets the same one, and nobody reads the person in it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.audit.entry import Pseudonyms

NAMES = Pseudonyms(b"k" * 32)


@given(st.lists(st.text("0123456789", min_size=10, max_size=15), unique=True, max_size=20))
def test_different_identifiers_have_different_pseudonyms(identifiers: list[str]) -> None:
    told = NAMES.of_all(identifiers)
    assert len(set(told)) == len(identifiers)
    assert [NAMES.of(identifier) for identifier in identifiers] == told
    assert not any(identifier in pseudonym for identifier, pseudonym in zip(identifiers, told, strict=True))


def test_spaces_and_letter_case_do_not_matter() -> None:
    assert NAMES.of(" dn4 01 0100000017\t") == NAMES.of("DN4010100000017")


def test_another_key_gives_other_pseudonyms() -> None:
    assert NAMES.of("001190000017") != Pseudonyms(b"x" * 32).of("001190000017")


@given(st.text(max_size=30))
def test_whatever_is_asked_has_a_pseudonym_of_one_form(text: str) -> None:
    assert len(NAMES.of(text)) == 22
    assert NAMES.of(text).isascii()


@pytest.mark.parametrize("content", ["", "ab" * 31, "ab" * 65, "zz" * 32, "a" * 63])
def test_a_key_that_is_none_stops_the_start(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(ValueError):
        Pseudonyms.load(path)


def test_a_key_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text((b"k" * 32).hex() + "\n")
    assert Pseudonyms.load(path).of("001190000017") == NAMES.of("001190000017")
