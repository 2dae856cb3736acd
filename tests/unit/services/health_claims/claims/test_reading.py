"""What a file must be to be read at all; whatever it is, the answer is a refusal with a reason."""

import io
import json
import zipfile
import zlib

import pytest

from services.health_claims.domain.claims import limits
from services.health_claims.domain.claims.reading import Envelope, FileRefused
from tests.support import claims


def refusal(document: bytes) -> FileRefused:
    """Why a document is not taken."""
    with pytest.raises(FileRefused) as caught:
        claims.read(zlib.compress(document))
    return caught.value


def document() -> bytes:
    return zlib.decompress(claims.file())


def test_a_valid_file_is_read_dossier_by_dossier() -> None:
    envelope = Envelope(claims.file(claims.dossier("A"), claims.dossier("B")))
    raws = list(envelope.dossiers())
    assert [[part.table for part in raw.parts] for raw in raws] == [["XML1", "XML2", "XML3"]] * 2
    assert envelope.facility_code == claims.FACILITY
    assert envelope.has_signature


def test_the_first_dossier_is_read_before_the_last_has_been_inflated() -> None:
    many = [claims.dossier(f"LK-{number}") for number in range(40)]
    reading = Envelope(claims.file(*many)).dossiers()
    assert [part.table for part in next(reading).parts] == ["XML1", "XML2", "XML3"]
    broken = Envelope(claims.file(*many)[:-40]).dossiers()
    assert next(broken).parts
    with pytest.raises(FileRefused):
        list(broken)


def test_a_byte_order_mark_of_utf8_and_comments_before_the_root_are_allowed() -> None:
    start = b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n<!-- hello --><?x y?>\n'
    body = document().split(b"?>", 1)[1]
    assert len(claims.read(zlib.compress(start + body))) == 1


ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as _archive:
    _archive.writestr("claims.xml", document())


@pytest.mark.parametrize(
    ("given", "reason", "says"),
    [
        (ARCHIVE.getvalue(), "FILE_TYPE", "ZIP"),
        (b"%PDF-1.7\n...", "FILE_TYPE", "PDF"),
        (json.dumps({"GIAMDINHHS": {}}).encode(), "FILE_TYPE", "JSON"),
        (b"[1]", "FILE_TYPE", "JSON"),
        (zlib.compress(document()), "FILE_TYPE", "XML"),
        (b"", "FILE_TYPE", "XML"),
        (b"  \n ", "FILE_TYPE", "XML"),
        (b"xin chao", "FILE_TYPE", "XML"),
        (b"<html><body/></html>", "FILE_TYPE", "GIAMDINHHS"),
        (b"<GIAMDINHHS>", "FILE_MALFORMED", "well-formed"),
        (b"<GIAMDINHHS></GIAMDINHHS>", "FILE_MALFORMED", "HOSO"),
        (b"<GIAMDINHHS/><GIAMDINHHS/>", "FILE_MALFORMED", "well-formed"),
        (b"<GIAMDINHHS>\x00</GIAMDINHHS>", "FILE_MALFORMED", "well-formed"),
        (b"<GIAMDINHHS>\xff\xfe</GIAMDINHHS>", "FILE_MALFORMED", "well-formed"),
        (b"<GIAMDINHHS>&unknown;</GIAMDINHHS>", "FILE_MALFORMED", "well-formed"),
        (b"<!-- " + b"x" * 10_000 + b"--><GIAMDINHHS/>", "FILE_MALFORMED", "before the root"),
        (b" " * 10_000 + b"<GIAMDINHHS/>", "FILE_MALFORMED", "before the root"),
    ],
)
def test_what_is_no_claim_file_is_refused_and_says_so(given: bytes, reason: str, says: str) -> None:
    refused = refusal(given)
    assert refused.reason == reason
    assert says in refused.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_another_unicode_encoding_is_refused(encoding: str) -> None:
    assert refusal(document().decode().encode(encoding)).reason == "FILE_MALFORMED"


@pytest.mark.parametrize("encoding", ["windows-1258", "iso-8859-1", "utf-16", "ebcdic-cp-us", "utf-7"])
def test_a_declared_encoding_other_than_utf8_is_refused(encoding: str) -> None:
    declared = document().replace(b'encoding="utf-8"', f'encoding="{encoding}"'.encode())
    refused = refusal(declared)
    assert (refused.reason, "UTF-8" in refused.message) == ("FILE_MALFORMED", True)


def _lol(levels: int) -> bytes:
    entities = b'<!ENTITY l0 "lol">' + b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, levels)
    )
    return b"<!DOCTYPE GIAMDINHHS [%s]><GIAMDINHHS>&l%d;</GIAMDINHHS>" % (entities, levels - 1)


@pytest.mark.parametrize(
    "prolog_and_root",
    [
        _lol(10),
        b'<!DOCTYPE GIAMDINHHS [<!ENTITY a "%s">]><GIAMDINHHS>%s</GIAMDINHHS>'
        % (b"a" * 50_000, b"&a;" * 50_000),
        b'<!DOCTYPE GIAMDINHHS [<!ENTITY x SYSTEM "file:///etc/passwd">]><GIAMDINHHS>&x;</GIAMDINHHS>',
        b'<!DOCTYPE GIAMDINHHS [<!ENTITY % p SYSTEM "http://127.0.0.1:9/evil.dtd">%p;]><GIAMDINHHS/>',
        b'<!DOCTYPE GIAMDINHHS SYSTEM "http://127.0.0.1:9/evil.dtd"><GIAMDINHHS/>',
        b'<!DOCTYPE GIAMDINHHS PUBLIC "-//x" "http://127.0.0.1:9/evil.dtd"><GIAMDINHHS/>',
        b"<!DOCTYPE GIAMDINHHS><GIAMDINHHS/>",
        b'\xef\xbb\xbf<?xml version="1.0"?><!-- a --><!DOCTYPE GIAMDINHHS><GIAMDINHHS/>',
    ],
    ids=["billion_laughs", "quadratic", "external", "parameter", "system", "public", "bare", "after_comment"],
)
def test_a_dtd_is_refused_before_anything_in_it_is_read(prolog_and_root: bytes) -> None:
    refused = refusal(prolog_and_root)
    assert (refused.reason, refused.message) == ("FILE_MALFORMED", "a DTD is not allowed")


@pytest.mark.parametrize("depth", [33, 200, 1_000, 100_000])
def test_nesting_is_bounded(depth: int) -> None:
    deep = b"<GIAMDINHHS>" + b"<a>" * depth + b"</a>" * depth + b"</GIAMDINHHS>"
    assert refusal(deep).reason == "FILE_LIMIT"


@pytest.mark.parametrize(
    "given",
    [
        b"<GIAMDINHHS>" + b"x" * 11_000_000 + b"</GIAMDINHHS>",
        b"<GIAMDINHHS a='" + b"x" * 11_000_000 + b"'/>",
        b"<GIAMDINHHS>" + b"<a/>" * 2_000_000 + b"</GIAMDINHHS>",
    ],
    ids=["one_line_of_11_MiB", "one_attribute_of_11_MiB", "two_million_elements"],
)
def test_a_part_out_of_all_bounds_is_refused(given: bytes) -> None:
    assert refusal(given).reason == "FILE_LIMIT"


def test_a_file_that_inflates_beyond_the_bound_is_refused_while_it_inflates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 1 << 20)
    bomb = zlib.compress(b"<GIAMDINHHS>" + b" " * (40 << 20), 9)
    assert len(bomb) < 60_000
    with pytest.raises(FileRefused) as caught:
        list(Envelope(bomb).dossiers())
    assert caught.value.reason == "FILE_LIMIT"


def test_a_bomb_within_a_bomb_is_no_xml() -> None:
    inner = zlib.compress(b"\x00" * (10 << 20), 9)
    with pytest.raises(FileRefused) as caught:
        list(Envelope(zlib.compress(inner)).dossiers())
    assert caught.value.reason == "FILE_TYPE"


@pytest.mark.parametrize(
    "compressed",
    [b"", b"not zlib", claims.file()[:-1], claims.file()[:50], claims.file() + b"x", claims.file() * 2],
    ids=["empty", "garbage", "without_its_end", "its_beginning", "something_behind", "twice"],
)
def test_a_compressed_file_must_be_whole_and_alone(compressed: bytes) -> None:
    with pytest.raises(FileRefused) as caught:
        list(Envelope(compressed).dossiers())
    assert caught.value.reason == "FILE_MALFORMED"


@pytest.mark.parametrize("count", [0, 2, 99_999_999])
def test_the_declared_number_of_dossiers_must_be_that_of_the_file(count: int) -> None:
    assert "SOLUONGHOSO" in refusal(claims.envelope([("XML1", "")], count=count)).message


@pytest.mark.parametrize("count", ["", "-1", "x", "1.0", "٣", "9" * 5_000])
def test_the_declared_number_must_be_a_number(count: str) -> None:
    given = claims.envelope([("XML1", "")]).replace(b"<SOLUONGHOSO>1<", f"<SOLUONGHOSO>{count}<".encode())
    assert "SOLUONGHOSO" in refusal(given).message


def test_too_many_dossiers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DOSSIERS", 3)
    assert refusal(claims.envelope(*[[]] * 4)).reason == "FILE_LIMIT"


def test_too_many_parts_of_one_dossier_are_refused() -> None:
    assert refusal(claims.envelope([("XML1", "")] * 100)).reason == "FILE_LIMIT"


def test_a_file_without_its_signature_element_is_read_and_says_so() -> None:
    without = claims.envelope([("XML1", "")]).replace(b"<CHUKYDONVI></CHUKYDONVI>", b"")
    envelope = Envelope(zlib.compress(without))
    assert len(list(envelope.dossiers())) == 1
    assert not envelope.has_signature


def test_a_refusal_repeats_nothing_of_the_file() -> None:
    refused = refusal(b"<GIAMDINHHS><Tran-Thi-Hong-Nhung></B></GIAMDINHHS>")
    assert "Tran" not in refused.message
