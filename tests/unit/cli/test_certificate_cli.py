"""Certificates on the command line: got, drawn, and checked without a line."""

import functools
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
import zxingcpp
from PIL import Image

from lienthong import cli
from lienthong.certificate import public_keys
from lienthong.client import Client, RetryPolicy
from lienthong.signing import Algorithm, PrivateKey
from tests.support.certificates import ISSUER, KEY, certificate

Run: TypeAlias = Callable[..., int]
WHO = ("--id", "001190000017", "--name", "Trần Thị Hồng Nhung", "--born", "1990-05-17")


@pytest.fixture
def run(agency_folder: Path, stub_gateway: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command as the agency, with the stub behind the wire; returns the exit code."""
    transport = httpx.MockTransport(stub_gateway.handle)
    asking = functools.partial(Client, transport=transport, retry=RetryPolicy(tries=1))
    monkeypatch.setattr("lienthong.cli.ask.Client", asking)

    def invoke(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["lienthong", "--agency", str(agency_folder), *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0)

    return invoke


def today(**changed: Any) -> str:
    """A certificate that is good now."""
    now = datetime.now(UTC)
    return certificate(**{"now": now, "valid_to": date(now.year + 1, 12, 31)} | changed)


@pytest.fixture
def keys(tmp_path: Path) -> str:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(public_keys([KEY.public])))
    return str(path)


def test_a_certificate_is_got_drawn_and_verified(
    run: Run, stub_gateway: Any, tmp_path: Path, keys: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shc = today()
    stub_gateway.reactions = [lambda _view: (200, {"shc": shc, "expiresAt": "2026-11-29T03:00:00Z"}, {})]
    card, png = tmp_path / "card.shc", tmp_path / "card.png"
    assert run("certificate", "issue", *WHO, "-o", str(card)) == 0
    assert run("certificate", "qr", str(card), "-o", str(png)) == 0
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png.read_bytes())))
    scanned = tmp_path / "scanned"
    scanned.write_text(code.text)
    capsys.readouterr()
    assert run("certificate", "verify", str(scanned), "--keys", keys, "--issuer", ISSUER) == 0
    shown = capsys.readouterr().out
    assert "Trần Thị Hồng Nhung" in shown
    assert "DN4010100000017" in shown
    assert len(stub_gateway.received) == 1  # to be issued; nobody was asked afterwards


def test_what_a_reader_types_is_verified_from_standard_input(
    run: Run, keys: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(today() + "\r\n"))
    assert run("certificate", "verify", "-", "--keys", keys, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["valid"], told["cardCode"], told["benefitPercent"]) == (True, "DN4010100000017", 80)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (today(now=datetime.now(UTC) - timedelta(days=8)), "expired"),
        (today(key=PrivateKey.generate(Algorithm.ECDSA_P256_SHA256)), "unknown_key"),
        (today(url="https://other.test"), "issuer"),
        ("shc:/1/2/56", "malformed"),
        ("x" * 9_000, "too_large"),
    ],
    ids=["expired", "unknown_key", "issuer", "malformed", "too_large"],
)
def test_one_that_is_not_good_exits_1_and_says_why_in_both_languages(
    run: Run, tmp_path: Path, keys: str, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    card = tmp_path / "card"
    card.write_text(text)
    assert run("certificate", "verify", str(card), "--keys", keys, "--issuer", ISSUER, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["valid"], told["reason"]) == (False, reason)
    assert told["text"]["vi"]
    assert told["text"]["en"]
    assert run("certificate", "verify", str(card), "--keys", keys, "--issuer", ISSUER) == 1
    assert reason in capsys.readouterr().out


def test_without_a_card_that_is_valid_none_is_given_and_the_exit_is_1(
    run: Run, stub_gateway: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"reason": "not_covered", "errors": [{"field": "resultCode", "description": "010"}]}
    stub_gateway.reactions = [lambda _view: (409, told, {})]
    assert run("certificate", "issue", *WHO, "-o", str(tmp_path / "card")) == 1
    assert not (tmp_path / "card").exists()
    assert "010" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "none.shc", "--keys", "none.json"),
        ("qr", "none.shc", "-o", "card.png"),
        ("qr", "none.shc", "-o", "card.gif"),
    ],
)
def test_what_is_asked_wrongly_exits_2(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("certificate", *words) == 2


def test_keys_that_are_none_exit_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "card").write_text(today())
    (tmp_path / "private.json").write_text(json.dumps({"keys": [KEY.public.to_jwk() | {"d": "AAAA"}]}))
    assert run("certificate", "verify", str(tmp_path / "card"), "--keys", str(tmp_path / "private.json")) == 2
    assert run("connect", "--state", str(tmp_path / "state"), "--keys", str(tmp_path / "private.json")) == 2
    assert not (tmp_path / "state").exists()
