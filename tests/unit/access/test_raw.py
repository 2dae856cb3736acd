"""A body that is carried: as it came, compressed, and plainly not something else."""

import zlib

import pytest

from lienthong.access.contract import RawBody
from lienthong.access.raw import NotOfItsType, RawDecoder
from lienthong.rpc.errors import InvalidArgument
from vss.health_claims.v1 import claims_pb2

XML = RawBody("file", ("application/xml", "text/xml"), deflated=True)
DECODE = RawDecoder(claims_pb2.SubmitClaimsRequest, XML)


@pytest.mark.parametrize(
    "body",
    [
        b"<a/>",
        b"  \r\n\t<a/>",
        b'\xef\xbb\xbf<?xml version="1.0"?><a/>',
        "<a/>".encode("utf-16"),
        b"\xfe\xff" + " <a/>".encode("utf-16-be"),
        b"<not closed, which the service says",
    ],
)
def test_what_begins_as_xml_is_carried_octet_by_octet(body: bytes) -> None:
    request = DECODE(body)
    assert isinstance(request, claims_pb2.SubmitClaimsRequest)
    assert zlib.decompress(request.file) == body


def test_a_contract_may_want_the_body_as_it_is() -> None:
    decode = RawDecoder(claims_pb2.SubmitClaimsRequest, RawBody("file", ("text/csv",), deflated=False))
    assert decode(b"{a,b") == claims_pb2.SubmitClaimsRequest(file=b"{a,b")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"PK\x03\x04...", "a ZIP archive"),
        (b"%PDF-1.7", "a PDF document"),
        (b'\xef\xbb\xbf {"a":1}', "JSON"),
        (b"\n[1]", "JSON"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"MA_LK;STT", "something else"),
        (b" \n", "something else"),
        (b"\xff\xfe", "something else"),
        ("a".encode("utf-16"), "something else"),
        ("<a/>".encode("utf-16-be"), "something else"),
    ],
)
def test_another_kind_of_file_is_refused_by_its_name(body: bytes, kind: str) -> None:
    with pytest.raises(NotOfItsType, match=f"^looks like {kind}, not like XML$"):
        DECODE(body)


def test_no_body_is_no_file() -> None:
    with pytest.raises(InvalidArgument):
        DECODE(b"")


def test_what_was_sent_is_never_repeated() -> None:
    with pytest.raises(NotOfItsType) as refused:
        DECODE(b"001190000017")
    assert "00119" not in str(refused.value)
