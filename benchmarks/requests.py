"""Signed requests by the tens of thousands, each with a nonce of its own.

``lienthong.signing.prepare_request`` signs any request; this signs one kind of
request and leaves out what is the same in all of them, because the load generator
shares the cores with what it measures. The first request made is read back with
the gateway's own checks, so that the two cannot drift apart.
"""

import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from deploy.nation.sampling import SampledPerson
from lienthong.client import AgencyConfig
from lienthong.signing import (
    RequestView,
    SignedRequest,
    check_digest,
    check_freshness,
    check_signature,
    parse_signature,
)
from lienthong.signing.request import LABEL

PATH = "/v1/coverage:check"
LIFETIME = 300
_NONCE_OCTETS = 18
_COVERED = '("@method" "@authority" "@path" "@query" "content-digest" "content-type" "purpose" "staff")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked, as often as wanted: one path, and bodies that take turns."""

    bodies: Sequence[bytes]
    path: str = PATH
    media_type: str = "application/json"


def coverage_checks(people: Sequence[SampledPerson], visit: Mapping[str, Any] | None = None) -> Asked:
    """The admission desk's question about each of ``people``, with what she comes for or without."""
    more = {} if visit is None else {"visit": visit}
    bodies = [
        {"identifier": person.identifier, "fullName": person.full_name, "born": person.born, **more}
        for person in people
    ]
    return Asked(bodies=[json.dumps(body, ensure_ascii=False).encode() for body in bodies])


class RequestMaker:
    """Makes requests of one agency to one gateway."""

    def __init__(self, config: AgencyConfig, authority: str, asked: Asked) -> None:
        self._config = config
        self._authority = authority
        self._asked = asked
        self._bodies = cycle([self._parts(body) for body in asked.bodies])

    def make(self, count: int, *, created: int) -> list[bytes]:
        """``count`` requests as they go over the wire. ``created`` is in seconds since 1970.

        Raises ``lienthong.signing.SignatureRefused`` if the gateway would not take them.
        """
        sign, token = self._config.key.sign, secrets.token_urlsafe
        before = f"{_COVERED};created={created};expires={created + LIFETIME};nonce=".encode()
        after = f';keyid="{self._config.key.key_id}";tag="lienthong-request"'.encode()
        made = []
        for base, head, body in islice(self._bodies, count):
            params = b'%b"%b"%b' % (before, token(_NONCE_OCTETS).encode(), after)
            signature = binascii.b2a_base64(sign(base + params), newline=False)
            made.append(head % (params, signature) + body)
        if made:
            self._check(made[0], created)
        return made

    def signed(self, raw: bytes) -> SignedRequest:
        """The request as its answer must name it."""
        view = self._view(raw)
        parsed = parse_signature(view)
        described, member = view.values[b"signature-input"], view.values[b"signature"]
        view.values[b"signature-input", LABEL] = described.removeprefix(f"{LABEL}=".encode())
        view.values[b"signature", LABEL] = member.removeprefix(f"{LABEL}=".encode())
        return SignedRequest({}, view, LABEL, parsed.nonce)

    def _parts(self, body: bytes) -> tuple[bytes, bytes, bytes]:
        """What does not change for a body: the base up to the parameters, the head, the body."""
        path = self._asked.path
        digest = f"sha-256=:{binascii.b2a_base64(hashlib.sha256(body).digest(), newline=False).decode()}:"
        headers = {
            "content-digest": digest,
            "content-type": self._asked.media_type,
            "purpose": self._config.purpose,
            "staff": self._config.staff,
        }
        target = {"@method": "POST", "@authority": self._authority, "@path": path, "@query": "?"}
        base = "".join(f'"{name}": {value}\n' for name, value in (target | headers).items())
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).replace("%", "%%")
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self._authority}\r\ncontent-length: {len(body)}\r\n{lines}"
            f"signature-input: {LABEL}=%b\r\nsignature: {LABEL}=:%b:\r\n\r\n"
        )
        return f'{base}"@signature-params": '.encode("ascii"), head.encode("ascii"), body

    def _view(self, raw: bytes) -> RequestView:
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
        headers = [(name, value) for name, _, value in lines]
        return RequestView("POST", "http", self._authority, self._asked.path, "", headers, body)

    def _check(self, raw: bytes, now: float) -> None:
        view = self._view(raw)
        parsed = parse_signature(view)
        check_signature(parsed, view, self._config.key.public)
        check_digest(parsed, view)
        check_freshness(parsed, now)
