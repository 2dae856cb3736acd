"""The state's folder: for its owner alone, and for one connector at a time.

key          32 octets in hexadecimal, made at the first start; without it what is kept is noise
token        what the hospital's software shows to be let in
sdmx-token   what a statistician's software has in its base address; opens nothing but statistics
state.db     kept answers and evidence (lienthong/connector/store.py)
lock         held while a connector runs
"""

import fcntl
import os
import secrets
import stat
from pathlib import Path
from typing import Self

from lienthong.connector.vault import KEY_OCTETS, Vault

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_OTHERS = 0o077


class FolderRefused(Exception):
    """The folder cannot be used; the message says what to do about it."""


class Folder:
    """An open state folder. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Make or open it. Raises FolderRefused."""
        self.path = path
        try:
            path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            _require_private(path)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _FILE_MODE)
        except OSError as error:
            raise FolderRefused(f"{path}: {error.strerror}") from error
        try:
            self._hold()
            self.vault = Vault(_hexadecimal(path / "key"))
            self.token = _secret(path / "token")
            self.sdmx_token = _secret(path / "sdmx-token")
        except BaseException:
            os.close(self._lock)
            raise

    @property
    def database(self) -> Path:
        """Where the store lies."""
        return self.path / "state.db"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def _hold(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderRefused(f"{self.path}: another connector uses it") from error


def _require_private(path: Path) -> None:
    found = path.lstat()
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        raise FolderRefused(f"{path}: neither a file nor a folder")
    if found.st_uid != os.getuid() or found.st_mode & _OTHERS:
        raise FolderRefused(f"{path}: must be its owner's alone: chmod go= {path}")


def _secret(path: Path) -> str:
    """The secret at ``path``, made at random when there is none; whole or not there at all."""
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(KEY_OCTETS) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.rename(path)
        _sync(path.parent)
    _require_private(path)
    return path.read_text(encoding="ascii").strip()


def _hexadecimal(path: Path) -> bytes:
    try:
        key = bytes.fromhex(_secret(path))
    except ValueError as error:
        raise FolderRefused(f"{path}: not a key in hexadecimal") from error
    if len(key) != KEY_OCTETS:
        raise FolderRefused(f"{path}: a key of {KEY_OCTETS} octets is needed")
    return key


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
