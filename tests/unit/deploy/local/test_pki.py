"""The development PKI: who is who, and nothing issued twice."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.local import files, pki
from deploy.local.stack import Stack, from_environment
from lienthong.certificate import CertificateKeys
from lienthong.signing import PrivateKey


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    stack = from_environment({"RUN": str(tmp_path)})
    files.folder(stack.secrets)
    pki.ensure(stack)
    return stack


def _certificate(stack: Stack, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((stack.pki / f"{name}.pem").read_bytes())


@pytest.mark.parametrize("name", pki.PROCESSES)
def test_each_process_has_a_certificate_of_its_own_name_from_the_authority(stack: Stack, name: str) -> None:
    certificate = _certificate(stack, name)
    certificate.verify_directly_issued_by(_certificate(stack, "ca"))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [name, "localhost"]
    key = load_pem_private_key((stack.pki / f"{name}.key").read_bytes(), None)
    assert key.public_key() == certificate.public_key()


def test_private_keys_are_for_their_owner_only(stack: Stack) -> None:
    private = [*stack.pki.glob("*.key"), pki.answer_key(stack), pki.pseudonym_key(stack)]
    private.append(pki.certificate_key(stack))
    assert len(private) == len(pki.PROCESSES) + 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def _contents(stack: Stack) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for folder in (stack.pki, stack.secrets) for p in folder.iterdir()}


def test_a_second_run_changes_nothing(stack: Stack) -> None:
    before = _contents(stack)
    pki.ensure(stack)
    assert _contents(stack) == before


def test_a_new_authority_renews_every_certificate(stack: Stack) -> None:
    (stack.pki / "ca.key").unlink()
    pki.ensure(stack)
    for name in pki.PROCESSES:
        _certificate(stack, name).verify_directly_issued_by(_certificate(stack, "ca"))


def test_the_pseudonym_key_has_32_bytes(stack: Stack) -> None:
    assert len(bytes.fromhex(pki.pseudonym_key(stack).read_text())) == 32


def test_the_published_keys_of_certificates_are_the_public_half_of_the_signing_key(stack: Stack) -> None:
    keys = CertificateKeys.load(pki.certificate_keys(stack))
    assert list(keys) == [PrivateKey.load(pki.certificate_key(stack)).key_id]
    assert b'"d"' not in pki.certificate_keys(stack).read_bytes()
