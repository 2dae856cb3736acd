"""An agency's folder: who it is, where the gateway is, and whose signature it believes.

    agency.toml
        agency_id    = "hospital-demo"
        gateway      = "https://gateway.example"
        key          = "key.pem"             # the private key, mode 600
        gateway_keys = "gateway-keys.json"   # the gateway's pinned public keys (JWKS)
        purpose      = "admission"           # optional: the usual purpose
        staff        = "desk-1"              # optional: the usual named person
        ca           = "ca.pem"              # optional: for a private certificate authority

Paths are relative to the folder. The gateway's keys are pinned: they are fetched
only when :func:`lienthong.client.fetch_gateway_keys` is called on purpose.
"""

import os
import ssl
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from lienthong.client.errors import NotConfigured
from lienthong.signing import KeyRefused, PrivateKey, PublicKey, keys_of_directory

FILE = "agency.toml"
FOLDER_VARIABLE = "LIENTHONG_AGENCY"
_KNOWN = frozenset({"agency_id", "gateway", "key", "gateway_keys", "purpose", "staff", "ca"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyConfig:
    """What a client needs; read from a folder with :meth:`load`, or built by the caller."""

    agency_id: str
    gateway: str
    key: PrivateKey = field(repr=False)
    gateway_keys: dict[str, PublicKey] = field(repr=False)
    purpose: str = ""
    staff: str = ""
    ca: Path | None = None

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> "AgencyConfig":
        """Read ``agency.toml`` and the files that it names.

        Raises NotConfigured naming the file and what is wrong with it.
        """
        values = read_settings(Path(folder))
        base = Path(folder)
        ca = base / values["ca"] if "ca" in values else None
        return cls(
            agency_id=values["agency_id"],
            gateway=values["gateway"].rstrip("/"),
            key=_private_key(base / values.get("key", "key.pem")),
            gateway_keys=read_gateway_keys(base / values.get("gateway_keys", "gateway-keys.json")),
            purpose=values.get("purpose", ""),
            staff=os.environ.get("LIENTHONG_STAFF") or values.get("staff", ""),
            ca=ca,
        )


def read_settings(folder: Path) -> dict[str, str]:
    """The values of ``agency.toml`` as they stand. Raises NotConfigured."""
    path = folder / FILE
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NotConfigured(f"{path}: {error}") from error
    wrong = sorted(k for k, v in values.items() if k not in _KNOWN or not isinstance(v, str))
    missing = sorted({"agency_id", "gateway"} - values.keys())
    if wrong or missing:
        told = [f"{k} is not a setting of this file, or not a text" for k in wrong]
        raise NotConfigured(f"{path}: " + "; ".join([*told, *(f"{k} is missing" for k in missing)]))
    return values


def parse_gateway_keys(content: bytes) -> dict[str, PublicKey]:
    """The keys of a JWKS by their thumbprint. Raises NotConfigured when one is not readable."""
    try:
        keys = keys_of_directory(msgspec.json.decode(content))
    except (ValueError, RecursionError, KeyRefused) as error:  # a text that is not JSON is a ValueError too
        raise NotConfigured(f"this is not a set of the gateway's keys: {error}") from error
    if not keys:
        raise NotConfigured("the gateway's key set is empty")
    return keys


def read_gateway_keys(path: Path) -> dict[str, PublicKey]:
    """The pinned keys. Raises NotConfigured, saying how to pin when there are none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        hint = f"{path} is missing: pin the gateway's keys with `lienthong --agency {path.parent} keys --pin`"
        raise NotConfigured(hint) from error
    except OSError as error:
        raise NotConfigured(f"{path}: {error}") from error
    return parse_gateway_keys(content)


def _private_key(path: Path) -> PrivateKey:
    try:
        return PrivateKey.load(path)
    except (OSError, KeyRefused) as error:
        raise NotConfigured(f"{path}: {error}") from error


def tls_context(ca: Path | None) -> ssl.SSLContext:
    """Verified TLS: against the system's authorities, or only ``ca``. Raises NotConfigured."""
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise NotConfigured(f"{ca}: {error}") from error
