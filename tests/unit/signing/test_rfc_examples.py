"""The nineteen signed examples of RFC 9421: our bases are the RFC's, and its signatures hold over them."""

import base64
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lienthong.signing import KeyRefused, PublicKey, RequestView, SignatureRefused, check_enrolment
from lienthong.signing.base import signature_base
from lienthong.signing.covered import covered_from_text
from lienthong.signing.digest import check_content_digest
from lienthong.signing.enrolment import TEST_KEYS
from lienthong.signing.message import AnswerView, Message
from lienthong.signing.structured import dictionary_of, serialised
from tests.unit.signing.support import VECTORS

EXAMPLES = VECTORS["vectors"]
by_id = pytest.mark.parametrize("example", EXAMPLES, ids=[example["id"] for example in EXAMPLES])
ASYMMETRIC = {name: entry for name, entry in VECTORS["keys"].items() if "public_pem" in entry}


def test_there_are_nineteen_examples() -> None:
    assert len(EXAMPLES) == 19


@by_id
def test_the_signature_base_is_the_one_of_the_rfc(example: dict[str, Any]) -> None:
    base = rebuilt_base(example)
    assert (base == example["signature_base"].encode()) is example["valid_for_message"]


@by_id
def test_the_signature_holds_exactly_for_the_messages_that_were_not_tampered_with(
    example: dict[str, Any],
) -> None:
    signature = base64.b64decode(example["signature_b64"])
    verify(example, signature, example["signature_base"].encode())
    if example["valid_for_message"]:
        verify(example, signature, rebuilt_base(example))
    else:
        with pytest.raises((SignatureRefused, InvalidSignature)):
            verify(example, signature, rebuilt_base(example))


@by_id
def test_a_changed_base_breaks_the_signature(example: dict[str, Any]) -> None:
    changed = example["signature_base"].replace("created=16", "created=17").encode()
    with pytest.raises((SignatureRefused, InvalidSignature)):
        verify(example, base64.b64decode(example["signature_b64"]), changed)


@by_id
def test_the_fields_read_back_as_printed(example: dict[str, Any]) -> None:
    described = dictionary_of(example["signature_input"].encode())[example["label"]]
    signed = dictionary_of(example["signature"].encode())[example["label"]]
    assert serialised(described).decode() == example["signature_params"]
    assert signed == (base64.b64decode(example["signature_b64"]), {})


@by_id
def test_a_content_digest_of_the_examples_is_that_of_its_body(example: dict[str, Any]) -> None:
    body = example["message"]["body"].encode()
    stated = [value for name, value in example["message"]["headers"] if name == "Content-Digest"]
    for value in stated:
        check_content_digest(value.encode(), body, b"")
    assert len(stated) <= 1


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_the_keys_of_the_rfc_are_never_enrolled(name: str) -> None:
    key = PublicKey.from_pem(ASYMMETRIC[name]["public_pem"].encode())
    assert key.key_id in TEST_KEYS
    with pytest.raises(KeyRefused) as refused:
        check_enrolment(key)
    assert refused.value.reason == "test_key"


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_a_key_is_the_same_as_pem_and_as_jwk(name: str) -> None:
    entry = ASYMMETRIC[name]
    public = {member: value for member, value in entry["jwk"].items() if member != "d"}
    assert PublicKey.from_jwk(public) == PublicKey.from_pem(entry["public_pem"].encode())


def rebuilt_base(example: dict[str, Any]) -> bytes:
    params = example["signature_params"]
    covered = covered_from_text(params[: params.index(")") + 1])
    assert covered is not None
    request = view_of(example["request"]) if "request" in example else None
    return signature_base(covered, params.encode(), view_of(example["message"]), request)


def view_of(message: dict[str, Any]) -> Message:
    headers = [(name.lower().encode(), value.encode()) for name, value in message["headers"]]
    first, second, _ = message["start_line"].split(" ", 2)
    if first.startswith("HTTP/"):
        return AnswerView(int(second), headers)
    path, _, query = second.partition("?")
    host = dict(headers)[b"host"].decode()
    return RequestView(first, "https", host, path, query, headers, message["body"].encode())


def verify(example: dict[str, Any], signature: bytes, base: bytes) -> None:
    entry = VECTORS["keys"][example["key"]]
    if example["alg"] == "hmac-sha256":
        mac = hmac.HMAC(base64.b64decode(entry["secret_b64"]), hashes.SHA256())
        mac.update(base)
        mac.verify(signature)
    elif example["alg"] == "rsa-v1_5-sha256":
        native = serialization.load_pem_public_key(entry["public_pem"].encode())
        assert isinstance(native, rsa.RSAPublicKey)
        native.verify(signature, base, padding.PKCS1v15(), hashes.SHA256())
    else:
        key = PublicKey.from_pem(entry["public_pem"].encode())
        assert key.algorithm == example["alg"]
        key.verify(signature, base)
