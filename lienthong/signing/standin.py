"""Keys for requests that name an unknown key: the same work, and never a yes.

Without them the time of a refusal would tell which keys are registered.
"""

import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lienthong.signing.errors import SIGNATURE_INVALID, SignatureRefused
from lienthong.signing.keys import Algorithm, PublicKey
from lienthong.signing.profile import ParsedSignature

_RSA_OCTETS = 256


class StandInKey(PublicKey):
    """Verifies like any key, and refuses whatever comes out."""

    __slots__ = ()

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise SignatureRefused ``signature_invalid``, after the work of a verification."""
        super().verify(signature, data)
        raise SignatureRefused(SIGNATURE_INVALID, "the key is not known")


def stand_in_key(parsed: ParsedSignature) -> PublicKey:
    """The key to check the signature with when nobody has registered its ``key_id``.

    Of the algorithm that the signature names; else RSA for a long signature, and
    Ed25519, which costs most, for a short one.
    """
    if parsed.algorithm is not None:
        return _key(parsed.algorithm)
    return _key(Algorithm.RSA_PSS_SHA512 if len(parsed.signature) >= _RSA_OCTETS else Algorithm.ED25519)


@cache
def _key(algorithm: Algorithm) -> StandInKey:
    match algorithm:
        case Algorithm.ED25519:
            return StandInKey(ed25519.Ed25519PrivateKey.generate().public_key())
        case Algorithm.ECDSA_P256_SHA256:
            return StandInKey(ec.generate_private_key(ec.SECP256R1()).public_key())
        case Algorithm.RSA_PSS_SHA512:
            return StandInKey(rsa.RSAPublicNumbers(65537, _modulus()).public_key())


def _modulus() -> int:
    """2,048 bits out of a hash: to generate a real key would hold up the first request for long."""
    stream = hashlib.shake_256(b"lienthong: the modulus of a key that nobody has").digest(_RSA_OCTETS)
    return int.from_bytes(stream, "big") | 1 << (8 * _RSA_OCTETS - 1) | 1
