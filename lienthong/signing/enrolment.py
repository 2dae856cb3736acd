"""Which keys may be registered, and how an agency shows that it holds one (signing.md, "Enrolment refuses").

That a key is registered to another agency already is for the registry to say.
"""

import re

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from lienthong.signing import edwards, jwk
from lienthong.signing.errors import MALFORMED, CannotSign, KeyRefused, SignatureRefused
from lienthong.signing.keys import PrivateKey, PublicKey

RSA_MIN_BITS = 2048
RSA_MAX_BITS = 8192
"""A bound on what one verification may cost."""
RSA_EXPONENT = 65537
PROOF_LIFETIME = 24 * 3600
"""Seconds for which a proof of possession may travel to the administrator."""
CLOCK_SKEW = 30
"""Seconds by which two clocks may differ, either way."""

TEST_KEYS = frozenset(
    {
        "oD0HwocPBSfpNy5W3bpJeyFGY_IQ_YpqxSjQ3Yd-CLA",
        "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U",
        "ydQXMtvbsOsZyFir-Y7A8t7fKEM1gbKPvyFkdpu4fvI",
        "BHj8s0GPnMEQtkaULIM-PLgEhLBbuGUQ1vMxmBWZzEo",
    }
)
"""Thumbprints of the keys whose private halves RFC 9421 prints in appendix B.1."""

_AGENCY_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_PROOF = re.compile(r"v1\.([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{1,2048})")


def check_enrolment(key: PublicKey) -> None:
    """Return if the key may be registered; raise KeyRefused (``weak``, ``test_key``) if not.

    Points off the curve do not come so far: ``PublicKey`` does not parse them,
    except for Ed25519, where they are found here.
    """
    if key.key_id in TEST_KEYS:
        raise KeyRefused("test_key", "the private half of this key is printed in RFC 9421")
    native = key.native
    if isinstance(native, ed25519.Ed25519PublicKey):
        try:
            edwards.check_prime_order(jwk.raw_ed25519(native))
        except ValueError as wrong:
            raise KeyRefused("weak", f"Ed25519: {wrong}") from wrong
    elif isinstance(native, rsa.RSAPublicKey):
        _check_rsa(native.public_numbers())


def _check_rsa(numbers: rsa.RSAPublicNumbers) -> None:
    if not RSA_MIN_BITS <= numbers.n.bit_length() <= RSA_MAX_BITS:
        raise KeyRefused("weak", f"RSA of {numbers.n.bit_length()} bits: not between 2048 and 8192")
    if numbers.e != RSA_EXPONENT:
        raise KeyRefused("weak", "RSA with an exponent other than 65537")
    if numbers.n % 2 == 0:
        raise KeyRefused("weak", "RSA with an even modulus")


def proof_of_possession(key: PrivateKey, agency_id: str, created: int) -> str:
    """What an agency sends with its public key: ``v1.<created>.<signature>``.

    ``created`` in seconds since 1970. The proof names the agency, so that nobody can
    bring the key of another as its own. Raises CannotSign for an unusable agency id.
    """
    if not _AGENCY_ID.fullmatch(agency_id) or created <= 0:
        raise CannotSign("agency_id", "letters a-z, digits, dot, underscore and hyphen; time after 1970")
    return f"v1.{created}.{jwk.encode(key.sign(_statement(key.key_id, agency_id, created)))}"


def check_proof_of_possession(key: PublicKey, agency_id: str, proof: str, now: float) -> None:
    """Return if whoever made ``proof`` held the key and meant this agency.

    ``now`` in seconds since 1970. Raises KeyRefused: ``malformed`` or ``proof_invalid``.
    """
    parts = _PROOF.fullmatch(proof)
    if parts is None or not _AGENCY_ID.fullmatch(agency_id):
        raise KeyRefused(MALFORMED, "a proof of possession reads v1.<seconds>.<base64url>")
    created, signature = int(parts[1]), jwk.decode(parts[2])
    if not created - CLOCK_SKEW <= now <= created + PROOF_LIFETIME:
        raise KeyRefused("proof_invalid", "the proof is older than a day, or from the future")
    try:
        key.verify(signature, _statement(key.key_id, agency_id, created))
    except SignatureRefused as refused:
        raise KeyRefused("proof_invalid", "the proof was not made with this key for this agency") from refused


def _statement(key_id: str, agency_id: str, created: int) -> bytes:
    """What is signed. Every signature base begins with a quotation mark, so none can pass for this."""
    return f"lienthong key enrolment\n{agency_id}\n{key_id}\n{created}".encode("ascii")
