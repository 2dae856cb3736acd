"""Keys: one identity in every form, and nothing but the profile's algorithms."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from lienthong.signing import (
    Algorithm,
    KeyRefused,
    PrivateKey,
    PublicKey,
    SignatureRefused,
    key_directory,
    keys_of_directory,
)
from tests.unit.signing.support import key

each = pytest.mark.parametrize("algorithm", Algorithm)


@each
def test_a_private_key_survives_its_pem(algorithm: Algorithm, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(key(algorithm).to_pem())
    loaded = PrivateKey.load(path)
    assert loaded.key_id == key(algorithm).key_id
    assert loaded.algorithm is algorithm
    key(algorithm).public.verify(loaded.sign(b"data"), b"data")


@each
def test_a_public_key_is_the_same_in_every_form(algorithm: Algorithm) -> None:
    public = key(algorithm).public
    assert PublicKey.from_pem(public.to_pem()) == PublicKey.from_jwk(public.to_jwk()) == public
    assert len({public, PublicKey.from_pem(public.to_pem())}) == 1
    assert public.to_jwk()["kid"] == public.key_id
    assert len(public.key_id) == 43


def test_the_thumbprint_is_the_one_of_rfc_8037() -> None:
    """RFC 8037 appendix A.3."""
    document = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert PublicKey.from_jwk(document).key_id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@each
def test_a_signature_holds_for_its_data_and_its_key_only(algorithm: Algorithm) -> None:
    signature = key(algorithm).sign(b"data")
    key(algorithm).public.verify(signature, b"data")
    other = key(algorithm, 1).public
    cases = [(key(algorithm).public, signature, b"Data"), (other, signature, b"data")]
    cases += [(key(algorithm).public, wrong, b"data") for wrong in (b"", signature[:-1], signature + b"\0")]
    for public, wrong, data in cases:
        with pytest.raises(SignatureRefused) as refused:
            public.verify(wrong, data)
        assert refused.value.reason == "signature_invalid"


def test_an_ecdsa_signature_is_64_octets_and_never_der() -> None:
    signer = key(Algorithm.ECDSA_P256_SHA256)
    signature = signer.sign(b"data")
    assert len(signature) == 64
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    with pytest.raises(SignatureRefused):
        signer.public.verify(der, b"data")


@pytest.mark.parametrize(
    "signature", [bytes(64), b"\xff" * 64, bytes(32) + b"\1" * 32, b"\1" * 32 + bytes(32)]
)
def test_ecdsa_numbers_out_of_range_are_refused(signature: bytes) -> None:
    with pytest.raises(SignatureRefused):
        key(Algorithm.ECDSA_P256_SHA256).public.verify(signature, b"data")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kty": "OKP", "crv": "Ed25519"},
        {"kty": "OKP", "crv": "Ed25519", "x": 7},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "not base64!"},
        {"kty": "OKP", "crv": "Ed25519", "x": "A" * 42 + "B"},
        {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": "A" * 4000, "e": "AQAB"},
        {"kty": "oct", "k": "AAAA"},
    ],
)
def test_a_jwk_that_is_no_key_of_the_profile_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(KeyRefused):
        PublicKey.from_jwk(document)


def test_a_jwk_with_its_private_half_is_refused() -> None:
    with pytest.raises(KeyRefused, match="private"):
        PublicKey.from_jwk({**key().public.to_jwk(), "d": "A" * 43})


@pytest.mark.parametrize(
    "pem", [b"", b"nonsense", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_a_pem_that_is_no_key_is_refused(pem: bytes) -> None:
    with pytest.raises(KeyRefused, match="malformed"):
        PublicKey.from_pem(pem)
    with pytest.raises(KeyRefused, match="malformed"):
        PrivateKey.from_pem(pem)


def test_keys_of_other_kinds_are_unsupported() -> None:
    for native in (ed448.Ed448PrivateKey.generate(), ec.generate_private_key(ec.SECP521R1())):
        private = native.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = native.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(KeyRefused, match="unsupported"):
            PrivateKey.from_pem(private)
        with pytest.raises(KeyRefused, match="unsupported"):
            PublicKey.from_pem(public)


def test_an_encrypted_private_key_is_refused_not_asked_about() -> None:
    encrypted = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with pytest.raises(KeyRefused):
        PrivateKey.from_pem(encrypted)


def test_nothing_secret_shows_in_a_printed_key() -> None:
    signer = key()
    assert repr(signer) == f"PrivateKey(ed25519, {signer.key_id})"
    assert repr(signer.public) == f"PublicKey(ed25519, {signer.key_id})"


def test_the_directory_publishes_every_key_and_reads_back() -> None:
    public = [key(algorithm).public for algorithm in Algorithm]
    document = key_directory(public)
    assert [entry["kid"] for entry in document["keys"]] == [one.key_id for one in public]
    assert [entry["alg"] for entry in document["keys"]] == ["EdDSA", "ES256", "PS512"]
    assert keys_of_directory(document) == {one.key_id: one for one in public}


def test_a_directory_entry_cannot_take_the_name_of_another_key() -> None:
    forged = {**key(number=1).public.to_jwk(), "kid": key().key_id}
    assert keys_of_directory({"keys": [forged]}).keys() == {key(number=1).key_id}


@pytest.mark.parametrize("document", [None, [], {}, {"keys": {}}, {"keys": ["x"]}])
def test_what_is_no_jwk_set_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="JWK set"):
        keys_of_directory(document)
