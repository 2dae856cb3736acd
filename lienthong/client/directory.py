"""Fetching the gateway's public keys: an act of trust, done once and on purpose.

Whoever answers this call can sign every later answer. So it goes over verified
HTTPS, or to this machine itself, and the thumbprints should be compared with
those that VSS publishes by another channel.
"""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from lienthong.certificate import KEYS_PATH, CertificateKeys, KeysRefused
from lienthong.client.config import parse_gateway_keys, tls_context
from lienthong.client.errors import NotConfigured, Unavailable
from lienthong.signing import KEY_DIRECTORY_PATH, PublicKey


def fetch_gateway_keys(
    gateway: str, *, ca: Path | None = None, transport: httpx.BaseTransport | None = None
) -> tuple[bytes, dict[str, PublicKey]]:
    """The directory as it stands and the keys in it by thumbprint.

    Raises NotConfigured when the address is neither HTTPS nor this machine or the
    directory is not readable, Unavailable when it cannot be reached.
    """
    content = _fetched(gateway, KEY_DIRECTORY_PATH, ca, transport)
    return content, parse_gateway_keys(content)


def fetch_certificate_keys(
    gateway: str, *, ca: Path | None = None, transport: httpx.BaseTransport | None = None
) -> tuple[bytes, CertificateKeys]:
    """The public keys of certificates as published, and read. Raises as :func:`fetch_gateway_keys`.

    Whoever answers this call can certify cards: the same care as with the gateway's own keys.
    """
    content = _fetched(gateway, KEYS_PATH, ca, transport)
    try:
        return content, CertificateKeys.parse(content)
    except KeysRefused as error:
        raise NotConfigured(f"{gateway}{KEYS_PATH}: {error}") from error


def _fetched(gateway: str, path: str, ca: Path | None, transport: httpx.BaseTransport | None) -> bytes:
    if not trusted_channel(gateway):
        raise NotConfigured(f"{gateway}: keys are fetched over https only (or from this machine itself)")
    try:
        with httpx.Client(timeout=10, transport=transport, verify=tls_context(ca), trust_env=False) as http:
            response = http.get(gateway.rstrip("/") + path)
            response.raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(f"{gateway}{path}: {error}") from error
    return response.content


def trusted_channel(url: str) -> bool:
    """HTTPS, or a connection that never leaves this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
