"""Files that are whole or absent, and secret from the first byte."""

import stat
from pathlib import Path

import pytest

from deploy.local import files


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = files.secret(tmp_path / "s", bits=256)
    assert len(bytes.fromhex(first)) == 32
    assert files.secret(tmp_path / "s") == first
    assert _mode(tmp_path / "s") == 0o600


def test_a_secret_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    files.secret(tmp_path / "s")
    (tmp_path / "s").chmod(0o644)
    files.secret(tmp_path / "s")
    assert _mode(tmp_path / "s") == 0o600


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    files.write(path, "old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_the_tail_of_a_log_is_bounded_and_of_a_missing_one_empty(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {n}\n" for n in range(10_000)))
    assert files.tail(log, lines=2) == "line 9998\nline 9999"
    assert files.tail(tmp_path / "none") == ""
