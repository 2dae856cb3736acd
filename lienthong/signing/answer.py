"""The gateway's side of an answer: signs it together with the request that it answers."""

import binascii
import hashlib
from collections.abc import Callable
from typing import NamedTuple

from lienthong.signing.base import filled
from lienthong.signing.binding import ANSWER_TAG, answer_coverage
from lienthong.signing.covered import Covered
from lienthong.signing.digest import content_digest
from lienthong.signing.errors import CannotSign, Unusable
from lienthong.signing.keys import PrivateKey
from lienthong.signing.message import RequestView
from lienthong.signing.profile import ParsedSignature

LABEL = b"lienthong"


class SignedAnswer(NamedTuple):
    """``headers`` to send: content-type, content-digest, signature-input and signature.

    ``digest`` is the SHA-256 of the body, ``signature`` the octets of the signature and
    ``created`` its time in seconds since 1970, all for the audit entry.
    """

    headers: list[tuple[bytes, bytes]]
    digest: bytes
    signature: bytes
    created: int


class AnswerSigner:
    """Signs every answer of one gateway process, refusals included."""

    __slots__ = ("_clock", "_key", "_keyid")

    def __init__(self, key: PrivateKey, clock: Callable[[], float]) -> None:
        self._key = key
        self._clock = clock
        self._keyid = f';keyid="{key.key_id}"'

    def sign(
        self,
        *,
        status: int,
        content_type: str,
        body: bytes,
        view: RequestView | None,
        parsed: ParsedSignature | None,
    ) -> SignedAnswer:
        """The headers that prove this answer to this request.

        ``parsed`` is None when the request's signature could not be read, ``view`` when
        not even the request could. What a request says in octets that no signature can
        carry is left out: such a request is refused anyway. Raises CannotSign for a
        ``content_type`` that is no header value.
        """
        digest = hashlib.sha256(body).digest()
        stated, kind = content_digest(digest), content_type.encode("utf-8")
        own = (b"%d" % status, stated, kind)
        created = int(self._clock())
        try:
            covered, parts = _coverage(view, parsed)
            params, base = self._base(covered, own + parts, created, parsed)
        except Unusable:
            params, base = self._alone(own, created)
        signature = self._key.sign(base)
        signed = b"%b=:%b:" % (LABEL, binascii.b2a_base64(signature, newline=False))
        headers = [
            (b"content-type", kind),
            (b"content-digest", stated),
            (b"signature-input", b"%b=%b" % (LABEL, params)),
            (b"signature", signed),
        ]
        return SignedAnswer(headers, digest, signature, created)

    def _base(
        self, covered: Covered, parts: tuple[bytes, ...], created: int, parsed: ParsedSignature | None
    ) -> tuple[bytes, bytes]:
        nonce = "" if parsed is None else f';nonce="{parsed.nonce}"'
        params = f'{covered.text};created={created}{self._keyid}{nonce};tag="{ANSWER_TAG}"'.encode("ascii")
        return params, filled(covered, parts, params)

    def _alone(self, own: tuple[bytes, ...], created: int) -> tuple[bytes, bytes]:
        """The answer by itself, bound to no request."""
        try:
            return self._base(answer_coverage(None, digest=False, target=False), own, created, None)
        except Unusable as unusable:
            raise CannotSign(unusable.reason, unusable.detail) from unusable


def _coverage(view: RequestView | None, parsed: ParsedSignature | None) -> tuple[Covered, tuple[bytes, ...]]:
    """What of the request is covered, and the values in the order of ``answer_coverage``."""
    if view is None:
        return answer_coverage(None, digest=False, target=False), ()
    values = view.values
    parts: tuple[bytes, ...] = (values["@method"], values["@path"], values["@query"])
    stated = values.get(b"content-digest")
    if stated is not None:
        parts += (stated,)
    if parsed is None:
        return answer_coverage(None, digest=stated is not None), parts
    member = b":%b:" % binascii.b2a_base64(parsed.signature, newline=False)
    parts += (member, parsed.params_text.encode("ascii"))
    return answer_coverage(parsed.label, digest=stated is not None), parts
