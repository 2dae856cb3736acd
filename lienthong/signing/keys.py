"""The three kinds of keys of the profile (RFC 9421 sections 3.3.1, 3.3.4 and 3.3.6).

The algorithm is a property of the key; a message never chooses it.
"""

import enum
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from lienthong.signing import jwk
from lienthong.signing.errors import MALFORMED, SIGNATURE_INVALID, KeyRefused, SignatureRefused

_Verify: TypeAlias = Callable[[bytes, bytes], None]
_Sign: TypeAlias = Callable[[bytes], bytes]
_NativePrivateKey: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_ECDSA = ec.ECDSA(hashes.SHA256())
_SHA512 = hashes.SHA512()
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
_HALF = 32
_RSA_BITS = 3072


class Algorithm(enum.StrEnum):
    """The registered algorithms that the profile takes (RFC 9421 section 6.2.2)."""

    ED25519 = "ed25519"
    ECDSA_P256_SHA256 = "ecdsa-p256-sha256"
    RSA_PSS_SHA512 = "rsa-pss-sha512"


class PublicKey:
    """A key that verifies. ``key_id`` is its RFC 7638 thumbprint, ``keyid`` on the wire.

    Being parsed does not make a key trustworthy: see ``check_enrolment``.
    """

    __slots__ = ("_verify", "algorithm", "key_id", "native")

    def __init__(self, native: jwk.NativePublicKey) -> None:
        self.native = native
        self.algorithm, self._verify = _verifier(native)
        self.key_id = jwk.thumbprint(jwk.required_members(native))

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if ``signature`` over ``data`` holds; else raise SignatureRefused ``signature_invalid``."""
        try:
            self._verify(signature, data)
        except InvalidSignature:
            raise SignatureRefused(SIGNATURE_INVALID, "the signature does not hold") from None

    def to_jwk(self) -> dict[str, str]:
        """The key as a JWK whose ``kid`` is its thumbprint."""
        return {**jwk.required_members(self.native), "kid": self.key_id}

    def to_pem(self) -> bytes:
        """The key as PEM (SubjectPublicKeyInfo)."""
        return self.native.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @classmethod
    def from_jwk(cls, document: Mapping[str, object]) -> Self:
        """The key of a JWK. Raises KeyRefused ``malformed`` or ``unsupported``."""
        return cls(jwk.native_key(document))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The key of a PEM text. Raises KeyRefused ``malformed`` or ``unsupported``."""
        try:
            native = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as wrong:
            raise KeyRefused(MALFORMED, "the PEM holds no public key, or a point off its curve") from wrong
        if not isinstance(native, jwk.NativePublicKey):
            raise KeyRefused("unsupported", "only Ed25519, P-256 and RSA keys are taken")
        return cls(native)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.key_id == self.key_id

    def __hash__(self) -> int:
        return hash(self.key_id)

    def __repr__(self) -> str:
        return f"PublicKey({self.algorithm}, {self.key_id})"


class PrivateKey:
    """A key that signs. Never printed, never compared; ``public`` is its other half."""

    __slots__ = ("_native", "_sign", "algorithm", "key_id", "public")

    def __init__(self, native: _NativePrivateKey) -> None:
        self._native = native
        self._sign = _signer(native)
        self.public = PublicKey(native.public_key())
        self.key_id = self.public.key_id
        self.algorithm = self.public.algorithm

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data`` in the form that RFC 9421 sends (ECDSA: r and s, 64 octets)."""
        return self._sign(data)

    def to_pem(self) -> bytes:
        """The key as unencrypted PKCS #8 PEM: for a file that only its owner reads."""
        return self._native.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @classmethod
    def generate(cls, algorithm: Algorithm) -> Self:
        """A fresh key; RSA gets 3,072 bits."""
        match algorithm:
            case Algorithm.ED25519:
                return cls(ed25519.Ed25519PrivateKey.generate())
            case Algorithm.ECDSA_P256_SHA256:
                return cls(ec.generate_private_key(ec.SECP256R1()))
            case Algorithm.RSA_PSS_SHA512:
                return cls(rsa.generate_private_key(65537, _RSA_BITS))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The key of an unencrypted PEM text. Raises KeyRefused ``malformed`` or ``unsupported``."""
        try:
            native = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
            raise KeyRefused(MALFORMED, "the PEM holds no private key that can be read") from wrong
        if not isinstance(native, _NativePrivateKey):
            raise KeyRefused("unsupported", "only Ed25519, P-256 and RSA keys are taken")
        return cls(native)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """The key of a PEM file: the only function of this package that touches the disk.

        Raises OSError, or KeyRefused as ``from_pem``.
        """
        return cls.from_pem(Path(path).read_bytes())

    def __repr__(self) -> str:
        return f"PrivateKey({self.algorithm}, {self.key_id})"


def _verifier(key: jwk.NativePublicKey) -> tuple[Algorithm, _Verify]:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return Algorithm.ED25519, key.verify
    if isinstance(key, rsa.RSAPublicKey):
        return Algorithm.RSA_PSS_SHA512, lambda signature, data: key.verify(signature, data, _PSS, _SHA512)
    if not isinstance(key.curve, ec.SECP256R1):
        raise KeyRefused("unsupported", "of elliptic curves only P-256 and Ed25519 are taken")
    return Algorithm.ECDSA_P256_SHA256, lambda signature, data: _verify_ecdsa(key, signature, data)


def _verify_ecdsa(key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> None:
    """RFC 9421 section 3.3.4: r and s as 32 octets each, never DER."""
    if len(signature) != 2 * _HALF:
        raise InvalidSignature
    r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
    key.verify(encode_dss_signature(r, s), data, _ECDSA)


def _signer(key: _NativePrivateKey) -> _Sign:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda data: key.sign(data, _PSS, _SHA512)
    return lambda data: _sign_ecdsa(key, data)


def _sign_ecdsa(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(data, _ECDSA))
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
