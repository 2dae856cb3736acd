"""Files that must be whole or absent, and secret from the first byte."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

SECRET_MODE = 0o600
FOLDER_MODE = 0o755
PRIVATE_FOLDER_MODE = 0o700


def folder(path: Path, mode: int = FOLDER_MODE) -> Path:
    """Make sure that the folder exists with exactly this mode."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    return path


def write(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Replace a file in one step: a reader, or a kill, never meets half of it."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(data)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def secret(path: Path, bits: int = 192) -> str:
    """The random secret kept at ``path`` (hexadecimal), made when it does not exist yet."""
    if not path.exists():
        write(path, secrets.token_hex(bits // 8) + "\n", SECRET_MODE)
    path.chmod(SECRET_MODE)
    return path.read_text().strip()


def tail(path: Path, lines: int = 15, most_bytes: int = 16_384) -> str:
    """The last lines of a log; empty if there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - most_bytes))
        return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
