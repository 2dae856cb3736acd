"""How many bits a nonce can hold."""

import re

MIN_BITS = 128
MAX_LENGTH = 256

# Base64 or base64url: 6 bits a character, 22 for 128 bits, and at least one character
# that is neither a hexadecimal digit nor a hyphen. Else hexadecimal: 4 bits, 32 characters.
_ENOUGH = re.compile(
    r"(?=[0-9A-Fa-f-]*[G-Zg-z+/_])[A-Za-z0-9+/_-]{22,254}={0,2}|[0-9A-Fa-f]{32,256}"
)  # fmt: skip


def long_enough(nonce: str) -> bool:
    """Whether the nonce is a text of at least 128 bits in hexadecimal, base64 or base64url.

    Characters are counted at the bits that their alphabet carries; whether they are
    random only their maker knows. A UUID with hyphens holds 122 random bits and is too
    short. Other alphabets are not counted, and not more than 256 characters are taken.
    """
    return _ENOUGH.fullmatch(nonce) is not None
