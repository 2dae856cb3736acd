"""The forms in which a signature may be written: which reader takes them, and which nobody takes."""

import pytest

from lienthong.signing import SignatureRefused, parse_signature, strict
from lienthong.signing.covered import MAX_COMPONENTS, MAX_KEPT, _kept, covered_from_text
from lienthong.signing.errors import Unusable
from tests.unit.signing.support import COVERED, NONCE, NOW, Draft, accept, by_hand, key, listed

SIGNED = by_hand(Draft(), key())
INPUT, SIGNATURE = SIGNED.one("signature-input"), SIGNED.one("signature")
TAG = "lienthong-request"


def read_strictly(draft: Draft) -> object:
    return strict.read(draft.one("signature-input").encode(), draft.one("signature").encode(), TAG)


def test_the_usual_form_is_read_by_the_strict_reader() -> None:
    assert read_strictly(SIGNED) is not None


def test_parameters_may_come_in_any_order() -> None:
    params = {"tag": TAG, "keyid": key().key_id, "nonce": NONCE, "expires": NOW + 60, "created": NOW}
    signed = by_hand(Draft(), key(), params=params)
    assert read_strictly(signed) is not None
    accept(signed, key())


OTHER_FORMS = {
    "spaces in the list": (INPUT.replace('("@method" ', '(  "@method"   '), SIGNATURE),
    "a space at its end": (INPUT.replace('"staff")', '"staff" )'), SIGNATURE),
    "a space before a parameter": (INPUT.replace(";created", ";  created"), SIGNATURE),
    "zeros before a number": (INPUT.replace(f"created={NOW}", f"created=00{NOW}"), SIGNATURE),
    "no padding": (INPUT, SIGNATURE.rstrip(":").rstrip("=") + ":"),
    "another label before": (f"a=(), {INPUT}", SIGNATURE),
    "another label after": (f"{INPUT},\tz=1.5;x=@1", f"{SIGNATURE} , z"),
    "spaces around": (f"  {INPUT}  ", f"\t{SIGNATURE} "),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_another_valid_form_is_the_same_signature(form: str) -> None:
    described, signed = OTHER_FORMS[form]
    draft = SIGNED.field("signature-input", described).field("signature", signed)
    assert read_strictly(draft) is None or form == "spaces around"
    assert accept(draft, key()) == parse_signature(SIGNED.view)


def test_a_string_with_escapes_is_read_and_written_back() -> None:
    signed = by_hand(Draft(), key(), keyid='\\"' * 43)
    assert parse_signature(signed.view).key_id == '"' * 43
    assert parse_signature(signed.view).params_text == signed.one("signature-input").removeprefix("sig1=")


BROKEN = {
    "a label in capitals": (INPUT.replace("sig1=", "Sig1="), SIGNATURE),
    "a parameter twice": (f"{INPUT};created={NOW}", SIGNATURE),
    "the same tag twice": (f'{INPUT};tag="{TAG}"', SIGNATURE),
    "a label twice": (f"{INPUT}, {INPUT}", SIGNATURE),
    "a signature twice": (INPUT, f"{SIGNATURE}, {SIGNATURE}"),
    "an unknown parameter": (f"{INPUT};until=1", SIGNATURE),
    "created as a text": (INPUT.replace(f"created={NOW}", f'created="{NOW}"'), SIGNATURE),
    "created as a decimal": (INPUT.replace(f"created={NOW}", f"created={NOW}.5"), SIGNATURE),
    "created as a flag": (INPUT.replace(f"created={NOW}", "created"), SIGNATURE),
    "created as a date": (INPUT.replace(f"created={NOW}", f"created=@{NOW}"), SIGNATURE),
    "a nonce as a token": (INPUT.replace(f'"{NONCE}"', NONCE), SIGNATURE),
    "a nonce as octets": (INPUT.replace(f'"{NONCE}"', f":{NONCE}:"), SIGNATURE),
    "sixteen digits": (INPUT.replace(f"created={NOW}", "created=1000000000000000"), SIGNATURE),
    "a signature as a text": (INPUT, SIGNATURE.replace(":", '"')),
    "a signature with a parameter": (INPUT, f"{SIGNATURE};x"),
    "a signature in base64url": (INPUT, "sig1=:_-_-:"),
    "an open list": (INPUT.replace(")", ""), SIGNATURE),
    "an open string": (INPUT[:-1], SIGNATURE),
    "something behind": (f"{INPUT} x", SIGNATURE),
    "a comma behind": (f"{INPUT},", SIGNATURE),
    "an empty field": ("", SIGNATURE),
    "non-ASCII": (INPUT.replace("lienthong", "liênthông"), SIGNATURE),
    "a line break": (INPUT.replace(";created", ";\ncreated"), SIGNATURE),
}


@pytest.mark.parametrize("form", BROKEN)
def test_what_is_not_well_formed_or_not_understood_is_refused(form: str) -> None:
    described, signed = BROKEN[form]
    with pytest.raises(SignatureRefused) as refused:
        parse_signature(SIGNED.field("signature-input", described).field("signature", signed).view)
    assert refused.value.reason == ("signature_missing" if form == "an empty field" else "malformed")


@pytest.mark.parametrize("form", ["a tag as a token", "an item instead of a list", "another label's octets"])
def test_what_carries_our_tag_in_no_valid_place_is_no_signature(form: str) -> None:
    described, signed = {
        "a tag as a token": (INPUT.replace(f'"{TAG}"', TAG), SIGNATURE),
        "an item instead of a list": (f'sig1=1;tag="{TAG}"', SIGNATURE),
        "another label's octets": (INPUT, SIGNATURE.replace("sig1", "sig2")),
    }[form]
    with pytest.raises(SignatureRefused) as refused:
        parse_signature(SIGNED.field("signature-input", described).field("signature", signed).view)
    assert refused.value.reason == "signature_missing"


@pytest.mark.parametrize(
    "component",
    [
        '"@method";req',
        '"content-type";req',
        '"@signature-params"',
        '"@status"',
        '"@unknown"',
        '"@query-param"',
        '"@query-param";name',
        '"@method";sf',
        '"@method";name="x"',
        '"Content-Type"',
        '"content type"',
        '""',
        '"accept";tr',
        '"accept";sf;bs',
        '"accept";sf="x"',
        '"accept";key',
        '"accept";unknown',
        '"accept";key="a";key="b"',
        "accept",
        "1",
    ],
)
def test_a_component_that_a_request_does_not_have_is_refused(component: str) -> None:
    described = INPUT.replace('"staff")', f'"staff" {component})')
    draft = SIGNED.field("accept", "*/*").field("signature-input", described)
    with pytest.raises(SignatureRefused) as refused:
        accept(draft, key())
    absent = component == '"@status"'
    assert refused.value.reason == ("signature_invalid" if absent else "malformed")


@pytest.mark.parametrize("again", ['"@method"', '"accept";key="a";sf "accept";sf;key="a"'])
def test_a_component_that_is_covered_twice_is_refused(again: str) -> None:
    described = INPUT.replace('"staff")', f'"staff" {again})')
    with pytest.raises(SignatureRefused, match="twice"):
        parse_signature(SIGNED.field("signature-input", described).view)


def test_a_member_of_a_field_is_not_the_field() -> None:
    described = INPUT.replace('"content-digest"', '"content-digest";key="sha-256"')
    with pytest.raises(SignatureRefused, match="not covered"):
        accept(SIGNED.field("signature-input", described), key())


def test_a_query_parameter_is_not_the_query() -> None:
    described = INPUT.replace('"@query"', '"@query-param";name="a"')
    with pytest.raises(SignatureRefused, match="not covered"):
        accept(SIGNED.with_(query="a=1").field("signature-input", described), key())


def test_a_list_has_a_bound() -> None:
    names = [f"x-{number}" for number in range(MAX_COMPONENTS)]
    covered = covered_from_text(listed(names))
    assert covered is not None
    assert len(covered.identifiers) == MAX_COMPONENTS
    with pytest.raises(Unusable):
        covered_from_text(listed([*names, "x"]))


def test_lists_are_remembered_within_bounds() -> None:
    text = listed(COVERED)
    assert covered_from_text(text) is covered_from_text(text)
    long = listed([f"x-{'y' * 2000}", "z"])
    assert covered_from_text(long) is not covered_from_text(long)
    for number in range(2 * MAX_KEPT):
        covered_from_text(listed([f"x-{number}"]))
    assert _kept.cache_info().currsize == MAX_KEPT
