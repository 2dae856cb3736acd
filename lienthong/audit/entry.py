"""One entry of the access log, and the pseudonyms in it."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PSEUDONYM_BYTES = 16


@dataclass(slots=True, kw_only=True)
class AuditEntry:
    """Who asked for what, whose data it was and what was answered.

    ``nonce`` is set only when this entry spends it. ``day`` is the UTC day of the
    request's signed creation time, ISO format. ``outcome`` is "ok" or the refusal's
    reason; ``detail`` is for the auditor alone. Digests and signatures are base64.
    Field names are the columns of ``audit_entry``.
    """

    day: str
    request_id: str
    status: int
    outcome: str
    detail: str | None = None
    agency_id: str | None = None
    key_id: str | None = None
    nonce: str | None = None
    staff: str | None = None
    rpc: str | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    subjects_asked: list[str]
    subjects_answered: list[int]
    request_base: str | None = None
    request_signature: str | None = None
    request_digest: str | None = None
    answer_created: int
    answer_signature: str
    answer_digest: str


class Pseudonyms:
    """Keyed pseudonyms of personal identifiers, for the log.

    Whoever holds the key can find the entries about an identifier; whoever reads
    the log alone cannot list the identifiers (keyed BLAKE2b, RFC 7693, 128 bits:
    a tenth of the time of an HMAC, which counts at every request).
    """

    def __init__(self, key: bytes) -> None:
        if not 32 <= len(key) <= hashlib.blake2b.MAX_KEY_SIZE:
            raise ValueError("the pseudonym key needs 32 to 64 bytes")
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "Pseudonyms":
        """Read the key from a file of hexadecimal digits. Raises ``ValueError`` for anything else."""
        return cls(bytes.fromhex(path.read_text().strip()))

    def of(self, identifier: str) -> str:
        """The pseudonym; spaces and case of the identifier do not matter."""
        normal = "".join(identifier.split()).upper().encode()
        digest = hashlib.blake2b(normal, key=self._key, digest_size=_PSEUDONYM_BYTES).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def of_all(self, identifiers: Iterable[str]) -> list[str]:
        """The pseudonym of each identifier, in order."""
        return [self.of(identifier) for identifier in identifiers]
