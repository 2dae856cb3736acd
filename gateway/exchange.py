"""One request and its answer on the way through the gateway.

Filled in from top to bottom as the checks succeed; whatever is filled in when a
request is refused ends in its audit entry.
"""

from dataclasses import dataclass, field

from gateway.faces import Dialect, Translated
from gateway.routes import Route
from lienthong.agencies.registry import Agency, Grant, Key
from lienthong.signing import ParsedSignature, RequestView


@dataclass(slots=True, kw_only=True)
class Exchange:
    """``started`` is wall-clock seconds, ``deadline`` the loop's time, ``language`` "vi" or "en"."""

    request_id: str
    traceparent: str
    headers: dict[bytes, bytes]
    language: str
    started: float
    deadline: float
    route: Route | None = None
    # How the asker is spoken to, when not in the contract's own form; and what was asked in it.
    dialect: Dialect | None = None
    translated: Translated | None = None
    # The question in the contract's terms, once it has been read.
    question: object = None
    # Set once the request has been taken in whole.
    view: RequestView | None = None
    parsed: ParsedSignature | None = None
    # Only set once the signature holds.
    key: Key | None = None
    agency: Agency | None = None
    # The text that the agency signed, and the SHA-256 of its body.
    base: str | None = None
    digest: bytes | None = None
    spends_nonce: bool = False
    grant: Grant | None = None
    purpose: str | None = None
    # For a citizen who asks for her own data the pseudonym of her identifier, which is in ``citizen``.
    staff: str | None = None
    citizen: str | None = None
    idempotency_key: str | None = None
    legal_basis: str | None = None
    subjects_asked: list[str] = field(default_factory=list)
    # The pseudonyms of those asked about, where they are known already.
    pseudonyms: list[str] | None = None
    subjects_answered: list[int] = field(default_factory=list)
