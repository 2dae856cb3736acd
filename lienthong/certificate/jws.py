"""The envelope: JWS in compact form, deflated, and the digits of its QR code.

SMART Health Cards framework, "Health Cards are encoded as Compact Serialization JSON Web
Signatures" and "Encoding Chunks as QR Codes"; RFC 7515 (JWS), RFC 7518 section 3.4 (ES256),
RFC 1951 (raw deflate). Every bound is far above what a certificate needs.
"""

import json
import zlib
from typing import Any, Final, NamedTuple

from lienthong.certificate.errors import CertificateRefused, Reason
from lienthong.signing import Algorithm, CannotSign, KeyRefused, PrivateKey
from lienthong.signing.jwk import decode, encode

PREFIX: Final = "shc:/"
MOST_TEXT: Final = 8_192
"""Characters of a certificate as it is read; a QR code holds at most 7,089 digits."""
MOST_INFLATED: Final = 16_384
"""Octets of the content; it is inflated no further."""
_RAW: Final = -15
_FIRST_CHARACTER: Final = ord("-")
_LAST_DIGITS: Final = ord("z") - _FIRST_CHARACTER
_PARTS: Final = 3
_KEY_ID: Final = 43
_MEMBERS: Final = frozenset({"alg", "kid", "zip"})


class Envelope(NamedTuple):
    """A JWS taken apart, nothing of it believed yet. ``signed`` is what the signature is over."""

    key_id: str
    deflated: bytes
    signature: bytes
    signed: bytes


def sign(payload: dict[str, Any], key: PrivateKey) -> str:
    """The payload deflated and signed, in compact form. Raises CannotSign for a key that is not P-256."""
    if key.algorithm is not Algorithm.ECDSA_P256_SHA256:
        raise CannotSign("unsupported", "a certificate is signed with a P-256 key (ES256)")
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    press = zlib.compressobj(level=9, wbits=_RAW)
    deflated = press.compress(text.encode()) + press.flush()
    header = json.dumps({"zip": "DEF", "alg": "ES256", "kid": key.key_id}, separators=(",", ":"))
    signed = f"{encode(header.encode())}.{encode(deflated)}"
    return f"{signed}.{encode(key.sign(signed.encode()))}"


def to_shc(jws: str) -> str:
    """``shc:/`` and two digits for each character: what the QR code holds, in one piece."""
    return PREFIX + "".join(f"{ord(character) - _FIRST_CHARACTER:02d}" for character in jws)


def from_text(text: str) -> str:
    """The JWS of a certificate in either form. Raises CertificateRefused."""
    if len(text) > MOST_TEXT:
        raise CertificateRefused(Reason.TOO_LARGE, f"more than {MOST_TEXT} characters")
    text = text.strip()
    if not text.isascii():
        raise CertificateRefused(Reason.MALFORMED, "not ASCII")
    return _from_digits(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else text


def _from_digits(digits: str) -> str:
    if "/" in digits:
        raise CertificateRefused(Reason.MALFORMED, "in several pieces")
    if not digits.isdigit() or len(digits) % 2:  # isdigit() is false of nothing at all
        raise CertificateRefused(Reason.MALFORMED, "not pairs of digits")
    numbers = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    if max(numbers) > _LAST_DIGITS:
        raise CertificateRefused(Reason.MALFORMED, "digits that stand for no character")
    return "".join(chr(number + _FIRST_CHARACTER) for number in numbers)


def open_envelope(jws: str) -> Envelope:
    """The parts of a JWS in compact form, its header checked. Raises CertificateRefused.

    Only ``alg``, ``kid`` and ``zip`` may stand in the header: a key or an address of keys
    that a certificate brings itself (``jwk``, ``jku``, ``x5c``) proves nothing.
    """
    parts = jws.split(".")
    if len(parts) != _PARTS:
        raise CertificateRefused(Reason.MALFORMED, "not three parts")
    header = read_json(_octets(parts[0]), Reason.MALFORMED)
    algorithm = header.get("alg")
    if algorithm != "ES256":
        raise CertificateRefused(Reason.ALGORITHM)
    key_id = header.get("kid")
    if header.keys() != _MEMBERS or header["zip"] != "DEF":
        raise CertificateRefused(Reason.MALFORMED, "the header is not alg, kid and zip")
    if not isinstance(key_id, str) or len(key_id) != _KEY_ID:
        raise CertificateRefused(Reason.MALFORMED, "the kid is no thumbprint")
    return Envelope(key_id, _octets(parts[1]), _octets(parts[2]), f"{parts[0]}.{parts[1]}".encode())


def inflate(deflated: bytes) -> bytes:
    """The content; never more than ``MOST_INFLATED`` octets are made. Raises CertificateRefused."""
    press = zlib.decompressobj(wbits=_RAW)
    try:
        content = press.decompress(deflated, MOST_INFLATED + 1)
    except zlib.error as error:
        raise CertificateRefused(Reason.MALFORMED, "not deflated") from error
    if len(content) > MOST_INFLATED or press.unconsumed_tail:
        raise CertificateRefused(Reason.TOO_LARGE, f"inflates to more than {MOST_INFLATED} octets")
    if not press.eof or press.unused_data:
        raise CertificateRefused(
            Reason.MALFORMED, "deflated data that do not end, or that go on after their end"
        )
    return content


def read_json(content: bytes, reason: Reason) -> dict[str, Any]:
    """A JSON object in which no name stands twice (RFC 7515 section 4). Raises CertificateRefused."""
    try:
        document = json.loads(content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise CertificateRefused(reason, "not JSON, or a name twice in one object") from error
    if not isinstance(document, dict):
        raise CertificateRefused(reason, "not a JSON object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(_text: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _octets(text: str) -> bytes:
    try:
        return decode(text)
    except KeyRefused as error:
        raise CertificateRefused(Reason.MALFORMED, "not base64url") from error
