"""Our side and the package http-message-signatures understand each other, in both directions."""

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    MappingKeyResolver,
    algorithms,
)

from lienthong.signing import (
    Algorithm,
    AnswerSigner,
    PrivateKey,
    RequestView,
    SignedRequest,
    check_digest,
    check_freshness,
    check_signature,
    parse_signature,
    prepare_request,
    verify_answer,
)
from tests.unit.signing.support import AUTHORITY, BODY, COVERED, NONCE, key

CLASSES: dict[Algorithm, type[HTTPSignatureAlgorithm]] = {
    Algorithm.ED25519: algorithms.ED25519,
    Algorithm.ECDSA_P256_SHA256: algorithms.ECDSA_P256_SHA256,
    Algorithm.RSA_PSS_SHA512: algorithms.RSA_PSS_SHA512,
}
each = pytest.mark.parametrize("algorithm", Algorithm)


@dataclass
class TheirRequest:
    """A request as that package wants it."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass
class TheirAnswer:
    """An answer as that package wants it."""

    status_code: int
    request: TheirRequest
    headers: dict[str, str] = field(default_factory=dict)


def their_signer(signer: PrivateKey) -> HTTPMessageSigner:
    private = serialization.load_pem_private_key(signer.to_pem(), None)
    resolver = MappingKeyResolver(public_keys={}, private_keys={signer.key_id: private})  # type: ignore[dict-item]  # one of the three kinds
    return HTTPMessageSigner(signature_algorithm=CLASSES[signer.algorithm], key_resolver=resolver)


def their_verifier(signer: PrivateKey) -> HTTPMessageVerifier:
    resolver = MappingKeyResolver(public_keys={signer.key_id: signer.public.native}, private_keys={})
    return HTTPMessageVerifier(signature_algorithm=CLASSES[signer.algorithm], key_resolver=resolver)


def signed_by_them(signer: PrivateKey, components: tuple[str, ...] = COVERED, **changes: Any) -> TheirRequest:
    message = TheirRequest(
        "POST",
        f"https://{AUTHORITY}/v1/coverage:check?lang=vi&name=a%2Fb",
        {
            "Content-Type": "application/json",
            "Purpose": "admission",
            "Staff": "BS-00123",
        },
    )
    settings: dict[str, Any] = {
        "tag": "lienthong-request",
        "nonce": NONCE,
        "created": _now(0),
        "expires": _now(60),
        "body": BODY,
    } | changes
    their_signer(signer).sign(message, key_id=signer.key_id, covered_component_ids=components, **settings)
    return message


def _now(offset: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(time.time()) + offset, tz=dt.UTC)


def our_view(message: TheirRequest, body: bytes = BODY) -> RequestView:
    path, _, query = message.url.removeprefix(f"https://{AUTHORITY}").partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in message.headers.items()]
    return RequestView(message.method, "https", AUTHORITY, path, query, headers, body)


def accepted(message: TheirRequest, signer: PrivateKey) -> None:
    view = our_view(message)
    parsed = parse_signature(view)
    check_signature(parsed, view, signer.public)
    check_digest(parsed, view)
    check_freshness(parsed, time.time())


@each
@pytest.mark.parametrize("include_alg", [True, False])
def test_a_request_that_they_signed_is_accepted_by_us(algorithm: Algorithm, include_alg: bool) -> None:
    accepted(signed_by_them(key(algorithm), include_alg=include_alg), key(algorithm))


MORE: dict[str, str] = {
    "a query parameter": '"@query-param";name="lang"',
    "an encoded query parameter": '"@query-param";name="name"',
    "a member of the digest": '"content-digest";key="sha-256"',
    "the digest serialised": '"content-digest";sf',
    "a field in octets": '"staff";bs',
    "the target URI": "@target-uri",
    "the scheme": "@scheme",
    "the request target": "@request-target",
}


@pytest.mark.parametrize("what", MORE)
def test_more_may_be_covered_than_must_be(what: str) -> None:
    accepted(signed_by_them(key(), (*COVERED, MORE[what])), key())


def test_a_second_signature_of_theirs_does_not_disturb() -> None:
    message = signed_by_them(key())
    their_signer(key(number=1)).sign(
        message,
        key_id=key(number=1).key_id,
        label="proxy",
        tag="proxy",
        covered_component_ids=("@method", '"signature";key="pyhms"'),
        append_if_signature_exists=True,
        use_existing_digest=True,
    )
    accepted(message, key())


@each
def test_a_request_that_we_signed_is_accepted_by_them(algorithm: Algorithm) -> None:
    signer = key(algorithm)
    signed, message = ours(signer)
    (result,) = their_verifier(signer).verify(
        message, expect_tag="lienthong-request", require_components=COVERED, body=BODY
    )
    assert result.nonce == signed.nonce
    assert result.parameters["keyid"] == signer.key_id


def ours(signer: PrivateKey) -> tuple[SignedRequest, TheirRequest]:
    url = f"https://{AUTHORITY}/v1/coverage:check?lang=vi"
    headers = {"Content-Type": "application/json", "Purpose": "admission", "Staff": "BS-00123"}
    signed = prepare_request(
        signer, method="POST", url=url, headers=headers, body=BODY, created=int(time.time())
    )
    return signed, TheirRequest("POST", url, headers | signed.headers)


@each
def test_an_answer_that_we_signed_is_accepted_by_them(algorithm: Algorithm) -> None:
    gateway = key(algorithm, 7)
    signed, request = ours(key())
    answer = AnswerSigner(gateway, time.time).sign(
        status=200,
        content_type="application/json",
        body=b"{}",
        view=signed.view,
        parsed=parse_signature(signed.view),
    )
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    (result,) = their_verifier(gateway).verify(
        TheirAnswer(200, request, headers),
        expect_tag="lienthong-response",
        require_components=(*OWN, *BOUND),
        body=b"{}",
    )
    assert result.nonce == signed.nonce


OWN = ("@status", "content-digest", "content-type")
BOUND = (
    '"@method";req',
    '"@path";req',
    '"@query";req',
    '"content-digest";req',
    '"signature";req;key="lienthong"',
    '"signature-input";req;key="lienthong"',
)


@each
def test_an_answer_that_they_signed_is_believed_by_us(algorithm: Algorithm) -> None:
    gateway = key(algorithm, 7)
    signed, request = ours(key())
    answer = TheirAnswer(200, request, {"Content-Type": "application/json"})
    their_signer(gateway).sign(
        answer,
        key_id=gateway.key_id,
        tag="lienthong-response",
        nonce=signed.nonce,
        body=b"{}",
        covered_component_ids=(*BOUND, *OWN),
    )
    headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    directory = {gateway.key_id: gateway.public}
    verify_answer(directory, status=200, headers=headers, body=b"{}", request=signed)
