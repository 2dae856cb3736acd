"""Every rule of the profile for a request, kept and broken (signing.md, and the table of bad input)."""

import base64
import hashlib
from collections.abc import Callable

import pytest

from lienthong.signing import (
    Algorithm,
    SignatureRefused,
    check_digest,
    check_signature,
    parse_signature,
    stand_in_key,
)
from tests.unit.signing.support import (
    AUTHORITY,
    BODY,
    COVERED,
    NONCE,
    NOW,
    Draft,
    accept,
    by_hand,
    digest_of,
    key,
    prepared,
)

Change = Callable[[Draft], Draft]
EMPTY = Draft(method="GET", body=b"", fields=(("purpose", "audit"),))
BODILESS = ("@method", "@authority", "@path", "@query", "purpose")


def refuse(draft: Draft, reason: str, now: float = NOW, algorithm: Algorithm = Algorithm.ED25519) -> str:
    with pytest.raises(SignatureRefused) as refused:
        accept(draft, key(algorithm), now)
    assert refused.value.reason == reason, refused.value.detail
    return refused.value.detail


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_request_signed_by_hand_is_accepted(algorithm: Algorithm) -> None:
    parsed = accept(by_hand(Draft(), key(algorithm), alg=algorithm.value), key(algorithm))
    assert parsed.label == "sig1"
    assert parsed.key_id == key(algorithm).key_id
    assert parsed.algorithm is algorithm
    assert (parsed.created, parsed.expires, parsed.nonce) == (NOW, NOW + 60, NONCE)
    assert parsed.components == tuple(f'"{name}"' for name in COVERED)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_request_signed_by_our_client_is_accepted(algorithm: Algorithm) -> None:
    view = prepared(key(algorithm)).view
    parsed = parse_signature(view)
    check_signature(parsed, view, key(algorithm).public)
    check_digest(parsed, view)


def test_the_base_that_was_signed_is_handed_on_as_evidence() -> None:
    view = by_hand(Draft(), key()).view
    parsed = parse_signature(view)
    base = check_signature(parsed, view, key().public)
    key().public.verify(parsed.signature, base)
    assert base.startswith(b'"@method": POST\n"@authority": gateway.example\n')
    assert base.endswith(f'"@signature-params": {parsed.params_text}'.encode())


def test_a_request_without_a_body_needs_no_digest() -> None:
    accept(by_hand(EMPTY, key(), BODILESS), key())


@pytest.mark.parametrize("query", ["", "lang=vi&x=%2F", "?"])
def test_the_target_uri_covers_the_whole_target(query: str) -> None:
    draft = Draft(query=query)
    accept(by_hand(draft, key(), ("@method", "@target-uri", *COVERED[4:])), key())


@pytest.mark.parametrize("name", COVERED)
def test_what_must_be_covered_and_is_not_is_refused(name: str) -> None:
    left = [other for other in COVERED if other != name]
    refuse(by_hand(Draft(), key(), left), "signature_invalid")


@pytest.mark.parametrize("name", ["purpose", "staff", "legal-basis", "idempotency-key"])
@pytest.mark.parametrize("value", ["something", ""])
def test_each_field_of_ours_is_covered_whenever_it_is_there(name: str, value: str) -> None:
    draft = EMPTY.with_(fields=((name, value),))
    names = ("@method", "@target-uri")
    refuse(by_hand(draft, key(), names), "signature_invalid")
    accept(by_hand(draft, key(), (*names, name)), key())


@pytest.mark.parametrize("name", ["purpose", "staff", "legal-basis", "idempotency-key"])
def test_a_field_of_ours_added_on_the_way_is_refused(name: str) -> None:
    signed = by_hand(EMPTY.with_(fields=()), key(), ("@method", "@target-uri"))
    refuse(signed.field(name, "added"), "signature_invalid")


CHANGES: dict[str, Change] = {
    "method": lambda draft: draft.with_(method="PUT"),
    "authority": lambda draft: draft.with_(authority="other.example"),
    "path": lambda draft: draft.with_(path="/v1/identity:verify"),
    "path in other letters": lambda draft: draft.with_(path="/v1/Coverage:check"),
    "path with a slash": lambda draft: draft.with_(path="/v1/coverage:check/"),
    "path encoded": lambda draft: draft.with_(path="/v1/coverage%3Acheck"),
    "query": lambda draft: draft.with_(query="all=1"),
    "content-type": lambda draft: draft.field("content-type", "text/plain"),
    "content-digest": lambda draft: draft.field("content-digest", digest_of(b"other")),
    "purpose": lambda draft: draft.field("purpose", "audit"),
    "purpose removed": lambda draft: draft.field("purpose"),
    "staff": lambda draft: draft.field("staff", "BS-00124"),
    "body": lambda draft: draft.with_(body=BODY + b" "),
    "body removed": lambda draft: draft.with_(body=b""),
    "nonce": lambda draft: draft.field(
        "signature-input", draft.one("signature-input").replace(NONCE, NONCE[::-1])
    ),
    "expires": lambda draft: draft.field(
        "signature-input", draft.one("signature-input").replace(str(NOW + 60), str(NOW + 61))
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_after_signing_is_refused(what: str) -> None:
    refuse(CHANGES[what](by_hand(Draft(), key())), "signature_invalid")


def test_a_method_has_its_letters() -> None:
    refuse(by_hand(Draft(), key()).with_(method="post"), "signature_invalid")


def test_the_digest_is_of_the_octets_received_even_when_the_signature_holds() -> None:
    signed = by_hand(Draft().field("content-digest", digest_of(b"another body")), key())
    view = signed.view
    parsed = parse_signature(view)
    check_signature(parsed, view, key().public)
    with pytest.raises(SignatureRefused) as refused:
        check_digest(parsed, view)
    assert refused.value.reason == "signature_invalid"


def test_sha_512_is_as_good() -> None:
    accept(by_hand(Draft().field("content-digest", digest_of(BODY, "sha-512")), key()), key())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (f"{digest_of(BODY)}, {digest_of(b'x', 'sha-512')}", "signature_invalid"),
        (f"{digest_of(b'x')}, {digest_of(BODY, 'sha-512')}", "signature_invalid"),
        ("md5=:AAAAAAAAAAAAAAAAAAAAAA==:", "signature_invalid"),
        ("sha-256=x", "signature_invalid"),
        ("sha-256", "signature_invalid"),
        ("", "signature_invalid"),
        ("sha-256=:AAAA", "malformed"),
        (f"{digest_of(b'x')}, {digest_of(BODY)}", "malformed"),
        (", ".join(f"a{number}=1" for number in range(5)), "malformed"),
    ],
)
def test_a_digest_field_that_does_not_state_this_body_is_refused(value: str, reason: str) -> None:
    refuse(by_hand(Draft().field("content-digest", value), key()), reason)


@pytest.mark.parametrize(
    "value", [f"{digest_of(BODY)}, {digest_of(BODY, 'sha-512')}", f"md5=:AAAA:,{digest_of(BODY)}"]
)
def test_more_digests_are_taken_when_ours_are_right(value: str) -> None:
    accept(by_hand(Draft().field("content-digest", value), key()), key())


def test_a_digest_that_is_there_without_a_body_must_be_right_too() -> None:
    refuse(by_hand(EMPTY.field("content-digest", digest_of(b"x")), key(), BODILESS), "signature_invalid")
    accept(by_hand(EMPTY.field("content-digest", digest_of(b"")), key(), BODILESS), key())


@pytest.mark.parametrize("name", ["created", "expires", "nonce", "keyid"])
def test_a_missing_parameter_is_refused(name: str) -> None:
    assert "required" in refuse(by_hand(Draft(), key(), left_out=name), "signature_invalid")


@pytest.mark.parametrize(
    ("created", "expires", "now"),
    [
        (NOW + 31, NOW + 60, NOW),
        (NOW - 91, NOW - 31, NOW),
        (NOW, NOW + 301, NOW),
        (NOW, NOW, NOW),
        (NOW, NOW - 1, NOW),
        (0, 999_999_999_999_999, NOW),
        (NOW, NOW + 60, float("nan")),
        (NOW, NOW + 60, float("inf")),
    ],
    ids=["future", "expired", "too long", "no life", "backwards", "for ever", "no clock", "end of time"],
)
def test_outside_of_its_time_a_request_is_refused(created: int, expires: int, now: float) -> None:
    refuse(by_hand(Draft(), key(), created=created, expires=expires), "signature_expired", now)


@pytest.mark.parametrize(
    ("created", "expires"), [(NOW + 30, NOW + 90), (NOW - 90, NOW - 30), (NOW, NOW + 300), (NOW, NOW + 1)]
)
def test_at_the_edges_of_its_time_a_request_is_accepted(created: int, expires: int) -> None:
    accept(by_hand(Draft(), key(), created=created, expires=expires), key())


@pytest.mark.parametrize("nonce", ["0" * 31, "a" * 21 + "==", "", "g" * 21, "x" * 257])
def test_a_nonce_that_is_too_short_or_endless_is_refused(nonce: str) -> None:
    assert "nonce" in refuse(by_hand(Draft(), key(), nonce=nonce), "signature_invalid")


def test_a_signature_by_another_key_is_refused() -> None:
    signed = by_hand(Draft(), key(number=1), keyid=key().key_id)
    refuse(signed, "signature_invalid")


def test_the_algorithm_is_that_of_the_registered_key() -> None:
    for alg in ("ecdsa-p256-sha256", "rsa-v1_5-sha256", "hmac-sha256", "none", "Ed25519", ""):
        refuse(by_hand(Draft(), key(), alg=alg), "signature_invalid")


def test_an_hmac_with_the_public_key_is_no_signature() -> None:
    signed = by_hand(Draft(), key(), alg="ed25519")
    refuse(signed.field("signature", f"sig1=:{base64.b64encode(bytes(32)).decode()}:"), "signature_invalid")


@pytest.mark.parametrize("key_id", ["", "short", "A" * 44, "alice"])
def test_a_keyid_that_is_no_thumbprint_is_refused(key_id: str) -> None:
    refuse(by_hand(Draft(), key(), keyid=key_id), "signature_invalid")


@pytest.mark.parametrize("gone", [("signature",), ("signature-input",), ("signature", "signature-input")])
def test_without_its_fields_there_is_no_signature(gone: tuple[str, ...]) -> None:
    draft = by_hand(Draft(), key())
    for name in gone:
        draft = draft.field(name)
    refuse(draft, "signature_missing")


@pytest.mark.parametrize("tag", ["lienthong-response", "other", "", None])
def test_a_signature_for_another_purpose_is_none(tag: str | None) -> None:
    refuse(by_hand(Draft(), key(), tag=tag), "signature_missing")


def test_the_label_says_nothing() -> None:
    for label in ("sig1", "lienthong", "*", "a.b-c_d*"):
        assert accept(by_hand(Draft(), key(), label=label), key()).label == label


def test_other_labels_are_ignored_up_to_four() -> None:
    signed = by_hand(Draft(), key())
    for extra in range(1, 4):
        more = [f'other{n}=("@method");created={NOW};tag="other"' for n in range(extra)]
        with_more = signed.field("signature-input", *more, signed.one("signature-input"))
        signatures = [f"other{n}=:AAAA:" for n in range(extra)]
        with_more = with_more.field("signature", *signatures, signed.one("signature"))
        assert accept(with_more, key()).label == "sig1"


@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_five_labels_are_refused(name: str) -> None:
    signed = by_hand(Draft(), key())
    more = [f"other{n}=:AAAA:" for n in range(4)]
    refuse(signed.field(name, *more, signed.one(name)), "malformed")


def test_two_signatures_with_our_tag_are_refused() -> None:
    one, two = by_hand(Draft(), key()), by_hand(Draft(), key(), label="sig2")
    both = one.field("signature-input", one.one("signature-input"), two.one("signature-input"))
    refuse(both.field("signature", one.one("signature"), two.one("signature")), "malformed")


def test_sixteen_kib_of_fields_are_taken_and_no_octet_more() -> None:
    signed = by_hand(Draft(), key()).field("x-padding", "")
    room = 16 * 1024 - signed.view.header_octets()
    accept(signed.field("x-padding", "x" * room), key())
    refuse(signed.field("x-padding", "x" * (room + 1)), "malformed")
    refuse(signed.field("x-padding", "x" * 17 * 1024), "malformed")


@pytest.mark.parametrize("name", ["purpose", "staff", "legal-basis", "idempotency-key", "content-type"])
def test_a_field_of_one_value_that_comes_twice_is_refused(name: str) -> None:
    names = (*COVERED, name) if name not in COVERED else COVERED
    draft = Draft().field(name, "admission", "audit")
    refuse(by_hand(draft, key(), names), "malformed")
    refuse(by_hand(Draft().field(name, "same", "same"), key(), names), "malformed")


def test_other_fields_may_come_on_several_lines() -> None:
    draft = Draft().field("accept", "  application/json ", "\ttext/html")
    accept(by_hand(draft, key(), (*COVERED, "accept")), key())


def test_an_unknown_key_costs_a_verification_and_never_passes() -> None:
    for algorithm in Algorithm:
        for alg in (algorithm.value, None):
            view = by_hand(Draft(), key(algorithm), alg=alg).view
            parsed = parse_signature(view)
            stranger = stand_in_key(parsed)
            assert stranger.algorithm is (
                Algorithm.ED25519 if alg is None and len(parsed.signature) == 64 else algorithm
            )
            with pytest.raises(SignatureRefused) as refused:
                check_signature(parsed, view, stranger)
            assert refused.value.reason == "signature_invalid"


def test_even_a_signature_that_holds_does_not_pass_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    view = by_hand(Draft(), key()).view
    parsed = parse_signature(view)
    stranger = stand_in_key(parsed)
    monkeypatch.setattr(stranger, "_verify", lambda _signature, _data: None)
    with pytest.raises(SignatureRefused, match="not known"):
        check_signature(parsed, view, stranger)


def test_the_authority_is_compared_in_its_normal_form() -> None:
    signed = by_hand(Draft(), key())
    for same in (f"{AUTHORITY}:443", AUTHORITY.upper()):
        accept(signed.with_(authority=same), key())
    for other in (f"{AUTHORITY}:80", f"{AUTHORITY}:4430", f"{AUTHORITY}."):
        refuse(signed.with_(authority=other), "signature_invalid")


def test_the_digest_of_the_body_is_handed_on_for_the_audit() -> None:
    view = by_hand(Draft(), key()).view
    assert check_digest(parse_signature(view), view).hex() == hashlib.sha256(BODY).hexdigest()
