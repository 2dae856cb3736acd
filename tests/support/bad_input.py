"""What an agency must not get away with, case by case: issue 2's table "Bad input".

Each case is a correct request of ``hospital-demo`` with one thing wrong.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from lienthong.signing import Algorithm, PrivateKey
from tests.support.wire import BATCH, CHECK, COVERED, GET, MONTHS, NHUNG, VERIFY, Raw, Sender

OTHER_PERSON = {"identifier": "001085000025", "fullName": "Nguyễn Văn Bình", "born": "1985-11-02"}


@dataclass(frozen=True, slots=True)
class Case:
    """One wrong request and what it must be answered with."""

    name: str
    build: Callable[[Sender], Raw]
    status: int
    reason: str
    fields: tuple[str, ...] = ()


def _body(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in COVERED if name not in names)


def _unsigned(sender: Sender) -> Raw:
    return sender.sign(CHECK, NHUNG).but(signature=None, signature_input=None)


def _other_signature(sender: Sender) -> Raw:
    raw = sender.by_hand(CHECK, NHUNG)
    other = dict(sender.by_hand(CHECK, NHUNG).headers)["signature"]
    return raw.but(signature=other)


def _flipped_signature(sender: Sender) -> Raw:
    raw = sender.by_hand(CHECK, NHUNG)
    label, _, value = dict(raw.headers)["signature"].partition("=:")
    octets = bytearray(base64.b64decode(value.removesuffix(":")))
    octets[-1] ^= 1
    return raw.but(signature=f"{label}=:{base64.b64encode(octets).decode()}:")


def _stranger(sender: Sender) -> Raw:
    config = replace(sender.config, key=PrivateKey.generate(Algorithm.ECDSA_P256_SHA256))
    return replace(sender, config=config).sign(CHECK, NHUNG)


def _anothers_key_id(sender: Sender) -> Raw:
    stranger = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)
    config = replace(sender.config, key=stranger)
    return replace(sender, config=config).by_hand(CHECK, NHUNG, params={"keyid": sender.config.key.key_id})


def _changed_body(sender: Sender) -> Raw:
    return replace(sender.sign(CHECK, NHUNG), body=_body(OTHER_PERSON))


def _changed_body_and_digest(sender: Sender) -> Raw:
    body = _body(OTHER_PERSON)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    raw = sender.sign(CHECK, NHUNG).but(content_digest=f"sha-256=:{digest}:")
    return replace(raw, body=body)


def _signed_for_the_wrong_digest(sender: Sender) -> Raw:
    return replace(sender.by_hand(CHECK, NHUNG), body=_body(OTHER_PERSON))


def _times(created: int, life: int) -> Callable[[Sender], Raw]:
    """``created`` in seconds from now."""

    def build(sender: Sender) -> Raw:
        start = int(time.time()) + created
        return sender.by_hand(CHECK, NHUNG, params={"created": start, "expires": start + life})

    return build


def _param(name: str, value: int | str | None) -> Callable[[Sender], Raw]:
    return lambda sender: sender.by_hand(CHECK, NHUNG, params={name: value})


def _changed_header(name: str, value: str) -> Callable[[Sender], Raw]:
    carried = {"legal_basis": "Luat 25/2008/QH12", "idempotency_key": "one"}
    return lambda sender: sender.sign(CHECK, NHUNG, **carried).but(**{name: value})


def _uncovered(name: str, **headers: str) -> Callable[[Sender], Raw]:
    return lambda sender: sender.by_hand(CHECK, NHUNG, covered=_without(name), **headers)


def _added(name: str, value: str) -> Callable[[Sender], Raw]:
    return lambda sender: sender.sign(CHECK, NHUNG).also((name, value))


INVALID = "signature_invalid"

SIGNATURES = (
    Case("no signature", _unsigned, 401, "signature_missing"),
    Case(
        "signature without its input",
        lambda s: s.sign(CHECK, NHUNG).but(signature_input=None),
        401,
        "signature_missing",
    ),
    Case("signature of another request", _other_signature, 401, INVALID),
    Case("one bit of the signature changed", _flipped_signature, 401, INVALID),
    Case("unknown key", _stranger, 401, INVALID),
    Case("another key under our key's name", _anothers_key_id, 401, INVALID),
    Case("body changed", _changed_body, 401, INVALID),
    Case("body and digest changed", _changed_body_and_digest, 401, INVALID),
    Case("signed over the digest of another body", _signed_for_the_wrong_digest, 401, INVALID),
    Case("method changed", lambda s: replace(s.sign(CHECK, NHUNG), method="PUT"), 401, INVALID),
    Case("path changed", lambda s: replace(s.sign(CHECK, NHUNG), target=VERIFY), 401, INVALID),
    Case("query added", lambda s: replace(s.sign(CHECK, NHUNG), target=CHECK + "?x=1"), 401, INVALID),
    Case(
        "path spelt otherwise",
        lambda s: replace(s.sign(CHECK, NHUNG), target="/v1/coverage%3Acheck"),
        401,
        INVALID,
    ),
    Case(
        "content type changed",
        _changed_header("content_type", "application/json; charset=utf-8"),
        401,
        INVALID,
    ),
    Case("purpose changed", _changed_header("purpose", "emergency"), 401, INVALID),
    Case("staff changed", _changed_header("staff", "somebody-else"), 401, INVALID),
    Case("legal basis changed", _changed_header("legal_basis", "another"), 401, INVALID),
    Case("idempotency key changed", _changed_header("idempotency_key", "two"), 401, INVALID),
    Case("legal basis added after signing", _added("legal-basis", "another"), 401, INVALID),
    Case("idempotency key added after signing", _added("idempotency-key", "one"), 401, INVALID),
    Case("purpose given twice", _added("purpose", "emergency"), 400, "malformed"),
    Case("staff given twice", _added("staff", "somebody-else"), 400, "malformed"),
    Case("created in the future", _times(90, 60), 401, "signature_expired"),
    Case("expired", _times(-200, 60), 401, "signature_expired"),
    Case("a life over 300 s", _times(0, 301), 401, "signature_expired"),
    Case("expires before it is created", _times(0, -1), 401, "signature_expired"),
    Case("no created", _param("created", None), 401, INVALID),
    Case("no expires", _param("expires", None), 401, INVALID),
    Case("no nonce", _param("nonce", None), 401, INVALID),
    Case("short nonce", _param("nonce", "AAAAAAAAAAAAAAAAAAAAg"), 401, INVALID),
    Case("no keyid", _param("keyid", None), 401, INVALID),
    Case("another algorithm than the key's", _param("alg", "ed25519"), 401, INVALID),
    Case("an algorithm of nobody", _param("alg", "none"), 401, INVALID),
    Case("another tag", _param("tag", "another"), 401, "signature_missing"),
    Case("no tag", _param("tag", None), 401, "signature_missing"),
    Case("method uncovered", _uncovered("@method"), 401, INVALID),
    Case("path uncovered", _uncovered("@path"), 401, INVALID),
    Case("query uncovered", _uncovered("@query"), 401, INVALID),
    Case("authority uncovered", _uncovered("@authority"), 401, INVALID),
    Case("digest uncovered", _uncovered("content-digest"), 401, INVALID),
    Case("content type uncovered", _uncovered("content-type"), 401, INVALID),
    Case("purpose uncovered", _uncovered("purpose"), 401, INVALID),
    Case("staff uncovered", _uncovered("staff"), 401, INVALID),
    Case("legal basis uncovered", _uncovered("legal-basis", legal_basis="Luat"), 401, INVALID),
    Case("idempotency key uncovered", _uncovered("idempotency-key", idempotency_key="one"), 401, INVALID),
)


def _ask(path: str, content: object, **headers: str | None) -> Callable[[Sender], Raw]:
    return lambda sender: sender.sign(path, content, **headers)


ACCESS = (
    Case("a scope that was not granted", _ask(MONTHS, {"identifier": "001190000017"}), 403, "scope_denied"),
    Case("a purpose that was not granted", _ask(GET, {"identifier": "001190000017"}, purpose="inspection"), 403, "purpose_denied"),
    Case("a purpose that the contract does not allow", _ask(CHECK, NHUNG, purpose="statistics"), 403, "purpose_denied"),
    Case("a purpose of nobody", _ask(CHECK, NHUNG, purpose="curiosity"), 403, "purpose_denied"),
    Case("no purpose", _ask(CHECK, NHUNG, purpose=None), 403, "purpose_denied"),
    Case("no named person", _ask(CHECK, NHUNG, staff=None), 422, "invalid_argument", ("header Staff",)),
    Case("a named person of 65 characters", _ask(CHECK, NHUNG, staff="a" * 65), 422, "invalid_argument", ("header Staff",)),
    Case("a legal basis of 201 characters", _ask(CHECK, NHUNG, legal_basis="a" * 201), 422, "invalid_argument", ("header Legal-Basis",)),
    Case("an unknown path", _ask("/v1/coverage:steal", NHUNG), 404, "not_found"),
    Case("the wrong method", lambda s: s.sign(CHECK, b"", method="GET", content_type=None), 405, "method_not_allowed"),
    Case("another content type", _ask(CHECK, _body(NHUNG), content_type="text/plain"), 415, "unsupported_media_type"),
    Case("content encoded with gzip", _ask(CHECK, NHUNG, content_encoding="gzip"), 415, "unsupported_media_type"),
)  # fmt: skip


def _nhung(**changed: object) -> dict[str, object]:
    return {key: value for key, value in (dict(NHUNG) | changed).items() if value is not None}


def _field(name: str, wrong: object) -> Callable[[Sender], Raw]:
    return _ask(CHECK, _nhung(**{name: wrong}))


def _invalid(name: str, wrong: object, field: str, what: str) -> Case:
    return Case(what, _field(name, wrong), 422, "invalid_argument", (field,))


def _malformed(what: str, body: bytes) -> Case:
    return Case(what, _ask(CHECK, body), 400, "malformed")


_TEXT = _body(NHUNG)

BODIES = (
    _malformed("JSON that ends too early", _TEXT[:-1]),
    _malformed("two JSON values", _TEXT + b"{}"),
    _malformed("no JSON", b"identifier=001190000017"),
    _malformed("JSON of other kinds of quotation marks", b"{'identifier': '001190000017'}"),
    _malformed("invalid UTF-8", _TEXT.replace("ầ".encode(), b"\xff\xfe")),
    _malformed("UTF-16", json.dumps(NHUNG).encode("utf-16")),
    _malformed("half of a surrogate pair", _TEXT.replace("ầ".encode(), b"\\ud800")),
    _malformed("a control character", _TEXT.replace("ầ".encode(), b"\x00")),
    _malformed("NaN", b'{"identifier": NaN}'),
    _malformed("a name given twice", _TEXT.replace(b"{", b'{"identifier": "001085000025", ', 1)),
    _malformed("a name given twice in two spellings", _TEXT.replace(b"{", b'{"full_name": "Nguyen Van Binh", ', 1)),
    Case("no body", lambda s: s.sign(CHECK, b""), 400, "malformed"),
    Case("JSON of another shape", _ask(CHECK, [NHUNG]), 422, "invalid_argument"),
    Case("null", _ask(CHECK, None), 422, "invalid_argument"),
    _invalid("identifier", None, "identifier", "a missing field"),
    _invalid("identifier", 1190000017, "identifier", "a number for a text"),
    _invalid("identifier", ["001190000017"], "identifier", "a list for a text"),
    _invalid("identifier", {"a": "001190000017"}, "identifier", "an object for a text"),
    _invalid("identifier", True, "identifier", "a truth value for a text"),
    _invalid("identifier", "", "identifier", "an empty identifier"),
    _invalid("identifier", "00119000001", "identifier", "an identifier of 11 characters"),
    _invalid("identifier", "0011900000170", "identifier", "an identifier of 13 characters"),
    _invalid("identifier", "0" * 10_000, "identifier", "an identifier of 10,000 characters"),
    _invalid("identifier", "٠٠١١٩٠٠٠٠٠١٧", "identifier", "digits of another script"),
    _invalid("identifier", "001190000017\0", "identifier", "a NUL in the identifier"),
    _invalid("identifier", "' OR 1=1 --  ", "identifier", "SQL for an identifier"),
    _invalid("fullName", "Nguyễn Thị " + "A" * 10_000, "fullName", "a name of 10,000 characters"),
    _invalid("fullName", "Trần Thị\0Hồng Nhung", "fullName", "a NUL in the name"),
    _invalid("fullName", "Trần Thị\u202eHồng Nhung", "fullName", "a direction override in the name"),
    _invalid("fullName", "0123456789", "fullName", "a name without letters"),
    _invalid("fullName", None, "fullName", "no name"),
    _invalid("born", "1990-02-30", "born", "a date that does not exist"),
    _invalid("born", "1990-13-01", "born", "a month that does not exist"),
    _invalid("born", "0000-00-00", "born", "a date of zeros"),
    _invalid("born", "2990-05-17", "born", "a birth in the future"),
    _invalid("born", "17/05/1990", "born", "a date in another form"),
    _invalid("born", "1990-05-17T00:00:00Z", "born", "a time for a date"),
    _invalid("born", "1990-05-17\n", "born", "a newline after the date"),
    _invalid("visitOn", "2026-02-29", "visitOn", "a visit on a day that does not exist"),
    _invalid("visit_on", "2026-02-29", "visitOn", "a wrong field under its other spelling"),
    _invalid("nobodyKnows", "1990-05-17", "nobodyKnows", "an unknown field"),
    _invalid("facilityCode", "79001", "facilityCode", "a field that the gateway binds"),
    _invalid("facility_code", "79001", "facilityCode", "a field that the gateway binds, in its other spelling"),
    Case("a bound person", _ask(CHECK, _nhung(personId=1)), 422, "invalid_argument", ("personId",)),
    Case("nothing asked", _ask(VERIFY, {"identifier": "001190000017"}), 422, "invalid_argument", ("fullName",)),
    Case("a sex of nobody", _ask(VERIFY, NHUNG | {"sex": "SEX_OTHER"}), 422, "invalid_argument", ("sex",)),
    Case("no people in a batch", _ask(BATCH, {"requests": []}), 422, "invalid_argument", ("requests",)),
    Case("1,001 people in a batch", _ask(BATCH, {"requests": [NHUNG] * 1001}), 422, "invalid_argument", ("requests",)),
    Case("a wrong type deep in a batch", _ask(BATCH, {"requests": [NHUNG, NHUNG | {"born": 1990}]}), 422,
         "invalid_argument", ("requests[1].born",)),
    Case("a NUL deep in a batch", _ask(BATCH, {"requests": [NHUNG, NHUNG | {"fullName": "A\0Binh Minh"}]}), 422,
         "invalid_argument", ("requests[1].fullName",)),
    Case("a bound field deep in a batch", _ask(BATCH, {"requests": [NHUNG | {"facilityCode": "79001"}]}), 422,
         "invalid_argument", ("requests[0].facilityCode",)),
)  # fmt: skip


def _nested(depth: int) -> bytes:
    return b'{"identifier":' + b"[" * depth + b"]" * depth + b"}"


_MIB = 1024 * 1024

CAPS = (
    Case("nested too deep", _ask(CHECK, _nested(16)), 413, "too_large"),
    Case("nested beyond any parser", _ask(CHECK, _nested(200_000)), 413, "too_large"),
    Case("opened and never closed", _ask(CHECK, b"[" * 500_000), 413, "too_large"),
    Case("a body over the cap", _ask(CHECK, b" " * (_MIB + 1)), 413, "too_large"),
    Case("a body over the cap in chunks", lambda s: replace(s.sign(CHECK, b" " * (_MIB + 1)), chunked=True), 413, "too_large"),
    Case("a body declared over the cap", lambda s: replace(s.sign(CHECK, NHUNG), body=b"").but(content_length=str(_MIB + 1)), 413,
         "too_large"),
    Case("70 header fields", lambda s: s.sign(CHECK, NHUNG).also(*((f"x-{n}", "1") for n in range(70))), 431, "headers_too_large"),
    Case("70 header fields of one name", lambda s: s.sign(CHECK, NHUNG).also(*[("x", "1")] * 70), 431, "headers_too_large"),
    Case("17 KiB of header fields", lambda s: s.sign(CHECK, NHUNG).also(("x", "a" * 17 * 1024)), 431, "headers_too_large"),
)  # fmt: skip

ALL = (*SIGNATURES, *ACCESS, *BODIES, *CAPS)
