"""Raw HTTP to the gateway: requests signed by the house's own code, by hand, or not at all.

``by_hand`` writes a signature base from the RFC's rules alone, so that a request can
leave out or say wrongly what the house's own signer never would.
"""

import base64
import hashlib
import json
import re
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from lienthong.client import AgencyConfig
from lienthong.signing import (
    AnswerRefused,
    PublicKey,
    RequestView,
    SignatureRefused,
    SignedRequest,
    parse_signature,
    prepare_request,
    verify_answer,
)

TIMEOUT_S = 15.0
CHECK, VERIFY, BATCH = "/v1/coverage:check", "/v1/identity:verify", "/v1/coverage:batchCheck"
MONTHS, AUDIT, GET = "/v1/contributions:listMonths", "/v1/audit:listEntries", "/v1/coverage:get"
NHUNG = {"identifier": "001190000017", "fullName": "Trần Thị Hồng Nhung", "born": "1990-05-17"}
LABEL = "sig"
COVERED = ("@method", "@authority", "@path", "@query", "content-digest", "content-type", "purpose", "staff")

_PERSONAL = re.compile(r'"(?:identifier|fullName|full_name|born)"\s*:\s*"([^"\\]{8,})')
sent_about_people: set[str] = set()
"""Every name, identifier and date of birth that was sent, for the search through the logs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, or an empty text."""
        values = [value for key, value in self.headers if key.lower() == name.encode()]
        return values[0].decode("latin-1") if values else ""

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """The problem's stable reason, or "ok"."""
        return str(self.document["reason"]) if self.status >= 400 else "ok"

    @property
    def fields(self) -> list[str]:
        """The paths of the fields that were wrong."""
        return [error["field"] for error in self.document.get("errors", [])]

    @property
    def request_id(self) -> str:
        """What the gateway calls this request."""
        return self.header("x-request-id")


@dataclass(frozen=True, slots=True)
class Raw:
    """A request, octet by octet; header names in lower case."""

    authority: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    chunked: bool = False
    signed: SignedRequest | None = field(default=None, compare=False)

    def but(self, **headers: str | None) -> "Raw":
        """The same with other headers (``_`` for ``-``); None leaves one out."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = [(n, v) for n, v in self.headers if n not in changed]
        return replace(self, headers=(*kept, *((n, v) for n, v in changed.items() if v is not None)))

    def also(self, *headers: tuple[str, str]) -> "Raw":
        """The same with more header lines."""
        return replace(self, headers=(*self.headers, *headers))

    def wire(self) -> bytes:
        """As sent."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"host: {self.authority}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            lines.append("transfer-encoding: chunked")
            half = len(self.body) // 2 or 1
            parts = [part for part in (self.body[:half], self.body[half:]) if part]
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        else:
            if "content-length" not in dict(self.headers) and (self.body or self.method == "POST"):
                lines.append(f"content-length: {len(self.body)}")
            body = self.body
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def view(self) -> RequestView:
        """As the gateway sees it."""
        path, _, query = self.target.partition("?")
        headers = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in self.headers]
        return RequestView(self.method, "http", self.authority, path, query, headers, self.body)


class Connection:
    """One connection, kept alive: all its requests meet the same worker."""

    def __init__(self, gateway: str) -> None:
        host, _, port = urlsplit(gateway).netloc.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, octets: bytes, method: str = "POST") -> Answer:
        """One request and its answer. Raises OSError or http.client.HTTPException when the connection breaks."""
        text = octets.decode("utf-8", "replace")
        sent_about_people.update(_PERSONAL.findall(text))
        self.socket.sendall(octets)
        return self.receive(method)

    def receive(self, method: str = "POST") -> Answer:
        """The answer to what was sent over ``socket``."""
        response = HTTPResponse(self.socket, method=method)
        response.begin()
        body = response.read()
        headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in response.getheaders()]
        return Answer(response.status, headers, body)


@dataclass(frozen=True, slots=True)
class Sender:
    """An agency at its desk."""

    config: AgencyConfig

    @classmethod
    def load(cls, folder: Path) -> "Sender":
        """The agency of a folder."""
        return cls(AgencyConfig.load(folder))

    @property
    def authority(self) -> str:
        """Of the gateway."""
        return urlsplit(self.config.gateway).netloc

    def usual_headers(self, **headers: str | None) -> dict[str, str]:
        """Content type, purpose and staff; None leaves one out."""
        usual: dict[str, str | None] = {
            "content-type": "application/json",
            "purpose": self.config.purpose,
            "staff": self.config.staff,
        }
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        return {name: value for name, value in usual.items() if value is not None}

    def sign(
        self,
        path: str,
        content: object,
        *,
        method: str = "POST",
        created: int | None = None,
        lifetime: int = 60,
        **headers: str | None,
    ) -> Raw:
        """A correct request. ``content`` is JSON to be, or the octets of the body."""
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        usual = self.usual_headers(**headers)
        signed = prepare_request(
            self.config.key,
            method=method,
            url=self.config.gateway + path,
            headers=usual,
            body=body,
            created=int(time.time()) if created is None else created,
            lifetime=lifetime,
        )
        return Raw(
            self.authority, method, path, (*usual.items(), *signed.headers.items()), body, signed=signed
        )

    def by_hand(
        self,
        path: str,
        content: object,
        *,
        covered: Sequence[str] = COVERED,
        params: Mapping[str, int | str | None] | None = None,
        **headers: str | None,
    ) -> Raw:
        """A request whose covered components and parameters the test names; None leaves one out."""
        body = json.dumps(content, ensure_ascii=False).encode()
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        usual = self.usual_headers(**headers) | {"content-digest": f"sha-256=:{digest}:"}
        now = int(time.time())
        values: dict[str, int | str | None] = {
            "created": now,
            "expires": now + 60,
            "nonce": secrets.token_urlsafe(18),
            "keyid": self.config.key.key_id,
            "tag": "lienthong-request",
        }
        values |= params or {}
        listed = " ".join(f'"{name}"' for name in covered)
        text = f"({listed})" + "".join(_parameter(n, v) for n, v in values.items() if v is not None)
        plain, _, query = path.partition("?")
        derived = {
            "@method": "POST", "@authority": self.authority, "@path": plain, "@query": f"?{query}",
        }  # fmt: skip
        lines = [f'"{name}": {(derived | usual)[name]}' for name in covered]
        base = "\n".join([*lines, f'"@signature-params": {text}'])
        signature = base64.b64encode(self.config.key.sign(base.encode())).decode()
        more = {"signature-input": f"{LABEL}={text}", "signature": f"{LABEL}=:{signature}:"}
        return Raw(self.authority, "POST", path, (*usual.items(), *more.items()), body)

    def send(self, raw: Raw) -> Answer:
        """The answer, over a connection of its own; its signature is checked."""
        with Connection(self.config.gateway) as connection:
            answer = connection.send(raw.wire(), raw.method)
        self.believe(raw, answer)
        return answer

    def ask(self, path: str, content: object, **headers: str | None) -> Answer:
        """Sign and send."""
        return self.send(self.sign(path, content, **headers))

    def believe(self, raw: Raw, answer: Answer) -> None:
        """Raise AnswerRefused unless the gateway signed this, as the answer to ``raw`` as it was sent."""
        believe(self.config.gateway_keys, raw, answer)


def believe(keys: Mapping[str, PublicKey], raw: Raw, answer: Answer) -> None:
    """As :meth:`Sender.believe`. A request whose signature cannot be read gets an answer bound to none."""
    view = raw.view()
    try:
        parsed = parse_signature(view)
    except SignatureRefused:
        parsed = None
    if parsed is None:
        stated = SignedRequest({}, view, LABEL, "")
    else:
        member = f":{base64.b64encode(parsed.signature).decode()}:"
        view.values[b"signature", parsed.label] = member.encode()
        view.values[b"signature-input", parsed.label] = parsed.params_text.encode()
        stated = SignedRequest({}, view, parsed.label, parsed.nonce)
    try:
        verify_answer(keys, status=answer.status, headers=answer.headers, body=answer.body, request=stated)
    except AnswerRefused as refused:
        # What is over the caps is refused before its signature is looked at.
        readable = parsed is not None and answer.status not in {413, 431}
        if readable or refused.reason != "unbound":
            raise


def _parameter(name: str, value: int | str) -> str:
    return f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"'
