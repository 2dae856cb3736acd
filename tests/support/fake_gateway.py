"""A gateway that listens: really verifies, really signs, and knows a few cards. It can go away and come back.

Held to the same contract as the real one: tests/support/gateway_contract.py.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lienthong.client import AgencyConfig
from lienthong.names import match_key
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
    parse_signature,
)

CHECK = "/v1/coverage:check"
CARD = {
    "cardCode": "DN4010100000017",
    "subjectCode": "DN",
    "benefitDigit": 4,
    "benefitPercent": 80,
    "validFrom": "2026-01-01",
    "validTo": "2027-12-31",
    "registeredFacility": {"code": "01001", "name": "BV", "level": "FACILITY_LEVEL_BASIC"},
    "status": "CARD_STATUS_ACTIVE",
}


class FakeGateway:
    """One agency may ask it; ``revoked`` cards are answered with 110."""

    def __init__(self, agency_key: PrivateKey) -> None:
        self.key = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)
        self.agency_key = agency_key
        self.revoked = False
        self._nonces: set[str] = set()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def authority(self) -> str:
        """Where it listens; the same after it came back."""
        return f"127.0.0.1:{self.port}"

    def config(self) -> AgencyConfig:
        """The agency that may ask."""
        return AgencyConfig(
            agency_id="hospital-test",
            gateway=f"http://{self.authority}",
            key=self.agency_key,
            gateway_keys={self.key.key_id: self.key.public},
            purpose="admission",
            staff="desk-1",
        )

    def start(self) -> None:
        """Listen."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Go away: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """Not there for the length of the block."""
        self.stop()
        yield
        self.start()

    def answer(self, view: RequestView) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and body for one request."""
        parsed = None
        try:
            parsed = parse_signature(view)
            check_signature(parsed, view, self.agency_key.public)
            check_digest(parsed, view)
            check_freshness(parsed, time.time())
            self._spend(parsed)
        except SignatureRefused as refused:
            return self._signed(view, parsed, 401, {"reason": refused.reason})
        if (view.method, view.path) != ("POST", CHECK):
            return self._signed(view, parsed, 404, {"reason": "not_found"})
        return self._signed(view, parsed, 200, self._coverage(json.loads(view.body)))

    def _spend(self, parsed: ParsedSignature) -> None:
        if parsed.nonce in self._nonces:
            raise SignatureRefused("replayed", "sent before")
        self._nonces.add(parsed.nonce)

    def _coverage(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["identifier"] not in {"001190000017", "0100000017", "DN4010100000017"}:
            return _told("050", covered=False, visit="05")
        if match_key(asked["fullName"]) != "TRAN THI HONG NHUNG":
            return _told("061", covered=False, visit="06")
        if asked["born"] not in {"1990-05-17", "1990"}:
            return _told("070", covered=False, visit="07")
        if self.revoked:
            return _told("110", covered=False, visit="09") | {
                "card": CARD | {"status": "CARD_STATUS_REVOKED"}
            }
        return _told("000", covered=True, visit="00") | {"card": CARD}

    def _signed(
        self, view: RequestView, parsed: ParsedSignature | None, status: int, document: dict[str, Any]
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        body = json.dumps(document).encode()
        signer = AnswerSigner(self.key, time.time)
        signed = signer.sign(
            status=status, content_type="application/json", body=body, view=view, parsed=parsed
        )
        return status, signed.headers, body


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], gateway: FakeGateway) -> None:
        self.gateway = gateway
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # no connection outlives the gateway

    def do_POST(self) -> None:
        """Answer."""
        server = self.server
        assert isinstance(server, _Server)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = [(n.lower().encode(), v.encode("latin-1")) for n, v in self.headers.items()]
        path, _, query = self.path.partition("?")
        view = RequestView("POST", "http", server.gateway.authority, path, query, headers, body)
        status, signed, answer = server.gateway.answer(view)
        self.send_response_only(status)
        for name, value in signed:
            self.send_header(name.decode(), value.decode("latin-1"))
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _told(code: str, *, covered: bool, visit: str) -> dict[str, Any]:
    return {
        "resultCode": code,
        "resultText": {"vi": "…", "en": "…"},
        "covered": covered,
        "visitCode": visit,
    }
