"""What lies on the disk is nobody's but the connector's."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.connector.folder import Folder, FolderRefused
from lienthong.connector.vault import Spoiled, Vault

VAULT = Vault(b"k" * 32)


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_is_sealed_opens_at_its_place_and_nowhere_else(content: bytes, place: bytes) -> None:
    sealed = VAULT.seal(content, place)
    assert VAULT.open(sealed, place) == content
    for vault, at in ((VAULT, place + b"x"), (Vault(b"l" * 32), place)):
        with pytest.raises(Spoiled):
            vault.open(sealed, at)


@given(st.binary(max_size=60), st.data())
def test_a_changed_bit_spoils_it(content: bytes, data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(content, b"place"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Spoiled):
        VAULT.open(bytes(sealed), b"place")


@pytest.mark.parametrize("sealed", [b"", b"short", b"n" * 12])
def test_what_was_never_sealed_is_spoiled(sealed: bytes) -> None:
    with pytest.raises(Spoiled):
        VAULT.open(sealed, b"place")


@given(st.lists(st.text(max_size=8), max_size=4), st.lists(st.text(max_size=8), max_size=4))
def test_two_lists_of_parts_have_one_name_only_if_they_are_the_same(one: list[str], two: list[str]) -> None:
    assert (VAULT.name(*one) == VAULT.name(*two)) == (one == two)


def test_the_name_depends_on_the_key() -> None:
    assert VAULT.name("001190000017") != Vault(b"l" * 32).name("001190000017")


def test_a_new_folder_has_a_key_and_a_token_for_its_owner_alone_and_keeps_them(tmp_path: Path) -> None:
    with Folder(tmp_path / "state") as first:
        token = first.token
        sealed = first.vault.seal(b"kept", b"place")
        assert len(token) == 64
    for path in ((tmp_path / "state"), *(tmp_path / "state").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    with Folder(tmp_path / "state") as second:
        assert second.token == token
        assert second.vault.open(sealed, b"place") == b"kept"


def test_one_connector_at_a_time(tmp_path: Path) -> None:
    with Folder(tmp_path / "state"), pytest.raises(FolderRefused, match="another connector"):
        Folder(tmp_path / "state")
    with Folder(tmp_path / "state"):
        pass


@pytest.mark.parametrize("name", ["", "key", "token"])
def test_what_others_can_read_is_refused(tmp_path: Path, name: str) -> None:
    with Folder(tmp_path / "state"):
        pass
    (tmp_path / "state" / name).chmod(0o750)
    with pytest.raises(FolderRefused, match="chmod"):
        Folder(tmp_path / "state")


@pytest.mark.parametrize("content", ["", "zz", "00" * 16])
def test_a_key_that_is_none_is_refused_and_not_replaced(tmp_path: Path, content: str) -> None:
    with Folder(tmp_path / "state"):
        pass
    key = tmp_path / "state" / "key"
    key.write_text(content)
    with pytest.raises(FolderRefused, match="key"):
        Folder(tmp_path / "state")
    assert key.read_text() == content


def test_a_link_in_place_of_a_secret_is_refused(tmp_path: Path) -> None:
    with Folder(tmp_path / "state"):
        pass
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("00" * 32)
    key = tmp_path / "state" / "key"
    key.unlink()
    key.symlink_to(elsewhere)
    with pytest.raises(FolderRefused):
        Folder(tmp_path / "state")
