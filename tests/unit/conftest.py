"""A gateway in process: it really verifies requests and really signs answers."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from lienthong.client import AgencyConfig
from lienthong.signing import (
    Algorithm,
    AnswerSigner,
    ParsedSignature,
    PrivateKey,
    RequestView,
    SignatureRefused,
    check_digest,
    check_freshness,
    check_signature,
    key_directory,
    parse_signature,
)
from tests.support.silence import silence

AUTHORITY = "gateway.test"
Reaction: TypeAlias = "Callable[[RequestView], httpx.Response | tuple[int, Any, dict[str, str]]]"


@dataclass
class StubGateway:
    """Answers with ``reactions`` in turn (the last one for ever), signed; keeps what it received."""

    agency_key: PrivateKey
    key: PrivateKey = field(default_factory=lambda: PrivateKey.generate(Algorithm.ED25519))
    reactions: list[Reaction] = field(default_factory=list)
    received: list[RequestView] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)
    spoil: Callable[[httpx.Response], httpx.Response] = lambda response: response

    def handle(self, request: httpx.Request) -> httpx.Response:
        """One request, as ASGI would show it."""
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        path, _, query = request.url.raw_path.decode().partition("?")
        view = RequestView(
            request.method, request.url.scheme, AUTHORITY, path, query, headers, request.read()
        )
        if path.startswith("/.well-known/"):
            return httpx.Response(200, json=key_directory([self.key.public]))
        self.received.append(view)
        parsed = None
        try:
            parsed = parse_signature(view)
            check_signature(parsed, view, self.agency_key.public)
            check_digest(parsed, view)
            check_freshness(parsed, time.time())
        except SignatureRefused as refused:
            return self._signed(view, parsed, 401, {"reason": refused.reason, "title": refused.detail})
        if parsed.nonce in self.nonces:
            return self._signed(view, parsed, 401, {"reason": "replayed", "title": "sent before"})
        self.nonces.append(parsed.nonce)
        reaction = self.reactions.pop(0) if len(self.reactions) > 1 else self.reactions[0]
        outcome = reaction(view)
        if isinstance(outcome, httpx.Response):
            return outcome
        status, document, extra = outcome
        return self.spoil(self._signed(view, parsed, status, document, extra))

    def _signed(
        self,
        view: RequestView,
        parsed: ParsedSignature | None,
        status: int,
        document: object,
        extra: dict[str, str] | None = None,
    ) -> httpx.Response:
        # Octets are a document that is not JSON: an error of SDMX.
        octets = isinstance(document, bytes)
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        signer = AnswerSigner(self.key, time.time)
        signed = signer.sign(
            status=status,
            content_type="application/xml" if octets else "application/json",
            body=body,
            view=view,
            parsed=parsed,
        )
        more = {"x-request-id": f"request-{len(self.received)}", **(extra or {})}
        headers = [*signed.headers, *((k.encode(), v.encode()) for k, v in more.items())]
        return httpx.Response(status, headers=headers, content=body)


@pytest.fixture(scope="session", autouse=True)
def _no_logs() -> None:
    silence()


@pytest.fixture
def agency_key() -> PrivateKey:
    """The agency's key."""
    return PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)


@pytest.fixture
def stub_gateway(agency_key: PrivateKey) -> StubGateway:
    """A gateway that knows the agency's key."""
    return StubGateway(agency_key)


@pytest.fixture
def agency_config(agency_key: PrivateKey, stub_gateway: StubGateway) -> AgencyConfig:
    """An agency that has pinned the stub's key."""
    return AgencyConfig(
        agency_id="hospital-demo",
        gateway=f"https://{AUTHORITY}",
        key=agency_key,
        gateway_keys={stub_gateway.key.key_id: stub_gateway.key.public},
        purpose="admission",
        staff="desk-1",
    )


@pytest.fixture
def agency_folder(tmp_path: Path, agency_key: PrivateKey, stub_gateway: StubGateway) -> Path:
    """The same agency as a folder."""
    (tmp_path / "key.pem").write_bytes(agency_key.to_pem())
    (tmp_path / "gateway-keys.json").write_text(json.dumps(key_directory([stub_gateway.key.public])))
    (tmp_path / "agency.toml").write_text(
        f'agency_id = "hospital-demo"\ngateway = "https://{AUTHORITY}/"\npurpose = "admission"\nstaff = "desk-1"\n'
    )
    return tmp_path
