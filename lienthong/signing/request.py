"""An agency's side: signs a request so that nothing of it is left uncovered."""

import binascii
import hashlib
import secrets
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from lienthong.signing.base import signature_base
from lienthong.signing.covered import Component, Covered
from lienthong.signing.digest import content_digest
from lienthong.signing.errors import CannotSign, Unusable
from lienthong.signing.keys import PrivateKey
from lienthong.signing.message import OUR_FIELDS, RequestView
from lienthong.signing.nonce import long_enough
from lienthong.signing.profile import MAX_LIFETIME, REQUEST_TAG

LABEL = "lienthong"

_TARGET = ("@method", "@authority", "@path", "@query")
_NONCE_OCTETS = 18
# If-None-Match too: the gateway heeds it only when it is covered.
_ALSO = (*OUR_FIELDS, b"if-none-match")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that was signed, as far as its answer must name it.

    ``headers`` are those to add: content-digest when there is a body, signature-input
    and signature. ``view`` is the request as the gateway will receive it.
    """

    headers: dict[str, str]
    view: RequestView
    label: str
    nonce: str


def sign_request(  # noqa: PLR0913  the parts of a request
    key: PrivateKey,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    created: int,
    lifetime: int = 60,
    nonce: str | None = None,
) -> dict[str, str]:
    """The headers to add to a request; see ``prepare_request``, which also helps with the answer."""
    return prepare_request(
        key,
        method=method,
        url=url,
        headers=headers,
        body=body,
        created=created,
        lifetime=lifetime,
        nonce=nonce,
    ).headers


def prepare_request(  # noqa: PLR0913  the parts of a request
    key: PrivateKey,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    created: int,
    lifetime: int = 60,
    nonce: str | None = None,
    tag: str = REQUEST_TAG,
) -> SignedRequest:
    """Sign a request over its method, target, body and every header of ours that it carries.

    ``url`` is absolute and encoded, exactly as it will be sent; ``headers`` are those
    that will be sent, in any case of letters; ``created`` is in seconds since 1970 and
    ``lifetime`` in seconds; ``nonce`` is made at random when left out; ``tag`` says what
    the signature is for, WEBHOOK_TAG where the gateway tells an agency something. Send
    what comes back, and nothing else, in addition. Raises CannotSign.
    """
    nonce = secrets.token_urlsafe(_NONCE_OCTETS) if nonce is None else nonce
    if not 0 < lifetime <= MAX_LIFETIME or created <= 0 or not long_enough(nonce):
        raise CannotSign("parameters", "a life of 1 to 300 s, a time after 1970, a nonce of 128 bits or more")
    added = _digest_header(headers, body)
    view = _as_received(method, url, {**headers, **added}, body)
    covered = Covered(tuple(map(Component, _names(view))))
    params = (
        f'{covered.text};created={created};expires={created + lifetime};nonce="{nonce}"'
        f';keyid="{key.key_id}";tag="{tag}"'
    )
    try:
        signature = key.sign(signature_base(covered, params.encode("ascii"), view))
    except Unusable as unusable:
        raise CannotSign(unusable.reason, unusable.detail) from unusable
    member = f":{binascii.b2a_base64(signature, newline=False).decode('ascii')}:"
    added |= {"signature-input": f"{LABEL}={params}", "signature": f"{LABEL}={member}"}
    sent = _as_received(method, url, {**headers, **added}, body)
    sent.values[b"signature", LABEL] = member.encode("ascii")
    sent.values[b"signature-input", LABEL] = params.encode("ascii")
    return SignedRequest(added, sent, LABEL, nonce)


def _digest_header(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    names = [name.lower() for name in headers]
    if len(set(names)) != len(names) or {"content-digest", "signature", "signature-input"} & set(names):
        raise CannotSign("headers", "a header stands there twice, or is one that signing adds")
    if body and "content-type" not in names:
        raise CannotSign("headers", "a body needs a content-type")
    return {"content-digest": content_digest(hashlib.sha256(body).digest()).decode("ascii")} if body else {}


def _as_received(method: str, url: str, headers: Mapping[str, str], body: bytes) -> RequestView:
    """The request in the form that the gateway sees."""
    try:
        parts = urllib.parse.urlsplit(url)
        raw = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    except ValueError as wrong:
        raise CannotSign("malformed", "the URL or a header is not plain ASCII") from wrong
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise CannotSign("url", "an absolute http(s) URL without user name and fragment is needed")
    if not method.isupper() or not url.isascii() or not url.isprintable() or " " in url:
        raise CannotSign("url", "the method is in capitals; the URL is percent-encoded")
    return RequestView(method, parts.scheme, parts.netloc, parts.path, parts.query, raw, body)


def _names(view: RequestView) -> list[str]:
    """What to cover: all that this request has of what the profile asks for."""
    body = ("content-digest", "content-type") if view.body else ()
    return [*_TARGET, *body, *(name.decode("ascii") for name in _ALSO if name in view.values)]
