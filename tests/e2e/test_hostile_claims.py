"""Hostile claim files at the real gateway: each is refused by name, and none is an error of ours."""

from base64 import b64encode
from typing import Any

import pytest

from tests.e2e.test_claim_bodies import ended, hand_in
from tests.support.wire import Sender

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
ENTITIES = b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
BOMB = b'<!DOCTYPE l [<!ENTITY a "lol">' + ENTITIES + b"]><l>&j;</l>"
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><TONG_HOP><MA_LK>&x;</MA_LK></TONG_HOP>'
DEEP = b"<a>" * 1_000 + b"</a>" * 1_000
MOST = 10 << 20


def envelope(content: bytes) -> bytes:
    """A claim file of one dossier with this as its summary."""
    return (
        DECLARATION
        + b"<GIAMDINHHS><THONGTINDONVI><MACSKCB>01001</MACSKCB></THONGTINDONVI><THONGTINHOSO>"
        + b"<NGAYLAP>20261122</NGAYLAP><SOLUONGHOSO>1</SOLUONGHOSO><DANHSACHHOSO><HOSO><FILEHOSO>"
        + b"<LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>"
        + content
        + b"</NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI/></GIAMDINHHS>"
    )


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (DECLARATION + BOMB, "FILE_MALFORMED"),
        (DECLARATION + EXTERNAL, "FILE_MALFORMED"),
        (b"<GIAMDINHHS>" + DEEP + b"</GIAMDINHHS>", "FILE_LIMIT"),
        (envelope(b"x").decode().encode("utf-16"), "FILE_MALFORMED"),
        (b'<?xml version="1.0" encoding="windows-1258"?><GIAMDINHHS/>', "FILE_MALFORMED"),
        (b"<GIAMDINHHS>\xff\xfe\xc3</GIAMDINHHS>", "FILE_MALFORMED"),
        (b"<GIAMDINHHS>\0</GIAMDINHHS>", "FILE_MALFORMED"),
        (b"<GIAMDINHHS>" + b"x" * (MOST - 30) + b"</GIAMDINHHS>", "FILE_LIMIT"),
    ],
    ids=["bomb", "external", "deep", "utf-16", "windows-1258", "broken", "nul", "one-line"],
)
def test_a_hostile_file_is_refused_as_a_whole(hospital: Sender, file: bytes, reason: str) -> None:
    operation = ended(hospital, hand_in(hospital, file))
    assert (operation["state"], operation["error"]["reason"]) == ("OPERATION_STATE_FAILED", reason)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b64encode(DECLARATION + BOMB), "TABLE_MALFORMED"),
        (b64encode(EXTERNAL), "TABLE_MALFORMED"),
        (b64encode(b"<TONG_HOP>" + DEEP + b"</TONG_HOP>"), "TABLE_LIMIT"),
        (b"%%% not base64 %%%", "BASE64_MALFORMED"),
    ],
    ids=["bomb", "external", "deep", "base64"],
)
def test_a_hostile_table_refuses_its_dossier(hospital: Sender, content: bytes, code: str) -> None:
    operation: dict[str, Any] = ended(hospital, hand_in(hospital, envelope(content)))
    (outcome,) = operation["result"]["outcomes"]
    assert outcome["state"] == "DOSSIER_STATE_REFUSED"
    assert code in [finding["code"] for finding in outcome["findings"]]
