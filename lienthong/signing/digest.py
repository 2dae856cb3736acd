"""Content-Digest (RFC 9530): made with SHA-256, checked with SHA-256 and SHA-512."""

import binascii
import hashlib

from lienthong.signing.structured import dictionary_of

MAX_DIGESTS = 4

_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


class WrongDigest(Exception):
    """The field does not state a digest of this content."""


def content_digest(digest: bytes) -> bytes:
    """The value of the field for a SHA-256 digest."""
    return b"sha-256=:" + binascii.b2a_base64(digest, newline=False) + b":"


def check_content_digest(value: bytes, content: bytes, sha256: bytes) -> None:
    """Return if the field's digests are those of ``content``, whose SHA-256 is ``sha256``.

    At least one must be SHA-256 or SHA-512 and every such one must be right; others are
    not looked at (RFC 9530 section 2). Raises WrongDigest, or Unusable ``malformed``.
    """
    if value == content_digest(sha256):
        return
    members = dictionary_of(value, MAX_DIGESTS)
    stated = {name: member[0] for name, member in members.items() if name in _HASHES}
    if not stated:
        raise WrongDigest
    for name, digest in stated.items():
        if digest != _HASHES[name](content).digest():
            raise WrongDigest
