"""Makes a certificate (*giấy chứng nhận BHYT*) of a decided card. Pure: key, day and clock are given.

A SMART Health Card (lienthong/certificate): at most seven days valid, and never beyond the
last day of the card in Việt Nam. It says what was true when it was made; what changes
afterwards reaches its reader only over a line, which is why it lives so short.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from lienthong.certificate import LONGEST_LIFE, sign, to_shc
from lienthong.certificate.content import Card, Holder, credential
from lienthong.clock import VIETNAM
from lienthong.signing import PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who certifies: ``url`` is the gateway's, under which the public keys lie."""

    url: str
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate in both of its forms, and its end."""

    jws: str
    shc: str
    expires_at: datetime


def issue(issuer: Issuer, holder: Holder, card: Card, *, now: datetime) -> Issued:
    """The certificate of this card. Raises CannotSign when the issuer's key is not of P-256."""
    begins = now.replace(microsecond=0)
    ends = min(begins + LONGEST_LIFE, end_of(card))
    payload = {
        "iss": issuer.url,
        "nbf": int(begins.timestamp()),
        "exp": int(ends.timestamp()),
        "vc": credential(holder, card),
    }
    jws = sign(payload, issuer.key)
    return Issued(jws, to_shc(jws), ends)


def end_of(card: Card) -> datetime:
    """Midnight in Việt Nam after the card's last day."""
    return datetime.combine(card.valid_to + timedelta(days=1), time(), VIETNAM)
