"""A page's token brings back the row after which the next page begins, and nothing else does."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.page_tokens import last_of, token_of
from lienthong.rpc.errors import InvalidArgument


@given(st.uuids())
def test_a_token_is_read_as_the_row_that_it_was_made_of(last: UUID) -> None:
    assert last_of(token_of(last)) == last


def test_without_a_token_it_is_the_first_page() -> None:
    assert last_of("") is None


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "A" * 23 + "=", "AZNEHnv-fNqVXi8cCkuOdw==\n", " " * 24])
def test_what_is_no_token_is_refused_by_its_field(token: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        last_of(token)
    assert [field.field for field in refused.value.fields] == ["page_token"]
