"""The signature of a manifest: a JWS in compact form with its payload detached.

RFC 7515 (JWS) with appendix F, RFC 7518 section 3.4 (ES256). The key is the one that signs the
gateway's answers; ``typ`` and the form of what is signed keep the two apart: the text under an
answer's signature begins with a quotation mark, that of a JWS never does.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from lienthong.deliveries.errors import DeliveryRefused, Reason
from lienthong.signing import Algorithm, CannotSign, KeyRefused, PrivateKey, PublicKey, SignatureRefused
from lienthong.signing.jwk import decode, encode

TYPE: Final = "lienthong-delivery+jws"
MOST_OCTETS: Final = 4_096
"""Of a signature as it is read; one has some 240."""
_PARTS: Final = 3
_MEMBERS: Final = frozenset({"alg", "kid", "typ"})


def sign(manifest: bytes, key: PrivateKey) -> str:
    """The signature over the manifest's octets. Raises CannotSign for a key that is not P-256."""
    if key.algorithm is not Algorithm.ECDSA_P256_SHA256:
        raise CannotSign("unsupported", "a manifest is signed with a P-256 key (ES256)")
    header = json.dumps({"alg": "ES256", "kid": key.key_id, "typ": TYPE}, separators=(",", ":"))
    protected = encode(header.encode())
    return f"{protected}..{encode(key.sign(_signed(protected, manifest)))}"


def check(signature: str, manifest: bytes, keys: Mapping[str, PublicKey], where: str) -> str:
    """The thumbprint of the key that signed exactly this manifest. Raises DeliveryRefused.

    Only ``alg``, ``kid`` and ``typ`` may stand in the header: a key or an address of keys that a
    signature brings itself (``jwk``, ``jku``, ``x5c``) proves nothing.
    """
    parts = signature.strip().split(".")
    if len(parts) != _PARTS or parts[1]:
        raise DeliveryRefused(Reason.MALFORMED, where, "not a detached JWS in compact form")
    header = _header(parts[0], where)
    if header.get("alg") != "ES256":
        raise DeliveryRefused(Reason.ALGORITHM, where)
    if header.keys() != _MEMBERS or header["typ"] != TYPE:
        raise DeliveryRefused(Reason.MALFORMED, where, "the header is not alg, kid and typ of a delivery")
    key = keys.get(header["kid"]) if isinstance(header["kid"], str) else None
    if key is None or key.algorithm is not Algorithm.ECDSA_P256_SHA256:
        raise DeliveryRefused(Reason.UNKNOWN_KEY, where)
    try:
        key.verify(_octets(parts[2], where), _signed(parts[0], manifest))
    except SignatureRefused as error:
        raise DeliveryRefused(Reason.SIGNATURE, where) from error
    return key.key_id


def _signed(protected: str, manifest: bytes) -> bytes:
    return f"{protected}.{encode(manifest)}".encode()


def _header(text: str, where: str) -> dict[str, Any]:
    try:
        header = json.loads(_octets(text, where).decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise DeliveryRefused(Reason.MALFORMED, where, "the header is no JSON") from error
    if not isinstance(header, dict):
        raise DeliveryRefused(Reason.MALFORMED, where, "the header is no JSON object")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _octets(text: str, where: str) -> bytes:
    try:
        return decode(text)
    except KeyRefused as error:
        raise DeliveryRefused(Reason.MALFORMED, where, "not base64url") from error
