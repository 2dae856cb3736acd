"""The development PKI: one authority, one certificate a process, the gateway's own keys.

For development only: the authority's key lies beside the certificates. Production
brings its own certificates (deploy/README.md).
"""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local import files
from deploy.local.stack import SERVICES, Stack
from lienthong.certificate import public_keys
from lienthong.signing import PrivateKey

PROCESSES = (*SERVICES, "gateway")
_AUTHORITY = "Lienthong development CA"
_AUTHORITY_LIFE = timedelta(days=3650)
_LIFE = timedelta(days=825)
_RENEW_BEFORE = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)


def _new_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files.write(path, pem, files.SECRET_MODE)
    return key


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} is not an elliptic-curve key")
    return key


def _valid(path: Path, issuer: x509.Certificate | None) -> x509.Certificate | None:
    """The certificate at ``path`` if it is there, lasts a while yet, and is of this authority."""
    if not path.exists():
        return None
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    if certificate.not_valid_after_utc - _RENEW_BEFORE < datetime.now(UTC):
        return None
    if issuer is not None:
        try:
            certificate.verify_directly_issued_by(issuer)
        except Exception:  # noqa: BLE001 - one exception type a reason, and every one means: issue anew
            return None
    return certificate


def _builder(name: str, issuer: x509.Name, life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + life)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key_path, path = folder / "ca.key", folder / "ca.pem"
    if key_path.exists() and (known := _valid(path, None)) is not None:
        return _load_key(key_path), known
    key = _new_key(key_path)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _AUTHORITY)])
    certificate = (
        _builder(_AUTHORITY, name, _AUTHORITY_LIFE)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files.write(path, certificate.public_bytes(Encoding.PEM))
    return key, certificate


def _issue(folder: Path, name: str, ca_key: ec.EllipticCurvePrivateKey, ca: x509.Certificate) -> None:
    key_path, path = folder / f"{name}.key", folder / f"{name}.pem"
    if key_path.exists() and _valid(path, ca) is not None:
        return
    key = _new_key(key_path)
    names = [x509.DNSName(name), x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = (
        _builder(name, ca.subject, _LIFE)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    files.write(path, certificate.public_bytes(Encoding.PEM))


def answer_key(stack: Stack) -> Path:
    """The private key (P-256) with which the gateway signs its answers."""
    return stack.secrets / "answer-signing.pem"


def pseudonym_key(stack: Stack) -> Path:
    """The key of the pseudonyms in the audit log: 32 bytes in hexadecimal."""
    return stack.secrets / "pseudonym.hex"


def statistics_secret(stack: Stack) -> Path:
    """What the noise of statistics is drawn from: 32 bytes in hexadecimal."""
    return stack.secrets / "statistics.hex"


def certificate_key(stack: Stack) -> Path:
    """The private key (P-256) with which health insurance signs certificates."""
    return stack.secrets / "certificate-signing.pem"


def certificate_keys(stack: Stack) -> Path:
    """The public keys of certificates (JWKS), for the gateway to publish."""
    return stack.pki / "certificate-keys.json"


def ensure(stack: Stack) -> None:
    """Make what is missing or about to expire; what is there and good stays."""
    files.folder(stack.pki, files.PRIVATE_FOLDER_MODE)
    ca_key, ca = _authority(stack.pki)
    for name in PROCESSES:
        _issue(stack.pki, name, ca_key, ca)
    if not answer_key(stack).exists():
        _new_key(answer_key(stack))
    files.secret(pseudonym_key(stack), bits=256)
    files.secret(statistics_secret(stack), bits=256)
    if not certificate_key(stack).exists():
        _new_key(certificate_key(stack))
    published = public_keys([PrivateKey.load(certificate_key(stack)).public])
    files.write(certificate_keys(stack), msgspec.json.encode(published))
