"""Names that only the gateway can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.faces.fhir.opaque import LOGICAL_ID, Names, NotOurs

NAMES = Names(b"s" * 32)
# Of characters that UTF-8 can write.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXTS, TEXTS)
def test_what_is_sealed_is_opened_in_its_context_alone(plain: str, context: str) -> None:
    name = NAMES.seal(plain, context)
    assert NAMES.open(name, context) == plain
    for other in ((), (context + "x",), (context, "")):
        with pytest.raises(NotOurs):
            NAMES.open(name, *other)


@given(st.text(max_size=80))
def test_nothing_else_is_a_name(text: str) -> None:
    with pytest.raises(NotOurs):
        NAMES.open(text, "")


@given(st.binary(max_size=28).map(bytes.hex))
def test_a_name_is_in_the_letters_of_a_fhir_id(plain: str) -> None:
    name = NAMES.seal(plain[:29], "agency")
    assert LOGICAL_ID.fullmatch(name)


def test_a_name_has_one_spelling() -> None:
    name = NAMES.seal("xx", "")
    # The last letter of 18 octets' base64 has no unused bits; that of 17 has four.
    odd = NAMES.seal("x", "")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."
    others = [odd[:-1] + letter for letter in letters if letter != odd[-1]] + [name + "=", name + "_"]
    for other in others:
        with pytest.raises(NotOurs):
            NAMES.open(other, "")


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(NotOurs):
        Names(b"t" * 32).open(NAMES.seal("plain", ""), "")
