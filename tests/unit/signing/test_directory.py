"""What the gateway publishes about signing."""

import pytest

from lienthong.signing import ACCEPT_SIGNATURE, RequestView, accept_signature
from lienthong.signing.structured import dictionary_of
from tests.unit.signing.support import COVERED, Draft, accept, by_hand, key


@pytest.mark.parametrize("value", [ACCEPT_SIGNATURE, accept_signature(Draft().view)])
def test_accept_signature_is_a_dictionary_that_asks_for_our_tag(value: str) -> None:
    ((_, params),) = dictionary_of(value.encode()).values()
    assert params == {"created": True, "expires": True, "keyid": True, "tag": "lienthong-request"}


def test_accept_signature_names_what_this_request_must_cover() -> None:
    listed = " ".join(f'"{name}"' for name in COVERED)
    assert accept_signature(Draft().view).startswith(f"lienthong=({listed});")
    bare = Draft(method="GET", body=b"", fields=(("staff", "BS-00123"),))
    assert '"@query" "staff")' in accept_signature(bare.view)


def test_doing_what_accept_signature_asks_is_enough() -> None:
    view = Draft().view
    names = accept_signature(view).partition("(")[2].partition(")")[0].replace('"', "").split(" ")
    accept(by_hand(Draft(), key(), names), key())


def test_a_view_gives_fields_combined_and_absent_ones_as_none() -> None:
    headers = [(b"accept", b" a "), (b"accept", b"b\t"), (b"staff", "Nguyễn".encode())]
    view = RequestView("GET", "https", "gateway.example", "", "", headers, b"")
    assert view.header("accept") == "a, b"
    assert view.header("staff") == "Nguyễn".encode().decode("latin-1")
    assert view.header("purpose") is None
    assert view.values["@path"] == b"/"
    assert view.values["@query"] == b"?"
    assert view.values["@target-uri"] == b"https://gateway.example/"
