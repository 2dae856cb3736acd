"""A certificate is believed only when every step of its verification holds."""

import json
import zlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fhirclient.models.bundle import Bundle
from hypothesis import given
from hypothesis import strategies as st

from lienthong.certificate import CertificateKeys, CertificateRefused, Reason, verify
from lienthong.certificate.content import PAYOR, Holder, credential
from lienthong.certificate.jws import MOST_INFLATED, MOST_TEXT, from_text, inflate, open_envelope, to_shc
from lienthong.names import stored_name
from lienthong.signing import Algorithm, PrivateKey
from lienthong.signing.jwk import decode, encode
from tests.support.certificates import CARD, ISSUER, KEY, NHUNG, NOW, certificate, payload, signed

KEYS = CertificateKeys([KEY.public])
OTHER = PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)


def refused(text: str, *, now: datetime = NOW, issuer: str | None = ISSUER) -> Reason:
    with pytest.raises(CertificateRefused) as error:
        verify(text, KEYS, now=now, issuer=issuer)
    return error.value.reason


def test_a_right_certificate_says_whose_card_it_is_in_either_form() -> None:
    text = certificate()
    for form in (text, from_text(text), f"\n{text}  \n"):
        told = verify(form, KEYS, now=NOW, issuer=ISSUER)
        assert (told.holder, told.card, told.issuer, told.key_id) == (NHUNG, CARD, ISSUER, KEY.key_id)
        assert told.expires_at - told.issued_at == timedelta(days=7)


@given(
    st.lists(st.text(st.characters(categories=("Lu", "Ll")), min_size=1, max_size=8), min_size=1, max_size=6),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
)
def test_whatever_a_name_and_a_birth_are_they_come_back_as_they_were(words: list[str], born: date) -> None:
    holder = Holder(full_name=stored_name(" ".join(words)), born=born.isoformat())
    assert verify(certificate(holder=holder), KEYS, now=NOW, issuer=ISSUER).holder == holder


def test_its_content_is_valid_fhir_by_an_independent_model_and_holds_no_more_than_is_needed() -> None:
    content = json.loads(inflate(open_envelope(from_text(certificate())).deflated))
    bundle = content["vc"]["credentialSubject"]["fhirBundle"]
    read = Bundle(bundle, strict=True)
    patient, coverage = (entry.resource for entry in read.entry)
    assert (patient.name[0].family, patient.name[0].given) == ("Trần", ["Thị", "Hồng", "Nhung"])
    assert (coverage.status, coverage.payor[0].display) == ("active", PAYOR)
    assert [entry["fullUrl"] for entry in bundle["entry"]] == ["resource:0", "resource:1"]
    assert bundle["entry"][0]["resource"].keys() == {"resourceType", "name", "birthDate"}
    assert content.keys() == {"iss", "nbf", "exp", "vc"}


def test_it_fits_one_qr_code_that_a_desk_reader_takes_well() -> None:
    longest = Holder(full_name="Nguyễn Phước Hoàng Thiên Ân Thị Mỹ Duyên Khánh", born="1990-05-17")
    assert len(certificate(holder=longest)) < 2_500  # version 28 of 40 at most


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
def test_not_one_bit_of_a_certificate_can_be_changed(place: int, bit: int) -> None:
    jws = from_text(certificate())
    parts = [bytearray(decode(part)) for part in jws.split(".")]
    flat = [(part, at) for part in parts for at in range(len(part))]
    part, at = flat[place % len(flat)]
    part[at] ^= 1 << bit
    changed = ".".join(encode(bytes(part)) for part in parts)
    with pytest.raises(CertificateRefused):
        verify(changed, KEYS, now=NOW, issuer=ISSUER)


@given(st.text(max_size=300) | st.from_regex(r"shc:/[0-9]{0,200}", fullmatch=True))
def test_any_text_is_refused_and_nothing_else_is_raised(text: str) -> None:
    with pytest.raises(CertificateRefused):
        verify(text, KEYS, now=NOW, issuer=ISSUER)


def test_a_forged_certificate_is_refused_also_under_the_issuers_key_id() -> None:
    header = {"zip": "DEF", "alg": "ES256", "kid": KEY.key_id}
    assert refused(signed(payload(), key=OTHER, header=header)) is Reason.SIGNATURE
    assert refused(certificate(key=OTHER)) is Reason.UNKNOWN_KEY


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "", "HS256", "RS256", "ES384", "EdDSA", None, 1, ["ES256"]]
)
def test_every_algorithm_but_es256_is_refused_before_any_cryptography(alg: object) -> None:
    header = {"zip": "DEF", "alg": alg, "kid": KEY.key_id}
    assert refused(signed(payload(), header=header)) is Reason.ALGORITHM


def test_an_unsigned_certificate_is_refused() -> None:
    unsigned = f"{encode(json.dumps({'alg': 'none'}).encode())}.{encode(b'x')}."
    assert refused(unsigned) is Reason.ALGORITHM
    assert refused(from_text(certificate()).rpartition(".")[0] + ".") is Reason.MALFORMED


@pytest.mark.parametrize(
    "more",
    [
        {"jwk": KEY.public.to_jwk()},
        {"jku": "https://evil.test/jwks.json"},
        {"x5c": ["MII"]},
        {"crit": ["exp"]},
        {"zip": "GZ"},
        {"kid": 7},
        {"kid": "short"},
    ],
)
def test_a_header_brings_no_key_and_nothing_that_is_not_understood(more: dict[str, Any]) -> None:
    header = {"zip": "DEF", "alg": "ES256", "kid": KEY.key_id} | more
    assert refused(signed(payload(), header=header)) is Reason.MALFORMED


def test_a_name_that_stands_twice_is_refused_in_the_header_and_in_the_content() -> None:
    header = f'{{"alg":"none","zip":"DEF","alg":"ES256","kid":"{KEY.key_id}"}}'
    assert refused(signed(payload(), header=header)) is Reason.MALFORMED
    doubled = json.dumps(payload())[:-1] + ',"exp":99999999999}'
    assert refused(signed(doubled)) is Reason.STRUCTURE


def test_a_deflate_bomb_is_refused_before_it_grows() -> None:
    press = zlib.compressobj(level=9, wbits=-15)
    bomb = press.compress(b" " * 2_000_000) + press.flush()
    assert len(bomb) < MOST_TEXT / 3 < MOST_INFLATED < 2_000_000
    assert refused(signed(bomb)) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"\xff\xff", Reason.MALFORMED),
        (zlib.compress(b"{}"), Reason.MALFORMED),  # RFC 1950, not raw
        ("[" * 5_000, Reason.STRUCTURE),
        ("[]", Reason.STRUCTURE),
        ('{"iss":NaN}', Reason.STRUCTURE),
        ("{}", Reason.ISSUER),
    ],
)
def test_content_that_is_no_certificate_is_refused(content: bytes | str, reason: Reason) -> None:
    assert refused(signed(content)) is reason


def test_deflated_data_must_end_where_the_content_ends() -> None:
    press = zlib.compressobj(wbits=-15)
    whole = press.compress(json.dumps(payload()).encode()) + press.flush()
    assert refused(signed(whole + b"more")) is Reason.MALFORMED
    assert refused(signed(whole[:-1])) is Reason.MALFORMED


@pytest.mark.parametrize(
    "text",
    [
        "shc:/1/2/5676",
        "shc:/567",
        "shc:/",
        "shc:/99",
        "shc:/५६",
        "SHC:/5676",
        "a.b",
        "a.b.c.d",
        "",
    ],
)
def test_what_is_not_one_whole_code_is_malformed(text: str) -> None:
    assert refused(text) is Reason.MALFORMED
    assert refused("shc:/" + "5" * MOST_TEXT) is Reason.TOO_LARGE


def test_another_issuers_certificate_is_refused_unless_any_issuer_of_the_keys_will_do() -> None:
    text = certificate(url="https://other.test")
    assert refused(text) is Reason.ISSUER
    assert verify(text, KEYS, now=NOW, issuer=None).issuer == "https://other.test"
    assert refused(signed(payload(iss=7)), issuer=None) is Reason.ISSUER


def test_a_certificate_ends_on_its_second_and_begins_with_a_little_patience() -> None:
    text, week = certificate(), timedelta(days=7)
    assert verify(text, KEYS, now=NOW + week - timedelta(seconds=1), issuer=ISSUER).card == CARD
    assert refused(text, now=NOW + week) is Reason.EXPIRED
    assert verify(text, KEYS, now=NOW - timedelta(minutes=5), issuer=ISSUER).card == CARD
    assert refused(text, now=NOW - timedelta(minutes=5, seconds=1)) is Reason.NOT_YET


@pytest.mark.parametrize("name", ["nbf", "exp"])
@pytest.mark.parametrize("value", [None, "1", True, -1, 1e30, [], {}])
def test_a_time_that_is_none_is_refused(name: str, value: object) -> None:
    assert refused(signed(payload(**{name: value}))) is Reason.STRUCTURE


def test_a_life_of_more_than_seven_days_is_refused_whoever_signed_it() -> None:
    assert refused(signed(payload(exp=payload()["exp"] + 1))) is Reason.LIFE


def test_a_certificate_of_a_card_that_is_not_valid_today_is_refused() -> None:
    ended = credential(NHUNG, CARD) | {}
    ended["credentialSubject"]["fhirBundle"]["entry"][1]["resource"]["period"]["end"] = "2026-11-21"
    assert refused(signed(payload(vc=ended))) is Reason.CARD_NOT_VALID


def changed(*path: Any, value: Any) -> str:
    """A truly signed certificate in which one place of the credential is another."""
    whole = payload()
    place = whole["vc"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return signed(whole)


BUNDLE = ("credentialSubject", "fhirBundle")
COVERAGE = (*BUNDLE, "entry", 1, "resource")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("type",), ["https://smarthealth.cards#immunization"]),
        (("type",), None),
        (("credentialSubject",), []),
        (("credentialSubject", "fhirVersion"), "3.0.2"),
        ((*BUNDLE, "type"), "batch"),
        ((*BUNDLE, "entry"), []),
        ((*BUNDLE, "entry", 1, "fullUrl"), "resource:0"),
        ((*BUNDLE, "entry", 0, "resource", "resourceType"), "Practitioner"),
        ((*BUNDLE, "entry", 0, "resource", "birthDate"), "17/05/1990"),
        ((*BUNDLE, "entry", 0, "resource", "name"), []),
        ((*COVERAGE, "status"), "cancelled"),
        ((*COVERAGE, "beneficiary"), {"reference": "Patient/7"}),
        ((*COVERAGE, "subscriberId"), "001190000017"),
        ((*COVERAGE, "period"), {"start": "2026-12-31", "end": "2026-01-01"}),
        ((*COVERAGE, "period"), {"start": "2026-01-01"}),
        ((*COVERAGE, "class", 0, "name"), "180"),
        ((*COVERAGE, "class", 0, "value"), "x"),
        ((*COVERAGE, "payor"), []),
    ],
)
def test_a_content_of_another_structure_is_refused(path: tuple[Any, ...], value: object) -> None:
    assert refused(changed(*path, value=value)) is Reason.STRUCTURE


def test_every_reason_has_a_stable_code_and_both_languages() -> None:
    assert len({reason.code for reason in Reason}) == len(Reason)
    assert all(reason.text.vi and reason.text.en for reason in Reason)


@pytest.mark.parametrize(
    ("identifier", "name", "born", "fits"),
    [
        ("DN4010100000017", "trần thị  hồng nhung", "1990-05-17", True),
        ("0100000017", "TRAN THI HONG NHUNG", "1990", True),
        ("001190000017", "Trần Thị Hồng Nhung", "1990-05-17", True),  # a personal ID stands in no certificate
        ("DN4010100000025", "Trần Thị Hồng Nhung", "1990-05-17", False),
        ("0100000025", "Trần Thị Hồng Nhung", "1990-05-17", False),
        ("DN4010100000017", "Trần Thị Hồng", "1990-05-17", False),
        ("DN4010100000017", "Trần Thị Hồng Nhung", "1990-05-18", False),
        ("DN4010100000017", "Trần Thị Hồng Nhung", "1991", False),
        ("DN4010100000017", "Trần Thị Hồng Nhung", "17.5.1990", False),
        ("017", "Trần Thị Hồng Nhung", "1990-05-17", False),
    ],
)
def test_a_certificate_is_good_for_its_own_person_only(
    identifier: str, name: str, born: str, fits: bool
) -> None:
    told = verify(certificate(), KEYS, now=NOW, issuer=ISSUER)
    if fits:
        told.require_person(identifier=identifier, full_name=name, born=born)
        return
    with pytest.raises(CertificateRefused) as error:
        told.require_person(identifier=identifier, full_name=name, born=born)
    assert error.value.reason is Reason.OTHER_PERSON


def test_a_refusal_repeats_nothing_of_the_certificate() -> None:
    told = verify(certificate(), KEYS, now=NOW, issuer=ISSUER)
    other = {"identifier": "DN4010100000025", "full_name": "Lê Thị Mai", "born": "1950"}
    with pytest.raises(CertificateRefused) as by_person:
        told.require_person(**other)
    with pytest.raises(CertificateRefused) as by_content:
        verify(changed(*COVERAGE, "period", value={"start": CARD.code}), KEYS, now=NOW, issuer=ISSUER)
    said = f"{by_person.value} {by_content.value}"
    assert not [part for part in ("Nhung", "Mai", "1990", "1950", "0100000") if part in said]


def test_the_digits_are_those_of_the_framework() -> None:
    # "Each character "c" of the JWS is converted into two digits, Ord(c)-45": "e" is 56, "y" 76, "-" 00, "z" 77.
    assert to_shc("ey-z.") == "shc:/5676007701"


def test_a_certificate_lives_to_the_cards_last_midnight_in_viet_nam_and_no_longer() -> None:
    told = verify(certificate(valid_to=date(2026, 11, 23)), KEYS, now=NOW, issuer=ISSUER)
    assert told.expires_at == datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
