"""Whether a certificate can be relied on, in one visible order; each step raises.

1. its text is one of the two forms and not too large
2. its header names ES256 and a key, and brings none of its own
3. the key is among those given
4. the signature holds
5. the content, inflated within a bound, is JSON without doubled names
6. it is the expected issuer's
7. it is valid now, and claims no longer life than it may
8. it holds one person and one card, in the form of a certificate
9. the card is valid today
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lienthong.certificate import jws
from lienthong.certificate.content import Card, Certificate, read_credential
from lienthong.certificate.errors import CertificateRefused, Reason
from lienthong.certificate.keys import CertificateKeys
from lienthong.clock import VIETNAM
from lienthong.signing import PublicKey, SignatureRefused

LONGEST_LIFE: Final = timedelta(days=7)
CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the clocks of issuer and verifier may be apart at the beginning of its life; never at its end."""
_LAST_SECOND: Final = 253_402_300_799


def verify(text: str, keys: CertificateKeys, *, now: datetime, issuer: str | None) -> Certificate:
    """The certificate that ``text`` (``shc:/…`` or a JWS) is. Raises CertificateRefused.

    ``issuer`` None takes whoever's the keys are.
    """
    envelope = jws.open_envelope(jws.from_text(text))
    key = _known(keys, envelope.key_id)
    _check_signature(key, envelope)
    payload = jws.read_json(jws.inflate(envelope.deflated), Reason.STRUCTURE)
    told = _check_issuer(payload, issuer)
    issued_at, expires_at = _check_times(payload, now)
    holder, card = read_credential(payload.get("vc"))
    _check_card(card, now)
    return Certificate(
        issuer=told,
        key_id=key.key_id,
        issued_at=issued_at,
        expires_at=expires_at,
        holder=holder,
        card=card,
    )


def _known(keys: CertificateKeys, key_id: str) -> PublicKey:
    key = keys.get(key_id)
    if key is None:
        raise CertificateRefused(Reason.UNKNOWN_KEY)
    return key


def _check_signature(key: PublicKey, envelope: jws.Envelope) -> None:
    try:
        key.verify(envelope.signature, envelope.signed)
    except SignatureRefused as error:
        raise CertificateRefused(Reason.SIGNATURE) from error


def _check_issuer(payload: dict[str, Any], issuer: str | None) -> str:
    told = payload.get("iss")
    if not isinstance(told, str) or (issuer is not None and told != issuer):
        raise CertificateRefused(Reason.ISSUER)
    return told


def _check_times(payload: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    issued_at, expires_at = _moment(payload, "nbf"), _moment(payload, "exp")
    if now + CLOCK_SKEW < issued_at:
        raise CertificateRefused(Reason.NOT_YET)
    if now >= expires_at:
        raise CertificateRefused(Reason.EXPIRED)
    if expires_at - issued_at > LONGEST_LIFE:
        raise CertificateRefused(Reason.LIFE)
    return issued_at, expires_at


def _moment(payload: dict[str, Any], name: str) -> datetime:
    value = payload.get(name)
    # A bool is an int to Python.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise CertificateRefused(Reason.STRUCTURE, f"{name} is no time")
    return datetime.fromtimestamp(value, UTC)


def _check_card(card: Card, now: datetime) -> None:
    if not card.valid_from <= now.astimezone(VIETNAM).date() <= card.valid_to:
        raise CertificateRefused(Reason.CARD_NOT_VALID)
