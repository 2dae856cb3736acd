"""Page tokens of every list: they go on where they say, with their own question only."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.fields import WrongField
from services.contributions.tokens import LONGEST, Listing, read_key, write_key

QUESTIONS = st.tuples(
    st.sampled_from(["01", "79"]), st.integers(0, 3), st.none() | st.sampled_from(["private"])
)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
KEYS: dict[Listing, st.SearchStrategy[tuple[Any, ...]]] = {
    Listing.MONTHS: st.tuples(st.integers(0, 65_535), INT64, st.integers(0, 65_535)),
    Listing.LEDGER: st.tuples(st.integers(0, 65_535), INT64, st.integers(0, 65_535)),
    Listing.DEBTORS: st.tuples(st.integers(0, 65_535), INT64),
    Listing.REPORTS: st.tuples(INT64, st.binary(min_size=16, max_size=16)),
}
LISTINGS = pytest.mark.parametrize("listing", list(Listing))


def same(*key: Any) -> tuple[Any, ...]:
    return key


@LISTINGS
@given(data=st.data(), question=QUESTIONS)
def test_a_token_says_where_to_go_on(
    listing: Listing, data: st.DataObject, question: tuple[Any, ...]
) -> None:
    key = data.draw(KEYS[listing])
    token = write_key(listing, question, key)
    assert len(token) <= LONGEST
    assert read_key(listing, question, token, same) == key


@LISTINGS
@given(data=st.data(), question=QUESTIONS, other=QUESTIONS)
def test_a_token_serves_its_own_question_and_list_only(
    listing: Listing, data: st.DataObject, question: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    token = write_key(listing, question, data.draw(KEYS[listing]))
    for elsewhere in Listing:
        if (elsewhere, other) != (listing, question):
            with pytest.raises(WrongField):
                read_key(elsewhere, other, token, same)


@LISTINGS
@given(data=st.data())
def test_a_token_that_was_tampered_with_is_none_or_the_same_question(
    listing: Listing, data: st.DataObject
) -> None:
    token = write_key(listing, ("01",), data.draw(KEYS[listing]))
    at = data.draw(st.integers(0, len(token) - 1))
    changed = token[:at] + data.draw(st.sampled_from("AZaz09-_=+ \x00é")) + token[at + 1 :]
    try:
        key = read_key(listing, ("01",), changed, same)
    except WrongField:
        return
    assert write_key(listing, ("01",), key) == changed


@LISTINGS
@given(
    garbage=st.text(max_size=300)
    | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_garbage_is_no_token(listing: Listing, garbage: str) -> None:
    with pytest.raises(WrongField):
        read_key(listing, ("01",), garbage, same)


@pytest.mark.parametrize("error", [ValueError, OverflowError])
def test_a_position_that_does_not_exist_is_refused(error: type[Exception]) -> None:
    def nowhere(*_: Any) -> Any:
        raise error

    refused: Callable[..., Any] = nowhere
    token = write_key(Listing.DEBTORS, ("01",), (1, 2))
    with pytest.raises(WrongField):
        read_key(Listing.DEBTORS, ("01",), token, refused)
