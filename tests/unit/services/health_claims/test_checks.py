"""The token of a check: it survives the way there and back, and anything else is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.health_claims.domain.checks import Change, Seen, card_hash, changes, from_token, to_token

DN = "DN4010100000017"
BEFORE = Seen("000", card_hash(DN), DN[:5], date(2026, 12, 31), 80, "01001", exempt=False)
SEEN = st.builds(
    Seen,
    st.from_regex(r"[0-9]{3}", fullmatch=True),
    st.just(b"") | st.text("0123456789", min_size=10, max_size=10).map(card_hash),
    st.sampled_from(["", "DN401", "TE179"]),
    st.none() | st.dates(),
    st.integers(0, 100),
    st.sampled_from(["", "01001", "00000"]),
    st.sampled_from([None, True, False]),
)


@given(SEEN)
def test_what_a_token_carries_comes_back(seen: Seen) -> None:
    token = to_token(seen)
    assert from_token(token) == seen
    assert len(token) < 50
    assert token.replace("-", "").replace("_", "").isalnum()


@given(SEEN, st.integers(0, 33), st.sampled_from("ABCDEFabcdef0123_-"))
def test_a_token_that_was_changed_is_refused_or_says_the_same(seen: Seen, at: int, other: str) -> None:
    token = to_token(seen)
    changed = token[:at] + other + token[at + 1 :]
    if changed == token:
        return
    try:
        found = from_token(changed)
    except ValueError:
        return
    # One in 65,536 changes has the right sum: it must still be a whole record of its own.
    assert to_token(found) == changed


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "A",
        "AAAA",
        "!" * 40,
        "ä" * 40,
        to_token(BEFORE)[:-1],
        to_token(BEFORE) + "A",
        to_token(BEFORE) + "==",
    ],
)
def test_what_is_no_token_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a token of a check"):
        from_token(wrong)


def test_a_token_names_nobody() -> None:
    token = to_token(BEFORE)
    assert DN not in token
    assert "0100000017" not in str(from_token(token))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (BEFORE, []),
        (BEFORE._replace(result_code="110"), [Change("result_code", "000", "110")]),
        (BEFORE._replace(valid_to=date(2027, 3, 31)), [Change("valid_to", "2026-12-31", "2027-03-31")]),
        (BEFORE._replace(level_percent=100), [Change("level_percent", "80", "100")]),
        (BEFORE._replace(facility="79001"), [Change("registered_facility", "01001", "79001")]),
        (BEFORE._replace(exempt=True), [Change("exempt", "false", "true")]),
        (BEFORE._replace(exempt=None), []),
        (
            BEFORE._replace(card=card_hash("HN2010100000017"), prefix="HN201", level_percent=100),
            [Change("card", "DN401", "HN201"), Change("level_percent", "80", "100")],
        ),
        (BEFORE._replace(card=card_hash("DN4010100000099")), [Change("card", "DN401", "DN401")]),
        (
            Seen("130", b"", "", None, 0, "", None),
            [
                Change("result_code", "000", "130"),
                Change("card", "DN401", ""),
                Change("valid_to", "2026-12-31", ""),
                Change("level_percent", "80", "0"),
                Change("registered_facility", "01001", ""),
            ],
        ),
    ],
)
def test_what_changed_is_listed_in_the_order_of_the_contract(after: Seen, expected: list[Change]) -> None:
    assert changes(BEFORE, after) == expected
