"""How the bits of a nonce are counted."""

import base64
import secrets
import uuid
from collections.abc import Callable

import pytest

from lienthong.signing.nonce import MAX_LENGTH, long_enough

SIXTEEN = bytes(range(240, 256))


@pytest.mark.parametrize(
    "nonce",
    [
        SIXTEEN.hex(),
        SIXTEEN.hex().upper(),
        base64.b64encode(SIXTEEN).decode(),
        base64.b64encode(SIXTEEN).decode().rstrip("="),
        base64.urlsafe_b64encode(SIXTEEN).decode(),
        base64.urlsafe_b64encode(SIXTEEN).decode().rstrip("="),
        "0" * 32,
        "g" * 22,
        "g" * 254 + "==",
        "0" * MAX_LENGTH,
    ],
)
def test_128_bits_in_a_usual_alphabet_are_enough(nonce: str) -> None:
    assert long_enough(nonce)


@pytest.mark.parametrize(
    "nonce",
    [
        "",
        "0" * 31,
        "g" * 21,
        "g" * 21 + "=",
        "=" * 40,
        "g" * 10 + "=" * 20,
        "g" * 22 + "===",
        "g" * 257,
        "0" * (MAX_LENGTH + 1),
        base64.b64encode(SIXTEEN[:15]).decode(),
        str(uuid.UUID(bytes=SIXTEEN)),
        str(uuid.UUID(bytes=SIXTEEN)).upper(),
        "b3k2pp5k7z-50gnwp.yemd" * 2,
        "n" * 22 + " ",
        "n" * 22 + "\n",
        "ｎ" * 22,
        "é" * 30,
    ],
)
def test_less_or_what_cannot_be_counted_is_not_enough(nonce: str) -> None:
    assert not long_enough(nonce)


@pytest.mark.parametrize("make", [secrets.token_hex, secrets.token_urlsafe])
def test_what_programs_usually_make_is_enough(make: Callable[[int], str]) -> None:
    assert all(long_enough(make(16)) for _ in range(1000))
