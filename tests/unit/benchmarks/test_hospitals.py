"""The hospitals of the benchmark hold the kinds of keys that their rows name."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.hospitals import KINDS, _hospital, _keep_key
from lienthong.signing import PrivateKey, check_enrolment, proof_of_possession


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_of_its_kind_and_can_be_enrolled(kind: str) -> None:
    algorithm, make = KINDS[kind]
    key = make()
    assert key.algorithm is algorithm
    check_enrolment(key.public)
    assert proof_of_possession(key, _hospital(kind, algorithm).agency.agency_id, 1)


def test_the_rsa_keys_are_as_long_as_those_of_a_usb_token() -> None:
    native = KINDS["RSA-2048"][1]().public.native
    assert isinstance(native, rsa.RSAPublicKey)
    assert native.key_size == 2048


def test_a_hospital_keeps_its_key_from_run_to_run(tmp_path: Path) -> None:
    folder, (_, make) = tmp_path / "bench-hospital", KINDS["Ed25519"]
    _keep_key(folder, make)
    first = PrivateKey.load(folder / "key.pem")
    _keep_key(folder, make)
    assert PrivateKey.load(folder / "key.pem").key_id == first.key_id
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600
