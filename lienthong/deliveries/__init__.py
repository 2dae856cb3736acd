"""Deliveries of statistics as they are kept and checked: a folder with files, a manifest and its signature.

    from lienthong.deliveries import verify

    for one in verify(Path("october"), keys):            # the gateway's public keys, by their thumbprint
        print(one.manifest.dataflow, one.manifest.period, one.manifest.watermark)

    manifest.json          what the delivery is, its files with their digests, the digest of the one before
    manifest.json.jws      the signature over exactly these octets (JWS, ES256, detached; RFC 7515 appendix F)
    DF_…-2026-10.csv       the files

Nothing here touches a network. What cannot be relied on raises, and names the file:

    DeliveryRefused        reason says why, text says it in Vietnamese and English
"""

from lienthong.deliveries.errors import DeliveryRefused, Reason
from lienthong.deliveries.folder import MANIFEST, SIGNATURE, write
from lienthong.deliveries.manifest import Manifest, ManifestFile, digest_of, read, written
from lienthong.deliveries.signing import check, sign
from lienthong.deliveries.verification import Verified, verify

__all__ = [
    "MANIFEST",
    "SIGNATURE",
    "DeliveryRefused",
    "Manifest",
    "ManifestFile",
    "Reason",
    "Verified",
    "check",
    "digest_of",
    "read",
    "sign",
    "verify",
    "write",
    "written",
]
