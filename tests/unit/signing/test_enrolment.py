"""Which keys may be registered, and what a proof of possession proves."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lienthong.signing import (
    Algorithm,
    CannotSign,
    KeyRefused,
    PrivateKey,
    PublicKey,
    check_enrolment,
    check_proof_of_possession,
    edwards,
    jwk,
    proof_of_possession,
)
from tests.unit.signing.support import NOW, key

P, SIGN = edwards.P, 1 << 255
ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
"""The y of the points of order 8 in the literature (little-endian), with both signs below."""

FOURTEEN = [
    number.to_bytes(32, "little").hex()
    for number in (
        *(y | sign for y in (1, P + 1) for sign in (0, SIGN)),  # order 1
        *(P - 1 | sign for sign in (0, SIGN)),  # order 2
        *(y | sign for y in (0, P) for sign in (0, SIGN)),  # order 4
        *(int.from_bytes(bytes.fromhex(y), "little") | sign for y in ORDER_8 for sign in (0, SIGN)),
    )
]


def ed25519_key(octets: bytes) -> PublicKey:
    return PublicKey.from_jwk({"kty": "OKP", "crv": "Ed25519", "x": jwk.encode(octets)})


def test_there_are_fourteen_encodings_of_small_order_or_not_canonical() -> None:
    assert len(set(FOURTEEN)) == 14


@pytest.mark.parametrize("encoding", FOURTEEN)
def test_an_ed25519_encoding_of_small_order_is_refused(encoding: str) -> None:
    refuse(ed25519_key(bytes.fromhex(encoding)), "weak")


def test_the_library_verifies_one_signature_for_any_message_under_a_small_order_key() -> None:
    """Why the above is needed: this would let an agency deny what it signed."""
    weak = ed25519_key((1).to_bytes(32, "little"))
    signature = (1).to_bytes(32, "little") + bytes(32)
    weak.verify(signature, b"one message")
    weak.verify(signature, b"another message")


def test_an_ed25519_point_with_a_part_of_small_order_is_refused() -> None:
    good = edwards.decode(jwk.raw_ed25519(native_ed25519(0)))
    x, y = edwards.add(good, (0, P - 1))
    refuse(ed25519_key((y | (x & 1) << 255).to_bytes(32, "little")), "weak")


def test_an_ed25519_y_that_is_on_no_point_is_refused() -> None:
    refuse(ed25519_key((2).to_bytes(32, "little")), "weak")


@pytest.mark.parametrize("excess", range(19))
def test_an_ed25519_y_that_is_not_reduced_is_refused(excess: int) -> None:
    refuse(ed25519_key((P + excess).to_bytes(32, "little")), "weak")


def test_our_arithmetic_finds_the_base_point_and_its_order() -> None:
    base = edwards.decode(bytes.fromhex("58" + "66" * 31))
    assert edwards.multiply(edwards.ORDER, base) == edwards.NEUTRAL
    assert edwards.multiply(edwards.ORDER + 1, base) == base


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_fresh_key_of_each_algorithm_is_accepted(algorithm: Algorithm) -> None:
    check_enrolment(key(algorithm).public)


@pytest.mark.parametrize("number", range(5))
def test_every_fresh_ed25519_key_is_accepted(number: int) -> None:
    check_enrolment(key(Algorithm.ED25519, number).public)


@pytest.mark.parametrize(("bits", "exponent"), [(2047, 65537), (1024, 65537), (2048, 3), (8193, 65537)])
def test_an_rsa_key_of_another_size_or_exponent_is_refused(bits: int, exponent: int) -> None:
    modulus = (1 << (bits - 1)) + 4095
    refuse(PublicKey(rsa.RSAPublicNumbers(exponent, modulus).public_key()), "weak")


def test_an_rsa_key_with_an_even_modulus_is_refused() -> None:
    refuse(PublicKey(rsa.RSAPublicNumbers(65537, (1 << 2047) + 4096).public_key()), "weak")


def test_an_rsa_key_of_2048_bits_is_accepted() -> None:
    check_enrolment(PublicKey(rsa.generate_private_key(65537, 2048).public_key()))


def test_a_p256_point_off_the_curve_is_not_even_parsed() -> None:
    x = jwk.encode((1).to_bytes(32, "big"))
    with pytest.raises(KeyRefused) as refused:
        PublicKey.from_jwk({"kty": "EC", "crv": "P-256", "x": x, "y": x})
    assert refused.value.reason == "malformed"


def test_a_key_of_another_curve_is_unsupported() -> None:
    with pytest.raises(KeyRefused) as refused:
        PublicKey(ec.generate_private_key(ec.SECP384R1()).public_key())
    assert refused.value.reason == "unsupported"


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_proof_of_possession_is_accepted_for_a_day(algorithm: Algorithm) -> None:
    proof = proof_of_possession(key(algorithm), "hospital-demo", NOW)
    check_proof_of_possession(key(algorithm).public, "hospital-demo", proof, NOW + 86_400)
    check_proof_of_possession(key(algorithm).public, "hospital-demo", proof, NOW - 30)
    for late in (NOW + 86_401, NOW - 31, float("nan")):
        with pytest.raises(KeyRefused, match="proof_invalid"):
            check_proof_of_possession(key(algorithm).public, "hospital-demo", proof, late)


def test_a_proof_for_one_agency_is_none_for_another() -> None:
    proof = proof_of_possession(key(), "hospital-demo", NOW)
    with pytest.raises(KeyRefused, match="proof_invalid"):
        check_proof_of_possession(key().public, "ministry-demo", proof, NOW)


def test_a_proof_by_another_key_is_none() -> None:
    proof = proof_of_possession(key(number=1), "hospital-demo", NOW)
    with pytest.raises(KeyRefused, match="proof_invalid"):
        check_proof_of_possession(key().public, "hospital-demo", proof, NOW)


def test_the_time_of_a_proof_cannot_be_changed() -> None:
    version, _, signature = proof_of_possession(key(), "hospital-demo", NOW).split(".")
    with pytest.raises(KeyRefused, match="proof_invalid"):
        check_proof_of_possession(key().public, "hospital-demo", f"{version}.{NOW + 1}.{signature}", NOW)


@pytest.mark.parametrize(
    "proof", ["", "v1", "v1..", "v2.1.AA", "v1.-1.AA", "v1.01.AA", "v1.1.A", "v1.1.AA==", "v1.1.AB"]
)
def test_what_is_no_proof_at_all_is_malformed(proof: str) -> None:
    with pytest.raises(KeyRefused, match="malformed"):
        check_proof_of_possession(key().public, "hospital-demo", proof, NOW)


@pytest.mark.parametrize("agency_id", ["", "Hospital", "a\nb", "a" * 64, "-a", "bệnh-viện"])
def test_an_unusable_agency_id_is_refused_on_both_sides(agency_id: str) -> None:
    with pytest.raises(CannotSign):
        proof_of_possession(key(), agency_id, NOW)
    proof = proof_of_possession(key(), "hospital-demo", NOW)
    with pytest.raises(KeyRefused, match="malformed"):
        check_proof_of_possession(key().public, agency_id, proof, NOW)


def native_ed25519(number: int) -> ed25519.Ed25519PublicKey:
    native = key(Algorithm.ED25519, number).public.native
    assert isinstance(native, ed25519.Ed25519PublicKey)
    return native


def refuse(weak: PublicKey | PrivateKey, reason: str) -> None:
    assert isinstance(weak, PublicKey)
    with pytest.raises(KeyRefused) as refused:
        check_enrolment(weak)
    assert refused.value.reason == reason
