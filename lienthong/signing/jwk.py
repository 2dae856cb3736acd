"""Public keys as JSON Web Keys (RFC 7517, RFC 8037) and their thumbprints (RFC 7638)."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lienthong.signing.errors import MALFORMED, KeyRefused

NativePublicKey: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_EC_OCTETS = 32
_ED25519_OCTETS = 32
_MAX_RSA_OCTETS = 2048


def encode(octets: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The octets of base64url without padding. Raises KeyRefused ``malformed`` for any other text."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise KeyRefused(MALFORMED, "not base64url")
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(octets) != text:
        raise KeyRefused(MALFORMED, "base64url with stray bits")
    return octets


def raw_ed25519(key: ed25519.Ed25519PublicKey) -> bytes:
    """The 32 octets of RFC 8032."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def required_members(key: NativePublicKey) -> dict[str, str]:
    """Exactly the members that RFC 7638 section 3.2 hashes."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": encode(raw_ed25519(key))}
    if isinstance(key, ec.EllipticCurvePublicKey):
        point = key.public_numbers()
        x, y = point.x.to_bytes(_EC_OCTETS, "big"), point.y.to_bytes(_EC_OCTETS, "big")
        return {"crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y)}
    numbers = key.public_numbers()
    return {"e": encode(_shortest(numbers.e)), "kty": "RSA", "n": encode(_shortest(numbers.n))}


def thumbprint(members: Mapping[str, str]) -> str:
    """The RFC 7638 SHA-256 thumbprint of the required members: 43 characters."""
    text = json.dumps(dict(members), sort_keys=True, separators=(",", ":"))
    return encode(hashlib.sha256(text.encode("ascii")).digest())


def native_key(document: Mapping[str, object]) -> NativePublicKey:
    """The key that a JWK describes.

    Raises KeyRefused: ``malformed`` for members that are missing, wrongly encoded,
    off the curve, or private; ``unsupported`` for another kind of key.
    """
    if _PRIVATE_MEMBERS & document.keys():
        raise KeyRefused(MALFORMED, "the JWK carries private members")
    kind = (document.get("kty"), document.get("crv"))
    try:
        if kind == ("OKP", "Ed25519"):
            return ed25519.Ed25519PublicKey.from_public_bytes(_octets(document, "x", _ED25519_OCTETS))
        if kind == ("EC", "P-256"):
            x, y = _octets(document, "x", _EC_OCTETS), _octets(document, "y", _EC_OCTETS)
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
        if document.get("kty") == "RSA":
            e, n = (int.from_bytes(_octets(document, name), "big") for name in ("e", "n"))
            return rsa.RSAPublicNumbers(e, n).public_key()
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise KeyRefused(MALFORMED, "the JWK's numbers are no public key of its kind") from wrong
    raise KeyRefused("unsupported", "only Ed25519, P-256 and RSA keys are taken")


def _octets(document: Mapping[str, object], name: str, length: int | None = None) -> bytes:
    text = document.get(name)
    if not isinstance(text, str):
        raise KeyRefused(MALFORMED, f"the JWK has no text member {name}")
    octets = decode(text)
    if len(octets) > _MAX_RSA_OCTETS or length not in (None, len(octets)):
        raise KeyRefused(MALFORMED, f"the JWK's member {name} has a wrong length")
    return octets


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
