"""What the tests of signing share: keys, the RFC's examples, and requests signed by hand.

``by_hand`` knows nothing of the code under test: it writes a signature base line by
line from the text of RFC 9421, so that two mistakes would have to agree.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from lienthong.signing import (
    Algorithm,
    ParsedSignature,
    PrivateKey,
    RequestView,
    SignedRequest,
    check_digest,
    check_freshness,
    check_signature,
    parse_signature,
    prepare_request,
)

NOW = 1_780_000_000
NONCE = "bm9uY2Ugb2YgMTI4IGJpdHMh"
AUTHORITY = "gateway.example"
BODY = b'{"identifier":"DN4010100000017"}'
COVERED = ("@method", "@authority", "@path", "@query", "content-digest", "content-type", "purpose", "staff")
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "rfc9421.json").read_text(encoding="utf-8"))


def key(algorithm: Algorithm = Algorithm.ED25519, number: int = 0) -> PrivateKey:
    """One of the keys of this run; the same algorithm and number give the same key."""
    return _key(algorithm, number)


@cache
def _key(algorithm: Algorithm, _number: int) -> PrivateKey:
    return PrivateKey.generate(algorithm)


def digest_of(body: bytes, name: str = "sha-256") -> str:
    """A Content-Digest value."""
    digest = hashlib.new(name.replace("-", ""), body).digest()
    return f"{name}=:{base64.b64encode(digest).decode()}:"


@dataclass(frozen=True)
class Draft:
    """A request that can be changed piece by piece, before or after it is signed."""

    method: str = "POST"
    scheme: str = "https"
    authority: str = AUTHORITY
    path: str = "/v1/coverage:check"
    query: str = ""
    fields: tuple[tuple[str, str], ...] = (
        ("content-type", "application/json"),
        ("content-digest", digest_of(BODY)),
        ("purpose", "admission"),
        ("staff", "BS-00123"),
    )
    body: bytes = BODY

    def with_(self, **changes: Any) -> "Draft":
        """The same with other parts."""
        return replace(self, **changes)

    def field(self, name: str, *values: str) -> "Draft":
        """The same with this field set to these values, one line each; none removes it."""
        others = tuple(pair for pair in self.fields if pair[0] != name)
        return self.with_(fields=(*others, *((name, value) for value in values)))

    def one(self, name: str) -> str:
        """The value of a field that is there once."""
        (value,) = [found for other, found in self.fields if other == name]
        return value

    @property
    def view(self) -> RequestView:
        """As the gateway receives it."""
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.fields]
        return RequestView(self.method, self.scheme, self.authority, self.path, self.query, raw, self.body)


def listed(names: Sequence[str]) -> str:
    """An inner list of plain components."""
    return "(" + " ".join(f'"{name}"' for name in names) + ")"


def by_hand(
    draft: Draft,
    signer: PrivateKey,
    names: Sequence[str] = COVERED,
    *,
    label: str = "sig1",
    params: Mapping[str, object] | None = None,
    left_out: str = "",
    **changed: object,
) -> Draft:
    """Sign over these components; parameters are changed by name."""
    usual: dict[str, object] = {
        "created": NOW,
        "expires": NOW + 60,
        "nonce": NONCE,
        "keyid": signer.key_id,
        "tag": "lienthong-request",
    }
    settled = {
        name: value
        for name, value in (params or (usual | changed)).items()
        if value is not None and name != left_out
    }
    text = listed(names) + "".join(
        f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"'
        for name, value in settled.items()
    )
    lines = [f'"{name}": {_value(draft, name)}' for name in names] + [f'"@signature-params": {text}']
    signature = base64.b64encode(signer.sign("\n".join(lines).encode("ascii"))).decode()
    return draft.field("signature-input", f"{label}={text}").field("signature", f"{label}=:{signature}:")


def _value(draft: Draft, name: str) -> str:
    derived = {
        "@method": draft.method,
        "@authority": draft.authority,
        "@scheme": draft.scheme,
        "@path": draft.path,
        "@query": "?" + draft.query,
        "@target-uri": f"{draft.scheme}://{draft.authority}{draft.path}"
        + (f"?{draft.query}" if draft.query else ""),
    }
    if name in derived:
        return derived[name]
    return ", ".join(value.strip(" \t") for other, value in draft.fields if other == name)


def accept(draft: Draft, signer: PrivateKey, now: float = NOW) -> ParsedSignature:
    """All checks in the gateway's order; returns what was found, or raises SignatureRefused."""
    view = draft.view
    parsed = parse_signature(view)
    check_signature(parsed, view, signer.public)
    check_digest(parsed, view)
    check_freshness(parsed, now)
    return parsed


def prepared(signer: PrivateKey, **changes: Any) -> SignedRequest:
    """A request signed by our own client."""
    settings: dict[str, Any] = {
        "method": "POST",
        "url": f"https://{AUTHORITY}/v1/coverage:check?lang=vi",
        "headers": {"Content-Type": "application/json", "Purpose": "admission", "Staff": "BS-00123"},
        "body": BODY,
        "created": NOW,
    }
    return prepare_request(signer, **(settings | changes))
