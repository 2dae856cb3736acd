"""The manifest of a delivery (bản kê): what is signed, and all that a reader needs to check the files."""

import re
from hashlib import sha256
from typing import Annotated, Final

import msgspec

from lienthong.deliveries.errors import DeliveryRefused, Reason

SCHEMA_VERSION: Final = 1
MOST_OCTETS: Final = 65_536
"""Of a manifest as it is read; one with two files has some 900."""
_MOST_FILES: Final = 16
_MANIFEST: Final = "manifest.json"
# Begins with a letter: no hidden file, no way out of the folder, no option of a command.
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,79}\.[a-z]{1,10}")

Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0)]


class ManifestFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One file: its length in octets, its SHA-256 in hexadecimal, and how many observations it holds."""

    name: str
    media_type: str
    octets: Count
    rows: Count
    sha256: Digest


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a delivery is.

    ``key`` is the subscription's, empty for every series; ``period`` a month, YYYY-MM; moments
    are RFC 3339 in UTC. ``sequence`` counts the deliveries of a subscription from 1, and
    ``previous`` is the SHA-256 of the manifest before, None of the first.
    """

    schema_version: int
    delivery_id: str
    subscription_id: str
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    agency_id: str
    dataflow: str
    version: str
    key: str
    period: str
    watermark: str
    created: str
    files: Annotated[list[ManifestFile], msgspec.Meta(min_length=1, max_length=_MOST_FILES)]
    previous: Digest | None


def written(manifest: Manifest) -> bytes:
    """The octets that are signed and kept: JSON, a member a line."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def read(octets: bytes, where: str = _MANIFEST) -> Manifest:
    """The manifest, once its signature holds. Raises DeliveryRefused ``malformed`` or ``name``."""
    try:
        manifest = msgspec.json.decode(octets, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DeliveryRefused(Reason.MALFORMED, where, str(error)) from error
    if manifest.schema_version != SCHEMA_VERSION:
        raise DeliveryRefused(Reason.MALFORMED, where, f"of version {manifest.schema_version}")
    if (manifest.previous is None) != (manifest.sequence == 1):
        raise DeliveryRefused(Reason.CHAIN, where, "the first one, and it alone, has none before it")
    names = [file.name for file in manifest.files]
    if len(set(map(str.casefold, names))) != len(names):
        raise DeliveryRefused(Reason.NAME, where, "a name stands twice")
    for name in names:
        check_name(name, where)
    return manifest


def check_name(name: str, where: str) -> None:
    """Refuse a name that could lead out of the folder or hide one of ours. Raises DeliveryRefused ``name``."""
    if not _NAME.fullmatch(name) or name.casefold().startswith("manifest."):
        raise DeliveryRefused(Reason.NAME, where, f"{name[:100]!r}")


def digest_of(octets: bytes) -> str:
    """SHA-256 in hexadecimal, as ``sha256sum`` prints it."""
    return sha256(octets).hexdigest()
