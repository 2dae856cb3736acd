"""Encryption of what is kept: AES-256-GCM, bound to where it lies; names that say nothing.

Whoever reads the disk without the key learns how many answers are kept, and when; whoever
writes to it cannot move a kept answer to another name, because the name is sealed with it.
"""

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_OCTETS: Final = 32
_NONCE_OCTETS: Final = 12


class Spoiled(Exception):
    """What is kept was changed, moved or sealed with another key: nothing of it is used."""


class Vault:
    """Seals, opens and names with keys derived from one. Raises ValueError for a key of another length."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_OCTETS:
            raise ValueError(f"the key has {len(key)} octets, not {KEY_OCTETS}")
        self._cipher = AESGCM(_derived(key, b"lienthong connector: contents"))
        self._naming = _derived(key, b"lienthong connector: names")

    def name(self, *parts: str) -> bytes:
        """A keyed hash of the parts, told apart whatever is in them."""
        digest = hmac.new(self._naming, digestmod=hashlib.sha256)
        for part in parts:
            octets = part.encode()
            digest.update(len(octets).to_bytes(4, "big") + octets)
        return digest.digest()

    def seal(self, content: bytes, place: bytes) -> bytes:
        """The content so that it opens at ``place`` only."""
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        return nonce + self._cipher.encrypt(nonce, content, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """What was sealed for ``place``. Raises :class:`Spoiled`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], place)
        except (InvalidTag, ValueError) as error:
            raise Spoiled("what is kept does not open here") from error


def _derived(key: bytes, what_for: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_OCTETS, salt=None, info=what_for).derive(key)
