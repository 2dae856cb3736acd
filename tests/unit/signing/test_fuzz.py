"""Whatever arrives, the answer is a refusal of the kind that was promised, and never another exception."""

import base64
import contextlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.signing import (
    Algorithm,
    AnswerRefused,
    AnswerSigner,
    KeyRefused,
    PublicKey,
    RequestView,
    SignatureRefused,
    accept_signature,
    check_digest,
    check_enrolment,
    check_freshness,
    check_proof_of_possession,
    check_signature,
    parse_signature,
    stand_in_key,
    verify_answer,
)
from tests.unit.signing.support import BODY, NOW, Draft, by_hand, key, prepared

VALID = by_hand(Draft(query="a=1&b=2"), key()).view
SIGNER = AnswerSigner(key(Algorithm.ECDSA_P256_SHA256, 7), lambda: NOW)
REQUEST = prepared(key())
ANSWER = SIGNER.sign(
    status=200,
    content_type="application/json",
    body=b"{}",
    view=REQUEST.view,
    parsed=parse_signature(REQUEST.view),
)
DIRECTORY = {key(Algorithm.ECDSA_P256_SHA256, 7).key_id: key(Algorithm.ECDSA_P256_SHA256, 7).public}
NAMES = [name for name, _ in VALID.headers] + [
    b"legal-basis",
    b"idempotency-key",
    b"x-other",
    b"@method",
    b"",
]
many = settings(max_examples=400, deadline=None)

PIECES = st.sampled_from(
    [
        *(
            b'"',
            b"\\",
            b";",
            b"=",
            b"(",
            b")",
            b",",
            b" ",
            b"\t",
            b":",
            b"?1",
            b"@1",
            b'%"a',
            b"%ff",
            b"1.5",
            b"-",
        ),
        *(
            b"*",
            b"\n",
            b"\r\n ",
            b"\x00",
            b"\xff",
            b'"@method"',
            b";req",
            b";sf",
            b';key="a"',
            b";bs",
            b";tr",
        ),
        *(
            b'"@query-param";name="a"',
            b"created=1",
            b'tag="lienthong-request"',
            b"sig1=",
            b"0" * 20,
            b"=:AA==:",
        ),
    ]
)
GARBAGE = st.binary(max_size=60) | st.lists(PIECES, max_size=12).map(b"".join)


@st.composite
def mutations(draw: st.DrawFn, value: bytes) -> bytes:
    """The value with some pieces put in, taken out, or repeated."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(value)))
        end = min(len(value), start + draw(st.sampled_from([0, 0, 1, 1, 2, 8, 40])))
        middle = draw(PIECES | st.just(b"") | st.just(value[start:end] * 2) | st.binary(max_size=2))
        value = value[:start] + middle + value[end:]
    return value


@st.composite
def damaged_headers(draw: st.DrawFn, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    headers = list(headers)
    for place in draw(st.lists(st.integers(0, len(headers) - 1), min_size=1, max_size=2)):
        name, value = headers[place]
        headers[place] = (name, draw(mutations(value) | GARBAGE))
    headers += draw(st.lists(st.tuples(st.sampled_from(NAMES), GARBAGE), max_size=1))
    return headers


def through_all_checks(view: RequestView) -> None:
    """As the gateway does; the key is known or not."""
    parsed = parse_signature(view)
    known = parsed.key_id == key().key_id
    check_signature(parsed, view, key().public if known else stand_in_key(parsed))
    check_digest(parsed, view)
    check_freshness(parsed, NOW)


@many
@given(damaged_headers(list(VALID.headers)))
def test_damaged_fields_are_refused_as_promised_or_mean_the_same(headers: list[tuple[bytes, bytes]]) -> None:
    view = replace(VALID, headers=headers)
    try:
        through_all_checks(view)
    except SignatureRefused:
        return
    # Accepted: then everything that was signed is as it was.
    before = VALID.values
    for name in (b"purpose", b"staff", b"content-type", b"content-digest"):
        assert view.values[name] == before[name]
    assert parse_signature(view).params_text == parse_signature(VALID).params_text


@many
@given(
    GARBAGE, GARBAGE, st.text(max_size=5), st.text(max_size=20), st.text(max_size=20), st.binary(max_size=5)
)
def test_garbage_is_refused_as_promised(
    described: bytes, signed: bytes, method: str, path: str, query: str, body: bytes
) -> None:
    headers = [(b"signature-input", described), (b"signature", signed)]
    with pytest.raises(SignatureRefused):
        through_all_checks(RequestView(method, "https", "gateway.example", path, query, headers, body))


SURROGATES = st.text(st.characters(exclude_categories=()), max_size=8)


@many
@given(SURROGATES, SURROGATES, SURROGATES)
def test_any_target_can_be_checked_and_answered(method: str, path: str, query: str) -> None:
    view = replace(VALID, method=method, path=path, query=query)
    parsed = parse_signature(view)
    with pytest.raises(SignatureRefused):
        check_signature(parsed, view, key().public)
    for known in (parsed, None):
        SIGNER.sign(status=401, content_type="application/problem+json", body=b"{}", view=view, parsed=known)
    accept_signature(view)


@many
@given(damaged_headers(list(VALID.headers)))
def test_any_request_gets_a_signed_answer(headers: list[tuple[bytes, bytes]]) -> None:
    view = replace(VALID, headers=headers)
    SIGNER.sign(status=400, content_type="application/problem+json", body=b"{}", view=view, parsed=None)
    accept_signature(view).encode("ascii")


@many
@given(damaged_headers(ANSWER.headers))
def test_a_damaged_answer_is_refused_as_promised(headers: list[tuple[bytes, bytes]]) -> None:
    try:
        verify_answer(DIRECTORY, status=200, headers=headers, body=b"{}", request=REQUEST)
    except AnswerRefused:
        return
    values = dict(headers)
    assert values[b"content-type"].strip(b" \t") == b"application/json"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=2),
)
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "d"])
KINDS = st.sampled_from(["OKP", "EC", "RSA", "Ed25519", "P-256", "AQAB"]) | st.from_regex(
    r"[\w-]{43}", fullmatch=True
)


@many
@given(st.dictionaries(MEMBERS, KINDS | JSON))
def test_any_jwk_is_a_key_or_refused(document: dict[str, object]) -> None:
    with contextlib.suppress(KeyRefused):
        check_enrolment(PublicKey.from_jwk(document))


def _pem(der: bytes) -> bytes:
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"


@many
@given(st.binary(max_size=200) | st.binary(max_size=90).map(_pem))
def test_any_pem_is_refused(pem: bytes) -> None:
    with pytest.raises(KeyRefused):
        PublicKey.from_pem(pem)


@many
@given(st.text(max_size=40) | st.from_regex(r"v1\.[0-9]{1,16}\.[A-Za-z0-9_-]{1,90}", fullmatch=True))
def test_any_proof_is_refused(proof: str) -> None:
    with pytest.raises(KeyRefused):
        check_proof_of_possession(key().public, "hospital-demo", proof, NOW)


def test_the_request_that_is_damaged_above_is_accepted_undamaged() -> None:
    through_all_checks(VALID)
    assert VALID.body == BODY
