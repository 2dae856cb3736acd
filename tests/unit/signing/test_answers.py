"""An answer proves itself and the request that it answers; every part of that can be tampered with."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from lienthong.signing import (
    Algorithm,
    AnswerRefused,
    AnswerSigner,
    CannotSign,
    PublicKey,
    RequestView,
    SignedAnswer,
    SignedRequest,
    parse_signature,
    verify_answer,
)
from lienthong.signing.base import signature_base
from lienthong.signing.covered import covered_from_text
from lienthong.signing.message import AnswerView
from tests.unit.signing.support import BODY, NOW, Draft, by_hand, key, prepared

ANSWER = '{"coverage":"Thẻ còn giá trị sử dụng"}'.encode()
GATEWAY = key(Algorithm.ECDSA_P256_SHA256, 7)
DIRECTORY = {GATEWAY.key_id: GATEWAY.public}
SIGNER = AnswerSigner(GATEWAY, lambda: NOW + 0.9)
REQUEST = prepared(key())
GET = prepared(key(), method="GET", body=b"", headers={"Purpose": "audit"})


def answer(
    request: SignedRequest, signer: AnswerSigner = SIGNER, *, status: int = 200, body: bytes = ANSWER
) -> SignedAnswer:
    parsed = parse_signature(request.view)
    return signer.sign(
        status=status, content_type="application/json", body=body, view=request.view, parsed=parsed
    )


def believe(
    signed: SignedAnswer, request: SignedRequest = REQUEST, *, status: int = 200, body: bytes = ANSWER
) -> None:
    verify_answer(DIRECTORY, status=status, headers=signed.headers, body=body, request=request)


def doubt(reason: str, signed: SignedAnswer, request: SignedRequest = REQUEST, **changes: object) -> None:
    with pytest.raises(AnswerRefused) as refused:
        believe(signed, request, **changes)  # type: ignore[arg-type]  # status and body only
    assert refused.value.reason == reason, refused.value.detail


def changed(signed: SignedAnswer, name: bytes, change: Callable[[bytes], bytes]) -> SignedAnswer:
    headers = [(field, change(value) if field == name else value) for field, value in signed.headers]
    assert headers != signed.headers
    return signed._replace(headers=headers)


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("request_", [REQUEST, GET], ids=["POST", "GET"])
def test_an_answer_is_believed(algorithm: Algorithm, request_: SignedRequest) -> None:
    gateway = key(algorithm, 7)
    signed = answer(request_, AnswerSigner(gateway, lambda: NOW))
    verify_answer(
        {gateway.key_id: gateway.public}, status=200, headers=signed.headers, body=ANSWER, request=request_
    )


def test_an_answer_covers_what_the_profile_says_in_its_words() -> None:
    (signature_input,) = [value for name, value in answer(REQUEST).headers if name == b"signature-input"]
    assert signature_input.decode() == (
        'lienthong=("@status" "content-digest" "content-type" "@method";req "@path";req "@query";req '
        '"content-digest";req "signature";req;key="lienthong" "signature-input";req;key="lienthong")'
        f';created={NOW};keyid="{GATEWAY.key_id}";nonce="{REQUEST.nonce}";tag="lienthong-response"'
    )


def test_the_fast_base_of_an_answer_is_the_base_built_by_the_rules() -> None:
    """The signer fills a prepared form; here each component is looked up as RFC 9421 says."""
    signed = answer(REQUEST)
    params = dict(signed.headers)[b"signature-input"].removeprefix(b"lienthong=")
    covered = covered_from_text(params[: params.index(b")") + 1].decode())
    assert covered is not None
    plain = RequestView(
        "POST",
        "https",
        REQUEST.view.authority,
        REQUEST.view.path,
        REQUEST.view.query,
        REQUEST.view.headers,
        BODY,
    )
    base = signature_base(covered, params, AnswerView(200, signed.headers), plain)
    GATEWAY.public.verify(signed.signature, base)
    assert base.count(b"\n") == 9


def test_the_answer_to_a_signature_in_another_form_is_bound_to_its_canonical_form() -> None:
    draft = by_hand(Draft(), key())
    odd = draft.field("signature-input", draft.one("signature-input").replace(" ", "   "))
    odd = odd.field("signature", draft.one("signature").rstrip(":").rstrip("=") + ":", "other=:AAAA:")
    request = SignedRequest({}, odd.view, "sig1", parse_signature(odd.view).nonce)
    believe(answer(request), request)


def test_refusals_are_signed_and_bound_alike() -> None:
    believe(answer(REQUEST, status=403), status=403)
    believe(answer(REQUEST, body=b""), body=b"")


TAMPERED = {
    "content-type": (b"content-type", lambda _: b"text/html"),
    "content-digest": (b"content-digest", lambda value: value.replace(b"=:", b"=:A")),
    "created": (b"signature-input", lambda value: value.replace(b"created=178", b"created=179")),
    "nonce": (b"signature-input", lambda value: value.replace(REQUEST.nonce.encode(), b"A" * 24)),
    "a component less": (b"signature-input", lambda value: value.replace(b' "@query";req', b"")),
    "components in another order": (
        b"signature-input",
        lambda value: value.replace(b'"@method";req "@path";req', b'"@path";req "@method";req'),
    ),
    "signature": (
        b"signature",
        # One place, not the letter everywhere: the label is made of letters too.
        lambda value: value[:20] + (b"B" if value[20:21] == b"A" else b"A") + value[21:],
    ),
}


@pytest.mark.parametrize("part", TAMPERED)
def test_a_tampered_part_is_not_believed(part: str) -> None:
    doubt("signature_invalid", changed(answer(REQUEST), *TAMPERED[part]))


def test_a_tampered_status_or_body_is_not_believed() -> None:
    signed = answer(REQUEST)
    doubt("signature_invalid", signed, status=201)
    doubt("digest_invalid", signed, body=ANSWER + b" ")
    doubt("digest_invalid", signed, body=b"")


def test_a_body_with_a_new_digest_is_not_believed() -> None:
    other = answer(REQUEST, body=b"other")
    digest = dict(other.headers)[b"content-digest"]
    doubt("signature_invalid", changed(answer(REQUEST), b"content-digest", lambda _: digest), body=b"other")


def test_an_answer_for_another_request_is_not_believed() -> None:
    """All of the request alike, but its nonce and signature."""
    doubt("signature_invalid", answer(prepared(key())))


@pytest.mark.parametrize(
    "part", ["method", "path", "query", "content-digest", "signature", "signature-input"]
)
def test_an_answer_is_bound_to_each_part_of_the_request(part: str) -> None:
    view = REQUEST.view
    others = {
        "method": replace(view, method="PUT"),
        "path": replace(view, path="/v1/other"),
        "query": replace(view, query="lang=en"),
    }
    headers = [(name, value.swapcase() if name == part.encode() else value) for name, value in view.headers]
    if part == "signature":
        headers = [(name, value.replace(b"LIENTHONG", b"lienthong")) for name, value in headers]
    if part == "content-digest":
        headers = [(name, value.replace(b"SHA", b"sha")) for name, value in headers]
    if part == "signature-input":
        headers = [(name, value.replace(b"expires=1", b"expires=2")) for name, value in view.headers]
    other = others.get(part) or replace(view, headers=headers)
    doubt("signature_invalid", answer(REQUEST), replace(REQUEST, view=other))


def test_the_gateway_seeing_another_request_than_was_sent_is_noticed() -> None:
    """A box on the way that rewrites the path, and a gateway that answers what it saw."""
    seen = replace(REQUEST.view, path="/v1/other")
    signed = SIGNER.sign(
        status=200,
        content_type="application/json",
        body=ANSWER,
        view=seen,
        parsed=parse_signature(REQUEST.view),
    )
    doubt("signature_invalid", signed)


def test_an_answer_by_a_key_outside_of_the_directory_is_not_believed() -> None:
    stranger = AnswerSigner(key(Algorithm.ED25519, 8), lambda: NOW)
    doubt("unknown_key", answer(REQUEST, stranger))
    named: dict[str, PublicKey] = {key(Algorithm.ED25519, 8).key_id: GATEWAY.public}
    with pytest.raises(AnswerRefused, match="signature_invalid"):
        verify_answer(
            named, status=200, headers=answer(REQUEST, stranger).headers, body=ANSWER, request=REQUEST
        )


def test_an_unsigned_answer_is_not_believed() -> None:
    signed = answer(REQUEST)
    for gone in (b"signature", b"signature-input"):
        kept = [(name, value) for name, value in signed.headers if name != gone]
        doubt("signature_missing", signed._replace(headers=kept))


def test_the_request_sent_back_is_no_answer() -> None:
    """Its signature is genuine and covers a method, but its tag is that of requests."""
    with pytest.raises(AnswerRefused, match="signature_missing"):
        verify_answer(
            {key().key_id: key().public}, status=200, headers=REQUEST.view.headers, body=BODY, request=REQUEST
        )


def test_a_request_that_could_not_be_read_gets_a_signed_answer_without_its_signature() -> None:
    signed = SIGNER.sign(
        status=400, content_type="application/problem+json", body=b"{}", view=REQUEST.view, parsed=None
    )
    described = dict(signed.headers)[b"signature-input"]
    assert b'"@path";req' in described
    assert b"nonce" not in described
    assert b'"signature"' not in described
    doubt("unbound", signed, status=400, body=b"{}")


def test_an_answer_to_nothing_that_could_be_read_still_is_signed() -> None:
    signed = SIGNER.sign(
        status=400, content_type="application/problem+json", body=b"{}", view=None, parsed=None
    )
    doubt("unbound", signed, status=400, body=b"{}")


@pytest.mark.parametrize("path", ["/được", "/a\nb", "/a\x00", "/\udcff"])
def test_a_request_in_unsignable_octets_gets_an_answer_that_does_not_name_it(path: str) -> None:
    view = RequestView("GET", "https", "gateway.example", path, "", [], b"")
    signed = SIGNER.sign(
        status=400, content_type="application/problem+json", body=b"{}", view=view, parsed=None
    )
    assert b"req" not in dict(signed.headers)[b"signature-input"]
    doubt("unbound", signed, status=400, body=b"{}")


@pytest.mark.parametrize("content_type", ["text/html\r\nset-cookie: x", "văn/bản"])
def test_a_content_type_that_is_no_header_value_is_our_mistake(content_type: str) -> None:
    with pytest.raises(CannotSign):
        SIGNER.sign(status=200, content_type=content_type, body=b"", view=None, parsed=None)


def test_an_answer_that_covers_too_little_is_not_believed() -> None:
    """Signed by the gateway's own key, bound by the nonce alone: what FAPI's first draft did."""
    for left in ('"@status"', '"content-digest"', '"content-type"'):
        doubt("signature_invalid", partial(left))
    for left in ('"@method";req', '"@path";req', '"@query";req', '"content-digest";req'):
        doubt("unbound", partial(left))
    for left in ('"signature";req;key="lienthong"', '"signature-input";req;key="lienthong"'):
        doubt("unbound", partial(left))


def partial(left: str) -> SignedAnswer:
    whole = dict(answer(REQUEST).headers)
    described = whole[b"signature-input"].removeprefix(b"lienthong=").decode()
    end = described.index(")")
    listed = "(" + " ".join(one for one in described[1:end].split(" ") if one != left) + ")"
    params = (listed + described[end + 1 :]).encode()
    covered = covered_from_text(listed)
    assert covered is not None
    signature = GATEWAY.sign(
        signature_base(covered, params, AnswerView(200, list(whole.items())), REQUEST.view)
    )
    whole |= {b"signature-input": b"lienthong=" + params}
    whole |= {b"signature": b"lienthong=:" + base64.b64encode(signature) + b":"}
    return answer(REQUEST)._replace(headers=list(whole.items()))


def test_header_names_may_come_in_any_case() -> None:
    signed = answer(REQUEST)
    believe(signed._replace(headers=[(name.title(), value) for name, value in signed.headers]))


def test_a_second_content_type_is_not_believed() -> None:
    signed = answer(REQUEST)
    doubt("signature_invalid", signed._replace(headers=[*signed.headers, (b"content-type", b"text/html")]))


def test_the_digest_and_signature_are_handed_on_for_the_audit() -> None:
    signed = answer(REQUEST)
    headers = dict(signed.headers)
    assert base64.b64encode(signed.digest) in headers[b"content-digest"]
    assert base64.b64encode(signed.signature) in headers[b"signature"]
    assert f"created={signed.created}".encode() in headers[b"signature-input"]
