"""Numbers that look drawn by chance and are the same every time: keyed BLAKE2b (RFC 7693).

Who has the secret can recompute every draw; who has it not cannot tell them from chance. Each
purpose has a personalisation string of its own, so that no draw tells of another.
"""

import hashlib
from functools import lru_cache
from struct import Struct

_LEAST_SECRET = 32
_WORDS = Struct(">4Q")
RECORD_BITS = 63


@lru_cache(maxsize=64)
def _keyed(secret: bytes, purpose: bytes) -> "hashlib.blake2b":
    """The state after the key, which is the same for every draw and half of its cost."""
    if not _LEAST_SECRET <= len(secret) <= hashlib.blake2b.MAX_KEY_SIZE:
        raise ValueError("the secret of disclosure control needs 32 to 64 bytes")
    return hashlib.blake2b(key=secret, person=purpose, digest_size=_WORDS.size)


def words(secret: bytes, purpose: bytes, message: bytes) -> tuple[int, int, int, int]:
    """Four independent uniform numbers of 64 bits. Raises ``ValueError`` for a secret of a wrong length."""
    state = _keyed(secret, purpose).copy()
    state.update(message)
    first, second, third, fourth = _WORDS.unpack(state.digest())
    return first, second, third, fourth


def symmetric(word: int, half: int) -> int:
    """Uniform among ``-half..half``."""
    return word % (2 * half + 1) - half


def record_key(secret: bytes, contributor: int) -> int:
    """The contributor's lasting key: 63 bits. A cell keeps the sum of its contributors' keys, modulo 2**63.

    ``contributor`` is the service's own number of the person or unit, within 128 bits; the same in
    every flow of the service, so that the same people are the same cell everywhere.
    """
    message = contributor.to_bytes(16, "big", signed=True)
    return words(secret, b"record", message)[0] >> (64 - RECORD_BITS)
