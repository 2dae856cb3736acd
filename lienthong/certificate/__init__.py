"""Health-insurance certificates that work without a line: SMART Health Cards.

    from lienthong.certificate import CertificateKeys, verify

    keys = CertificateKeys.load("jwks.json")             # from the gateway's /.well-known/jwks.json
    certificate = verify(scanned, keys, now=datetime.now(UTC), issuer="https://gateway.example")
    print(certificate.full_name, certificate.card_code, certificate.valid_to)

A certificate is a JWS (ES256, deflated) of a FHIR ``Patient`` and ``Coverage``, shown as a
QR code of ``shc:/`` and digits (SMART Health Cards framework 1.4; HL7 "SMART Health Cards and
Links" 1.0.0). Nothing here touches a network; only ``CertificateKeys.load`` touches the disk.

    CertificateRefused       reason says why, text says it in Vietnamese and English
"""

from lienthong.certificate.content import Certificate
from lienthong.certificate.errors import CertificateRefused, KeysRefused, Reason
from lienthong.certificate.jws import sign, to_shc
from lienthong.certificate.keys import KEYS_PATH, CertificateKeys, public_keys
from lienthong.certificate.verification import LONGEST_LIFE, verify

__all__ = [
    "KEYS_PATH",
    "LONGEST_LIFE",
    "Certificate",
    "CertificateKeys",
    "CertificateRefused",
    "KeysRefused",
    "Reason",
    "public_keys",
    "sign",
    "to_shc",
    "verify",
]
