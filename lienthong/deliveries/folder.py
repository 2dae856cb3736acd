"""A delivery as files of a folder: written whole or not at all, read without following links.

The manifest is written last: a folder that has one has all of its files.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from lienthong.deliveries.errors import DeliveryRefused, Reason
from lienthong.deliveries.manifest import check_name

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.jws"


def write(folder: Path, files: Mapping[str, bytes], manifest: bytes, signature: str) -> None:
    """Write a delivery into ``folder``, made if it is not there.

    A file that is there is replaced, a link itself and not what it leads to. Raises
    DeliveryRefused ``name`` before anything is written, OSError.
    """
    for name in files:
        check_name(name, MANIFEST)
    folder.mkdir(parents=True, exist_ok=True)
    # Without its manifest the folder holds no delivery while the files change.
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, content in files.items():
        _put(folder, name, content)
    _put(folder, SIGNATURE, signature.encode() + b"\n")
    _put(folder, MANIFEST, manifest)


def _put(folder: Path, name: str, content: bytes) -> None:
    handle, part = tempfile.mkstemp(dir=folder, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(part).chmod(0o644)
        Path(part).replace(folder / name)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def small(folder: Path, name: str, most: int) -> bytes:
    """The content of a file of at most so many octets. Raises DeliveryRefused ``missing`` or ``malformed``."""
    with opened(folder, name) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise DeliveryRefused(Reason.MALFORMED, str(folder / name), f"more than {most} octets")
    return content


@contextmanager
def opened(folder: Path, name: str) -> Iterator[BinaryIO]:
    """The file to read. Raises DeliveryRefused ``missing`` for one that is not there, or a link, or no file."""
    path = folder / name
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise DeliveryRefused(Reason.MISSING, str(path), error.strerror or "") from error
    with os.fdopen(handle, "rb") as stream:
        if not path.is_file():
            raise DeliveryRefused(Reason.MISSING, str(path), "not a file")
        yield stream
