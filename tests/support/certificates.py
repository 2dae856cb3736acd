"""Certificates for tests: right ones, and those that somebody would like to pass for right."""

import json
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lienthong.certificate import to_shc
from lienthong.certificate.content import Card, Holder, credential
from lienthong.signing import Algorithm, PrivateKey
from lienthong.signing.jwk import encode
from services.health_claims.certificate import Issuer, issue

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ISSUER = "https://gateway.test"
KEY = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)
NHUNG = Holder(full_name="Trần Thị Hồng Nhung", born="1990-05-17")
CARD = Card(
    code="DN4010100000017",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    benefit_digit=4,
    benefit_percent=80,
    facility_code="01001",
)


def certificate(
    *,
    key: PrivateKey = KEY,
    holder: Holder = NHUNG,
    url: str = ISSUER,
    now: datetime = NOW,
    **card: Any,
) -> str:
    """A certificate as health insurance issues it, as ``shc:/``."""
    return issue(Issuer(url=url, key=key), holder, replace(CARD, **card), now=now).shc


def payload(**changed: Any) -> dict[str, Any]:
    """What a right certificate says, with some claims changed."""
    begins = int(NOW.timestamp())
    right = {
        "iss": ISSUER,
        "nbf": begins,
        "exp": begins + int(timedelta(days=7).total_seconds()),
        "vc": credential(NHUNG, CARD),
    }
    return right | changed


def signed(
    content: dict[str, Any] | bytes | str,
    *,
    key: PrivateKey = KEY,
    header: dict[str, Any] | str | None = None,
) -> str:
    """Any content under any header with a true signature: what only the issuer itself could make."""
    if isinstance(content, dict):
        content = json.dumps(content)
    if isinstance(content, str):
        press = zlib.compressobj(level=9, wbits=-15)
        content = press.compress(content.encode()) + press.flush()
    if header is None:
        header = {"zip": "DEF", "alg": "ES256", "kid": key.key_id}
    text = header if isinstance(header, str) else json.dumps(header)
    base = f"{encode(text.encode())}.{encode(content)}"
    return to_shc(f"{base}.{encode(key.sign(base.encode()))}")
