"""Names that only the gateway can read, and that are other ones for every agency.

A logical id stands in a URL, where no identifier of a person may stand. So an id
holds one encrypted with authentication (AES-SIV, RFC 5297): nobody else can read or
make one, and nothing of it is stored. The same thing has the same name for the same
agency (an id must not change, R4 2.27.1); another agency's name for it names nothing.
"""

import base64
import binascii
import re
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LOGICAL_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
"""What a FHIR id may be (R4 2.24.0.1)."""

_INFO: Final = b"lienthong FHIR names 1"


class NotOurs(Exception):
    """This name was not made here for this agency."""


class Names:
    """Seals and opens; ``secret`` is the gateway's, at least 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the secret needs 32 bytes")
        self._cipher = AESSIV(HKDF(SHA256(), 64, None, _INFO).derive(secret))

    def seal(self, plain: str, *context: str) -> str:
        """A name in the letters of a FHIR id, four for every three bytes of ``plain`` and 16 more."""
        sealed = self._cipher.encrypt(plain.encode(), [part.encode() for part in context])
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode().replace("_", ".")

    def open(self, name: str, *context: str) -> str:
        """What was sealed in the same context. Raises ``NotOurs`` for every other name."""
        text = name.replace(".", "_")
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(sealed, [part.encode() for part in context]).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise NotOurs from None
        # One thing, one name: not another spelling of the last letter's unused bits.
        if self.seal(plain, *context) != name:
            raise NotOurs
        return plain
