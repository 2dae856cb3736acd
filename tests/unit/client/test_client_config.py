"""The agency's folder, the pinned keys, and how keys get pinned."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from lienthong.client import AgencyConfig, NotConfigured, Unavailable, fetch_gateway_keys
from lienthong.client.directory import trusted_channel
from lienthong.client.enrolment import Enrolment, new_key
from lienthong.signing import Algorithm, PrivateKey, check_proof_of_possession


def test_a_complete_folder_is_read(agency_folder: Path, agency_key: PrivateKey, stub_gateway: Any) -> None:
    config = AgencyConfig.load(agency_folder)
    assert config.gateway == "https://gateway.test"
    assert config.key.key_id == agency_key.key_id
    assert set(config.gateway_keys) == {stub_gateway.key.key_id}
    assert "key" not in repr(config)


@pytest.mark.parametrize("missing", ["agency.toml", "key.pem", "gateway-keys.json"])
def test_a_missing_file_is_named(agency_folder: Path, missing: str) -> None:
    (agency_folder / missing).unlink()
    with pytest.raises(NotConfigured, match=missing):
        AgencyConfig.load(agency_folder)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("gateway = 'https://x'", "agency_id is missing"),
        ("agency_id = 'a'\ngateway = 'https://x'\npurpos = 'b'", "purpos is not a setting"),
        ("agency_id = 'a'\ngateway = 7", "gateway is not"),
        ("agency_id = ", "agency.toml"),
    ],
)
def test_a_wrong_setting_is_named(agency_folder: Path, content: str, told: str) -> None:
    (agency_folder / "agency.toml").write_text(content)
    with pytest.raises(NotConfigured, match=told):
        AgencyConfig.load(agency_folder)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"keys":[]}', b'{"keys":[{"kty":"oct","k":"AA"}]}', b"\xff"]
)
def test_a_key_set_without_usable_keys_is_refused(agency_folder: Path, content: bytes) -> None:
    (agency_folder / "gateway-keys.json").write_bytes(content)
    with pytest.raises(NotConfigured):
        AgencyConfig.load(agency_folder)


def test_staff_of_the_environment_comes_before_that_of_the_folder(
    agency_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG_STAFF", "nurse-9")
    assert AgencyConfig.load(agency_folder).staff == "nurse-9"


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://gateway.example", True),
        ("http://127.0.0.1:7400", True),
        ("http://[::1]:7400", True),
        ("http://localhost:7400", True),
        ("http://gateway.example", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://127.0.0.1@gateway.example", False),
    ],
)
def test_keys_are_fetched_only_where_nobody_can_exchange_them(url: str, trusted: bool) -> None:
    assert trusted_channel(url) is trusted


def test_the_directory_is_fetched_on_purpose(stub_gateway: Any) -> None:
    transport = httpx.MockTransport(stub_gateway.handle)
    _content, keys = fetch_gateway_keys("https://gateway.test", transport=transport)
    assert set(keys) == {stub_gateway.key.key_id}
    with pytest.raises(NotConfigured):
        fetch_gateway_keys("http://gateway.test", transport=transport)


def test_a_directory_that_cannot_be_reached_is_unavailable() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(503))
    with pytest.raises(Unavailable):
        fetch_gateway_keys("https://gateway.test", transport=transport)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_new_key_comes_with_a_proof_that_holds_and_a_private_file(
    tmp_path: Path, algorithm: Algorithm
) -> None:
    folder = tmp_path / "new"
    new_key(folder, agency_id="hospital-x", gateway="https://g", algorithm=algorithm, now=1_000)
    enrolment = Enrolment.parse((folder / "enrolment.json").read_bytes())
    check_proof_of_possession(enrolment.public_key, "hospital-x", enrolment.proof, 1_001)
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600
    assert PrivateKey.load(folder / "key.pem").key_id == enrolment.key_id


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    new_key(tmp_path, agency_id="a", gateway="https://g", algorithm=Algorithm.ED25519, now=1_000)
    before = (tmp_path / "key.pem").read_bytes()
    with pytest.raises(FileExistsError):
        new_key(tmp_path, agency_id="a", gateway="https://g", algorithm=Algorithm.ED25519, now=1_000)
    assert (tmp_path / "key.pem").read_bytes() == before


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"agency_id":"a","public_key":"x","proof":"y"}'])
def test_an_enrolment_that_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Enrolment.parse(content)
