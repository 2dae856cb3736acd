"""The profile of a signed request (signing.md): each rule a function that raises.

The gateway calls them in this order: ``parse_signature``, then with the key that
``key_id`` names ``check_signature``, ``check_digest``, ``check_freshness``; and only after
all of them spends the nonce.
"""

import hashlib
from typing import NamedTuple

from lienthong.signing.base import signature_base
from lienthong.signing.covered import Covered
from lienthong.signing.digest import WrongDigest, check_content_digest
from lienthong.signing.errors import (
    MALFORMED,
    SIGNATURE_EXPIRED,
    SIGNATURE_INVALID,
    SignatureRefused,
    Unusable,
)
from lienthong.signing.fields import read_signature
from lienthong.signing.keys import Algorithm, PublicKey
from lienthong.signing.message import OUR_FIELDS, RequestView
from lienthong.signing.nonce import long_enough
from lienthong.signing.signature import SignatureFields

REQUEST_TAG = "lienthong-request"
WEBHOOK_TAG = "lienthong-webhook"
"""What the gateway tells an agency of its own accord: never to be taken for a request."""
MAX_HEADER_OCTETS = 16 * 1024
MAX_LIFETIME = 300
"""Seconds between created and expires."""
CLOCK_SKEW = 30
"""Seconds by which the agency's clock may differ, either way."""

_SINGLE_FIELDS = frozenset({*OUR_FIELDS, b"content-type"})
_THUMBPRINT_LENGTH = 43
_ALGORITHMS = {algorithm.value: algorithm for algorithm in Algorithm}


class ParsedSignature(NamedTuple):
    """A request's signature as it claims to be; true only after ``check_signature``.

    ``components`` are the identifiers in order; ``params_text`` is the canonical value
    of ``@signature-params``; ``created`` and ``expires`` in seconds since 1970.
    (``key_id``, ``nonce``) identifies the request. The octets of the signature do not:
    the same ECDSA signature can be written with n - s.
    """

    label: str
    key_id: str
    algorithm: Algorithm | None
    created: int
    expires: int
    nonce: str
    components: tuple[str, ...]
    params_text: str
    signature: bytes
    covered: Covered


def parse_signature(view: RequestView, tag: str = REQUEST_TAG) -> ParsedSignature:
    """The one signature with our tag, complete in its parameters; no cryptography yet.

    An agency reads what the gateway tells it with WEBHOOK_TAG.

    Raises SignatureRefused: ``malformed`` for fields over 16 KiB, more than 4 labels,
    two signatures with our tag, what cannot be read, or a field of ours that came twice;
    ``signature_missing``; ``signature_invalid`` for a parameter that is missing or can
    belong to no registered key, and for a nonce under 128 bits.
    """
    if view.header_octets() > MAX_HEADER_OCTETS:
        raise SignatureRefused(MALFORMED, "more than 16 KiB of header fields")
    values = view.values
    if values.doubled and values.doubled & _SINGLE_FIELDS:
        raise SignatureRefused(MALFORMED, "a field that has one value came twice")
    try:
        found = read_signature(values, tag)
    except Unusable as unusable:
        raise SignatureRefused(unusable.reason, unusable.detail) from unusable
    return _complete(found)


def _complete(found: SignatureFields) -> ParsedSignature:
    label, covered, params_text, signature, created, expires, nonce, key_id, alg = found
    if created is None or expires is None or nonce is None or key_id is None:
        raise SignatureRefused(SIGNATURE_INVALID, "created, expires, nonce and keyid are all required")
    if not long_enough(nonce):
        raise SignatureRefused(SIGNATURE_INVALID, "the nonce is not 128 bits of base64, base64url or hex")
    if len(key_id) != _THUMBPRINT_LENGTH:
        raise SignatureRefused(SIGNATURE_INVALID, "the keyid is not the thumbprint of a key")
    algorithm = None
    if alg is not None:
        algorithm = _ALGORITHMS.get(alg)
        if algorithm is None:
            raise SignatureRefused(SIGNATURE_INVALID, "the algorithm is not one of the profile")
    return ParsedSignature(
        label,
        key_id,
        algorithm,
        created,
        expires,
        nonce,
        covered.identifiers,
        params_text,
        signature,
        covered,
    )


def check_signature(parsed: ParsedSignature, view: RequestView, key: PublicKey) -> bytes:
    """The signature base, once the signature covers what it must and holds under ``key``.

    The base is the exact text that the agency signed: with the signature and the key it
    proves the request to anybody, later. Raises SignatureRefused ``signature_invalid``, or
    ``malformed`` when a covered value cannot be signed at all.
    """
    _check_coverage(parsed.covered, view)
    if parsed.algorithm is not None and parsed.algorithm is not key.algorithm:
        raise SignatureRefused(SIGNATURE_INVALID, "the algorithm is not that of the registered key")
    try:
        base = signature_base(parsed.covered, parsed.params_text.encode("ascii"), view)
    except Unusable as unusable:
        raise SignatureRefused(unusable.reason, unusable.detail) from unusable
    key.verify(parsed.signature, base)
    return base


def _check_coverage(covered: Covered, view: RequestView) -> None:
    """Raise SignatureRefused unless everything of signing.md's table is covered, whole."""
    if not covered.target:
        raise SignatureRefused(SIGNATURE_INVALID, "the method or the target is not covered")
    if view.body and not covered.body:
        raise SignatureRefused(SIGNATURE_INVALID, "the body's content-digest or content-type is not covered")
    values, names = view.values, covered.names
    for name in OUR_FIELDS:
        if name in values and name not in names:
            raise SignatureRefused(SIGNATURE_INVALID, f"the field {name.decode('ascii')} is not covered")


def check_digest(parsed: ParsedSignature, view: RequestView) -> bytes:
    """The SHA-256 digest of the body, once Content-Digest is found to be of these octets.

    Raises SignatureRefused ``signature_invalid`` for a digest that is wrong, or missing
    or uncovered where there is a body, and ``malformed`` for one that cannot be read.
    """
    digest = hashlib.sha256(view.body).digest()
    stated = view.values.get(b"content-digest")
    if stated is None or b"content-digest" not in parsed.covered.names:
        if view.body:
            raise SignatureRefused(SIGNATURE_INVALID, "there is a body and no covered content-digest")
        if stated is None:
            return digest
    try:
        check_content_digest(stated, view.body, digest)
    except WrongDigest:
        raise SignatureRefused(SIGNATURE_INVALID, "the content-digest is not that of the body") from None
    except Unusable as unusable:
        raise SignatureRefused(unusable.reason, unusable.detail) from unusable
    return digest


def check_freshness(parsed: ParsedSignature, now: float) -> None:
    """Return if the signature is in force at ``now``, in seconds since 1970.

    Raises SignatureRefused ``signature_expired`` for a life over 300 s or none at all,
    and outside of it by more than 30 s.
    """
    if not 0 < parsed.expires - parsed.created <= MAX_LIFETIME:
        raise SignatureRefused(SIGNATURE_EXPIRED, "expires is not within 300 s after created")
    # Asked so that a clock that is not a number refuses.
    if not parsed.created - CLOCK_SKEW <= now <= parsed.expires + CLOCK_SKEW:
        raise SignatureRefused(SIGNATURE_EXPIRED, "created in the future, or expired")
