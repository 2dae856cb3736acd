"""What an attacker would try, one attack a test; each docstring says what was hoped for."""

import base64
import time
from dataclasses import replace
from typing import Any

import pytest

from lienthong.signing import (
    Algorithm,
    AnswerRefused,
    AnswerSigner,
    CannotSign,
    PrivateKey,
    RequestView,
    SignatureRefused,
    check_signature,
    parse_signature,
    prepare_request,
    proof_of_possession,
    verify_answer,
)
from lienthong.signing.covered import covered_from_text
from lienthong.signing.message import Values
from tests.unit.signing.support import (
    AUTHORITY,
    BODY,
    COVERED,
    NOW,
    Draft,
    accept,
    by_hand,
    key,
    listed,
    prepared,
)

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def refused(draft: Draft, signer: PrivateKey | None = None) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        accept(draft, signer or key())
    return caught.value


def signature_of(draft: Draft) -> bytes:
    return base64.b64decode(draft.one("signature").split(":")[1])


def with_signature(draft: Draft, signature: bytes) -> Draft:
    return draft.field("signature", f"sig1=:{base64.b64encode(signature).decode()}:")


def test_an_ecdsa_signature_written_another_way_is_the_same_request() -> None:
    """To replay a request under the mirrored signature (r, n - s), which holds as well."""
    signer = key(Algorithm.ECDSA_P256_SHA256)
    signed = by_hand(Draft(), signer)
    signature = signature_of(signed)
    mirrored = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    first, second = accept(signed, signer), accept(with_signature(signed, mirrored), signer)
    assert first.signature != second.signature
    assert (first.key_id, first.nonce) == (second.key_id, second.nonce)


def test_base64_written_another_way_is_the_same_request() -> None:
    """To replay a request under other octets of the same field."""
    signed = by_hand(Draft(), key())
    unpadded = signed.one("signature").rstrip(":").rstrip("=") + ":"
    assert unpadded != signed.one("signature")
    assert accept(signed.field("signature", unpadded), key()) == accept(signed, key())


def test_an_ed25519_signature_has_one_form() -> None:
    """To replay with S + L, which a lax verifier takes."""
    signed = by_hand(Draft(), key())
    signature = signature_of(signed)
    larger = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    refused(with_signature(signed, signature[:32] + larger.to_bytes(32, "little")))


@pytest.mark.parametrize("breaker", ["\n", "\r\n", "\r", "\x0b", "\x00", "\x7f", "\x85", "\xa0", "é"])
def test_a_value_cannot_forge_the_line_of_another_component(breaker: str) -> None:
    """To have ``Purpose: emergency`` + break + a forged ``"staff"`` line signed as one field and read as two."""
    draft = Draft().field("purpose", f'admission{breaker}"staff": someone').field("staff")
    names = [name for name in COVERED if name != "staff"]
    view = by_hand(Draft().field("staff"), key(), names).view
    headers = [
        (n, v) if n != b"purpose" else (n, draft.one("purpose").encode("latin-1")) for n, v in view.headers
    ]
    with pytest.raises(SignatureRefused) as caught:
        check_signature(parse_signature(view), replace(view, headers=headers), key().public)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize("part", ["method", "path", "query"])
def test_the_target_cannot_forge_a_line_either(part: str) -> None:
    """The same by way of a server that lets a line break through."""
    view = replace(by_hand(Draft(), key()).view, **{part: 'x\n"purpose": y'})  # type: ignore[arg-type]  # texts all three
    with pytest.raises(SignatureRefused, match="malformed"):
        check_signature(parse_signature(view), view, key().public)


@pytest.mark.parametrize("name", ["@method", "@path", "@authority", "@query", "@target-uri", "@scheme"])
def test_a_field_cannot_pass_for_a_derived_component(name: str) -> None:
    """To send ``@method: GET`` as a field and be verified against it."""
    signed = by_hand(Draft(method="GET"), key(), (*COVERED, "@target-uri", "@scheme"))
    accept(signed, key())
    other = {
        "@method": signed.with_(method="DELETE"),
        "@path": signed.with_(path="/v1/other"),
        "@authority": signed.with_(authority="other.example"),
        "@query": signed.with_(query="a=1"),
        "@target-uri": signed.with_(path="/v1/other"),
        "@scheme": signed.with_(scheme="http"),
    }[name]
    true = {
        "@method": "GET",
        "@path": signed.path,
        "@authority": AUTHORITY,
        "@query": "?",
        "@scheme": "https",
    }
    refused(other.field(name, true.get(name, f"https://{AUTHORITY}{signed.path}")))


def test_the_authority_is_not_what_the_request_says() -> None:
    """To have a request for another gateway taken here, with the help of its fields."""
    elsewhere = by_hand(Draft(authority="other.example"), key()).with_(authority=AUTHORITY)
    for name in ("host", "x-forwarded-host", "forwarded", ":authority"):
        refused(elsewhere.field(name, "other.example"))


def test_path_and_query_cannot_trade_places() -> None:
    """To move the question mark, so that one target URI reads as another path."""
    signed = by_hand(Draft(path="/v1/a", query="b"), key(), ("@method", "@target-uri", *COVERED[4:]))
    accept(signed, key())
    refused(signed.with_(path="/v1/a?b", query=""))
    signed = by_hand(Draft(path="/v1/a", query=""), key())
    refused(signed.with_(path="/v1", query="/a"))


def test_a_bodys_cover_is_needed_whatever_the_method() -> None:
    """To hang an unsigned body on a signed GET."""
    signed = by_hand(Draft(method="GET", body=b"", fields=()), key(), ("@method", "@target-uri"))
    accept(signed, key())
    assert "content-digest" in refused(signed.with_(body=BODY)).detail


def test_a_second_digest_of_ones_own_does_not_help() -> None:
    """To append an own Content-Digest line to a covered one, or put it first."""
    signed = by_hand(Draft(), key())
    other = b"another body"
    mine = f"sha-256=:{base64.b64encode(bytes(32)).decode()}:"
    for values in ((signed.one("content-digest"), mine), (mine, signed.one("content-digest"))):
        refused(signed.field("content-digest", *values).with_(body=other))


def test_what_a_list_covers_is_asked_for_each_request() -> None:
    """To warm the memory of lists with a request that needs less."""
    bare = by_hand(Draft(method="GET", body=b"", fields=()), key(), ("@method", "@target-uri"))
    accept(bare, key())
    refused(bare.field("purpose", "audit"))
    refused(bare.with_(body=b"x"))
    accept(bare, key())


def test_our_tag_counts_only_as_a_parameter_of_the_list() -> None:
    """To smuggle the tag into a component, a text or another label."""
    signed = by_hand(Draft(), key(), tag="harmless")
    described = signed.one("signature-input")
    for forged in (
        described.replace('"@path"', '"@path";tag="lienthong-request"'),
        described.replace('tag="harmless"', 'tag="x;tag=\\"lienthong-request\\""'),
        f'{described}, x="lienthong-request";tag="lienthong-request"',
    ):
        assert refused(signed.field("signature-input", forged)).reason in {"signature_missing", "malformed"}


def test_the_better_of_two_tagged_signatures_is_not_chosen() -> None:
    """To have one signature checked and the other one's coverage believed."""
    good, bad = by_hand(Draft(), key()), by_hand(Draft(), key(), ("@method", "@target-uri"), label="sig0")
    for order in ((good, bad), (bad, good)):
        draft = Draft()
        for name in ("signature-input", "signature"):
            draft = draft.field(name, *(one.one(name) for one in order))
        assert refused(draft).reason == "malformed"


def test_a_proof_of_possession_is_no_signature_of_a_request() -> None:
    """To use what an agency once signed for enrolment as a request, or the other way round."""
    signed = by_hand(Draft(), key())
    proof = proof_of_possession(key(), "hospital-demo", NOW).split(".")[2]
    refused(with_signature(signed, base64.urlsafe_b64decode(proof + "==")))
    covered = covered_from_text(listed(COVERED))
    assert covered is not None
    assert covered.template.startswith(b'"')


def test_the_gateways_answer_is_no_request() -> None:
    """To turn an answer of the gateway into a request in the gateway's name."""
    gateway = key(Algorithm.ED25519, 7)
    request = prepared(key())
    answer = AnswerSigner(gateway, lambda: NOW).sign(
        status=200, content_type="application/json", body=b"{}", view=request.view, parsed=None
    )
    view = RequestView("POST", "https", AUTHORITY, "/", "", answer.headers, b"{}")
    with pytest.raises(SignatureRefused, match="signature_missing"):
        parse_signature(view)


def test_an_answer_to_one_agency_says_nothing_to_another() -> None:
    """To hand a hospital the answer that another one got to the same question, nonce and all."""
    mine = prepared(key(), nonce="n" * 22)
    theirs = prepared(key(number=1), nonce="n" * 22)
    gateway = key(Algorithm.ED25519, 7)
    answer = AnswerSigner(gateway, lambda: NOW).sign(
        status=200,
        content_type="application/json",
        body=b"{}",
        view=theirs.view,
        parsed=parse_signature(theirs.view),
    )
    with pytest.raises(AnswerRefused):
        verify_answer(
            {gateway.key_id: gateway.public}, status=200, headers=answer.headers, body=b"{}", request=mine
        )


def test_a_revoked_or_foreign_keyid_cannot_be_borrowed() -> None:
    """To sign with an own key under the name of another's, whose lookup then decides."""
    mine, victim = key(number=1), key()
    signed = by_hand(Draft(), mine)
    refused(
        signed.field("signature-input", signed.one("signature-input").replace(mine.key_id, victim.key_id)),
        victim,
    )


HEAVY = {
    "components": b"sig1=(" + b'"a" ' * 4000 + b");tag=x",
    "tokens": b"sig1=(" + b"a " * 8000 + b")",
    "labels": b",".join(b"a%d" % n for n in range(2500)),
    "parameters": b"sig1=()" + b"".join(b";a%d" % n for n in range(2500)),
    "quotation marks": b"sig1=(" + b'"' * 16001,
    "escapes": b"sig1=" + b'"\\' * 8000,
    "backslashes": b'sig1="' + b"\\" * 16001,
    "display strings": b'%"\\' * 5000,
    "parentheses": b"sig1=" + b"(" * 16000,
    "spaces": b"sig1=(" + b" " * 16000,
    "octets": b"sig1=:" + b"A" * 16000,
    "digits": b"sig1=" + b"1" * 16000,
    "semicolons": b"sig1=()" + b";" * 16000,
    "our parameters": b"sig1=()" + b";created=1" * 1600,
    "the label": b"a" * 16000,
    "a nonce": b'sig1=("@method");created=1;expires=2;nonce="'
    + b"a" * 15000
    + b'";keyid="";tag="lienthong-request"',
}


@pytest.mark.parametrize("what", HEAVY)
def test_sixteen_kib_made_to_be_slow_are_refused_soon(what: str) -> None:
    """To buy seconds of the gateway's time with one request. A quadratic reader needs seconds here."""
    headers = [(b"signature-input", HEAVY[what][:16200]), (b"signature", HEAVY[what][:100])]
    view = RequestView("GET", "https", AUTHORITY, "/", "", headers, b"")
    began = time.process_time()
    with pytest.raises(SignatureRefused):
        parse_signature(view)
    assert time.process_time() - began < 1


def test_components_that_must_be_parsed_out_are_few() -> None:
    """To have one large field parsed once for each of 64 components, by naming a known key."""
    members = "".join(f' "accept";key="k{n}"' for n in range(9))
    signed = by_hand(Draft(), key())
    described = signed.one("signature-input").replace('"staff")', f'"staff"{members})')
    assert refused(signed.field("signature-input", described)).reason == "malformed"
    query = signed.one("signature-input").replace('"staff")', '"staff" "@query-param";name="a")')
    many = signed.with_(query="&".join(f"a{n}=1" for n in range(5000)))
    assert refused(many.field("signature-input", query)).reason == "malformed"


def test_the_same_component_in_other_words_is_covered_twice() -> None:
    """To have two values for one name: which of them would be the one that was signed?"""
    described = by_hand(Draft(), key()).one("signature-input")
    twice = described.replace('"staff")', '"staff" "x";bs "x";bs)')
    assert refused(by_hand(Draft(), key()).field("signature-input", twice)).reason == "malformed"


def test_fields_that_differ_by_spaces_around_are_the_same_and_within_are_not() -> None:
    """To change ``Staff`` without breaking the signature."""
    signed = by_hand(Draft().field("staff", "A B"), key())
    accept(signed.field("staff", "  A B\t"), key())
    for other in ("A  B", "AB", "A\tB", "a b", "A B,", "A B, "):
        refused(signed.field("staff", other))


def test_the_client_refuses_to_sign_what_the_gateway_would_read_otherwise() -> None:
    """To have an agency's own program sign for more than it meant."""
    base: dict[str, Any] = {
        "method": "GET",
        "url": f"https://{AUTHORITY}/",
        "headers": {},
        "body": b"",
        "created": NOW,
    }
    for wrong in (
        {"url": f"https://user@{AUTHORITY}/"},
        {"url": f"https://{AUTHORITY}/#part"},
        {"url": f"https://{AUTHORITY}/a b"},
        {"url": f"https://{AUTHORITY}/a\tb"},
        {"url": f"https://{AUTHORITY}/a\n"},
        {"url": f"https://{AUTHORITY}/bệnh"},
        {"url": f"ftp://{AUTHORITY}/"},
        {"url": "/relative"},
        {"url": "https://[::1"},
        {"method": "get"},
        {"method": ""},
        {"body": b"x"},
        {"headers": {"Purpose": "a", "purpose": "b"}},
        {"headers": {"Signature": "sig1=:AA==:"}},
        {"headers": {"Content-Digest": "sha-256=:AA==:"}},
        {"headers": {"Purpose": "a\r\nStaff: b"}},
        {"headers": {"Staff": "Nguyễn"}},
        {"created": 0},
        {"lifetime": 0},
        {"lifetime": 301},
        {"nonce": "short"},
        {"nonce": 'a"b' * 20},
    ):
        with pytest.raises(CannotSign):
            prepare_request(key(), **(base | wrong))


def test_every_nonce_of_the_client_is_another() -> None:
    nonces = {prepared(key()).nonce for _ in range(200)}
    assert len(nonces) == 200


def test_values_that_nobody_asked_for_are_absent_not_empty() -> None:
    """To have a missing field stand as an empty line."""
    with pytest.raises(LookupError):
        Values([(b"a", b"")])[b"b"]
    assert Values([(b"a", b"")])[b"a"] == b""
    refused(by_hand(Draft().field("staff"), key()))
