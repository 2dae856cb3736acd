"""An agency's side of an answer: believes it only when it is the gateway's reply to this very request."""

import hashlib
from collections.abc import Mapping

from lienthong.signing.base import signature_base
from lienthong.signing.binding import ANSWER_TAG, answer_coverage
from lienthong.signing.digest import WrongDigest, check_content_digest
from lienthong.signing.errors import MALFORMED, AnswerRefused, SignatureRefused, Unusable
from lienthong.signing.fields import read_signature
from lienthong.signing.keys import PublicKey
from lienthong.signing.message import AnswerView, RawHeaders
from lienthong.signing.request import SignedRequest
from lienthong.signing.signature import SignatureFields


def verify_answer(
    directory: Mapping[str, PublicKey],
    *,
    status: int,
    headers: RawHeaders,
    body: bytes,
    request: SignedRequest,
) -> None:
    """Return if the answer is signed by a key of ``directory`` and bound to ``request``.

    ``headers`` as received, in any case of letters. Time is not looked at: the answer
    repeats a nonce that this request alone has. Raises AnswerRefused; ``unbound`` means
    that the gateway did sign these octets, but not as a reply to this request as it was
    sent, which is what the refusal of a request that was damaged on its way looks like.
    """
    view = AnswerView(status, headers)
    try:
        found = read_signature(view.values, ANSWER_TAG)
        base = signature_base(found.covered, found.params_text.encode("ascii"), view, request.view)
        _check_key(directory, found, base)
        _check_body(found, view, body)
    except (Unusable, SignatureRefused) as refused:
        raise AnswerRefused(refused.reason, refused.detail) from refused
    _check_binding(found, request)


def _check_key(directory: Mapping[str, PublicKey], found: SignatureFields, base: bytes) -> None:
    key = directory.get(found.key_id or "")
    if key is None:
        raise AnswerRefused("unknown_key", "the answer's key is not in the gateway's directory")
    if found.alg is not None and found.alg != key.algorithm:
        raise AnswerRefused("signature_invalid", "the algorithm is not that of the key")
    key.verify(found.signature, base)


def _check_body(found: SignatureFields, view: AnswerView, body: bytes) -> None:
    own = answer_coverage(None, digest=False, target=False).identifiers
    if not set(own) <= set(found.covered.identifiers):
        raise AnswerRefused("signature_invalid", "status, content-digest or content-type is not covered")
    if b"content-type" in view.values.doubled:
        raise AnswerRefused(MALFORMED, "content-type came twice")
    try:
        check_content_digest(view.values[b"content-digest"], body, hashlib.sha256(body).digest())
    except WrongDigest:
        raise AnswerRefused("digest_invalid", "the content-digest is not that of the body") from None


def _check_binding(found: SignatureFields, request: SignedRequest) -> None:
    """The request's nonce, target, digest and signature, each in its place."""
    due = answer_coverage(request.label, digest=b"content-digest" in request.view.values)
    if found.nonce != request.nonce or found.created is None:
        raise AnswerRefused("unbound", "the answer does not carry the nonce of the request")
    if not set(due.identifiers) <= set(found.covered.identifiers):
        raise AnswerRefused("unbound", "the answer does not cover the request and its signature")
